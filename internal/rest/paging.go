package rest

import (
	"context"
	"hash/maphash"
	"iter"
	"maps"
	"net/url"
	"strconv"
)

// Position is a place in a list that is answered page by page: a cursor, the
// number of a page, from 1 on, or how many items stand before it. The zero
// value is the beginning, or, as the position that follows a page, the end.
type Position struct {
	Cursor string
	Page   int
	Skip   int
}

// Page is a page of a list, with what its answer says of the list. All of the
// latter may be missing.
type Page[T any] struct {
	Items      []T
	Cursor     string // of the page that follows
	Page, Skip *int   // where this page begins
	Pages      int    // how many there are
	Total      *int   // items that the list holds
	Last       bool   // no page follows this one, whatever else is missing
}

// Walk iterates over the items of all pages from first on, holding one page at
// a time. It fetches a page when the items before it have been taken: request
// asks for the page at a position, and read reads the answer.
//
// It goes on in the way that the answers count: by cursor, by page, by skip, or,
// when they do not count, as it began, or else by page. It ends when no cursor
// comes after one, after the last page where their number is known, else after
// an empty page, or when as many items have come as the list holds in total.
//
// An error ends the iteration, and is yielded once, as the last pair. A page
// that leads nowhere is one: see [trail]. Every range begins anew.
func Walk[T, A any](
	ctx context.Context, caller Caller, op *Operation, first Position,
	request func(at Position) Request, read func(at Position, answer *Answer[A]) (Page[T], *Failure),
) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		trail := newTrail(first)
		for at, more := first, true; more; more = at != (Position{}) {
			var page Page[T]
			var next Position
			_, err := DoChecked(ctx, caller, op, request(at), func(answer *Answer[A]) (failure *Failure) {
				if page, failure = read(at, answer); failure != nil {
					return failure
				}
				next, failure = follow(trail, at, page)
				return failure
			})
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range page.Items {
				if !yield(item, nil) {
					return
				}
			}
			at = next
		}
	}
}

// after returns the position that follows the page at a position.
func (p Page[T]) after(at Position) Position {
	switch {
	case p.Cursor != "":
		return Position{Cursor: p.Cursor}
	case p.Last, at.Cursor != "":
		return Position{}
	case p.Pages > 0:
		if current := p.number(at); current < p.Pages {
			return Position{Page: current + 1}
		}
		return Position{}
	case len(p.Items) == 0:
		return Position{}
	case p.Page == nil && p.Skip != nil:
		return Position{Skip: *p.Skip + len(p.Items)}
	case p.Page == nil && at.Skip != 0:
		return Position{Skip: at.Skip + len(p.Items)}
	}
	return Position{Page: p.number(at) + 1}
}

// number returns the number of the page.
func (p Page[T]) number(at Position) int {
	if p.Page != nil {
		return *p.Page
	}
	return max(at.Page, 1)
}

// elsewhere reports whether the answer names another position than the one
// asked for.
func (p Page[T]) elsewhere(at Position) bool {
	return at.Page != 0 && p.Page != nil && *p.Page != at.Page ||
		at.Skip != 0 && p.Skip != nil && *p.Skip != at.Skip
}

// maxEmptyPages is how many pages in a row may hold nothing although more are
// announced. A list that is searched as it is read may have some.
const maxEmptyPages = 10

// trail remembers where an iteration has been, so that a server cannot lead it
// in circles. It keeps a number for each position and for the page before, not
// what they are: the memory of an iteration over a million users stays that of
// a page.
type trail struct {
	seed  maphash.Seed
	been  map[uint64]struct{}
	empty int    // pages in a row
	items int    // that have come
	page  uint64 // the number of the page before
	same  int    // times in a row that it came again
}

func newTrail(first Position) *trail {
	t := &trail{seed: maphash.MakeSeed(), been: map[uint64]struct{}{}}
	t.visit(first)
	return t
}

