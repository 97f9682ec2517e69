package webhooks

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Async is how a receiver works after it has acknowledged; see [WithAsync].
type Async struct {
	// Queue is how many acknowledged deliveries may wait. More are answered
	// with 503, which asks the sender to come back. At least 1.
	Queue int
	// Workers is how many callbacks run at a time. At least 1.
	Workers int
	// OnFailure is told of every delivery whose callback failed, panicked or
	// ended its goroutine, that a shutdown abandoned, or that could not be
	// claimed again after its lease ran down in the queue: the sender has been
	// told that all is well, and will not repeat it. It must not panic. Nil
	// means that failures are logged only.
	OnFailure func(ctx context.Context, delivery *Delivery, err error)
}

// WithAsync acknowledges deliveries as soon as they are verified, decrypted,
// deduplicated and queued, and calls back afterwards.
//
// It suits callbacks that take longer than the sender waits. The price: the
// queue is in memory, so a crash loses every delivery that was acknowledged
// and not finished, and the sender does not know. Use [Receiver.Shutdown] to
// finish before the process ends, and a queue on disk of your own where
// nothing may be lost.
func WithAsync(async Async) ReceiverOption {
	return receiverOption{"WithAsync", func(config *receiverConfig) error {
		if async.Queue < 1 || async.Workers < 1 {
			return errors.New("Queue and Workers must be at least 1")
		}
		config.async = &async
		return nil
	}}
}

// ErrAbandoned is what [Async.OnFailure] gets for a delivery that was still
// waiting when the context of [Receiver.Shutdown] ended, and the cause with
// which the contexts of running callbacks are cancelled then.
var ErrAbandoned = errors.New("webhooks: abandoned by shutdown")

// Shutdown stops taking deliveries, which are answered with 503 from then on,
// and waits until those that are queued or running are done. Shut the HTTP
// server down first. It does nothing for a receiver that is not asynchronous.
//
// When ctx ends before that, the contexts of running callbacks are cancelled,
// what still waits is abandoned, and the error says how many deliveries that
// concerns; it matches the error of ctx.
func (r *Receiver) Shutdown(ctx context.Context) error {
	if r.queue == nil {
		return nil
	}
	return r.queue.shutdown(ctx)
}

// enqueue queues a delivery that is claimed.
func (r *receiver) enqueue(ctx context.Context, delivery *Delivery, held *lease) error {
	// What is acknowledged does not end with the request.
	ctx = context.WithoutCancel(ctx)
	queued := r.queue.push(job{
		run: func(stop context.Context) { r.workQueued(ctx, stop, delivery, held) },
		abandon: func() {
			r.release(ctx, held)
			r.queuedOutcome(ctx, delivery, ErrAbandoned)
		},
	})
	if !queued {
		r.release(ctx, held)
		return fmt.Errorf("%w: queue full or shut down", ErrUnavailable)
	}
	return nil
}

// workQueued works on a queued delivery, whose lease may have run down while
// it waited, and tells what came of it, also when the callback ends its
// goroutine. When a repeat has been worked on meanwhile, there is nothing to
// tell.
func (r *receiver) workQueued(ctx, stop context.Context, delivery *Delivery, held *lease) {
	returned := false
	defer func() {
		if !returned {
			r.queuedOutcome(ctx, delivery, fmt.Errorf("%w: it ended its goroutine", ErrCallback))
		}
	}()
	err := r.workUntil(ctx, stop, delivery, held)
	returned = true
	if !errors.Is(err, errDone) {
		r.queuedOutcome(ctx, delivery, err)
	}
}

// errDone says that a repeat of a queued delivery has been worked on.
var errDone = errors.New("webhooks: worked on already")

// workUntil works on a queued delivery until stop ends.
func (r *receiver) workUntil(ctx, stop context.Context, delivery *Delivery, held *lease) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(stop, func() { cancel(context.Cause(stop)) })()
	held, err := r.renew(ctx, delivery, held)
	switch {
	case err != nil:
		return err
	case held == nil:
		return errDone
	}
	return r.work(ctx, delivery, held)
}

// renew claims a delivery anew when half of its lease or more is gone. What the
// store does not take back is still held, and the rest of it has to do.
func (r *receiver) renew(ctx context.Context, delivery *Delivery, held *lease) (*lease, error) {
	if time.Until(held.until) > r.lease/2 {
		return held, nil
	}
	if !r.release(ctx, held) && time.Until(held.until) > 0 {
		return held, nil
	}
	return r.reclaim(ctx, delivery)
}

// reclaim claims a delivery that has been acknowledged, so that nobody may
// repeat it: when somebody else holds it, or the store fails, it looks again
// until their lease must have run out. Like claim, it returns neither a lease
// nor an error for a delivery that has been worked on.
func (r *receiver) reclaim(ctx context.Context, delivery *Delivery) (*lease, error) {
	const looks = 10
	for range looks {
		if held, err := r.claimWithin(ctx, delivery); err == nil {
			return held, nil
		}
		if err := wait(ctx, r.lease/looks); err != nil {
			return nil, err
		}
	}
	return r.claimWithin(ctx, delivery)
}

// claimWithin is claim, for which no request sets a limit any more.
func (r *receiver) claimWithin(ctx context.Context, delivery *Delivery) (*lease, error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	return r.claim(ctx, delivery)
}

// queuedOutcome tells the log, and of failures OnFailure.
func (r *receiver) queuedOutcome(ctx context.Context, delivery *Delivery, err error) {
	r.logOutcome(ctx, delivery, err)
	if err != nil && r.async.OnFailure != nil {
		r.async.OnFailure(ctx, delivery, err)
	}
}

// wait waits unless the context ends first.
func wait(ctx context.Context, length time.Duration) error {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return contextError(ctx)
	}
}
