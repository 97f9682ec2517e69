package system_test

import (
	"encoding/json"
	"errors"
	returningai "github.com/returningai/returningai-go"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/system"
	"github.com/returningai/returningai-go/testkit/calls"
	"github.com/returningai/returningai-go/testkit/golden"
)

// twice has one more permission of the given name.
func twice(name, value string) system.RoleParams {
	params := calls.EveryPermission()
	params.ServerPermissions.Extra = map[string]json.RawMessage{name: json.RawMessage(value)}
	return params
}

// documentedRole is a role as the vendor's page of a user's roles has it.
const documentedRole = `{"_id":"65a0c0de0000000000000abc","title":"Mods","description":"They moderate","class":"red","order":2,
	"billable":true,"serverId":"65a0c0de0000000000000def",
	"serverPermissions":{"allow_dm":true,"create_invite":false,"kick_members":true,"ban_members":true,"manage_roles":false,
		"manage_channels":false,"server_administrator":false,"warn_members":true,"suspend_members":false,
		"broadcast_messages":false,"overwrite_language_settings":true},
	"channelPermissions":{"view_message_history":true,"manage_messages":true,"allow_mentions":false,"post_messages":true,
		"post_analysis":false,"attach_files":true,"delete_messages":true},
	"createdAt":"2023-01-02T03:04:05.678Z","updatedAt":"2023-01-02T03:04:06Z","__v":0}`

// response makes the next call of an operation return this body.
func response(srv *returningaitest.Server, operation, body string) {
	srv.Inject(returningaitest.Fault{Operation: operation, Response: returningaitest.Raw(200, "application/json",
		`{"meta":{"success":true,"message":"ok","devMessage":"ok"},"body":`+body+`}`)})
}

func TestDocumentedRole(t *testing.T) {
	t.Parallel()
	srv := newCommunity(t)
	response(srv, "system.roles.listOfUser", `[`+documentedRole+`]`)
	roles, err := srv.Client().System.Roles.ListByUser(t.Context(), userID)
	require.NoError(t, err)
	require.Equal(t, []system.Role{{
		ID: "65a0c0de0000000000000abc", Title: "Mods", Description: "They moderate", Class: "red", Order: 2, Billable: true,
		ServerID: "65a0c0de0000000000000def",
		ServerPermissions: system.RoleServerPermissions{
			Administrator: new(false), AllowDM: new(true), CreateInvite: new(false), WarnMembers: new(true),
			SuspendMembers: new(false), BanMembers: new(true), BroadcastMessages: new(false), OverwriteLanguage: new(true),
			KickMembers: new(true), ManageRoles: new(false), ManageChannels: new(false),
		},
		ChannelPermissions: system.RoleChannelPermissions{
			PostMessages: new(true), AttachFiles: new(true), AllowMentions: new(false), ManageMessages: new(true),
			ViewMessageHistory: new(true), PostAnalysis: new(false), DeleteMessages: new(true),
		},
		CreatedAt: time.Date(2023, 1, 2, 3, 4, 5, 678e6, time.UTC), UpdatedAt: time.Date(2023, 1, 2, 3, 4, 6, 0, time.UTC),
		Extra: map[string]json.RawMessage{"__v": json.RawMessage("0")},
	}}, roles)
	again, err := returningai.Marshal(roles[0])
	require.NoError(t, err)
	var read system.Role
	require.NoError(t, returningai.Unmarshal(again, &read))
	require.Equal(t, roles[0], read)
}

