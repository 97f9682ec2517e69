package returningaitest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/returningaitest"
)

var march = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// newCommunity returns a server with one user, a field in use, and one that is
// not.
func newCommunity(t *testing.T) (srv *returningaitest.Server, user, used, unused string) {
	t.Helper()
	srv = returningaitest.NewServer(t, returningaitest.WithoutSeed(), returningaitest.WithClock(func() time.Time { return march }))
	user = srv.AddUser(returningaitest.User{UserID: "1102", Username: "player", LastLogin: march}).ID
	used = srv.AddUserField(returningaitest.UserField{Field: "level", Type: "numerical"}).ID
	unused = srv.AddUserField(returningaitest.UserField{Field: "guild"}).ID
	srv.AddFieldHistory(used, user, json.RawMessage("41.0"))
	return srv, user, used, unused
}

// inCommunity is a request to the Application family.
func inCommunity(srv *returningaitest.Server, method, path, body string) request {
	path = strings.ReplaceAll(path, "{community}", "/communities/"+srv.CommunityID())
	return request{method: method, url: srv.URL(returningaitest.Application) + path, header: bearer(srv.Token()), body: body}
}

func TestApplicationResponses(t *testing.T) {
	t.Parallel()
	srv, user, used, unused := newCommunity(t)
	owner := `{"_id":"65a0c0dec0ffee0000000002","id":1,"avatar":"","displayName":"Owner","username":"owner"}`
	when := `"2026-03-01T12:00:00Z"`
	member := fmt.Sprintf(`{"_id":%q,"id":1102,"avatar":"","displayName":"","username":"player","firstName":"","lastName":"","email":"","isOnline":false,"lastLogin":%s}`, user, when)
	level := fmt.Sprintf(`{"_id":%q,"field":"level","name":"level","type":"numerical","communityId":%q,"creator":%s,"createdAt":%s,"updatedAt":%s}`, used, srv.CommunityID(), owner, when, when)
	entry := fmt.Sprintf(`{"_id":%q,"fieldId":%q,"userId":%q,"communityId":%q,"value":41.0,"createdAt":%s}`, srv.FieldHistories()[0].ID, used, user, srv.CommunityID(), when)
	for _, test := range []struct{ method, path, body, meta, message, data string }{
		{"GET", "/users/" + user, "", `"statusCode":200`, "Get user success.", member},
		{"GET", "/users/" + user + "?id=true&avatar=false&username=1", "", `"statusCode":200`, "Get user success.", `{"id":1102,"username":"player"}`},
		{"GET", "{community}/users", "", `"statusCode":200,"page":1,"limit":20,"total":1`, "", "[" + member + "]"},
		{"GET", "{community}/users?search=nobody", "", `"statusCode":200,"page":1,"limit":20,"total":0`, "", "[]"},
		{"GET", "{community}/users/" + user + "?_id=true", "", `"statusCode":200`, "Get user success.", fmt.Sprintf(`{"_id":%q}`, user)},
		{"GET", "{community}/user-fields/" + used, "", `"statusCode":200`, "", level},
		{"GET", "{community}/user-field-histories", "", `"statusCode":200,"page":1,"limit":20,"total":1`, "", "[" + entry + "]"},
		{"GET", "{community}/user-fields/" + used + "/histories?page=2", "", `"statusCode":200,"page":2,"limit":20,"total":1`, "", "[]"},
		{"GET", "{community}/users/" + user + "/user-field-histories?limit=1", "", `"statusCode":200,"page":1,"limit":1,"total":1`, "", "[" + entry + "]"},
		{"GET", "{community}/users/" + user + "/user-fields/" + unused + "/histories", "", `"statusCode":200,"page":1,"limit":20,"total":0`, "", "[]"},
		{
			"PUT", "{community}/user-fields/" + used, `{"name":"Level","type":"number"}`, `"statusCode":200`, "Update user field successful",
			fmt.Sprintf(`{"_id":%q,"field":"level","name":"Level","type":"number","creator":%s,"createdAt":%s,"updatedAt":%s}`, used, strings.Replace(owner, `"id":1,`, "", 1), when, when),
		},
	} {
		got := mustSend(t, inCommunity(srv, test.method, test.path, test.body))
		message := ""
		if test.message != "" {
			message = fmt.Sprintf(`,"message":%q`, test.message)
		}
		require.JSONEq(t, `{"meta":{"status":"success",`+test.meta+`}`+message+`,"data":`+test.data+`}`, got.body, test.path)
	}
}

