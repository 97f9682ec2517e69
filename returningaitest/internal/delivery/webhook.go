// Package delivery sends the community's events to webhooks: payloads,
// encryption, signatures, retries and faults. The cipher is the fake's own: a
// cipher shared with the SDK could not testify against it.
package delivery

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"time"

	"github.com/returningai/returningai-go/returningaitest/internal/community"
)

// Webhook is a receiver of events and the way to reach it. It does not print.
//
// Only the names of the events and the modes of encryption are documented.
// Everything else is assumed: the key and the signature that prove the sender,
// the header x-encrypted of encrypted bodies, the bodies and the retries.
type Webhook struct {
	unprintable

	URL    string                // http or https; it may hold a secret
	Events []community.EventName // at least one

	// ChannelID limits [community.EventMessagePostedToChannel] to one channel.
	// Empty reports every channel.
	ChannelID string

	Key        string // sent in the header x-api-key; empty sends none
	Encryption Encryption
	Signature  Signature

	// Flat puts the fields of the user, the channel, the item or the analysis
	// beside the others instead of into objects. The ids are then called userId,
	// channelId and productId.
	Flat bool

	// EventField names the field with the event; the default is "event". "-"
	// omits it, for receivers that know the event by the URL.
	EventField string

	// EventName spells an event; nil uses its constant.
	EventName func(community.EventName) string

	// A delivery is retried if the status is 408, 409, 425, 429 or at least
	// 500, or if there is no response: Attempts in all (default 5), after
	// RetryWait (default 10 ms), then twice that, and so on, in real time.
	Attempts  int
	RetryWait time.Duration

	Timeout time.Duration // of an attempt, in real time; default 10 seconds
}

// Protection holds the proofs that an incoming hook requires of its callers. The zero value
// requires only its URL. It does not print.
type Protection struct {
	unprintable

	// Key must come in the header x-api-key (documented).
	Key string

	// Encryption must be used, with the header x-encrypted: true (both
	// documented). The hook reads every layout, whatever Envelope and Encoding
	// are (assumed).
	Encryption Encryption

	// Signature must verify. That hooks look at signatures is assumed.
	Signature Signature
}

// Completed returns the protection with its defaults, or an error.
func (p Protection) Completed() (Protection, error) {
	var err error
	if p.Encryption, err = p.Encryption.Completed(); err == nil {
		p.Signature, err = p.Signature.Completed()
	}
	return p, err
}

// completed returns the webhook with its defaults, or an error without secrets.
func (w Webhook) completed() (Webhook, error) {
	address, err := url.Parse(w.URL)
	if err != nil || address.Scheme != "http" && address.Scheme != "https" || address.Host == "" {
		return w, errors.New("URL is not an absolute http or https URL")
	}
	if len(w.Events) == 0 {
		return w, errors.New("Events is empty")
	}
	for _, event := range w.Events {
		if !slices.Contains(community.EventNames(), event) {
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
		w.EventName = func(event community.EventName) string { return string(event) }
	}
	if w.Encryption, err = w.Encryption.Completed(); err != nil {
		return w, err
	}
	w.Signature, err = w.Signature.Completed()
	return w, err
}

func (w *Webhook) wants(event community.Event) bool {
	otherChannel := event.Name == community.EventMessagePostedToChannel && w.ChannelID != "" && w.ChannelID != event.Channel.ID
	return slices.Contains(w.Events, event.Name) && !otherChannel
}

// payload is the body of an event before it is encrypted.
func (w *Webhook) payload(event community.Event) []byte {
	body := map[string]any{}
	for _, part := range partsOf(event) {
		if !w.Flat {
			body[part.name] = part.fields
			continue
		}
		for name, value := range part.fields {
			if name == "_id" {
				name = part.idName
			}
			body[name] = value
		}
	}
	maps.Copy(body, fieldsOf(event))
	body["timestamp"] = event.At.Format("2006-01-02T15:04:05.000Z07:00")
	if w.EventField != "-" {
		body[w.EventField] = w.EventName(event.Name)
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // raw JSON of an analysis stays as it was given
	if err := encoder.Encode(body); err != nil {
		panic("returningaitest: writing an event: " + err.Error()) // a mistake in the fake
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n"))
}

// part is what a body describes in an object of its own, or flat.
type part struct {
	name   string // of the object
	idName string // of "_id" in a flat body
	fields map[string]any
}

func partsOf(event community.Event) []part {
	switch {
	case event.Message != nil:
		return []part{userPart("sender", event.User), {name: "channel", idName: "channelId", fields: map[string]any{
			"_id": event.Channel.ID, "topic": event.Channel.Topic, "channelType": event.Channel.Type,
		}}}
	case event.Purchase != nil:
		return []part{userPart("buyer", event.User), {name: "item", idName: "productId", fields: map[string]any{
			"_id": event.Purchase.ItemID, "name": event.Purchase.Item, "price": event.Purchase.Price, "quantity": event.Purchase.Quantity,
		}}}
	case event.Analysis != nil:
		return []part{{name: "analysis", idName: "_id", fields: event.Analysis}}
	}
	return []part{userPart("user", event.User)}
}

func userPart(name string, user *community.User) part {
	return part{name: name, idName: "userId", fields: map[string]any{
		"_id": user.ID, "username": user.Username, "displayName": user.DisplayName,
		"email": user.Email, "firstName": user.FirstName, "lastName": user.LastName,
	}}
}

// fieldsOf returns the fields of a body beside its parts.
func fieldsOf(event community.Event) map[string]any {
	all := map[string]any{}
	switch {
	case event.Message != nil:
		all["messageId"], all["message"] = event.Message.ID, event.Message.Text
		setUnlessEmpty(all, "forumTopicId", event.Message.ForumTopicID)
		setUnlessEmpty(all, "replyTo", event.Message.ReplyTo)
	case event.Purchase != nil:
		all["orderId"] = event.Purchase.OrderID
		setUnlessEmpty(all, "voucherCode", event.Purchase.VoucherCode)
	case event.Analysis == nil:
		all["serverId"], all["communityId"] = cmp.Or(event.ServerID, community.ID), community.ID
	}
	return all
}

func setUnlessEmpty(fields map[string]any, name, value string) {
	if value != "" {
		fields[name] = value
	}
}
