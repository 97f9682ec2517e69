package webhooks

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// defaultKindFields are the fields that name the kind of an event (assumed).
var defaultKindFields = []string{"event", "eventType", "type", "webhookType"}

// kindReader decides the kind of an event.
type kindReader struct {
	fields []string        // fields that name the kind
	paths  map[string]Kind // kinds bound to a URL path
	names  map[string]Kind // further names, normalised
}

// ParseEvent returns the typed event of a JSON body: one of the types that
// [Event] lists. It verifies nothing: use it for the Raw of an event that a
// [Receiver] verified, such as one that comes back from a queue. The error
// matches [ErrMalformed].
func ParseEvent(raw []byte) (Event, error) {
	event, ok := readContent(slices.Clone(raw))
	if !ok {
		return nil, ErrMalformed
	}
	return kindReader{fields: defaultKindFields}.read(event, "", false), nil
}

// read makes the event of a body. The kind that is bound to the URL path holds
// where the body names none that is known. If a proof covers the body, it holds
// only where the body names none at all: nothing proves the path.
func (k kindReader) read(event content, bound Kind, proven bool) Event {
	kind, name, known := k.kind(event.fields)
	if bound != "" && !known && (name == "" || !proven) {
		kind = bound
	}
	return makeEvent(kind, name, event)
}

// makeEvent makes the event of a kind.
func makeEvent(kind Kind, name string, event content) Event {
	body := payload{top: event.fields, body: event.fields}
	if wrapped := event.fields.object("data", "payload"); wrapped != nil {
		body.body = wrapped
	}
	base := EventBase{Kind: kind, Name: name, ServerID: body.serverID(), Time: body.time(), Raw: slices.Clip(event.raw)}
	if known, ok := kinds[normalise(string(kind))]; ok {
		return known.read(base, body)
	}
	return Unknown{base}
}

// kind returns the kind that the body names: the first name that is known, or
// else the first there is.
func (k kindReader) kind(top object) (kind Kind, name string, known bool) {
	first := ""
	for _, field := range k.fields {
		name, _ := unquote(top.get(field))
		if kind, ok := k.known(name); ok {
			return kind, name, true
		}
		first = cmp.Or(first, name)
	}
	return Kind(first), first, false
}

func (k kindReader) known(name string) (Kind, bool) {
	normalised := normalise(name)
	if kind, ok := k.names[normalised]; ok {
		return kind, true
	}
	known, ok := kinds[normalised]
	return known.kind, ok
}

// payload is the content of an event: the fields of the body, or those of the
// object that it wraps them in.
type payload struct{ top, body object }

func (p payload) serverID() string {
	for _, members := range []object{p.body, p.top} {
		server := members.object("server", "community")
		if id := cmp.Or(members.text("serverId", "communityId", "server_id", "community_id"), server.text("_id", "id")); id != "" {
			return id
		}
	}
	return ""
}

func (p payload) time() time.Time {
	for _, members := range []object{p.body, p.top} {
		for _, name := range []string{"createdAt", "timestamp", "time", "occurredAt", "date"} {
			if at := parseTime(members.text(name)); !at.IsZero() {
				return at
			}
		}
	}
	return time.Time{}
}

// user reads a user from a nested object, or from fields beside the rest. The
// flat names of the id differ, since a bare id may be that of something else.
func (p payload) user(nested []string, flatID ...string) User {
	own := p.body.object(nested...)
	return User{
		ID:          cmp.Or(own.text("userId", "user_id", "_id", "id"), p.body.text(flatID...)),
		Username:    cmp.Or(own.text("username"), p.body.text("username")),
		DisplayName: cmp.Or(own.text("displayName", "displayname"), p.body.text("displayName", "displayname")),
		Email:       cmp.Or(own.text("email"), p.body.text("email")),
		FirstName:   cmp.Or(own.text("firstName", "firstname"), p.body.text("firstName", "firstname")),
		LastName:    cmp.Or(own.text("lastName", "lastname"), p.body.text("lastName", "lastname")),
	}
}

// sender reads a user who may also be given as the REST API takes one: by
// username or email.
func (p payload) sender() User {
	user := p.user([]string{"sender", "user"}, "userId", "user_id")
	if text, _ := unquote(p.body.get("sender")); strings.Contains(text, "@") {
		user.Email = cmp.Or(user.Email, text)
	} else {
		user.Username = cmp.Or(user.Username, text)
	}
	return user
}

