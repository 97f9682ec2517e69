package rest

import (
	"context"
	"fmt"
	"hash/maphash"
	"iter"
	"maps"
	"net/url"
	"strconv"

	"github.com/returningai/returningai-go/page"
)

// Position is a place in a list that is returned page by page: a cursor, the
// number of a page, from 1 on, or the number of items before it. The zero value
// is the beginning, or, as the position after a page, the end.
type Position struct {
	Cursor string
	Page   int
	Skip   int
}

// Listing is a list that is read page by page.
type Listing[T any] struct {
	Op      *Operation
	First   Position
	Request func(at Position) Request
	// Adjust, if set, changes each page before anything is concluded from it.
	Adjust func(*page.Page[T])
	// PerPage is the length of a full page, if known. A first page that is
	// shorter, and says nothing about what follows, is the last.
	PerPage int
	// AtMost is the maximum number of items, if known.
	AtMost int
}

// List returns one page of a list.
func List[T any](ctx context.Context, caller Caller, op *Operation, request Request) (page.Page[T], error) {
	var made page.Page[T]
	_, err := DoResponse(ctx, caller, op, request, func(result *Result[pageData[T]]) (failure *Failure) {
		made, failure = result.Data.page(&result.envelope.outline)
		return failure
	})
	if err != nil {
		return page.Page[T]{}, err
	}
	return made, nil
}

// Walk iterates over the items of a list and holds one page at a time. It
// fetches a page when the items before it have been taken.
//
// It counts as the responses do: by cursor, by page or by skip, else as it
// began, or by page. The list ends when as many items have come as it holds in
// total, when no cursor follows one, or after the last page where their number
// is known. Only where a response has none of these, an empty page ends it.
//
// An error ends the iteration and is yielded once, as the last pair. A list that
// ends before its total is an error. Every range starts again.
func Walk[T any](ctx context.Context, caller Caller, list Listing[T]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		walk := newWalk(list.First, list.PerPage, list.AtMost)
		for at, more := list.First, true; more; more = at != (Position{}) {
			items, next, err := fetch(ctx, caller, list, walk, at)
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			at = next
		}
	}
}

// fetch returns the items of a page and the position of the next one. There may
// be items beside an error: those of a valid last page of an unfinished list.
func fetch[T any](ctx context.Context, caller Caller, list Listing[T], walk *walk, at Position) ([]T, Position, error) {
	var fetched page.Page[T]
	var next Position
	_, err := DoResponse(ctx, caller, list.Op, list.Request(at), func(result *Result[pageData[T]]) (failure *Failure) {
		if fetched, failure = result.Data.page(&result.envelope.outline); failure != nil {
			return failure
		}
		if list.Adjust != nil {
			list.Adjust(&fetched)
		}
		next, failure = walk.next(at, newStep(&fetched, result.Data.place.in(result.base)))
		return failure
	})
	if err != nil && !walk.unfinished {
		return nil, Position{}, err
	}
	return fetched.Items, next, err
}

// step is what a page says about the list.
type step struct {
	count                             int
	cursor                            string
	number, pages, skip, limit, total *int
	rows                              []byte // the JSON of the items
}

func newStep[T any](p *page.Page[T], rows []byte) step {
	return step{len(p.Items), p.NextCursor, p.Number, p.Pages, p.Skip, p.Limit, p.Total, rows}
}

// at returns the number of the page.
func (s *step) at(at Position) int {
	if s.number != nil {
		return *s.number
	}
	return max(at.Page, 1)
}

// isOtherPage reports whether the response names another position than the
// request.
func (s *step) isOtherPage(at Position) bool {
	return at.Page != 0 && s.number != nil && *s.number != at.Page ||
		at.Skip != 0 && s.skip != nil && *s.skip != at.Skip
}

// maxEmptyPages is how many pages in a row may be empty although more are
// announced. A list that is searched as it is read may have some.
const maxEmptyPages = 10

// walk remembers where an iteration has been, so that a server cannot lead it
// in circles. It keeps a hash of each position and of the page before: the
// memory of an iteration over a million users stays that of a page.
type walk struct {
	perPage, atMost int

	seed    maphash.Seed
	visited map[uint64]struct{}
	first   bool   // no page has come
	before  int    // items before the first page, -1 where that is not known
	items   int    // that have come
	empty   int    // pages in a row
	rows    uint64 // hash of the page before
	same    int    // times in a row that it came again

	unfinished bool // the last page is valid, and items are missing behind it
}

func newWalk(first Position, perPage, atMost int) *walk {
	w := &walk{perPage: perPage, atMost: atMost, seed: maphash.MakeSeed(), visited: map[uint64]struct{}{}, first: true}
	w.visit(first)
	return w
}

