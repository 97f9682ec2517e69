package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var policy = Policy{
	MaxAttempts: 3, MinWait: 250 * time.Millisecond, MaxWait: 8 * time.Second,
	RetryAfterCap: time.Minute, RateLimitWait: 2 * time.Minute,
}

func TestDecide(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	lost := errors.New("connection reset")
	for name, test := range map[string]struct {
		attempt  Attempt
		deadline time.Duration // from now, 0 for none
		want     Reason
		again    bool
	}{
		"success":                    {Attempt{Status: 200, Idempotent: true}, 0, ReasonFinal, false},
		"404":                        {Attempt{Status: 404, Idempotent: true}, 0, ReasonFinal, false},
		"501":                        {Attempt{Status: 501, Idempotent: true}, 0, ReasonFinal, false},
		"408":                        {Attempt{Status: 408, Idempotent: true}, 0, ReasonStatus, true},
		"425":                        {Attempt{Status: 425, Idempotent: true}, 0, ReasonStatus, true},
		"500":                        {Attempt{Status: 500, Idempotent: true}, 0, ReasonStatus, true},
		"500 of a write":             {Attempt{Status: 500}, 0, ReasonUnsafe, false},
		"503 of a write":             {Attempt{Status: 503, RetryAfter: After(0)}, 0, ReasonUnsafe, false},
		"429 of a write":             {Attempt{Status: 429}, 0, ReasonStatus, true},
		"lost":                       {Attempt{Err: lost, Sent: true, Idempotent: true}, 0, ReasonConnection, true},
		"lost write":                 {Attempt{Err: lost, Sent: true}, 0, ReasonUnsafe, false},
		"nothing sent of a write":    {Attempt{Err: lost}, 0, ReasonNotSent, true},
		"canceled":                   {Attempt{Err: context.Canceled, Idempotent: true}, 0, ReasonFinal, false},
		"final":                      {Attempt{Err: lost, Final: true, Idempotent: true}, 0, ReasonFinal, false},
		"second failure":             {Attempt{Status: 500, Idempotent: true, Failed: 2}, 0, ReasonStatus, true},
		"third failure":              {Attempt{Status: 500, Idempotent: true, Failed: 3}, 0, ReasonExhausted, false},
		"8 times 429":                {Attempt{Status: 429, RateLimited: 8, Failed: 3}, 0, ReasonStatus, true},
		"9 times 429":                {Attempt{Status: 429, RateLimited: 9}, 0, ReasonExhausted, false},
		"429 up to 2 minutes":        {Attempt{Status: 429, RetryAfter: After(60 * time.Second), Waited: 45 * time.Second}, 0, ReasonStatus, true},
		"429 beyond 2 minutes":       {Attempt{Status: 429, RetryAfter: After(60 * time.Second), Waited: 61 * time.Second}, 0, ReasonRateLimitWait, false},
		"deadline too close":         {Attempt{Status: 429, RetryAfter: After(2 * time.Second)}, time.Second, ReasonRetryAfterTooLong, false},
		"429 of exactly 2 minutes":   {Attempt{Status: 429, RetryAfter: After(60 * time.Second), Waited: 60 * time.Second}, 60*time.Second + 1, ReasonStatus, true},
		"429 just beyond 2 minutes":  {Attempt{Status: 429, RetryAfter: After(60 * time.Second), Waited: 60*time.Second + 1}, 60*time.Second + 1, ReasonRateLimitWait, false},
		"500 after long waits":       {Attempt{Status: 500, Idempotent: true, Waited: time.Hour}, 0, ReasonStatus, true},
		"neither response nor error": {Attempt{Sent: true, Idempotent: true}, 0, ReasonFinal, false},
		"at the deadline":            {Attempt{Status: 429, RetryAfter: After(time.Second)}, time.Second, ReasonRetryAfterTooLong, false},
		"just before the deadline":   {Attempt{Status: 429, RetryAfter: After(2 * time.Second)}, 2*time.Second + 1, ReasonStatus, true},
		"at the cap":                 {Attempt{Status: 429, RetryAfter: After(60 * time.Second)}, 0, ReasonStatus, true},
		"beyond the cap":             {Attempt{Status: 429, RetryAfter: After(60*time.Second + 1)}, 0, ReasonRetryAfterTooLong, false},
		"beyond the cap, last":       {Attempt{Status: 429, RateLimited: 9, RetryAfter: After(61 * time.Second)}, 0, ReasonRetryAfterTooLong, false},
		"a deadline that has passed": {Attempt{Status: 500, Idempotent: true}, -time.Second, ReasonDeadline, false},
		"Retry-After of a 403":       {Attempt{Status: 403, RetryAfter: After(time.Hour)}, 0, ReasonFinal, false},
		"Retry-After of a lost one":  {Attempt{Status: 500, RetryAfter: After(time.Hour)}, 0, ReasonUnsafe, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.attempt.Replayable = true
			test.attempt.Failed, test.attempt.RateLimited = max(test.attempt.Failed, 1), max(test.attempt.RateLimited, 1)
			deadline := time.Time{}
			if test.deadline != 0 {
				deadline = now.Add(test.deadline)
			}
			decision := policy.Decide(test.attempt, now, deadline, nil)
			require.Equal(t, test.want, decision.Reason)
			require.Equal(t, test.again, decision.Again)
			if wait, named := test.attempt.RetryAfter.Wait(); named && decision.Again {
				require.GreaterOrEqual(t, decision.Wait, wait)
				require.LessOrEqual(t, decision.Wait, wait+wait/4+policy.MinWait)
			}
			if test.again {
				test.attempt.Replayable = false
				require.Equal(t, Decision{Reason: ReasonBody}, policy.Decide(test.attempt, now, deadline, nil))
			}
		})
	}
}

