package transport

import (
	"net/http"
	"testing"

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
