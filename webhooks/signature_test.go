package webhooks_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/webhooks"
	"github.com/returningai/returningai-go/webhooks/webhookstest"
)

// hexMAC signs text.
func hexMAC(key, text string) string {
	sum := hmac.New(sha256.New, []byte(key))
	sum.Write([]byte(text))
	return hex.EncodeToString(sum.Sum(nil))
}

// TestTimestampedHMAC reads signatures over a time as Slack and Stripe make
// them, and as the sender does.
func TestTimestampedHMAC(t *testing.T) {
	t.Parallel()
	stamp := fmt.Sprint(now.Unix())
	slack := newReceiver(t, webhooks.WithHMAC(webhooks.SlackHMAC(), webhooks.NewSecret("s", hmacKey)), acceptAt)
	stripe := newReceiver(t, webhooks.WithHMAC(webhooks.StripeHMAC(), webhooks.NewSecret("s", hmacKey)), acceptAt)
	slackMAC, stripeMAC := hexMAC(hmacKey, "v0:"+stamp+":{}"), hexMAC(hmacKey, stamp+".{}")
	old := fmt.Sprint(now.Add(-5*time.Minute - time.Second).Unix())
	for _, one := range []struct {
		name   string
		to     *webhooks.Receiver
		header map[string]string
		want   error
	}{
		{"Slack", slack, map[string]string{"X-Slack-Signature": "v0=" + slackMAC, "X-Slack-Request-Timestamp": stamp}, nil},
		{"Slack, no time", slack, map[string]string{"X-Slack-Signature": "v0=" + slackMAC}, webhooks.ErrMissingCredential},
		{"Slack, another time", slack, map[string]string{"X-Slack-Signature": "v0=" + slackMAC, "X-Slack-Request-Timestamp": fmt.Sprint(now.Unix() + 1)}, webhooks.ErrWrongCredential},
		{"Slack, old", slack, map[string]string{"X-Slack-Signature": "v0=" + hexMAC(hmacKey, "v0:"+old+":{}"), "X-Slack-Request-Timestamp": old}, webhooks.ErrTimestamp},
		{"Slack, no version", slack, map[string]string{"X-Slack-Signature": slackMAC, "X-Slack-Request-Timestamp": stamp}, webhooks.ErrMissingCredential},
		{"Stripe", stripe, map[string]string{"Stripe-Signature": "t=" + stamp + ",v1=" + stripeMAC + ",v0=6ffbb59b"}, nil},
		{"Stripe, rotating", stripe, map[string]string{"Stripe-Signature": "t=" + stamp + ", v1=" + hexMAC("other", "x") + ", v1=" + stripeMAC}, nil},
		{"Stripe, another order", stripe, map[string]string{"Stripe-Signature": "v1=" + stripeMAC + ",t=" + stamp}, nil},
		{"Stripe, two times", stripe, map[string]string{"Stripe-Signature": "t=" + stamp + ",t=" + stamp + ",v1=" + stripeMAC}, webhooks.ErrMissingCredential},
		{"Stripe, no time", stripe, map[string]string{"Stripe-Signature": "v1=" + stripeMAC}, webhooks.ErrTimestamp},
		{"Stripe, an empty time", stripe, map[string]string{"Stripe-Signature": "t=,v1=" + stripeMAC}, webhooks.ErrTimestamp},
		{"Stripe, old", stripe, map[string]string{"Stripe-Signature": "t=" + old + ",v1=" + hexMAC(hmacKey, old+".{}")}, webhooks.ErrTimestamp},
		{"Stripe, wrong", stripe, map[string]string{"Stripe-Signature": "t=" + stamp + ",v1=" + slackMAC}, webhooks.ErrWrongCredential},
		{"Stripe, 16 elements", stripe, map[string]string{"Stripe-Signature": "t=" + stamp + strings.Repeat(",v1=00", 14) + ",v1=" + stripeMAC}, nil},
		{"Stripe, 17 elements", stripe, map[string]string{"Stripe-Signature": "t=" + stamp + strings.Repeat(",v1=00", 15) + ",v1=" + stripeMAC}, webhooks.ErrMissingCredential},
	} {
		request := plain(t, path, "{}")
		for name, value := range one.header {
			request.Header.Set(name, value)
		}
		delivery, err := one.to.Parse(request)
		require.ErrorIs(t, err, one.want, one.name)
		if err == nil {
			require.True(t, now.Equal(delivery.Timestamp), one.name)
			require.Empty(t, delivery.ID, one.name)
		}
	}
	withID := webhooks.HMAC{
		Header: "X-Sig", Prefix: "s=", Encoding: webhooks.Base64URL, Separator: ";",
		Signed: "{id}|{body}|{timestamp}", IDHeader: "X-Id", TimestampHeader: "X-Time",
	}
	for _, format := range []webhooks.HMAC{webhooks.SlackHMAC(), webhooks.StripeHMAC(), withID} {
		sign := webhooks.WithHMACSignature(format, secret.New(hmacKey))
		request := webhookstest.Request(t, path, joined, sendAt, sign)
		delivery, err := newReceiver(t, webhooks.WithHMAC(format, webhooks.NewSecret("", hmacKey)), acceptAt).Parse(request)
		require.NoError(t, err)
		require.Equal(t, format.IDHeader != "", delivery.ID != "" && delivery.DedupeKey != "")
	}
}

