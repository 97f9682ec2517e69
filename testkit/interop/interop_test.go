// Package interop tests the webhooks package against implementations that are
// not ours: Node's crypto module, and the official Standard Webhooks library
// for Go. It is a module of its own, so that nobody else depends on them.
package interop

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/webhooks"
	"github.com/returningai/returningai-go/webhooks/webhookstest"
)

// key is that of seal.mjs.
const key = "interop-key-of-exactly-32-bytes!"

// node runs a script, with input on its standard input.
func node(t *testing.T, script string, input any) []byte {
	t.Helper()
	data, err := json.Marshal(input)
	require.NoError(t, err)
	var problems bytes.Buffer
	command := exec.CommandContext(t.Context(), "node", script)
	command.Stdin, command.Stderr = bytes.NewReader(data), &problems
	output, err := command.Output()
	require.NoError(t, err, problems.String())
	return output
}

// TestNodeSeals decrypts what Node encrypts under IVs that it draws now.
func TestNodeSeals(t *testing.T) {
	t.Parallel()
	var vectors []struct {
		Name, Mode, Key, Body, Plaintext string
		IVSize                           int
	}
	require.NoError(t, json.Unmarshal(node(t, "seal.mjs", nil), &vectors))
	require.GreaterOrEqual(t, len(vectors), 500)
	for _, one := range vectors {
		require.Equal(t, key, one.Key)
		options := []webhooks.ReceiverOption{webhooks.WithDecryption(webhooks.AES256CBC, webhooks.NewSecret("", key)), webhooks.AllowUnauthenticatedCBC()}
		if one.Mode == "aes-256-gcm" {
			options = []webhooks.ReceiverOption{webhooks.WithDecryption(webhooks.AES256GCM, webhooks.NewSecret("", key)), webhooks.WithIVSize(one.IVSize)}
		}
		receiver, err := webhooks.NewReceiver(options...)
		require.NoError(t, err)
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(one.Body))
		require.NoError(t, err)
		delivery, err := receiver.Parse(request)
		require.NoError(t, err, one.Name)
		require.Equal(t, one.Plaintext, string(delivery.Event.Base().Raw), one.Name)
	}
}

// sealed is a body of ours, and how it is laid out.
type sealed struct {
	Mode     string   `json:"mode"`
	Key      string   `json:"key"`
	Body     string   `json:"body"`
	Envelope envelope `json:"envelope"`
}

type envelope struct {
	Layout   string `json:"layout"`
	Carrier  string `json:"carrier"`
	Encoding string `json:"encoding"`
	IV       string `json:"iv"`
	Data     string `json:"data"`
	Tag      string `json:"tag"`
	IVSize   int    `json:"ivSize"`
}

// describe tells open.mjs how we lay out, without using our own decryption.
func describe(mode webhooks.Cipher, given webhooks.Envelope) envelope {
	or := func(text, fallback string) string {
		if text == "" {
			return fallback
		}
		return text
	}
	described := envelope{
		Layout:   []string{"fields", "colons", "blob"}[given.Layout],
		Carrier:  []string{"bare", "string", "member"}[given.Carrier],
		Encoding: []string{"hex", "base64", "base64url", "base64", "base64url"}[given.Encoding],
		IV:       or(given.IVName, "iv"),
		Data:     or(given.CiphertextName, "data"),
		IVSize:   16,
	}
	if mode == webhooks.AES256GCM {
		if !given.AppendTag {
			described.Tag = or(given.TagName, "tag")
		}
		if described.IVSize = given.IVSize; described.IVSize == 0 {
			described.IVSize = 12
		}
	}
	return described
}

