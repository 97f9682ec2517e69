package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// bookPage is what a list answers at one position.
type bookPage struct {
	Items  []int  `json:"items"`
	Cursor string `json:"cursor"`
	Page   *int   `json:"page"`
	Skip   *int   `json:"skip"`
	Pages  int    `json:"pages"`
	Last   bool   `json:"last"`
}

// book answers pages, and notes which were asked for.
type book struct {
	page  func(at Position) (bookPage, bool)
	asked []Position
}

func bookOf(pages map[Position]bookPage) *book {
	return &book{page: func(at Position) (bookPage, bool) {
		page, ok := pages[at]
		return page, ok
	}}
}

func (b *book) Call(_ context.Context, _ *Operation, request *Request) error {
	at, _ := request.Body.(Position)
	b.asked = append(b.asked, at)
	page, ok := b.page(at)
	if !ok {
		return errors.New("no such page")
	}
	body, err := json.Marshal(map[string]any{"status": "success", "data": page})
	if err != nil {
		return err
	}
	if failure := request.Accept(&Response{Status: http.StatusOK, Body: body}); failure != nil {
		return fmt.Errorf("%w: %s", errRefused, failure.Message)
	}
	return nil
}

func (b *book) walk(t *testing.T, first Position) iter.Seq2[int, error] {
	t.Helper()
	return Walk(t.Context(), b, &Operation{Family: Integration}, first, func(at Position) Request {
		return Request{Body: at}
	}, func(_ Position, answer *Answer[bookPage]) (Page[int], *Failure) {
		read := answer.Data
		return Page[int]{Items: read.Items, Cursor: read.Cursor, Page: read.Page, Skip: read.Skip, Pages: read.Pages, Last: read.Last}, nil
	})
}

func cursor(text string) Position { return Position{Cursor: text} }

func collect(pages iter.Seq2[int, error]) (items []int, err error) {
	for item, failed := range pages {
		if failed != nil {
			err = failed
			continue // the iteration ends by itself
		}
		items = append(items, item)
	}
	return items, err
}