// TestHMACFormats refuses formats that contradict themselves.
func TestHMACFormats(t *testing.T) {
	t.Parallel()
	for text, format := range map[string]webhooks.HMAC{
		"must hold {body} once":                {Header: "S", Signed: "v0"},
		"Signed: must hold {body}":             {Header: "S", Signed: "{body}{body}"},
		"must hold {timestamp} once":           {Header: "S", Signed: "{timestamp}{body}"},
		"Signed: must hold {timestamp}":        {Header: "S", TimestampHeader: "T"},
		"must hold {id} once":                  {Header: "S", Signed: "{id}{body}"},
		"Signed: must hold {id}":               {Header: "S", IDHeader: "I", Signed: "{id}{id}{body}"},
		"placeholders are":                     {Header: "S", Signed: "{who}{body}"},
		"Signed: placeholders are":             {Header: "S", Signed: "{body}}"},
		"header: not a header name":            {Header: "S", IDHeader: "a b", Signed: "{id}{body}"},
		"TimestampPrefix: needs a Separator":   {Header: "S", Signed: "{timestamp}{body}", Prefix: "v=", TimestampPrefix: "t="},
		"TimestampPrefix: the timestamp has a": {Header: "S", Signed: "{timestamp}{body}", Prefix: "v=", Separator: ",", TimestampPrefix: "t=", TimestampHeader: "T"},
		"Separator: needs a Prefix":            {Header: "S", Separator: ","},
		"needs a Prefix that tells":            {Header: "S", Separator: "=", Prefix: "v="},
		"tells signatures from other elements": {Header: "S", Signed: "{timestamp}{body}", Prefix: "t", Separator: ",", TimestampPrefix: "t="},
		"are {id}, {timestamp} and {body}":     {Header: "S", Signed: "{body}{id"},
	} {
		_, err := webhooks.NewReceiver(webhooks.WithHMAC(format, webhooks.NewSecret("", hmacKey)))
		require.ErrorContains(t, err, text)
		_, err = webhooks.NewSender(secret.New("https://example.com/x"), webhooks.WithHMACSignature(format, secret.New(hmacKey)))
		require.ErrorContains(t, err, text)
	}
}

// TestSvix reads the headers of Svix, and no others.
func TestSvix(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, webhooks.WithSvix(standardSecret), acceptAt)
	request := webhookstest.Request(t, path, joined, sendStandard, sendAt)
	_, err := receiver.Parse(request)
	require.ErrorIs(t, err, webhooks.ErrMissingCredential)
	again, err := webhookstest.Again(request)
	require.NoError(t, err)
	for _, name := range []string{"Id", "Timestamp", "Signature"} {
		again.Header.Set("svix-"+name, again.Header.Get("webhook-"+name))
		again.Header.Del("webhook-" + name)
	}
	delivery, err := receiver.Parse(again)
	require.NoError(t, err)
	require.NotEmpty(t, delivery.ID)
	require.Equal(t, "Svix", delivery.Matches[0].Verifier)
}

// TestSignatureRotation sends both signatures, which either secret verifies.
func TestSignatureRotation(t *testing.T) {
	t.Parallel()
	const newer = "whsec_bmV3ZXItc2VjcmV0LW9mLTMyLWJ5dGVzLWV4YWN0bHk="
	sendNewer := webhooks.WithStandardWebhooksSignature(secret.New(newer))
	for _, accepted := range []webhooks.Secret{standardSecret, webhooks.NewSecret("newer", newer)} {
		request := webhookstest.Request(t, path, joined, sendStandard, sendNewer)
		require.Len(t, strings.Fields(request.Header.Get("Webhook-Signature")), 2)
		_, err := newReceiver(t, webhooks.WithStandardWebhooks(accepted)).Parse(request)
		require.NoError(t, err)
	}
	stripe := func(key string) webhooks.SenderOption {
		return webhooks.WithHMACSignature(webhooks.StripeHMAC(), secret.New(key))
	}
	request := webhookstest.Request(t, path, joined, stripe(hmacKey), stripe("another-key-of-length"), sendAt)
	_, err := newReceiver(t, webhooks.WithHMAC(webhooks.StripeHMAC(), webhooks.NewSecret("", hmacKey)), acceptAt).Parse(request)
	require.NoError(t, err)
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
