package returningaitest

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"time"
)

// WebhookEvent is a kind of event that webhooks report. The names are
// documented; the spelling of the first five on the wire is assumed.
type WebhookEvent string

// The events. A message that is posted is two: Returning.AI has a webhook for
// messages anywhere and one for those to a channel.
const (
	EventUserJoined             WebhookEvent = "user_joins_server"
	EventUserVisited            WebhookEvent = "user_visits_server"
	EventMessagePosted          WebhookEvent = "new_message_posted_anywhere"
	EventMessagePostedToChannel WebhookEvent = "new_message_posted_to_channel"
	EventItemPurchased          WebhookEvent = "purchased_store_item"
	EventAnalysisCreated        WebhookEvent = "create_analysis"
	EventAnalysisUpdated        WebhookEvent = "update_analysis"
)

var webhookEvents = []WebhookEvent{
	EventUserJoined, EventUserVisited, EventMessagePosted, EventMessagePostedToChannel,
	EventItemPurchased, EventAnalysisCreated, EventAnalysisUpdated,
}

// Webhook is where the server reports events to, and how. It does not print.
//
// Only the names of the events and the modes of encryption are documented.
// Everything else is assumed: the key and the signature that prove where a
// delivery comes from, the header x-encrypted on what is encrypted, the bodies
// and the repeats.
type Webhook struct {
	unprintable

	URL    string         // http or https; it may hold a secret
	Events []WebhookEvent // at least one

	// ChannelID narrows [EventMessagePostedToChannel] to one channel. Empty
	// reports every channel.
	ChannelID string

	Key        string // sent in the header x-api-key; empty sends none
	Encryption Encryption
	Signature  Signature

	// Flat puts the members of the user, the channel, the item or the analysis
	// beside the others, instead of into objects of their own. The ids are then
	// named userId, channelId and productId.
	Flat bool

	// EventField is the member that names the event, "event" when empty; "-"
	// leaves it out, for receivers that know the event by the URL.
	EventField string

	// EventName spells an event; nil spells it as its constant is.
	EventName func(WebhookEvent) string

	// A delivery is tried again when it is answered with 408, 409, 425, 429 or
	// 500 and above, or not at all: Attempts times altogether (5 when 0), after
	// RetryWait (10 ms when 0), then twice that, and so on, in real time.
	Attempts  int
	RetryWait time.Duration

	Timeout time.Duration // of an attempt, in real time; 10 seconds when 0
}

// SendWebhooks reports what happens from now on to webhooks. Deliveries to one
// URL are made one after the other, in the order of the events, while the
// server goes on; see [Server.WaitForDeliveries] and [Server.Deliveries]. At
// most 1,000 wait for each URL; what happens beyond that is dropped.
//
// Events are what the API does, and what the methods JoinUser, VisitServer,
// PurchaseItem, PublishAnalysis and UpdateAnalysis do. What is put there to
// begin with, such as by AddUser, is none.
//
// It panics when a webhook cannot be used or the server is closed.
func (s *Server) SendWebhooks(webhooks ...Webhook) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed() {
		panic("returningaitest: SendWebhooks: the server is closed")
	}
	for _, webhook := range webhooks {
		completed, err := webhook.completed()
		if err != nil {
			panic("returningaitest: SendWebhooks: " + err.Error())
		}
		s.outbox.webhooks = append(s.outbox.webhooks, &completed)
		s.openQueue(completed.URL)
	}
}

