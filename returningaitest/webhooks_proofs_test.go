package returningaitest_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/webhooks"
)

// proofs are the ways to show where a delivery comes from, and to look at it.
var proofs = map[string]struct {
	change func(*returningaitest.Webhook)
	accept webhooks.ReceiverOption
}{
	"key": {func(w *returningaitest.Webhook) { w.Key = hookKey }, acceptKey},
	"URL": {
		func(w *returningaitest.Webhook) { w.URL += "?secret=" + hookKey },
		webhooks.WithURLSecret("secret", webhooks.NewSecret("url", hookKey)),
	},
	"HMAC": {
		func(w *returningaitest.Webhook) {
			w.Signature = returningaitest.Signature{Method: returningaitest.HMACSHA256, Secret: signingSecret}
		},
		webhooks.WithHMAC(webhooks.HMAC{Header: "X-Signature-256"}, webhooks.NewSecret("mac", signingSecret)),
	},
	"HMAC in base64": {
		func(w *returningaitest.Webhook) {
			w.Signature = returningaitest.Signature{
				Method: returningaitest.HMACSHA256, Secret: signingSecret, Header: "X-Hub", Prefix: "sha256=", Encoding: base64.URLEncoding,
			}
		},
		webhooks.WithHMAC(webhooks.HMAC{Header: "X-Hub", Prefix: "sha256=", Encoding: webhooks.Base64URL}, webhooks.NewSecret("mac", signingSecret)),
	},
	"Standard Webhooks": {func(w *returningaitest.Webhook) { w.Signature = standard }, acceptStandard},
}

// encodings are the SDK's encodings, as the fake writes them.
var encodings = map[string]returningaitest.TextEncoding{
	"hex": nil, "base64": base64.StdEncoding, "base64url": base64.URLEncoding,
	"raw base64": base64.RawStdEncoding, "raw base64url": base64.RawURLEncoding,
}

// envelopes are the layouts of the contract; those of GCM have a tag.
func envelopes(mode returningaitest.EncryptionMode) []string {
	var all []string
	for _, iv := range []string{"iv", "nonce"} {
		for _, data := range []string{"data", "encryptedData", "encrypted", "ciphertext", "content", "payload"} {
			if mode == returningaitest.AES256CBC {
				all = append(all, fmt.Sprintf(`{%q:"{iv}",%q:"{ciphertext}"}`, iv, data))
				continue
			}
			all = append(all, fmt.Sprintf(`{%q:"{iv}",%q:"{ciphertext+tag}"}`, iv, data))
			for _, tag := range []string{"tag", "authTag", "auth_tag"} {
				all = append(all, fmt.Sprintf(`{%q:"{iv}",%q:"{ciphertext}",%q:"{tag}"}`, iv, data, tag))
			}
		}
	}
	texts := []string{"{iv}:{ciphertext}", "{iv+ciphertext}"}
	if mode == returningaitest.AES256GCM {
		texts = []string{"{iv}:{ciphertext}:{tag}", "{iv}:{ciphertext+tag}", "{iv+ciphertext+tag}"}
	}
	for _, text := range texts {
		all = append(all, text, `"`+text+`"`, `{"encryptedData":"`+text+`"}`)
	}
	return append(all, "") // the default
}

// TestEnvelopesOpened lets the SDK decrypt what the fake encrypts: every
// mode, layout, encoding and proof.
func TestEnvelopesOpened(t *testing.T) {
	t.Parallel()
	for mode, cipher := range map[returningaitest.EncryptionMode]webhooks.Cipher{
		returningaitest.AES256CBC: webhooks.AES256CBC, returningaitest.AES256GCM: webhooks.AES256GCM,
	} {
		for name, proof := range proofs {
			t.Run(fmt.Sprint(mode, " ", name), func(t *testing.T) {
				t.Parallel()
				srv := newReporter(t)
				accept := webhooks.WithDecryption(cipher, webhooks.NewSecret("other", strings.ToUpper(aesKey)), webhooks.NewSecret("key", aesKey))
				usually, longer := []webhooks.ReceiverOption{proof.accept, accept}, webhooks.WithIVSize(16)
				if mode == returningaitest.AES256CBC {
					longer = webhooks.AllowUnauthenticatedCBC() // some of the proofs say nothing about the body
					usually = append(usually, longer)
				}
				usual, long := newInbox(t, usually...), newInbox(t, proof.accept, accept, longer)
				sent := 0
				for _, encoding := range encodings {
					for _, envelope := range envelopes(mode) {
						for size, inbox := range map[int]*inbox{0: usual, 16: long} {
							webhook := returningaitest.Webhook{
								URL: inbox.url, Events: []returningaitest.WebhookEvent{returningaitest.EventUserVisited},
								Encryption: returningaitest.Encryption{Mode: mode, Key: aesKey, Envelope: envelope, Encoding: encoding, IVSize: size},
							}
							proof.change(&webhook)
							srv.SendWebhooks(webhook)
							sent++
						}
					}
				}
				srv.VisitServer("bot")
				deliveries := settle(t, srv)
				require.Len(t, deliveries, sent)
				for _, delivery := range deliveries {
					require.Equal(t, returningaitest.DeliveryDelivered, delivery.State, "%s", delivery.Attempts[0].Body)
					require.NotContains(t, string(delivery.Attempts[0].Body), "bot@example.com", "encrypted")
					require.Equal(t, "true", delivery.Attempts[0].Header.Get("x-encrypted"))
				}
				received := append(usual.received(), long.received()...)
				require.Len(t, received, sent)
				for _, event := range received {
					require.Equal(t, "bot", event.(webhooks.UserVisitedServer).User.Username)
				}
			})
		}
	}
}

// TestProofsRequired delivers to a receiver that requires another secret.
func TestProofsRequired(t *testing.T) {
	t.Parallel()
	for name, proof := range proofs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			right, wrong := newInbox(t, proof.accept), newInbox(t, webhooks.WithKeyHeader("X-Other", webhooks.NewSecret("", hookKey)))
			srv := newReporter(t)
			for _, inbox := range []*inbox{right, wrong} {
				webhook := returningaitest.Webhook{URL: inbox.url, Events: everyEvent}
				proof.change(&webhook)
				srv.SendWebhooks(webhook)
			}
			srv.VisitServer("bot")
			deliveries := settle(t, srv)
			require.Equal(t, returningaitest.DeliveryDelivered, deliveries[0].State)
			require.Len(t, right.received(), 1)
			require.Equal(t, returningaitest.DeliveryFailed, deliveries[1].State)
			require.Len(t, deliveries[1].Attempts, 1, "401 is not tried again")
			require.Equal(t, http.StatusUnauthorized, deliveries[1].Attempts[0].Status)
			require.Empty(t, wrong.received())
		})
	}
}
