package delivery

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/returningai/returningai-go/returningaitest/internal/community"
)

// State is the outcome of a delivery.
type State string

// The states of a delivery.
const (
	Pending   State = "pending"
	Delivered State = "delivered" // the status is 200 to 299
	Failed    State = "failed"    // refused, no attempt is left, or cut short by Close
	Dropped   State = "dropped"   // too many were waiting
)

// Delivery is one event on its way to one webhook. It holds credentials: it
// prints as a summary without URL, headers and bodies.
type Delivery struct {
	Number   int64  // 1 is the first that the server made
	ID       string // the same in every attempt; sent by [StandardWebhooks] as webhook-id
	Event    community.EventName
	URL      string
	Payload  json.RawMessage // the body before it was encrypted
	State    State
	Attempts []Attempt // duplicates of a [Fault] included
}

// Attempt is one request of a delivery. It does not print.
type Attempt struct {
	unprintable

	Time   time.Time // by the server's clock
	Header http.Header
	Body   []byte // as it was sent
	Status int    // 0 if there was no response
	Err    error  // why there was none
}

// String returns a summary without secrets.
func (d Delivery) String() string {
	statuses := make([]int, len(d.Attempts))
	for i, attempt := range d.Attempts {
		statuses[i] = attempt.Status
	}
	return fmt.Sprintf("delivery %d: %s %s, statuses %v", d.Number, d.Event, d.State, statuses)
}

// Format implements [fmt.Formatter] for every verb: all write the summary.
func (d Delivery) Format(state fmt.State, _ rune) { community.Print(state, d.String()) }

// MarshalText implements [encoding.TextMarshaler], for JSON and slog too, with
// the summary.
func (d Delivery) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

func (d *Delivery) clone() Delivery {
	copied := *d
	copied.Payload, copied.Attempts = bytes.Clone(d.Payload), slices.Clone(d.Attempts)
	for i, attempt := range copied.Attempts {
		copied.Attempts[i].Header, copied.Attempts[i].Body = attempt.Header.Clone(), bytes.Clone(attempt.Body)
	}
	return copied
}

// Fault simulates failures of the sender and the network.
//
// An event that a webhook reports meets at most one fault, at the moment it
// happens: the first that is not used up and matches. Duplicates and retries of
// the delivery meet the same fault.
type Fault struct {
	Event community.EventName // empty matches every event
	Times int                 // how many deliveries it hits: 0 is one, -1 all
	Delay time.Duration       // waited, in real time, before the first attempt; later deliveries wait too

	// Repeat delivers so many times more, each with the same id and body,
	// whether or not it was delivered before.
	Repeat int

	// Age dates the signature of [StandardWebhooks] so long ago, as if the
	// delivery had been delayed or replayed; a negative age is in the future.
	Age time.Duration

	// Alter changes an attempt after it is encrypted and signed: it may change
	// the header and returns the body to send. Deliveries to several URLs call
	// it concurrently. Nil changes nothing.
	Alter func(header http.Header, body []byte) []byte
}

func (f Fault) check() error {
	switch {
	case f.Event != "" && !slices.Contains(community.EventNames(), f.Event):
		return fmt.Errorf("Event %q is unknown", f.Event)
	case f.Times < -1 || f.Repeat < 0 || f.Delay < 0:
		return errors.New("Times, Repeat or Delay is negative")
	case f.Delay == 0 && f.Repeat == 0 && f.Age == 0 && f.Alter == nil:
		return errors.New("the fault has neither Delay, Repeat, Age nor Alter")
	}
	return nil
}

type pendingFault struct {
	Fault
	left int // < 0 is without end
}
