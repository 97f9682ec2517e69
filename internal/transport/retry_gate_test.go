package transport

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"
)

// TestCallsShareAGate that the first one's 429 closes, for no longer than the cap.
func TestCallsShareAGate(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*Config)
		after  string
		waited time.Duration // of the second call
		failed bool
	}{
		"held":                 {nil, "50", 50 * time.Second, false},
		"up to the cap":        {nil, "3600", time.Minute, false},
		"not named":            {nil, "", 0, false},
		"longer than it may":   {func(c *Config) { c.Policy.RateLimitWait = 49 * time.Second }, "50", 0, true},
		"one attempt":          {func(c *Config) { c.Policy.MaxAttempts = 1 }, "50", 0, true},
		"a negative RateLimit": {func(c *Config) { c.Policy.RateLimitWait = -1 }, "50", 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := &script{replies: []reply{{429, http.Header{}, nil, nil}, {status: 200}}}
				if test.after != "" {
					server.replies[0] = tooMany(test.after)
				}
				config := Config{Client: &http.Client{Transport: server}, Policy: policy, Gates: NewGates(), Describe: func([]byte) string { return "" }}
				if test.change != nil {
					test.change(&config)
				}
				made, err := New(config)
				require.NoError(t, err)
				ctx, cancel := context.WithTimeout(t.Context(), 0)
				defer cancel()
				short, end := context.WithTimeout(t.Context(), time.Nanosecond)
				defer end()
				ended := made.Do(ctx, newCall(t, "POST"))
				require.Equal(t, "the context's deadline passed", ended.Failure.Message)
				require.Zero(t, ended.Attempts)
				require.Empty(t, server.sent)
				require.NotNil(t, made.Do(short, newCall(t, "POST")).Failure)
				began := time.Now()
				result := made.Do(t.Context(), newCall(t, "POST"))
				require.Equal(t, test.waited, time.Since(began))
				require.Equal(t, test.failed, result.Failure != nil)
				if test.failed {
					require.Equal(t, ErrRateLimited, result.Failure.Category)
					require.Equal(t, ReasonHeld, result.Failure.Reason)
					require.Zero(t, result.Attempts)
					require.False(t, result.Failure.MaybeApplied)
					require.Len(t, server.sent, 1)
				}
			})
		})
	}
}

// TestWaitsAtTheGateCount as waits after 429.
func TestWaitsAtTheGateCount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &script{replies: []reply{tooMany("60")}}
		made, err := New(Config{Client: &http.Client{Transport: server}, Policy: policy, Gates: NewGates(), Describe: func([]byte) string { return "" }})
		require.NoError(t, err)
		short, end := context.WithTimeout(t.Context(), time.Nanosecond)
		defer end()
		require.NotNil(t, made.Do(short, newCall(t, "POST")).Failure)
		began := time.Now()
		result := made.Do(t.Context(), newCall(t, "POST"))
		require.Equal(t, ReasonRateLimitWait, result.Failure.Reason)
		require.Equal(t, 1, result.Attempts)
		require.Equal(t, time.Minute, time.Since(began), "a minute more is too long")
	})
}

func TestRefusalAtTheGateDoesNotOpenIt(t *testing.T) {
	t.Parallel()
	for status, width := range map[int]int{429: 1, 200: 2, 503: 2} {
		synctest.Test(t, func(t *testing.T) {
			gates, call := NewGates(), newCall(t, "POST")
			gates.close(call, time.Second)
			var found *gate
			locked(gates, call, func(closed *gate) { found = closed })
			server := &script{replies: []reply{{status: status}}}
			perform(t, server, call, func(c *Config) { c.Gates, c.Policy.MaxAttempts, c.Policy.RateLimitWait = gates, 2, 2*time.Second })
			require.NotEmpty(t, server.sent)
			gates.mu.Lock()
			defer gates.mu.Unlock()
			require.Equal(t, width, found.width, status)
			require.Zero(t, found.passing)
		})
	}
}