func TestMaxAttemptsOne(t *testing.T) {
	t.Parallel()
	once := policy
	once.MaxAttempts = 1
	for _, attempt := range []Attempt{
		{Status: 429, RateLimited: 1}, {Status: 503, Failed: 1}, {Err: errors.New("refused"), Failed: 1},
	} {
		attempt.Idempotent, attempt.Replayable = true, true
		require.Equal(t, Decision{Reason: ReasonExhausted}, once.Decide(attempt, time.Now(), time.Time{}, nil))
	}
}

func TestRetryAfterJitter(t *testing.T) {
	t.Parallel()
	attempt := Attempt{Status: 429, Replayable: true, RateLimited: 1, RetryAfter: After(8 * time.Second)}
	shortest, longest := time.Hour, time.Duration(0)
	for range 2000 {
		wait := policy.Decide(attempt, time.Now(), time.Time{}, nil).Wait
		shortest, longest = min(shortest, wait), max(longest, wait)
	}
	require.GreaterOrEqual(t, shortest, 8*time.Second)
	require.Less(t, shortest, 8500*time.Millisecond)
	require.Greater(t, longest, 9700*time.Millisecond)
	require.LessOrEqual(t, longest, 10*time.Second)
}

// TestBackoffCountsItsOwnKind of attempts: those after 429 apart.
func TestBackoffCountsItsOwnKind(t *testing.T) {
	t.Parallel()
	for _, attempt := range []Attempt{
		{Status: 500, Idempotent: true, Replayable: true, Failed: 1, RateLimited: 7},
		{Status: 429, Replayable: true, Failed: 7, RateLimited: 1},
	} {
		for range 500 {
			require.LessOrEqual(t, policy.Decide(attempt, time.Now(), time.Time{}, nil).Wait, policy.MinWait)
		}
	}
}

func TestRetryUnavailable(t *testing.T) {
	t.Parallel()
	willing := policy
	willing.RetryUnavailable = true
	attempt := Attempt{Failed: 1, Replayable: true, Sent: true, Status: 503}
	require.False(t, willing.Decide(attempt, time.Now(), time.Time{}, nil).Again)
	attempt.RetryAfter = After(0)
	require.True(t, willing.Decide(attempt, time.Now(), time.Time{}, nil).Again)
	attempt.Status = 500
	require.False(t, willing.Decide(attempt, time.Now(), time.Time{}, nil).Again)
}

