package webhooks_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/webhooks"
)

// roundTripper is a transport made of a function.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

// scripted is a sender whose transport responds from a script, without a
// network, for the tests that control time.
func scripted(t *testing.T, attempt func(number int, request *http.Request) (*http.Response, error), options ...webhooks.SenderOption) (*webhooks.Sender, *int) {
	t.Helper()
	attempts := new(int)
	transport := roundTripper(func(request *http.Request) (*http.Response, error) {
		*attempts++
		return attempt(*attempts, request)
	})
	options = append([]webhooks.SenderOption{webhooks.WithHTTPClient(&http.Client{Transport: transport})}, options...)
	return newSender(t, "https://hooks.example.com"+hookPath, options...), attempts
}

// reply is a response for scripted.
func reply(code int, headers ...string) *http.Response {
	recorder := httptest.NewRecorder()
	status(code, headers...)(recorder)
	return recorder.Result()
}

// TestThrottled waits as long as the server asks, and signs again.
func TestThrottled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var times, ids, bodies []string
		sender, attempts := scripted(t, func(number int, request *http.Request) (*http.Response, error) {
			times, ids = append(times, request.Header.Get("Webhook-Timestamp")), append(ids, request.Header.Get("Webhook-Id"))
			body, err := io.ReadAll(request.Body)
			require.NoError(t, err)
			bodies = append(bodies, string(body))
			if number == 1 {
				return reply(429, "Retry-After", "7"), nil
			}
			return reply(200), nil
		}, sendStandard, sendEncrypted(webhooks.AES256CBC))
		start := time.Now()
		require.NoError(t, sender.SendMessage(t.Context(), message))
		require.GreaterOrEqual(t, time.Since(start), 7*time.Second)
		require.LessOrEqual(t, time.Since(start), 8750*time.Millisecond)
		require.Equal(t, 2, *attempts)
		require.NotEqual(t, times[0], times[1], "the time of the attempt")
		require.Equal(t, ids[0], ids[1], "the id of the message")
		require.Equal(t, bodies[0], bodies[1])
	})
}

// TestTransportThatRewritesRequests in place does not change what later messages
// send.
func TestTransportThatRewritesRequests(t *testing.T) {
	t.Parallel()
	var seen []string
	sender, _ := scripted(t, func(_ int, request *http.Request) (*http.Response, error) {
		seen = append(seen, request.URL.String()+" "+request.Header.Get("X-Key"))
		request.URL.Host, request.URL.Path = "proxy.local", "/proxied"
		request.Header["X-Key"][0] = "changed"
		return reply(200), nil
	}, webhooks.WithHeader("X-Key", "the key of the hook"))
	for range 2 {
		require.NoError(t, sender.SendMessage(t.Context(), message))
	}
	const want = "https://hooks.example.com" + hookPath + " the key of the hook"
	require.Equal(t, []string{want, want}, seen)
}

// TestThrottledByTheRealTime measures the deadline of a context by the time
// that contexts go by, not by that of the signatures.
func TestThrottledByTheRealTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, at := range []time.Time{time.Unix(0, 0), time.Now().AddDate(100, 0, 0)} {
			sender, attempts := scripted(t, func(number int, _ *http.Request) (*http.Response, error) {
				if number == 1 {
					return reply(429, "Retry-After", time.Now().Add(7*time.Second).UTC().Format(http.TimeFormat)), nil
				}
				return reply(200), nil
			}, sendStandard, webhooks.WithClock(clockAt(at)))
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			start := time.Now()
			require.NoError(t, sender.SendMessage(ctx, message))
			require.Equal(t, 2, *attempts)
			require.Greater(t, time.Since(start), 6*time.Second, "the header has whole seconds")
			require.LessOrEqual(t, time.Since(start), 8750*time.Millisecond)
		}
	})
}