// visit notes a position and reports whether it is a new one.
func (t *trail) visit(at Position) bool {
	number := maphash.Comparable(t.seed, at)
	_, again := t.been[number]
	t.been[number] = struct{}{}
	return !again
}

// follow returns the position after the page at a position, or refuses a page
// that leads nowhere.
func follow[T any](t *trail, at Position, page Page[T]) (Position, *Failure) {
	if t.empty++; len(page.Items) > 0 {
		t.empty = 0
		if page.elsewhere(at) {
			return Position{}, unreadable("the answer is another page than the one asked for: the list was not read to its end")
		}
	}
	next := page.after(at)
	if failure := repeats(t, page, next); failure != nil {
		return Position{}, failure
	}
	t.items += len(page.Items)
	// A total that was passed is wrong, or the list has shrunk: it does not
	// count then.
	if next == (Position{}) || page.Total != nil && *page.Total == t.items {
		return Position{}, nil
	}
	switch {
	case !t.visit(next):
		return Position{}, unreadable("the answer repeats a cursor or a page: the list would never end")
	case t.empty > maxEmptyPages:
		return Position{}, unreadable("the answers are empty and say that more follows: the list would never end")
	}
	return next, nil
}

// repeats refuses a page that holds what the one before held, where nothing but
// an empty page would end the list: a server that passes over the position may
// repeat it all the same.
func repeats[T any](t *trail, page Page[T], next Position) *Failure {
	if len(page.Items) == 0 || page.Pages > 0 || next.Cursor != "" {
		return nil
	}
	text, err := MarshalAnswer(page.Items)
	if err != nil {
		return &Failure{Unreadable: true, Message: "the answer holds an item that cannot be written again", Cause: err}
	}
	number := maphash.Bytes(t.seed, text)
	if t.same++; t.items == 0 || number != t.page {
		t.same = 0
	}
	t.page = number
	allowed := 0
	if len(page.Items) == 1 && (page.Page != nil || page.Skip != nil) {
		// What comes in at the front of the list moves the only item of a page
		// on to the next one.
		allowed = 1
	}
	if t.same > allowed {
		return unreadable("the answer repeats the page before: the list was not read to its end")
	}
	return nil
}

func unreadable(message string) *Failure { return &Failure{Unreadable: true, Message: message} }

// The members of a list's query that say where a page begins.
const (
	pageQuery = "page"
	skipQuery = "skip"
)

// Pages is [Walk] for a list whose pages the query asks for, and the meta of the
// answers counts. It begins where the request's query says, which the caller
// leaves alone.
func Pages[T any](ctx context.Context, caller Caller, op *Operation, request Request) iter.Seq2[T, error] {
	query, err := encodeQuery(request.Query)
	if err == nil { // the call itself reports a query that cannot be encoded
		request.Query = query
	}
	first := beginning(query)
	return Walk(ctx, caller, op, first, func(at Position) Request {
		asked := request
		if at != first {
			asked.Query = at.in(query)
		}
		return asked
	}, func(_ Position, answer *Answer[[]T]) (Page[T], *Failure) {
		meta := answer.Meta
		return Page[T]{Items: answer.Data, Page: meta.Page, Skip: meta.Skip, Total: meta.Total}, nil
	})
}

// beginning returns the position that a query names. One that is no number is
// the server's to refuse.
func beginning(query url.Values) (first Position) {
	if skip, err := strconv.Atoi(query.Get(skipQuery)); err == nil {
		first.Skip = skip
	} else if page, err := strconv.Atoi(query.Get(pageQuery)); err == nil {
		first.Page = page
	}
	return first
}

// in returns the query for this position.
func (p Position) in(query url.Values) url.Values {
	positioned := maps.Clone(query)
	if positioned == nil {
		positioned = url.Values{}
	}
	positioned.Del(pageQuery)
	positioned.Del(skipQuery)
	if p.Skip != 0 {
		positioned.Set(skipQuery, strconv.Itoa(p.Skip))
	} else {
		positioned.Set(pageQuery, strconv.Itoa(p.Page))
	}
	return positioned
}
