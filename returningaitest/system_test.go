package returningaitest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/returningaitest"
)

// toSystem is a request to an operation of the System family with the server's
// own key.
func toSystem(srv *returningaitest.Server, method, path, body string) request {
	header := http.Header{"X-Api-Key": {srv.APIKey()}}
	if body != "" {
		header.Set("Content-Type", "application/json")
	}
	return request{method: method, url: srv.URL(returningaitest.System) + path, header: header, body: body}
}

// signOn is a request for single sign-on.
func signOn(srv *returningaitest.Server, query string) request {
	base := srv.URL(returningaitest.CommunityHost)
	_, host, _ := strings.Cut(base, "://")
	return request{
		method: http.MethodGet, url: base + "/api/secureAuth?" + query,
		header: http.Header{"Apikey": {srv.APIKey()}, "Hostname": {host}},
	}
}

// permissions are the leaves that a role must be given.
const (
	serverPermissions = `"server_administrator":false,"allow_dm":true,"create_invite":false,"warn_members":true,
		"suspend_members":false,"ban_members":false,"broadcast_messages":false,"overwrite_language":true`
	channelPermissions = `"post_messages":true,"attach_files":false,"allow_mentions":true,"manage_messages":false,
		"pinable":true,"share_links":false,"share_Attachments":true`
	roleBody = `{"class":"red","title":"Mods","order":2,"billable":true,"server_permissions":{` + serverPermissions +
		`,"fly":true},"channel_permissions":{` + channelPermissions + `}}`
)

func TestSystemResponses(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	srv := returningaitest.NewServer(t, returningaitest.WithoutSeed(), returningaitest.WithClock(func() time.Time { return now }))
	srv.AddServer(returningaitest.CommunityServer{ID: "65a0c0de0000000000aaaaaa", Name: "Arena"})
	srv.AddUser(returningaitest.User{UserID: "1102", Username: "ada"})

	created := mustSend(t, toSystem(srv, http.MethodPost, "/roles", roleBody))
	role := srv.Roles()[0]
	shown := `{"_id":"` + role.ID + `","title":"Mods","description":"","class":"red","order":2,"billable":true,
		"serverId":"65a0c0de0000000000aaaaaa",
		"serverPermissions":{"allow_dm":true,"create_invite":false,"kick_members":false,"ban_members":false,"manage_roles":false,
			"manage_channels":false,"server_administrator":false,"warn_members":true,"suspend_members":false,
			"broadcast_messages":false,"overwrite_language_settings":true,"fly":true},
		"channelPermissions":{"view_message_history":false,"manage_messages":false,"allow_mentions":true,"post_messages":true,
			"post_analysis":false,"attach_files":false,"delete_messages":false},
		"createdAt":"2026-03-01T12:00:00Z","updatedAt":"2026-03-01T12:00:00Z"}`
	require.JSONEq(t, `{"meta":{"success":true,"message":"Role has been created successfully",
		"devMessage":"Role has been created successfully"},"body":`+shown+`}`, created.body)
	require.True(t, role.ChannelPermissions["pinable"], "fields that responses omit are kept")

	mustSend(t, toSystem(srv, http.MethodPost, "/roles/"+role.ID+"/add", `{"userId":"1102"}`))
	held := mustSend(t, toSystem(srv, http.MethodGet, "/roles/1102", ""))
	require.JSONEq(t, `{"meta":{"success":true,"message":"User roles fetched successfully",
		"devMessage":"User roles fetched successfully"},"body":[`+shown+`]}`, held.body)
	require.Equal(t, []returningaitest.Role{role}, srv.RolesOf("1102"))

	mustSend(t, toSystem(srv, http.MethodPost, "/badges", `{"title":"Early Bird","action":"custom","quantity":100,"attachRequired":true}`))
	badge := srv.Badges()[0]
	awarded := mustSend(t, toSystem(srv, http.MethodPost, "/badges/"+badge.ID+"/award", `{"userId":"1102"}`))
	require.JSONEq(t, `{"meta":{"success":true,"message":"Badge has been rewarded successfully",
		"devMessage":"Badge has been rewarded successfully"},"body":[{"id":"`+badge.ID+`","title":"Early Bird","action":"custom",
		"quantity":"100","description":"","attachRequired":"true","awarded":"true","image":""}]}`, awarded.body)
	require.Equal(t, []returningaitest.Badge{badge}, srv.BadgesOf("1102"))
}

