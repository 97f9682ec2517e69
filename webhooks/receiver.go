package webhooks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
)

// Receiver receives deliveries: it is an [http.Handler] whose callbacks [On]
// registers, it can stand before your own handler with
// [Receiver.Middleware], or parse requests for you with [Receiver.Parse]. Make
// one with [NewReceiver]. It is safe for concurrent use.
//
// It holds secrets and shows none of them, however it is printed.
type Receiver struct{ *receiver }

// receiver holds everything that is secret behind a second pointer: fmt
// dereferences one when a verb does not match.
type receiver struct {
	*receiverConfig
	store store
	queue *queue // nil unless asynchronous

	mu        sync.Mutex // for registering callbacks
	callbacks map[reflect.Type]callback
	serving   atomic.Bool
}

// NewReceiver makes a receiver. Every verifier given must pass; see [AnyOf].
//
// It refuses weak setups: nothing that authenticates, empty, short or duplicate
// secrets, keys that are not 32 bytes, AES-256-CBC without a proof of the body.
// All problems are reported together, each with the name of its option.
func NewReceiver(options ...ReceiverOption) (*Receiver, error) {
	config, err := newReceiverConfig(options)
	if err != nil {
		return nil, fmt.Errorf("webhooks: new receiver: %w", err)
	}
	made := &receiver{receiverConfig: config, store: store{config.deduper}, callbacks: map[reflect.Type]callback{}}
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

// ServeHTTP implements [http.Handler]: it parses the request, calls you back and
// responds with a fixed status and body; see [StatusCode].
func (r *Receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	r.serve()
	delivery, err := r.Parse(request)
	if err == nil {
		err = r.Dispatch(request.Context(), delivery)
	}
	r.logOutcome(request.Context(), delivery, err)
	Respond(w, err)
}

// Parse verifies, decrypts and reads a request. It is what the handler does
// before deduplication and callbacks; see [Receiver.Dispatch] for those.
//
// It consumes the request's body. Its errors match the sentinels of this
// package; [Respond] writes the response that fits.
func (r *Receiver) Parse(request *http.Request) (*Delivery, error) {
	delivery, _, err := r.parse(request)
	return delivery, err
}

// Dispatch skips duplicates and calls you back, or queues the delivery when the
// receiver is asynchronous. It returns nil for a duplicate of what has been
// handled. The callback gets the values of ctx; the end of ctx does not
// cancel it.
func (r *Receiver) Dispatch(ctx context.Context, delivery *Delivery) error {
	r.serve()
	if delivery == nil || delivery.Event == nil {
		return ErrMalformed
	}
	held, err := r.claim(ctx, delivery)
	if held == nil {
		return err
	}
	if r.queue != nil {
		return r.enqueue(delivery, held)
	}
	return r.work(delivery, held)
}

// work calls back for a delivery that is claimed.
func (r *receiver) work(delivery *Delivery, held *lease) error {
	return r.withLease(held, func(ctx context.Context) error {
		return r.call(withDelivery(ctx, delivery), delivery)
	})
}

// parse is Parse, and returns the body as it was received too. What costs
// nothing is checked first: without the right header, no body is read.
func (r *receiver) parse(request *http.Request) (*Delivery, []byte, error) {
	in, err := r.inbound(request)
	if err != nil {
		return nil, nil, err
	}
	checkBody, err := r.verifiers.checkHead(in)
	if err != nil {
		return nil, nil, err
	}
	body, err := r.readBody(request)
	if err != nil {
		return nil, nil, err
	}
	proven, err := checkBody(body)
	if err != nil {
		return nil, nil, err
	}
	if isForm(in.header, body) {
		return nil, nil, ErrMediaType
	}
	event, keyID, err := r.decrypt(in.header, body)
	if err != nil {
		return nil, nil, err
	}
	return r.delivery(in, proven, event, keyID), body, nil
}

// inbound describes a request before its body is read.
func (r *receiver) inbound(request *http.Request) (*inbound, error) {
	if request.Method != http.MethodPost {
		return nil, ErrMethod
	}
	if isMultipart(request.Header) || isCompressed(request.Header) {
		return nil, ErrMediaType
	}
	in := &inbound{header: request.Header, path: hookPath(request), tolerance: r.tolerance}
	if request.URL != nil {
		in.rawQuery = request.URL.RawQuery
	}
	if err := guard(func() { in.now = r.clock() }); err != nil {
		return nil, unavailable("clock", err)
	}
	return in, nil
}

// readBody reads the body within its bound, once, into memory.
func (r *receiver) readBody(request *http.Request) ([]byte, error) {
	if request.Body == nil {
		return nil, nil
	}
	if request.ContentLength > r.maxBody {
		return nil, ErrTooLarge
	}
	const most = 64 << 10 // a length is only a promise
	var body bytes.Buffer
	body.Grow(int(min(max(request.ContentLength, 0), most)) + bytes.MinRead)
	_, err := body.ReadFrom(io.LimitReader(request.Body, r.maxBody+1))
	_, outerLimit := errors.AsType[*http.MaxBytesError](err)
	switch {
	case int64(body.Len()) > r.maxBody || outerLimit:
		return nil, ErrTooLarge
	case err != nil:
		return nil, ErrMalformed
	}
	return body.Bytes(), nil
}

// decrypt returns the event in the body, decrypted where it must be.
func (r *receiver) decrypt(header http.Header, body []byte) (event content, keyID string, err error) {
	claimed := isMarkedEncrypted(header)
	switch {
	case r.decrypter == nil && claimed:
		return content{}, "", ErrDecryption
	case r.decrypter != nil && (claimed || !r.allowPlaintext || r.decrypter.looksSealed(body)):
		return r.decrypter.open(body)
	}
	event, ok := readContent(body)
	if !ok {
		return content{}, "", ErrMalformed
	}
	return event, "", nil
}
