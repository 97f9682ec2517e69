package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/returningai/returningai-go/returningaitest"
)

// How many of each the state holds. The totals count all.
const (
	shownUsers      = 200
	shownMessages   = 200
	shownDeliveries = 200
)

// state is the community for the page and for GET /_control/state.
type state struct {
	Users      section[user]     `json:"users"`
	Channels   []channel         `json:"channels"`
	Messages   section[message]  `json:"messages"`
	Deliveries section[delivery] `json:"deliveries"`
	Faults     []pendingFault    `json:"faults"`
}

// section is the part of a list that is shown: its first users, but the latest
// of everything else.
type section[T any] struct {
	Total int `json:"total"`
	Shown []T `json:"shown"`
}

type user struct {
	returningaitest.User

	Badges  []string `json:"badges"`  // titles, one for each award
	Granted []string `json:"granted"` // titles of roles that the API gave
}

type channel struct {
	ID    string `json:"id"`
	Topic string `json:"topic"`
	Type  string `json:"type"`
}

type message = returningaitest.Message

func (c *console) state() state {
	users, messages, deliveries := c.srv.Members(), c.srv.Messages(), c.srv.Deliveries()
	return state{
		Users:    section[user]{len(users), showAll(users[:min(len(users), shownUsers)], showUser)},
		Channels: showAll(c.srv.Channels(), func(ch returningaitest.Channel) channel { return channel{ch.ID, ch.Topic, ch.Type} }),
		Messages: section[message]{len(messages), messages[max(0, len(messages)-shownMessages):]},
		Deliveries: section[delivery]{
			len(deliveries), showDeliveries(deliveries[max(0, len(deliveries)-shownDeliveries):]),
		},
		Faults: showFaults(c.srv.Faults()),
	}
}

func showUser(m returningaitest.Member) user {
	return user{
		User:    m.User,
		Badges:  showAll(m.Badges, func(b returningaitest.Badge) string { return b.Title }),
		Granted: showAll(m.Granted, func(r returningaitest.Role) string { return r.Title }),
	}
}

// delivery shows neither URL nor body: both may hold secrets.
type delivery struct {
	Number   int64                         `json:"number"`
	Event    returningaitest.WebhookEvent  `json:"event"`
	State    returningaitest.DeliveryState `json:"state"`
	Attempts []int                         `json:"attempts"` // statuses; 0 is no response
}

func showDeliveries(deliveries []returningaitest.Delivery) []delivery {
	return showAll(deliveries, func(d returningaitest.Delivery) delivery {
		return delivery{d.Number, d.Event, d.State, showAll(d.Attempts, func(a returningaitest.DeliveryAttempt) int { return a.Status })}
	})
}

// loggedRequest is an entry of the request log, without credentials.
type loggedRequest struct {
	Number       int64     `json:"number"`
	Time         time.Time `json:"time"`
	Operation    string    `json:"operation"`
	Method       string    `json:"method"`
	Path         string    `json:"path"`
	Status       int       `json:"status"`
	Microseconds int64     `json:"microseconds"`
	Fault        string    `json:"fault,omitempty"`
	Query        string    `json:"query,omitempty"`
	Body         string    `json:"body,omitempty"`
}

func showRequest(r returningaitest.Request) loggedRequest {
	shown := loggedRequest{
		Number: r.Number, Time: r.Time, Operation: r.Operation, Method: r.Method, Path: r.Path,
		Status: r.Status, Microseconds: r.Duration.Microseconds(), Fault: r.Fault,
	}
	if r.Family == returningaitest.Webhooks { // the URL of a hook is a secret
		shown.Path = "/incoming/…"
	}
	return shown
}

func showAll[T, S any](items []T, show func(T) S) []S {
	shown := make([]S, 0, len(items))
	for _, item := range items {
		shown = append(shown, show(item))
	}
	return shown
}

// How often the stream reports changes at most, and says that it is alive.
const (
	streamPause = 100 * time.Millisecond
	streamAlive = 15 * time.Second
)

// stream sends the state and the request log as server-sent events, and again
// what changes: the events state and requests.
func (c *console) stream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	flusher := http.NewResponseController(w)
	var lastState []byte
	log := tail{srv: c.srv}
	for {
		changed := c.srv.Changed()
		if text := mustMarshal(c.state()); !bytes.Equal(text, lastState) {
			lastState = text
			_, _ = fmt.Fprintf(w, "event: state\ndata: %s\n\n", text) // Flush reports a lost client
		}
		if entries := log.next(); len(entries) > 0 {
			_, _ = fmt.Fprintf(w, "event: requests\ndata: %s\n\n", mustMarshal(entries))
		}
		if flusher.Flush() != nil || !waitForChange(w, r, changed) {
			return
		}
	}
}

// tail follows the request log.
type tail struct {
	srv  *returningaitest.Server
	last int64
	open map[int64]bool // requests without a response so far
}

// next returns new requests, and older ones that have got their response.
func (t *tail) next() []loggedRequest {
	after := t.last
	for number := range t.open {
		after = min(after, number-1)
	}
	var fresh []loggedRequest
	open := map[int64]bool{}
	for _, request := range t.srv.RequestsAfter(after) {
		isOpen := request.Duration == 0
		if request.Number > t.last || t.open[request.Number] && !isOpen {
			fresh = append(fresh, showRequest(request))
		}
		if isOpen {
			open[request.Number] = true
		}
		t.last = max(t.last, request.Number)
	}
	t.open = open
	return fresh
}

// waitForChange waits for a change, then a moment for more. It reports whether
// the client is still there.
func waitForChange(w http.ResponseWriter, r *http.Request, changed <-chan struct{}) bool {
	for {
		select {
		case <-changed:
			select {
			case <-time.After(streamPause):
				return true
			case <-r.Context().Done():
				return false
			}
		case <-time.After(streamAlive):
			_, _ = fmt.Fprint(w, ": alive\n\n")
			if http.NewResponseController(w).Flush() != nil {
				return false
			}
		case <-r.Context().Done():
			return false
		}
	}
}

func mustMarshal(value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		panic("console: " + err.Error()) // only plain types are shown
	}
	return text
}
