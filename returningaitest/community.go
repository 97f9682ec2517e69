package returningaitest

import (
	"encoding/json"

	"github.com/returningai/returningai-go/returningaitest/internal/community"
)

// What a community holds. The types are the fake's own, not the SDK's. The
// fields are in the documentation of internal/community, for example
// go doc github.com/returningai/returningai-go/returningaitest/internal/community.User
type (
	// User is a user of the community. ID is the object id, UserID the user
	// number.
	User = community.User
	// Member is a user with badges and roles.
	Member = community.Member
	// Channel is a channel of the community.
	Channel = community.Channel
	// CommunityServer is a server of the community: it holds channels and roles.
	CommunityServer = community.Server
	// Message is a message of the community.
	Message = community.Message
	// Reaction is an emoji on a message.
	Reaction = community.Reaction
	// Role is a role of a server of the community.
	Role = community.Role
	// Badge is a badge of the community.
	Badge = community.Badge
	// UserField is a custom field of the community's users.
	UserField = community.UserField
	// FieldHistory is a value that a user's field has had.
	FieldHistory = community.FieldHistory
	// UserAPIKey is an API key of a user. It prints without its text.
	UserAPIKey = community.UserAPIKey
	// Activity is a user's activity and earnings on a day.
	Activity = community.Activity
	// BulkJob is a bulk import or update that was received whole. It takes
	// effect when [Server.RunBulkJobs] runs it.
	BulkJob = community.BulkJob
	// Purchase is an item of the store that a user bought.
	Purchase = community.Purchase
	// Login holds the credentials of a registered user. It does not print.
	Login = community.Login
	// Seed is the initial content of a community. Its JSON is the file of fakeserver.
	Seed = community.Seed
)

// The known channel types. Others may exist.
const (
	ChannelOpen  = community.ChannelOpen
	ChannelForum = community.ChannelForum
)

// DefaultSeed returns a small community: users, channels, roles and a badge.
func DefaultSeed() Seed { return community.DefaultSeed() }

// FullSeed returns a community in which every operation finds what it needs,
// with known ids: the default one with a message, user fields, a user's API key
// and a user who has registered and whose email is not verified.
func FullSeed() Seed { return community.FullSeed() }

// ParseSeed reads a seed from JSON. It refuses unknown fields.
func ParseSeed(text []byte) (Seed, error) { return community.ParseSeed(text) }

// AddSeed adds the items of a seed to the community, except HookPaths. It stops
// at the first item that does not fit.
func (s *Server) AddSeed(seed Seed) error {
	return change(s, "AddSeed", func(c *community.Community) (error, error) { return c.Apply(seed), nil })
}

// CommunityID returns the object id of the server's community. It is the same
// on every server.
func (s *Server) CommunityID() string { return community.ID }

// change changes the community. It panics if the community refuses.
func change[T any](s *Server, caller string, do func(*community.Community) (T, error)) T {
	defer s.changes.notify()
	s.mu.Lock()
	defer s.mu.Unlock()
	result, err := do(s.community)
	must(caller, err)
	return result
}

// add adds an item to the community and returns it completed.
func add[T any](s *Server, caller string, item T, do func(*community.Community, T) (T, error)) T {
	return change(s, caller, func(c *community.Community) (T, error) { return do(c, item) })
}

// run changes the community without a result.
func run(s *Server, caller string, do func(*community.Community) error) {
	change(s, caller, func(c *community.Community) (struct{}, error) { return struct{}{}, do(c) })
}

// read reads the community.
func read[T any](s *Server, do func(*community.Community) T) T {
	s.mu.Lock()
	defer s.mu.Unlock()
	return do(s.community)
}

// AddUser adds a user without an event, unlike
// [Server.JoinUser]. It returns the user completed: an empty ID, UserID or
// JoinedAt is made. It panics if Username is empty, or if the username, the
// email or an id is taken.
func (s *Server) AddUser(user User) User {
	return add(s, "AddUser", user, (*community.Community).AddUser)
}

// Users returns copies of the users, in the order in which they joined.
func (s *Server) Users() []User {
	return read(s, func(c *community.Community) []User { return c.Users.Copies() })
}

// Members returns copies of the users with the badges and roles they hold.
func (s *Server) Members() []Member {
	return read(s, func(c *community.Community) []Member { return c.Members() })
}

