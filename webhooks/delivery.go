package webhooks

import (
	"context"
	"errors"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Delivery is a request that has been verified, decrypted and read.
//
// It marshals to JSON and back, so that a queue can carry it: pass what you
// unmarshal to [Receiver.Dispatch]. The JSON holds the decrypted event, and
// nothing proves it any more: use a queue that you trust.
type Delivery struct {
	// Event is the event, one of the types that [Event] lists.
	Event Event
	// ID is the id of the delivery that a verifier authenticated; duplicates of
	// a delivery have the same. Empty if no verifier authenticates one.
	ID string
	// Timestamp is the time that a verifier authenticated, or zero.
	Timestamp time.Time
	// Matches names the secret that each verifier matched.
	Matches []Match
	// KeyID is the id of the key that decrypted the body; empty when the body
	// came in plaintext.
	KeyID string
	// DedupeKey is the same for all duplicates of this delivery; see
	// [Deduper]. Empty means that nothing tells a duplicate from a new event:
	// the delivery is passed on each time it arrives.
	DedupeKey string
}

// delivery puts a delivery together.
func (r *receiver) delivery(in *inbound, proven proof, event content, keyID string) *Delivery {
	bodyProven := r.verifiers.proves().body || keyID != "" && r.decrypter.mode == AES256GCM
	made := &Delivery{
		Event:     r.kinds.read(event, r.kinds.paths[in.path], bodyProven),
		ID:        proven.id,
		Timestamp: proven.timestamp,
		Matches:   proven.matches,
		KeyID:     keyID,
	}
	switch {
	case proven.id != "":
		made.DedupeKey = dedupeKey("id", proven.idFrom, in.path, proven.id)
	case r.bodyDigest:
		made.DedupeKey = dedupeKey("body", in.path, string(made.Event.Base().Kind), string(event.raw))
	}
	return made
}

// deliveryJSON is how a Delivery travels.
type deliveryJSON struct {
	ID        string         `json:"id,omitzero"`
	Timestamp time.Time      `json:"timestamp,omitzero"`
	Matches   []Match        `json:"matches,omitempty"`
	KeyID     string         `json:"keyId,omitzero"`
	DedupeKey string         `json:"dedupeKey,omitzero"`
	Kind      Kind           `json:"kind,omitzero"`
	Name      string         `json:"name,omitzero"`
	Event     jsontext.Value `json:"event,omitzero"`
	EventRaw  []byte         `json:"eventRaw,omitzero"` // in base64: JSON with faults that a strict reader refuses
}

// MarshalJSON implements json.Marshaler. It fails for a Delivery without an
// event.
func (d Delivery) MarshalJSON() ([]byte, error) {
	if d.Event == nil {
		return nil, errors.New("webhooks: marshal delivery: it has no event")
	}
	base := d.Event.Base()
	travels := deliveryJSON{
		ID: d.ID, Timestamp: d.Timestamp, Matches: d.Matches, KeyID: d.KeyID, DedupeKey: d.DedupeKey,
		Kind: base.Kind, Name: base.Name,
	}
	if event := jsontext.Value(base.Raw); event.IsValid() {
		travels.Event = event
	} else {
		travels.EventRaw = base.Raw
	}
	return json.Marshal(travels)
}

// UnmarshalJSON implements json.Unmarshaler.
func (d *Delivery) UnmarshalJSON(data []byte) error {
	var travels deliveryJSON
	if err := json.Unmarshal(data, &travels); err != nil {
		return errors.New("webhooks: unmarshal delivery: not the JSON of a Delivery")
	}
	raw := travels.EventRaw
	if raw == nil {
		raw = travels.Event
	}
	event, ok := readContent(raw)
	if !ok {
		return errors.New("webhooks: unmarshal delivery: it has no event")
	}
	*d = Delivery{
		Event: makeEvent(travels.Kind, travels.Name, event),
		ID:    travels.ID, Timestamp: travels.Timestamp, Matches: travels.Matches, KeyID: travels.KeyID, DedupeKey: travels.DedupeKey,
	}
	return nil
}

// deliveryKey is the context key of a Delivery.
type deliveryKey struct{}

// DeliveryFrom returns the delivery that a callback, or a handler behind
// [Receiver.Middleware], works on.
func DeliveryFrom(ctx context.Context) (*Delivery, bool) {
	delivery, ok := ctx.Value(deliveryKey{}).(*Delivery)
	return delivery, ok
}

func withDelivery(ctx context.Context, delivery *Delivery) context.Context {
	return context.WithValue(ctx, deliveryKey{}, delivery)
}
