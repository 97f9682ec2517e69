package integration_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/testkit/calls"
)

// activeServer has a player with two days of activity before its clock's day.
func activeServer(t *testing.T) *returningaitest.Server {
	t.Helper()
	now := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	srv := returningaitest.NewServer(t, returningaitest.WithClock(func() time.Time { return now }))
	yesterday := now.AddDate(0, 0, -1)
	srv.AddActivity("player-one", returningaitest.Activity{Day: yesterday, Coins: 5, XP: 50, Messages: 1, Replies: 2, Reactions: 3, Socials: 4})
	srv.AddActivity("player-one", returningaitest.Activity{Day: yesterday, Coins: 0.5})
	srv.AddActivity("player-one", returningaitest.Activity{Day: now, XP: 7, Messages: 10})
	return srv
}

func TestGamificationHistoryOfADay(t *testing.T) {
	t.Parallel()
	srv := activeServer(t)
	day := integration.NewDate(2026, time.February, 28)
	history, err := srv.Client().Integration.Users.GamificationHistory(t.Context(), integration.GamificationHistoryParams{
		Identifiers: []string{"player-one@example.com", "nobody@example.com", "bot@example.com"}, IdentifierType: integration.IdentifierTypeEmail, Date: day,
	})
	require.NoError(t, err)
	require.Equal(t, []integration.Earnings{
		{Identifier: "player-one@example.com", UserObjectID: srv.Users()[1].ID, Date: day, Coins: 5.5, XP: 50},
		{Identifier: "bot@example.com", UserObjectID: srv.Users()[0].ID, Date: day},
	}, history.Items)
	require.Equal(t, []*int{new(1), new(1), new(100), new(3)}, []*int{history.Number, history.Pages, history.Limit, history.Total})
	require.Equal(t, map[string]json.RawMessage{"found": []byte(`2`)}, history.Extra)
}

func TestAllGamificationHistory(t *testing.T) {
	t.Parallel()
	const operation = "integration.users.gamificationHistory"
	srv := activeServer(t)
	params := integration.GamificationHistoryParams{
		Identifiers: []string{"bot@example.com", "player-one@example.com", "player-two@example.com"}, IdentifierType: integration.IdentifierTypeEmail,
		Date: integration.NewDate(2026, time.February, 28), Limit: 2,
	}
	users := srv.Client().Integration.Users
	all := users.AllGamificationHistory(t.Context(), params)
	params.Identifiers[0] = "changed@example.com"
	for range 2 {
		srv.ResetRequests()
		var found []string
		for earned, err := range all {
			require.NoError(t, err)
			found = append(found, earned.Identifier)
		}
		require.Equal(t, []string{"bot@example.com", "player-one@example.com", "player-two@example.com"}, found)
		require.Len(t, srv.Requests(), 2)
	}

	srv.ResetRequests()
	for _, err := range all {
		require.NoError(t, err)
		break
	}
	require.Len(t, srv.Requests(), 1)

	first := `{"status":"success","data":{"date":"28/02/2026","pagination":{"page":1,"total_pages":3},"results":[{"identifier":"a"}]}}`
	for range 2 {
		srv.Inject(returningaitest.Fault{Operation: operation, Response: returningaitest.Raw(200, "application/json", first)})
	}
	srv.ResetRequests()
	var last error
	found := 0
	for _, last = range all {
		found++
	}
	require.ErrorIs(t, last, returningai.ErrUnexpectedResponse)
	require.ErrorContains(t, last, "another page")
	require.Equal(t, 2, found, "a result and the error")
	require.Len(t, srv.Requests(), 2)
}

func TestAllGamificationHistoryWithoutPageCount(t *testing.T) {
	t.Parallel()
	page := func(pagination string, identifiers ...string) string {
		results := make([]string, len(identifiers))
		for i, identifier := range identifiers {
			results[i] = `{"identifier":"` + identifier + `"}`
		}
		return `{"status":"success","data":{"date":"28/02/2026"` + pagination + `,"results":[` + strings.Join(results, ",") + `]}}`
	}
	for name, test := range map[string]struct {
		found  string
		bodies []string
	}{
		"the number of the page alone": {"abc", []string{page(`,"pagination":{"page":1}`, "a", "b"), page(`,"pagination":{"page":2}`, "c"), page(`,"pagination":{"page":3}`)}},
		"nothing":                      {"abc", []string{page("", "a", "b"), page("", "c"), page("")}},
		"length and limit":             {"abc", []string{page(`,"pagination":{"page":1,"limit":2,"total":4}`, "a", "b"), page(`,"pagination":{"page":2,"limit":2,"total":4}`, "c")}},
		"an empty page in between":     {"abc", []string{page(`,"pagination":{"page":1,"limit":1,"total":4}`, "a", "b"), page(`,"pagination":{"page":2,"limit":2,"total":5}`), page(`,"pagination":{"page":3,"limit":2,"total":5}`, "c")}},
		"all identifiers":              {"abcd", []string{page("", "a", "b"), page("", "c", "d")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := activeServer(t)
			for _, body := range test.bodies {
				srv.Inject(returningaitest.Fault{Operation: "integration.users.gamificationHistory", Response: returningaitest.Raw(200, "application/json", body)})
			}
			var found string
			for earned, err := range srv.Client().Integration.Users.AllGamificationHistory(t.Context(), integration.GamificationHistoryParams{
				Identifiers: []string{"a", "b", "c", "d"}, IdentifierType: integration.IdentifierTypeEmail, Date: integration.NewDate(2026, time.February, 28),
			}) {
				require.NoError(t, err)
				found += earned.Identifier
			}
			require.Equal(t, test.found, found)
			require.Len(t, srv.Requests(), len(test.bodies))
		})
	}
}

