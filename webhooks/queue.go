package webhooks

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// job is one queued delivery.
type job struct {
	run     func(stop context.Context)
	abandon func()
}

// queue is a bounded queue. Its workers start when there is work and end when
// it is empty, so that an idle queue holds no goroutine.
type queue struct {
	limit, workers int
	stop           context.Context //nolint:containedctx // the queue's own: it ends when running jobs should
	cancel         context.CancelCauseFunc

	mu      sync.Mutex
	waiting []job
	running int // workers
	closed  bool
	idle    chan struct{} // closed once closed is set and nothing runs
}

func newQueue(async Async) *queue {
	stop, cancel := context.WithCancelCause(context.Background())
	return &queue{limit: async.Queue, workers: async.Workers, stop: stop, cancel: cancel, idle: make(chan struct{})}
}

// push takes a job, unless the queue is full or closed.
func (q *queue) push(work job) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || len(q.waiting) >= q.limit {
		return false
	}
	q.waiting = append(q.waiting, work)
	if q.running < q.workers {
		q.running++
		go q.work()
	}
	return true
}

// work runs jobs until the queue is empty. A job that ends its goroutine takes this
// worker along, and another one steps in.
func (q *queue) work() {
	finished := false
	defer func() {
		if !finished {
			go q.work()
		}
	}()
	for next, ok := q.next(); ok; next, ok = q.next() {
		next.run(q.stop)
	}
	finished = true
}

// next takes the oldest job. When the queue is empty, the calling worker
// counts as gone.
func (q *queue) next() (job, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		q.running--
		q.noteIdle()
		return job{}, false
	}
	next := q.waiting[0]
	q.waiting[0] = job{} // let go of the delivery
	q.waiting = q.waiting[1:]
	return next, true
}

// noteIdle tells shutdown that everything is done.
func (q *queue) noteIdle() {
	if q.closed && q.running == 0 {
		close(q.idle)
	}
}

// close refuses further jobs.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed {
		q.closed = true
		q.noteIdle()
	}
}

func (q *queue) shutdown(ctx context.Context) error {
	q.close()
	select {
	case <-q.idle:
		return nil
	case <-ctx.Done():
	}
	q.mu.Lock()
	abandoned, running := q.waiting, q.running
	q.waiting = nil
	q.mu.Unlock()
	q.cancel(ErrAbandoned)
	for _, work := range abandoned {
		work.abandon()
	}
	if len(abandoned)+running == 0 {
		return nil // the last one finished meanwhile
	}
	return fmt.Errorf("webhooks: shutdown: %d deliveries abandoned, %d running: %w",
		len(abandoned), running, contextError(ctx))
}

// contextError is the error of a context that has ended, with its cause.
func contextError(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(cause, err) {
		return cause
	}
	return fmt.Errorf("%w: %w", err, cause)
}