func TestSystemRefusals(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	role, channel, badge, server := srv.Roles()[0].ID, srv.Channels()[0].ID, srv.Badges()[0].ID, srv.Servers()[0].ID
	for name, test := range map[string]struct {
		request request
		status  int
		text    string
	}{
		"no body":              {toSystem(srv, http.MethodPost, "/badges", ""), 400, "content type"},
		"no object":            {toSystem(srv, http.MethodPost, "/servers", `[]`), 400, "not a JSON object"},
		"server without name":  {toSystem(srv, http.MethodPost, "/servers", `{"name":""}`), 400, "name is required"},
		"name of a number":     {toSystem(srv, http.MethodPut, "/servers/"+server, `{"name":7}`), 400, "name must be"},
		"no such server":       {toSystem(srv, http.MethodPut, "/servers/x", `{}`), 404, "server not found"},
		"channel without type": {toSystem(srv, http.MethodPost, "/channels", `{"topic":"t"}`), 400, "channelType is required"},
		"half a channel":       {toSystem(srv, http.MethodPut, "/channels/"+channel, `{"channelType":"open"}`), 400, "topic is required"},
		"no such channel":      {toSystem(srv, http.MethodDelete, "/channels/x", ""), 404, "channel not found"},
		"role without leaves":  {toSystem(srv, http.MethodPost, "/roles", strings.Replace(roleBody, serverPermissions+",", "", 1)), 400, "server_permissions: server_administrator is required"},
		"a leaf of a text":     {toSystem(srv, http.MethodPut, "/roles/"+role, strings.Replace(roleBody, `"fly":true`, `"fly":"true"`, 1)), 400, "server_permissions: fly must be"},
		"no channel leaves":    {toSystem(srv, http.MethodPut, "/roles/"+role, strings.Replace(roleBody, `"pinable":true,`, "", 1)), 400, "channel_permissions: pinable is required"},
		"no order":             {toSystem(srv, http.MethodPost, "/roles", strings.Replace(roleBody, `"order":2,`, "", 1)), 400, "order is required"},
		"no such role":         {toSystem(srv, http.MethodPut, "/roles/x", roleBody), 404, "role not found"},
		"role for nobody":      {toSystem(srv, http.MethodPost, "/roles/"+role+"/add", `{}`), 400, "userId is required"},
		"role for a number":    {toSystem(srv, http.MethodPost, "/roles/"+role+"/remove", `{"userId":1102}`), 400, "userId must be"},
		"role for a stranger":  {toSystem(srv, http.MethodPost, "/roles/"+role+"/add", `{"userId":"1"}`), 404, "user not found"},
		"roles of a stranger":  {toSystem(srv, http.MethodGet, "/roles/1", ""), 404, "user not found"},
		"badge without action": {toSystem(srv, http.MethodPost, "/badges", `{"title":"t"}`), 400, "action is required"},
		"quantity of a text":   {toSystem(srv, http.MethodPut, "/badges/"+badge, `{"title":"t","action":"custom","quantity":"7"}`), 400, "quantity must be"},
		"no such badge":        {toSystem(srv, http.MethodPost, "/badges/x/award", `{"userId":"1102"}`), 404, "badge not found"},
		"badge for a stranger": {toSystem(srv, http.MethodPost, "/badges/"+badge+"/remove", `{"userId":"1"}`), 404, "user not found"},
		"register nothing":     {toSystem(srv, http.MethodPost, "/auth/register", `{}`), 400, "email is required; username is required; password is required"},
		"register again":       {toSystem(srv, http.MethodPost, "/auth/register", `{"email":"bot@example.com","username":"b","password":"p"}`), 409, "taken"},
		"login of a bot":       {toSystem(srv, http.MethodPost, "/auth/login", `{"email":"bot@example.com","password":"p"}`), 401, "wrong"},
		"verify a stranger":    {toSystem(srv, http.MethodPost, "/auth/verify-email", `{"email":"x@example.com","code":"c"}`), 404, "user not found"},
		"bearer":               {request{method: http.MethodGet, url: srv.URL(returningaitest.System) + "/badges", header: bearer(srv.Token())}, 401, "X-Api-Key"},
		"another method":       {toSystem(srv, http.MethodPatch, "/roles/"+role, roleBody), 405, "method not allowed"},
		"no action":            {signOn(srv, "userId=bot"), 400, "action must be login"},
		"nobody signs on":      {signOn(srv, "action=login"), 400, "userId is required"},
		"a stranger signs on":  {signOn(srv, "action=login&userId=x&email=x%40example.com&firstname=X&lastname=Y"), 404, "user not found"},
		"by email":             {signOn(srv, "action=login&userId=bot%40example.com"), 404, "user not found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := mustSend(t, test.request)
			require.Equal(t, test.status, got.status, got.body)
			require.Contains(t, got.body, test.text)
		})
	}
}

