package returningaitest

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"
)

func (s *Server) userAPIKeysRoutes() []*route {
	return []*route{{
		operation: "integration.apiKeys.list",
		family:    Integration,
		method:    http.MethodGet,
		pattern:   "/users/{userId}/api-keys",
		serve:     s.listUserAPIKeys,
	}, {
		operation: "integration.apiKeys.create",
		family:    Integration,
		method:    http.MethodPost,
		pattern:   "/users/apikeys",
		serve:     s.createUserAPIKey,
	}, {
		operation: "integration.apiKeys.update",
		family:    Integration,
		method:    http.MethodPut,
		pattern:   "/users/{userId}/api-keys/{apiKeyId}",
		serve:     s.updateUserAPIKey,
	}, {
		operation: "integration.apiKeys.delete",
		family:    Integration,
		method:    http.MethodDelete,
		pattern:   "/users/{userId}/api-keys/{apiKeyId}",
		serve:     s.deleteUserAPIKey,
	}, {
		operation: "integration.apiKeys.info",
		family:    Integration,
		method:    http.MethodGet,
		pattern:   "/users/{userId}/api-keys/{apiKeyId}",
		serve:     s.showUserAPIKey,
	}}
}

// UserAPIKey is an API key of a user. While it is active and has not expired it
// is a bearer token with its permissions. It prints without its text.
type UserAPIKey struct {
	ID           string // 24 hex characters; made up when empty
	UserID       string // User.ID
	CommunityID  string
	Name         string
	Text         string // the bearer token; made up when empty
	Permissions  []Permission
	ExpirePeriod int       // days, as it was sent
	ExpiresAt    time.Time // from then on it is refused; zero: never
	Inactive     bool
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// Format implements [fmt.Formatter] for every verb, so that none prints the
// key's text.
func (k UserAPIKey) Format(state fmt.State, _ rune) {
	// A formatter cannot report failure.
	_, _ = io.WriteString(state, "returningaitest.UserAPIKey{"+k.ID+" "+redacted+"}")
}

// MarshalText implements [encoding.TextMarshaler], JSON included, without the
// key's text.
func (k UserAPIKey) MarshalText() ([]byte, error) { return fmt.Append(nil, k), nil }

// userKeyStore holds the keys in the order they were made.
type userKeyStore struct {
	all []*UserAPIKey
}

// AddUserAPIKey gives a user a key and returns it completed. It panics when
// there is no user of the ID, or when the key's ID is taken.
func (s *Server) AddUserAPIKey(key UserAPIKey) UserAPIKey {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.userOf(key.UserID) == nil {
		panic(fmt.Sprintf("returningaitest: AddUserAPIKey: there is no user %q", key.UserID))
	}
	if slices.ContainsFunc(s.state.userKeys.all, func(other *UserAPIKey) bool { return other.ID == key.ID }) {
		panic(fmt.Sprintf("returningaitest: AddUserAPIKey: ID %q is taken", key.ID))
	}
	return s.addUserAPIKey(key, now)
}

// addUserAPIKey completes and keeps a key that was checked. The caller holds
// the lock.
func (s *Server) addUserAPIKey(key UserAPIKey, now time.Time) UserAPIKey {
	if key.ID == "" {
		key.ID = s.newID()
	}
	if key.Text == "" {
		key.Text = newCredential("user-key")
	}
	if key.CreatedAt.IsZero() {
		key.CreatedAt = now
	}
	if key.UpdatedAt.IsZero() {
		key.UpdatedAt = key.CreatedAt
	}
	kept := key
	kept.Permissions = slices.Clone(key.Permissions)
	s.state.userKeys.all = append(s.state.userKeys.all, &kept)
	s.acceptUserAPIKey(&kept)
	return key
}

// acceptUserAPIKey makes the keyring agree with a key.
func (s *Server) acceptUserAPIKey(key *UserAPIKey) {
	delete(s.keys.tokens, key.Text)
	if !key.Inactive {
		s.keys.tokens[key.Text] = &Token{Text: key.Text, Permissions: key.Permissions, ExpiresAt: key.ExpiresAt}
	}
}

// UserAPIKeys returns a copy of the API keys of all users, oldest first.
func (s *Server) UserAPIKeys() []UserAPIKey {
	s.mu.Lock()
	defer s.mu.Unlock()
	copies := make([]UserAPIKey, 0, len(s.state.userKeys.all))
	for _, key := range s.state.userKeys.all {
		copied := *key
		copied.Permissions = slices.Clone(key.Permissions)
		copies = append(copies, copied)
	}
	return copies
}

// userOf finds a user by id, the long one or the short one (assumed).
func (s *Server) userOf(id string) *User {
	for _, user := range s.state.users.all {
		if user.ID == id || user.ShortID == id {
			return user
		}
	}
	return nil
}

// userAPIKey is a key on the wire. Assumed: that users' keys have the members
// that are documented for those of a community, and isActive besides.
type userAPIKey struct {
	ID           string       `json:"_id"`
	Name         string       `json:"name"`
	Key          string       `json:"key"`
	Permissions  []Permission `json:"permissions"`
	ExpirePeriod int          `json:"expirePeriod"`
	ExpireDate   string       `json:"expireDate"`
	IsActive     bool         `json:"isActive"`
	CreatedAt    string       `json:"createdAt"`
	UpdatedAt    string       `json:"updatedAt"`
}

func (k *UserAPIKey) wire(text string) userAPIKey {
	shown := userAPIKey{
		ID: k.ID, Name: k.Name, Key: text, Permissions: append([]Permission{}, k.Permissions...),
		ExpirePeriod: k.ExpirePeriod, IsActive: !k.Inactive,
		CreatedAt: k.CreatedAt.Format(time.RFC3339), UpdatedAt: k.UpdatedAt.Format(time.RFC3339),
	}
	if !k.ExpiresAt.IsZero() {
		shown.ExpireDate = k.ExpiresAt.Format(time.RFC3339)
	}
	return shown
}

// masked shows so much of a key as tells it from others.
func (k *UserAPIKey) masked() string { return "********" + k.Text[max(0, len(k.Text)-4):] }

// listUserAPIKeys answers the keys of a user, masked. Assumed: that it needs no
// permission, as the other operations on keys, and 404 for a user that does not
// exist.
func (s *Server) listUserAPIKeys(c *call) (result, error) {
	user := s.userOf(c.path["userId"])
	if user == nil {
		return result{}, refuse(http.StatusNotFound, "user not found")
	}
	listed := []userAPIKey{}
	for _, key := range s.state.userKeys.all {
		if key.UserID == user.ID {
			listed = append(listed, key.wire(key.masked()))
		}
	}
	return result{data: listed}, nil
}

// createUserAPIKey makes a key, and answers it with its text.
func (s *Server) createUserAPIKey(c *call) (result, error) {
	body, err := c.members()
	if err != nil {
		return result{}, err
	}
	key := UserAPIKey{CommunityID: needed[string](body, "communityId")}
	key.read(body, c.now)
	if err := body.problem(); err != nil {
		return result{}, err
	}
	user := s.userOf(c.query.Get("userId"))
	if user == nil {
		return result{}, refuse(http.StatusNotFound, "user not found")
	}
	key.UserID = user.ID
	key = s.addUserAPIKey(key, c.now)
	return result{message: "Api key has been created successfully", data: key.wire(key.Text)}, nil
}

// updateUserAPIKey replaces what can be changed of a key.
func (s *Server) updateUserAPIKey(c *call) (result, error) {
	body, err := c.members()
	if err != nil {
		return result{}, err
	}
	var read UserAPIKey
	read.read(body, c.now)
	read.Inactive = !needed[bool](body, "isActive")
	if err := body.problem(); err != nil {
		return result{}, err
	}
	key, err := s.findUserAPIKey(c)
	if err != nil {
		return result{}, err
	}
	key.Name, key.Permissions, key.Inactive = read.Name, read.Permissions, read.Inactive
	key.ExpirePeriod, key.ExpiresAt, key.UpdatedAt = read.ExpirePeriod, read.ExpiresAt, c.now
	s.acceptUserAPIKey(key)
	return result{message: "Api key has been updated successfully", data: key.wire(key.masked())}, nil
}

// deleteUserAPIKey deletes a key, which stops working at once.
func (s *Server) deleteUserAPIKey(c *call) (result, error) {
	key, err := s.findUserAPIKey(c)
	if err != nil {
		return result{}, err
	}
	delete(s.keys.tokens, key.Text)
	s.state.userKeys.all = slices.DeleteFunc(s.state.userKeys.all, func(other *UserAPIKey) bool { return other == key })
	return result{message: "Api key has been deleted successfully", data: key.wire(key.masked())}, nil
}

// showUserAPIKey answers a key, masked.
func (s *Server) showUserAPIKey(c *call) (result, error) {
	key, err := s.findUserAPIKey(c)
	if err != nil {
		return result{}, err
	}
	return result{data: key.wire(key.masked())}, nil
}

// findUserAPIKey finds the key that the path names. Assumed: 404 for one of
// another user.
func (s *Server) findUserAPIKey(c *call) (*UserAPIKey, error) {
	user := s.userOf(c.path["userId"])
	for _, key := range s.state.userKeys.all {
		if user != nil && key.UserID == user.ID && key.ID == c.path["apiKeyId"] {
			return key, nil
		}
	}
	return nil, refuse(http.StatusNotFound, "API key not found")
}

// read reads what requests say of a key. Assumed: a date counts before a
// period, and one that does not lie in the future is refused, as is one beside
// a period of 0, which means never.
func (k *UserAPIKey) read(body *members, now time.Time) {
	k.Name = needed[string](body, "name")
	k.Permissions = needed[[]Permission](body, "permissions")
	k.ExpirePeriod = needed[int](body, "expirePeriod")
	date, _ := given[string](body, "expireDate")
	switch {
	case k.ExpirePeriod < 0:
		body.note("expirePeriod must not be negative")
	case date == "" && k.ExpirePeriod > 0:
		k.ExpiresAt = now.AddDate(0, 0, k.ExpirePeriod)
	case date != "":
		at, err := time.Parse(time.RFC3339, date)
		if err != nil || !at.After(now) {
			body.note("expireDate must be a date of ISO 8601 in the future")
		} else if k.ExpirePeriod == 0 {
			body.note("expirePeriod and expireDate contradict each other")
		}
		k.ExpiresAt = at.UTC()
	}
}
