package webhooks_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/webhooks"
	"github.com/returningai/returningai-go/webhooks/webhookstest"
)

// unreadBody fails the test when it is read.
type unreadBody struct{ t *testing.T }

func (b unreadBody) Read([]byte) (int, error) {
	b.t.Error("the body was read")
	return 0, io.EOF
}

// TestHeadBeforeBody reads no body without the right header, URL or time.
func TestHeadBeforeBody(t *testing.T) {
	t.Parallel()
	stale := webhooks.WithClock(clockAt(now.Add(-time.Hour)))
	custom := webhooks.VerifierFunc("custom", func(http.Header, url.Values) error { return io.EOF })
	for name, one := range map[string]struct {
		accept webhooks.Verifier
		send   []webhooks.SenderOption
		want   error
	}{
		"no key":             {acceptKey, nil, webhooks.ErrMissingCredential},
		"wrong key":          {acceptKey, []webhooks.SenderOption{webhooks.WithAPIKey("wrong-key-of-some-length")}, webhooks.ErrWrongCredential},
		"no URL secret":      {acceptURL, nil, webhooks.ErrMissingCredential},
		"no HMAC":            {acceptHMAC, nil, webhooks.ErrMissingCredential},
		"stale":              {acceptStandard, []webhooks.SenderOption{sendStandard, stale}, webhooks.ErrTimestamp},
		"refused by custom":  {custom, nil, webhooks.ErrWrongCredential},
		"none of any":        {webhooks.AnyOf(acceptKey, acceptHMAC), nil, webhooks.ErrMissingCredential},
		"one of any is left": {webhooks.AnyOf(acceptKey, acceptURL, custom), nil, webhooks.ErrWrongCredential},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request := webhookstest.Request(t, path, joined, one.send...)
			request.Body = io.NopCloser(unreadBody{t})
			_, err := newReceiver(t, one.accept, acceptAt).Parse(request)
			require.ErrorIs(t, err, one.want)
		})
	}
}

// TestCBCNeedsProofOfBody permits CBC only beside a proof of the body that
// every delivery must pass.
func TestCBCNeedsProofOfBody(t *testing.T) {
	t.Parallel()
	bodyFunc := webhooks.VerifierBodyFunc("signature", func(http.Header, []byte) (webhooks.Proof, error) { return webhooks.Proof{}, nil })
	headFunc := webhooks.VerifierFunc("caller", func(http.Header, url.Values) error { return nil })
	for name, one := range map[string]struct {
		options []webhooks.ReceiverOption
		refused bool
	}{
		"alone":                      {nil, true},
		"key":                        {[]webhooks.ReceiverOption{acceptKey}, true},
		"URL secret":                 {[]webhooks.ReceiverOption{acceptURL}, true},
		"function":                   {[]webhooks.ReceiverOption{headFunc}, true},
		"any of HMAC and key":        {[]webhooks.ReceiverOption{webhooks.AnyOf(acceptHMAC, acceptKey)}, true},
		"any of key and HMAC":        {[]webhooks.ReceiverOption{webhooks.AnyOf(acceptKey, acceptHMAC)}, true},
		"any of, nested":             {[]webhooks.ReceiverOption{webhooks.AnyOf(acceptHMAC, webhooks.AnyOf(acceptStandard, acceptURL))}, true},
		"HMAC":                       {[]webhooks.ReceiverOption{acceptHMAC}, false},
		"Standard Webhooks":          {[]webhooks.ReceiverOption{acceptStandard}, false},
		"Svix":                       {[]webhooks.ReceiverOption{webhooks.WithSvix(standardSecret)}, false},
		"body function":              {[]webhooks.ReceiverOption{bodyFunc}, false},
		"any of HMAC and standard":   {[]webhooks.ReceiverOption{webhooks.AnyOf(acceptHMAC, acceptStandard)}, false},
		"key, and HMAC":              {[]webhooks.ReceiverOption{acceptKey, acceptHMAC}, false},
		"HMAC, and key":              {[]webhooks.ReceiverOption{acceptHMAC, acceptKey}, false},
		"any with key, and HMAC":     {[]webhooks.ReceiverOption{webhooks.AnyOf(acceptURL, acceptKey), acceptHMAC}, false},
		"key, allowed by its name":   {[]webhooks.ReceiverOption{acceptKey, webhooks.AllowUnauthenticatedCBC()}, false},
		"alone, allowed by its name": {[]webhooks.ReceiverOption{webhooks.AllowUnauthenticatedCBC()}, false},
	} {
		_, err := webhooks.NewReceiver(append(one.options, acceptEncrypted(webhooks.AES256CBC))...)
		require.Equal(t, one.refused, err != nil, "%s: %v", name, err)
		if one.refused {
			require.ErrorContains(t, err, "AllowUnauthenticatedCBC", name)
		}
	}
}

