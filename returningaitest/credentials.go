package returningaitest

import "github.com/returningai/returningai-go/returningaitest/internal/community"

type (
	// Permission is a permission of a bearer token. Any name can be given to a token.
	Permission = community.Permission
	// Token is a bearer token of the Integration and Application families. It
	// prints without its text.
	Token = community.Token
)

// The permissions of Integration and Application keys. Which name guards which
// operation is documented for [PermissionCreateUser], [PermissionUserFields]
// and [PermissionApplicationMember] only; the other pairs are assumed.
// [EveryPermission] is the fake's own.
const (
	PermissionSendMessage       = community.PermissionSendMessage
	PermissionReplyMessage      = community.PermissionReplyMessage
	PermissionCreateUser        = community.PermissionCreateUser
	PermissionManageUser        = community.PermissionManageUser
	PermissionGetUserData       = community.PermissionGetUserData
	PermissionGetUserStats      = community.PermissionGetUserStats
	PermissionBulkUpdateUser    = community.PermissionBulkUpdateUser
	PermissionUserFields        = community.PermissionUserFields
	PermissionGetMessages       = community.PermissionGetMessages
	PermissionLeaderboard       = community.PermissionLeaderboard
	PermissionStore             = community.PermissionStore
	PermissionPurchaseHistory   = community.PermissionPurchaseHistory
	PermissionAppearance        = community.PermissionAppearance
	PermissionApplicationMember = community.PermissionApplicationMember
	EveryPermission             = community.EveryPermission
)

// APIKey returns the community key that the server starts with: the credential
// of the System family and of Secure Auth.
func (s *Server) APIKey() string { return s.defaultKey }

// Token returns the bearer token that the server starts with. It has every
// permission and does not expire.
func (s *Server) Token() string { return s.defaultToken }

// AddAPIKey accepts another community key and returns it. An empty key is made.
func (s *Server) AddAPIKey(key string) string {
	return read(s, func(c *community.Community) string { return c.Keys.AddAPIKey(key) })
}

// AddToken accepts another bearer token and returns its text. An empty text is
// made. A token with the same text is replaced.
func (s *Server) AddToken(token Token) string {
	return read(s, func(c *community.Community) string { return c.Keys.AddToken(token) })
}

// Revoke stops accepting an API key or a token at once, the default ones
// included. It reports whether the credential was accepted.
func (s *Server) Revoke(credential string) bool {
	return read(s, func(c *community.Community) bool { return c.Keys.Revoke(credential) })
}

// AddUserAPIKey gives a user a key and returns it completed: an empty ID, Text
// or time is made. It panics if there is no user with the UserObjectID, or if
// the ID is taken.
func (s *Server) AddUserAPIKey(key UserAPIKey) UserAPIKey {
	return add(s, "AddUserAPIKey", key, (*community.Community).AddUserAPIKey)
}

// UserAPIKeys returns copies of the API keys of all users, oldest first.
func (s *Server) UserAPIKeys() []UserAPIKey {
	return read(s, func(c *community.Community) []UserAPIKey { return c.UserKeys.Copies() })
}
