package webhooks

import (
	"context"
	"errors"
	"math"
	"time"
)

// FailOpen returns a [Deduper] that works without its store while that fails:
// deliveries are then handled without a record, so that duplicates of them
// are handled again. Without FailOpen, the response is 503 and the sender
// retries. OnError is called with every error of the store.
//
// It panics if either argument is nil.
func FailOpen(deduper Deduper, onError func(err error)) Deduper {
	if deduper == nil || onError == nil {
		panic("webhooks: FailOpen: nil deduper or function")
	}
	return failOpen{deduper, onError}
}

type failOpen struct {
	deduper Deduper
	onError func(err error)
}

// Claim implements [Deduper].
func (f failOpen) Claim(ctx context.Context, key, token string, lease time.Duration) (ClaimState, error) {
	var state ClaimState
	if f.try(func() (err error) {
		state, err = f.deduper.Claim(ctx, key, token, lease)
		return err
	}) != nil {
		return Claimed, nil //nolint:nilerr // that is what it is for
	}
	return state, nil
}

// Renew implements [Deduper].
func (f failOpen) Renew(ctx context.Context, key, token string, lease time.Duration) error {
	return f.unlessDown(func() error { return f.deduper.Renew(ctx, key, token, lease) })
}

// Commit implements [Deduper].
func (f failOpen) Commit(ctx context.Context, key, token string) error {
	return f.unlessDown(func() error { return f.deduper.Commit(ctx, key, token) })
}

// Release implements [Deduper].
func (f failOpen) Release(ctx context.Context, key, token string) error {
	return f.unlessDown(func() error { return f.deduper.Release(ctx, key, token) })
}

// unlessDown keeps the one error that is not the store's fault.
func (f failOpen) unlessDown(call func() error) error {
	if err := f.try(call); errors.Is(err, ErrClaimLost) {
		return err
	}
	return nil
}

// try makes a call and reports an error of the store.
func (f failOpen) try(call func() error) (err error) {
	if panicked := guard(func() { err = call() }); panicked != nil {
		err = panicked
	}
	if err != nil && !errors.Is(err, ErrClaimLost) {
		f.onError(err)
	}
	return err
}

// Retention returns that of the store, or the longest if it has none.
func (f failOpen) Retention() time.Duration {
	if remembers, ok := f.deduper.(interface{ Retention() time.Duration }); ok {
		return remembers.Retention()
	}
	return math.MaxInt64
}