const eventX = `{"event":"x"}`

// TestVerifierFuncs asks functions of the user's.
func TestVerifierFuncs(t *testing.T) {
	t.Parallel()
	head := func(err error) webhooks.Verifier {
		return webhooks.VerifierFunc("mine", func(header http.Header, query url.Values) error {
			require.Equal(t, "application/json", header.Get("Content-Type"))
			require.Equal(t, "b c", query.Get("a"))
			return err
		})
	}
	body := func(proof webhooks.Proof, err error) webhooks.Verifier {
		return webhooks.VerifierBodyFunc("mine", func(_ http.Header, raw []byte) (webhooks.Proof, error) {
			require.True(t, bytes.Equal(raw, []byte(eventX)))
			raw[0] = '!' // a copy
			return proof, err
		})
	}
	for _, one := range []struct {
		name     string
		verifier webhooks.Verifier
		want     error
		status   int
	}{
		{"head", head(nil), nil, 200},
		{"head refuses", head(webhooks.ErrMalformed), webhooks.ErrWrongCredential, 401},
		{"head panics", webhooks.VerifierFunc("mine", func(http.Header, url.Values) error { panic("no") }), webhooks.ErrUnavailable, 503},
		{"body", body(webhooks.Proof{}, nil), nil, 200},
		{"body with everything", body(webhooks.Proof{ID: "id-1", Timestamp: now, SecretID: "s"}, nil), nil, 200},
		{"body refuses", body(webhooks.Proof{}, io.EOF), webhooks.ErrWrongCredential, 401},
		{"body panics", webhooks.VerifierBodyFunc("mine", func(http.Header, []byte) (webhooks.Proof, error) { panic("no") }), webhooks.ErrUnavailable, 503},
		{"body of another time", body(webhooks.Proof{Timestamp: now.Add(-5*time.Minute - 1)}, nil), webhooks.ErrTimestamp, 401},
		{"body of the last moment", body(webhooks.Proof{Timestamp: now.Add(5 * time.Minute)}, nil), nil, 200},
		{"body with an odd id", body(webhooks.Proof{ID: "a b"}, nil), webhooks.ErrMissingCredential, 401},
		{"any of", webhooks.AnyOf(body(webhooks.Proof{}, io.EOF), head(nil)), nil, 200},
		{"any of, all refuse", webhooks.AnyOf(body(webhooks.Proof{}, io.EOF), head(io.EOF)), webhooks.ErrWrongCredential, 401},
	} {
		request := plain(t, path+"?a=b+c", eventX)
		delivery, err := newReceiver(t, one.verifier, acceptAt).Parse(request)
		require.ErrorIs(t, err, one.want, one.name)
		require.Equal(t, one.status, webhooks.StatusCode(err), one.name)
		if one.name == "body with everything" {
			require.Equal(t, "id-1", delivery.ID)
			require.Equal(t, []webhooks.Match{{Verifier: "mine", SecretID: "s"}}, delivery.Matches)
			require.Equal(t, now, delivery.Timestamp)
		}
	}
	require.Equal(t, "webhooks.Receiver(mine)", fmt.Sprint(newReceiver(t, head(nil))))
	_, err := newReceiver(t, webhooks.VerifierFunc("mine", func(_ http.Header, query url.Values) error {
		require.Empty(t, query)
		return nil
	})).Parse(plain(t, path+"?b=1&a=%zz", `{}`))
	require.NoError(t, err, "a malformed query is empty")
	for _, verifier := range []webhooks.Verifier{
		webhooks.VerifierFunc("", func(http.Header, url.Values) error { return nil }), webhooks.VerifierFunc("x", nil),
		webhooks.VerifierBodyFunc("", func(http.Header, []byte) (webhooks.Proof, error) { return webhooks.Proof{}, nil }), webhooks.VerifierBodyFunc("x", nil),
	} {
		_, err := webhooks.NewReceiver(verifier)
		require.ErrorContains(t, err, "the name is empty or the function is nil")
	}
}