// TestClientInClient hides the URL also where the transport is a client of its
// own, in the error, its copy and what it unwraps to.
func TestClientInClient(t *testing.T) {
	t.Parallel()
	refused := errors.New("connection refused")
	inner := &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) { return nil, refused })}
	sender, _ := scripted(t, func(_ int, request *http.Request) (*http.Response, error) {
		return inner.Do(request.Clone(request.Context()))
	})
	err := sender.SendMessage(t.Context(), message)
	require.ErrorIs(t, err, refused)
	failure := failureOf(t, err)
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		for _, value := range []any{err, *failure, errors.Join(failure.Unwrap()...)} {
			require.NotContains(t, fmt.Sprintf(format, value), "5ecret-hook", format)
		}
	}
}

// TestThrottledForLong gives up, and reports the Retry-After.
func TestThrottledForLong(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct {
		after    string
		timeout  time.Duration
		want     error
		wait     time.Duration
		attempts int
	}{
		"a day":              {"86400", time.Hour, webhooks.ErrRetryAfterTooLong, 24 * time.Hour, 1},
		"beyond any time":    {"9223372037", time.Hour, webhooks.ErrRetryAfterTooLong, 1<<63 - 1, 1},
		"past the deadline":  {"30", 10 * time.Second, webhooks.ErrRetryAfterTooLong, 30 * time.Second, 1},
		"negative, so none":  {"-5", time.Hour, webhooks.ErrRateLimited, 0, 9},
		"malformed, so none": {"soon", time.Hour, webhooks.ErrRateLimited, 0, 9},
		"none":               {"", time.Hour, webhooks.ErrRateLimited, 0, 9},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sender, attempts := scripted(t, func(int, *http.Request) (*http.Response, error) {
					return reply(429, "Retry-After", one.after), nil
				})
				ctx, cancel := context.WithTimeout(t.Context(), one.timeout)
				defer cancel()
				err := sender.SendMessage(ctx, message)
				require.ErrorIs(t, err, one.want)
				require.ErrorIs(t, err, webhooks.ErrRateLimited)
				failure := failureOf(t, err)
				require.Equal(t, one.wait, failure.RetryAfter)
				require.Equal(t, 429, failure.StatusCode)
				require.Equal(t, one.attempts, failure.Attempts)
				require.Equal(t, one.attempts, *attempts)
				require.False(t, failure.MaybeApplied(), "429 means that it was not taken")
			})
		})
	}
}

// TestWithRetryAfterCap waits for as long as it may, and no longer.
func TestWithRetryAfterCap(t *testing.T) {
	t.Parallel()
	for after, want := range map[string]int{"5": 2, "6": 1} {
		synctest.Test(t, func(t *testing.T) {
			sender, attempts := scripted(t, func(number int, _ *http.Request) (*http.Response, error) {
				return reply([]int{429, 200}[number-1], "Retry-After", after), nil
			}, webhooks.WithRetryAfterCap(5*time.Second))
			err := sender.SendMessage(t.Context(), message)
			require.Equal(t, want, *attempts)
			require.Equal(t, want == 1, errors.Is(err, webhooks.ErrRetryAfterTooLong))
		})
	}
}

// TestCancelledWait ends at once, with the cause.
func TestCancelledWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sender, attempts := scripted(t, func(int, *http.Request) (*http.Response, error) { return reply(429, "Retry-After", "50"), nil })
		ctx, cancel := context.WithCancelCause(t.Context())
		cause := errors.New("shutting down")
		time.AfterFunc(3*time.Second, func() { cancel(cause) })
		start := time.Now()
		err := sender.SendMessage(ctx, message)
		require.Equal(t, 3*time.Second, time.Since(start))
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, cause)
		require.ErrorIs(t, err, webhooks.ErrRateLimited)
		require.Equal(t, 1, *attempts)
	})
}