func TestApplicationWrites(t *testing.T) {
	t.Parallel()
	srv, user, used, unused := newCommunity(t)
	created := mustSend(t, inCommunity(srv, "POST", "{community}/user-fields", `{"field":"raid  rank","name":"Rank","type":"tier"}`))
	require.Equal(t, http.StatusCreated, created.status)
	require.NotContains(t, created.fields["data"], "field")
	require.Contains(t, created.fields["data"], "communityId")
	require.Equal(t, "Create user field successful", created.fields["message"])
	require.Equal(t, returningaitest.UserField{
		ID: srv.UserFields()[2].ID, Field: "raid--rank", Name: "Rank", Type: "tier", CreatedAt: march, UpdatedAt: march,
	}, srv.UserFields()[2])

	written := mustSend(t, inCommunity(srv, "POST", "{community}/users/"+user+"/user-field-histories", `{"fieldId":"`+used+`","value":12345678901234567890.10}`))
	require.Equal(t, http.StatusCreated, written.status)
	require.Contains(t, written.body, `"value":12345678901234567890.10`)
	require.Contains(t, written.body, `"previousValue":41.0`)
	require.Equal(t, "12345678901234567890.10", string(srv.FieldValue(used, user)))
	require.Len(t, srv.FieldHistories(), 2)
	require.Nil(t, srv.FieldValue(unused, user))

	gone := mustSend(t, inCommunity(srv, "DELETE", "{community}/user-fields/"+unused, ""))
	require.Equal(t, http.StatusOK, gone.status)
	require.Len(t, srv.UserFields(), 2)
}

