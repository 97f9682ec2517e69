package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var listOp = &Operation{ID: "test.items.list", Family: Application, Method: "GET", Path: "/items", Idempotent: true}

// server responds to queries, and keeps them.
type server struct {
	response func(query url.Values) string
	got      []url.Values
}

var errRefused = errors.New("refused by the request")

func (s *server) Call(_ context.Context, op *Operation, request *Request) error {
	target, problems := request.Target(op, op)
	if len(problems) > 0 {
		return fmt.Errorf("problems: %v", problems)
	}
	_, raw, _ := strings.Cut(target, "?")
	query, err := url.ParseQuery(raw)
	if err != nil {
		return err
	}
	s.got = append(s.got, query)
	failure := request.Accept(&Response{Status: http.StatusOK, Body: []byte(s.response(query))})
	if failure != nil {
		return fmt.Errorf("%w: %s", errRefused, failure.Message)
	}
	return nil
}

// styles are the ways in which a server may count.
var styles = map[string]func(first, limit, total int) string{
	"page, total": func(first, limit, total int) string {
		return fmt.Sprintf(`,"page":%d,"total":%d`, first/limit+1, total)
	},
	"page":        func(first, limit, _ int) string { return fmt.Sprintf(`,"page":%d`, first/limit+1) },
	"skip, total": func(first, _, total int) string { return fmt.Sprintf(`,"skip":%d,"total":%d`, first, total) },
	"skip":        func(first, _, _ int) string { return fmt.Sprintf(`,"skip":%d`, first) },
	"text, total": func(first, limit, total int) string {
		return fmt.Sprintf(`,"page":"%d","total":"%d"`, first/limit+1, total)
	},
	"nothing, total": func(_, _, total int) string { return fmt.Sprintf(`,"total":%d`, total) },
	"nothing":        func(_, _, _ int) string { return "" },
}

// list returns a list of numbers in pages of three, by what the query says.
func list(total int, meta func(first, limit, total int) string) func(url.Values) string {
	const limit = 3
	return func(query url.Values) string {
		first, _ := strconv.Atoi(query.Get("skip"))
		if page, err := strconv.Atoi(query.Get("page")); err == nil {
			first = (page - 1) * limit
		}
		items := []int{}
		for item := first; item < min(first+limit, total); item++ {
			items = append(items, item)
		}
		data, _ := json.Marshal(items)
		return `{"meta":{"status":"success","statusCode":200` + meta(first, limit, total) + `},"data":` + string(data) + `}`
	}
}

func read(t *testing.T, caller Caller, query any, most int) ([]int, error) {
	t.Helper()
	var items []int
	for item, err := range All[int](t.Context(), caller, listOp, Request{Query: query}) {
		if err != nil {
			require.Zero(t, item)
			return items, err
		}
		if items = append(items, item); len(items) == most {
			break
		}
	}
	return items, nil
}

func TestAllPagingStyles(t *testing.T) {
	t.Parallel()
	for name, style := range styles {
		for _, total := range []int{0, 1, 3, 6, 7} {
			t.Run(fmt.Sprintf("%s, %d items", name, total), func(t *testing.T) {
				t.Parallel()
				caller := &server{response: list(total, style)}
				items, err := read(t, caller, url.Values{"limit": {"3"}, "sort": {"x"}}, -1)
				require.NoError(t, err)
				require.Len(t, items, total)
				for i, item := range items {
					require.Equal(t, i, item)
				}
				pages := (total + 2) / 3
				if !strings.Contains(name, "total") || total == 0 {
					pages++ // the empty one that ends it
				}
				require.Len(t, caller.got, pages)
				require.Equal(t, url.Values{"limit": {"3"}, "sort": {"x"}}, caller.got[0])
				for i, query := range caller.got[1:] {
					want := url.Values{"limit": {"3"}, "sort": {"x"}, "page": {strconv.Itoa(i + 2)}}
					if strings.HasPrefix(name, "skip") {
						want = url.Values{"limit": {"3"}, "sort": {"x"}, "skip": {strconv.Itoa(len(items[:min(3*i+3, total)]))}}
					}
					require.Equal(t, want, query)
				}
			})
		}
	}
}

