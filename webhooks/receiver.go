package webhooks

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
)

// Receiver receives deliveries: it is an [http.Handler] whose callbacks [On]
// registers, it can stand before a handler of yours with
// [Receiver.Middleware], or parse requests for you with [Receiver.Parse]. Make
// one with [NewReceiver]. It is safe for concurrent use.
//
// It holds secrets and shows none of them, however it is printed.
type Receiver struct{ *receiver }

// receiver holds everything that is secret behind a second pointer: fmt follows
// one when a verb does not fit.
type receiver struct {
	*receiverConfig
	queue *queue // nil unless asynchronous

	mu        sync.RWMutex
	callbacks map[reflect.Type]callback
	serving   bool

	sayOnce sync.Once // that deliveries cannot be deduplicated
}

// NewReceiver makes a receiver. Every verifier given must pass; see [AnyOf].
//
// It refuses setups that are weak: nothing that authenticates, empty, short or
// repeated secrets, keys that are not 32 bytes, AES-256-CBC alone. All
// problems are reported together, each with the name of its option.
func NewReceiver(options ...ReceiverOption) (*Receiver, error) {
	config := defaultReceiverConfig()
	var problems []error
	for _, option := range options {
		if option == nil {
			problems = append(problems, errors.New("an option is nil"))
			continue
		}
		problems = append(problems, option.applyReceiver(config))
	}
	// An option that failed leaves gaps that are not the user's combination.
	if errors.Join(problems...) == nil {
		problems = append(problems, config.check())
	}
	if err := errors.Join(problems...); err != nil {
		return nil, fmt.Errorf("webhooks: new receiver: %w", err)
	}
	if config.decrypter != nil {
		config.decrypter.complete(config.names, config.blobIV)
	}
	if config.deduper == nil {
		config.deduper, _ = NewMemoryDeduper(defaultDedupeCapacity, defaultDedupeRetention)
	}
	made := &receiver{receiverConfig: config, callbacks: map[reflect.Type]callback{}}
	if config.async != nil {
		made.queue = newQueue(*config.async)
	}
	return &Receiver{made}, nil
}

// Format implements [fmt.Formatter]: every verb shows how deliveries are
// proven, and no secret.
func (r Receiver) Format(state fmt.State, _ rune) {
	if r.receiver == nil {
		_, _ = io.WriteString(state, "webhooks.Receiver(none)")
		return
	}
	var parts []string
	for _, one := range r.verifiers {
		parts = append(parts, one.name())
	}
	if r.decrypter != nil {
		parts = append(parts, r.decrypter.mode.String())
	}
	// A formatter has no way to report a failed write.
	_, _ = fmt.Fprintf(state, "webhooks.Receiver(%s)", strings.Join(parts, ", "))
}

// Delivery is a request that has been verified, decrypted and read.
type Delivery struct {
	// Event is the event, one of the types that [Event] lists.
	Event Event
	// ID is the id of the delivery that a verifier authenticated; repeats of a
	// delivery have the same. Empty when there is none.
	ID string
	// Timestamp is the time that a verifier authenticated, or zero.
	Timestamp time.Time
	// Matches says which secret each verifier matched.
	Matches []Match
	// KeyID is the id of the key that decrypted the body; empty when the body
	// came in plaintext.
	KeyID string
	// DedupeKey is what repeats of this delivery are known by. Empty means
	// that nothing tells a repeat from a new event: the delivery is passed on
	// each time it arrives.
	DedupeKey string
}

// Parse verifies, decrypts and reads a request. It is what the handler does
// before deduplication and callbacks; see [Receiver.Dispatch] for those.
//
// It consumes the request's body. Its errors match the sentinels of this
// package; [Answer] writes the answer that fits.
func (r *Receiver) Parse(request *http.Request) (*Delivery, error) {
	delivery, _, err := r.parse(request)
	return delivery, err
}

