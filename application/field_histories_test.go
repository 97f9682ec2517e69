package application_test

import (
	"context"
	"errors"
	"fmt"
	"github.com/returningai/returningai-go/page"
	"github.com/returningai/returningai-go/value"
	"iter"
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/application"
	"github.com/returningai/returningai-go/returningaitest"
)

func TestHistoriesValueKinds(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	srv := newServer(t, returningaitest.WithClock(func() time.Time { return now }))
	histories := newClient(srv).Application.FieldHistories
	entry, err := histories.Create(t.Context(), playerID, application.CreateHistoryParams{FieldID: levelID, Value: value.Int(42)})
	require.NoError(t, err)
	require.Equal(t, application.FieldHistory{
		ID: srv.FieldHistories()[1].ID, FieldID: levelID, UserObjectID: playerID, CommunityID: srv.CommunityID(),
		Value: value.Int(42), PreviousValue: value.Int(41), CreatedAt: now,
	}, entry)
	require.JSONEq(t, "42", string(srv.FieldValue(levelID, playerID)))

	_, err = histories.Create(t.Context(), playerID, application.CreateHistoryParams{FieldID: levelID, Value: value.Null()})
	require.NoError(t, err)
	last, err := histories.ListByFieldAndUser(t.Context(), levelID, playerID, application.ListHistoriesParams{Limit: 1, Sort: "createdAt:desc"})
	require.NoError(t, err)
	require.Equal(t, value.Null(), last.Items[0].Value)
	require.Equal(t, value.Int(42), last.Items[0].PreviousValue)
	require.Equal(t, new(3), last.Total)
}

func TestHistoriesServerErrors(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	histories := newClient(srv).Application.FieldHistories
	for name, test := range map[string]struct {
		userID   string
		params   application.CreateHistoryParams
		category error
	}{
		"wrong type":    {playerID, application.CreateHistoryParams{FieldID: levelID, Value: value.String("42")}, returningai.ErrInvalid},
		"unknown field": {playerID, application.CreateHistoryParams{FieldID: "nowhere", Value: value.Int(1)}, returningai.ErrNotFound},
		"unknown user":  {"nobody", application.CreateHistoryParams{FieldID: levelID, Value: value.Int(1)}, returningai.ErrNotFound},
		"another community": {playerID, application.CreateHistoryParams{
			CommunityID: "65f0c0ffee65f0c0ffee00ff", FieldID: levelID, Value: value.Int(1),
		}, returningai.ErrNotFound},
	} {
		_, err := histories.Create(t.Context(), test.userID, test.params)
		require.ErrorIs(t, err, test.category, name)
		failure, ok := errors.AsType[*returningai.Error](err)
		require.True(t, ok, name)
		require.NotZero(t, failure.StatusCode, name)
		require.False(t, failure.MaybeApplied(), name)
	}
	_, err := histories.ListByField(t.Context(), "nowhere", application.ListHistoriesParams{})
	require.ErrorIs(t, err, returningai.ErrNotFound)
	_, err = histories.ListByUser(t.Context(), "nobody", application.ListHistoriesParams{})
	require.ErrorIs(t, err, returningai.ErrNotFound)
	_, err = histories.List(t.Context(), application.ListHistoriesParams{Limit: 1_000_000})
	require.ErrorIs(t, err, returningai.ErrInvalid)
	require.Len(t, srv.FieldHistories(), 1)
}

func TestHistoriesInvalidParams(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	histories := newClient(srv).Application.FieldHistories
	var twice, half value.Value
	require.NoError(t, twice.UnmarshalJSON([]byte(`{"a":1,"a":2}`)))
	require.NoError(t, half.UnmarshalJSON([]byte(`"\ud800"`)))
	const none = "must be a value that JSON can hold: a string in UTF-8, a finite number, a time up to the year 9999, a boolean, null or other JSON"
	for name, test := range map[string]struct {
		params application.CreateHistoryParams
		fields []string
		rule   string
	}{
		"nothing":           {application.CreateHistoryParams{}, []string{"FieldID", "Value"}, none},
		"no number":         {application.CreateHistoryParams{FieldID: levelID, Value: value.Float(math.NaN())}, []string{"Value"}, none},
		"an infinity":       {application.CreateHistoryParams{FieldID: levelID, Value: value.Float(math.Inf(-1))}, []string{"Value"}, none},
		"no UTF-8":          {application.CreateHistoryParams{FieldID: levelID, Value: value.String("\xff")}, []string{"Value"}, none},
		"a time too late":   {application.CreateHistoryParams{FieldID: levelID, Value: value.Time(time.Unix(1<<40, 0))}, []string{"Value"}, none},
		"a date too late":   {application.CreateHistoryParams{FieldID: levelID, Value: value.Date(time.Unix(1<<40, 0))}, []string{"Value"}, none},
		"a name twice":      {application.CreateHistoryParams{FieldID: levelID, Value: twice}, []string{"Value"}, "must be strict JSON"},
		"half of a pair":    {application.CreateHistoryParams{FieldID: levelID, Value: half}, []string{"Value"}, "must be strict JSON"},
		"a field of spaces": {application.CreateHistoryParams{FieldID: "  ", Value: value.Int(1)}, []string{"FieldID"}, "must not be empty"},
	} {
		_, err := histories.Create(t.Context(), playerID, test.params)
		failure, ok := errors.AsType[*returningai.Error](err)
		require.True(t, ok, name)
		require.ErrorIs(t, failure, returningai.ErrInvalid, name)
		var fields []string
		for _, problem := range failure.Problems() {
			fields = append(fields, problem.Field)
		}
		require.Equal(t, test.fields, fields, name)
		require.Contains(t, failure.Problems()[len(fields)-1].Rule, test.rule, name)
	}
	require.Empty(t, srv.Requests())
}