func TestAllStartsAtPosition(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		query string
		style string
		want  []int
		asked []string
	}{
		"a page":                     {"page=2", "page, total", []int{3, 4, 5, 6}, []string{"page=2", "page=3", "page=4"}},
		"a skip":                     {"skip=5", "skip, total", []int{5, 6}, []string{"skip=5"}},
		"a page, nothing returned":   {"page=2", "nothing", []int{3, 4, 5, 6}, []string{"page=2", "page=3", "page=4"}},
		"a skip, nothing returned":   {"skip=5", "nothing", []int{5, 6}, []string{"skip=5", "skip=7"}},
		"behind the end":             {"page=9", "page", nil, []string{"page=9"}},
		"a page, a total, no limit":  {"page=2", "nothing, total", []int{3, 4, 5, 6}, []string{"page=2", "page=3", "page=4"}},
		"what is no number is asked": {"page=x", "page", []int{0, 1, 2, 3, 4, 5, 6}, []string{"page=x", "page=2", "page=3", "page=4"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			query, err := url.ParseQuery(test.query)
			require.NoError(t, err)
			caller := &server{response: list(7, styles[test.style])}
			items, err := read(t, caller, query, -1)
			require.NoError(t, err)
			require.Equal(t, test.want, items)
			var asked []string
			for _, got := range caller.got {
				asked = append(asked, got.Encode())
			}
			require.Equal(t, test.asked, asked)
		})
	}
}

func TestAllRepeatedPage(t *testing.T) {
	t.Parallel()
	const same, another = "the response repeats the previous page", "the response is another page than the requested one"
	for name, test := range map[string]struct {
		meta func(query url.Values) string
		text string
	}{
		"the same number":         {func(url.Values) string { return `,"page":1` }, another},
		"the same skip":           {func(url.Values) string { return `,"skip":0` }, another},
		"no number":               {func(url.Values) string { return `` }, same},
		"no number, a total":      {func(url.Values) string { return `,"total":10` }, same},
		"no number, the total":    {func(url.Values) string { return `,"total":4` }, same},
		"the number asked for":    {func(query url.Values) string { return `,"page":` + max(query.Get("page"), "1") }, same},
		"the skip asked for":      {func(query url.Values) string { return `,"skip":` + max(query.Get("skip"), "0") }, same},
		"a total that was passed": {func(url.Values) string { return `,"page":1,"total":1` }, another},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			caller := &server{response: func(query url.Values) string {
				return `{"meta":{"status":"success"` + test.meta(query) + `},"data":[7,8]}`
			}}
			items, err := read(t, caller, nil, -1)
			require.ErrorIs(t, err, errRefused)
			require.ErrorContains(t, err, test.text)
			require.Equal(t, []int{7, 8}, items)
			require.Len(t, caller.got, 2)
		})
	}
}

// A page whose number says that it is another one is refused although its
// items differ from those of the page before.
func TestAllPageNumberStuck(t *testing.T) {
	t.Parallel()
	for _, member := range []string{"page", "skip"} {
		next := 0
		caller := &server{response: func(url.Values) string {
			next++
			return fmt.Sprintf(`{"meta":{"status":"success",%q:1},"data":[%d]}`, member, next)
		}}
		items, err := read(t, caller, nil, -1)
		require.ErrorIs(t, err, errRefused, member)
		require.Equal(t, []int{1}, items, member)
	}
}

func TestAllBreak(t *testing.T) {
	t.Parallel()
	caller := &server{response: list(1000, styles["page"])}
	for most, requests := range map[int]int{1: 1, 3: 1, 4: 2, 9: 3} {
		caller.got = nil
		items, err := read(t, caller, nil, most)
		require.NoError(t, err)
		require.Len(t, items, most)
		require.Len(t, caller.got, requests)
	}
}