// parse is Parse, and returns the body as it was received too.
func (r *receiver) parse(request *http.Request) (*Delivery, []byte, error) {
	if request.Method != http.MethodPost {
		return nil, nil, ErrMethod
	}
	if !acceptable(request.Header) {
		return nil, nil, ErrMediaType
	}
	body, err := r.readBody(request)
	if err != nil {
		return nil, nil, err
	}
	found, err := verifyAll(r.verifiers, &inbound{
		header:    request.Header,
		rawQuery:  request.URL.RawQuery,
		body:      body,
		now:       r.clock(),
		tolerance: r.tolerance,
	})
	if err != nil {
		return nil, nil, err
	}
	plaintext, keyID, err := r.decrypt(request.Header, body)
	if err != nil {
		return nil, nil, err
	}
	delivery := &Delivery{
		Event:     r.kinds.read(plaintext, request.URL.Path),
		ID:        found.id,
		Timestamp: found.timestamp,
		Matches:   found.matches,
		KeyID:     keyID,
	}
	delivery.DedupeKey = r.dedupeKey(request.Context(), delivery, plaintext)
	return delivery, body, nil
}

// acceptable refuses forms, whose values are none of ours, and compression,
// which would be undone before anything is verified.
func acceptable(header http.Header) bool {
	isForm := slices.ContainsFunc(header.Values("Content-Type"), func(value string) bool {
		media, _, _ := strings.Cut(value, ";")
		media = strings.ToLower(strings.TrimSpace(media))
		return media == "application/x-www-form-urlencoded" || strings.HasPrefix(media, "multipart/")
	})
	isEncoded := slices.ContainsFunc(header.Values("Content-Encoding"), func(value string) bool {
		value = strings.TrimSpace(value)
		return value != "" && !strings.EqualFold(value, "identity")
	})
	return !isForm && !isEncoded
}

// readBody reads the body within its bound.
func (r *receiver) readBody(request *http.Request) ([]byte, error) {
	if request.Body == nil {
		return nil, nil
	}
	if request.ContentLength > r.maxBody {
		return nil, ErrTooLarge
	}
	body, err := io.ReadAll(io.LimitReader(request.Body, r.maxBody+1))
	_, outerLimit := errors.AsType[*http.MaxBytesError](err)
	switch {
	case int64(len(body)) > r.maxBody || outerLimit:
		return nil, ErrTooLarge
	case err != nil:
		return nil, ErrMalformed
	}
	return body, nil
}

// decrypt returns the JSON event in the body, decrypted where that is due.
func (r *receiver) decrypt(header http.Header, body []byte) (event []byte, keyID string, err error) {
	claimed := slices.ContainsFunc(header.Values(headerEncrypted), func(value string) bool {
		return strings.EqualFold(strings.TrimSpace(value), "true")
	})
	switch {
	case r.decrypter == nil && claimed:
		return nil, "", ErrDecryption
	case r.decrypter != nil && (claimed || !r.allowPlaintext || r.decrypter.looksSealed(body)):
		return r.decrypter.open(body)
	case !isEvent(body):
		return nil, "", ErrMalformed
	}
	return body, "", nil
}

// dedupeKey is what repeats of the delivery are known by.
func (r *receiver) dedupeKey(ctx context.Context, delivery *Delivery, plaintext []byte) string {
	switch {
	case delivery.ID != "":
		return "id:" + delivery.ID
	case r.bodyDigest:
		digest := sha256.New()
		// Neither write fails. The kind may come from the path.
		_, _ = fmt.Fprintf(digest, "%s\n", delivery.Event.Base().Kind)
		_, _ = digest.Write(plaintext)
		return "sha256:" + hex.EncodeToString(digest.Sum(nil))
	}
	r.sayOnce.Do(func() {
		r.logger.WarnContext(ctx, "webhook deliveries carry no authenticated id: repeats are not recognised")
	})
	return ""
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
