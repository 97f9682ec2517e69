package transport

import (
	"context"
	"net/http"
	"net/http/cookiejar"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCallsUseOneEngine(t *testing.T) {
	t.Parallel()
	statuses := []int{503, 502, 200}
	transport, err := New(Config{
		Client: &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
			status := statuses[0]
			statuses = statuses[1:]
			return newResponse(status, ""), nil
		})},
		MaxResponseBytes: 10, Policy: Policy{MaxAttempts: 3}, Describe: func([]byte) string { return "" },
	})
	require.NoError(t, err)
	call := newCall(t, "GET")
	call.Idempotent = true
	result := transport.Do(t.Context(), call)
	require.Nil(t, result.Failure)
	require.Equal(t, 3, result.Attempts)
	require.Empty(t, statuses)
}

func TestMiddlewareReturnsNil(t *testing.T) {
	t.Parallel()
	_, err := New(Config{Middleware: []func(http.RoundTripper) http.RoundTripper{func(http.RoundTripper) http.RoundTripper { return nil }}})
	require.ErrorContains(t, err, "middleware returned nil")
}

func TestMiddlewareRunsInOrder(t *testing.T) {
	t.Parallel()
	var order []string
	note := func(name string) func(http.RoundTripper) http.RoundTripper {
		return func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(r *http.Request) (*http.Response, error) {
				order = append(order, name)
				return next.RoundTrip(r)
			})
		}
	}
	transport, err := New(Config{
		Client: &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
			order = append(order, "transport")
			return newResponse(200, ""), nil
		})},
		Middleware: []func(http.RoundTripper) http.RoundTripper{note("first"), note("second")},
	})
	require.NoError(t, err)
	require.Nil(t, transport.Do(t.Context(), newCall(t, "GET")).Failure)
	require.Equal(t, []string{"first", "second", "transport"}, order)
}

// TestClientOfTheUser keeps its jar and its timeout, and follows no redirect.
func TestClientOfTheUser(t *testing.T) {
	t.Parallel()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	server := &script{replies: []reply{
		{status: 503, header: http.Header{"Set-Cookie": {"node=7"}}}, {status: 307, header: http.Header{"Location": {"/v2"}}},
	}}
	call := newCall(t, "GET")
	call.Idempotent = true
	result := perform(t, server, call, func(c *Config) { c.Client.Jar = jar })
	require.Equal(t, ErrRedirect, result.Failure.Category)
	require.Len(t, server.sent, 2)
	require.Equal(t, "node=7", server.sent[1].Header.Get("Cookie"))

	synctest.Test(t, func(t *testing.T) {
		client := &http.Client{Timeout: time.Minute, Transport: &script{replies: []reply{{status: 200}}}}
		call := newCall(t, "GET")
		call.Authenticator = waits{}
		result := perform(t, nil, call, func(c *Config) { c.Client = client })
		require.ErrorIs(t, result.Failure.Causes[0], ErrTimeout)
		require.NotErrorIs(t, result.Failure.Causes[0], context.DeadlineExceeded, "it is not the caller's deadline")
		require.Equal(t, time.Minute, client.Timeout, "it is the user's")
	})
}

// waits is an Authenticator whose source never returns a credential.
type waits struct{}

func (waits) Authenticate(ctx context.Context, _ http.Header) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

// idle is a transport that notes when its connections are closed.
type idle struct {
	roundTripper
	closed int
}

func (i *idle) CloseIdleConnections() { i.closed++ }

func TestCloseIdleConnections(t *testing.T) {
	t.Parallel()
	with := &idle{}
	for _, transport := range []http.RoundTripper{with, roundTripper(nil)} {
		made, err := New(Config{Client: &http.Client{Transport: transport}})
		require.NoError(t, err)
		made.CloseIdleConnections()
	}
	require.Equal(t, 1, with.closed)
	for _, client := range []*http.Client{nil, {}} {
		made, err := New(Config{Client: client})
		require.NoError(t, err)
		require.Same(t, Default(), made.innermost)
	}
}
