package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// bookPage is what a list returns at one position.
type bookPage struct {
	Items  []int  `json:"data"`
	Cursor string `json:"next_cursor"`
	Page   *int   `json:"page"`
	Skip   *int   `json:"skip"`
	Pages  int    `json:"total_pages"`
	Total  *int   `json:"total"`
}

// book returns pages, and notes which were asked for.
type book struct {
	page  func(at Position) (bookPage, bool)
	asked []Position

	perPage int
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
	return Walk(t.Context(), b, Listing[int]{Op: &Operation{Family: Integration}, First: first, PerPage: b.perPage, Request: func(at Position) Request {
		return Request{Body: at}
	}})
}

func by(text string) Position { return Position{Cursor: text} }

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

func TestWalkEnds(t *testing.T) {
	t.Parallel()
	start, second, third := Position{}, Position{Page: 2}, Position{Page: 3}
	type pages = map[Position]bookPage
	for name, test := range map[string]struct {
		first  Position
		pages  pages
		items  []int
		failed string
	}{
		"one page":          {start, pages{start: {Items: []int{1, 2}}, second: {}}, []int{1, 2}, ""},
		"nothing":           {start, pages{start: {}}, nil, ""},
		"cursors":           {start, pages{start: {Items: []int{1}, Cursor: "a"}, by("a"): {Items: []int{2}, Cursor: "b"}, by("b"): {Items: []int{3}}}, []int{1, 2, 3}, ""},
		"an empty page":     {start, pages{start: {Items: []int{1}, Cursor: "a"}, by("a"): {Cursor: "b"}, by("b"): {Items: []int{3}}}, []int{1, 3}, ""},
		"the same cursor":   {start, pages{start: {Items: []int{1}, Cursor: "a"}, by("a"): {Items: []int{2}, Cursor: "a"}}, []int{1}, "repeats a cursor"},
		"a circle":          {start, pages{start: {Items: []int{1}, Cursor: "a"}, by("a"): {Items: []int{2}, Cursor: "b"}, by("b"): {Items: []int{3}, Cursor: "a"}}, []int{1, 2}, "repeats a cursor"},
		"equal items":       {start, pages{start: {Items: []int{1}, Cursor: "a"}, by("a"): {Items: []int{1}}}, []int{1, 1}, ""},
		"an error, halfway": {start, pages{start: {Items: []int{1}, Cursor: "gone"}}, []int{1}, "no such page"},

		"a number of pages":              {start, pages{start: {Items: []int{1}, Page: new(1), Pages: 3}, second: {Page: new(2), Pages: 3}, third: {Items: []int{3}, Page: new(3), Pages: 3}}, []int{1, 3}, ""},
		"a number of pages alone":        {second, pages{second: {Items: []int{2}, Pages: 3}, third: {Items: []int{2}, Pages: 3}}, []int{2, 2}, ""},
		"beyond the end":                 {third, pages{third: {Page: new(3), Pages: 2}}, nil, ""},
		"no number of pages":             {start, pages{start: {Items: []int{1}, Page: new(1)}, second: {Items: []int{2}, Page: new(2)}, third: {Page: new(3)}}, []int{1, 2}, ""},
		"nothing but pages":              {second, pages{second: {Items: []int{2}}, third: {}}, []int{2}, ""},
		"skips":                          {start, pages{start: {Items: []int{1, 2}, Skip: new(0)}, {Skip: 2}: {Items: []int{3}, Skip: new(2)}, {Skip: 3}: {}}, []int{1, 2, 3}, ""},
		"fewer than the total, cursors":  {start, pages{start: {Items: []int{1}, Cursor: "a", Total: new(3)}, by("a"): {Items: []int{2}, Total: new(3)}}, []int{1, 2}, "the list ended after 2 of 3 items"},
		"fewer than the total, pages":    {start, pages{start: {Items: []int{1}, Page: new(1), Pages: 2, Total: new(3)}, second: {Items: []int{2}, Page: new(2), Pages: 2, Total: new(3)}}, []int{1, 2}, "the list ended after 2 of 3 items"},
		"from a page on, with a total":   {second, pages{second: {Items: []int{2}, Page: new(2), Pages: 2, Total: new(2)}}, []int{2}, ""},
		"from a cursor on, with a total": {by("a"), pages{by("a"): {Items: []int{2}, Total: new(2)}}, []int{2}, ""},
		"the total, and a cursor":        {start, pages{start: {Items: []int{1, 2}, Cursor: "a", Total: new(2)}}, []int{1, 2}, ""},
		"the page before again":          {second, pages{second: {Items: []int{1}, Page: new(1), Pages: 3}}, nil, "another page than the requested"},
		"a page that was passed over":    {start, pages{start: {Items: []int{1}, Page: new(1)}, second: {Items: []int{3}, Page: new(3)}}, []int{1}, "another page than the requested"},
		"the items before passed over":   {start, pages{start: {Items: []int{1}, Skip: new(0)}, {Skip: 1}: {Items: []int{3}, Skip: new(2)}}, []int{1}, "another page than the requested"},
		"the same items":                 {start, pages{start: {Items: []int{1, 2}}, second: {Items: []int{1, 2}}}, []int{1, 2}, "repeats the previous page"},
		"the same items, counted":        {start, pages{start: {Items: []int{1, 2}, Page: new(1)}, second: {Items: []int{1, 2}, Page: new(2)}}, []int{1, 2}, "repeats the previous page"},
		"one item":                       {start, pages{start: {Items: []int{1}}, second: {Items: []int{1}}}, []int{1}, "repeats the previous page"},
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
func TestWalkItemInsertedAtFront(t *testing.T) {
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
	require.ErrorContains(t, err, "repeats the previous page")
	require.Equal(t, []int{1, 1}, items)
}

func TestWalkCursorsWithoutItems(t *testing.T) {
	t.Parallel()
	endless := &book{}
	endless.page = func(Position) (bookPage, bool) { return bookPage{Cursor: strconv.Itoa(len(endless.asked))}, true }
	items, err := collect(endless.walk(t, Position{}))
	require.ErrorContains(t, err, "empty")
	require.Empty(t, items)
	require.Len(t, endless.asked, 11)
}

func TestWalkLazy(t *testing.T) {
	t.Parallel()
	book := bookOf(map[Position]bookPage{{}: {Items: []int{1, 2}, Cursor: "a"}, by("a"): {Items: []int{3, 4}, Cursor: "b"}})
	var items []int
	for item, err := range book.walk(t, Position{}) {
		require.NoError(t, err)
		if items = append(items, item); item == 3 {
			break
		}
	}
	require.Equal(t, []int{1, 2, 3}, items)
	require.Equal(t, []Position{{}, by("a")}, book.asked)
}

func TestWalkShortFirstPage(t *testing.T) {
	t.Parallel()
	for count, requests := range map[int]int{1: 1, 2: 2} {
		book := bookOf(map[Position]bookPage{{}: {Items: []int{1, 2}[:count]}, {Page: 2}: {Items: []int{3}}, {Page: 3}: {}})
		book.perPage = 2
		_, err := collect(book.walk(t, Position{}))
		require.NoError(t, err)
		if requests == 2 {
			requests = 3 // the short second page is not known to be the last
		}
		require.Len(t, book.asked, requests)
	}
}

func TestListShapes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		response string
		items    []int
		failed   string
	}{
		"a list":                  {`{"status":"success","data":[1,2]}`, []int{1, 2}, ""},
		"an object with data":     {`{"status":"success","data":{"data":[1,2]}}`, []int{1, 2}, ""},
		"an object with results":  {`{"status":"success","data":{"results":[1,2]}}`, []int{1, 2}, ""},
		"null":                    {`{"status":"success","data":null}`, nil, ""},
		"an object with null":     {`{"status":"success","data":{"data":null}}`, nil, ""},
		"numbers as strings":      {`{"status":"success","data":["1","2"]}`, []int{1, 2}, ""},
		"a list under a new name": {`{"status":"success","data":{"users":[]}}`, []int{}, ""},
		"two lists":               {`{"status":"success","data":{"users":[],"others":[]}}`, nil, "where its items are"},
		"no list":                 {`{"status":"success","data":{"users":7}}`, nil, "where its items are"},
		"an odd list":             {`{"status":"success","data":{"users":[{}]}}`, nil, "not what the operation returns"},
		"no data":                 {`{"status":"success"}`, nil, "has no data"},
		"an odd cursor":           {`{"status":"success","data":[1],"next_cursor":{"id":1}}`, nil, "a cursor that is not a string"},
		"an odd item":             {`{"status":"success","data":[1,{}]}`, nil, "not what the operation returns"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			caller := &server{response: func(url.Values) string { return test.response }}
			op := &Operation{ID: "test", Family: Integration, Method: "POST", Path: "/", Reads: true, Idempotent: true}
			read, err := List[int](t.Context(), caller, op, Request{})
			if test.failed != "" {
				require.ErrorContains(t, err, test.failed)
				require.Zero(t, read)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.items, read.Items)
		})
	}
}

