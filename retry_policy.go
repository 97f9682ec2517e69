package returningai

import (
	"errors"
	"time"

	"github.com/returningai/returningai-go/internal/transport"
)

// RetryPolicy sets how often and how long calls are retried. Which calls are
// retried is fixed:
//
// Idempotent operations (see [Operation]) are retried on connection errors and on
// 408, 425, 429, 500, 502, 503 and 504. All others only when nothing was
// processed, and on 429. Unless MaxAttempts is 1, a call is also retried once after
// a 401 if its credential could be replaced.
//
// A wait is random, between nothing and an upper bound that doubles with each
// attempt. After a Retry-After header, it is the longer of that and the header's
// value, plus up to a quarter, so that clients do not retry simultaneously.
type RetryPolicy struct {
	// MaxAttempts is the number of attempts, the first included. Attempts that
	// end in 429 count apart: a call is retried up to 8 times after them, within
	// RateLimitWait. 1 turns all retries off.
	MaxAttempts int
	// MinWait is the upper bound of the wait before the second attempt.
	MinWait time.Duration
	// MaxWait is the upper bound of a wait that the server did not name.
	MaxWait time.Duration
	// RetryAfterCap is the longest Retry-After that is waited for. A longer
	// one, or one beyond the context's deadline, is [ErrRetryAfterTooLong].
	RetryAfterCap time.Duration
	// RateLimitWait bounds the sum of a call's waits after 429.
	RateLimitWait time.Duration
	// RetryUnavailable also retries operations that are not idempotent on 503
	// with a Retry-After header. Such a response does not prove that nothing
	// was done: leave it off unless doing it twice is harmless.
	RetryUnavailable bool
	// BudgetBurst and BudgetRatio bound the retries of the whole client during
	// an outage: at most BudgetBurst plus BudgetRatio times the number of calls.
	// Retries after 429 do not count. A negative burst is no bound.
	BudgetBurst int
	BudgetRatio float64
}

// DefaultRetryPolicy is the policy of a client that is not given another: 3
// attempts, waits of up to 250 ms doubling to 8 s, Retry-After up to 60 s, 2
// minutes for the rate limit, and 10 retries plus one for every ten calls.
func DefaultRetryPolicy() RetryPolicy {
	return RetryPolicy{
		MaxAttempts:   3,
		MinWait:       250 * time.Millisecond,
		MaxWait:       8 * time.Second,
		RetryAfterCap: time.Minute,
		RateLimitWait: 2 * time.Minute,
		BudgetBurst:   10,
		BudgetRatio:   0.1,
	}
}

func (p RetryPolicy) check() error {
	switch {
	case p.MaxAttempts < 1:
		return errors.New("MaxAttempts must be at least 1")
	case p.MinWait < 0 || p.MaxWait < p.MinWait:
		return errors.New("MinWait must not be negative nor above MaxWait")
	case p.RetryAfterCap < 0 || p.RateLimitWait < 0:
		return errors.New("RetryAfterCap and RateLimitWait must not be negative")
	case p.BudgetBurst == 0 && p.MaxAttempts > 1:
		return errors.New("BudgetBurst must be at least 1, or negative for no bound: with 0, nothing is ever retried")
	case !(p.BudgetRatio >= 0):
		return errors.New("BudgetRatio must not be negative")
	}
	return nil
}

// budget returns the budget of the policy, nil for no bound.
func (p RetryPolicy) budget() *transport.Budget {
	if p.BudgetBurst < 0 {
		return nil
	}
	return transport.NewBudget(p.BudgetBurst, p.BudgetRatio)
}

// internal returns the policy as the retry package knows it.
func (p RetryPolicy) internal() transport.Policy {
	return transport.Policy{
		MaxAttempts: p.MaxAttempts, MinWait: p.MinWait, MaxWait: p.MaxWait,
		RetryAfterCap: p.RetryAfterCap, RateLimitWait: p.RateLimitWait, RetryUnavailable: p.RetryUnavailable,
	}
}
