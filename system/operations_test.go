package system_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/system"
)

func TestRequiredParams(t *testing.T) {
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

func TestIDsEscaped(t *testing.T) {
	t.Parallel()
	srv := newCommunity(t)
	require.ErrorIs(t, srv.Client().System.Badges.Delete(t.Context(), "a/../b?c=d#e"), returningai.ErrNotFound)
	require.Equal(t, "/api/v1/badges/a%2F..%2Fb%3Fc=d%23e", srv.RequestsTo("system.badges.delete")[0].Path)
}
