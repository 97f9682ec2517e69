package webhooks

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
	"unicode"
)

// callback is a registered callback with its type forgotten.
type callback func(ctx context.Context, event Event) error

// eventType is the type under which the callback for everything is kept.
var eventType = reflect.TypeFor[Event]()

// eventTypes are the types that callbacks can be for.
var eventTypes = map[reflect.Type]bool{
	eventType:                             true,
	reflect.TypeFor[UserJoinedServer]():   true,
	reflect.TypeFor[UserVisitedServer]():  true,
	reflect.TypeFor[MessagePosted]():      true,
	reflect.TypeFor[StoreItemPurchased](): true,
	reflect.TypeFor[AnalysisCreated]():    true,
	reflect.TypeFor[AnalysisUpdated]():    true,
	reflect.TypeFor[Unknown]():            true,
}

// On registers what to call for events of one type, such as
// [UserJoinedServer]. A callback for [Event] itself gets every event that has
// no callback of its own type. Events without any are acknowledged, logged and
// dropped.
//
// The context ends with the lease of the delivery ([WithLease]), and, unless
// the receiver is asynchronous, when the sender hangs up; [DeliveryFrom] finds
// the delivery in it. When the callback fails or panics, the delivery is
// answered with 500, and the sender can repeat it.
//
// On panics when it is called after the first delivery, twice for a type, with
// a type that is no event, or with nil: all of them are mistakes in the
// program.
func On[E Event](receiver *Receiver, call func(ctx context.Context, event E) error) {
	kind := reflect.TypeFor[E]()
	if receiver == nil || receiver.receiver == nil || call == nil {
		panic("webhooks: On: nil receiver or callback")
	}
	if !eventTypes[kind] {
		panic(fmt.Sprintf("webhooks: On: %v is not a type of event", kind))
	}
	receiver.mu.Lock()
	defer receiver.mu.Unlock()
	if receiver.serving {
		panic("webhooks: On: called after the first delivery")
	}
	if _, taken := receiver.callbacks[kind]; taken {
		panic(fmt.Sprintf("webhooks: On: %v has a callback already", kind))
	}
	receiver.callbacks[kind] = func(ctx context.Context, event Event) error {
		return call(ctx, event.(E))
	}
}

// callbackFor returns the callback for an event, or nil; from then on, none can
// be registered.
func (r *receiver) callbackFor(event Event) callback {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if call, ok := r.callbacks[reflect.TypeOf(event)]; ok {
		return call
	}
	return r.callbacks[eventType]
}

// serve notes that deliveries arrive.
func (r *receiver) serve() {
	r.mu.RLock()
	serving := r.serving
	r.mu.RUnlock()
	if !serving {
		r.mu.Lock()
		r.serving = true
		r.mu.Unlock()
	}
}

// ServeHTTP implements [http.Handler]: it parses the request, calls back and
// answers with a fixed status and body; see [StatusCode].
func (r *Receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	r.serve()
	delivery, err := r.Parse(request)
	if err == nil {
		err = r.Dispatch(request.Context(), delivery)
	}
	r.logOutcome(request.Context(), delivery, err)
	Answer(w, err)
}

// Dispatch deduplicates a delivery and calls back, or queues it when the
// receiver is asynchronous. It returns nil as well for a repeat of what has
// been worked on.
func (r *Receiver) Dispatch(ctx context.Context, delivery *Delivery) error {
	r.serve()
	if delivery == nil || delivery.Event == nil {
		return ErrMalformed
	}
	held, err := r.claim(ctx, delivery)
	if held == nil || err != nil {
		return err
	}
	if r.queue != nil {
		return r.enqueue(ctx, delivery, held)
	}
	return r.work(ctx, delivery, held)
}

// lease is a claim that is held. Without a key there is nothing to hold, and
// everything passes.
type lease struct {
	key, token string
	until      time.Time
}

// claim takes a delivery. It returns neither a lease nor an error for one that
// has been worked on already.
func (r *receiver) claim(ctx context.Context, delivery *Delivery) (*lease, error) {
	held := &lease{key: delivery.DedupeKey, until: time.Now().Add(r.lease)}
	if held.key == "" {
		return held, nil
	}
	claim, err := r.deduper.Claim(ctx, held.key, r.lease)
	if err != nil {
		return nil, fmt.Errorf("%w: dedupe store: %w", ErrUnavailable, err)
	}
	switch claim.State {
	case Claimed:
		held.token = claim.Token
		return held, nil
	case Committed:
		r.logger.DebugContext(ctx, "webhook delivery repeated", deliveryAttrs(delivery)...)
		return nil, nil
	case InFlight:
		return nil, ErrInFlight
	}
	return nil, fmt.Errorf("%w: dedupe store: unknown claim state %d", ErrUnavailable, claim.State)
}

