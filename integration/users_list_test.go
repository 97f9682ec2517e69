package integration_test

import (
	"errors"
	"fmt"
	"github.com/returningai/returningai-go/value"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/returningaitest"
)

const filterOperation = "integration.users.filter"

// playerLevel is a number type of the user's own.
type playerLevel uint16

// manyUsers is a list of so many users, whose XP is their number.
func manyUsers(count int) returningaitest.Option {
	return returningaitest.WithUserSource(count, func(number int) returningaitest.User {
		return returningaitest.User{Email: fmt.Sprintf("user-%d@example.com", number), XP: float64(number)}
	})
}

var emailAndXP = []integration.Column{integration.ColumnEmail, integration.ColumnXP}

// emails collects what an iteration yields, and how it ended.
func emails(rows func(func(integration.UserRow, error) bool)) (found []string, err error) {
	for row, failed := range rows {
		if failed != nil {
			err = failed
			continue // the iteration ends by itself
		}
		email, failed := row.String(integration.ColumnEmail)
		if failed != nil {
			return found, failed
		}
		found = append(found, email)
	}
	return found, err
}

func TestFilterConditions(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t, returningaitest.WithoutSeed())
	joined := func(day int) time.Time { return time.Date(2026, time.January, day, 18, 30, 0, 0, time.UTC) }
	for _, user := range []returningaitest.User{
		{Username: "a", Email: "a", FirstName: "Ada", XP: 10, Coins: 1, JoinedAt: joined(1), CustomFields: map[string]any{"vip": true, "game": "chess"}},
		{Username: "b", Email: "b", FirstName: "Ben", XP: 20, Coins: 1, JoinedAt: joined(2), CustomFields: map[string]any{"vip": false, "last_seen": "2026-03-01"}},
		{Username: "c", Email: "c", FirstName: "Ada", XP: 30, Coins: 0, JoinedAt: joined(3), CustomFields: map[string]any{"game": "go", "last_seen": "15/02/2026"}},
		{Username: "d", Email: "d", FirstName: "Ada", XP: 30, Coins: 0, JoinedAt: joined(3), Deleted: true},
		{Username: "e", Email: "e", FirstName: "Ada", XP: 30, Coins: 0, JoinedAt: joined(3), Outside: true},
	} {
		srv.AddUser(user)
	}
	users := srv.Client().Integration.Users
	type conditions = []integration.Condition
	for name, test := range map[string]struct {
		filter conditions
		want   string
	}{
		"all":                   {nil, "a b c"},
		"text":                  {conditions{integration.Equal(integration.ColumnFirstName, "Ada")}, "a c"},
		"number":                {conditions{integration.Equal(integration.ColumnXP, 20)}, "b"},
		"number zero":           {conditions{integration.Equal(integration.ColumnCoins, 0)}, "c"},
		"bool":                  {conditions{integration.Equal("vip", false)}, "b"},
		"custom text":           {conditions{integration.Equal("game", "chess")}, "a"},
		"day":                   {conditions{integration.Equal(integration.ColumnJoinDate, integration.NewDate(2026, time.January, 2))}, "b"},
		"at least":              {conditions{integration.AtLeast(integration.ColumnXP, 20)}, "b c"},
		"at least nothing":      {conditions{integration.AtLeast(integration.ColumnXP, 0)}, "a b c"},
		"at most, fraction":     {conditions{integration.AtMost(integration.ColumnXP, 19.5)}, "a"},
		"between":               {conditions{integration.Between(integration.ColumnXP, 10, 20)}, "a b"},
		"two ends of one range": {conditions{integration.AtMost(integration.ColumnXP, 25), integration.AtLeast(integration.ColumnXP, 15)}, "b"},
		"days":                  {conditions{integration.Between(integration.ColumnJoinDate, integration.NewDate(2026, time.January, 1), integration.NewDate(2026, time.January, 2))}, "a b"},
		"times":                 {conditions{integration.AtLeast(integration.ColumnJoinDate, joined(2).Add(time.Second))}, "c"},
		"custom day":            {conditions{integration.AtMost("last_seen", integration.NewDate(2026, time.February, 28))}, "c"},
		"several columns":       {conditions{integration.Equal(integration.ColumnFirstName, "Ada"), integration.AtLeast(integration.ColumnXP, 15)}, "c"},
		"own number type":       {conditions{integration.Equal(integration.ColumnXP, playerLevel(30))}, "c"},
		"nobody":                {conditions{integration.Equal("nothing", "x")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			filter := integration.UserFilter{Fields: []integration.Column{integration.ColumnEmail}, Filter: test.filter}
			found, err := emails(users.All(t.Context(), filter))
			require.NoError(t, err)
			require.Equal(t, test.want, strings.Join(found, " "))
		})
	}
}

