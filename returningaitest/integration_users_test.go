package returningaitest_test

import (
	"fmt"
	"maps"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/returningaitest"
)

// newUser is the body of a valid request, with changes; nil removes a field.
func newUser(changes map[string]any) map[string]any {
	body := map[string]any{
		"firstname": "Ada", "lastname": "Lovelace", "username": "ada", "displayname": "Ada", "email": "ada@example.com",
		"accessLevel": 1, "joinServer": true, "emailPassword": false, "sendEmail": false,
	}
	maps.Copy(body, changes)
	return body
}

// requireRefusal checks the status and the message of a response.
func requireRefusal(t *testing.T, got answer, status int, message string) {
	t.Helper()
	require.Equal(t, status, got.status, got.body)
	require.Equal(t, "error", got.fields["status"])
	require.Equal(t, message, got.fields["message"])
}

func TestUsersStored(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	created := mustSend(t, post(srv, "/users", toJSON(newUser(map[string]any{
		"password": "pass-word", "confirmPassword": "pass-word", "referral": "spring", "externalId": "7",
		"customFields": []any{map[string]any{"fieldIdorName": "game", "value": "chess"}},
	}))))
	require.Equal(t, http.StatusOK, created.status, created.body)
	users := srv.Users()
	ada := users[len(users)-1]
	require.Equal(t, "1104", ada.UserID)
	require.Equal(t, "spring", ada.Referral)
	require.Equal(t, "7", ada.ExternalID)
	require.Equal(t, map[string]any{"game": "chess"}, ada.CustomFields)
	ada.CustomFields["game"] = "go"

	srv.AddActivity("ada", returningaitest.Activity{Day: time.Now(), XP: 3, Coins: 2})
	channel := srv.Channels()[0].ID
	for range 2 {
		sent := mustSend(t, post(srv, "/messages/send", toJSON(map[string]any{"channelId": channel, "message": "gg", "sender": "ada"})))
		require.Equal(t, http.StatusOK, sent.status)
	}
	described := mustSend(t, post(srv, "/users/info", `{"idOrEmail":"1104"}`))
	require.JSONEq(t, toJSON(map[string]any{"status": "success", "data": map[string]any{
		"_id": ada.ID, "userId": "1104", "username": "ada", "firstName": "Ada", "lastName": "Lovelace",
		"xp": 0, "coins": 0, "xpEarnedToday": 3, "coinsEarnedToday": 2, "roles": []any{}, "highestRole": "", "language": "en",
		"totalMessages": 2, "totalReactions": 0, "replySent": 0, "visitCount": 0, "timeSpent": 0, "loginStreak": 0,
		"customFields": map[string]any{"game": "chess"},
	}}), described.body)
}

func TestDeletedUsersRefused(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	require.Equal(t, http.StatusOK, mustSend(t, post(srv, "/users/manage", `{"action":"delete","user":"bot"}`)).status)
	requireRefusal(t, mustSend(t, sendMessage(srv)), http.StatusNotFound, "sender not found")
	requireRefusal(t, mustSend(t, post(srv, "/users", toJSON(newUser(map[string]any{"username": "bot"})))), http.StatusConflict, "username is in use")
	require.True(t, srv.Users()[0].Deleted)
	require.Equal(t, http.StatusOK, mustSend(t, post(srv, "/users/manage", `{"action":"restore","user":"bot"}`)).status)
	require.Equal(t, http.StatusOK, mustSend(t, sendMessage(srv)).status)
}

func TestUsersWhoDidNotJoin(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t, returningaitest.WithoutSeed())
	require.Equal(t, http.StatusOK, mustSend(t, post(srv, "/users", toJSON(newUser(map[string]any{"joinServer": false})))).status)
	list := post(srv, "/users/filter", `{"fields":["email"],"filter":{}}`)
	require.Empty(t, mustSend(t, list).fields["data"])
	requireRefusal(t, mustSend(t, post(srv, "/users/manage", `{"action":"delete","user":"ada"}`)), http.StatusNotFound, "user not found")
	require.Equal(t, http.StatusOK, mustSend(t, post(srv, "/users/info", `{"idOrEmail":"ada@example.com"}`)).status)

	srv.JoinUser("ada@example.com")
	require.Equal(t, []any{map[string]any{"email": "ada@example.com"}}, mustSend(t, list).fields["data"])
	require.PanicsWithValue(t, `returningaitest: JoinUser: there is no user "nobody"`, func() { srv.JoinUser("nobody") })
}

