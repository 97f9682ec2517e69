package community_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/returningaitest/internal/community"
)

// newCommunity returns a community with the full seed, and the events that it
// reports.
func newCommunity(t *testing.T) (*community.Community, *[]community.EventName) {
	t.Helper()
	events := &[]community.EventName{}
	c := community.New(community.NewKeyring(), time.Now, func(event community.Event) { *events = append(*events, event.Name) })
	require.NoError(t, c.Apply(community.FullSeed()))
	require.Empty(t, *events, "seeding reports nothing")
	return c, events
}

func kindOf(t *testing.T, err error) community.Kind {
	t.Helper()
	problem, ok := errors.AsType[*community.Problem](err)
	require.True(t, ok, err)
	return problem.Kind
}

func TestCurrencyBounds(t *testing.T) {
	t.Parallel()
	const most = int64(1) << 53
	for name, test := range map[string]struct {
		currency, operation string
		before, amount      int64
		after               int64 // -1 is refused
	}{
		"add nothing":           {"", "add", 7, 0, 7},
		"add up to the most":    {"coins", "add", 1, most - 1, most},
		"add beyond the most":   {"coins", "add", 2, most - 1, -1},
		"subtract all":          {"XP", "subtract", 7, 7, 0},
		"subtract too much":     {"xp", "subtract", 7, 8, -1},
		"overwrite by the most": {"", "overwrite", 7, most, most},
		"overwrite by more":     {"", "overwrite", 7, most + 1, -1},
		"negative":              {"", "add", 7, -1, -1},
		"unknown operation":     {"", "double", 7, 1, -1},
		"unknown currency":      {"gems", "add", 7, 1, -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := newCommunity(t)
			user := c.Users.Named("player-one")
			user.Coins, user.XP = float64(test.before), float64(test.before)
			err := c.ChangeCurrency("1102", test.currency, test.operation, test.amount)
			require.Equal(t, test.after == -1, err != nil, err)
			if err == nil {
				require.Contains(t, []float64{user.Coins, user.XP}, float64(test.after))
				return
			}
			require.InDelta(t, 2*test.before, user.Coins+user.XP, 0, "nothing changes")
		})
	}
}

func TestEventsOfUsers(t *testing.T) {
	t.Parallel()
	c, events := newCommunity(t)
	outside, err := c.CreateUser(community.User{Username: "zoe", Outside: true})
	require.NoError(t, err)
	require.Empty(t, *events, "who has not joined")
	require.Equal(t, community.Conflict, kindOf(t, c.VisitServer("zoe")))
	require.NoError(t, c.JoinUser("zoe"))
	require.NoError(t, c.JoinUser("zoe"), "again")
	require.NoError(t, c.VisitServer("zoe"))
	_, err = c.PurchaseItem("zoe", community.Purchase{Item: "Hat"})
	require.NoError(t, err)
	require.NoError(t, c.SendMessage(community.Message{ChannelID: c.Channels.All()[0].ID, Text: "gg", Sender: "zoe"}))
	require.Equal(t, []community.EventName{
		community.EventUserJoined, community.EventUserVisited, community.EventItemPurchased,
		community.EventMessagePosted, community.EventMessagePostedToChannel,
	}, *events)
	require.Equal(t, 1, outside.VisitCount)
	require.Equal(t, community.NotFound, kindOf(t, c.VisitServer("nobody")))
}

func TestFieldsAllOrNone(t *testing.T) {
	t.Parallel()
	c, _ := newCommunity(t)
	level := c.FieldNamed("level").ID
	user := c.Users.Named("player-one")
	for name, values := range map[string]map[string]json.RawMessage{
		"unknown field": {"Level": json.RawMessage("42"), "zodiac": json.RawMessage(`"x"`)},
		"wrong type":    {"guild": json.RawMessage(`"Reds"`), "level": json.RawMessage(`"42"`)},
	} {
		require.Error(t, c.SetFields("player-one", values), name)
		require.Equal(t, "41", string(c.FieldValue(level, user.ID)))
		require.Empty(t, user.CustomFields)
	}
	require.NoError(t, c.SetFields("player-one", map[string]json.RawMessage{"Level": json.RawMessage("42"), "guild": json.RawMessage(`"Reds"`)}))
	require.Equal(t, "42", string(c.FieldValue(level, user.ID)))
	require.Equal(t, map[string]any{"level": 42.0, "guild": "Reds"}, user.CustomFields)
}

func TestDeletedAccounts(t *testing.T) {
	t.Parallel()
	c, _ := newCommunity(t)
	require.Equal(t, community.Conflict, kindOf(t, c.DeleteUser("bot", true)), "not deleted yet")
	require.NoError(t, c.DeleteUser("bot", false))
	require.Equal(t, community.Conflict, kindOf(t, c.DeleteUser("bot", false)))
	_, err := c.Users.Sender("bot")
	require.Equal(t, community.NotFound, kindOf(t, err))
	require.NoError(t, c.DeleteUser("bot", true))
	_, err = c.Users.Sender("bot")
	require.NoError(t, err)
	require.Equal(t, community.NotFound, kindOf(t, c.DeleteUser("bot@example.com", false)), "only the username names an account")
}

// Secrets of the model show in no verb and in no JSON.
func TestSecretsRedacted(t *testing.T) {
	t.Parallel()
	c, _ := newCommunity(t)
	login := community.Login{Email: "a@example.com", Password: "hunter2", VerificationCode: "424242"}
	token := community.Token{Text: "fake-token-hunter2"}
	text, err := json.Marshal([]any{login, token, c.UserKeys.Copies()[0]})
	require.NoError(t, err)
	require.NotContains(t, string(text), "hunter2")
	require.NotContains(t, string(text), "424242")
	require.NotContains(t, string(text), c.UserKeys.All()[0].Text)
}
