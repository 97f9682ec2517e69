package retry_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/internal/retry"
)

var policy = retry.Policy{MaxAttempts: 3, MinWait: 250 * time.Millisecond, MaxWait: 8 * time.Second, RetryAfterCap: time.Minute}

func TestDecide(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	lost := errors.New("connection reset")
	dead := retry.Final{Err: errors.New("no token")}
	type attempt = retry.Attempt
	for name, test := range map[string]struct {
		attempt  attempt
		deadline time.Duration // from now, 0 for none
		want     retry.Reason
		again    bool
	}{
		"success":                     {attempt{Status: 200, Idempotent: true}, 0, retry.ReasonFinal, false},
		"refused":                     {attempt{Status: 404, Idempotent: true}, 0, retry.ReasonFinal, false},
		"not implemented":             {attempt{Status: 501, Idempotent: true}, 0, retry.ReasonFinal, false},
		"408":                         {attempt{Status: 408, Idempotent: true}, 0, retry.ReasonStatus, true},
		"425":                         {attempt{Status: 425, Idempotent: true}, 0, retry.ReasonStatus, true},
		"500":                         {attempt{Status: 500, Idempotent: true}, 0, retry.ReasonStatus, true},
		"500 of a write":              {attempt{Status: 500}, 0, retry.ReasonUnsafe, false},
		"503 of a write":              {attempt{Status: 503, RetryAfter: retry.After(0)}, 0, retry.ReasonUnsafe, false},
		"429 of a write":              {attempt{Status: 429}, 0, retry.ReasonStatus, true},
		"lost":                        {attempt{Err: lost, Sent: true, Idempotent: true}, 0, retry.ReasonConnection, true},
		"lost write":                  {attempt{Err: lost, Sent: true}, 0, retry.ReasonUnsafe, false},
		"nothing sent of a write":     {attempt{Err: lost}, 0, retry.ReasonNotSent, true},
		"canceled":                    {attempt{Err: context.Canceled, Idempotent: true}, 0, retry.ReasonFinal, false},
		"marked as final":             {attempt{Err: fmt.Errorf("x: %w", dead), Idempotent: true}, 0, retry.ReasonFinal, false},
		"the last attempt":            {attempt{Status: 500, Idempotent: true, Number: 3}, 0, retry.ReasonExhausted, false},
		"deadline too close":          {attempt{Status: 429, RetryAfter: retry.After(2 * time.Second)}, time.Second, retry.ReasonRetryAfterTooLong, false},
		"beyond the cap":              {attempt{Status: 429, RetryAfter: retry.After(61 * time.Second)}, 0, retry.ReasonRetryAfterTooLong, false},
		"beyond the cap, last":        {attempt{Status: 429, Number: 3, RetryAfter: retry.After(61 * time.Second)}, 0, retry.ReasonRetryAfterTooLong, false},
		"a deadline that has passed":  {attempt{Status: 500, Idempotent: true}, -time.Second, retry.ReasonDeadline, false},
		"Retry-After of a final one":  {attempt{Status: 403, RetryAfter: retry.After(time.Hour)}, 0, retry.ReasonFinal, false},
		"Retry-After of a lost write": {attempt{Status: 500, RetryAfter: retry.After(time.Hour)}, 0, retry.ReasonUnsafe, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.attempt.Repeatable = true
			test.attempt.Number = max(test.attempt.Number, 1)
			deadline := time.Time{}
			if test.deadline != 0 {
				deadline = now.Add(test.deadline)
			}
			decision := policy.Decide(test.attempt, now, deadline, nil)
			require.Equal(t, test.want, decision.Reason)
			require.Equal(t, test.again, decision.Again)
			if wait, named := test.attempt.RetryAfter.Wait(); named && decision.Again {
				require.Equal(t, wait, decision.Wait)
			}
			if test.again {
				test.attempt.Repeatable = false
				require.Equal(t, retry.ReasonBody, policy.Decide(test.attempt, now, deadline, nil).Reason)
			}
		})
	}
}

func TestUnavailableIsOptIn(t *testing.T) {
	t.Parallel()
	willing := policy
	willing.RetryUnavailable = true
	attempt := retry.Attempt{Number: 1, Repeatable: true, Sent: true, Status: 503}
	require.False(t, willing.Decide(attempt, time.Now(), time.Time{}, nil).Again)
	attempt.RetryAfter = retry.After(0)
	require.True(t, willing.Decide(attempt, time.Now(), time.Time{}, nil).Again)
	attempt.Status = 500
	require.False(t, willing.Decide(attempt, time.Now(), time.Time{}, nil).Again)
}

