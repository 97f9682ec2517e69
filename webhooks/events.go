package webhooks

import (
	"encoding/json"
	"strings"
	"time"
)

// Kind is a kind of event. Its values are the event names of the vendor's
// documentation in snake case; a kind that is not among the constants is kept
// as it was sent.
type Kind string

// The kinds that are known. The names are documented, how they are spelled on
// the wire is assumed: every spelling that differs only in case, spaces and
// punctuation is read, and [WithEventName] adds others.
const (
	KindUserJoinedServer       Kind = "user_joins_server"
	KindUserVisitedServer      Kind = "user_visits_server"
	KindMessagePostedAnywhere  Kind = "new_message_posted_anywhere"
	KindMessagePostedToChannel Kind = "new_message_posted_to_channel"
	KindStoreItemPurchased     Kind = "purchased_store_item"
	KindAnalysisCreated        Kind = "create_analysis"
	KindAnalysisUpdated        Kind = "update_analysis"
)

// kinds maps every known kind by its normalised name to the function that
// reads its event.
var kinds = map[string]struct {
	kind Kind
	read func(EventBase, payload) Event
}{
	normalise(string(KindUserJoinedServer)):       {KindUserJoinedServer, readUserJoined},
	normalise(string(KindUserVisitedServer)):      {KindUserVisitedServer, readUserVisited},
	normalise(string(KindMessagePostedAnywhere)):  {KindMessagePostedAnywhere, readMessagePosted},
	normalise(string(KindMessagePostedToChannel)): {KindMessagePostedToChannel, readMessagePosted},
	normalise(string(KindStoreItemPurchased)):     {KindStoreItemPurchased, readStoreItemPurchased},
	normalise(string(KindAnalysisCreated)):        {KindAnalysisCreated, readAnalysisCreated},
	normalise(string(KindAnalysisUpdated)):        {KindAnalysisUpdated, readAnalysisUpdated},
}

// normalise makes user_joins_server, userJoinsServer and "User Joins Server"
// one.
func normalise(name string) string {
	return strings.Map(func(letter rune) rune {
		switch {
		case 'A' <= letter && letter <= 'Z':
			return letter + 'a' - 'A'
		case 'a' <= letter && letter <= 'z', '0' <= letter && letter <= '9':
			return letter
		}
		return -1
	}, name)
}

// Event is the event of a delivery: one of [UserJoinedServer],
// [UserVisitedServer], [MessagePosted], [StoreItemPurchased],
// [AnalysisCreated], [AnalysisUpdated] and [Unknown], as a value.
type Event interface {
	// Base returns what all events have in common.
	Base() EventBase
}

// EventBase holds the fields of all events.
//
// The bodies of events are not documented: where each field stands is assumed
// from the spellings of the REST API. A field that is absent, or of a type
// that does not fit, is left zero and never refuses the event; Raw has
// everything.
type EventBase struct {
	Kind Kind
	// Name is the name of the event as sent; empty when the body has none.
	Name string
	// ServerID is the id of the community that the event happened in.
	ServerID string
	// Time is when it happened; zero when the body does not say readably.
	Time time.Time
	// Raw is the JSON of the event, decrypted.
	Raw json.RawMessage
}

// Base returns e itself.
func (e EventBase) Base() EventBase { return e }

// User is a user as far as an event describes one.
//
// ID is of unknown kind: the user number, the object id or the username. The
// operations of the API take one kind each. So look the user up by Email with
// Integration.Users.Get, which returns all of them: Badges.Award, for example,
// takes its UserID.
type User struct {
	ID          string
	Username    string
	DisplayName string
	Email       string
	FirstName   string
	LastName    string
}

// UserJoinedServer reports that a user joined the community.
type UserJoinedServer struct {
	EventBase
	User User
}

// UserVisitedServer reports that a user visited the community.
type UserVisitedServer struct {
	EventBase
	User User
}

// MessagePosted reports a message. Its Kind tells the two hooks apart: see
// [MessagePosted.ToChannel].
type MessagePosted struct {
	EventBase
	MessageID    string
	Message      string
	Channel      Channel
	ForumTopicID string // set in channels of the type forum
	Sender       User
	ReplyTo      string // id of the message that this is a reply to
}

// ToChannel reports whether the event comes from the hook for one channel,
// rather than from the one for messages anywhere.
func (e MessagePosted) ToChannel() bool { return e.Kind == KindMessagePostedToChannel }

// Channel is a channel as far as an event describes one.
type Channel struct {
	ID    string
	Topic string // its name
	Type  string // such as open or forum
}

// StoreItemPurchased reports that a user bought something in the store.
type StoreItemPurchased struct {
	EventBase
	OrderID     string // such as ORD…
	Item        StoreItem
	Buyer       User
	VoucherCode string
}

// StoreItem is an item that was bought.
type StoreItem struct {
	ID   string
	Name string
	// Price is the number as sent, in the currency of the store; empty when
	// it is missing.
	Price json.Number
	// Quantity is how many were bought; zero when the body does not say.
	Quantity int
}

// AnalysisCreated reports a new chart analysis; Raw has it in full.
type AnalysisCreated struct{ EventBase }

// AnalysisUpdated reports a changed chart analysis; Raw has it.
type AnalysisUpdated struct{ EventBase }

// Unknown is an event of a kind that this package does not know, or whose body
// names none. Kind and Name are as sent.
type Unknown struct{ EventBase }