func TestBackoffBounds(t *testing.T) {
	t.Parallel()
	for number, ceiling := range map[int]time.Duration{
		1: 250 * time.Millisecond, 2: 500 * time.Millisecond, 3: time.Second, 6: 8 * time.Second, 7: 8 * time.Second, 1000: 8 * time.Second,
	} {
		var longest time.Duration
		for range 2000 {
			wait := Backoff(policy.MinWait, policy.MaxWait, number)
			require.GreaterOrEqual(t, wait, time.Duration(0))
			require.LessOrEqual(t, wait, ceiling)
			longest = max(longest, wait)
		}
		require.Greater(t, longest, ceiling/2, "full jitter")
	}
	require.Zero(t, Backoff(0, 0, 1))
	require.Zero(t, Backoff(-time.Second, time.Second, 1))
	both := map[time.Duration]bool{}
	for range 500 {
		require.LessOrEqual(t, Backoff(time.Second, math.MaxInt64, 2), 2*time.Second)
		require.LessOrEqual(t, Backoff(250*time.Millisecond, 5*time.Second, 5), 4*time.Second)
		both[Backoff(1, 1, 1)] = true
	}
	require.Equal(t, map[time.Duration]bool{0: true, 1: true}, both, "both bounds are possible")
	require.LessOrEqual(t, Backoff(time.Hour, time.Second, 1), time.Second)
	require.GreaterOrEqual(t, Backoff(math.MaxInt64, math.MaxInt64, 9), time.Duration(0))
}

func TestBudget(t *testing.T) {
	t.Parallel()
	budget := NewBudget(2, 0.5)
	require.True(t, budget.Spend())
	require.True(t, budget.Spend())
	require.False(t, budget.Spend())
	budget.Earn()
	require.False(t, budget.Spend(), "half of one")
	budget.Earn()
	require.True(t, budget.Spend())
	for range 100 {
		budget.Earn()
	}
	require.True(t, budget.Spend())
	require.True(t, budget.Spend())
	require.False(t, budget.Spend(), "a quiet time saves up no more than the burst")

	var unlimited *Budget
	unlimited.Earn()
	require.True(t, unlimited.Spend())

	shared := NewBudget(50, 0)
	var group sync.WaitGroup
	var mu sync.Mutex
	spent := 0
	for range 100 {
		group.Go(func() {
			if shared.Spend() {
				mu.Lock()
				defer mu.Unlock()
				spent++
			}
		})
	}
	group.Wait()
	require.Equal(t, 50, spent)
	exhausted := policy.Decide(Attempt{Failed: 1, Idempotent: true, Replayable: true, Status: 500}, time.Now(), time.Time{}, shared)
	require.Equal(t, Decision{Reason: ReasonBudget}, exhausted)
	throttled := policy.Decide(Attempt{RateLimited: 1, Replayable: true, Status: 429}, time.Now(), time.Time{}, shared)
	require.True(t, throttled.Again, "429 does not spend the budget")
}

func TestKindsOfErrors(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		&tls.CertificateVerificationError{Err: errors.New("x")}, x509.UnknownAuthorityError{}, x509.HostnameError{Certificate: &x509.Certificate{}},
		x509.CertificateInvalidError{},
	} {
		require.True(t, isCertificateError(fmt.Errorf("dial: %w", err)))
		require.Equal(t, ReasonFinal, policy.Decide(Attempt{Failed: 1, Idempotent: true, Replayable: true, Err: err}, time.Now(), time.Time{}, nil).Reason)
	}
	require.False(t, isCertificateError(io.ErrUnexpectedEOF))
	require.True(t, isDialError(fmt.Errorf("x: %w", &net.OpError{Op: "dial", Err: errors.New("refused")})))
	require.True(t, isDialError(&net.DNSError{}))
	require.False(t, isDialError(&net.OpError{Op: "read", Err: errors.New("reset")}))
	require.False(t, isDialError(nil))
}