func TestFilterInvalid(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	users := srv.Client().Integration.Users
	type conditions = []integration.Condition
	fields := []integration.Column{integration.ColumnEmail}
	for name, test := range map[string]struct {
		filter integration.UserFilter
		fields []string
	}{
		"nothing":             {integration.UserFilter{}, []string{"Fields"}},
		"cursor and page":     {integration.UserFilter{Fields: fields, Cursor: "c", Page: 2}, []string{"Cursor", "Page"}},
		"no column":           {integration.UserFilter{Fields: fields, Filter: conditions{integration.Equal("", 1)}}, []string{"Filter[0]"}},
		"no condition":        {integration.UserFilter{Fields: fields, Filter: conditions{{}}}, []string{"Filter[0]"}},
		"equal twice":         {integration.UserFilter{Fields: fields, Filter: conditions{integration.Equal("a", 1), integration.Equal("a", 1)}}, []string{"Filter[1]"}},
		"equal and range":     {integration.UserFilter{Fields: fields, Filter: conditions{integration.Equal("a", 1), integration.AtLeast("a", 1)}}, []string{"Filter[1]"}},
		"range and equal":     {integration.UserFilter{Fields: fields, Filter: conditions{integration.AtMost("a", 1), integration.Equal("a", 1)}}, []string{"Filter[1]"}},
		"two lower bounds":    {integration.UserFilter{Fields: fields, Filter: conditions{integration.AtLeast("a", 1), integration.AtLeast("a", 2)}}, []string{"Filter[1]"}},
		"a third on a column": {integration.UserFilter{Fields: fields, Filter: conditions{integration.AtLeast("a", 1), integration.AtMost("a", 2), integration.AtMost("a", 3)}}, []string{"Filter[2]"}},
		"at least no day":     {integration.UserFilter{Fields: fields, Filter: conditions{integration.AtMost("a", 1), integration.AtLeast("b", integration.Date{})}}, []string{"Filter[1]"}},
		"at most no time":     {integration.UserFilter{Fields: fields, Filter: conditions{integration.AtMost("a", time.Time{})}}, []string{"Filter[0]"}},
		"up to no day":        {integration.UserFilter{Fields: fields, Filter: conditions{integration.Between("a", integration.NewDate(2026, time.May, 1), integration.Date{})}}, []string{"Filter[0]"}},
		"a duration":          {integration.UserFilter{Fields: fields, Filter: conditions{integration.AtLeast("a", time.Minute), integration.Equal("b", time.Minute), integration.AtMost("c", time.Minute)}}, []string{"Filter[0]", "Filter[1]", "Filter[2]"}},
		"range and bound":     {integration.UserFilter{Fields: fields, Filter: conditions{integration.Between("a", 1, 2), integration.AtMost("a", 3)}}, []string{"Filter[1]"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := users.List(t.Context(), test.filter)
			requireProblems(t, err, test.fields)
			found, err := emails(users.All(t.Context(), test.filter))
			requireProblems(t, err, test.fields)
			require.Empty(t, found)
		})
	}
	t.Run("no number", func(t *testing.T) {
		t.Parallel()
		_, err := users.List(t.Context(), integration.UserFilter{Fields: fields, Filter: conditions{integration.AtMost("a", math.NaN())}})
		require.ErrorIs(t, err, returningai.ErrInvalid)
		require.ErrorContains(t, err, "body must be writable")
	})
	t.Cleanup(func() { require.Empty(t, srv.Requests()) })
}