// TestURLSecretCharacters refuses secrets that a URL would change, and finds
// the others unescaped.
func TestURLSecretCharacters(t *testing.T) {
	t.Parallel()
	for _, letter := range "+&%;# \"<>\\^`{|}é\x7f\x01" {
		_, err := webhooks.NewReceiver(webhooks.WithURLSecret("s", webhooks.NewSecret("", "a-secret-of-length"+string(letter)+"x")))
		require.ErrorContains(t, err, "WithURLSecret: secret 1: holds a character that URLs change", string(letter))
	}
	const odd = "aZ09-._~/=:@!$'()*,?[]"
	receiver := newReceiver(t, webhooks.WithURLSecret("s", webhooks.NewSecret("", odd)))
	_, err := receiver.Parse(plain(t, path+"?s="+odd, "{}"))
	require.NoError(t, err)
	_, err = webhooks.NewReceiver(webhooks.WithURLSecret("s", webhooks.NewSecret("", "too-short")))
	require.ErrorContains(t, err, "is shorter than 16 bytes")
}

// TestKindOfPath uses the kind of a path only where a proven body names none.
func TestKindOfPath(t *testing.T) {
	t.Parallel()
	bound := webhooks.WithEventKind("/visits", webhooks.KindUserVisitedServer)
	for _, one := range []struct {
		body           string
		key, hmac, gcm webhooks.Kind
	}{
		{`{}`, webhooks.KindUserVisitedServer, webhooks.KindUserVisitedServer, webhooks.KindUserVisitedServer},
		{`{"event":"user_joins_server"}`, webhooks.KindUserJoinedServer, webhooks.KindUserJoinedServer, webhooks.KindUserJoinedServer},
		{`{"type":"forum"}`, webhooks.KindUserVisitedServer, "forum", "forum"},
	} {
		for name, setup := range map[string]struct {
			accept []webhooks.ReceiverOption
			send   webhooks.SenderOption
			want   webhooks.Kind
		}{
			"key":  {[]webhooks.ReceiverOption{acceptKey}, sendKey, one.key},
			"HMAC": {[]webhooks.ReceiverOption{acceptHMAC}, sendHMAC, one.hmac},
			"GCM":  {[]webhooks.ReceiverOption{acceptEncrypted(webhooks.AES256GCM)}, sendEncrypted(webhooks.AES256GCM), one.gcm},
			"CBC, which proves nothing": {
				[]webhooks.ReceiverOption{acceptEncrypted(webhooks.AES256CBC), webhooks.AllowUnauthenticatedCBC()}, sendEncrypted(webhooks.AES256CBC), one.key,
			},
		} {
			receiver := newReceiver(t, append(setup.accept, bound)...)
			delivery, err := receiver.Parse(webhookstest.Request(t, "/visits", json.RawMessage(one.body), setup.send))
			require.NoError(t, err)
			require.Equal(t, setup.want, delivery.Event.Base().Kind, "%s %s", name, one.body)
		}
	}

	// It is the path that was called, behind StripPrefix as well.
	var kinds []webhooks.Kind
	receiver := newReceiver(t, acceptKey, webhooks.WithEventKind("/api/visits", webhooks.KindUserVisitedServer))
	webhooks.On(receiver, func(_ context.Context, event webhooks.Event) error {
		kinds = append(kinds, event.Base().Kind)
		return nil
	})
	mux := http.NewServeMux()
	mux.Handle("/api/", http.StripPrefix("/api", receiver))
	base, client := serve(t, mux)
	for _, target := range []string{"/api/visits", "/api/visits?x=1", "/api/v%69sits", "/api/others"} {
		status, _ := do(t, client, webhookstest.Request(t, base+target, json.RawMessage(`{}`), sendKey))
		require.Equal(t, http.StatusOK, status)
	}
	visited := webhooks.KindUserVisitedServer
	require.Equal(t, []webhooks.Kind{visited, visited, visited, ""}, kinds)
}

