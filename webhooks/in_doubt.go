package webhooks

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
)

// DeliverAgain marks an error of a callback as safe to try again, although an
// operation in it may have been applied: for callbacks whose every step can be
// done twice without harm. It returns nil for nil.
func DeliverAgain(err error) error {
	if err == nil {
		return nil
	}
	return &deliverAgain{err}
}

type deliverAgain struct{ err error }

func (e *deliverAgain) Error() string { return e.err.Error() }
func (e *deliverAgain) Unwrap() error { return e.err }

// operationError is implemented by the errors of the SDK's operations.
type operationError interface {
	MaybeApplied() bool
	Idempotent() bool
}

// inDoubt reports whether any part of an error is an operation that may have
// been applied and must not be done twice.
func inDoubt(err error) bool {
	//nolint:errorlint // it walks the whole tree itself
	switch part := err.(type) {
	case *deliverAgain:
		return false
	case operationError:
		if part.MaybeApplied() && !part.Idempotent() {
			return true
		}
	}
	//nolint:errorlint // as above
	switch part := err.(type) {
	case interface{ Unwrap() error }:
		return inDoubt(part.Unwrap())
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(part.Unwrap(), inDoubt)
	}
	return false
}

// classify decides what the error of a callback means: nil acknowledges the
// delivery.
func (r *receiver) classify(ctx context.Context, delivery *Delivery, err error) error {
	if err == nil {
		return nil
	}
	failed := &failure{ErrCallback, "", err}
	if !inDoubt(err) {
		return failed
	}
	if r.onInDoubt != nil {
		// The callback's context may be what ended it.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.callbackTimeout)
		defer cancel()
		if err := r.onInDoubt(ctx, delivery, err); err != nil {
			return &failure{ErrCallback, "in doubt", err}
		}
		return nil
	}
	r.logger.ErrorContext(ctx, "webhook delivery in doubt: acknowledged, since its callback may have acted",
		append(deliveryAttrs(delivery), slog.String("error.message", err.Error()))...)
	if r.async != nil {
		r.tellFailure(ctx, delivery, fmt.Errorf("in doubt: %w", failed))
	}
	return nil
}