func TestAllRangesStartOver(t *testing.T) {
	t.Parallel()
	query := url.Values{"limit": {"3"}}
	caller := &server{response: list(7, styles["page, total"])}
	items := All[int](t.Context(), caller, listOp, Request{Query: query})
	for range 2 {
		var sum int
		for item, err := range items {
			require.NoError(t, err)
			sum += item
		}
		require.Equal(t, 21, sum)
	}
	require.Equal(t, url.Values{"limit": {"3"}}, query, "the caller's own query is left alone")
}

func TestAllErrorOnce(t *testing.T) {
	t.Parallel()
	caller := &server{response: func(query url.Values) string {
		if query.Get("page") == "3" {
			return `{"meta":{"status":"error","statusCode":500},"message":"broken"}`
		}
		return list(7, styles["page"])(query)
	}}
	var items, failures int
	for _, err := range All[int](t.Context(), caller, listOp, Request{}) {
		if err == nil {
			require.Zero(t, failures)
			items++
			continue
		}
		require.ErrorContains(t, err, "broken")
		failures++
	}
	require.Equal(t, 6, items)
	require.Equal(t, 1, failures)
}

func TestAllQueryEncodingError(t *testing.T) {
	t.Parallel()
	caller := &server{}
	_, err := read(t, caller, 7, -1)
	require.ErrorContains(t, err, "must be encodable")
	require.Empty(t, caller.got)
}

// A list of five users must not end silently after two: a sync job would take
// the others for deleted.
func TestAllFollowsTheTotal(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		pages  [][]int
		meta   string
		items  int
		failed string
	}{
		"an empty page before the end":   {[][]int{{1, 2}, {}, {3, 4, 5}}, `,"total":5`, 5, ""},
		"short pages":                    {[][]int{{1, 2}, {3}, {4, 5}}, `,"total":5`, 5, ""},
		"an unfinished list":             {[][]int{{1, 2}, {}, {3}}, `,"total":5`, 3, "the list ended after 3 of 5 items"},
		"an unfinished list, by numbers": {[][]int{{1, 2}, {}, {3}}, `,"page":@,"total":5`, 3, "the list ended after 3 of 5 items"},
		"an empty list with a total":     {nil, `,"total":1`, 0, "the list ended after 0 of 1 items"},
		"an empty list":                  {nil, `,"total":0`, 0, ""},
		"more than the total":            {[][]int{{1, 2}, {3}}, `,"total":1`, 3, ""},
		"no total":                       {[][]int{{1, 2}, {}, {3}}, ``, 2, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			caller := &server{response: func(query url.Values) string {
				number, err := strconv.Atoi(query.Get("page"))
				if err != nil {
					number = 1
				}
				items := []int{}
				if number <= len(test.pages) {
					items = test.pages[number-1]
				}
				data, _ := json.Marshal(items)
				meta := strings.ReplaceAll(test.meta, "@", strconv.Itoa(number))
				return `{"meta":{"status":"success"` + meta + `},"data":` + string(data) + `}`
			}}
			items, err := read(t, caller, nil, -1)
			require.Len(t, items, test.items)
			require.LessOrEqual(t, len(caller.got), 15)
			if test.failed == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, errRefused)
			require.ErrorContains(t, err, test.failed)
		})
	}
}

// Where the responses count by skip, an empty page leads nowhere.
func TestAllEmptyPageBySkip(t *testing.T) {
	t.Parallel()
	caller := &server{response: func(query url.Values) string {
		if skip := query.Get("skip"); skip != "" {
			return `{"meta":{"status":"success","total":5,"skip":` + skip + `},"data":[]}`
		}
		return `{"meta":{"status":"success","total":5,"skip":0},"data":[1,2]}`
	}}
	items, err := read(t, caller, nil, -1)
	require.ErrorContains(t, err, "the list ended after 2 of 5 items")
	require.Len(t, items, 2)
	require.Len(t, caller.got, 2)
}