// TestClockPanics responds 503: without a time nothing can be verified.
func TestClockPanics(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, acceptStandard, webhooks.WithClock(func() time.Time { panic("no") }))
	_, err := receiver.Parse(identified(t, "msg_1"))
	require.EqualError(t, err, "webhooks: cannot take the delivery now: clock: panic: string")
	require.Equal(t, http.StatusServiceUnavailable, webhooks.StatusCode(err))
}

// panickingHandler is a log handler of the user's that fails.
type panickingHandler struct{ slog.Handler }

func (panickingHandler) Enabled(context.Context, slog.Level) bool  { return true }
func (panickingHandler) Handle(context.Context, slog.Record) error { panic("no") }
func (h panickingHandler) WithAttrs([]slog.Attr) slog.Handler      { return h }
func (h panickingHandler) WithGroup(string) slog.Handler           { return h }

// TestLoggerPanics works on, since what is logged decides nothing.
func TestLoggerPanics(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, acceptStandard, webhooks.WithLogger(slog.New(panickingHandler{})))
	require.Equal(t, http.StatusOK, serveOnce(receiver, identified(t, "msg_1")))
	require.Equal(t, http.StatusUnauthorized, serveOnce(receiver, plain(t, path, "{}")))
}

// fips is the environment variable of the child of TestFIPS.
const fips = "WEBHOOKS_TEST_FIPS"

// TestFIPS decrypts and encrypts with IVs of 12 bytes where FIPS 140 is
// enforced, and refuses the longer ones when something is made.
func TestFIPS(t *testing.T) {
	t.Parallel()
	if os.Getenv(fips) == "" {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFIPS$", "-test.v")
		child.Env = append(os.Environ(), fips+"=1", "GODEBUG=fips140=only")
		output, err := child.CombinedOutput()
		require.NoError(t, err, string(output))
		require.Contains(t, string(output), "--- PASS: TestFIPS")
		return
	}
	gcm := sendEncrypted(webhooks.AES256GCM)
	receiver := newReceiver(t, acceptEncrypted(webhooks.AES256GCM))
	_, err := receiver.Parse(webhookstest.Request(t, path, joined, gcm))
	require.NoError(t, err)
	_, err = webhooks.NewReceiver(acceptEncrypted(webhooks.AES256GCM), webhooks.WithIVSize(16))
	require.ErrorContains(t, err, "WithIVSize: crypto/cipher: ")
	_, err = webhooks.NewSender(secret.New("https://example.com/x"), gcm, webhooks.WithEnvelope(webhooks.Envelope{IVSize: 16}))
	require.ErrorContains(t, err, "IVSize: crypto/cipher: ")
	newSender(t, "https://example.com/x", gcm, webhooks.WithEnvelope(webhooks.Envelope{IVSize: 12}))
	newSender(t, "https://example.com/x", sendEncrypted(webhooks.AES256CBC))
	long := fmt.Sprintf(`{"iv":%q,"data":%q}`, strings.Repeat("00", 16), strings.Repeat("00", 40))
	_, err = receiver.Parse(plain(t, path, long))
	require.Same(t, webhooks.ErrDecryption, err)
}

