package webhooks_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/webhooks"
	"github.com/returningai/returningai-go/webhooks/webhookstest"
)

// TestRefusedSenders refuses what cannot work or is not safe, without quoting
// the URL.
func TestRefusedSenders(t *testing.T) {
	t.Parallel()
	const good = "https://hooks.example.com" + hookPath
	for _, one := range []struct {
		url     string
		options []webhooks.SenderOption
		text    string
	}{
		{"", nil, "url: is empty"},
		{"https://hooks.example.com/%zz" + hookPath, nil, "url: is not a URL"},
		{"https://hooks.example.com" + hookPath + "\n", nil, "url: is not a URL"},
		{hookPath, nil, "url: must start with https://"},
		{"ftp://hooks.example.com" + hookPath, nil, "url: must start with https://"},
		{"https://" + hookPath, nil, "url: has no host"},
		{"https://user:hunter2@hooks.example.com" + hookPath, nil, "url: holds a user"},
		{good + "#x", nil, "url: holds a fragment"},
		{"http://hooks.example.com" + hookPath, nil, "url: plain http is refused"},
		{"http://127.0.0.1.example.com" + hookPath, nil, "url: plain http is refused"},
		{"http://localhost.example.com" + hookPath, nil, "url: plain http is refused"},
		{good, []webhooks.SenderOption{nil}, "an option is nil"},
		{good, []webhooks.SenderOption{webhooks.WithAPIKey("")}, "WithAPIKey: is empty"},
		{good, []webhooks.SenderOption{webhooks.WithAPIKey("key\r\nHost: evil")}, "WithAPIKey: holds a line break"},
		{good, []webhooks.SenderOption{webhooks.WithAPIKey("key-with-a-\x7f")}, "WithAPIKey: holds a line break or a control character"},
		{good, []webhooks.SenderOption{sendKey, sendKey}, "WithAPIKey: given twice"},
		{good, []webhooks.SenderOption{webhooks.WithHeader("a b", "v")}, "WithHeader: header: not a header name"},
		{good, []webhooks.SenderOption{webhooks.WithHeader("idempotency-key", "v")}, "WithHeader: header: is set by the sender itself"},
		{good, []webhooks.SenderOption{webhooks.WithHeader("x-encrypted", "false")}, "WithHeader: header: is set by the sender itself"},
		{good, []webhooks.SenderOption{webhooks.WithEncryption(0, secret.New(webhookstest.AESKey))}, "WithEncryption: mode: neither"},
		{good, []webhooks.SenderOption{webhooks.WithEncryption(webhooks.AES256CBC, secret.New("short"))}, "WithEncryption: an AES-256 key is exactly 32 bytes"},
		{good, []webhooks.SenderOption{sendEncrypted(webhooks.AES256CBC), sendEncrypted(webhooks.AES256GCM)}, "WithEncryption: given twice"},
		{good, []webhooks.SenderOption{webhooks.WithEnvelope(webhooks.Envelope{AppendTag: true})}, "there is no WithEncryption"},
		{good, []webhooks.SenderOption{sendEncrypted(webhooks.AES256CBC), webhooks.WithEnvelope(webhooks.Envelope{AppendTag: true, IVSize: 12})}, "AppendTag: AES-256-CBC has no tag"},
		{good, []webhooks.SenderOption{sendEncrypted(webhooks.AES256CBC), webhooks.WithEnvelope(webhooks.Envelope{IVSize: 12})}, "IVSize: AES-256-CBC takes 16 bytes"},
		{good, []webhooks.SenderOption{sendEncrypted(webhooks.AES256GCM), webhooks.WithEnvelope(webhooks.Envelope{IVSize: 8})}, "IVSize: neither 12 nor 16"},
		{good, []webhooks.SenderOption{sendEncrypted(webhooks.AES256GCM), webhooks.WithEnvelope(webhooks.Envelope{Layout: 9, Carrier: 9, Encoding: 9})}, "Layout: not one of the constants\nenvelope: Carrier: not one of the constants\nenvelope: Encoding: not one of the constants"},
		{good, []webhooks.SenderOption{sendEncrypted(webhooks.AES256GCM), webhooks.WithEnvelope(webhooks.Envelope{Carrier: webhooks.CarrierString})}, "Carrier: LayoutFields"},
		{good, []webhooks.SenderOption{sendEncrypted(webhooks.AES256GCM), webhooks.WithEnvelope(webhooks.Envelope{IVName: "data"})}, "two parts have the same name"},
		{good, []webhooks.SenderOption{webhooks.WithHMACSignature(webhooks.HMAC{}, secret.New(hmacKey))}, "WithHMACSignature: header: is empty"},
		{good, []webhooks.SenderOption{webhooks.WithHMACSignature(hmacFormat, secret.New("short"))}, "WithHMACSignature: is shorter than 16 bytes"},
		{good, []webhooks.SenderOption{webhooks.WithHMACSignature(webhooks.HMAC{Header: "Host"}, secret.New(hmacKey))}, "WithHMACSignature: header: is set by the sender itself"},
		{good, []webhooks.SenderOption{webhooks.WithStandardWebhooksSignature(secret.New("whsec_"))}, "WithStandardWebhooksSignature: is shorter"},
		{good, []webhooks.SenderOption{webhooks.WithMessageID(nil)}, "WithMessageID: is nil"},
		{good, []webhooks.SenderOption{webhooks.WithHTTPClient(nil)}, "WithHTTPClient: is nil"},
		{good, []webhooks.SenderOption{webhooks.WithAttemptTimeout(0)}, "WithAttemptTimeout: must be"},
		{good, []webhooks.SenderOption{webhooks.WithMaxAttempts(0)}, "WithMaxAttempts: must be"},
		{good, []webhooks.SenderOption{webhooks.WithRetryAfterCap(-1)}, "WithRetryAfterCap: must not"},
		{good, []webhooks.SenderOption{webhooks.WithMaxResponseBytes(0)}, "WithMaxResponseBytes: must be"},
		{good, []webhooks.SenderOption{webhooks.WithMaxResponseBytes(1<<30 + 1)}, "WithMaxResponseBytes: must be"},
		{good, []webhooks.SenderOption{webhooks.WithUserAgent("")}, "WithUserAgent: is empty or"},
		{good, []webhooks.SenderOption{webhooks.WithUserAgent("a\x7f")}, "WithUserAgent: is empty or"},
		{good, []webhooks.SenderOption{webhooks.WithUserAgent("a\nb")}, "WithUserAgent: is empty or"},
		{good, []webhooks.SenderOption{webhooks.WithClock(nil)}, "WithClock: is nil"},
		{good, []webhooks.SenderOption{webhooks.WithLogger(nil)}, "WithLogger: is nil"},
	} {
		sender, err := webhooks.NewSender(secret.New(one.url), one.options...)
		require.ErrorContains(t, err, one.text)
		require.Nil(t, sender)
		require.NotContains(t, err.Error(), "5ecret")
		require.NotContains(t, err.Error(), "hunter2")
	}
	for _, url := range []string{"http://localhost:1/x", "http://127.0.0.53/x", "http://[::1]:80/x", "HTTPS://example.com/x"} {
		newSender(t, url)
	}
	newSender(t, "http://hooks.example.com/x", webhooks.WithInsecureHTTP(), webhooks.WithRetryAfterCap(0), webhooks.WithMaxAttempts(1),
		webhooks.WithAPIKey("a key with a\ttab and an é"), webhooks.WithMaxResponseBytes(1), webhooks.WithAttemptTimeout(1))
	newSender(t, good, webhooks.WithMaxResponseBytes(1<<30))
}