func TestGamificationHistoryOfUser(t *testing.T) {
	t.Parallel()
	srv := activeServer(t)
	history, err := srv.Client().Integration.Users.LegacyGamificationHistory(t.Context(), integration.UserActivityParams{
		Identifier: "player-one@example.com", IdentifierType: integration.IdentifierTypeEmail, Days: 3,
	})
	require.NoError(t, err)
	today := integration.NewDate(2026, time.March, 1)
	require.Equal(t, integration.LegacyGamificationHistory{
		UserID: srv.Users()[1].ID,
		Range:  integration.DateRange{Start: today.AddDays(-2), End: today},
		Totals: integration.Earnings{Coins: 5.5, XP: 57},
		Days:   []integration.Earnings{{Date: today.AddDays(-2)}, {Date: today.AddDays(-1), Coins: 5.5, XP: 50}, {Date: today, XP: 7}},
	}, history)
}

func TestGamificationStats(t *testing.T) {
	t.Parallel()
	srv := activeServer(t)
	users := srv.Client().Integration.Users
	params := integration.UserActivityParams{Identifier: "player-one@example.com", IdentifierType: integration.IdentifierTypeEmail, Days: 2}
	stats, err := users.GamificationStats(t.Context(), params)
	require.NoError(t, err)
	today := integration.NewDate(2026, time.March, 1)
	require.Equal(t, integration.GamificationStats{
		UserID: srv.Users()[1].UserID,
		Range:  integration.DateRange{Start: today.AddDays(-1), End: today},
		Totals: integration.Activity{Messages: 11, Replies: 2, Reactions: 3, Socials: 4},
		Days: []integration.Activity{
			{Date: today.AddDays(-1), Messages: 1, Replies: 2, Reactions: 3, Socials: 4}, {Date: today, Messages: 10},
		},
	}, stats)

	params.Identifier = "nobody@example.com"
	_, err = users.GamificationStats(t.Context(), params)
	require.ErrorIs(t, err, returningai.ErrNotFound)
	params.IdentifierType = "phone"
	_, err = users.GamificationStats(t.Context(), params)
	require.ErrorIs(t, err, returningai.ErrInvalid)
	require.Len(t, srv.Requests(), 3, "an unknown type of identifier is the server's to refuse")
}

// again decodes and encodes a response.
func again[T any](t *testing.T, response string) string {
	t.Helper()
	var read T
	require.NoError(t, returningai.Unmarshal([]byte(response), &read))
	text, err := returningai.Marshal(read)
	require.NoError(t, err)
	return string(text)
}

func TestActivityDocumentedResponse(t *testing.T) {
	t.Parallel()
	require.JSONEq(t,
		`{"user_id":"1102","range":{"start_date":"2026-01-30","end_date":"2026-01-31","zone":"UTC"},"totals":{"messages":1,"replies":2,"reaction":3,"socials":4,"x":1},
		  "daily_stats":[{"date":"2026-01-31","messages":1,"replies":2,"reaction":3,"socials":4}],"x":1}`,
		again[integration.GamificationStats](t, `{"user_id":1102,"range":{"start_date":"2026-01-30","end_date":"2026-01-31T00:00:00.000Z","zone":"UTC"},
		  "totals":{"messages":"1","replies":2,"reaction":3,"socials":4,"x":1},"daily_stats":[{"date":"2026-01-31","messages":1,"replies":2,"reaction":3,"socials":4}],"x":1}`))
	require.JSONEq(t,
		`{"user_id":"7","range":{"start_date":"2026-01-31","end_date":"soon"},"totals":{"coins":3,"xp":4},"daily_stats":[{"date":"2026-01-31","coins":3,"xp":4}],"y":{}}`,
		again[integration.LegacyGamificationHistory](t, `{"user_id":7,"range":{"start_date":"2026-01-31","end_date":"soon"},"totals":{"coins":3,"xp":4},
		  "daily_stats":[{"date":"2026-01-31","coins":3,"xp":"4"}],"y":{}}`))

	var span integration.DateRange
	require.NoError(t, returningai.Unmarshal([]byte(`{"start_date":"32/01/2026","end_date":"31/01/2026"}`), &span))
	require.True(t, span.Start.IsZero())
	require.JSONEq(t, `"32/01/2026"`, string(span.Extra["start_date"]), "what is no date is kept")
	require.Equal(t, integration.NewDate(2026, time.January, 31), span.End)
}

func TestActivityResponseWithoutData(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{
		"integration.users.info", "integration.users.gamificationHistory",
		"integration.users.gamificationHistoryOfUser", "integration.users.gamificationStats",
	} {
		srv := returningaitest.NewServer(t)
		srv.Inject(returningaitest.Fault{Operation: operation, Response: returningaitest.Raw(http.StatusOK, "application/json", `{"status":"success"}`)})
		_, err := calls.Of(operation)[0].Do(t.Context(), srv.Client(), calls.Example())
		require.ErrorIs(t, err, returningai.ErrUnexpectedResponse, operation)
	}
}
