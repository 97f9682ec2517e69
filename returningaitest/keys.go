package returningaitest

import (
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Permission is what a bearer token may do. The set is open: any name can be
// given to a token, and a token may carry names that guard nothing.
type Permission string

// The permissions of Integration and Application keys. Which name guards which
// operation is documented for [PermissionCreateUser] and
// [PermissionUserFields] only; the other pairs are assumed.
const (
	PermissionSendMessage     Permission = "sendMessage"
	PermissionReplyMessage    Permission = "replyMessage"
	PermissionCreateUser      Permission = "createUser"
	PermissionManageUser      Permission = "manageUser"
	PermissionGetUserData     Permission = "getUserData"
	PermissionGetUserStats    Permission = "getUserStats"
	PermissionBulkUpdateUser  Permission = "bulkUpdateUser"
	PermissionUserFields      Permission = "userFields"
	PermissionGetMessages     Permission = "getMessages"
	PermissionLeaderboard     Permission = "leaderboard"
	PermissionStore           Permission = "store"
	PermissionPurchaseHistory Permission = "purchase-history"
	PermissionAppearance      Permission = "appearance"

	// EveryPermission is the fake's own: a token that has it has them all.
	EveryPermission Permission = "*"
)

// Token is a bearer token of the Integration and Application families. It
// prints without its text.
type Token struct {
	Text        string       // what follows "Bearer "; made up when empty
	Permissions []Permission // none: only what needs no permission
	ExpiresAt   time.Time    // from then on it is refused; zero: never
}

// Format implements [fmt.Formatter] for every verb, so that none prints the
// token's text.
func (t Token) Format(state fmt.State, _ rune) {
	_, _ = fmt.Fprintf(state, "returningaitest.Token{%s %q", redacted, t.Permissions)
	if !t.ExpiresAt.IsZero() {
		_, _ = io.WriteString(state, " until "+t.ExpiresAt.Format(time.RFC3339))
	}
	_, _ = io.WriteString(state, "}") // a formatter cannot report failure
}

// MarshalText implements [encoding.TextMarshaler], JSON included, without the
// token's text.
func (t Token) MarshalText() ([]byte, error) { return fmt.Append(nil, t), nil }

func (t *Token) allows(permission Permission) bool {
	return permission == "" || slices.Contains(t.Permissions, permission) || slices.Contains(t.Permissions, EveryPermission)
}

// keyring holds the credentials that the server accepts.
type keyring struct {
	defaultKey, defaultToken string

	apiKeys map[string]bool
	tokens  map[string]*Token
}

func newKeyring() keyring {
	ring := keyring{defaultKey: newCredential("key"), defaultToken: newCredential("token")}
	ring.apiKeys = map[string]bool{ring.defaultKey: true}
	ring.tokens = map[string]*Token{
		ring.defaultToken: {Text: ring.defaultToken, Permissions: []Permission{EveryPermission}},
	}
	return ring
}

// newCredential is random, so that a test that looks for it where it must not
// be finds nothing by accident.
func newCredential(kind string) string { return "fake-" + kind + "-" + rand.Text() }

// APIKey returns the community key that the server starts with: the credential
// of the System family and of Secure Auth.
func (s *Server) APIKey() string { return s.keys.defaultKey }

// Token returns the bearer token that the server starts with. It has every
// permission and does not expire.
func (s *Server) Token() string { return s.keys.defaultToken }

// AddAPIKey makes the server accept another community key, which is made up
// when empty, and returns it.
func (s *Server) AddAPIKey(key string) string {
	if key == "" {
		key = newCredential("key")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys.apiKeys[key] = true
	return key
}

// AddToken makes the server accept another bearer token and returns its text.
// A token whose text is known already is replaced.
func (s *Server) AddToken(token Token) string {
	if token.Text == "" {
		token.Text = newCredential("token")
	}
	token.Permissions = slices.Clone(token.Permissions)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys.tokens[token.Text] = &token
	return token.Text
}

// Revoke stops accepting an API key or a token at once, the ones that the
// server started with included. It reports whether the credential was
// accepted before.
func (s *Server) Revoke(credential string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.keys.apiKeys[credential] || s.keys.tokens[credential] != nil
	delete(s.keys.apiKeys, credential)
	delete(s.keys.tokens, credential)
	return known
}

// authenticate checks the credential of a request and returns the token, which
// is nil for families that use API keys.
func (k *keyring) authenticate(family Family, header http.Header, now time.Time) (*Token, error) {
	name := family.credentialHeader()
	values := header.Values(name)
	if len(values) == 0 {
		return nil, refuse(http.StatusUnauthorized, "authentication is missing: header %s", name)
	}
	if len(values) > 1 {
		return nil, refuse(http.StatusUnauthorized, "authentication is invalid: several %s headers", name)
	}
	if name != "Authorization" {
		if !k.apiKeys[values[0]] {
			return nil, refuse(http.StatusUnauthorized, "the API key is invalid")
		}
		return nil, nil
	}
	scheme, text, _ := strings.Cut(values[0], " ")
	token := k.tokens[text]
	switch {
	case !strings.EqualFold(scheme, "Bearer"):
		return nil, refuse(http.StatusUnauthorized, "authentication is invalid: not a bearer token")
	case token == nil:
		return nil, refuse(http.StatusUnauthorized, "the token is invalid")
	case !token.ExpiresAt.IsZero() && !now.Before(token.ExpiresAt):
		return nil, refuse(http.StatusUnauthorized, "the token has expired")
	}
	return token, nil
}
