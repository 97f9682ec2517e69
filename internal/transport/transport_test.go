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