// decimal is text as fmt shows bytes.
func decimal(text string) string {
	codes := make([]string, len(text))
	for i := range text {
		codes[i] = strconv.Itoa(int(text[i]))
	}
	return strings.Join(codes, " ")
}

// TestSecretsStayHidden prints everything that holds a secret in every way, in
// every failure, also when the server echoes what it got.
func TestSecretsStayHidden(t *testing.T) {
	t.Parallel()
	hidden := []string{webhookstest.APIKey, webhookstest.AESKey, hmacKey, webhookstest.StandardSecret, "5ecret-hook", urlKey, "header-secret"}
	log := newBuffer()
	check := func(t *testing.T, values ...any) {
		t.Helper()
		for _, value := range values {
			for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
				printed := fmt.Sprintf(format, value) + fmt.Sprintf(format, []any{value}) + fmt.Sprintf(format, struct{ inner any }{value})
				for _, text := range hidden {
					require.NotContains(t, printed, text, format)
					require.NotContains(t, printed, fmt.Sprintf("%x", text), format)
					require.NotContains(t, printed, decimal(text), format)
				}
			}
			slog.New(slog.NewTextHandler(log, nil)).Info("value", "value", value)
			slog.New(slog.NewJSONHandler(log, nil)).Info("value", "value", value)
			if data, err := json.Marshal(value); err == nil {
				for _, text := range hidden {
					require.NotContains(t, string(data), text)
				}
			}
		}
		for _, text := range hidden {
			require.NotContains(t, log.String(), text)
		}
	}
	logger := webhooks.WithLogger(slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})))

	receiver := newReceiver(t, acceptKey, acceptURL, acceptHMAC, acceptStandard, acceptEncrypted(webhooks.AES256CBC), logger)
	check(t, receiver, *receiver, webhooks.Receiver{}, acceptKey, webhooks.NewSecret("id", webhookstest.APIKey), []webhooks.ReceiverOption{acceptKey, acceptEncrypted(webhooks.AES256GCM)})
	require.Equal(t, "webhooks.Receiver(key header, URL secret, HMAC, Standard Webhooks, AES-256-CBC)", fmt.Sprint(receiver))
	require.Equal(t, "webhooks.Receiver(none)", fmt.Sprint(webhooks.Receiver{}))
	for _, change := range []func(*http.Request){
		func(*http.Request) {},
		func(r *http.Request) { r.Header.Del("X-Api-Key") },
		func(r *http.Request) { r.Header.Set("X-Signature-256", "sha256=00") },
		func(r *http.Request) { r.Header.Set("Webhook-Id", "x") },
		func(r *http.Request) { r.URL.RawQuery += "&%zz" },
	} {
		request := webhookstest.Request(t, path+"?secret="+urlKey, joined, sendKey, sendHMAC, sendStandard, sendEncrypted(webhooks.AES256CBC))
		change(request)
		serveOnce(receiver, request)
	}

	options := []webhooks.SenderOption{
		sendKey, sendHMAC, sendStandard, sendEncrypted(webhooks.AES256GCM), webhooks.WithHeader("X-More", "header-secret"), logger,
	}
	for name, hook := range map[string]func(w http.ResponseWriter, r *http.Request){
		"echo": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Location", "https://elsewhere.example"+r.RequestURI)
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, mustJSON(t, map[string]any{
				"message": "no " + r.RequestURI + " for " + r.Header.Get("X-Api-Key") + " and " + r.Header.Get("X-More"),
				"url":     "http://" + r.Host + r.RequestURI,
			}))
		},
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere"+r.RequestURI, http.StatusTemporaryRedirect)
		},
		"cut":  func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"429":  func(w http.ResponseWriter, _ *http.Request) { status(429, "Retry-After", "86400")(w) },
		"HTML": func(w http.ResponseWriter, r *http.Request) { text(502, "text/html", "<p>"+r.RequestURI)(w) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base, client := serve(t, http.HandlerFunc(hook))
			sender, err := webhooks.NewSender(secret.New(base+hookPath+"?token="+urlKey), append(options, webhooks.WithHTTPClient(client))...)
			require.NoError(t, err)
			failure := failureOf(t, sender.SendMessage(t.Context(), message))
			require.Equal(t, "webhooks.Sender([redacted])", fmt.Sprint(sender))
			check(t, sender, *sender, failure, failure.Message, failure.Error(), string(failure.Body()))
		})
	}

	// Transports of others may put anything into their errors.
	leaky, _ := scripted(t, func(_ int, request *http.Request) (*http.Response, error) {
		return nil, fmt.Errorf("cannot reach %s with %s", request.URL, request.Header.Get("X-Api-Key"))
	}, options...)
	failure := failureOf(t, leaky.SendMessage(t.Context(), message))
	check(t, failure, failure.Error())

	// One secret may be the beginning of another.
	const longer = "5ecret-hook-0123456789-and-a-tail"
	overlapping, _ := scripted(t, func(_ int, request *http.Request) (*http.Response, error) {
		return nil, errors.New("no " + request.Header.Get("X-Api-Key"))
	}, webhooks.WithAPIKey(longer))
	failure = failureOf(t, overlapping.SendMessage(t.Context(), message))
	check(t, failure)
	require.NotContains(t, failure.Error(), "tail")

	// The client itself fails with the URL in its text.
	timeout, _ := scripted(t, func(_ int, request *http.Request) (*http.Response, error) {
		<-request.Context().Done()
		return nil, request.Context().Err()
	}, append(options, webhooks.WithAttemptTimeout(time.Nanosecond))...)
	check(t, failureOf(t, timeout.SendMessage(t.Context(), message)))
}
