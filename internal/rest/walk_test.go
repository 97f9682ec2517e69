package rest_test

import (
	"errors"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/internal/rest"
)

// page is what a list answers at one position.
type page struct {
	items []int
	next  rest.Position
}

// book answers pages, and notes which were asked for.
type book struct {
	pages map[rest.Position]page
	asked []rest.Position
}

func (b *book) fetch(at rest.Position, check func(rest.Position, int) *rest.Failure) ([]int, rest.Position, error) {
	b.asked = append(b.asked, at)
	found, ok := b.pages[at]
	if !ok {
		return nil, rest.Position{}, errors.New("no such page")
	}
	if failure := check(found.next, len(found.items)); failure != nil {
		return nil, rest.Position{}, errors.New(failure.Message)
	}
	return found.items, found.next, nil
}

func cursor(text string) rest.Position { return rest.Position{Cursor: text} }

func TestWalkComeToAnEnd(t *testing.T) {
	t.Parallel()
	start := rest.Position{}
	for name, test := range map[string]struct {
		pages  map[rest.Position]page
		items  []int
		failed string
	}{
		"one page":          {map[rest.Position]page{start: {[]int{1, 2}, start}}, []int{1, 2}, ""},
		"nothing":           {map[rest.Position]page{start: {}}, nil, ""},
		"cursors":           {map[rest.Position]page{start: {[]int{1}, cursor("a")}, cursor("a"): {[]int{2}, cursor("b")}, cursor("b"): {[]int{3}, start}}, []int{1, 2, 3}, ""},
		"an empty page":     {map[rest.Position]page{start: {[]int{1}, cursor("a")}, cursor("a"): {nil, cursor("b")}, cursor("b"): {[]int{3}, start}}, []int{1, 3}, ""},
		"the same cursor":   {map[rest.Position]page{start: {[]int{1}, cursor("a")}, cursor("a"): {[]int{2}, cursor("a")}}, []int{1}, "repeats a cursor"},
		"a circle":          {map[rest.Position]page{start: {[]int{1}, cursor("a")}, cursor("a"): {[]int{2}, cursor("b")}, cursor("b"): {[]int{3}, cursor("a")}}, []int{1, 2}, "repeats a cursor"},
		"a repeated page":   {map[rest.Position]page{start: {[]int{1}, rest.Position{Page: 2}}, {Page: 2}: {[]int{2}, rest.Position{Page: 2}}}, []int{1}, "repeats a cursor or a page"},
		"an error, halfway": {map[rest.Position]page{start: {[]int{1}, cursor("gone")}}, []int{1}, "no such page"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			book := &book{pages: test.pages}
			pages := rest.Walk(start, book.fetch)
			for range 2 { // an iteration leaves nothing behind for the next one
				items, err := collect(pages)
				require.Equal(t, test.items, items)
				if test.failed == "" {
					require.NoError(t, err)
				} else {
					require.ErrorContains(t, err, test.failed)
				}
			}
		})
	}
}

func collect(pages func(func(int, error) bool)) (items []int, err error) {
	for item, failed := range pages {
		if failed != nil {
			err = failed
			continue // the iteration ends by itself
		}
		items = append(items, item)
	}
	return items, err
}

func TestWalkEndWhenOnlyCursorsCome(t *testing.T) {
	t.Parallel()
	fetched := 0
	items, err := collect(rest.Walk(rest.Position{}, func(_ rest.Position, check func(rest.Position, int) *rest.Failure) ([]int, rest.Position, error) {
		fetched++
		next := cursor(strconv.Itoa(fetched))
		if failure := check(next, 0); failure != nil {
			return nil, rest.Position{}, errors.New(failure.Message)
		}
		return nil, next, nil
	}))
	require.ErrorContains(t, err, "empty")
	require.Empty(t, items)
	require.Equal(t, 11, fetched)
}

func TestWalkFetchNoMoreThanIsTaken(t *testing.T) {
	t.Parallel()
	book := &book{pages: map[rest.Position]page{{}: {[]int{1, 2}, cursor("a")}, cursor("a"): {[]int{3, 4}, cursor("b")}}}
	var items []int
	for item, err := range rest.Walk(rest.Position{}, book.fetch) {
		require.NoError(t, err)
		if items = append(items, item); item == 3 {
			break
		}
	}
	require.Equal(t, []int{1, 2, 3}, items)
	require.Equal(t, []rest.Position{{}, cursor("a")}, book.asked)
}

func TestPositionAfterAPage(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		at             int
		current, total int
		next           int
		failed         bool
	}{
		"the first of three":    {0, 1, 3, 2, false},
		"the last":              {3, 3, 3, 0, false},
		"only the total known":  {2, 0, 3, 3, false},
		"nothing known":         {2, 0, 0, 0, false},
		"beyond the end":        {7, 7, 3, 0, false},
		"no page was asked for": {0, 0, 2, 2, false},
		"the page before again": {2, 1, 3, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			next, failure := rest.Position{Page: test.at}.After(test.current, test.total)
			require.Equal(t, rest.Position{Page: test.next}, next)
			require.Equal(t, test.failed, failure != nil)
		})
	}
}
