package rest

import (
	"bytes"
	"context"
	"iter"
	"maps"
	"net/url"
	"strconv"
)

// The members of a list's query that say where a page begins: by its number,
// from 1 on, or by how many items stand before it.
const (
	pageQuery = "page"
	skipQuery = "skip"
)

// Pages performs a list operation page after page and yields the items. It
// begins where the request's query says, which the caller leaves alone, and
// goes on in the way that the answers count: by page, by skip, or, when they
// say neither, by page. It ends after an empty page, or when as many items
// have come as the list holds in total. An error is yielded once, as the last
// pair; a page that comes again is one. Every range over the sequence begins
// anew, and no more than one page is held.
func Pages[T any](ctx context.Context, caller Caller, op *Op, request Request) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		request := request // every range changes its own
		query, err := encodeQuery(request.Query)
		if err == nil { // the call itself reports a query that cannot be encoded
			request.Query = query
		}
		reader := pageReader[T]{at: beginning(query)}
		for seen := 0; ; {
			answer, err := DoChecked(ctx, caller, op, request, reader.check)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range answer.Data {
				if !yield(item, nil) {
					return
				}
			}
			seen += len(answer.Data)
			total := answer.Meta.Total
			// A total that was passed is wrong, or the list has shrunk: only an
			// empty page then says that it is over.
			if len(answer.Data) == 0 || total != nil && *total == seen {
				return
			}
			reader.advance(answer.Meta, len(answer.Data))
			request.Query = reader.at.in(query)
		}
	}
}

// pagePosition says where a page begins, in the words of the query.
type pagePosition struct {
	name  string // pageQuery or skipQuery
	value int
}

// beginning returns the position that a query names. One that is no number is
// the server's to refuse.
func beginning(query url.Values) pagePosition {
	if skip, err := strconv.Atoi(query.Get(skipQuery)); err == nil {
		return pagePosition{skipQuery, skip}
	}
	if page, err := strconv.Atoi(query.Get(pageQuery)); err == nil {
		return pagePosition{pageQuery, page}
	}
	return pagePosition{pageQuery, 1}
}

// in returns the query for this position.
func (p pagePosition) in(query url.Values) url.Values {
	positioned := maps.Clone(query)
	if positioned == nil {
		positioned = url.Values{}
	}
	positioned.Del(pageQuery)
	positioned.Del(skipQuery)
	positioned.Set(p.name, strconv.Itoa(p.value))
	return positioned
}

// pageReader knows which page is asked for, and what the one before began
// with.
type pageReader[T any] struct {
	at       pagePosition
	advanced bool   // at follows a page that was read
	first    []byte // the first item of the page before, as JSON
}

// check refuses a page that was answered before. It tells one by its number,
// and by its first item, since a server that passes over the query may repeat
// the number that was asked for.
func (r *pageReader[T]) check(answer *Answer[[]T]) *Failure {
	if len(answer.Data) == 0 {
		return nil
	}
	first, err := MarshalAnswer(answer.Data[0])
	if err != nil {
		return &Failure{Unreadable: true, Message: "the answer holds an item that cannot be written again", Cause: err}
	}
	if r.advanced && (r.behind(answer.Meta) || bytes.Equal(first, r.first)) {
		return &Failure{Unreadable: true, Message: "the server answered a page that it had answered before, so the list was not read to its end"}
	}
	r.first = first
	return nil
}

// behind reports whether the answer names a page before the one asked for.
func (r *pageReader[T]) behind(meta Meta) bool {
	answered := meta.Page
	if r.at.name == skipQuery {
		answered = meta.Skip
	}
	return answered != nil && *answered < r.at.value
}

// advance moves on to the page after one that held so many items.
func (r *pageReader[T]) advance(meta Meta, items int) {
	switch {
	case meta.Page != nil:
		r.at = pagePosition{pageQuery, *meta.Page + 1}
	case meta.Skip != nil:
		r.at = pagePosition{skipQuery, *meta.Skip + items}
	case r.at.name == skipQuery:
		r.at.value += items
	default:
		r.at.value = max(r.at.value, 1) + 1
	}
	r.advanced = true
}