func TestBackoffStaysWithinItsBounds(t *testing.T) {
	t.Parallel()
	for number, ceiling := range map[int]time.Duration{
		1: 250 * time.Millisecond, 2: 500 * time.Millisecond, 3: time.Second, 6: 8 * time.Second, 7: 8 * time.Second, 1000: 8 * time.Second,
	} {
		var longest time.Duration
		for range 2000 {
			wait := retry.Backoff(policy.MinWait, policy.MaxWait, number)
			require.GreaterOrEqual(t, wait, time.Duration(0))
			require.LessOrEqual(t, wait, ceiling)
			longest = max(longest, wait)
		}
		require.Greater(t, longest, ceiling/2, "full jitter")
	}
	require.Zero(t, retry.Backoff(0, 0, 1))
	require.LessOrEqual(t, retry.Backoff(time.Hour, time.Second, 1), time.Second)
	require.GreaterOrEqual(t, retry.Backoff(math.MaxInt64, math.MaxInt64, 9), time.Duration(0))
}

func TestParseAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]retry.Delay{
		"":                                 {},
		"0":                                retry.After(0),
		"120":                              retry.After(2 * time.Minute),
		" 7 ":                              retry.After(7 * time.Second),
		"9223372036":                       retry.After(9223372036 * time.Second),
		"9223372037":                       retry.After(math.MaxInt64),
		"99999999999999999999999999":       retry.After(math.MaxInt64),
		"-1":                               {},
		"+1":                               {},
		"1.5":                              {},
		"1e3":                              {},
		"٣":                                {},
		"soon":                             {},
		"Thu, 01 Jan 2026 12:00:30 GMT":    retry.After(30 * time.Second),
		"Thu, 01 Jan 2026 11:00:00 GMT":    retry.After(0),
		"Thursday, 01-Jan-26 12:00:30 GMT": retry.After(30 * time.Second),
		"Thu, 99 Jan 2026 12:00:30 GMT":    {},
	} {
		require.Equal(t, want, retry.ParseAfter(http.Header{"Retry-After": {value}}, now), value)
	}
	require.Equal(t, retry.Delay{}, retry.ParseAfter(http.Header{}, now))
}

func FuzzParseAfter(f *testing.F) {
	for _, seed := range []string{"1", "-1", "9223372037", "1.5", "Thu, 01 Jan 2026 12:00:30 GMT", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		wait, named := retry.ParseAfter(http.Header{"Retry-After": {value}}, time.Unix(0, 0)).Wait()
		require.GreaterOrEqual(t, wait, time.Duration(0))
		require.False(t, !named && wait != 0)
		if digits := strings.TrimSpace(value); named && strings.Trim(digits, "0123456789") == "" && len(digits) < 10 {
			require.Equal(t, strings.TrimLeft(digits, "0"), strings.TrimLeft(fmt.Sprint(int64(wait/time.Second)), "0"))
		}
	})
}

func TestBudget(t *testing.T) {
	t.Parallel()
	budget := retry.NewBudget(2, 0.5)
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

	var unlimited *retry.Budget
	unlimited.Earn()
	require.True(t, unlimited.Spend())

	shared := retry.NewBudget(50, 0)
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
	exhausted := policy.Decide(retry.Attempt{Number: 1, Idempotent: true, Repeatable: true, Status: 500}, time.Now(), time.Time{}, shared)
	require.Equal(t, retry.Decision{Reason: retry.ReasonBudget}, exhausted)
}

func TestKindsOfErrors(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		&tls.CertificateVerificationError{Err: errors.New("x")}, x509.UnknownAuthorityError{}, x509.HostnameError{Certificate: &x509.Certificate{}},
		x509.CertificateInvalidError{},
	} {
		require.True(t, retry.IsCertificateError(fmt.Errorf("dial: %w", err)))
		require.Equal(t, retry.ReasonFinal, policy.Decide(retry.Attempt{Number: 1, Idempotent: true, Repeatable: true, Err: err}, time.Now(), time.Time{}, nil).Reason)
	}
	require.False(t, retry.IsCertificateError(io.ErrUnexpectedEOF))
	require.True(t, retry.IsDialError(fmt.Errorf("x: %w", &net.OpError{Op: "dial", Err: errors.New("refused")})))
	require.True(t, retry.IsDialError(&net.DNSError{}))
	require.False(t, retry.IsDialError(&net.OpError{Op: "read", Err: errors.New("reset")}))
	require.False(t, retry.IsDialError(nil))
}