// storeTimeout bounds Commit and Release, which go on when the request is gone.
const storeTimeout = 5 * time.Second

// settle runs one call of the dedupe store, and logs when it fails. It reports
// whether it worked; most callers need not know, since the outcome of the
// callback stands, and the lease ends by itself.
func (r *receiver) settle(ctx context.Context, held *lease, name string, call func(context.Context, string, string) error) bool {
	if held.key == "" {
		return true
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	err := call(ctx, held.key, held.token)
	if err != nil {
		r.logger.ErrorContext(ctx, "webhook dedupe store failed",
			slog.String("call", name), slog.String("error.message", err.Error()))
	}
	return err == nil
}

func (r *receiver) commit(ctx context.Context, held *lease) {
	r.settle(ctx, held, "Commit", r.deduper.Commit)
}

func (r *receiver) release(ctx context.Context, held *lease) (released bool) {
	return r.settle(ctx, held, "Release", r.deduper.Release)
}

// hold runs work under a lease: commits when it succeeds, releases when it
// fails, panics or ends its goroutine.
func (r *receiver) hold(ctx context.Context, held *lease, work func() error) error {
	committed := false
	defer func() {
		if !committed {
			r.release(ctx, held)
		}
	}()
	err := work()
	if err == nil {
		committed = true
		r.commit(ctx, held)
	}
	return err
}

// work calls back for a delivery that is claimed.
func (r *receiver) work(ctx context.Context, delivery *Delivery, held *lease) error {
	return r.hold(ctx, held, func() error {
		ctx, cancel := context.WithDeadline(withDelivery(ctx, delivery), held.until)
		defer cancel()
		return r.call(ctx, delivery)
	})
}

// call runs the callback, and makes an error of a panic.
func (r *receiver) call(ctx context.Context, delivery *Delivery) (err error) {
	call := r.callbackFor(delivery.Event)
	if call == nil {
		r.logger.WarnContext(ctx, "webhook delivery dropped: no callback for its type", deliveryAttrs(delivery)...)
		return nil
	}
	defer func() {
		if value := recover(); value != nil {
			r.logPanic(ctx, delivery, value)
			err = fmt.Errorf("%w: panic", ErrCallback)
		}
	}()
	if err := call(ctx, delivery.Event); err != nil {
		return fmt.Errorf("%w: %w", ErrCallback, err)
	}
	return nil
}

// logPanic logs where a callback panicked. The value may hold anything of the
// body, so only its type is shown, and its text when it is the runtime's own.
func (r *receiver) logPanic(ctx context.Context, delivery *Delivery, value any) {
	shown := fmt.Sprintf("%T", value)
	if err, ok := value.(runtime.Error); ok {
		shown = err.Error()
	}
	r.logger.ErrorContext(ctx, "webhook callback panicked", append(deliveryAttrs(delivery),
		slog.String("exception.type", shown), slog.String("exception.stacktrace", string(debug.Stack())))...)
}

// deliveryAttrs are what logs say of a delivery.
func deliveryAttrs(delivery *Delivery) []any {
	attrs := []any{slog.String("webhook.kind", shownKind(delivery.Event.Base().Kind))}
	if delivery.ID != "" {
		attrs = append(attrs, slog.String("webhook.id", delivery.ID))
	}
	if delivery.KeyID != "" {
		attrs = append(attrs, slog.String("webhook.key_id", delivery.KeyID))
	}
	for _, match := range delivery.Matches {
		attrs = append(attrs, slog.Group("webhook.verified",
			slog.String("verifier", match.Verifier), slog.String("secret_id", match.SecretID)))
	}
	return attrs
}

// shownKind is what logs show of a kind, which the sender chose: one line of
// bounded length.
func shownKind(kind Kind) string {
	const longest = 64
	text := strings.ToValidUTF8(string(kind[:min(len(kind), longest)]), "")
	return strings.Map(func(letter rune) rune {
		if !unicode.IsPrint(letter) {
			return ' '
		}
		return letter
	}, text)
}

// logOutcome logs what a request is answered with.
func (r *receiver) logOutcome(ctx context.Context, delivery *Delivery, err error) {
	status := StatusCode(err)
	attrs := []any{slog.Int("http.response.status_code", status)}
	if err != nil {
		attrs = append(attrs, slog.String("error.message", err.Error()))
	}
	if delivery != nil {
		attrs = append(attrs, deliveryAttrs(delivery)...)
	}
	switch {
	case err == nil:
		r.logger.DebugContext(ctx, "webhook delivery accepted", attrs...)
	case status >= http.StatusInternalServerError:
		r.logger.ErrorContext(ctx, "webhook delivery failed", attrs...)
	default:
		r.logger.WarnContext(ctx, "webhook delivery refused", attrs...)
	}
}