func TestFilterPages(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t, returningaitest.WithoutSeed(), manyUsers(450))
	users := srv.Client().Integration.Users
	filter := integration.UserFilter{Fields: emailAndXP, Filter: []integration.Condition{integration.AtLeast(integration.ColumnXP, 10)}}

	first, err := users.List(t.Context(), filter)
	require.NoError(t, err)
	require.Len(t, first.Items, 200)
	require.NotEmpty(t, first.NextCursor)
	require.Nil(t, first.Pages)
	require.Empty(t, first.Extra)

	filter.Cursor = first.NextCursor
	second, err := users.List(t.Context(), filter)
	require.NoError(t, err)
	require.Equal(t, value.Int(210), second.Items[0][integration.ColumnXP])

	filter.Cursor, filter.Page = "", 3
	third, err := users.List(t.Context(), filter)
	require.NoError(t, err)
	require.Len(t, third.Items, 40)
	require.Equal(t, new(3), third.Number)
	require.Equal(t, new(3), third.Pages)
	require.Empty(t, third.NextCursor)

	filter.Page = 4
	beyond, err := users.List(t.Context(), filter)
	require.NoError(t, err)
	require.Empty(t, beyond.Items)

	filter.Page, filter.Cursor = 0, "made up"
	_, err = users.List(t.Context(), filter)
	require.ErrorIs(t, err, returningai.ErrInvalid)
}

// The iteration asks for a page when the one before has been taken, and for
// nothing more than is taken.
func TestAllRequestsPagesLazily(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t, returningaitest.WithoutSeed(), manyUsers(1000))
	filter := integration.UserFilter{Fields: emailAndXP}
	all := srv.Client().Integration.Users.All(t.Context(), filter)
	require.Empty(t, srv.Requests(), "nothing is sent before the first row is wanted")

	for round := range 2 { // the second one starts over
		srv.ResetRequests()
		number := int64(0)
		for row, err := range all {
			require.NoError(t, err)
			xp, err := row.Int(integration.ColumnXP)
			require.NoError(t, err)
			require.Equal(t, number, xp)
			require.Len(t, srv.RequestsTo(filterOperation), int(number/200)+1)
			number++
		}
		require.EqualValues(t, 1000, number, "round %d", round)
		require.Len(t, srv.Requests(), 5)
	}

	for _, taken := range []int{1, 200, 201} {
		srv.ResetRequests()
		left := taken
		for _, err := range all {
			require.NoError(t, err)
			if left--; left == 0 {
				break
			}
		}
		require.Len(t, srv.Requests(), (taken+199)/200)
	}
}

func TestAllCopiesFilter(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t, returningaitest.WithoutSeed(), manyUsers(3))
	fields := []integration.Column{integration.ColumnEmail}
	conditions := []integration.Condition{integration.AtLeast(integration.ColumnXP, 1)}
	all := srv.Client().Integration.Users.All(t.Context(), integration.UserFilter{Fields: fields, Filter: conditions})
	fields[0], conditions[0] = integration.ColumnCoins, integration.AtLeast(integration.ColumnXP, 2)
	found, err := emails(all)
	require.NoError(t, err)
	require.Equal(t, []string{"user-1@example.com", "user-2@example.com"}, found)
}

func TestAllStartsAtPageOfFilter(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t, returningaitest.WithoutSeed(), manyUsers(450))
	users := srv.Client().Integration.Users
	first, err := users.List(t.Context(), integration.UserFilter{Fields: emailAndXP})
	require.NoError(t, err)
	for name, filter := range map[string]integration.UserFilter{
		"cursor": {Fields: emailAndXP, Cursor: first.NextCursor},
		"page":   {Fields: emailAndXP, Page: 2},
	} {
		srv.ResetRequests()
		found, err := emails(users.All(t.Context(), filter))
		require.NoError(t, err, name)
		require.Len(t, found, 250, name)
		require.Equal(t, "user-200@example.com", found[0], name)
		require.Len(t, srv.Requests(), 2, name)
	}
}

