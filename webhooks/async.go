package webhooks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

// Async is how a receiver works after it has acknowledged; see [WithAsync].
type Async struct {
	// Queue is how many acknowledged deliveries may wait. The response to more
	// is 503, which asks the sender to retry. At least 1.
	Queue int
	// Workers is how many callbacks run at a time. At least 1.
	Workers int
	// OnFailure is called for every delivery whose callback failed, panicked or
	// ended its goroutine, that is in doubt without [WithInDoubt], that a
	// shutdown abandoned, or whose claim was lost in the queue and could not be
	// taken again. The sender has been told that all is well, and does not
	// retry. Nil means that failures are logged only.
	OnFailure func(ctx context.Context, delivery *Delivery, err error)
}

// WithAsync loses deliveries that it has acknowledged when the process crashes:
// where that matters, put a queue on disk between [Receiver.Parse] and
// [Receiver.Dispatch], which a [Delivery] marshals for.
//
// It acknowledges deliveries as soon as they are verified, decrypted,
// deduplicated and queued in memory, and calls back afterwards: for callbacks
// that take longer than the sender waits. Use [Receiver.Shutdown] to finish
// before the process ends.
func WithAsync(async Async) ReceiverOption {
	return receiverOption{"WithAsync", func(config *receiverConfig) error {
		if async.Queue < 1 || async.Workers < 1 {
			return errors.New("Queue and Workers must be at least 1")
		}
		config.async = &async
		return nil
	}}
}

// ErrAbandoned is passed to [Async.OnFailure] for a delivery that was still
// waiting when the context of [Receiver.Shutdown] ended, and the cause with
// which the contexts of running callbacks are cancelled then.
var ErrAbandoned = errors.New("webhooks: abandoned by shutdown")

// Shutdown stops taking deliveries, whose responses are 503 from then on, and
// waits until those that are queued or running are done. Shut the HTTP
// server down first. It does nothing for a receiver that is not asynchronous.
//
// When ctx ends before that, the contexts of running callbacks are cancelled,
// waiting deliveries are abandoned, and the error gives the number of deliveries that
// concerns; it matches the error of ctx.
func (r *Receiver) Shutdown(ctx context.Context) error {
	if r.queue == nil {
		return nil
	}
	return r.queue.shutdown(ctx)
}

// enqueue queues a delivery that is claimed. Its lease is renewed in the queue.
func (r *receiver) enqueue(delivery *Delivery, held *lease) error {
	queued := r.queue.push(job{
		run: func(stop context.Context) { r.workQueued(stop, delivery, held) },
		abandon: func() {
			r.end(held, false)
			r.queuedOutcome(held.ctx, delivery, ErrAbandoned)
		},
	})
	if !queued {
		r.end(held, false)
		return fmt.Errorf("%w: queue full or shut down", ErrUnavailable)
	}
	return nil
}

// workQueued works on a queued delivery until stop ends, and reports the
// outcome, also when the callback ends its goroutine.
func (r *receiver) workQueued(stop context.Context, delivery *Delivery, held *lease) {
	err := error(&failure{ErrCallback, "", errors.New("it ended its goroutine")})
	defer func() { r.queuedOutcome(context.WithoutCancel(held.ctx), delivery, err) }()
	if held.ctx.Err() != nil { // lost while it waited
		again, claimErr := r.claim(held.ctx, delivery)
		if again == nil {
			err = claimErr // none if a duplicate has been handled
			return
		}
		held = again
	}
	defer context.AfterFunc(stop, func() { held.cancel(context.Cause(stop)) })()
	result := r.work(delivery, held)
	err = result
}

// queuedOutcome logs the outcome, and reports a failure to OnFailure.
func (r *receiver) queuedOutcome(ctx context.Context, delivery *Delivery, err error) {
	r.logOutcome(ctx, delivery, err)
	if err != nil {
		r.tellFailure(ctx, delivery, err)
	}
}

// tellFailure calls OnFailure.
func (r *receiver) tellFailure(ctx context.Context, delivery *Delivery, err error) {
	if r.async.OnFailure == nil {
		return
	}
	if panicked := guard(func() { r.async.OnFailure(ctx, delivery, err) }); panicked != nil {
		r.logger.ErrorContext(ctx, "webhook OnFailure failed", append(deliveryAttrs(delivery),
			slog.String("error.message", panicked.Error()))...)
	}
}