func TestUserRequestsInvalid(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	const conditions = "filter must map columns to an exact value, or to an object of gte and lte that are numbers or dates"
	for name, test := range map[string]struct {
		path    string
		body    any
		status  int
		message string
	}{
		"create without anything": {"/users", map[string]any{}, 400, "firstname is required; lastname is required; username is required; displayname is required; " +
			"email is required; accessLevel is required; joinServer is required; emailPassword is required; sendEmail is required"},
		"create with a level as a text":   {"/users", newUser(map[string]any{"accessLevel": "1"}), 400, "accessLevel must be of type int"},
		"create with one password":        {"/users", newUser(map[string]any{"password": "pass-word"}), 400, "confirmPassword must equal password"},
		"create with a plain password":    {"/users", newUser(map[string]any{"password": "pässword", "confirmPassword": "pässword"}), 400, "password must contain a special character"},
		"create with the name as it":      {"/users", newUser(map[string]any{"username": "a-b", "password": "a-b", "confirmPassword": "a-b"}), 400, "password must not equal username"},
		"create with a nameless field":    {"/users", newUser(map[string]any{"customFields": []any{map[string]any{"value": 1}}}), 400, "customFields must be a list of objects with fieldIdorName and value"},
		"create a username twice":         {"/users", newUser(map[string]any{"username": "bot"}), 409, "username is in use"},
		"create an email twice":           {"/users", newUser(map[string]any{"email": "bot@example.com"}), 409, "email is in use"},
		"info without anything":           {"/users/info", map[string]any{}, 400, "idOrEmail is required"},
		"info by username":                {"/users/info", map[string]any{"idOrEmail": "bot"}, 404, "user not found"},
		"manage without anything":         {"/users/manage", map[string]any{}, 400, "action is required; user is required"},
		"manage in another way":           {"/users/manage", map[string]any{"action": "ban", "user": "bot"}, 400, "action must be delete or restore"},
		"manage by email":                 {"/users/manage", map[string]any{"action": "delete", "user": "bot@example.com"}, 404, "user not found"},
		"restore who is there":            {"/users/manage", map[string]any{"action": "restore", "user": "bot"}, 409, "the user is deleted already, or was not deleted"},
		"filter without anything":         {"/users/filter", map[string]any{}, 400, "fields is required; filter is required"},
		"filter without columns":          {"/users/filter", map[string]any{"fields": []any{}, "filter": map[string]any{}}, 400, "fields must not be empty"},
		"filter in both modes":            {"/users/filter", filterBody(map[string]any{"cursor": "", "page": 1}, nil), 400, "cursor and page exclude each other"},
		"filter page 0":                   {"/users/filter", filterBody(map[string]any{"page": 0}, nil), 400, "page must be at least 1"},
		"filter with a made up cursor":    {"/users/filter", filterBody(map[string]any{"cursor": "MTIz"}, nil), 400, "cursor is invalid"},
		"filter by a list":                {"/users/filter", filterBody(nil, map[string]any{"xp": []any{1}}), 400, conditions},
		"filter by null":                  {"/users/filter", filterBody(nil, map[string]any{"xp": nil}), 400, conditions},
		"filter by an empty range":        {"/users/filter", filterBody(nil, map[string]any{"xp": map[string]any{}}), 400, conditions},
		"filter by another operator":      {"/users/filter", filterBody(nil, map[string]any{"xp": map[string]any{"gt": 1}}), 400, conditions},
		"filter by a range of texts":      {"/users/filter", filterBody(nil, map[string]any{"email": map[string]any{"gte": "a"}}), 400, conditions},
		"history without anything":        {"/users/activity/daily", map[string]any{}, 400, "identifier is required; identifier_type is required; date is required"},
		"history of nobody, badly":        {"/users/activity/daily", map[string]any{"identifier": []any{}, "identifier_type": "phone", "date": "2026-01-31", "page": 0, "limit": -1}, 400, "identifier must not be empty; identifier_type must be email; date must be written DD/MM/YYYY; page must be between 1 and 1048576; limit must be between 1 and 1048576"},
		"statistics without anything":     {"/users/activity/stats", map[string]any{}, 400, "identifier is required; identifier_type is required; days is required"},
		"statistics of too many days":     {"/users/activity/stats", map[string]any{"identifier": "bot@example.com", "identifier_type": "email", "days": 367}, 400, "days must be between 1 and 366"},
		"statistics of no days":           {"/users/activity/stats", map[string]any{"identifier": "bot@example.com", "identifier_type": "email", "days": 0}, 400, "days must be between 1 and 366"},
		"statistics of somebody by name":  {"/users/activity/stats", map[string]any{"identifier": "bot", "identifier_type": "email", "days": 1}, 404, "user not found"},
		"statistics, by another kind too": {"/users/activity/stats", map[string]any{"identifier": "bot", "identifier_type": "phone", "days": 1}, 400, "identifier_type must be email"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requireRefusal(t, mustSend(t, post(srv, test.path, toJSON(test.body))), test.status, test.message)
		})
	}
	t.Run("history of a user, badly", func(t *testing.T) {
		t.Parallel()
		got := mustSend(t, request{
			method: http.MethodGet, header: bearer(srv.Token()),
			url: srv.URL(returningaitest.Integration) + "/users/activity/daily?identifier=bot%40example.com&days=many",
		})
		requireRefusal(t, got, http.StatusBadRequest, "identifier_type is required; days must be of type int; days must be between 1 and 366")
	})
	t.Cleanup(func() { require.Len(t, srv.Users(), 3, "what is refused has no effect") })
}

