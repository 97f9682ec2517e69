// Package community is the model of the fake: what a community holds and what
// its operations do to it. It knows neither HTTP nor locks: one goroutine at a
// time may use a [Community].
package community

import (
	"fmt"
	"time"
)

// ID is the object id of the one community that the fake serves.
const ID = "65a0c0dec0ffee0000000001"

// Community is everything that the fake keeps.
type Community struct {
	Keys      Keyring
	Users     Users
	Servers   Collection[Server]
	Channels  Collection[Channel]
	Messages  Collection[Message]
	Roles     Collection[Role]
	Badges    Collection[Badge]
	Fields    Collection[UserField]
	Histories Collection[FieldHistory]
	UserKeys  Collection[UserAPIKey]

	// LoginURLsWithoutKey makes login URLs say "undefined" where the key belongs.
	LoginURLsWithoutKey bool

	now    func() time.Time
	report func(Event)
	lastID int64

	roles      assignments[*Role]
	badges     assignments[*Badge]
	values     map[fieldOfUser]*FieldHistory // the latest of each
	activities map[string]map[string]Activity
	passwords  map[string]string // by the user's ID
	codes      map[string]string // mailed and not used, by the user's ID
	bulkJobs   []*BulkUpload
	purchases  []Purchase
	analyses   map[string]map[string]any
}

// New returns an empty community. It dates everything by now, and tells report
// what webhooks report.
func New(keys Keyring, now func() time.Time, report func(Event)) *Community {
	c := &Community{
		Keys: keys, now: now, report: report,
		Servers:   collectionOf("server", func(s *Server) *string { return &s.ID }, nil),
		Channels:  collectionOf("channel", func(ch *Channel) *string { return &ch.ID }, (*Channel).clone),
		Messages:  collectionOf("message", func(m *Message) *string { return &m.ID }, (*Message).clone),
		Roles:     collectionOf("role", func(r *Role) *string { return &r.ID }, (*Role).clone),
		Badges:    collectionOf("badge", func(b *Badge) *string { return &b.ID }, nil),
		Fields:    collectionOf("user field", func(f *UserField) *string { return &f.ID }, nil),
		Histories: collectionOf("user field history", func(h *FieldHistory) *string { return &h.ID }, (*FieldHistory).clone),
		UserKeys:  collectionOf("API key", func(k *UserAPIKey) *string { return &k.ID }, (*UserAPIKey).clone),
		roles:     assignments[*Role]{}, badges: assignments[*Badge]{},
		values: map[fieldOfUser]*FieldHistory{}, activities: map[string]map[string]Activity{},
		passwords: map[string]string{}, codes: map[string]string{}, analyses: map[string]map[string]any{},
	}
	c.Users = Users{
		Collection: collectionOf("user", func(u *User) *string { return &u.ID }, (*User).Clone),
		byName:     map[string]*User{}, byNumber: map[string]*User{},
	}
	return c
}

// Now returns the community's time, in UTC.
func (c *Community) Now() time.Time { return c.now().UTC() }

// NewID returns an object id of 24 hex digits. Ids follow each other, so that
// two runs of one program give the same ones.
func (c *Community) NewID() string {
	c.lastID++
	return fmt.Sprintf("65a0c0de%016x", c.lastID)
}

// date completes the times of a new item.
func (c *Community) date(created, updated *time.Time) {
	if created.IsZero() {
		*created = c.Now()
	}
	if updated.IsZero() {
		*updated = *created
	}
}

// Kind classifies the problems of requests to the community.
type Kind int

// The kinds of problems.
const (
	Invalid  Kind = iota // the request contradicts itself or the community's rules
	NotFound             // something does not exist
	Conflict             // something exists already or is in use
)

// Problem is the error of a community that refuses something. Its text never
// repeats what a client sent.
type Problem struct {
	Kind Kind
	Text string
}

func (p *Problem) Error() string { return p.Text }

func problem(kind Kind, format string, arguments ...any) error {
	return &Problem{Kind: kind, Text: fmt.Sprintf(format, arguments...)}
}
