package application_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/application"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/testkit/calls"
)

// Fixed ids, so that golden requests do not depend on how the fake counts.
const (
	playerID = "65f0c0ffee65f0c0ffee0001"
	levelID  = "65f0c0ffee65f0c0ffee0002"
	guildID  = "65f0c0ffee65f0c0ffee0003" // a field that no user has a value in
)

// newServer returns a server with a player, two fields, and a level.
func newServer(t *testing.T, options ...returningaitest.Option) *returningaitest.Server {
	t.Helper()
	srv := returningaitest.NewServer(t, append(options, returningaitest.WithoutSeed())...)
	srv.AddUser(returningaitest.User{ID: playerID, UserID: "1102", Username: "player-one", Email: "player-one@example.com", DisplayName: "Player One"})
	srv.AddUserField(returningaitest.UserField{ID: levelID, Field: "level", Name: "Level", Type: "numerical"})
	srv.AddUserField(returningaitest.UserField{ID: guildID, Field: "guild", Name: "Guild"})
	srv.AddFieldHistory(levelID, playerID, json.RawMessage("41"))
	return srv
}

// newClient returns a client of the server's community, which retries without
// waiting.
func newClient(srv *returningaitest.Server, options ...returningai.Option) *returningai.Client {
	policy := returningai.DefaultRetryPolicy()
	policy.MinWait, policy.MaxWait, policy.BudgetBurst = time.Nanosecond, time.Nanosecond, 1000
	all := []returningai.Option{returningai.WithRetryPolicy(policy), returningai.WithCommunity(srv.CommunityID())}
	return srv.Client(append(all, options...)...)
}

// known holds the ids of newServer, for calls with a community of the caller's
// choice, "" for the client's.
func known(community string) calls.Known {
	return calls.Known{
		calls.CommunityID: community, calls.UserObjectID: playerID, calls.FieldID: levelID, calls.UnusedFieldID: guildID,
	}
}

func operation(t *testing.T, id string) returningai.Operation {
	t.Helper()
	operations := returningai.Operations()
	i := slices.IndexFunc(operations, func(op returningai.Operation) bool { return op.ID == id })
	require.GreaterOrEqual(t, i, 0, id)
	return operations[i]
}

// What is assumed is marked so, and nothing else: route, parameters and response,
// permission.
func TestCertaintiesMatchContract(t *testing.T) {
	t.Parallel()
	const documented, assumed, none = returningai.CertaintyDocumented, returningai.CertaintyAssumed, returningai.Certainty("")
	for id, want := range map[string]struct {
		route, body, permission returningai.Certainty
		name, page              string
	}{
		"application.communityUsers.list":               {assumed, assumed, none, "", ""},
		"application.communityUsers.get":                {assumed, assumed, none, "", ""},
		"application.users.get":                         {documented, documented, documented, "APPLICATION_MEMBER", "https://dev.returning.ai/api-18362342"},
		"application.userFields.list":                   {assumed, assumed, documented, "userFields", ""},
		"application.userFields.get":                    {assumed, assumed, documented, "userFields", ""},
		"application.userFields.create":                 {documented, documented, documented, "userFields", "https://dev.returning.ai/create-user-field"},
		"application.userFields.update":                 {documented, documented, documented, "userFields", "https://dev.returning.ai/api-18359704"},
		"application.userFields.delete":                 {assumed, assumed, documented, "userFields", ""},
		"application.fieldHistories.list":               {assumed, assumed, none, "", ""},
		"application.fieldHistories.listByField":        {assumed, assumed, none, "", ""},
		"application.fieldHistories.listByUser":         {assumed, assumed, none, "", ""},
		"application.fieldHistories.listByFieldAndUser": {assumed, assumed, none, "", ""},
		"application.fieldHistories.create":             {assumed, assumed, none, "", ""},
	} {
		op := operation(t, id)
		require.Equal(t, want.route, op.RouteCertainty, id)
		require.Equal(t, want.body, op.BodyCertainty, id)
		require.Equal(t, want.permission, op.PermissionCertainty, id)
		require.Equal(t, want.name, op.Permission, id)
		require.Equal(t, want.page, op.Docs, id)
	}
}

func TestDeleteRetry404IsSuccess(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	srv.Inject(returningaitest.Fault{Operation: "application.userFields.delete", Response: returningaitest.CutBeforeResponse(), Applied: true})
	require.NoError(t, newClient(srv).Application.UserFields.Delete(t.Context(), guildID, application.CommunityParams{}))
	require.Len(t, srv.RequestsTo("application.userFields.delete"), 2)
	require.Len(t, srv.UserFields(), 1)
}