// responsesInTurn makes the filter response these bodies, one after the other.
func responsesInTurn(srv *returningaitest.Server, bodies ...string) {
	for _, body := range bodies {
		srv.Inject(returningaitest.Fault{Operation: filterOperation, Response: returningaitest.Raw(200, "application/json", body)})
	}
}

func rowsOf(emails ...string) string {
	rows := make([]string, len(emails))
	for i, email := range emails {
		rows[i] = `{"email":"` + email + `"}`
	}
	return "[" + strings.Join(rows, ",") + "]"
}

// fullPage is a page of 200 users, named after the letter.
func fullPage(letter string) string {
	emails := make([]string, 200)
	for i := range emails {
		emails[i] = letter + strconv.Itoa(i)
	}
	return rowsOf(emails...)
}

// A cursor that stands where nobody looks must not end the list.
func TestAllReadsPastFullPage(t *testing.T) {
	t.Parallel()
	list := func(rows string) string { return `{"status":"success","data":` + rows + `,"next":{"after":"x"}}` }
	for name, test := range map[string]struct {
		bodies []string
		found  int
		failed string
	}{
		"more follow":           {[]string{list(fullPage("a")), list(fullPage("b")), list(rowsOf("c")), list("[]")}, 401, ""},
		"as many as pages say":  {[]string{list(fullPage("a")), `{"status":"success","data":` + rowsOf("b") + `,"current_page":2,"total_pages":2}`}, 201, ""},
		"exactly a full page":   {[]string{list(fullPage("a")), list("[]")}, 200, ""},
		"pages are passed over": {[]string{list(fullPage("a")), list(fullPage("a"))}, 200, "the list was not read to its end"},
		"a page that is short":  {[]string{list(rowsOf("a", "b"))}, 2, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := returningaitest.NewServer(t)
			responsesInTurn(srv, test.bodies...)
			found, err := emails(srv.Client().Integration.Users.All(t.Context(), integration.UserFilter{Fields: emailAndXP}))
			require.Len(t, found, test.found)
			requests := srv.Requests()
			require.Len(t, requests, len(test.bodies))
			for i, request := range requests[1:] {
				require.Contains(t, string(request.Body), fmt.Sprintf(`"page":%d`, i+2))
			}
			if test.failed == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, returningai.ErrUnexpectedResponse)
			require.ErrorContains(t, err, test.failed)
		})
	}
	for _, count := range []int{199, 200, 201} {
		srv := returningaitest.NewServer(t, returningaitest.WithoutSeed(), manyUsers(count))
		found, err := emails(srv.Client().Integration.Users.All(t.Context(), integration.UserFilter{Fields: emailAndXP}))
		require.NoError(t, err)
		require.Len(t, found, count)
	}
}

// Rows need not tell their users apart: that two pages are the same then says
// nothing.
func TestAllEqualPages(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t, returningaitest.WithoutSeed(), manyUsers(450))
	for _, filter := range []integration.UserFilter{{}, {Page: 1}} {
		filter.Fields = []integration.Column{integration.ColumnCoins}
		count := 0
		for _, err := range srv.Client().Integration.Users.All(t.Context(), filter) {
			require.NoError(t, err)
			count++
		}
		require.Equal(t, 450, count)
	}
}