func TestSecureAuthHeaders(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	for _, hostname := range []string{"", "community.example.com"} {
		wrong := signOn(srv, "action=login&userId=bot")
		wrong.header.Set("Hostname", hostname)
		got := mustSend(t, wrong)
		require.Equal(t, http.StatusBadRequest, got.status)
		require.Equal(t, true, got.fields["error"])
	}
	keyless := signOn(srv, "action=login&userId=bot")
	keyless.header.Del("Apikey")
	require.Equal(t, http.StatusUnauthorized, mustSend(t, keyless).status)

	right := mustSend(t, signOn(srv, "action=login&userId=bot"))
	require.Equal(t, http.StatusOK, right.status)
	require.Equal(t, false, right.fields["error"])
	text, ok := right.fields["loginUrl"].(string)
	require.True(t, ok)
	loginURL, err := url.Parse(text)
	require.NoError(t, err)
	require.Equal(t, srv.URL(returningaitest.CommunityHost), "http://"+loginURL.Host)
	require.NotContains(t, text, srv.APIKey())

	srv.LoginURLsWithoutKey(true)
	require.Contains(t, mustSend(t, signOn(srv, "action=login&userId=bot")).body, "/loginApi/undefined/2?")
}

func TestSystemAdditionsInvalid(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	for text, add := range map[string]func(){
		"AddServer: Name is empty": func() { srv.AddServer(returningaitest.CommunityServer{}) },
		"AddServer: ID":            func() { srv.AddServer(srv.Servers()[0]) },
		"AddRole: Title is empty":  func() { srv.AddRole(returningaitest.Role{}) },
		"AddRole: ID":              func() { srv.AddRole(srv.Roles()[0]) },
		"AddBadge: Title is empty": func() { srv.AddBadge(returningaitest.Badge{}) },
		"AddBadge: ID":             func() { srv.AddBadge(srv.Badges()[0]) },
		"RolesOf: user not found":  func() { srv.RolesOf("7") },
		"BadgesOf: user not found": func() { srv.BadgesOf("7") },
	} {
		func() {
			defer func() { require.Contains(t, recover(), "returningaitest: "+text) }()
			add()
		}()
	}
	require.Empty(t, srv.VerificationCode("nobody@example.com"))
	require.Empty(t, srv.RolesOf("1102"))
	require.Len(t, srv.Roles(), 2)
}
