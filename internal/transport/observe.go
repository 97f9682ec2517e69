package transport

import (
	"context"
	"time"
)

// Observer is called during a call, on its goroutine.
type Observer interface {
	Attempted(ctx context.Context, attempt AttemptInfo)
	Retrying(ctx context.Context, retry RetryInfo)
}

// AttemptInfo describes one attempt.
type AttemptInfo struct {
	Number   int // 1 for the first
	Status   int // 0 without a response
	Duration time.Duration
	Err      error // nil with a response; safe to show
}

// RetryInfo describes a retry before its wait.
type RetryInfo struct {
	Attempt int // the number of the attempt that failed
	Wait    time.Duration
	Reason  Reason
}

// silent is the observer of a call that nobody watches.
type silent struct{}

func (silent) Attempted(context.Context, AttemptInfo) {}

func (silent) Retrying(context.Context, RetryInfo) {}