func TestPermissionSpellings(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		response string
		want     system.RoleServerPermissions
		again    string
	}{
		"as responses spell": {
			`{"overwrite_language_settings":true}`,
			system.RoleServerPermissions{OverwriteLanguage: new(true)},
			`{"overwrite_language_settings":true}`,
		},
		"as requests spell": {
			`{"overwrite_language":true,"server_administrator":false}`,
			system.RoleServerPermissions{OverwriteLanguage: new(true), Administrator: new(false), Extra: map[string]json.RawMessage{"overwrite_language": json.RawMessage("true")}},
			`{"overwrite_language_settings":true,"overwrite_language":true,"server_administrator":false}`,
		},
		"texts and numbers": {
			`{"allow_dm":"true","ban_members":"false","kick_members":1}`,
			system.RoleServerPermissions{AllowDM: new(true), BanMembers: new(false), KickMembers: new(true)},
			`{"allow_dm":true,"ban_members":false,"kick_members":true}`,
		},
		"null is not there": {`{"allow_dm":null}`, system.RoleServerPermissions{}, `{}`},
		"none":              {`{}`, system.RoleServerPermissions{}, `{}`},
		"unknown": {
			`{"fly":true,"range":{"x":[1.50]}}`,
			system.RoleServerPermissions{Extra: map[string]json.RawMessage{"fly": json.RawMessage("true"), "range": json.RawMessage(`{"x":[1.50]}`)}},
			`{"fly":true,"range":{"x":[1.50]}}`,
		},
		"both spellings": {
			`{"overwrite_language":false,"overwrite_language_settings":true}`,
			system.RoleServerPermissions{OverwriteLanguage: new(true), Extra: map[string]json.RawMessage{"overwrite_language": json.RawMessage("false")}},
			`{"overwrite_language":false,"overwrite_language_settings":true}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var role system.Role
			require.NoError(t, returningai.Unmarshal([]byte(`{"_id":"a","serverPermissions":`+test.response+`}`), &role))
			require.Equal(t, test.want, role.ServerPermissions)
			again, err := returningai.Marshal(role.ServerPermissions)
			require.NoError(t, err)
			require.JSONEq(t, test.again, string(again))
		})
	}
}

func TestRoleUpdateParamsIncomplete(t *testing.T) {
	t.Parallel()
	var role system.Role
	require.NoError(t, returningai.Unmarshal([]byte(documentedRole), &role))
	params, err := role.UpdateParams()
	missing, ok := errors.AsType[*system.MissingPermissionsError](err)
	require.True(t, ok)
	require.Equal(t, []string{"ChannelPermissions.Pinable", "ChannelPermissions.ShareLinks", "ChannelPermissions.ShareAttachments"}, missing.Fields)
	require.ErrorContains(t, err, "ChannelPermissions.Pinable, ChannelPermissions.ShareLinks, ChannelPermissions.ShareAttachments")
	require.Zero(t, params)

	role.ChannelPermissions.Pinable, role.ChannelPermissions.ShareLinks = new(true), new(false)
	_, err = role.UpdateParams()
	missing, ok = errors.AsType[*system.MissingPermissionsError](err)
	require.True(t, ok)
	require.Equal(t, []string{"ChannelPermissions.ShareAttachments"}, missing.Fields)

	_, err = system.Role{}.UpdateParams()
	missing, ok = errors.AsType[*system.MissingPermissionsError](err)
	require.True(t, ok)
	require.Len(t, missing.Fields, 8+7)
}

func TestRoleUpdateParamsLossless(t *testing.T) {
	t.Parallel()
	srv := newCommunity(t)
	response(srv, "system.servers.listRoles", `[{"_id":"`+roleID+`","title":"Mods","class":"red","order":"2","billable":"true",
		"serverPermissions":{"server_administrator":false,"allow_dm":true,"create_invite":false,"warn_members":true,
			"suspend_members":false,"ban_members":"true","broadcast_messages":false,
			"overwrite_language":false,"overwrite_language_settings":true,"kick_members":true,"brew_coffee":true},
		"channelPermissions":{"post_messages":true,"attach_files":false,"allow_mentions":true,"manage_messages":false,
			"view_message_history":true,"whisper":false,"pinable":"perhaps"}}]`)
	roles, err := srv.Client().System.Servers.ListRoles(t.Context(), serverID)
	require.NoError(t, err)
	role := roles[0]
	role.ChannelPermissions.Pinable = new(true)
	role.ChannelPermissions.ShareLinks = new(false)
	role.ChannelPermissions.ShareAttachments = new(true)
	params, err := role.UpdateParams()
	require.NoError(t, err)
	params.ServerPermissions.Extra["paint"] = json.RawMessage("true")
	require.NotContains(t, role.ServerPermissions.Extra, "paint", "the role must not change with its params")
	updated, err := srv.Client().System.Roles.Update(t.Context(), role.ID, params)
	require.NoError(t, err)
	golden.Request(t, "system.roles.update.written-back", srv.RequestsTo("system.roles.update")[0])

	kept := srv.Roles()[0]
	require.Equal(t, map[string]bool{
		"server_administrator": false, "allow_dm": true, "create_invite": false, "warn_members": true, "suspend_members": false,
		"ban_members": true, "broadcast_messages": false, "overwrite_language": true, "kick_members": true, "brew_coffee": true,
		"paint": true,
	}, kept.ServerPermissions)
	require.Equal(t, 2, kept.Order)
	require.True(t, kept.Billable)
	require.JSONEq(t, "true", string(updated.ServerPermissions.Extra["brew_coffee"]))
	require.JSONEq(t, "false", string(updated.ChannelPermissions.Extra["whisper"]))
	require.Equal(t, new(true), updated.ServerPermissions.OverwriteLanguage)
	require.Nil(t, updated.ChannelPermissions.Pinable, "responses do not carry it")
}

func TestRolesAddAndRemove(t *testing.T) {
	t.Parallel()
	srv := newCommunity(t)
	roles, ctx := srv.Client().System.Roles, t.Context()
	created, err := roles.Create(ctx, calls.EveryPermission())
	require.NoError(t, err)
	require.Equal(t, "Owner", created.Title)
	require.Equal(t, serverID, created.ServerID)
	listed, err := srv.Client().System.Servers.ListRoles(ctx, serverID)
	require.NoError(t, err)
	require.Len(t, listed, 2)
	require.Equal(t, created, listed[1])

	none, err := roles.RemoveFromUser(ctx, created.ID, userID)
	require.NoError(t, err)
	require.Empty(t, none)
	given, err := roles.AddToUser(ctx, created.ID, userID)
	require.NoError(t, err)
	require.Equal(t, []system.Role{created}, given)
	given, err = roles.AddToUser(ctx, roleID, userID)
	require.NoError(t, err)
	require.Len(t, given, 2)
	held, err := roles.ListByUser(ctx, userID)
	require.NoError(t, err)
	require.Equal(t, given, held)
	require.Len(t, srv.RolesOf(userID), 2)

	left, err := roles.RemoveFromUser(ctx, roleID, userID)
	require.NoError(t, err)
	require.Equal(t, []system.Role{created}, left)
	require.NoError(t, roles.Delete(ctx, created.ID))
	requireGone(t, roles.Delete(ctx, created.ID))
	requireGone(t, second(roles.Update(ctx, created.ID, calls.EveryPermission())))
	requireGone(t, second(roles.AddToUser(ctx, created.ID, userID)))
	requireGone(t, second(roles.AddToUser(ctx, roleID, "9999")))
	requireGone(t, second(roles.ListByUser(ctx, "9999")))
	held, err = roles.ListByUser(ctx, userID)
	require.NoError(t, err)
	require.Empty(t, held)
}
