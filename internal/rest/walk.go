package rest

import (
	"hash/maphash"
	"iter"
)

// Position is a place in a list that is answered page by page: a cursor, or
// the number of a page. The zero value is the beginning, or, as the position
// that follows a page, the end.
type Position struct {
	Cursor string
	Page   int
}

// After returns the position after the page at this one, which the answer calls
// the given page of so many; 0 where it does not say. An answer that is another
// page than the one asked for is a failure.
func (p Position) After(current, total int) (Position, *Failure) {
	if p.Page != 0 && current != 0 && current != p.Page {
		return Position{}, unreadable("the answer is another page than the one asked for")
	}
	if current = max(p.Page, current, 1); current < total {
		return Position{Page: current + 1}, nil
	}
	return Position{}, nil
}

// FetchPage gets the page at a position, and the position of the next one. It
// must hand that position and the number of items to check before it calls the
// page an answer: see [DoChecked].
type FetchPage[T any] func(at Position, check func(next Position, items int) *Failure) (items []T, next Position, err error)

// Walk iterates over the items of all pages from first on, holding one page at
// a time. A page is fetched when the items before it have been taken. An error
// ends the iteration.
func Walk[T any](first Position, fetch FetchPage[T]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		trail := newTrail(first)
		for at, more := first, true; more; more = at != (Position{}) {
			items, next, err := fetch(at, trail.check)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			at = next
		}
	}
}

// maxEmptyPages is how many pages in a row may hold nothing although more are
// announced. A list that is searched as it is read may have some.
const maxEmptyPages = 10

// trail remembers where an iteration has been, so that a server cannot lead it
// in circles. It keeps a number for each position, not the position: the
// memory of an iteration over a million users stays that of a page.
type trail struct {
	seed  maphash.Seed
	been  map[uint64]struct{}
	empty int // pages in a row
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

// check refuses an answer that leads nowhere.
func (t *trail) check(next Position, items int) *Failure {
	if next == (Position{}) {
		return nil
	}
	if t.empty++; items > 0 {
		t.empty = 0
	}
	switch {
	case !t.visit(next):
		return unreadable("the answer repeats a cursor or a page: the list would never end")
	case t.empty > maxEmptyPages:
		return unreadable("the answers are empty and say that more follows: the list would never end")
	}
	return nil
}

func unreadable(message string) *Failure { return &Failure{Unreadable: true, Message: message} }