func TestWalkComesToAnEnd(t *testing.T) {
	t.Parallel()
	start, second, third := Position{}, Position{Page: 2}, Position{Page: 3}
	type pages = map[Position]bookPage
	for name, test := range map[string]struct {
		first  Position
		pages  pages
		items  []int
		failed string
	}{
		"one page":          {start, pages{start: {Items: []int{1, 2}, Last: true}}, []int{1, 2}, ""},
		"nothing":           {start, pages{start: {}}, nil, ""},
		"cursors":           {start, pages{start: {Items: []int{1}, Cursor: "a"}, cursor("a"): {Items: []int{2}, Cursor: "b"}, cursor("b"): {Items: []int{3}}}, []int{1, 2, 3}, ""},
		"an empty page":     {start, pages{start: {Items: []int{1}, Cursor: "a"}, cursor("a"): {Cursor: "b"}, cursor("b"): {Items: []int{3}}}, []int{1, 3}, ""},
		"the same cursor":   {start, pages{start: {Items: []int{1}, Cursor: "a"}, cursor("a"): {Items: []int{2}, Cursor: "a"}}, []int{1}, "repeats a cursor"},
		"a circle":          {start, pages{start: {Items: []int{1}, Cursor: "a"}, cursor("a"): {Items: []int{2}, Cursor: "b"}, cursor("b"): {Items: []int{3}, Cursor: "a"}}, []int{1, 2}, "repeats a cursor"},
		"equal items":       {start, pages{start: {Items: []int{1}, Cursor: "a"}, cursor("a"): {Items: []int{1}}}, []int{1, 1}, ""},
		"an error, halfway": {start, pages{start: {Items: []int{1}, Cursor: "gone"}}, []int{1}, "no such page"},

		"a number of pages":            {start, pages{start: {Items: []int{1}, Page: new(1), Pages: 3}, second: {Page: new(2), Pages: 3}, third: {Items: []int{3}, Page: new(3), Pages: 3}}, []int{1, 3}, ""},
		"a number of pages alone":      {second, pages{second: {Items: []int{2}, Pages: 3}, third: {Items: []int{2}, Pages: 3}}, []int{2, 2}, ""},
		"beyond the end":               {third, pages{third: {Page: new(3), Pages: 2}}, nil, ""},
		"no number of pages":           {start, pages{start: {Items: []int{1}, Page: new(1)}, second: {Items: []int{2}, Page: new(2)}, third: {Page: new(3)}}, []int{1, 2}, ""},
		"nothing but pages":            {second, pages{second: {Items: []int{2}}, third: {}}, []int{2}, ""},
		"skips":                        {start, pages{start: {Items: []int{1, 2}, Skip: new(0)}, {Skip: 2}: {Items: []int{3}, Skip: new(2)}, {Skip: 3}: {}}, []int{1, 2, 3}, ""},
		"the page before again":        {second, pages{second: {Items: []int{1}, Page: new(1), Pages: 3}}, nil, "another page"},
		"a page that was passed over":  {start, pages{start: {Items: []int{1}, Page: new(1)}, second: {Items: []int{3}, Page: new(3)}}, []int{1}, "another page"},
		"the items before passed over": {start, pages{start: {Items: []int{1}, Skip: new(0)}, {Skip: 1}: {Items: []int{3}, Skip: new(2)}}, []int{1}, "another page"},
		"the same items":               {start, pages{start: {Items: []int{1, 2}}, second: {Items: []int{1, 2}}}, []int{1, 2}, "repeats the page before"},
		"the same items, counted":      {start, pages{start: {Items: []int{1, 2}, Page: new(1)}, second: {Items: []int{1, 2}, Page: new(2)}}, []int{1, 2}, "repeats the page before"},
		"one item":                     {start, pages{start: {Items: []int{1}}, second: {Items: []int{1}}}, []int{1}, "repeats the page before"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pages := bookOf(test.pages).walk(t, test.first)
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

// An item that comes in at the front of a list that is read one by one moves
// the one that was read last on to the next page.
func TestWalkSurvivesAnItemAtTheFront(t *testing.T) {
	t.Parallel()
	list := []int{1, 2, 3}
	growing := &book{page: func(at Position) (bookPage, bool) {
		number := max(at.Page, 1)
		if number == 2 {
			list = append([]int{0}, list...)
		}
		return bookPage{Items: list[min(number-1, len(list)):min(number, len(list))], Page: &number}, true
	}}
	items, err := collect(growing.walk(t, Position{}))
	require.NoError(t, err)
	require.Equal(t, []int{1, 1, 2, 3}, items)

	stuck := &book{page: func(at Position) (bookPage, bool) {
		return bookPage{Items: []int{1}, Page: new(max(at.Page, 1))}, true
	}}
	items, err = collect(stuck.walk(t, Position{}))
	require.ErrorContains(t, err, "repeats the page before")
	require.Equal(t, []int{1, 1}, items)
}

func TestWalkEndsWhenOnlyCursorsCome(t *testing.T) {
	t.Parallel()
	endless := &book{}
	endless.page = func(Position) (bookPage, bool) { return bookPage{Cursor: strconv.Itoa(len(endless.asked))}, true }
	items, err := collect(endless.walk(t, Position{}))
	require.ErrorContains(t, err, "empty")
	require.Empty(t, items)
	require.Len(t, endless.asked, 11)
}

func TestWalkFetchesNoMoreThanIsTaken(t *testing.T) {
	t.Parallel()
	book := bookOf(map[Position]bookPage{{}: {Items: []int{1, 2}, Cursor: "a"}, cursor("a"): {Items: []int{3, 4}, Cursor: "b"}})
	var items []int
	for item, err := range book.walk(t, Position{}) {
		require.NoError(t, err)
		if items = append(items, item); item == 3 {
			break
		}
	}
	require.Equal(t, []int{1, 2, 3}, items)
	require.Equal(t, []Position{{}, cursor("a")}, book.asked)
}
