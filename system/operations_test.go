package system_test

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/internal/golden"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/system"
)

// ofFamily returns the operations that the services of this package perform.
func ofFamily() map[string]returningai.Operation {
	own := make(map[string]returningai.Operation)
	for _, operation := range returningai.Operations() {
		if strings.HasPrefix(operation.ID, "system.") {
			own[operation.ID] = operation
		}
	}
	return own
}

func TestEveryOperationIsTested(t *testing.T) {
	t.Parallel()
	require.Len(t, operations, 25)
	require.ElementsMatch(t, slices.Collect(maps.Keys(ofFamily())), slices.Collect(maps.Keys(operations)))
}

func TestOperationsSendWhatTheContractSays(t *testing.T) {
	t.Parallel()
	for id, call := range operations {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			srv := newCommunity(t)
			if id == "system.auth.verifyEmail" { // its code is another one in each run
				srv.Inject(returningaitest.Fault{Operation: id, Response: returningaitest.Raw(200, "application/json", `{"meta":{"success":true}}`)})
				require.NoError(t, srv.Client().System.Auth.VerifyEmail(t.Context(), system.VerifyEmailParams{Email: email, Code: secret.New("424242")}))
			} else {
				require.NoError(t, call(t.Context(), srv, srv.Client().System))
			}
			requests := srv.Requests()
			require.Len(t, requests, 1)
			require.Equal(t, id, requests[0].Operation)
			golden.Request(t, requests[0])
		})
	}
}

func TestVariantsOfRequests(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		operation string
		call      func(context.Context, *system.Services) error
	}{
		"new user": {"system.auth.secureAuth", func(ctx context.Context, services *system.Services) error {
			return second(services.Auth.SecureLogin(ctx, system.SecureLoginParams{
				Username: "new & shiny", Email: "new+1@example.com", FirstName: "Zoë", LastName: "O'Neil", DisplayName: "zoë/n",
			}))
		}},
		"least": {"system.auth.register", func(ctx context.Context, services *system.Services) error {
			return second(services.Auth.Register(ctx, system.RegisterParams{Email: "l@example.com", Password: secret.New("l3ast!"), Username: "least"}))
		}},
		"name only": {"system.servers.create", func(ctx context.Context, services *system.Services) error {
			return second(services.Servers.Create(ctx, system.CreateServerParams{Name: "Annexe"}))
		}},
		"one of them": {"system.servers.update", func(ctx context.Context, services *system.Services) error {
			return second(services.Servers.Update(ctx, serverID, system.UpdateServerParams{Image: new("https://example.com/a.png")}))
		}},
		"emptied": {"system.servers.update", func(ctx context.Context, services *system.Services) error {
			return second(services.Servers.Update(ctx, serverID, system.UpdateServerParams{Description: new("")}))
		}},
		"nothing": {"system.servers.update", func(ctx context.Context, services *system.Services) error {
			return second(services.Servers.Update(ctx, serverID, system.UpdateServerParams{}))
		}},
		"all permissions": {"system.roles.create", func(ctx context.Context, services *system.Services) error {
			return second(services.Roles.Create(ctx, everyPermission()))
		}},
		"least badge": {"system.badges.create", func(ctx context.Context, services *system.Services) error {
			return second(services.Badges.Create(ctx, system.BadgeParams{Title: "Plain", Action: "custom"}))
		}},
		"zeroes": {"system.badges.update", func(ctx context.Context, services *system.Services) error {
			return second(services.Badges.Update(ctx, badgeID, system.BadgeParams{
				Title: "Plain", Action: "custom", Quantity: new(0), Description: new(""), Applied: new(false), AttachRequired: new(false),
				AwardXPQuantity: new(0), AwardCurrencyQuantity: new(0),
			}))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := newCommunity(t)
			require.NoError(t, test.call(t.Context(), srv.Client().System))
			requests := srv.RequestsTo(test.operation)
			require.Len(t, requests, 1)
			golden.Request(t, requests[0], strings.ReplaceAll(name, " ", "-"))
		})
	}
}

func TestErrorsHaveTheirCategory(t *testing.T) {
	t.Parallel()
	for status, category := range map[int]error{
		http.StatusBadRequest:          returningai.ErrInvalid,
		http.StatusUnauthorized:        returningai.ErrUnauthorized,
		http.StatusForbidden:           returningai.ErrForbidden,
		http.StatusNotFound:            returningai.ErrNotFound,
		http.StatusConflict:            returningai.ErrConflict,
		http.StatusInternalServerError: returningai.ErrServer,
	} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			srv := newCommunity(t)
			for id, call := range operations {
				srv.ResetRequests()
				srv.Inject(returningaitest.Fault{Operation: id, Times: returningaitest.Always, Response: returningaitest.Failure(status, "so it is")})
				failure := failed(t, call(t.Context(), srv, srv.Client(quick()).System))
				srv.ClearFaults()
				require.ErrorIs(t, failure, category, id)
				require.Equal(t, status, failure.StatusCode, id)
				require.Equal(t, "so it is", failure.Message, id)
				require.Equal(t, id, failure.Operation)

				declared, attempts := ofFamily()[id], 1
				if status == http.StatusInternalServerError && declared.Idempotent {
					attempts = 3
				}
				require.Len(t, srv.RequestsTo(id), attempts, id)
				require.Equal(t, status == http.StatusInternalServerError && !declared.ReadsOnly, failure.MaybeApplied(), id)
			}
		})
	}
}

