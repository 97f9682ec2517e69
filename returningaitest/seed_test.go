package returningaitest_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/returningaitest"
)

func TestFullSeedIDs(t *testing.T) {
	t.Parallel()
	seed := returningaitest.FullSeed()
	srv := returningaitest.NewServer(t, returningaitest.WithSeed(seed))
	require.Equal(t, seed.Messages[0].ID, srv.Messages()[0].ID)
	require.Equal(t, seed.Users[1].UserID, srv.Users()[1].UserID)
	require.Equal(t, "123456", srv.VerificationCode("player-one@example.com"))
	require.Equal(t, http.StatusOK, mustSend(t, post(srv, "/messages/reply", toJSON(map[string]any{
		"messageId": seed.Messages[0].ID, "message": "hi", "sender": "bot",
	}))).status)
	key := seed.UserAPIKeys[0]
	require.Equal(t, http.StatusOK, mustSend(t, request{
		method: http.MethodGet, header: bearer(srv.Token()),
		url: srv.URL(returningaitest.Integration) + "/users/" + key.UserObjectID + "/api-keys/" + key.ID,
	}).status)
	system := http.Header{"X-Api-Key": {srv.APIKey()}, "Content-Type": {"application/json"}}
	for path, body := range map[string]string{
		"/auth/verify-email": `{"email":"player-one@example.com","code":"123456"}`,
		"/auth/login":        `{"email":"player-one@example.com","password":"correct horse battery"}`,
	} {
		got := mustSend(t, request{method: http.MethodPost, url: srv.URL(returningaitest.System) + path, header: system, body: body})
		require.Equal(t, http.StatusOK, got.status, got.body)
	}
}

func TestParseSeed(t *testing.T) {
	t.Parallel()
	seed, err := returningaitest.ParseSeed([]byte(`{
		"apiKeys": ["the-key"],
		"tokens": [{"text": "the-token"}],
		"users": [{"username": "zoe", "userId": "7", "xp": 12.5}],
		"servers": [{"id": "65a0c0de0000000000a00001", "name": "Main"}],
		"roles": [{"id": "65a0c0de0000000000b00001", "title": "Member"}],
		"badges": [{"id": "b1", "title": "Early Bird"}],
		"rolesOf": {"7": ["65a0c0de0000000000b00001"]},
		"badgesOf": {"7": ["b1", "b1"]},
		"hookPaths": {"sendMessage": "/incoming/known"}
	}`))
	require.NoError(t, err)
	srv := returningaitest.NewServer(t, returningaitest.WithSeed(seed))
	require.Equal(t, "the-key", srv.APIKey())
	require.Equal(t, "the-token", srv.Token())
	require.InDelta(t, 12.5, srv.Users()[0].XP, 0)
	require.Len(t, srv.RolesOf("7"), 1)
	require.Len(t, srv.BadgesOf("7"), 2)
	require.Equal(t, srv.URL(returningaitest.Webhooks)+"/incoming/known", srv.HookURL(returningaitest.HookSendMessage))
	require.Equal(t, http.StatusOK, mustSend(t, listChannels(srv)).status, "the default token has every permission")
}