func TestListFindsPaging(t *testing.T) {
	t.Parallel()
	for name, response := range map[string]string{
		"in the envelope":         `{"status":"success","data":[],"next_cursor":"c","current_page":2,"total_pages":"3","total":5,"limit":2,"skip":2}`,
		"in the envelope, camel":  `{"status":"success","data":[],"nextCursor":"c","currentPage":2.0,"totalPages":3,"total":5,"limit":2,"skip":2}`,
		"in meta":                 `{"meta":{"status":"success","next_cursor":"c","page":2,"total_pages":3,"total":"5","limit":2,"skip":2},"data":[]}`,
		"in the data":             `{"status":"success","data":{"data":[],"next_cursor":"c","page":2,"total_pages":3,"total":5,"limit":2,"skip":2}}`,
		"in the data, pagination": `{"status":"success","data":{"data":[],"pagination":{"next_cursor":"c","page":2,"total_pages":3,"total":5,"limit":2,"skip":2}}}`,
		"in the data, meta":       `{"status":"success","data":{"data":[],"meta":{"next_cursor":"c","page":2,"total_pages":3,"total":5,"limit":2,"skip":2}}}`,
		"in pagination":           `{"status":"success","pagination":{"next_cursor":"c","page":2,"total_pages":3,"total":5,"limit":2,"skip":2},"data":[]}`,
		"in several places":       `{"status":"success","data":{"data":[],"next_cursor":"c","page":2,"total":5,"skip":2},"total":9,"total_pages":3,"limit":2}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			caller := &server{response: func(url.Values) string { return response }}
			read, err := List[int](t.Context(), caller, listOp, Request{})
			require.NoError(t, err)
			require.Equal(t, "c", read.NextCursor)
			require.Equal(t, []*int{new(2), new(3), new(5), new(2), new(2)}, []*int{read.Number, read.Pages, read.Total, read.Limit, read.Skip})
		})
	}
}