// TestNotSent tries again when nothing can have been sent.
func TestNotSent(t *testing.T) {
	t.Parallel()
	refused := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	reset := &net.OpError{Op: "read", Err: errors.New("connection reset")}
	for name, one := range map[string]struct {
		errs     []error
		attempts int
		maybe    bool
	}{
		"refused, then taken": {[]error{refused}, 2, false},
		"no such host":        {[]error{&net.DNSError{Err: "no such host"}, refused}, 3, false},
		"refused for good":    {[]error{refused, refused, refused}, 3, false},
		"reset":               {[]error{reset}, 1, true},
		"refused, then reset": {[]error{refused, reset}, 2, true},
		"end of the body":     {[]error{io.ErrUnexpectedEOF}, 1, true},
		"an error of its own": {[]error{errors.New("transport says no")}, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sender, attempts := scripted(t, func(number int, _ *http.Request) (*http.Response, error) {
					if number <= len(one.errs) {
						return nil, one.errs[number-1]
					}
					return reply(200), nil
				})
				err := sender.SendMessage(t.Context(), message)
				require.Equal(t, one.attempts, *attempts)
				if one.attempts > len(one.errs) {
					require.NoError(t, err)
					return
				}
				require.ErrorIs(t, err, one.errs[len(one.errs)-1])
				require.Equal(t, one.maybe, failureOf(t, err).MaybeApplied())
			})
		})
	}
}

// TestNobodyListens finds out by the trace of a real transport that nothing was
// sent.
func TestNobodyListens(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	sender := newSender(t, "http://"+address+hookPath, webhooks.WithMaxAttempts(1))
	failure := failureOf(t, sender.SendMessage(t.Context(), message))
	require.False(t, failure.MaybeApplied())
	require.Equal(t, 1, failure.Attempts)
	sender.CloseIdleConnections()
}

// TestCancelledSend has the cause of the caller in the error.
func TestCancelledSend(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("shutting down")
	sender, attempts := scripted(t, func(_ int, request *http.Request) (*http.Response, error) {
		cancel(cause)
		<-request.Context().Done()
		return nil, request.Context().Err()
	})
	err := sender.SendMessage(ctx, message)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, cause)
	require.True(t, failureOf(t, err).MaybeApplied())
	require.Equal(t, 1, *attempts)
}

// TestSwitchedProtocols fails for a status below 200.
func TestSwitchedProtocols(t *testing.T) {
	t.Parallel()
	sender, _ := scripted(t, func(int, *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusSwitchingProtocols, Header: http.Header{}, Body: http.NoBody}, nil
	})
	err := sender.SendMessage(t.Context(), message)
	require.ErrorIs(t, err, webhooks.ErrUnexpectedResponse)
	require.True(t, failureOf(t, err).MaybeApplied())
}

// TestRetryBudget stops repeating when an outage lasts.
func TestRetryBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		refused := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
		sender, attempts := scripted(t, func(int, *http.Request) (*http.Response, error) { return nil, refused })
		for range 100 {
			require.Error(t, sender.SendMessage(t.Context(), message))
		}
		require.Equal(t, 119, *attempts, "100 calls, 10 repeats, and one for every tenth call that ended before the last")
	})
}

// TestDefaultWaits waits up to 250 ms before the second attempt, then up to twice
// as long each time, but no more than 8 s; after 429 no more than 2 minutes
// altogether.
func TestDefaultWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		refused := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
		sender, attempts := scripted(t, func(int, *http.Request) (*http.Response, error) { return nil, refused }, webhooks.WithMaxAttempts(11))
		start := time.Now()
		require.Error(t, sender.SendMessage(t.Context(), message))
		require.Equal(t, 11, *attempts)
		require.Greater(t, time.Since(start), time.Second)
		require.LessOrEqual(t, time.Since(start), 47750*time.Millisecond)

		throttled, attempts := scripted(t, func(int, *http.Request) (*http.Response, error) { return reply(429, "Retry-After", "41"), nil })
		require.ErrorIs(t, throttled.SendMessage(t.Context(), message), webhooks.ErrRateLimited)
		require.Equal(t, 3, *attempts, "a third wait would be beyond 2 minutes")
	})
}
