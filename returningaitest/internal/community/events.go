package community

import "time"

// EventName names an event that webhooks report. The names are documented; the
// spelling of the first five on the wire is assumed.
type EventName string

// The events. A message is reported twice: Returning.AI has a webhook for
// messages anywhere and one for messages to a channel.
const (
	EventUserJoined             EventName = "user_joins_server"
	EventUserVisited            EventName = "user_visits_server"
	EventMessagePosted          EventName = "new_message_posted_anywhere"
	EventMessagePostedToChannel EventName = "new_message_posted_to_channel"
	EventItemPurchased          EventName = "purchased_store_item"
	EventAnalysisCreated        EventName = "create_analysis"
	EventAnalysisUpdated        EventName = "update_analysis"
)

// EventNames lists the events.
func EventNames() []EventName {
	return []EventName{
		EventUserJoined, EventUserVisited, EventMessagePosted, EventMessagePostedToChannel,
		EventItemPurchased, EventAnalysisCreated, EventAnalysisUpdated,
	}
}

// Event is something that webhooks report. It refers to the community's own
// items: the receiver reads them before it returns, and changes nothing.
type Event struct {
	Name     EventName
	At       time.Time
	ServerID string
	User     *User // who joined, visited, sent or bought
	Message  *Message
	Channel  *Channel // of Message
	Purchase *Purchase
	Analysis map[string]any
}

func (c *Community) reportUser(name EventName, user *User) {
	c.report(Event{Name: name, At: c.Now(), ServerID: c.FirstServerID(), User: user})
}

func (c *Community) reportMessage(message *Message) {
	channel, user := c.Channels.byID[message.ChannelID], c.Users.Named(message.Sender)
	for _, name := range []EventName{EventMessagePosted, EventMessagePostedToChannel} {
		c.report(Event{Name: name, At: message.SentAt, User: user, Message: message, Channel: channel})
	}
}
