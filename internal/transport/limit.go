package transport

import (
	"context"
	"time"
)

// timeouts limit an attempt; 0 means no limit.
type timeouts struct {
	idle  time.Duration // starts again when an upload makes progress
	total time.Duration // of the user's http.Client
}

// limit is the time that an attempt has.
type limit struct {
	ctx    context.Context //nolint:containedctx // the limit's own
	cancel context.CancelCauseFunc
	timeouts
	idleTimer, totalTimer *time.Timer
}

// limit begins the time of an attempt.
func (t timeouts) limit(parent context.Context) *limit {
	ctx, cancel := context.WithCancelCause(parent)
	made := &limit{ctx: ctx, cancel: cancel, timeouts: t}
	if t.idle > 0 {
		made.idleTimer = time.AfterFunc(t.idle, made.expire)
	}
	if t.total > 0 {
		made.totalTimer = time.AfterFunc(t.total, made.expire)
	}
	return made
}

func (l *limit) expire() { l.cancel(ErrTimeout) }

// restart restarts the idle timeout.
func (l *limit) restart() {
	if l.idleTimer != nil && l.ctx.Err() == nil {
		l.idleTimer.Reset(l.idle)
	}
}

func (l *limit) stop() {
	if l.idleTimer != nil {
		l.idleTimer.Stop()
	}
	if l.totalTimer != nil {
		l.totalTimer.Stop()
	}
	l.cancel(nil)
}