// Where rows and cursors stand in a response is not known.
func TestAllResponseShapes(t *testing.T) {
	t.Parallel()
	for name, bodies := range map[string][]string{
		"beside data": {
			`{"status":"success","data":` + rowsOf("a") + `,"next_cursor":"2"}`,
			`{"status":"success","data":` + rowsOf("b") + `,"next_cursor":null}`,
		},
		"inside data": {
			`{"status":"success","data":{"data":` + rowsOf("a") + `,"next_cursor":"2"}}`,
			`{"status":"success","data":{"data":` + rowsOf("b") + `,"next_cursor":""}}`,
		},
		"inside data, under another name": {
			`{"status":"success","data":{"fields":["email"],"users": [ ` + rowsOf("a")[1:] + `,"next_cursor":2}}`,
			`{"status":"success","data":{"fields":["email"],"users":` + rowsOf("b") + `}}`,
		},
		"pages beside data": {
			`{"status":"success","data":` + rowsOf("a") + `,"current_page":"1","total_pages":"2"}`,
			`{"status":"success","data":` + rowsOf("b") + `,"current_page":2,"total_pages":2}`,
		},
		"pages inside data": {
			`{"status":"success","data":{"rows":` + rowsOf("a") + `,"current_page":1,"total_pages":2}}`,
			`{"status":"success","data":{"rows":` + rowsOf("b") + `,"current_page":2,"total_pages":2}}`,
		},
		"cursors and page numbers": {
			`{"status":"success","data":` + rowsOf("a") + `,"next_cursor":"2","current_page":1,"total_pages":9}`,
			`{"status":"success","data":` + rowsOf("b") + `,"current_page":1,"total_pages":9}`,
		},
		"an empty page in between": {
			`{"status":"success","data":` + rowsOf("a") + `,"next_cursor":"2"}`,
			`{"status":"success","data":[],"next_cursor":"3"}`,
			`{"status":"success","data":` + rowsOf("b") + `}`,
		},
		"a cursor in meta": {
			`{"status":"success","data":` + rowsOf("a") + `,"meta":{"next_cursor":"2"}}`,
			`{"status":"success","data":` + rowsOf("b") + `,"meta":{"next_cursor":null}}`,
		},
		"a cursor in pagination": {
			`{"status":"success","data":` + rowsOf("a") + `,"pagination":{"next_cursor":"2"}}`,
			`{"status":"success","data":` + rowsOf("b") + `,"pagination":{}}`,
		},
		"a cursor in meta, inside data": {
			`{"status":"success","data":{"users":` + rowsOf("a") + `,"meta":{"nextCursor":"2"}}}`,
			`{"status":"success","data":{"users":` + rowsOf("b") + `,"meta":"none"}}`,
		},
		"a cursor in pagination, inside data": {
			`{"status":"success","data":{"users":` + rowsOf("a") + `,"pagination":{"next_cursor":"2"}}}`,
			`{"status":"success","data":{"users":` + rowsOf("b") + `,"pagination":null}}`,
		},
		"camel case": {
			`{"status":"success","data":` + rowsOf("a") + `,"nextCursor":"2"}`,
			`{"status":"success","data":` + rowsOf("b") + `}`,
		},
		"camel case, inside data": {
			`{"status":"success","data":{"users":` + rowsOf("a") + `,"currentPage":1,"totalPages":2}}`,
			`{"status":"success","data":{"users":` + rowsOf("b") + `,"currentPage":2,"totalPages":2}}`,
		},
		"pages in pagination": {
			`{"status":"success","data":` + rowsOf("a") + `,"pagination":{"current_page":1,"total_pages":2}}`,
			`{"status":"success","data":` + rowsOf("b") + `,"pagination":{"current_page":2,"total_pages":2}}`,
		},
		"pages in meta, camel case": {
			`{"status":"success","data":` + rowsOf("a") + `,"meta":{"currentPage":1,"totalPages":2}}`,
			`{"status":"success","data":` + rowsOf("b") + `,"meta":{"currentPage":2,"totalPages":2}}`,
		},
		"pages without their number": {
			`{"status":"success","data":` + rowsOf("a") + `,"current_page":1}`,
			`{"status":"success","data":` + rowsOf("b") + `,"current_page":2}`,
			`{"status":"success","data":[],"current_page":3}`,
		},
		"nothing at the end": {
			`{"status":"success","data":` + rowsOf("a", "b") + `,"next_cursor":"2"}`,
			`{"status":"success","data":null}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := returningaitest.NewServer(t)
			responsesInTurn(srv, bodies...)
			found, err := emails(srv.Client().Integration.Users.All(t.Context(), integration.UserFilter{Fields: emailAndXP}))
			require.NoError(t, err)
			require.Equal(t, []string{"a", "b"}, found)
			require.Len(t, srv.Requests(), len(bodies))
		})
	}
}

func TestAllDetectsLoops(t *testing.T) {
	t.Parallel()
	page := func(email, paging string) string {
		return `{"status":"success","data":` + rowsOf(email) + `,` + paging + `}`
	}
	manyEmpty := make([]string, 11)
	for i := range manyEmpty {
		manyEmpty[i] = `{"status":"success","data":[],"next_cursor":"` + strconv.Itoa(i) + `"}`
	}
	for name, test := range map[string]struct {
		filter integration.UserFilter
		bodies []string
		found  []string
		text   string
	}{
		"the same cursor":       {integration.UserFilter{}, []string{page("a", `"next_cursor":"x"`), page("b", `"next_cursor":"x"`)}, []string{"a"}, "repeats a cursor"},
		"a circle of cursors":   {integration.UserFilter{}, []string{page("a", `"next_cursor":"x"`), page("b", `"next_cursor":"y"`), page("c", `"next_cursor":"x"`)}, []string{"a", "b"}, "repeats a cursor"},
		"the cursor it got":     {integration.UserFilter{Cursor: "x"}, []string{page("a", `"next_cursor":"x"`)}, nil, "repeats a cursor"},
		"the same page":         {integration.UserFilter{Page: 1}, []string{page("a", `"current_page":1,"total_pages":3`), page("a", `"current_page":1,"total_pages":3`)}, []string{"a"}, "another page"},
		"empty pages, for ever": {integration.UserFilter{}, manyEmpty, nil, "never end"},
		"a cursor of no type":   {integration.UserFilter{}, []string{page("a", `"next_cursor":{"id":1}`)}, nil, "a cursor that is not a string"},
		"no rows at all":        {integration.UserFilter{}, []string{`{"status":"success","data":{"total_pages":3}}`}, nil, "does not show where its items are"},
		"two lists of rows":     {integration.UserFilter{}, []string{`{"status":"success","data":{"x":[{}],"y":[{}]}}`}, nil, "does not show where its items are"},
		"a row that is none":    {integration.UserFilter{}, []string{`{"status":"success","data":["a"]}`}, nil, "not what the operation returns"},
		"HTML":                  {integration.UserFilter{}, []string{`<html>`}, nil, "HTML"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := returningaitest.NewServer(t)
			responsesInTurn(srv, test.bodies...)
			test.filter.Fields = emailAndXP
			found, err := emails(srv.Client().Integration.Users.All(t.Context(), test.filter))
			require.ErrorIs(t, err, returningai.ErrUnexpectedResponse)
			require.ErrorContains(t, err, test.text)
			require.ErrorContains(t, err, filterOperation)
			require.Equal(t, test.found, found)
			require.Len(t, srv.Requests(), len(test.bodies), "what is nonsense is not asked for again")
			failure, _ := errors.AsType[*returningai.Error](err)
			require.False(t, failure.MaybeApplied())
		})
	}
}

func TestAllPageError(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t, returningaitest.WithoutSeed(), manyUsers(500))
	srv.Inject(returningaitest.Fault{Operation: filterOperation, After: 1, Response: returningaitest.Status(503)})
	users := srv.Client(quickly).Integration.Users
	found, err := emails(users.All(t.Context(), integration.UserFilter{Fields: emailAndXP}))
	require.NoError(t, err, "a page that fails once is asked for again")
	require.Len(t, found, 500)
	require.Len(t, srv.Requests(), 4)

	srv.Inject(returningaitest.Fault{Operation: filterOperation, After: 1, Response: returningaitest.Status(403)})
	found, err = emails(users.All(t.Context(), integration.UserFilter{Fields: emailAndXP}))
	require.ErrorIs(t, err, returningai.ErrForbidden)
	require.Len(t, found, 200)
}