func TestApplicationRefusals(t *testing.T) {
	t.Parallel()
	srv, user, used, unused := newCommunity(t)
	date := srv.AddUserField(returningaitest.UserField{Field: "born", Type: "date"}).ID
	boolean := srv.AddUserField(returningaitest.UserField{Field: "vip", Type: "boolean"}).ID
	histories := "{community}/users/" + user + "/user-field-histories"
	of := func(field, value string) string { return `{"fieldId":"` + field + `","value":` + value + `}` }
	const other = "/communities/65a0c0dec0ffee00000000ff"
	for name, test := range map[string]struct {
		method, path, body string
		status             int
		message            string
	}{
		"field without anything":      {"POST", "{community}/user-fields", `{}`, 400, "field is required; name is required; type is required"},
		"field with too long a field": {"POST", "{community}/user-fields", `{"field":"` + strings.Repeat("é", 51) + `","name":"x","type":"y"}`, 400, "field must be 1 to 50 characters long"},
		"field with too long a name":  {"POST", "{community}/user-fields", `{"field":"x","name":"` + strings.Repeat("é", 101) + `","type":"y"}`, 400, "name must be 1 to 100 characters long"},
		"field that exists":           {"POST", "{community}/user-fields", `{"field":"level","name":"x","type":"y"}`, 409, "a user field with this field exists already"},
		"field that is no object":     {"POST", "{community}/user-fields", `[]`, 400, "the body is not a JSON object"},
		"update without a type":       {"PUT", "{community}/user-fields/" + used, `{"name":"x"}`, 400, "type is required"},
		"update without a name":       {"PUT", "{community}/user-fields/" + used, `{"name":"","type":"y"}`, 400, "name is required"},
		"update of nothing":           {"PUT", "{community}/user-fields/x", `{"name":"x","type":"y"}`, 404, "user field not found"},
		"get of nothing":              {"GET", "{community}/user-fields/x", "", 404, "user field not found"},
		"delete of nothing":           {"DELETE", "{community}/user-fields/x", "", 404, "user field not found"},
		"delete of a field in use":    {"DELETE", "{community}/user-fields/" + used, "", 409, "the user field is in use"},

		"value without anything":  {"POST", histories, `{}`, 400, "fieldId is required; value is required"},
		"value without a value":   {"POST", histories, `{"fieldId":"` + used + `"}`, 400, "value is required"},
		"value of no field":       {"POST", histories, of("x", "1"), 404, "user field not found"},
		"value of nobody":         {"POST", "{community}/users/x/user-field-histories", of(used, "1"), 404, "user not found"},
		"text for a number":       {"POST", histories, of(used, `"1"`), 400, "value must be of the field's type numerical"},
		"boolean for a number":    {"POST", histories, of(used, `true`), 400, "value must be of the field's type numerical"},
		"number for a text":       {"POST", histories, of(unused, `1`), 400, "value must be of the field's type single-line-text"},
		"large number for a text": {"POST", histories, of(unused, `1e999`), 400, "value must be of the field's type single-line-text"},
		"list for a text":         {"POST", histories, of(unused, `[]`), 400, "value must be of the field's type single-line-text"},
		"number for a date":       {"POST", histories, of(date, `20260301`), 400, "value must be of the field's type date"},
		"text for a date":         {"POST", histories, of(date, `"soon"`), 400, "value must be of the field's type date"},
		"text for a boolean":      {"POST", histories, of(boolean, `"true"`), 400, "value must be of the field's type boolean"},

		"histories of no field":     {"GET", "{community}/user-fields/x/histories", "", 404, "user field not found"},
		"histories of nobody":       {"GET", "{community}/users/x/user-field-histories", "", 404, "user not found"},
		"histories of neither":      {"GET", "{community}/users/" + user + "/user-fields/x/histories", "", 404, "user field not found"},
		"page 0":                    {"GET", "{community}/user-field-histories?page=0", "", 400, "page must be a number from 1 to 1048576"},
		"page x":                    {"GET", "{community}/users?page=x", "", 400, "page must be a number from 1 to 1048576"},
		"limit 0":                   {"GET", "{community}/users?limit=0", "", 400, "limit must be a number from 1 to 100"},
		"limit 101":                 {"GET", "{community}/users?limit=101", "", 400, "limit must be a number from 1 to 100"},
		"sort by what is not known": {"GET", "{community}/users?sort=xp", "", 400, "sort must be createdAt:asc or createdAt:desc"},
		"user that does not exist":  {"GET", "/users/x", "", 404, "user not found"},
		"user by the short id":      {"GET", "/users/1102", "", 404, "user not found"},
		"flag that is no boolean":   {"GET", "/users/" + user + "?avatar=yes", "", 400, "avatar must be true or false"},
		"user who does not exist":   {"GET", "{community}/users/x", "", 404, "user not found"},

		"users of another community":     {"GET", other + "/users", "", 404, "community not found"},
		"user of another community":      {"GET", other + "/users/" + user, "", 404, "community not found"},
		"fields of another community":    {"GET", other + "/user-fields", "", 404, "community not found"},
		"field of another community":     {"GET", other + "/user-fields/" + used, "", 404, "community not found"},
		"field for another community":    {"POST", other + "/user-fields", `{}`, 404, "community not found"},
		"update in another community":    {"PUT", other + "/user-fields/" + used, `{}`, 404, "community not found"},
		"delete in another community":    {"DELETE", other + "/user-fields/" + used, "", 404, "community not found"},
		"histories of another community": {"GET", other + "/user-field-histories", "", 404, "community not found"},
		"value in another community":     {"POST", other + "/users/" + user + "/user-field-histories", `{}`, 404, "community not found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := mustSend(t, inCommunity(srv, test.method, test.path, test.body))
			require.Equal(t, test.status, got.status)
			require.JSONEq(t, toJSON(map[string]any{
				"meta": map[string]any{"status": "error", "statusCode": test.status}, "message": test.message,
			}), got.body)
		})
	}
	t.Cleanup(func() {
		require.Len(t, srv.UserFields(), 4, "what is refused has no effect")
		require.Len(t, srv.FieldHistories(), 1)
	})
}

func TestFieldValueTypes(t *testing.T) {
	t.Parallel()
	srv, user, _, _ := newCommunity(t)
	for kind, values := range map[string][]string{
		"date":             {`"2026-03-01"`, `"01/03/2026"`, `"2026-03-01T12:00:00.5Z"`, `null`},
		"single-line-text": {`""`, `"x"`, `null`}, "multi-line-text": {`"a\nb"`}, "text": {`"x"`}, "select": {`"x"`},
		"numerical": {`0`, `-1.50`, `1e999`, `null`}, "number": {`7`},
		"boolean": {`true`, `false`, `null`},
		"other":   {`{"a":[1]}`, `"x"`, `1`, `true`},
	} {
		field := srv.AddUserField(returningaitest.UserField{Field: "a-" + kind, Type: kind}).ID
		for _, value := range values {
			got := mustSend(t, inCommunity(srv, "POST", "{community}/users/"+user+"/user-field-histories", `{"fieldId":"`+field+`","value":`+value+`}`))
			require.Equal(t, http.StatusCreated, got.status, kind+value)
			require.Contains(t, got.body, `"value":`+value+`}`)
			require.Equal(t, value, string(srv.FieldValue(field, user)))
		}
	}
}

