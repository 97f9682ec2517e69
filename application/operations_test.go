package application_test

import (
	"context"
	"encoding/json"
	"errors"
	"github.com/returningai/returningai-go/value"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/application"
	"github.com/returningai/returningai-go/internal/golden"
	"github.com/returningai/returningai-go/returningaitest"
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

// newClient returns a client of the server's community, which repeats without
// waiting.
func newClient(srv *returningaitest.Server, options ...returningai.Option) *returningai.Client {
	policy := returningai.DefaultRetryPolicy()
	policy.MinWait, policy.MaxWait, policy.BudgetBurst = time.Nanosecond, time.Nanosecond, 1000
	all := []returningai.Option{returningai.WithRetryPolicy(policy), returningai.WithCommunity(srv.CommunityID())}
	return srv.Client(append(all, options...)...)
}

// performance performs an operation with a community of the caller's choice,
// "" for the client's.
type performance struct {
	operation string
	variant   string
	perform   func(ctx context.Context, services *application.Services, community string) error
}

// performances has every operation, some in several ways.
var performances = []performance{
	{"application.communityUsers.list", "", func(ctx context.Context, a *application.Services, community string) error {
		_, err := a.CommunityUsers.List(ctx, application.ListCommunityUsersParams{CommunityID: community})
		return err
	}},
	{"application.communityUsers.list", "full", func(ctx context.Context, a *application.Services, community string) error {
		_, err := a.CommunityUsers.List(ctx, application.ListCommunityUsersParams{
			CommunityID: community, Page: 2, Limit: 5, Search: "a&b=c", Sort: "createdAt:desc",
		})
		return err
	}},
	{"application.communityUsers.list", "skip", func(ctx context.Context, a *application.Services, community string) error {
		_, err := a.CommunityUsers.List(ctx, application.ListCommunityUsersParams{CommunityID: community, Skip: 10})
		return err
	}},
	{"application.communityUsers.get", "", func(ctx context.Context, a *application.Services, community string) error {
		_, err := a.CommunityUsers.Get(ctx, playerID, application.GetCommunityUserParams{CommunityID: community})
		return err
	}},
	{"application.communityUsers.get", "chosen", func(ctx context.Context, a *application.Services, community string) error {
		_, err := a.CommunityUsers.Get(ctx, playerID, application.GetCommunityUserParams{
			CommunityID: community, Attributes: []application.UserAttribute{application.UserAttributeUsername, application.UserAttributeIsOnline},
		})
		return err
	}},
	{"application.users.get", "", func(ctx context.Context, a *application.Services, _ string) error {
		_, err := a.Users.Get(ctx, playerID, application.GetUserParams{})
		return err
	}},
	{"application.users.get", "chosen", func(ctx context.Context, a *application.Services, _ string) error {
		_, err := a.Users.Get(ctx, playerID, application.GetUserParams{Attributes: everyAttribute})
		return err
	}},
	{"application.userFields.list", "", func(ctx context.Context, a *application.Services, community string) error {
		_, err := a.UserFields.List(ctx, application.CommunityParams{CommunityID: community})
		return err
	}},
	{"application.userFields.get", "", func(ctx context.Context, a *application.Services, community string) error {
		_, err := a.UserFields.Get(ctx, levelID, application.CommunityParams{CommunityID: community})
		return err
	}},
	{"application.userFields.create", "", func(ctx context.Context, a *application.Services, community string) error {
		_, err := a.UserFields.Create(ctx, application.CreateUserFieldParams{
			CommunityID: community, Field: "favourite  raid boss", Name: "Favourite raid boss", Type: application.UserFieldTypeSingleLineText,
		})
		return err
	}},
	{"application.userFields.update", "", func(ctx context.Context, a *application.Services, community string) error {
		_, err := a.UserFields.Update(ctx, levelID, application.UpdateUserFieldParams{
			CommunityID: community, Name: "Character level", Type: application.UserFieldTypeNumber,
		})
		return err
	}},
	{"application.userFields.delete", "", func(ctx context.Context, a *application.Services, community string) error {
		return a.UserFields.Delete(ctx, guildID, application.CommunityParams{CommunityID: community})
	}},
	{"application.fieldHistories.list", "", func(ctx context.Context, a *application.Services, community string) error {
		_, err := a.FieldHistories.List(ctx, application.ListHistoriesParams{CommunityID: community})
		return err
	}},
	{"application.fieldHistories.list", "full", func(ctx context.Context, a *application.Services, community string) error {
		_, err := a.FieldHistories.List(ctx, fullHistories(community))
		return err
	}},
	{"application.fieldHistories.list", "skip", func(ctx context.Context, a *application.Services, community string) error {
		_, err := a.FieldHistories.List(ctx, application.ListHistoriesParams{CommunityID: community, Skip: 10})
		return err
	}},
	{"application.fieldHistories.listByField", "", func(ctx context.Context, a *application.Services, community string) error {
		_, err := a.FieldHistories.ListByField(ctx, levelID, fullHistories(community))
		return err
	}},
	{"application.fieldHistories.listByUser", "", func(ctx context.Context, a *application.Services, community string) error {
		_, err := a.FieldHistories.ListByUser(ctx, playerID, fullHistories(community))
		return err
	}},
	{"application.fieldHistories.listByFieldAndUser", "", func(ctx context.Context, a *application.Services, community string) error {
		_, err := a.FieldHistories.ListByFieldAndUser(ctx, levelID, playerID, fullHistories(community))
		return err
	}},
	{"application.fieldHistories.create", "", func(ctx context.Context, a *application.Services, community string) error {
		_, err := a.FieldHistories.Create(ctx, playerID, application.CreateHistoryParams{
			CommunityID: community, FieldID: levelID, Value: value.Int(42),
		})
		return err
	}},
	{"application.fieldHistories.create", "text", func(ctx context.Context, a *application.Services, community string) error {
		_, err := a.FieldHistories.Create(ctx, playerID, application.CreateHistoryParams{
			CommunityID: community, FieldID: guildID, Value: value.String(`"Ünïcode" <3 & more`),
		})
		return err
	}},
}

var everyAttribute = []application.UserAttribute{
	application.UserAttributeID, application.UserAttributeUserID, application.UserAttributeAvatar, application.UserAttributeDisplayName,
	application.UserAttributeUsername, application.UserAttributeFirstName, application.UserAttributeLastName, application.UserAttributeEmail,
	application.UserAttributeIsOnline, application.UserAttributeLastLogin,
}

func fullHistories(community string) application.ListHistoriesParams {
	return application.ListHistoriesParams{CommunityID: community, Page: 2, Limit: 5, Sort: "createdAt:desc"}
}

func (p performance) name() string { return strings.TrimSuffix(p.operation+"."+p.variant, ".") }

// eachPerformance runs a test for every operation, on a server of its own.
func eachPerformance(t *testing.T, test func(t *testing.T, srv *returningaitest.Server, p performance)) {
	t.Helper()
	for _, performance := range performances {
		t.Run(performance.name(), func(t *testing.T) {
			t.Parallel()
			test(t, newServer(t), performance)
		})
	}
}

func operation(t *testing.T, id string) returningai.Operation {
	t.Helper()
	operations := returningai.Operations()
	i := slices.IndexFunc(operations, func(op returningai.Operation) bool { return op.ID == id })
	require.GreaterOrEqual(t, i, 0, id)
	return operations[i]
}

func TestEveryOperationOfTheFamilyIsPerformed(t *testing.T) {
	t.Parallel()
	var defined, performed []string
	for _, op := range returningai.Operations() {
		if op.Family == returningai.FamilyApplication {
			defined = append(defined, op.ID)
		}
	}
	for _, p := range performances {
		performed = append(performed, p.operation)
	}
	slices.Sort(performed)
	require.Equal(t, defined, slices.Compact(performed))
	require.Len(t, defined, 13)
}

func TestRequestsAreThoseOfTheContract(t *testing.T) {
	t.Parallel()
	eachPerformance(t, func(t *testing.T, srv *returningaitest.Server, p performance) {
		require.NoError(t, p.perform(t.Context(), newClient(srv).Application, ""))
		requests := srv.RequestsTo(p.operation)
		require.Len(t, requests, 1)
		if p.variant == "" {
			golden.Request(t, requests[0])
		} else {
			golden.Request(t, requests[0], p.variant)
		}
	})
}

func TestErrorsHaveTheirCategory(t *testing.T) {
	t.Parallel()
	eachPerformance(t, func(t *testing.T, srv *returningaitest.Server, p performance) {
		for status, category := range map[int]error{
			http.StatusBadRequest:          returningai.ErrInvalid,
			http.StatusUnauthorized:        returningai.ErrUnauthorized,
			http.StatusForbidden:           returningai.ErrForbidden,
			http.StatusNotFound:            returningai.ErrNotFound,
			http.StatusConflict:            returningai.ErrConflict,
			http.StatusInternalServerError: returningai.ErrServer,
		} {
			srv.ClearFaults()
			srv.ResetRequests()
			srv.Inject(returningaitest.Fault{
				Operation: p.operation, Times: returningaitest.Always, Response: returningaitest.Failure(status, "no such luck"),
			})
			err := p.perform(t.Context(), newClient(srv).Application, "")
			failure, ok := errors.AsType[*returningai.Error](err)
			require.True(t, ok, status)
			require.ErrorIs(t, failure, category)
			require.Equal(t, p.operation, failure.Operation)
			require.Equal(t, status, failure.StatusCode)
			require.Contains(t, failure.Error(), "no such luck")

			op := operation(t, p.operation)
			attempts := 1
			if status == http.StatusInternalServerError && op.Idempotent {
				attempts = returningai.DefaultRetryPolicy().MaxAttempts
			}
			require.Len(t, srv.RequestsTo(p.operation), attempts, status)
			require.Equal(t, status == http.StatusInternalServerError && !op.ReadsOnly, failure.MaybeApplied(), status)
			if status == http.StatusForbidden && op.Permission != "" {
				require.ErrorContains(t, failure, `the permission "`+op.Permission+`"`)
			}
		}
	})
}

// What is assumed is marked so, and nothing else: route, parameters and response,
// permission.
func TestCertaintiesAreThoseOfTheContract(t *testing.T) {
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

// Only what the contract calls so may be sent again.
func TestWhatMayBeRepeatedIsThatOfTheContract(t *testing.T) {
	t.Parallel()
	for _, p := range performances {
		creates := strings.HasSuffix(p.operation, ".create")
		require.Equal(t, !creates, operation(t, p.operation).Idempotent, p.operation)
	}
}

func TestWritesAreNotLostWithTheirResponse(t *testing.T) {
	t.Parallel()
	for _, cut := range []returningaitest.Response{returningaitest.CutMidBody(), returningaitest.CutBeforeResponse()} {
		srv := newServer(t)
		srv.Inject(returningaitest.Fault{Operation: "application.fieldHistories.create", Response: cut, Applied: true})
		_, err := newClient(srv).Application.FieldHistories.Create(t.Context(), playerID, application.CreateHistoryParams{
			FieldID: levelID, Value: value.Int(42),
		})
		failure, ok := errors.AsType[*returningai.Error](err)
		require.True(t, ok)
		require.True(t, failure.MaybeApplied())
		require.Len(t, srv.RequestsTo("application.fieldHistories.create"), 1)
		require.Len(t, srv.FieldHistories(), 2)
	}
}

func TestADeleteWhoseResponseWasLostSucceeds(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	srv.Inject(returningaitest.Fault{Operation: "application.userFields.delete", Response: returningaitest.CutBeforeResponse(), Applied: true})
	require.NoError(t, newClient(srv).Application.UserFields.Delete(t.Context(), guildID, application.CommunityParams{}))
	require.Len(t, srv.RequestsTo("application.userFields.delete"), 2)
	require.Len(t, srv.UserFields(), 1)
}

func TestAnswersThatSayTheyFailedAreErrors(t *testing.T) {
	t.Parallel()
	eachPerformance(t, func(t *testing.T, srv *returningaitest.Server, p performance) {
		srv.Inject(returningaitest.Fault{
			Operation: p.operation,
			Response:  returningaitest.Raw(http.StatusOK, "application/json", `{"meta":{"status":"error","statusCode":409},"message":"taken"}`),
		})
		err := p.perform(t.Context(), newClient(srv).Application, "")
		require.ErrorIs(t, err, returningai.ErrConflict)
		require.ErrorContains(t, err, "taken")
	})
}