func filterBody(members, filter map[string]any) map[string]any {
	body := map[string]any{"fields": []any{"email"}, "filter": map[string]any{}}
	maps.Copy(body, members)
	if filter != nil {
		body["filter"] = filter
	}
	return body
}

func TestUserOperationsPermissions(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	for path, permission := range map[string]returningaitest.Permission{
		"/users":                returningaitest.PermissionCreateUser,
		"/users/info":           returningaitest.PermissionGetUserData,
		"/users/filter":         returningaitest.PermissionGetUserData,
		"/users/manage":         returningaitest.PermissionManageUser,
		"/users/activity/daily": returningaitest.PermissionGetUserStats,
		"/users/activity/stats": returningaitest.PermissionGetUserStats,
	} {
		lacking, having := post(srv, path, "{}"), post(srv, path, "{}")
		lacking.header = bearer(srv.AddToken(returningaitest.Token{Permissions: []returningaitest.Permission{"sendMessage"}}))
		having.header = bearer(srv.AddToken(returningaitest.Token{Permissions: []returningaitest.Permission{permission}}))
		requireRefusal(t, mustSend(t, lacking), http.StatusForbidden, "the token lacks the permission "+string(permission))
		require.Equal(t, http.StatusBadRequest, mustSend(t, having).status, path)
	}
}

// The list goes on with made up users, and a cursor survives that users leave.
func TestUserSource(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	srv := returningaitest.NewServer(t, returningaitest.WithoutSeed(), returningaitest.WithUserSource(1_000_000, func(number int) returningaitest.User {
		asked.Add(1)
		return returningaitest.User{Email: fmt.Sprintf("%d@example.com", number), Deleted: number == 1}
	}))
	srv.AddUser(returningaitest.User{Username: "first", Email: "first@example.com"})
	got := mustSend(t, post(srv, "/users/filter", `{"fields":["email","join_date","game"],"filter":{}}`))
	rows := got.fields["data"].([]any)
	require.Len(t, rows, 200)
	require.Equal(t, "first@example.com", rows[0].(map[string]any)["email"])
	require.Equal(t, map[string]any{"email": "2@example.com", "join_date": nil, "game": nil}, rows[2])
	require.EqualValues(t, 201, asked.Load(), "no more are made than are looked at")

	require.Equal(t, http.StatusOK, mustSend(t, post(srv, "/users/manage", `{"action":"delete","user":"first"}`)).status)
	next := mustSend(t, post(srv, "/users/filter", toJSON(filterBody(map[string]any{"cursor": got.fields["next_cursor"]}, nil))))
	require.Equal(t, map[string]any{"email": "200@example.com"}, next.fields["data"].([]any)[0])

	for _, option := range []returningaitest.Option{
		returningaitest.WithUserSource(-1, func(int) returningaitest.User { return returningaitest.User{} }),
		returningaitest.WithUserSource(1, nil),
	} {
		_, err := returningaitest.Start(option)
		require.ErrorContains(t, err, "WithUserSource")
	}
}

func TestUserListPages(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t, returningaitest.WithoutSeed(), returningaitest.WithUserSource(401, func(number int) returningaitest.User {
		return returningaitest.User{Email: fmt.Sprintf("%d@example.com", number), XP: float64(number)}
	}))
	for page, rows := range map[int]int{1: 200, 2: 200, 3: 1, 4: 0} {
		got := mustSend(t, post(srv, "/users/filter", toJSON(filterBody(map[string]any{"page": page}, nil))))
		require.Len(t, got.fields["data"], rows)
		require.EqualValues(t, page, got.fields["current_page"])
		require.EqualValues(t, 3, got.fields["total_pages"])
		require.NotContains(t, got.fields, "next_cursor")
	}
}