func TestAFailureInA200IsOne(t *testing.T) {
	t.Parallel()
	srv := newCommunity(t)
	for id, call := range operations {
		srv.Inject(returningaitest.Fault{Operation: id, Response: returningaitest.Failure(http.StatusOK, "not today")})
		failure := failed(t, call(t.Context(), srv, srv.Client().System))
		require.Equal(t, "not today", failure.Message, id)
		require.Equal(t, !ofFamily()[id].ReadsOnly, failure.MaybeApplied(), id)
	}
}

func TestAWrongKeyIsUnauthorized(t *testing.T) {
	t.Parallel()
	srv := newCommunity(t)
	client := srv.Client(returningai.WithAPIKey("not-the-key"))
	for id, call := range operations {
		err := call(t.Context(), srv, client.System)
		require.ErrorIs(t, err, returningai.ErrUnauthorized, id)
		require.ErrorContains(t, err, "WithAPIKey", id)
		require.NotContains(t, err.Error(), "not-the-key", id)
	}
}

func TestWithoutAKeyNothingIsSent(t *testing.T) {
	t.Parallel()
	srv := newCommunity(t)
	client, err := returningai.New(
		returningai.WithBaseURL(returningai.FamilySystem, srv.URL(returningaitest.System)),
		returningai.WithCommunityHost(srv.URL(returningaitest.CommunityHost)),
		returningai.WithBearer(srv.Token()),
	)
	require.NoError(t, err)
	for id, call := range operations {
		err := call(t.Context(), srv, client.System)
		require.ErrorIs(t, err, returningai.ErrNoCredential, id)
		require.ErrorContains(t, err, "WithAPIKey", id)
	}
	require.Empty(t, srv.Requests())
}

func TestWhatIsMissingIsRefusedBeforeSending(t *testing.T) {
	t.Parallel()
	srv := newCommunity(t)
	services, ctx := srv.Client().System, t.Context()
	for name, test := range map[string]struct {
		err    error
		fields []string
	}{
		"secureAuth":       {second(services.Auth.SecureLogin(ctx, system.SecureLoginParams{Username: " "})), []string{"Username"}},
		"register":         {second(services.Auth.Register(ctx, system.RegisterParams{})), []string{"Email", "Password", "Username"}},
		"verifyEmail":      {services.Auth.VerifyEmail(ctx, system.VerifyEmailParams{}), []string{"Email", "Code"}},
		"login":            {second(services.Auth.Login(ctx, system.LoginParams{})), []string{"Email", "Password"}},
		"create server":    {second(services.Servers.Create(ctx, system.CreateServerParams{Description: "d"})), []string{"Name"}},
		"update server":    {second(services.Servers.Update(ctx, "", system.UpdateServerParams{})), []string{"ServerID"}},
		"roles of server":  {second(services.Servers.ListRoles(ctx, "..")), []string{"ServerID"}},
		"channels of it":   {second(services.Servers.ListChannels(ctx, ".")), []string{"ServerID"}},
		"create channel":   {second(services.Channels.Create(ctx, system.ChannelParams{})), []string{"Topic", "Type"}},
		"update channel":   {second(services.Channels.Update(ctx, "", system.ChannelParams{Topic: "t"})), []string{"Type", "ID"}},
		"delete channel":   {services.Channels.Delete(ctx, ""), []string{"ID"}},
		"create role":      {second(services.Roles.Create(ctx, system.RoleParams{})), []string{"Class", "Title"}},
		"update role":      {second(services.Roles.Update(ctx, "", system.RoleParams{Class: "red"})), []string{"Title", "ID"}},
		"delete role":      {services.Roles.Delete(ctx, ""), []string{"ID"}},
		"give role":        {second(services.Roles.AddToUser(ctx, "", "")), []string{"UserID", "ID"}},
		"take role":        {second(services.Roles.RemoveFromUser(ctx, roleID, "")), []string{"UserID"}},
		"roles of user":    {second(services.Roles.ListByUser(ctx, "")), []string{"UserID"}},
		"create badge":     {second(services.Badges.Create(ctx, system.BadgeParams{})), []string{"Title", "Action"}},
		"update badge":     {second(services.Badges.Update(ctx, "..", system.BadgeParams{Action: "custom"})), []string{"Title", "ID"}},
		"delete badge":     {services.Badges.Delete(ctx, "."), []string{"ID"}},
		"award badge":      {second(services.Badges.Award(ctx, badgeID, "")), []string{"UserID"}},
		"take badge":       {second(services.Badges.Remove(ctx, "", "1")), []string{"ID"}},
		"no JSON in Extra": {second(services.Roles.Create(ctx, twice("new_one", `{`))), []string{"ServerPermissions.Extra"}},
		"a name twice":     {second(services.Roles.Create(ctx, twice("allow_dm", `true`))), []string{"ServerPermissions.Extra"}},
	} {
		failure := failed(t, test.err)
		require.ErrorIs(t, failure, returningai.ErrInvalid, name)
		var fields []string
		for _, problem := range failure.Problems() {
			fields = append(fields, problem.Field)
			require.NotEmpty(t, problem.Rule, name)
		}
		require.Equal(t, test.fields, fields, name)
		require.False(t, failure.MaybeApplied(), name)
	}
	require.Empty(t, srv.Requests())
}

func TestIDsStayOneSegment(t *testing.T) {
	t.Parallel()
	srv := newCommunity(t)
	require.ErrorIs(t, srv.Client().System.Badges.Delete(t.Context(), "a/../b?c=d#e"), returningai.ErrNotFound)
	require.Equal(t, "/api/v1/badges/a%2F..%2Fb%3Fc=d%23e", srv.RequestsTo("system.badges.delete")[0].Path)
}
