package webhooks_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

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

// TestHeaderNames takes the characters that HTTP allows in the name of a
// header, and refuses their neighbours.
func TestHeaderNames(t *testing.T) {
	t.Parallel()
	for letter := range 256 {
		name := "x" + string([]byte{byte(letter)})
		_, err := webhooks.NewReceiver(webhooks.WithKeyHeader(name, webhooks.NewSecret("", hmacKey)))
		allowed := strings.Contains("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", name[1:])
		require.Equal(t, allowed, err == nil, "%q: %v", name, err)
	}
}

// TestMissingSignatureHeader refuses a delivery that lacks one of the headers
// of its signature as one without a credential, before its body is read.
func TestMissingSignatureHeader(t *testing.T) {
	t.Parallel()
	format := webhooks.HMAC{Header: "Sig", IDHeader: "Id", TimestampHeader: "Time", Signed: "{id}{timestamp}{body}"}
	receiver := newReceiver(t, webhooks.WithHMAC(format, webhooks.NewSecret("", hmacKey)), acceptAt)
	stamp := fmt.Sprint(now.Unix())
	for _, missing := range []string{"", "Sig", "Id", "Time"} {
		request := plain(t, path, "{}")
		request.Header = http.Header{"Id": {"i"}, "Time": {stamp}, "Sig": {hexMAC(hmacKey, "i"+stamp+"{}")}}
		delete(request.Header, missing)
		_, err := receiver.Parse(request)
		if missing == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorIs(t, err, webhooks.ErrMissingCredential, missing)
		rest, _ := request.Body.Read(make([]byte, 9))
		require.Equal(t, 2, rest, "unread")
	}
}

// TestUnreadableTimestamps refuses times that are not digits, also while the
// clock stands where a machine without a battery starts.
func TestUnreadableTimestamps(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, webhooks.WithHMAC(webhooks.StripeHMAC(), webhooks.NewSecret("", hmacKey)),
		webhooks.WithClock(clockAt(time.Unix(0, 0))))
	for text, want := range map[string]error{
		"0": nil, "300": nil, "0000000000000007": nil, "": webhooks.ErrTimestamp, "301": webhooks.ErrTimestamp, "x": webhooks.ErrTimestamp,
		"-1": webhooks.ErrTimestamp, "+1": webhooks.ErrTimestamp, "1_0": webhooks.ErrTimestamp, "0x1": webhooks.ErrTimestamp, " 1": webhooks.ErrTimestamp,
		"9223372036854775807": webhooks.ErrTimestamp, "9223372036854775808": webhooks.ErrTimestamp, "18446744073709551616": webhooks.ErrTimestamp,
	} {
		request := plain(t, path, "{}")
		request.Header.Set("Stripe-Signature", "t="+text+",v1="+hexMAC(hmacKey, text+".{}"))
		_, err := receiver.Parse(request)
		require.ErrorIs(t, err, want, "%q", text)
	}
}
