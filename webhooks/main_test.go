package webhooks_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/webhooks"
	"github.com/returningai/returningai-go/webhooks/webhookstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What the tests send and accept.
const (
	path      = "/hooks/returningai"
	otherKey  = "another-key-of-32-bytes-entirely"
	secondKey = "second-key-of-32-bytes-rotated-x"
	urlKey    = "secret-in-the-query-1234"
	hmacKey   = "secret-that-signs-bodies"
)

// now is the time of every clock in the tests.
var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

var (
	joined     = webhookstest.Body(webhooks.KindUserJoinedServer)
	hmacFormat = webhooks.HMAC{Header: "X-Signature-256", Prefix: "sha256="}

	sendKey      = webhooks.WithAPIKey(webhookstest.APIKey)
	sendHMAC     = webhooks.WithHMACSignature(hmacFormat, secret.New(hmacKey))
	sendStandard = webhooks.WithStandardWebhooksSignature(secret.New(webhookstest.StandardSecret))
	sendAt       = webhooks.WithClock(clockAt(now))

	acceptKey      = webhooks.WithKeyHeader(webhooks.APIKeyHeader, webhooks.NewSecret("key", webhookstest.APIKey))
	acceptURL      = webhooks.WithURLSecret("secret", webhooks.NewSecret("url", urlKey))
	acceptHMAC     = webhooks.WithHMAC(hmacFormat, webhooks.NewSecret("mac", hmacKey))
	acceptStandard = webhooks.WithStandardWebhooks(standardSecret)
	standardSecret = webhooks.NewSecret("standard", webhookstest.StandardSecret)
	acceptAt       = webhooks.WithClock(clockAt(now))
)

func clockAt(at time.Time) func() time.Time { return func() time.Time { return at } }

func sendEncrypted(mode webhooks.Cipher) webhooks.SenderOption {
	return webhooks.WithEncryption(mode, secret.New(webhookstest.AESKey))
}

func acceptEncrypted(mode webhooks.Cipher) webhooks.ReceiverOption {
	return webhooks.WithDecryption(mode, webhooks.NewSecret("current", webhookstest.AESKey), webhooks.NewSecret("next", secondKey))
}

func newReceiver(t *testing.T, options ...webhooks.ReceiverOption) *webhooks.Receiver {
	t.Helper()
	receiver, err := webhooks.NewReceiver(options...)
	require.NoError(t, err)
	return receiver
}

func newSender(t *testing.T, url string, options ...webhooks.SenderOption) *webhooks.Sender {
	t.Helper()
	sender, err := webhooks.NewSender(secret.New(url), options...)
	require.NoError(t, err)
	return sender
}

// pass lets time pass, for the tests in a synctest bubble.
func pass(length time.Duration) {
	time.Sleep(length) //nolint:forbidigo // in a bubble it takes no time
}

// plain is a request that proves nothing.
func plain(t *testing.T, target, body string) *http.Request {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, target, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	return request
}

// serve starts a server that ends with the test, and a client of its own.
func serve(t *testing.T, handler http.Handler) (string, *http.Client) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL, server.Client()
}

// do sends a request and returns the status and the body of the response.
func do(t *testing.T, client *http.Client, request *http.Request) (int, string) {
	t.Helper()
	answer, err := client.Do(request)
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(body)
}

// The cipher of the tests is written apart from the package's.

func testBlock(t *testing.T, key string) cipher.Block {
	t.Helper()
	block, err := aes.NewCipher([]byte(key))
	require.NoError(t, err)
	return block
}

var (
	testIV    = []byte("0123456789abcdef")
	testNonce = testIV[:12]
)

// pad pads as PKCS#7 does.
func pad(text string) string {
	missing := 16 - len(text)%16
	return text + strings.Repeat(string(rune(missing)), missing)
}

// sealCBC encrypts what is padded already, in the default envelope.
func sealCBC(t *testing.T, key, padded string) string {
	t.Helper()
	ciphertext := make([]byte, len(padded))
	cipher.NewCBCEncrypter(testBlock(t, key), testIV).CryptBlocks(ciphertext, []byte(padded))
	return fmt.Sprintf(`{"iv":"%x","data":"%x"}`, testIV, ciphertext)
}

// gcmParts encrypts, and returns ciphertext and tag in hex.
func gcmParts(t *testing.T, key, plaintext string) (ciphertext, tag string) {
	t.Helper()
	aead, err := cipher.NewGCM(testBlock(t, key))
	require.NoError(t, err)
	sealed := aead.Seal(nil, testNonce, []byte(plaintext), nil)
	split := len(sealed) - 16
	return hex.EncodeToString(sealed[:split]), hex.EncodeToString(sealed[split:])
}

// sealGCM encrypts in the default envelope.
func sealGCM(t *testing.T, key, plaintext string) string {
	t.Helper()
	ciphertext, tag := gcmParts(t, key, plaintext)
	return fmt.Sprintf(`{"iv":"%x","data":"%s","tag":"%s"}`, testNonce, ciphertext, tag)
}

// mustJSON writes a value as JSON.
func mustJSON(t *testing.T, value any) string {
	t.Helper()
	data, err := json.Marshal(value)
	require.NoError(t, err)
	return string(data)
}

// nested is JSON that nests objects and arrays depth deep.
func nested(depth int) string {
	return `{"event":` + strings.Repeat("[", depth-1) + strings.Repeat("]", depth-1) + "}"
}

// buffer is a log that goroutines may share with the test.
type buffer struct {
	guard chan struct{}
	text  bytes.Buffer
}

func newBuffer() *buffer { return &buffer{guard: make(chan struct{}, 1)} }

func (b *buffer) Write(data []byte) (int, error) {
	b.guard <- struct{}{}
	defer func() { <-b.guard }()
	return b.text.Write(data)
}

func (b *buffer) String() string {
	b.guard <- struct{}{}
	defer func() { <-b.guard }()
	return b.text.String()
}

// containsAll reports whether text contains every part.
func containsAll(text string, parts ...string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}

func base64Of(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// base64MAC signs text.
func base64MAC(key, text string) string {
	sum := hmac.New(sha256.New, []byte(key))
	sum.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(sum.Sum(nil))
}