func readUserJoined(base EventBase, content payload) Event {
	return UserJoinedServer{base, content.user([]string{"user"}, "userId", "user_id", "_id", "id")}
}

func readUserVisited(base EventBase, content payload) Event {
	return UserVisitedServer{base, content.user([]string{"user"}, "userId", "user_id", "_id", "id")}
}

func readMessagePosted(base EventBase, content payload) Event {
	body, message, channel := content.body, content.body.object("message"), content.body.object("channel")
	return MessagePosted{
		EventBase: base,
		MessageID: cmp.Or(message.text("messageId", "_id", "id"), body.text("messageId", "_id", "id")),
		Message:   cmp.Or(message.text("message", "content"), body.text("message", "content")),
		Channel: Channel{
			ID:    cmp.Or(channel.text("channelId", "channel_id", "_id", "id"), body.text("channelId", "channel_id")),
			Topic: cmp.Or(channel.text("topic", "name"), body.text("topic", "name")),
			Type:  cmp.Or(channel.text("channelType"), body.text("channelType")),
		},
		ForumTopicID: body.text("forumTopicId"),
		Sender:       content.sender(),
		ReplyTo:      cmp.Or(body.object("replyTo").text("messageId", "_id", "id"), body.text("replyTo")),
	}
}

func readStoreItemPurchased(base EventBase, content payload) Event {
	body, item := content.body, content.body.object("item", "product")
	return StoreItemPurchased{
		EventBase: base,
		OrderID:   body.text("orderId", "transactionId"),
		Item: StoreItem{
			ID:       cmp.Or(item.text("productId", "_id", "id"), body.text("productId", "_id")),
			Name:     cmp.Or(item.text("name"), body.text("name")),
			Price:    cmp.Or(item.number("price"), body.number("price")),
			Quantity: cmp.Or(toInt(item.number("quantity")), toInt(body.number("quantity"))),
		},
		Buyer:       content.user([]string{"buyer", "user"}, "userId", "user_id"),
		VoucherCode: body.text("voucherCode"),
	}
}

func readAnalysisCreated(base EventBase, _ payload) Event { return AnalysisCreated{base} }

func readAnalysisUpdated(base EventBase, _ payload) Event { return AnalysisUpdated{base} }

// text returns the first of the named fields that is a string that is not
// empty, or a number as it was written; ids come as either.
func (o object) text(names ...string) string {
	for _, name := range names {
		value := o.get(name)
		text, _ := unquote(value)
		if value.Kind() == jsontext.KindNumber {
			text = string(value)
		}
		if text != "" {
			return text
		}
	}
	return ""
}

// number returns a field that is a number, or a string that holds one.
func (o object) number(name string) json.Number {
	text := strings.Trim(o.text(name), jsonSpace)
	if !isNumber(text) {
		return ""
	}
	return json.Number(text)
}

// object returns the first of the named fields that is an object, or nil.
func (o object) object(names ...string) object {
	for _, name := range names {
		if value := o.get(name); value.Kind() == jsontext.KindBeginObject {
			fields, _ := readObject(value, len(value))
			return fields
		}
	}
	return nil
}

// toInt returns the whole number that number is, or 0.
func toInt(number json.Number) int {
	value, err := strconv.ParseFloat(number.String(), 64)
	// From 2^53 on a float holds no exact count.
	if err != nil || value != math.Trunc(value) || math.Abs(value) >= 1<<53 {
		return 0
	}
	return int(value)
}

// timeLayouts are the formats of the REST API's responses.
var timeLayouts = []string{time.RFC3339, time.DateOnly, "02/01/2006"}

// parseTime reads an RFC 3339 time, a date, or Unix seconds or milliseconds. It
// returns the zero time for anything else.
func parseTime(text string) time.Time {
	for _, layout := range timeLayouts {
		if at, err := time.Parse(layout, text); err == nil {
			return at
		}
	}
	number, _ := strconv.ParseInt(text, 10, 64) // 0, or out of bounds, with an error
	switch {
	case number <= 0 || number >= 1e14:
		return time.Time{}
	case number < 1e11: // seconds until the year 5138
		return time.Unix(number, 0).UTC()
	}
	return time.UnixMilli(number).UTC()
}
