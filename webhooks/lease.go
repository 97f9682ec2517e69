package webhooks

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// storeTimeout bounds each call of the dedupe store.
const storeTimeout = 3 * time.Second

// store is the deduper with a time limit on each call, whose panics are errors.
type store struct{ deduper Deduper }

// ask makes one call, and up to that many more while the store fails.
func (s store) ask(ctx context.Context, name string, more int, call func(ctx context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	var err error
	if panicked := guard(func() { err = call(limited) }); panicked != nil {
		err = panicked
	}
	switch {
	case err == nil || errors.Is(err, ErrClaimLost):
		return err
	case more > 0:
		return s.ask(ctx, name, more-1, call)
	}
	return fmt.Errorf("dedupe store: %s: %w", name, err)
}

// lease is a claim on a delivery, which is renewed until it ends. A delivery
// without a key is always claimed, and there is nothing to renew.
type lease struct {
	// ctx ends with the lease: with ErrClaimLost when it cannot be renewed.
	ctx    context.Context //nolint:containedctx // the lease's own
	cancel context.CancelCauseFunc

	store      store
	key, token string
	length     time.Duration
	renewal    *time.Timer
}

// claim takes a delivery. It returns neither a lease nor an error for one that
// has been handled already.
func (r *receiver) claim(ctx context.Context, delivery *Delivery) (*lease, error) {
	held := &lease{store: r.store, key: delivery.DedupeKey, length: r.lease}
	held.ctx, held.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	if held.key == "" {
		return held, nil
	}
	held.token = rand.Text()
	began := time.Now()
	var state ClaimState
	// Again if the response was lost: the token is the same.
	err := r.store.ask(held.ctx, "Claim", 1, func(ctx context.Context) (err error) {
		state, err = r.deduper.Claim(ctx, held.key, held.token, held.length)
		return err
	})
	if err == nil && state == Claimed {
		held.renewal = time.AfterFunc(held.length/3, func() { r.keep(held, began) })
		return held, nil
	}
	switch {
	case err != nil:
		return nil, unavailable("dedupe store", err)
	case state == Committed:
		r.logger.DebugContext(ctx, "webhook delivery is a duplicate", deliveryAttrs(delivery)...)
		return nil, nil
	case state == InFlight:
		return nil, ErrInFlight
	}
	return nil, unavailable("dedupe store", fmt.Errorf("Claim: unknown state %d", state))
}

// keep renews a lease until it ends. A store that fails or hangs loses it.
func (r *receiver) keep(held *lease, began time.Time) {
	lose := func() { held.cancel(ErrClaimLost) }
	expiry := time.AfterFunc(time.Until(began.Add(held.length)), lose)
	defer expiry.Stop()
	for held.ctx.Err() == nil {
		began := time.Now()
		err := held.store.ask(held.ctx, "Renew", 0, func(ctx context.Context) error {
			return r.deduper.Renew(ctx, held.key, held.token, held.length)
		})
		pause := held.length / 3
		switch {
		case errors.Is(err, ErrClaimLost):
			lose()
		case err == nil:
			expiry.Reset(held.length - time.Since(began))
		case held.ctx.Err() == nil:
			r.logStore(held, err)
			pause = held.length / 10
		}
		sleep(held.ctx, pause)
	}
}

// sleep waits unless the context ends first.
func sleep(ctx context.Context, length time.Duration) {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// end ends a lease and its renewals: done commits, otherwise the delivery is
// given back. A store that fails is only logged: the callback's outcome stands,
// and the lease runs out by itself.
func (r *receiver) end(held *lease, done bool) {
	held.cancel(nil)
	if held.key == "" {
		return
	}
	held.renewal.Stop()
	name, call := "Release", r.deduper.Release
	if done {
		name, call = "Commit", r.deduper.Commit
	}
	const more = 2 // both may be retried
	err := held.store.ask(context.WithoutCancel(held.ctx), name, more, func(ctx context.Context) error {
		return call(ctx, held.key, held.token)
	})
	if err != nil {
		r.logStore(held, err)
	}
}

func (r *receiver) logStore(held *lease, err error) {
	r.logger.ErrorContext(held.ctx, "webhook dedupe store failed", slog.String("error.message", err.Error()))
}

// withLease works under a lease: commits when the work is done, gives the
// delivery back when it fails, panics or ends its goroutine.
func (r *receiver) withLease(held *lease, work func(ctx context.Context) error) (err error) {
	done := false
	defer func() { r.end(held, done) }()
	ctx, cancel := context.WithTimeout(held.ctx, r.callbackTimeout)
	defer cancel()
	err = work(ctx)
	done = err == nil
	return err
}
