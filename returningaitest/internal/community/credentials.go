package community

import (
	"fmt"
	"slices"
	"time"
)

// Permission is a permission of a bearer token. Any name can be given to a token.
type Permission string

// The permissions of Integration and Application keys. Which name guards which
// operation is documented for [PermissionCreateUser], [PermissionUserFields]
// and [PermissionApplicationMember] only; the other pairs are assumed.
const (
	PermissionSendMessage       Permission = "sendMessage"
	PermissionReplyMessage      Permission = "replyMessage"
	PermissionCreateUser        Permission = "createUser"
	PermissionManageUser        Permission = "manageUser"
	PermissionGetUserData       Permission = "getUserData"
	PermissionGetUserStats      Permission = "getUserStats"
	PermissionBulkUpdateUser    Permission = "bulkUpdateUser"
	PermissionUserFields        Permission = "userFields"
	PermissionGetMessages       Permission = "getMessages"
	PermissionLeaderboard       Permission = "leaderboard"
	PermissionStore             Permission = "store"
	PermissionPurchaseHistory   Permission = "purchase-history"
	PermissionAppearance        Permission = "appearance"
	PermissionApplicationMember Permission = "APPLICATION_MEMBER"

	// EveryPermission is the fake's own: it stands for every permission.
	EveryPermission Permission = "*"
)

// Token is a bearer token of the Integration and Application families. It
// prints without its text.
type Token struct {
	Text        string       `json:"text,omitzero"`        // what follows "Bearer "
	Permissions []Permission `json:"permissions,omitzero"` // none: only what needs no permission
	ExpiresAt   time.Time    `json:"expiresAt,omitzero"`   // from then on it is refused; zero: never
}

// Format implements [fmt.Formatter] for every verb: none prints the text.
func (t Token) Format(state fmt.State, _ rune) {
	text := fmt.Sprintf("returningaitest.Token{%s %q", Redacted, t.Permissions)
	if !t.ExpiresAt.IsZero() {
		text += " until " + t.ExpiresAt.Format(time.RFC3339)
	}
	Print(state, text+"}")
}

// MarshalText implements [encoding.TextMarshaler], for JSON too, without the
// text.
func (t Token) MarshalText() ([]byte, error) { return fmt.Append(nil, t), nil }

// Allows reports whether the token has a permission, or "".
func (t *Token) Allows(permission Permission) bool {
	return permission == "" || slices.Contains(t.Permissions, permission) || slices.Contains(t.Permissions, EveryPermission)
}

// Expired reports whether the token has expired.
func (t *Token) Expired(now time.Time) bool { return !t.ExpiresAt.IsZero() && !now.Before(t.ExpiresAt) }

// Keyring holds the credentials that the community accepts.
type Keyring struct {
	apiKeys map[string]bool
	tokens  map[string]*Token
}

// NewKeyring returns a keyring without credentials.
func NewKeyring() Keyring { return Keyring{map[string]bool{}, map[string]*Token{}} }

// AddAPIKey accepts an API key, which is made if it is empty, and returns it.
func (k *Keyring) AddAPIKey(key string) string {
	if key == "" {
		key = NewCredential("key")
	}
	k.apiKeys[key] = true
	return key
}

// AddToken accepts a token, whose text is made if it is empty, and returns the
// text. It replaces a token with the same text.
func (k *Keyring) AddToken(token Token) string {
	if token.Text == "" {
		token.Text = NewCredential("token")
	}
	token.Permissions = slices.Clone(token.Permissions)
	k.tokens[token.Text] = &token
	return token.Text
}

// Revoke stops accepting a credential, and reports whether it was accepted.
func (k *Keyring) Revoke(credential string) bool {
	known := k.apiKeys[credential] || k.tokens[credential] != nil
	delete(k.apiKeys, credential)
	delete(k.tokens, credential)
	return known
}

// HasAPIKey reports whether an API key is accepted.
func (k *Keyring) HasAPIKey(key string) bool { return k.apiKeys[key] }