func TestRateLimitLeavesNoTurn(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		statuses []int
		tokens   int
		canceled bool
		attempts int
		status   int
		reason   Reason
	}{
		"of the first attempt": {[]int{200}, 0, false, 0, 0, ReasonNoTurn},
		"of the second":        {[]int{503}, 1, false, 1, 503, ReasonNoTurn},
		"canceled meanwhile":   {[]int{200}, 0, true, 0, 0, ""},
		"canceled, the second": {[]int{503}, 1, true, 1, 503, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := &script{}
				for _, status := range test.statuses {
					server.replies = append(server.replies, reply{status: status})
				}
				limiter := rate.NewLimiter(rate.Every(time.Hour), 1)
				if test.tokens == 0 {
					require.True(t, limiter.Allow())
				}
				made, err := New(Config{Client: &http.Client{Transport: server}, Policy: policy, Limiter: limiter, Describe: func([]byte) string { return "" }})
				require.NoError(t, err)
				ctx, cancel := context.WithCancel(t.Context())
				if test.canceled {
					time.AfterFunc(time.Minute, cancel)
				} else {
					ctx, cancel = context.WithTimeout(ctx, time.Minute)
				}
				defer cancel()
				call := newCall(t, "GET")
				call.Idempotent = true
				began := time.Now()
				result := made.Do(ctx, call)
				require.Equal(t, test.attempts, result.Attempts)
				require.Equal(t, test.status, result.Failure.Status)
				require.Equal(t, test.reason, result.Failure.Reason)
				require.False(t, result.Failure.MaybeApplied && test.attempts == 0)
				if test.attempts == 0 && !test.canceled {
					require.Equal(t, "the rate limit leaves no turn before the deadline", result.Failure.Message)
					require.ErrorIs(t, result.Failure.Causes[0], context.DeadlineExceeded)
				}
				if test.canceled {
					require.Contains(t, result.Failure.Causes, context.Canceled)
					require.Equal(t, time.Minute, time.Since(began))
				} else {
					require.Less(t, time.Since(began), time.Minute)
				}
			})
		})
	}
}

func TestRefusalWithoutATimeClosesNoGate(t *testing.T) {
	t.Parallel()
	for after, closed := range map[string]int64{"": 0, "soon": 0, "1": 1} {
		synctest.Test(t, func(t *testing.T) {
			gates, call := NewGates(), newCall(t, "POST")
			call.Observer = &watcher{retrying: func() { require.Equal(t, closed, gates.closed.Load(), after) }}
			result := perform(t, &script{replies: []reply{tooMany(after), {status: 200}}}, call, func(c *Config) { c.Gates = gates })
			require.Nil(t, result.Failure)
			require.Equal(t, 2, result.Attempts)
		})
	}
}

// TestPatienceAtTheGate is what the waits after 429 left of it.
func TestPatienceAtTheGate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gates, call := NewGates(), newCall(t, "POST")
		time.AfterFunc(59*time.Second, func() { gates.close(call, time.Minute) }) // another call was refused
		result := perform(t, &script{replies: []reply{tooMany("60"), {status: 200}}}, call, func(c *Config) {
			c.Gates, c.Policy.RateLimitWait = gates, 80*time.Second
		})
		require.Equal(t, ReasonHeld, result.Failure.Reason)
		require.Equal(t, 1, result.Attempts)
	})
	for name, change := range map[string]func(*Config){
		"one attempt": func(c *Config) { c.Policy.MaxAttempts = 1 },
		"no wait":     func(c *Config) { c.Policy.RateLimitWait = 0 },
	} {
		synctest.Test(t, func(t *testing.T) {
			gates, call := NewGates(), newCall(t, "POST")
			gates.close(call, time.Second)
			_, _, err := gates.enter(t.Context(), call, time.Hour)
			require.NoError(t, err)
			result := perform(t, &script{replies: []reply{{status: 200}}}, call, func(c *Config) {
				c.Gates = gates
				change(c)
			})
			require.Nil(t, result.Failure, name) // it does not wait for the other one
		})
	}
}
