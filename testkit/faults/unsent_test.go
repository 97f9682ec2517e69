package faults_test

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/testkit/calls"
	"github.com/returningai/returningai-go/testkit/faults"
)

// TestNothingIsSent performs operations that never get a connection: all of them
// are sent again, unless another attempt would meet the same error, and none is
// in doubt.
func TestNothingIsSent(t *testing.T) {
	t.Parallel()
	closed, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	plain, secure := faults.NewServer(t, faults.Close), faults.NewTLSServer(t, faults.Close)
	for name, test := range map[string]struct {
		address  string
		spoil    func(*http.Transport)
		attempts int
	}{
		"connection refused":    {"http://" + closed.Addr().String(), nil, maxAttempts},
		"no such host":          {"https://host.invalid", nil, maxAttempts},
		"no TLS":                {strings.Replace(plain.URL, "http:", "https:", 1), nil, maxAttempts},
		"untrusted certificate": {secure.URL, func(t *http.Transport) { t.TLSClientConfig = &tls.Config{} }, 1},
		"failing proxy function": {secure.URL, func(t *http.Transport) {
			t.Proxy = func(*http.Request) (*url.URL, error) { return nil, errors.New("none") }
		}, maxAttempts},
		"proxy that is not there": {secure.URL, func(t *http.Transport) {
			t.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: closed.Addr().String()})
		}, maxAttempts},
		"proxy that does not open": {secure.URL, func(t *http.Transport) {
			t.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: plain.URL[len("http://"):]})
		}, maxAttempts},
	} {
		for _, call := range calls.Plain() {
			id := call.Operation
			if os.Getenv("FAULTS") != "all" && !slices.Contains(sixOperations, id) {
				continue
			}
			transport, watch := newTransport(), &witness{}
			if test.spoil != nil {
				test.spoil(transport)
			}
			client := newClient(t, test.address, transport, watch.options()...)
			_, err := call.Do(t.Context(), client, calls.Example())
			require.Error(t, err, "%s, %s", name, id)
			require.False(t, returningai.MaybeApplied(err), "%s, %s: %v", name, id, err)
			_, attempts := counted(err)
			require.Equal(t, test.attempts, attempts, "%s, %s: %v", name, id, err)
			require.Empty(t, watch.leaks(err), "%s, %s", name, id)
			transport.CloseIdleConnections()
		}
	}
	require.Zero(t, secure.Seen())
}