// TestLostSenderOptions refuses options of which one would silently override
// the other.
func TestLostSenderOptions(t *testing.T) {
	t.Parallel()
	sign := func(format webhooks.HMAC) webhooks.SenderOption {
		return webhooks.WithHMACSignature(format, secret.New(hmacKey))
	}
	gcm := sendEncrypted(webhooks.AES256GCM)
	lay := webhooks.WithEnvelopeFunc(func(_, _, _ []byte) ([]byte, string, error) { return nil, "", nil })
	for _, one := range []struct {
		options []webhooks.SenderOption
		text    string
	}{
		{[]webhooks.SenderOption{sendHMAC, sendHMAC}, "WithHMACSignature: header: carries another signature"},
		{[]webhooks.SenderOption{sign(webhooks.StripeHMAC()), sign(webhooks.HMAC{Header: "stripe-signature"})}, "carries another signature"},
		{[]webhooks.SenderOption{sign(webhooks.StripeHMAC()), sign(webhooks.HMAC{Header: "Stripe-Signature", Prefix: "v2=", Separator: ","})}, "carries another signature"},
		{[]webhooks.SenderOption{sendKey, sign(webhooks.HMAC{Header: "x-api-key"})}, "the header X-Api-Key carries a key"},
		{[]webhooks.SenderOption{sign(webhooks.HMAC{Header: "x-api-key"}), sendKey}, "the header X-Api-Key carries a key"},
		{[]webhooks.SenderOption{sign(webhooks.SlackHMAC()), webhooks.WithHeader("X-Slack-Request-Timestamp", "123456")}, "the header X-Slack-Request-Timestamp carries"},
		{[]webhooks.SenderOption{sign(webhooks.HMAC{Header: "S", IDHeader: "webhook-id", Signed: "{id}{body}"})}, "is set by the sender itself"},
		{[]webhooks.SenderOption{sendKey, webhooks.WithMessageID(func() string { return "x" })}, "WithMessageID: there is no signature"},
		{[]webhooks.SenderOption{gcm, webhooks.WithEnvelope(webhooks.Envelope{AppendTag: true}), webhooks.WithEnvelope(webhooks.Envelope{IVSize: 16})}, "WithEnvelope: given twice"},
		{[]webhooks.SenderOption{gcm, lay, lay}, "WithEnvelopeFunc: is nil or given twice"},
		{[]webhooks.SenderOption{gcm, webhooks.WithEnvelopeFunc(nil)}, "WithEnvelopeFunc: is nil or given twice"},
		{[]webhooks.SenderOption{lay}, "there is no WithEncryption"},
		{[]webhooks.SenderOption{gcm, lay, webhooks.WithEnvelope(webhooks.Envelope{AppendTag: true})}, "WithEnvelopeFunc: overrides all"},
		{[]webhooks.SenderOption{gcm, webhooks.WithEnvelope(webhooks.Envelope{Layout: webhooks.LayoutColons, IVName: "x"})}, "IVName, TagName: are for LayoutFields"},
		{[]webhooks.SenderOption{gcm, webhooks.WithEnvelope(webhooks.Envelope{Layout: webhooks.LayoutColons, TagName: "x"})}, "IVName, TagName: are for LayoutFields"},
		{[]webhooks.SenderOption{gcm, webhooks.WithEnvelope(webhooks.Envelope{IVName: "tag"})}, "two parts have the same name"},
		{[]webhooks.SenderOption{gcm, webhooks.WithEnvelope(webhooks.Envelope{CiphertextName: "tag"})}, "two parts have the same name"},
		{[]webhooks.SenderOption{gcm, webhooks.WithEnvelope(webhooks.Envelope{Layout: webhooks.LayoutBlob, CiphertextName: "x"})}, "CiphertextName: nothing carries it"},
		{[]webhooks.SenderOption{gcm, webhooks.WithEnvelope(webhooks.Envelope{AppendTag: true, TagName: "x"})}, "TagName: the tag has no field"},
		{[]webhooks.SenderOption{sendEncrypted(webhooks.AES256CBC), webhooks.WithEnvelope(webhooks.Envelope{TagName: "x"})}, "TagName: the tag has no field"},
	} {
		_, err := webhooks.NewSender(secret.New("https://example.com/x"), one.options...)
		require.ErrorContains(t, err, one.text)
	}
	newSender(t, "https://example.com/x", gcm, lay, webhooks.WithEnvelope(webhooks.Envelope{IVSize: 16}))
	newSender(t, "https://example.com/x", sendEncrypted(webhooks.AES256CBC), webhooks.WithEnvelope(webhooks.Envelope{IVSize: 16}))
	newSender(t, "https://example.com/x", gcm, webhooks.WithEnvelope(webhooks.Envelope{Layout: webhooks.LayoutBlob, Carrier: webhooks.CarrierField, CiphertextName: "x"}))
	newSender(t, "https://example.com/x", sendHMAC, sendStandard, sign(webhooks.SlackHMAC()), sign(webhooks.StripeHMAC()), webhooks.WithMessageID(func() string { return "x" }))
}