// completed returns the webhook with its defaults, or says what is wrong. The
// text holds nothing secret.
func (w Webhook) completed() (Webhook, error) {
	address, err := url.Parse(w.URL)
	if err != nil || address.Scheme != "http" && address.Scheme != "https" || address.Host == "" {
		return w, errors.New("URL is no absolute http or https URL")
	}
	if len(w.Events) == 0 {
		return w, errors.New("Events is empty")
	}
	for _, event := range w.Events {
		if !slices.Contains(webhookEvents, event) {
			return w, fmt.Errorf("Events: %q is unknown", event)
		}
	}
	if w.Attempts < 0 || w.RetryWait < 0 || w.Timeout < 0 {
		return w, errors.New("Attempts, RetryWait or Timeout is negative")
	}
	w.Events = slices.Clone(w.Events)
	w.EventField = cmp.Or(w.EventField, "event")
	w.Attempts = cmp.Or(w.Attempts, 5)
	w.RetryWait = cmp.Or(w.RetryWait, 10*time.Millisecond)
	w.Timeout = cmp.Or(w.Timeout, 10*time.Second)
	if w.EventName == nil {
		w.EventName = func(event WebhookEvent) string { return string(event) }
	}
	if w.Encryption, err = w.Encryption.completed(); err != nil {
		return w, err
	}
	w.Signature, err = w.Signature.completed()
	return w, err
}

// occurrence is something that webhooks report.
type occurrence struct {
	event     WebhookEvent
	at        time.Time
	channelID string         // of a message
	members   map[string]any // of the body
	parts     []bodyPart
}

// bodyPart is what a body describes in an object of its own, or flat.
type bodyPart struct {
	name    string // of the object
	idName  string // what "_id" is called when it is flat
	members map[string]any
}

// payload is the body of an occurrence, before it is encrypted.
func (w *Webhook) payload(happened occurrence) []byte {
	body := map[string]any{}
	for _, part := range happened.parts {
		if !w.Flat {
			body[part.name] = part.members
			continue
		}
		for name, value := range part.members {
			if name == "_id" {
				name = part.idName
			}
			body[name] = value
		}
	}
	maps.Copy(body, happened.members)
	body["timestamp"] = happened.at.Format("2006-01-02T15:04:05.000Z07:00")
	if w.EventField != "-" {
		body[w.EventField] = w.EventName(happened.event)
	}
	return mustMarshal(body)
}

func (w *Webhook) wants(happened occurrence) bool {
	elsewhere := happened.event == EventMessagePostedToChannel && w.ChannelID != "" && w.ChannelID != happened.channelID
	return slices.Contains(w.Events, happened.event) && !elsewhere
}

// userPart describes a user; name is their part in what happened.
func userPart(name string, user *User) bodyPart {
	return bodyPart{name: name, idName: "userId", members: map[string]any{
		"_id": user.ID, "username": user.Username, "displayName": user.DisplayName,
		"email": user.Email, "firstName": user.FirstName, "lastName": user.LastName,
	}}
}

// emitUser reports what a user did to the server. The caller holds the lock.
func (s *Server) emitUser(event WebhookEvent, user *User, at time.Time) {
	s.emit(occurrence{
		event: event, at: at,
		members: map[string]any{
			"serverId": cmp.Or(s.state.servers.first(), communityID), "communityId": communityID,
		},
		parts: []bodyPart{userPart("user", user)},
	})
}

// emitMessage reports a message, to both webhooks that there are for one. The
// caller holds the lock.
func (s *Server) emitMessage(message Message) {
	channel := s.state.channels.find(message.ChannelID)
	members := map[string]any{"messageId": message.ID, "message": message.Text}
	for name, value := range map[string]string{"forumTopicId": message.ForumTopicID, "replyTo": message.ReplyTo} {
		if value != "" {
			members[name] = value
		}
	}
	for _, event := range []WebhookEvent{EventMessagePosted, EventMessagePostedToChannel} {
		s.emit(occurrence{
			event: event, at: message.SentAt, channelID: channel.ID, members: members,
			parts: []bodyPart{
				userPart("sender", s.state.users.named(message.Sender)),
				{name: "channel", idName: "channelId", members: map[string]any{
					"_id": channel.ID, "topic": channel.Topic, "channelType": channel.Type,
				}},
			},
		})
	}
}
