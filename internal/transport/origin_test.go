package transport_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/internal/transport"
)

func TestHostOf(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://Example.COM/a":      "example.com",
		"https://example.com:443":    "example.com",
		"https://example.com:80":     "example.com:80",
		"http://example.com:80":      "example.com",
		"http://example.com:443":     "example.com:443",
		"https://u:p@example.com:1/": "example.com:1",
		"https://[::1]":              "[::1]",
		"https://[::1]:443":          "[::1]",
		"https://[::1]:8443":         "[::1]:8443",
		"/path":                      "",
	} {
		parsed, err := url.Parse(address)
		require.NoError(t, err)
		require.Equal(t, want, transport.HostOf(parsed), address)
	}
}

func TestLoopback(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST": true, "127.0.0.1": true, "127.8.9.10": true, "::1": true,
		"": false, "example.com": false, "localhost.example.com": false, "127.0.0.1.example.com": false,
		"10.0.0.1": false, "0.0.0.0": false, "128.0.0.1": false, "::2": false,
	} {
		require.Equal(t, want, transport.Loopback(host), host)
	}
}