// TestNodeOpens has Node decrypt what a sender encrypts, in every layout.
func TestNodeOpens(t *testing.T) {
	t.Parallel()
	var all []sealed
	var want []string
	for mode, name := range map[webhooks.Cipher]string{webhooks.AES256CBC: "aes-256-cbc", webhooks.AES256GCM: "aes-256-gcm"} {
		for i, shape := range webhookstest.Envelopes(mode) {
			// Every length of padding, and text beyond ASCII.
			event := fmt.Sprintf(`{"event":"é%s"}`, strings.Repeat("x", i%16))
			request := webhookstest.Request(t, "/", json.RawMessage(event),
				webhooks.WithEncryption(mode, secret.New(key)), webhooks.WithEnvelope(shape))
			body, err := io.ReadAll(request.Body)
			require.NoError(t, err)
			all = append(all, sealed{Mode: name, Key: key, Body: string(body), Envelope: describe(mode, shape)})
			want = append(want, event)
		}
	}
	require.GreaterOrEqual(t, len(all), 180)
	var got []string
	require.NoError(t, json.Unmarshal(node(t, "open.mjs", all), &got))
	require.Equal(t, want, got)
}

// standardSecrets are secrets of the lengths that the specification allows.
func standardSecrets() []string {
	var all []string
	for _, size := range []int{24, 32, 33, 64} {
		raw := make([]byte, size)
		for i := range raw {
			raw[i] = byte(i * 7)
		}
		all = append(all, "whsec_"+base64.StdEncoding.EncodeToString(raw), base64.StdEncoding.EncodeToString(raw))
	}
	return all
}

// standardBodies are bodies to sign: also ones that are no text.
func standardBodies() [][]byte {
	return [][]byte{[]byte(`{"event":"user_joins_server"}`), []byte(`{"event":"é🎲"}`), []byte("[1.5]"), []byte(`{"a":"` + strings.Repeat("b", 100_000) + `"}`)}
}

// TestStandardWebhooksVerifiesOurs has the official library verify what a
// sender signs, and refuse it when anything is changed.
func TestStandardWebhooksVerifiesOurs(t *testing.T) {
	t.Parallel()
	for _, text := range standardSecrets() {
		official, err := standardwebhooks.NewWebhook(text)
		require.NoError(t, err)
		for _, body := range standardBodies() {
			request := webhookstest.Request(t, "/", json.RawMessage(body), webhooks.WithStandardWebhooksSignature(secret.New(text)))
			sent, err := io.ReadAll(request.Body)
			require.NoError(t, err)
			require.NoError(t, official.Verify(sent, request.Header))
			require.Error(t, official.Verify(append(sent, ' '), request.Header))
			request.Header.Set("Webhook-Id", request.Header.Get("Webhook-Id")+"x")
			require.Error(t, official.Verify(sent, request.Header))
		}
	}
}

// TestStandardWebhooksSignsForUs verifies what the official library signs, and
// agrees with it about what to refuse.
func TestStandardWebhooksSignsForUs(t *testing.T) {
	t.Parallel()
	for _, text := range standardSecrets() {
		official, err := standardwebhooks.NewWebhook(text)
		require.NoError(t, err)
		receiver, err := webhooks.NewReceiver(webhooks.WithStandardWebhooks(webhooks.NewSecret("", text)))
		require.NoError(t, err)
		for _, body := range standardBodies() {
			for _, shift := range []time.Duration{0, -4 * time.Minute, 4 * time.Minute, -6 * time.Minute, 6 * time.Minute} {
				at := time.Now().Add(shift)
				signature, err := official.Sign("msg_1", at, body)
				require.NoError(t, err)
				request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "/", bytes.NewReader(body))
				require.NoError(t, err)
				request.Header.Set("Webhook-Id", "msg_1")
				request.Header.Set("Webhook-Timestamp", fmt.Sprint(at.Unix()))
				request.Header.Set("Webhook-Signature", "v2,other "+signature)

				officially := official.Verify(body, request.Header)
				delivery, err := receiver.Parse(request)
				if shift.Abs() > 5*time.Minute {
					require.Error(t, officially)
					require.ErrorIs(t, err, webhooks.ErrTimestamp)
					continue
				}
				require.NoError(t, officially)
				require.NoError(t, err)
				require.Equal(t, "msg_1", delivery.ID)
			}
		}
	}
}
