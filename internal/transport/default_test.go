package transport

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDefault changes what all tests share, and is not parallel to any.
func TestDefault(t *testing.T) { //nolint:paralleltest // as it says
	before, standard, held := http.DefaultTransport, netHTTP, shared.transport
	defer func() { http.DefaultTransport, netHTTP, shared.transport = before, standard, held }()

	shared.transport = nil
	made, ok := Default().(*http.Transport)
	require.True(t, ok)
	require.NotSame(t, before, made)
	require.Same(t, made, Default(), "all clients share one")
	require.Equal(t, 1024, made.MaxIdleConns)
	require.Equal(t, 256, made.MaxIdleConnsPerHost)
	require.EqualValues(t, 1<<20, made.MaxResponseHeaderBytes)
	require.True(t, made.ForceAttemptHTTP2)
	require.Equal(t, before.(*http.Transport).IdleConnTimeout, made.IdleConnTimeout) //nolint:forcetypeassert // it is net/http's

	for _, replacement := range []http.RoundTripper{&http.Transport{}, &replaced{}} {
		http.DefaultTransport = replacement
		require.Same(t, replacement, Default(), "mocks and tracing see every request")
	}
	netHTTP = http.DefaultTransport
	require.Same(t, netHTTP, Default(), "it was replaced before this package was initialised")

	shared.transport, http.DefaultTransport = nil, nil
	made, ok = Default().(*http.Transport)
	require.True(t, ok)
	require.NotNil(t, made.Proxy)
	require.True(t, made.ForceAttemptHTTP2)
}

func TestDefaultWithHTTP2TurnedOff(t *testing.T) { //nolint:paralleltest // it changes what all tests share
	held := shared.transport
	defer func() { shared.transport = held }()
	shared.transport = nil
	require.True(t, tuned(&http.Transport{}).ForceAttemptHTTP2)
}

// replaced is a transport of the program's own.
type replaced struct{ http.RoundTripper }