func TestInvalidSeeds(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"user": []}`:    "unknown field",
		`{} {}`:           "followed by something else",
		`[]`:              "cannot be parsed",
		`{"users": [{}]}`: "seed: user 1: Username is empty",
		`{"users": [{"username": "a"}, {"username": "a"}]}`:            "seed: user 2: Username is taken",
		`{"messages": [{"channelId": "x"}]}`:                           "seed: message 1: channel not found",
		`{"badgesOf": {"7": ["b1"]}}`:                                  "seed: user 7: user not found",
		`{"users": [{"username": "a"}], "badgesOf": {"1101": ["b1"]}}`: "seed: user 1101: badge not found",
		`{"logins": [{"email": "a@example.com"}]}`:                     "seed: login 1: there is no user",
		`{"hookPaths": {"other": "/a"}}`:                               "unknown",
		`{"hookPaths": {"sendMessage": "a"}}`:                          "is not clean",
	} {
		seed, err := returningaitest.ParseSeed([]byte(text))
		if err == nil {
			_, err = returningaitest.Start(returningaitest.WithSeed(seed))
		}
		require.ErrorContains(t, err, want, text)
	}
}

func TestResetRestoresTheSeed(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	users, token, added := srv.Users(), srv.Token(), srv.AddToken(returningaitest.Token{})
	srv.AddUser(returningaitest.User{Username: "zoe"})
	mustSend(t, sendMessage(srv))
	srv.Inject(returningaitest.Fault{Response: returningaitest.Status(http.StatusTeapot), Times: returningaitest.Always})
	changed := srv.Changed()
	srv.Reset()
	<-changed
	require.Empty(t, srv.Requests())
	require.Empty(t, srv.Messages())
	require.Empty(t, srv.Faults())
	require.Equal(t, token, srv.Token())
	require.Equal(t, http.StatusOK, mustSend(t, listChannels(srv)).status)
	require.False(t, srv.Revoke(added), "it is gone")
	for i, user := range srv.Users() {
		require.Equal(t, users[i].ID, user.ID, "ids are made in the same order")
	}
}

func TestChanged(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	for name, change := range map[string]func(){
		"a user":    func() { srv.AddUser(returningaitest.User{Username: "zoe"}) },
		"a request": func() { mustSend(t, listChannels(srv)) },
		"a fault":   func() { srv.Inject(returningaitest.Fault{Delay: time.Hour}) },
		"no faults": srv.ClearFaults,
		"no log":    srv.ResetRequests,
	} {
		changed := srv.Changed()
		select {
		case <-changed:
			require.Fail(t, "changed before anything did", name)
		default:
		}
		change()
		<-changed
	}
}

func TestAwardTwiceCountsTwice(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	badge, user := srv.Badges()[0], srv.Users()[0]
	change := func(what string) []any {
		got := mustSend(t, request{
			method: http.MethodPost, url: srv.URL(returningaitest.System) + "/badges/" + badge.ID + what,
			header: http.Header{"X-Api-Key": {srv.APIKey()}, "Content-Type": {"application/json"}}, body: `{"userId":"` + user.UserID + `"}`,
		})
		require.Equal(t, http.StatusOK, got.status)
		return got.fields["body"].([]any)
	}
	require.Len(t, change("/award"), 1)
	require.Len(t, change("/award"), 2)
	require.Equal(t, []returningaitest.Badge{badge, badge}, srv.BadgesOf(user.UserID))
	require.Len(t, change("/remove"), 1)
	require.Empty(t, change("/remove"))
	require.Empty(t, change("/remove"), "nothing is left to take")
}

func TestReplyInDeletedChannel404(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t, returningaitest.WithSeed(returningaitest.FullSeed()))
	message := srv.Messages()[0]
	require.Equal(t, http.StatusOK, mustSend(t, request{
		method: http.MethodDelete, url: srv.URL(returningaitest.System) + "/channels/" + message.ChannelID, header: http.Header{"X-Api-Key": {srv.APIKey()}},
	}).status)
	got := mustSend(t, post(srv, "/messages/reply", toJSON(map[string]any{"messageId": message.ID, "message": "hi", "sender": "bot"})))
	require.Equal(t, http.StatusNotFound, got.status)
	require.Equal(t, "channel not found", got.fields["message"])
}

func TestOneAddressForAllFamilies(t *testing.T) {
	t.Parallel()
	pages := returningaitest.WithPages(func(srv *returningaitest.Server) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_ = json.NewEncoder(w).Encode(len(srv.Users()))
		})
	})
	srv := returningaitest.NewServer(t, returningaitest.WithAddress("127.0.0.1:0"), pages, returningaitest.WithSeed(returningaitest.FullSeed()))
	origin := srv.URL(returningaitest.CommunityHost)
	for _, family := range []returningaitest.Family{returningaitest.System, returningaitest.Integration, returningaitest.Application, returningaitest.Webhooks} {
		require.Contains(t, srv.URL(family), origin+"/")
	}
	client := srv.Client()
	t.Cleanup(client.CloseIdleConnections)
	_, err := client.Integration.Channels.List(t.Context())
	require.NoError(t, err)
	_, err = client.System.Badges.List(t.Context())
	require.NoError(t, err)
	logged := srv.Requests()
	require.Equal(t, "/integration/apis/v1/channels", logged[0].Path)
	require.Equal(t, "system.badges.list", logged[1].Operation)

	got := mustSend(t, request{method: http.MethodGet, url: origin + "/_anything"})
	require.Equal(t, "3\n", got.body)
	require.Len(t, srv.Requests(), 2, "pages are not logged")
	require.Equal(t, http.StatusNotFound, mustSend(t, request{method: http.MethodGet, url: origin + "/systemapi/v1/badges"}).status)

	_, err = returningaitest.Start(pages)
	require.ErrorContains(t, err, "WithPages: it needs WithAddress")
	_, err = returningaitest.Start(returningaitest.WithAddress(hostOf(srv, returningaitest.System)))
	require.ErrorContains(t, err, "address already in use")
}
