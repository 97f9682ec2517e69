package system_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/system"
	"github.com/returningai/returningai-go/testkit/calls"
)

func requireGone(t *testing.T, err error) {
	t.Helper()
	require.ErrorIs(t, err, returningai.ErrNotFound)
}

func TestServersListAndUpdate(t *testing.T) {
	t.Parallel()
	srv := newCommunity(t)
	servers, ctx := srv.Client().System.Servers, t.Context()
	created, err := servers.Create(ctx, system.CreateServerParams{Name: "Annexe", Description: "More room"})
	require.NoError(t, err)
	require.False(t, created.CreatedAt.IsZero())
	listed, err := servers.List(ctx)
	require.NoError(t, err)
	require.Len(t, listed, 2)
	require.Equal(t, created, listed[1])

	changed, err := servers.Update(ctx, created.ID, system.UpdateServerParams{Description: new("")})
	require.NoError(t, err)
	require.Equal(t, "Annexe", changed.Name)
	require.Empty(t, changed.Description)
	changed, err = servers.Update(ctx, created.ID, system.UpdateServerParams{Image: new("i")})
	require.NoError(t, err)
	require.Equal(t, "i", changed.Image)
	require.Equal(t, "i", srv.Servers()[1].Image)

	roles, err := servers.ListRoles(ctx, created.ID)
	require.NoError(t, err)
	require.Empty(t, roles)
	channels, err := servers.ListChannels(ctx, serverID)
	require.NoError(t, err)
	require.Len(t, channels, 1)
	requireGone(t, second(servers.Update(ctx, "none", system.UpdateServerParams{})))
	requireGone(t, second(servers.ListRoles(ctx, "none")))
	requireGone(t, second(servers.ListChannels(ctx, "none")))
}

func TestChannelsMatchIntegration(t *testing.T) {
	t.Parallel()
	srv := newCommunity(t)
	client, ctx := srv.Client(), t.Context()
	created, err := client.System.Channels.Create(ctx, system.ChannelParams{Topic: "loot", Type: system.ChannelTypeForum})
	require.NoError(t, err)
	require.Equal(t, system.ChannelTypeForum, created.Type)
	require.Equal(t, serverID, created.ServerID)

	changed, err := client.System.Channels.Update(ctx, created.ID, system.ChannelParams{Topic: "glory", Type: "voice"})
	require.NoError(t, err)
	require.Equal(t, system.ChannelType("voice"), changed.Type)
	others, err := client.Integration.Channels.List(ctx)
	require.NoError(t, err)
	require.Len(t, others, 2)
	require.Equal(t, created.ID, others[1].ID)
	require.Equal(t, "glory", others[1].Topic)

	require.NoError(t, client.System.Channels.Delete(ctx, created.ID))
	requireGone(t, client.System.Channels.Delete(ctx, created.ID))
	requireGone(t, second(client.System.Channels.Update(ctx, created.ID, system.ChannelParams{Topic: "t", Type: "open"})))
	listed, err := client.System.Channels.List(ctx)
	require.NoError(t, err)
	require.Len(t, listed, 1)
	onServer, err := client.System.Servers.ListChannels(ctx, serverID)
	require.NoError(t, err)
	require.Equal(t, listed, onServer)
}

func TestBadgesAwardAndRemove(t *testing.T) {
	t.Parallel()
	srv := newCommunity(t)
	badges, ctx := srv.Client().System.Badges, t.Context()
	created, err := badges.Create(ctx, fullBadge())
	require.NoError(t, err)
	require.Regexp(t, "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", created.ID)
	require.Equal(t, 250, created.Quantity)
	require.True(t, created.AttachRequired)
	listed, err := badges.List(ctx)
	require.NoError(t, err)
	require.Len(t, listed, 2)
	require.Equal(t, created, listed[1])

	changed, err := badges.Update(ctx, created.ID, system.BadgeParams{Title: "Plain", Action: "custom", Quantity: new(0)})
	require.NoError(t, err)
	require.Zero(t, changed.Quantity)
	require.Equal(t, "A year of raids", changed.Description)
	require.True(t, changed.AttachRequired)

	none, err := badges.Remove(ctx, badgeID, userID)
	require.NoError(t, err)
	require.Empty(t, none)
	awarded, err := badges.Award(ctx, badgeID, userID)
	require.NoError(t, err)
	require.Equal(t, []system.Badge{{
		ID: badgeID, Title: "Early Bird", Action: "custom", Quantity: 100, AttachRequired: true, Awarded: true,
	}}, awarded)
	require.Equal(t, badgeID, srv.BadgesOf(userID)[0].ID)
	_, err = badges.Award(ctx, created.ID, userID)
	require.NoError(t, err)
	left, err := badges.Remove(ctx, badgeID, userID)
	require.NoError(t, err)
	require.Len(t, left, 1)
	require.Equal(t, created.ID, left[0].ID)

	require.NoError(t, badges.Delete(ctx, created.ID))
	requireGone(t, badges.Delete(ctx, created.ID))
	requireGone(t, second(badges.Award(ctx, created.ID, userID)))
	requireGone(t, second(badges.Award(ctx, badgeID, "9999")))
	requireGone(t, second(badges.Update(ctx, created.ID, fullBadge())))
	require.Empty(t, srv.BadgesOf(userID))
}

