package community

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Seed is the initial content of a community. Everything is optional. Items without
// an ID get one in the order given here, the same in every run.
type Seed struct {
	APIKeys        []string       `json:"apiKeys,omitzero"` // the first is the server's default key
	Tokens         []Token        `json:"tokens,omitzero"`  // the first is the server's default token
	Users          []User         `json:"users,omitzero"`
	Logins         []Login        `json:"logins,omitzero"`
	Servers        []Server       `json:"servers,omitzero"`
	Channels       []Channel      `json:"channels,omitzero"`
	Messages       []Message      `json:"messages,omitzero"`
	Roles          []Role         `json:"roles,omitzero"`
	Badges         []Badge        `json:"badges,omitzero"`
	UserFields     []UserField    `json:"userFields,omitzero"`
	FieldHistories []FieldHistory `json:"fieldHistories,omitzero"` // FieldID, UserObjectID and Value
	UserAPIKeys    []UserAPIKey   `json:"userApiKeys,omitzero"`

	RolesOf  map[string][]string `json:"rolesOf,omitzero"`  // IDs of roles, by user number
	BadgesOf map[string][]string `json:"badgesOf,omitzero"` // IDs of badges, by user number
	// HookPaths are the paths of incoming hooks, by [Hook], such as
	// "/incoming/messages". Other hooks have random paths.
	HookPaths map[string]string `json:"hookPaths,omitzero"`
}

// ParseSeed reads a seed from JSON. It refuses unknown fields.
func ParseSeed(text []byte) (Seed, error) {
	var seed Seed
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&seed); err != nil {
		return Seed{}, fmt.Errorf("the seed cannot be parsed: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Seed{}, errors.New("the seed is followed by something else")
	}
	return seed, nil
}

// Apply adds the seed's items to the community. No event reports them.
func (c *Community) Apply(seed Seed) error {
	for _, key := range seed.APIKeys {
		c.Keys.AddAPIKey(key)
	}
	for _, token := range seed.Tokens {
		c.Keys.AddToken(token)
	}
	for _, add := range []error{
		addAll("user", seed.Users, c.AddUser),
		addAll("login", seed.Logins, func(login Login) (Login, error) { return login, c.AddLogin(login) }),
		addAll("server", seed.Servers, c.AddServer),
		addAll("channel", seed.Channels, c.AddChannel),
		addAll("message", seed.Messages, c.AddMessage),
		addAll("role", seed.Roles, c.AddRole),
		addAll("badge", seed.Badges, c.AddBadge),
		addAll("user field", seed.UserFields, c.AddUserField),
		addAll("field history", seed.FieldHistories, func(entry FieldHistory) (FieldHistory, error) {
			return c.AddFieldHistory(entry.FieldID, entry.UserObjectID, entry.Value)
		}),
		addAll("user API key", seed.UserAPIKeys, c.AddUserAPIKey),
		assignAll(c, seed.RolesOf, &c.Roles, c.AddRoleToUser),
		assignAll(c, seed.BadgesOf, &c.Badges, c.AwardBadge),
	} {
		if add != nil {
			return add
		}
	}
	return nil
}

func addAll[T any](kind string, items []T, add func(T) (T, error)) error {
	for i, item := range items {
		if _, err := add(item); err != nil {
			return fmt.Errorf("seed: %s %d: %w", kind, i+1, err)
		}
	}
	return nil
}

func assignAll[T any](c *Community, assigned map[string][]string, items *Collection[T], assign func(*T, *User) []*T) error {
	for userID, ids := range assigned {
		user, err := c.Users.Numbered(userID)
		for _, id := range ids {
			item, itemErr := items.Find(id)
			if err := cmp.Or(err, itemErr); err != nil {
				return fmt.Errorf("seed: user %s: %w", userID, err)
			}
			assign(item, user)
		}
	}
	return nil
}

// DefaultSeed returns a community to begin with: users, channels, roles and a
// badge.
func DefaultSeed() Seed {
	return Seed{
		Users: []User{
			{Username: "bot", Email: "bot@example.com", DisplayName: "Community Bot", FirstName: "Community", LastName: "Bot"},
			{Username: "player-one", Email: "player-one@example.com", DisplayName: "Player One", FirstName: "Player", LastName: "One"},
			{Username: "player-two", Email: "player-two@example.com", DisplayName: "Player Two", FirstName: "Player", LastName: "Two"},
		},
		Servers: []Server{{ID: "65a0c0de0000000000a00001", Name: "Community"}},
		Channels: []Channel{
			{Topic: "general", Type: ChannelOpen},
			{Topic: "announcements", Type: ChannelOpen},
			{Topic: "questions", Type: ChannelForum},
		},
		Roles: []Role{
			{ID: "65a0c0de0000000000b00001", Title: "Moderator", Class: "red", Order: 1, ServerPermissions: map[string]bool{"warn_members": true}},
			{ID: "65a0c0de0000000000b00002", Title: "Member", Class: "blue", Order: 2, ChannelPermissions: map[string]bool{"post_messages": true}},
		},
		Badges: []Badge{{ID: "65a0c0de-0000-4000-8000-000000c00001", Title: "Early Bird", Quantity: 100, Description: "Was here first"}},
	}
}

// FullSeed returns a community in which every operation finds what it needs:
// the default seed with known ids, a message, a user field that is in use and
// one that is not, a user's API key, and a user who has registered and whose
// email is not verified.
func FullSeed() Seed {
	seed := DefaultSeed()
	for i, id := range []string{"65a0c0de0000000000d00001", "65a0c0de0000000000d00002", "65a0c0de0000000000d00003"} {
		seed.Users[i].ID, seed.Users[i].UserID = id, fmt.Sprint(firstUserID+i)
	}
	for i, id := range []string{"65a0c0de0000000000e00001", "65a0c0de0000000000e00002", "65a0c0de0000000000e00003"} {
		seed.Channels[i].ID = id
	}
	player := seed.Users[1]
	seed.Logins = []Login{{Email: player.Email, Password: "correct horse battery", VerificationCode: "123456"}}
	seed.Messages = []Message{{ID: "65a0c0de0000000000f00001", ChannelID: seed.Channels[0].ID, Text: "Welcome!", Sender: "bot"}}
	seed.UserFields = []UserField{
		{ID: "65a0c0de0000000000f10001", Field: "level", Name: "Level", Type: "numerical"},
		{ID: "65a0c0de0000000000f10002", Field: "guild", Name: "Guild"},
	}
	seed.FieldHistories = []FieldHistory{{FieldID: seed.UserFields[0].ID, UserObjectID: player.ID, Value: json.RawMessage("41")}}
	seed.UserAPIKeys = []UserAPIKey{{
		ID: "65a0c0de0000000000f20001", UserObjectID: player.ID, CommunityID: ID, Name: "player's key",
		Permissions: []Permission{PermissionSendMessage},
	}}
	return seed
}
