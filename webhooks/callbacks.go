package webhooks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"runtime/debug"
	"strings"
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
// An error means "not done, deliver again": the response is 500, and the sender
// can retry. So does a panic. But if any part of the error is an operation that
// may have been applied and is not idempotent, such as a message whose response
// was lost, then delivering again could do it twice: the delivery is in doubt,
// see [WithInDoubt]. For this to work, wrap errors with %w.
//
// A delivery that fails starts again from the top. If a badge was
// awarded and the message after it fails, the badge is awarded twice. So let a
// callback make one call that is not idempotent, or record each step.
// [DeliverAgain] marks an error as safe to try again.
//
// The context is not cancelled when the sender hangs up. It ends after
// [WithCallbackTimeout], or when the claim on the delivery cannot be renewed.
// [DeliveryFrom] finds the delivery in it.
//
// On panics when it is called after the first delivery, twice for a type, with
// a type that is no event, or with nil: these are mistakes in the program.
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
	if receiver.serving.Load() {
		panic("webhooks: On: called after the first delivery")
	}
	if _, taken := receiver.callbacks[kind]; taken {
		panic(fmt.Sprintf("webhooks: On: %v has a callback already", kind))
	}
	receiver.callbacks[kind] = func(ctx context.Context, event Event) error {
		return call(ctx, event.(E))
	}
}

// serve notes that deliveries arrive: from then on, the callbacks are fixed.
func (r *receiver) serve() {
	if !r.serving.Load() {
		r.mu.Lock()
		r.serving.Store(true)
		r.mu.Unlock()
	}
}

// call runs the callback and decides what its error means. A panic is an error.
func (r *receiver) call(ctx context.Context, delivery *Delivery) (err error) {
	call, ok := r.callbacks[reflect.TypeOf(delivery.Event)]
	if !ok {
		call, ok = r.callbacks[eventType]
	}
	if !ok {
		r.logger.WarnContext(ctx, "webhook delivery dropped: no callback for its type", deliveryAttrs(delivery)...)
		return nil
	}
	defer func() {
		if value := recover(); value != nil {
			r.logPanic(ctx, delivery, value)
			err = &failure{ErrCallback, "", errors.New("panic")}
		}
	}()
	return r.classify(ctx, delivery, call(ctx, delivery.Event))
}

// logPanic logs where a callback panicked, without the value.
func (r *receiver) logPanic(ctx context.Context, delivery *Delivery, value any) {
	r.logger.ErrorContext(ctx, "webhook callback panicked", append(deliveryAttrs(delivery),
		slog.String("exception.type", panicError(value).Error()), slog.String("exception.stacktrace", string(debug.Stack())))...)
}

// deliveryAttrs are the log attributes of a delivery.
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

// logOutcome logs the outcome of a request.
func (r *receiver) logOutcome(ctx context.Context, delivery *Delivery, err error) {
	status := StatusCode(err)
	level, message := slog.LevelWarn, "webhook delivery refused"
	switch {
	case err == nil:
		level, message = slog.LevelDebug, "webhook delivery accepted"
	case status >= http.StatusInternalServerError:
		level, message = slog.LevelError, "webhook delivery failed"
	}
	if !r.logger.Enabled(ctx, level) {
		return
	}
	attrs := []any{slog.Int("http.response.status_code", status)}
	if err != nil {
		attrs = append(attrs, slog.String("error.message", err.Error()))
	}
	if delivery != nil {
		attrs = append(attrs, deliveryAttrs(delivery)...)
	}
	r.logger.Log(ctx, level, message, attrs...) //nolint:sloglint // one of the three above
}
