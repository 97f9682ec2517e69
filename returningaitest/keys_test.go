package returningaitest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/returningaitest"
)

func TestAuthenticationRequired(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	for name, test := range map[string]struct {
		header  http.Header
		message string
	}{
		"nothing":       {http.Header{}, "authentication is missing: header Authorization"},
		"an API key":    {http.Header{"X-Api-Key": {srv.APIKey()}}, "authentication is missing: header Authorization"},
		"unknown":       {bearer("unknown"), "the token is invalid"},
		"empty":         {http.Header{"Authorization": {""}}, "authentication is invalid: not a bearer token"},
		"no text":       {http.Header{"Authorization": {"Bearer"}}, "the token is invalid"},
		"two spaces":    {http.Header{"Authorization": {"Bearer  " + srv.Token()}}, "the token is invalid"},
		"no scheme":     {http.Header{"Authorization": {srv.Token()}}, "authentication is invalid: not a bearer token"},
		"basic":         {http.Header{"Authorization": {"Basic " + srv.Token()}}, "authentication is invalid: not a bearer token"},
		"twice":         {http.Header{"Authorization": {"Bearer " + srv.Token(), "Bearer " + srv.Token()}}, "authentication is invalid: several Authorization headers"},
		"the other key": {bearer(srv.APIKey()), "the token is invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list := listChannels(srv)
			list.header = test.header
			got := mustSend(t, list)
			require.Equal(t, http.StatusUnauthorized, got.status)
			require.JSONEq(t, toJSON(map[string]any{"status": "error", "message": test.message}), got.body)
		})
	}
	list := listChannels(srv)
	list.header = http.Header{"Authorization": {"bearer " + srv.Token()}}
	require.Equal(t, http.StatusOK, mustSend(t, list).status, "the scheme has no case")
}

func TestTokensExpire(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	srv := returningaitest.NewServer(t, returningaitest.WithClock(func() time.Time { return now }))
	list := listChannels(srv)
	list.header = bearer(srv.AddToken(returningaitest.Token{ExpiresAt: now.Add(time.Second)}))
	require.Equal(t, http.StatusOK, mustSend(t, list).status)
	now = now.Add(time.Second)
	got := mustSend(t, list)
	require.Equal(t, http.StatusUnauthorized, got.status)
	require.Equal(t, "the token has expired", got.fields["message"])
}

func TestTokensReplacedAndRevoked(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	message := sendMessage(srv)
	permissions := []returningaitest.Permission{returningaitest.PermissionReplyMessage, "a-newer-one"}
	text := srv.AddToken(returningaitest.Token{Text: "chosen", Permissions: permissions})
	permissions[0] = returningaitest.PermissionSendMessage // the server has its own copy
	require.Equal(t, "chosen", text)
	message.header = bearer(text)

	got := mustSend(t, message)
	require.Equal(t, http.StatusForbidden, got.status)
	require.JSONEq(t, `{"status":"error","message":"the token lacks the permission sendMessage"}`, got.body)
	require.Empty(t, srv.Messages())

	srv.AddToken(returningaitest.Token{Text: "chosen", Permissions: permissions})
	require.Equal(t, http.StatusOK, mustSend(t, message).status)

	require.True(t, srv.Revoke(text))
	require.False(t, srv.Revoke(text))
	require.Equal(t, http.StatusUnauthorized, mustSend(t, message).status)

	require.True(t, srv.Revoke(srv.Token()))
	require.Equal(t, http.StatusUnauthorized, mustSend(t, listChannels(srv)).status)
	require.True(t, srv.Revoke(srv.APIKey()))
	require.NotEqual(t, srv.AddAPIKey(""), srv.AddAPIKey(""))
	require.Equal(t, "mine", srv.AddAPIKey("mine"))
	require.True(t, srv.Revoke("mine"))
}

func TestPermissionsGuardOperations(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	require.Equal(t, http.StatusOK, mustSend(t, sendMessage(srv)).status)
	on := map[string]any{"messageId": srv.Messages()[0].ID, "message": "so", "emoji": ":tada:", "sender": "bot"}
	reply, react := post(srv, "/messages/reply", toJSON(on)), post(srv, "/messages/react", toJSON(on))
	for name, test := range map[string]struct {
		permissions              []returningaitest.Permission
		list, send, reply, react int
	}{
		"none":  {nil, 200, 403, 403, 200},
		"send":  {[]returningaitest.Permission{returningaitest.PermissionSendMessage}, 200, 200, 403, 200},
		"reply": {[]returningaitest.Permission{returningaitest.PermissionReplyMessage}, 200, 403, 200, 200},
		"every": {[]returningaitest.Permission{returningaitest.EveryPermission}, 200, 200, 200, 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := bearer(srv.AddToken(returningaitest.Token{Permissions: test.permissions}))
			status := func(r request) int {
				r.header = header
				return mustSend(t, r).status
			}
			require.Equal(t, test.list, status(listChannels(srv)))
			require.Equal(t, test.send, status(sendMessage(srv)))
			require.Equal(t, test.reply, status(reply))
			require.Equal(t, test.react, status(react))
		})
	}
}

func TestTokenRedacted(t *testing.T) {
	t.Parallel()
	token := returningaitest.Token{
		Text: "hush-hush", Permissions: []returningaitest.Permission{"sendMessage"}, ExpiresAt: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC),
	}
	require.Equal(t, `returningaitest.Token{[redacted] ["sendMessage"] until 2026-03-01T00:00:00Z}`, fmt.Sprint(token))
	requirePrintsWithout(t, token, "hush-hush")
}

// requirePrintsWithout prints a value in every way, alone and inside others.
func requirePrintsWithout[T any](t *testing.T, value T, secret string) {
	t.Helper()
	hexed := fmt.Sprintf("%x", secret)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T"} {
		for _, inside := range []any{value, &value, []T{value}, map[string]T{"": value}, struct{ Value T }{value}} {
			shown := fmt.Sprintf(verb, inside)
			require.NotContains(t, shown, secret)
			require.NotContains(t, shown, hexed)
		}
	}
	text, err := json.Marshal([]T{value})
	require.NoError(t, err)
	require.NotContains(t, string(text), secret)
	var logged bytes.Buffer
	slog.New(slog.NewTextHandler(&logged, nil)).Info("text", "value", value, "list", []T{value})
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("json", "value", value, "list", []T{value})
	require.NotContains(t, logged.String(), secret)
}
