package webhooks_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/webhooks"
)

// TestHeaderBounds reads a header value of up to 4096 bytes.
func TestHeaderBounds(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]error{1000: nil, 4095: nil, 4096: nil, 4097: webhooks.ErrMissingCredential, 5000: webhooks.ErrMissingCredential} {
		key := strings.Repeat("k", size)
		request := plain(t, path, "{}")
		request.Header.Set("X-Key", key)
		_, err := newReceiver(t, webhooks.WithKeyHeader("X-Key", webhooks.NewSecret("", key))).Parse(request)
		require.ErrorIs(t, err, want, size)
	}
}

// TestQueryBounds looks for a URL secret in a query of up to 8192 bytes.
func TestQueryBounds(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, acceptURL)
	for size, want := range map[int]error{100: nil, 8191: nil, 8192: nil, 8193: webhooks.ErrMissingCredential, 10_000: webhooks.ErrMissingCredential} {
		query := "secret=" + urlKey + "&x="
		_, err := receiver.Parse(plain(t, path+"?"+query+strings.Repeat("x", size-len(query)), "{}"))
		require.ErrorIs(t, err, want, size)
	}
}

// TestHeaderNames accepts the characters that HTTP allows in header names, and
// no others.
func TestHeaderNames(t *testing.T) {
	t.Parallel()
	for letter := range 256 {
		name := "x" + string([]byte{byte(letter)})
		_, err := webhooks.NewReceiver(webhooks.WithKeyHeader(name, webhooks.NewSecret("", hmacKey)))
		allowed := strings.Contains("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", name[1:])
		require.Equal(t, allowed, err == nil, "%q: %v", name, err)
	}
}