// JoinUser lets a user join who was created without joining, which webhooks
// report. It panics if there is no such user.
func (s *Server) JoinUser(usernameOrEmail string) {
	run(s, "JoinUser", func(c *community.Community) error { return c.JoinUser(usernameOrEmail) })
}

// VisitServer counts a visit of a user, which webhooks report. It panics if
// there is no such user, or the user is deleted or has not joined.
func (s *Server) VisitServer(usernameOrEmail string) {
	run(s, "VisitServer", func(c *community.Community) error { return c.VisitServer(usernameOrEmail) })
}

// AddLogin gives a user a password, and an unverified email if there is a
// VerificationCode. It panics if no user has the email or the password is empty.
func (s *Server) AddLogin(login Login) {
	run(s, "AddLogin", func(c *community.Community) error { return c.AddLogin(login) })
}

// VerificationCode returns the code that was mailed to a user who registered,
// and that is not used yet, or "".
func (s *Server) VerificationCode(email string) string {
	return read(s, func(c *community.Community) string { return c.VerificationCode(email) })
}

// LoginURLsWithoutKey makes Secure Auth return login URLs that say "undefined"
// in place of the key, as the API has been seen to do, or stops it.
func (s *Server) LoginURLsWithoutKey(keyless bool) {
	run(s, "LoginURLsWithoutKey", func(c *community.Community) error {
		c.LoginURLsWithoutKey = keyless
		return nil
	})
}

// AddServer adds a server and returns it completed: an empty ID or time is
// made. Channels and roles without a server belong to the first one. It panics
// if Name is empty or the ID is taken.
func (s *Server) AddServer(server CommunityServer) CommunityServer {
	return add(s, "AddServer", server, (*community.Community).AddServer)
}

// Servers returns copies of the servers, oldest first.
func (s *Server) Servers() []CommunityServer {
	return read(s, func(c *community.Community) []CommunityServer { return c.Servers.Copies() })
}

// AddChannel adds a channel and returns it completed: Type defaults to open,
// ServerID to the first server; an empty ID or time is made. It panics if Topic
// is empty or the ID is taken.
func (s *Server) AddChannel(channel Channel) Channel {
	return add(s, "AddChannel", channel, (*community.Community).AddChannel)
}

// Channels returns copies of the channels, oldest first.
func (s *Server) Channels() []Channel {
	return read(s, func(c *community.Community) []Channel { return c.Channels.Copies() })
}

// AddMessage adds a message without an event. It
// panics if the channel or the sender does not exist, or the ID is taken.
func (s *Server) AddMessage(message Message) Message {
	return add(s, "AddMessage", message, (*community.Community).AddMessage)
}

// Messages returns copies of the messages, oldest first. Responses of the API
// hold no message ids: a test finds them here.
func (s *Server) Messages() []Message {
	return read(s, func(c *community.Community) []Message { return c.Messages.Copies() })
}

// AddRole adds a role and returns it completed: ServerID defaults to the first
// server; an empty ID or time is made. It panics if Title is empty or the ID is
// taken.
func (s *Server) AddRole(role Role) Role {
	return add(s, "AddRole", role, (*community.Community).AddRole)
}

// Roles returns copies of the roles, oldest first.
func (s *Server) Roles() []Role {
	return read(s, func(c *community.Community) []Role { return c.Roles.Copies() })
}

// RolesOf returns copies of the roles of the user with a user number, such as
// "1102". It panics if there is no such user.
func (s *Server) RolesOf(userID string) []Role {
	return change(s, "RolesOf", func(c *community.Community) ([]Role, error) { return c.RolesOf(userID) })
}

// AddBadge adds a badge and returns it completed: Action defaults to custom; an
// empty ID is made. It panics if Title is empty or the ID is taken.
func (s *Server) AddBadge(badge Badge) Badge {
	return add(s, "AddBadge", badge, (*community.Community).AddBadge)
}

// Badges returns copies of the badges, oldest first.
func (s *Server) Badges() []Badge {
	return read(s, func(c *community.Community) []Badge { return c.Badges.Copies() })
}