// Token returns the token with a text, or nil.
func (k *Keyring) Token(text string) *Token { return k.tokens[text] }

// UserAPIKey is an API key of a user. While it is active and has not expired it
// is a bearer token with its permissions. It prints without its text.
type UserAPIKey struct {
	ID           string       `json:"id,omitzero"` // 24 hex digits
	UserObjectID string       `json:"userObjectId"`
	CommunityID  string       `json:"communityId,omitzero"`
	Name         string       `json:"name,omitzero"`
	Text         string       `json:"text,omitzero"` // the bearer token
	Permissions  []Permission `json:"permissions,omitzero"`
	ExpirePeriod int          `json:"expirePeriod,omitzero"` // days, as it was sent
	ExpiresAt    time.Time    `json:"expiresAt,omitzero"`    // from then on it is refused; zero: never
	Inactive     bool         `json:"inactive,omitzero"`
	CreatedAt    time.Time    `json:"createdAt,omitzero"`
	UpdatedAt    time.Time    `json:"updatedAt,omitzero"`
}

// Format implements [fmt.Formatter] for every verb: none prints the text.
func (k UserAPIKey) Format(state fmt.State, _ rune) {
	Print(state, "returningaitest.UserAPIKey{"+k.ID+" "+Redacted+"}")
}

// MarshalText implements [encoding.TextMarshaler], for JSON too, without the
// text.
func (k UserAPIKey) MarshalText() ([]byte, error) { return fmt.Append(nil, k), nil }

func (k *UserAPIKey) clone() UserAPIKey {
	copied := *k
	copied.Permissions = slices.Clone(k.Permissions)
	return copied
}

// AddUserAPIKey gives a user a key.
func (c *Community) AddUserAPIKey(key UserAPIKey) (UserAPIKey, error) {
	user, err := c.Users.WithAnyID(key.UserObjectID)
	if err != nil {
		return UserAPIKey{}, problem(NotFound, "there is no user %q", key.UserObjectID)
	}
	if key.UserObjectID = user.ID; key.Text == "" {
		key.Text = NewCredential("user-key")
	}
	c.date(&key.CreatedAt, &key.UpdatedAt)
	kept, err := c.UserKeys.add(key, c.NewID)
	if err == nil {
		c.acceptUserAPIKey(kept)
	}
	return c.UserKeys.copyOf(kept, err)
}

// UserAPIKey finds a key of a user, who is given by object id or user number.
func (c *Community) UserAPIKey(userID, keyID string) (*UserAPIKey, error) {
	key, err := c.UserKeys.Find(keyID)
	if err != nil {
		return nil, err
	}
	if user, err := c.Users.WithAnyID(userID); err != nil || key.UserObjectID != user.ID {
		return nil, problem(NotFound, "API key not found")
	}
	return key, nil
}

// UpdateUserAPIKey replaces the name, permissions, expiry and activity of a key.
func (c *Community) UpdateUserAPIKey(key *UserAPIKey, changed UserAPIKey) {
	key.Name, key.Permissions, key.Inactive = changed.Name, changed.Permissions, changed.Inactive
	key.ExpirePeriod, key.ExpiresAt, key.UpdatedAt = changed.ExpirePeriod, changed.ExpiresAt, c.Now()
	c.acceptUserAPIKey(key)
}

// DeleteUserAPIKey deletes a key, which stops working at once.
func (c *Community) DeleteUserAPIKey(key *UserAPIKey) {
	c.Keys.Revoke(key.Text)
	c.UserKeys.remove(key)
}

// acceptUserAPIKey makes the keyring agree with a key.
func (c *Community) acceptUserAPIKey(key *UserAPIKey) {
	c.Keys.Revoke(key.Text)
	if !key.Inactive {
		c.Keys.AddToken(Token{Text: key.Text, Permissions: key.Permissions, ExpiresAt: key.ExpiresAt})
	}
}