// visit notes a position and reports whether it is a new one.
func (w *walk) visit(at Position) bool {
	hash := maphash.Comparable(w.seed, at)
	_, again := w.visited[hash]
	w.visited[hash] = struct{}{}
	return !again
}

// next returns the position after the page at a position, or why the list
// cannot be read to its end.
func (w *walk) next(at Position, s step) (Position, *Failure) {
	if w.empty++; s.count > 0 {
		w.empty = 0
		if s.isOtherPage(at) {
			return Position{}, unreadable("the response is another page than the requested one: the list was not read to its end")
		}
	}
	if w.first {
		w.before = itemsBefore(at, &s)
	}
	previous := w.items
	w.items += s.count
	next := w.after(at, &s)
	w.first = false
	if w.repeats(&s, next, previous) {
		return Position{}, unreadable("the response repeats the previous page: the list was not read to its end")
	}
	ended := next == Position{} || w.empty > maxEmptyPages || w.empty > 0 && next == at
	switch {
	case w.isComplete(&s), w.atMost > 0 && w.items >= w.atMost:
		return Position{}, nil
	case ended && w.isUnfinished(&s):
		w.unfinished = true
		return Position{}, unreadable(fmt.Sprintf("the list ended after %d of %d items", w.before+w.items, *s.total))
	case next == Position{}:
		return Position{}, nil
	case ended:
		return Position{}, unreadable("the responses are empty and say that more follows: the list would never end")
	case !w.visit(next):
		return Position{}, unreadable("the response repeats a cursor or a page: the list would never end")
	}
	return next, nil
}

// after returns the position after a page.
func (w *walk) after(at Position, s *step) Position {
	bare := w.first && at == Position{} && s.number == nil && s.count < w.perPage
	switch {
	case s.cursor != "":
		return Position{Cursor: s.cursor}
	case at.Cursor != "":
		return Position{}
	case s.pages != nil && *s.pages > 0:
		if current := s.at(at); current < *s.pages {
			return Position{Page: current + 1}
		}
		return Position{}
	case (bare || s.count == 0) && !w.isUnfinished(s):
		return Position{}
	case s.number == nil && s.skip != nil:
		return Position{Skip: *s.skip + s.count}
	case s.number == nil && at.Skip != 0:
		return Position{Skip: at.Skip + s.count}
	}
	return Position{Page: s.at(at) + 1}
}

// itemsBefore returns how many items stand before a page, or -1.
func itemsBefore(at Position, s *step) int {
	number := s.at(at)
	switch {
	case at.Cursor != "":
		return -1
	case s.skip != nil:
		return *s.skip
	case at.Skip != 0:
		return at.Skip
	case number <= 1:
		return 0
	case s.limit != nil:
		return (number - 1) * *s.limit
	}
	return -1
}

// isComplete reports whether all items have come. A total that was passed is
// wrong, or the list has shrunk: it does not count then.
func (w *walk) isComplete(s *step) bool {
	return s.total != nil && w.before >= 0 && w.before+w.items == *s.total
}

func (w *walk) isUnfinished(s *step) bool {
	return s.total != nil && w.before >= 0 && w.before+w.items < *s.total
}

// repeats reports whether a page holds what the previous one held, where only
// the items would end the list: a server that ignores the position may repeat
// them for ever.
func (w *walk) repeats(s *step, next Position, previous int) bool {
	if s.count == 0 || s.pages != nil && *s.pages > 0 || next.Cursor != "" {
		return false
	}
	hash := maphash.Bytes(w.seed, s.rows)
	if w.same++; previous == 0 || hash != w.rows {
		w.same = 0
	}
	w.rows = hash
	if s.count == 1 && (s.number != nil || s.skip != nil) {
		// An item that is added at the front of the list moves the only item of
		// a page to the next one.
		return w.same > 1
	}
	return w.same > 0
}

// The names in a list's query that say where a page begins.
const (
	pageQuery = "page"
	skipQuery = "skip"
)

// All iterates over a list whose pages the query selects. It begins where the
// request's query says, and leaves the caller's query unchanged.
func All[T any](ctx context.Context, caller Caller, op *Operation, request Request) iter.Seq2[T, error] {
	query, err := encodeQuery(request.Query)
	if err == nil { // the call itself reports a query that cannot be encoded
		request.Query = query
	}
	first := beginning(query)
	return Walk(ctx, caller, Listing[T]{Op: op, First: first, Request: func(at Position) Request {
		asked := request
		if at != first {
			asked.Query = at.in(query)
		}
		return asked
	}})
}

// beginning returns the position that a query names. A position that is not a
// number is for the server to refuse.
func beginning(query url.Values) (first Position) {
	if skip, err := strconv.Atoi(query.Get(skipQuery)); err == nil {
		first.Skip = skip
	} else if number, err := strconv.Atoi(query.Get(pageQuery)); err == nil {
		first.Page = number
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