// BadgesOf returns copies of the badges of the user with a user number, such
// as "1102", one for each award: a badge that was awarded twice is there twice.
// It panics if there is no such user.
func (s *Server) BadgesOf(userID string) []Badge {
	return change(s, "BadgesOf", func(c *community.Community) ([]Badge, error) { return c.BadgesOf(userID) })
}

// AddUserField adds a field and returns it completed: Name defaults to Field,
// Type to single-line-text; an empty ID or time is made. It panics if Field is
// empty or taken, or the ID is taken.
func (s *Server) AddUserField(field UserField) UserField {
	return add(s, "AddUserField", field, (*community.Community).AddUserField)
}

// UserFields returns copies of the user fields, oldest first.
func (s *Server) UserFields() []UserField {
	return read(s, func(c *community.Community) []UserField { return c.Fields.Copies() })
}

// AddFieldHistory gives a user's field a value and returns the entry of its
// history. It panics if the field or the user does not exist, or if the value
// is not of the field's type.
//
// A date takes a string as 2006-01-02, 02/01/2006 or RFC 3339, the text types
// and select take strings, numerical and number take numbers, boolean takes
// booleans, other types take anything, and all of them take null (assumed).
func (s *Server) AddFieldHistory(fieldID, userObjectID string, value json.RawMessage) FieldHistory {
	return change(s, "AddFieldHistory", func(c *community.Community) (FieldHistory, error) {
		return c.AddFieldHistory(fieldID, userObjectID, value)
	})
}

// FieldHistories returns copies of the histories of all fields and users,
// oldest first.
func (s *Server) FieldHistories() []FieldHistory {
	return read(s, func(c *community.Community) []FieldHistory { return c.Histories.Copies() })
}

// FieldValue returns the present value of a user's field, or nil.
func (s *Server) FieldValue(fieldID, userObjectID string) json.RawMessage {
	return read(s, func(c *community.Community) json.RawMessage { return c.FieldValue(fieldID, userObjectID) })
}

// AddActivity adds to what a user did and earned on a day. The user's own XP
// and Coins stay as they are. It panics if there is no such user.
func (s *Server) AddActivity(usernameOrEmail string, more Activity) {
	run(s, "AddActivity", func(c *community.Community) error { return c.AddActivity(usernameOrEmail, more) })
}

// BulkJobs returns copies of the bulk jobs, oldest first.
func (s *Server) BulkJobs() []BulkJob {
	return read(s, func(c *community.Community) []BulkJob { return c.BulkJobs() })
}

// RunBulkJobs runs the queued bulk jobs, in their order, and returns how many
// there were. Until then none has any effect.
//
// Assumed: the columns that name a user (email, else username); an update does
// not change them, and an empty cell empties a field. An import without a
// username uses the email.
func (s *Server) RunBulkJobs() int {
	return change(s, "RunBulkJobs", func(c *community.Community) (int, error) { return c.RunBulkJobs(), nil })
}

// PurchaseItem lets a user buy something, which no operation can and which
// webhooks report. It returns the purchase completed: an empty OrderID, ItemID,
// Quantity or BoughtAt is made. The user's Coins stay as they are. It panics if
// Item is empty, or the user does not exist, is deleted or has not joined.
func (s *Server) PurchaseItem(usernameOrEmail string, purchase Purchase) Purchase {
	return change(s, "PurchaseItem", func(c *community.Community) (Purchase, error) {
		return c.PurchaseItem(usernameOrEmail, purchase)
	})
}

// Purchases returns copies of the purchases, oldest first.
func (s *Server) Purchases() []Purchase {
	return read(s, func(c *community.Community) []Purchase { return c.Purchases() })
}

// PublishAnalysis publishes a chart analysis, which webhooks report in full,
// and returns its id: the field "_id", which is made if it is missing. It
// panics if a field cannot be JSON, or the id is not a string, empty or taken.
func (s *Server) PublishAnalysis(analysis map[string]any) string {
	return change(s, "PublishAnalysis", func(c *community.Community) (string, error) { return c.PublishAnalysis(analysis) })
}

// UpdateAnalysis changes fields of a published analysis, which webhooks report
// in full again (assumed). It panics if there is no analysis with the id, if a
// field cannot be JSON, or if the id would change.
func (s *Server) UpdateAnalysis(id string, changes map[string]any) {
	run(s, "UpdateAnalysis", func(c *community.Community) error { return c.UpdateAnalysis(id, changes) })
}