func TestResponsesLenientDecoding(t *testing.T) {
	t.Parallel()
	srv := newCommunity(t)
	services, ctx := srv.Client().System, t.Context()

	// The sample of the vendor's page, numbers and booleans as texts.
	response(srv, "system.badges.create", `{"id":"7f0a6a3e-9d7c-4a55-9c52-0d6a4c9b1e11","title":"Winner","action":"custom","quantity":"100",
		"description":"","attachRequired":"true","awarded":"false","image":"https://example.com/w.png","__v":0,"awardXpQuantity":"10"}`)
	badge, err := services.Badges.Create(ctx, system.BadgeParams{Title: "Winner", Action: "custom", Quantity: new(100), AttachRequired: new(true)})
	require.NoError(t, err)
	require.Equal(t, system.Badge{
		ID: "7f0a6a3e-9d7c-4a55-9c52-0d6a4c9b1e11", Title: "Winner", Action: "custom", Quantity: 100, AttachRequired: true,
		Image: "https://example.com/w.png",
		Extra: map[string]json.RawMessage{"__v": json.RawMessage("0"), "awardXpQuantity": json.RawMessage(`"10"`)},
	}, badge)

	response(srv, "system.badges.list", `[{"_id":"a","quantity":"","awarded":1},{"id":5,"quantity":7.0,"attachRequired":true}]`)
	badges, err := services.Badges.List(ctx)
	require.NoError(t, err)
	require.Equal(t, "a", badges[0].ID)
	require.True(t, badges[0].Awarded)
	require.Equal(t, system.Badge{ID: "5", Quantity: 7, AttachRequired: true}, badges[1])

	response(srv, "system.channels.create", `{"_id":"c","title":"loot","channelType":"open","permissions":[{"role":"r"},"all"],
		"userId":1102,"serverId":"s","createdAt":"2023-01-02T03:04:05Z","updatedAt":"soon","__v":0}`)
	channel, err := services.Channels.Create(ctx, system.ChannelParams{Topic: "loot", Type: "open"})
	require.NoError(t, err)
	require.Equal(t, "loot", channel.Topic, "one part of the page calls it title")
	require.Equal(t, []json.RawMessage{json.RawMessage(`{"role":"r"}`), json.RawMessage(`"all"`)}, channel.Permissions)
	require.Equal(t, "1102", channel.UserID)
	require.True(t, channel.UpdatedAt.IsZero())
	require.JSONEq(t, `"soon"`, string(channel.Extra["updatedAt"]))

	response(srv, "system.servers.list", `[{"id":"s","name":"Arena","ownerId":7,"plan":"pro"}]`)
	servers, err := services.Servers.List(ctx)
	require.NoError(t, err)
	require.Equal(t, "s", servers[0].ID)
	require.Equal(t, "7", servers[0].OwnerID)
	require.JSONEq(t, `"pro"`, string(servers[0].Extra["plan"]))

	response(srv, "system.auth.register", `{"id":12,"username":"ada","firstName":"Ada","lastName":"L","displayName":"ada l","rank":1}`)
	user, err := services.Auth.Register(ctx, system.RegisterParams{Email: "e", Password: newSecret("p4ssw0rd"), Username: "ada"})
	require.NoError(t, err)
	require.Empty(t, user.ID, "a user number is not an object id")
	require.Equal(t, []string{"12", "Ada", "L", "ada l"}, []string{user.UserID, user.FirstName, user.LastName, user.DisplayName})
	require.Contains(t, user.Extra, "rank")

	for _, call := range calls.Of("system.") {
		if readsOnly()[call.Operation] {
			response(srv, call.Operation, "null")
			require.NoError(t, second(call.Do(ctx, srv.Client(), known(srv))), "%s: a list that is not there is empty", call.Operation)
		}
	}
}

func TestResponsesMarshalRoundTrip(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		into     any
		response string
	}{
		{new(system.Badge), `{"id":"a","title":"t","action":"custom","quantity":3,"awarded":true,"new":{"x":[1.50]}}`},
		{new(system.Channel), `{"_id":"a","topic":"t","channelType":"open","permissions":[{"a":1.0}],"createdAt":"2023-01-02T03:04:05Z","__v":1}`},
		{new(system.Server), `{"_id":"a","name":"n","updatedAt":"2023-01-02T03:04:05.5Z","__v":1}`},
		{new(system.User), `{"_id":"a","userId":"1","username":"u","displayname":"d","more":null}`},
		{new(system.Role), `{"_id":"a","order":1,"serverPermissions":{"allow_dm":false,"fly":1},"channelPermissions":{"pinable":true,"swim":"x"},"__v":1}`},
	} {
		require.NoError(t, returningai.Unmarshal([]byte(test.response), test.into))
		again, err := returningai.Marshal(test.into)
		require.NoError(t, err)
		require.JSONEq(t, test.response, string(again))
	}
}