func TestListPaging(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options     []returningaitest.Option
		query, meta string
		data        []string
	}{
		"by page":       {nil, "page=2&limit=2", `"page":2,"limit":2,"total":3`, []string{"c"}},
		"newest first":  {nil, "limit=2&sort=createdAt:desc", `"page":1,"limit":2,"total":3`, []string{"c", "b"}},
		"oldest first":  {nil, "limit=2&sort=createdAt:asc", `"page":1,"limit":2,"total":3`, []string{"a", "b"}},
		"by skip":       {[]returningaitest.Option{returningaitest.WithSkipPaging()}, "page=2&skip=1", `"skip":1,"limit":20,"total":3`, []string{"b", "c"}},
		"without total": {[]returningaitest.Option{returningaitest.WithoutTotals()}, "page=9", `"page":9,"limit":20`, []string{}},
		"neither":       {[]returningaitest.Option{returningaitest.WithSkipPaging(), returningaitest.WithoutTotals()}, "", `"skip":0,"limit":20`, []string{"a", "b", "c"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := returningaitest.NewServer(t, append(test.options, returningaitest.WithoutSeed())...)
			for _, username := range []string{"a", "b", "c"} {
				srv.AddUser(returningaitest.User{Username: username})
			}
			got := mustSend(t, inCommunity(srv, "GET", "{community}/users?"+test.query, ""))
			require.JSONEq(t, `{"status":"success","statusCode":200,`+test.meta+`}`, toJSON(got.fields["meta"]))
			names := []string{}
			for _, user := range got.fields["data"].([]any) {
				names = append(names, user.(map[string]any)["username"].(string))
			}
			require.Equal(t, test.data, names)
		})
	}
	srv := returningaitest.NewServer(t, returningaitest.WithSkipPaging())
	require.Equal(t, http.StatusBadRequest, mustSend(t, inCommunity(srv, "GET", "{community}/users?skip=-1", "")).status)
}

func TestApplicationPermissions(t *testing.T) {
	t.Parallel()
	srv, user, used, _ := newCommunity(t)
	for path, permission := range map[string]returningaitest.Permission{
		"/users/" + user:                   returningaitest.PermissionApplicationMember,
		"{community}/user-fields":          returningaitest.PermissionUserFields,
		"{community}/user-fields/" + used:  returningaitest.PermissionUserFields,
		"{community}/users":                "",
		"{community}/user-field-histories": "",
	} {
		wanted := inCommunity(srv, "GET", path, "")
		wanted.header = bearer(srv.AddToken(returningaitest.Token{Permissions: []returningaitest.Permission{permission}}))
		require.Equal(t, http.StatusOK, mustSend(t, wanted).status, path)
		wanted.header = bearer(srv.AddToken(returningaitest.Token{}))
		if permission != "" {
			require.Equal(t, http.StatusForbidden, mustSend(t, wanted).status, path)
		}
		wanted.header = http.Header{"X-Api-Key": {srv.APIKey()}}
		require.Equal(t, http.StatusUnauthorized, mustSend(t, wanted).status, path)
	}
}

func TestFieldMistakesPanic(t *testing.T) {
	t.Parallel()
	srv, user, used, _ := newCommunity(t)
	for _, test := range []struct {
		message string
		mistake func()
	}{
		{"AddUserField: Field is empty", func() { srv.AddUserField(returningaitest.UserField{}) }},
		{`AddUserField: Field "level" is taken`, func() { srv.AddUserField(returningaitest.UserField{Field: "level"}) }},
		{fmt.Sprintf("AddUserField: ID %q is taken", used), func() { srv.AddUserField(returningaitest.UserField{Field: "x", ID: used}) }},
		{`AddFieldHistory: user field not found`, func() { srv.AddFieldHistory("x", user, nil) }},
		{`AddFieldHistory: user not found`, func() { srv.AddFieldHistory(used, "x", nil) }},
		{"AddFieldHistory: value must be of the field's type numerical", func() { srv.AddFieldHistory(used, user, json.RawMessage(`"1"`)) }},
		{"AddFieldHistory: value must be of the field's type numerical", func() { srv.AddFieldHistory(used, user, json.RawMessage(`1 2`)) }},
	} {
		require.PanicsWithValue(t, "returningaitest: "+test.message, test.mistake)
	}
	require.Len(t, srv.FieldHistories(), 1)
}