// All of these responses are assumed: no page shows one.
func TestHistoryLenientDecoding(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ response, again string }{
		"as assumed": {
			`{"_id":"h","fieldId":"f","userId":"u","communityId":"c","value":41,"previousValue":"x","createdAt":"2025-06-01T10:00:00Z"}`,
			`{"_id":"h","fieldId":"f","userId":"u","communityId":"c","value":41,"previousValue":"x","createdAt":"2025-06-01T10:00:00Z"}`,
		},
		"numbers for ids":        {`{"_id":1,"userId":1102,"value":true}`, `{"_id":"1","userId":"1102","value":true}`},
		"another name of the id": {`{"id":"h","value":null}`, `{"_id":"h","value":null,"id":"h"}`},
		"a date and more":        {`{"value":"2025-06-01","__v":0}`, `{"value":"2025-06-01","__v":0}`},
		"a lenient rest":         {`{"_id":7,"createdAt":"","value":12345678901234567890.10}`, `{"_id":"7","value":12345678901234567890.10,"createdAt":""}`},
		"a value as an object":   {`{"value":{"a":1,"a":2}}`, `{"value":{"a":1,"a":2}}`},
		"no value":               {`{"_id":"h"}`, `{"_id":"h"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := newServer(t)
			srv.Inject(
				returningaitest.Fault{Operation: "application.fieldHistories.create", Response: success(test.response)},
				returningaitest.Fault{Operation: "application.fieldHistories.list", Response: success("[" + test.response + "]")},
			)
			histories := newClient(srv).Application.FieldHistories
			created, err := histories.Create(t.Context(), playerID, application.CreateHistoryParams{FieldID: levelID, Value: value.Int(1)})
			require.NoError(t, err)
			listed, err := histories.List(t.Context(), application.ListHistoriesParams{})
			require.NoError(t, err)
			require.Equal(t, []application.FieldHistory{created}, listed.Items)
			again, err := returningai.Marshal(created)
			require.NoError(t, err)
			require.Equal(t, test.again, string(again))
		})
	}
}

func TestPageTotals(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	for meta, want := range map[string]page.Page[application.FieldHistory]{
		`"page":2,"limit":10,"total":31`:      {Number: new(2), Limit: new(10), Total: new(31)},
		`"skip":"10","limit":"10","total":""`: {Skip: new(10), Limit: new(10)},
		`"limit":null`:                        {},
	} {
		srv.Inject(returningaitest.Fault{
			Operation: "application.fieldHistories.list",
			Response:  returningaitest.Raw(http.StatusOK, "application/json", `{"meta":{"status":"success",`+meta+`},"data":[]}`),
		})
		got, err := newClient(srv).Application.FieldHistories.List(t.Context(), application.ListHistoriesParams{})
		require.NoError(t, err)
		want.Items = []application.FieldHistory{}
		require.Equal(t, want, got)
	}
}

// pagings are the ways in which a server may count.
var pagings = map[string][]returningaitest.Option{
	"by page":                  nil,
	"by page, without a total": {returningaitest.WithoutTotals()},
	"by skip":                  {returningaitest.WithSkipPaging()},
	"by skip, without a total": {returningaitest.WithSkipPaging(), returningaitest.WithoutTotals()},
}

const (
	entries = 10_000
	limit   = 100
)

// fillHistories gives the player, and another user, 10,000 values in all: every
// fifth is the other's, every fourth is of the other field.
func fillHistories(t *testing.T, options []returningaitest.Option) *returningaitest.Server {
	t.Helper()
	srv := returningaitest.NewServer(t, append(options, returningaitest.WithoutSeed())...)
	users := []string{srv.AddUser(returningaitest.User{ID: playerID, Username: "a"}).ID, srv.AddUser(returningaitest.User{Username: "b"}).ID}
	srv.AddUserField(returningaitest.UserField{ID: levelID, Field: "level", Type: "numerical"})
	srv.AddUserField(returningaitest.UserField{ID: guildID, Field: "guild", Type: "anything"})
	for number := range entries {
		field, user := levelID, users[0]
		if number%4 == 3 {
			field = guildID
		}
		if number%5 == 4 {
			user = users[1]
		}
		srv.AddFieldHistory(field, user, fmt.Append(nil, number))
	}
	return srv
}

func TestIteratorsTenThousandHistories(t *testing.T) {
	t.Parallel()
	ofPlayer := func(number int) bool { return number%5 != 4 }
	ofLevel := func(number int) bool { return number%4 != 3 }
	for name, options := range pagings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := fillHistories(t, options)
			histories := newClient(srv).Application.FieldHistories
			params := application.ListHistoriesParams{Limit: limit}
			for operation, test := range map[string]struct {
				all  iter.Seq2[application.FieldHistory, error]
				want func(number int) bool
			}{
				"list":               {histories.All(t.Context(), params), func(int) bool { return true }},
				"listByField":        {histories.AllByField(t.Context(), levelID, params), ofLevel},
				"listByUser":         {histories.AllByUser(t.Context(), playerID, params), ofPlayer},
				"listByFieldAndUser": {histories.AllByFieldAndUser(t.Context(), levelID, playerID, params), func(number int) bool { return ofLevel(number) && ofPlayer(number) }},
			} {
				var want, got []int64
				for number := range entries {
					if test.want(number) {
						want = append(want, int64(number))
					}
				}
				for entry, err := range test.all {
					require.NoError(t, err)
					number, exact := entry.Value.Int()
					require.True(t, exact)
					got = append(got, number)
				}
				require.Equal(t, want, got, operation)
				requests := (len(want) + limit - 1) / limit
				if options != nil && name != "by skip" {
					requests++ // the empty page that ends it
				}
				require.Len(t, srv.RequestsTo("application.fieldHistories."+operation), requests, operation)
			}
		})
	}
}

func TestIteratorsBreak(t *testing.T) {
	t.Parallel()
	for name, options := range pagings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := fillHistories(t, options)
			all := newClient(srv).Application.FieldHistories.All(t.Context(), application.ListHistoriesParams{Limit: limit})
			require.Empty(t, srv.Requests(), "nothing is asked before the range begins")
			for most, requests := range map[int]int{1: 1, limit: 1, limit + 1: 2, 5*limit - 1: 5} {
				srv.ResetRequests()
				var read int
				for _, err := range all {
					require.NoError(t, err)
					if read++; read == most {
						break
					}
				}
				require.Len(t, srv.Requests(), requests)
			}
		})
	}
}

func TestIteratorsRetryAttempt(t *testing.T) {
	t.Parallel()
	for name, options := range pagings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := fillHistories(t, options)
			srv.Inject(
				returningaitest.Fault{After: 1, Response: returningaitest.Status(http.StatusServiceUnavailable)},
				returningaitest.Fault{After: 2, Response: returningaitest.CutMidBody().Reset()},
			)
			var read int64
			for entry, err := range newClient(srv).Application.FieldHistories.All(t.Context(), application.ListHistoriesParams{Limit: limit}) {
				require.NoError(t, err)
				number, exact := entry.Value.Int()
				require.True(t, exact)
				require.Equal(t, read, number)
				if read++; read == 5*limit {
					break
				}
			}
			require.Len(t, srv.Requests(), 7)
		})
	}
}

func TestIteratorsRepeatedPage(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	srv.Inject(returningaitest.Fault{
		Operation: "application.fieldHistories.listByUser", Times: returningaitest.Always,
		Response: success(`[{"_id":"a","value":1},{"_id":"b","value":2}]`),
	})
	var read int
	var failed error
	for entry, err := range newClient(srv).Application.FieldHistories.AllByUser(t.Context(), playerID, application.ListHistoriesParams{}) {
		if err != nil {
			require.Zero(t, entry)
			failed = err
			continue
		}
		read++
	}
	require.Equal(t, 2, read)
	require.ErrorIs(t, failed, returningai.ErrUnexpectedResponse)
	require.ErrorContains(t, failed, "application.fieldHistories.listByUser")
	require.ErrorContains(t, failed, "the list was not read to its end")
	require.Len(t, srv.Requests(), 2)
}

func TestIteratorsCanceled(t *testing.T) {
	t.Parallel()
	srv := fillHistories(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var read int
	var failed error
	for _, err := range newClient(srv).Application.FieldHistories.All(ctx, application.ListHistoriesParams{Limit: limit}) {
		if failed = err; err == nil {
			read++
			cancel()
		}
	}
	require.ErrorIs(t, failed, context.Canceled)
	require.Equal(t, limit, read, "the page that is there is read to its end")
	require.Len(t, srv.Requests(), 1)
}

func TestIteratorsReportErrorOnce(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	services := srv.Client().Application // without a community
	var failures []error
	for _, err := range services.CommunityUsers.All(t.Context(), application.ListCommunityUsersParams{}) {
		failures = append(failures, err)
	}
	require.Len(t, failures, 1)
	require.ErrorContains(t, failures[0], "CommunityID must not be empty")
	require.Empty(t, srv.Requests())
}