// TestEnvelopeFunc lays out an envelope of the user's, of which the SDK makes
// every part.
func TestEnvelopeFunc(t *testing.T) {
	t.Parallel()
	for mode, sizes := range map[webhooks.Cipher][2]int{webhooks.AES256GCM: {12, 16}, webhooks.AES256CBC: {16, 0}} {
		var ivs [][]byte
		lay := webhooks.WithEnvelopeFunc(func(iv, ciphertext, tag []byte) ([]byte, string, error) {
			require.Len(t, iv, sizes[0])
			require.Len(t, tag, sizes[1])
			ivs = append(ivs, bytes.Clone(iv))
			return fmt.Appendf(nil, `{"nonce":"%x","content":"%x%x"}`, iv, ciphertext, tag), "application/x-own", nil
		})
		for range 2 {
			request := webhookstest.Request(t, path, joined, sendHMAC, sendEncrypted(mode), lay)
			require.Equal(t, "application/x-own", request.Header.Get("Content-Type"))
			require.Equal(t, "true", request.Header.Get("X-Encrypted"))
			delivery, err := newReceiver(t, acceptHMAC, acceptEncrypted(mode)).Parse(request)
			require.NoError(t, err)
			require.JSONEq(t, string(joined), string(delivery.Event.Base().Raw))
		}
		require.NotEqual(t, ivs[0], ivs[1])
	}
	for text, layOut := range map[string]func(_, _, _ []byte) ([]byte, string, error){
		"no layout":                       func(_, _, _ []byte) ([]byte, string, error) { return nil, "", errors.New("no layout") },
		"WithEnvelopeFunc: panic: string": func(_, _, _ []byte) ([]byte, string, error) { panic("no") },
	} {
		_, err := webhookstest.NewRequest(path, joined, sendEncrypted(webhooks.AES256GCM), webhooks.WithEnvelopeFunc(layOut))
		require.ErrorContains(t, err, text)
	}
}

// TestShortHeaderValue keeps error texts readable.
func TestShortHeaderValue(t *testing.T) {
	t.Parallel()
	base, client := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"message":"a channel is missing, not even abcde helps, nor does abcdef"}`)
	}))
	sender := newSender(t, base+hookPath, webhooks.WithHTTPClient(client), webhooks.WithHeader("X-A", "a"),
		webhooks.WithHeader("X-B", "abcde"), webhooks.WithHeader("X-C", "abcdef"))
	err := sender.Send(t.Context(), map[string]string{})
	require.ErrorContains(t, err, "a channel is missing, not even abcde helps")
	require.NotContains(t, err.Error(), "abcdef")
}
