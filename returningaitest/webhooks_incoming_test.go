package returningaitest_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/webhooks"
	"github.com/returningai/returningai-go/webhooks/webhookstest"
)

// newSender makes a sender of the SDK for a hook.
func newSender(t *testing.T, srv *returningaitest.Server, hook returningaitest.Hook, options ...webhooks.SenderOption) *webhooks.Sender {
	t.Helper()
	sender, err := webhooks.NewSender(secret.New(srv.HookURL(hook)), append([]webhooks.SenderOption{
		webhooks.WithClock(func() time.Time { return march }),
		webhooks.WithHTTPClient(&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}),
	}, options...)...)
	require.NoError(t, err)
	return sender
}

// greeting is a message that the seed takes.
func greeting(srv *returningaitest.Server) webhooks.SendMessageParams {
	return webhooks.SendMessageParams{ChannelID: srv.Channels()[0].ID, Message: "gg", Sender: "bot@example.com"}
}

// TestHooksChangeCommunity calls each of the hooks.
func TestHooksChangeCommunity(t *testing.T) {
	t.Parallel()
	srv := newReporter(t)
	level := srv.AddUserField(returningaitest.UserField{Field: "level", Name: "Your level", Type: "numerical"})
	srv.AddUserField(returningaitest.UserField{Field: "guild"})
	player := srv.Users()[1]

	require.NoError(t, newSender(t, srv, returningaitest.HookSendMessage).SendMessage(t.Context(), greeting(srv)))
	message := srv.Messages()[0]
	require.Equal(t, returningaitest.Message{
		ID: message.ID, ChannelID: srv.Channels()[0].ID, Text: "gg", Sender: "bot", SentAt: march,
	}, message)

	fields := newSender(t, srv, returningaitest.HookUpdateUserFields)
	for i, user := range []string{player.Username, player.Email, player.ID, player.UserID} {
		for _, name := range []string{level.ID, "level", "Your level"} {
			require.NoError(t, fields.UpdateUserFields(t.Context(), webhooks.UpdateUserFieldsParams{
				User: user, Fields: map[string]any{name: json.Number("7.0"), "guild": fmt.Sprint("guild ", i)},
			}))
		}
	}
	require.Equal(t, map[string]any{"level": 7.0, "guild": "guild 3"}, srv.Users()[1].CustomFields)
	require.Equal(t, "7.0", string(srv.FieldValue(level.ID, player.ID)))
	require.Len(t, srv.FieldHistories(), 2*4*3)
	require.Nil(t, srv.Users()[0].CustomFields)

	currency := newSender(t, srv, returningaitest.HookUpdateCurrency)
	for _, step := range []struct {
		currency  string
		operation webhooks.CurrencyOperation
		amount    json.Number
		coins, xp float64
	}{
		{"", webhooks.CurrencyAdd, "25", 25, 0},
		{"coins", webhooks.CurrencySubtract, "5", 20, 0},
		{"xp", webhooks.CurrencyOverwrite, "300", 20, 300},
		{"XP", webhooks.CurrencySubtract, "300", 20, 0},
		{"Coins", webhooks.CurrencyOverwrite, "0", 0, 0},
		{"coins", webhooks.CurrencyAdd, "9007199254740992", 1 << 53, 0},
	} {
		require.NoError(t, currency.UpdateCurrency(t.Context(), webhooks.UpdateCurrencyParams{
			User: player.UserID, Currency: step.currency, Operation: step.operation, Amount: step.amount,
		}))
		require.Equal(t, [2]float64{step.coins, step.xp}, [2]float64{srv.Users()[1].Coins, srv.Users()[1].XP})
	}
	require.Len(t, srv.RequestsTo("webhooks.incoming.updateCurrency"), 6)
}

// TestEnvelopesAccepted lets the fake decrypt and verify what the SDK
// encrypts and signs: every mode, layout, encoding and signature.
func TestEnvelopesAccepted(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct {
		protection returningaitest.HookProtection
		options    []webhooks.SenderOption
	}{
		"nothing else": {},
		"key":          {returningaitest.HookProtection{Key: hookKey}, []webhooks.SenderOption{webhooks.WithAPIKey(hookKey)}},
		"HMAC": {
			returningaitest.HookProtection{Signature: returningaitest.Signature{
				Method: returningaitest.HMACSHA256, Secret: signingSecret, Header: "X-Hub", Prefix: "sha256=",
			}},
			[]webhooks.SenderOption{webhooks.WithHMACSignature(webhooks.HMAC{Header: "X-Hub", Prefix: "sha256="}, secret.New(signingSecret))},
		},
		"Standard Webhooks": {
			returningaitest.HookProtection{Signature: standard},
			[]webhooks.SenderOption{webhooks.WithStandardWebhooksSignature(secret.New(standardSecret))},
		},
	} {
		for mode, ofSDK := range map[returningaitest.EncryptionMode]webhooks.Cipher{
			"": 0, returningaitest.AES256CBC: webhooks.AES256CBC, returningaitest.AES256GCM: webhooks.AES256GCM,
		} {
			t.Run(fmt.Sprint(name, " ", mode), func(t *testing.T) {
				t.Parallel()
				srv, sent := newReporter(t), 0
				deliver := func(more ...webhooks.SenderOption) {
					t.Helper()
					sender := newSender(t, srv, returningaitest.HookSendMessage, append(more, one.options...)...)
					require.NoError(t, sender.SendMessage(t.Context(), greeting(srv)))
					sent++
				}
				protection := one.protection
				if mode == "" {
					srv.ProtectHook(returningaitest.HookSendMessage, protection)
					deliver()
				} else {
					protection.Encryption = returningaitest.Encryption{Mode: mode, Key: aesKey}
					srv.ProtectHook(returningaitest.HookSendMessage, protection)
					encrypt := webhooks.WithEncryption(ofSDK, secret.New(aesKey))
					deliver(encrypt)
					for _, envelope := range webhookstest.Envelopes(ofSDK) {
						deliver(encrypt, webhooks.WithEnvelope(envelope))
					}
					if mode == returningaitest.AES256GCM {
						protection.Encryption.IVSize = 16
						srv.ProtectHook(returningaitest.HookSendMessage, protection)
						deliver(encrypt, webhooks.WithEnvelope(webhooks.Envelope{Layout: webhooks.LayoutBlob, IVSize: 16}))
					}
				}
				require.Len(t, srv.Messages(), sent)
				for _, message := range srv.Messages() {
					require.Equal(t, "gg", message.Text)
				}
			})
		}
	}
}

// TestHooksRefuseUnprotected calls a hook without what it demands.
func TestHooksRefuseUnprotected(t *testing.T) {
	t.Parallel()
	const unmarked, undecrypted = "the header x-encrypted: true is missing", "the body could not be decrypted"
	const keyless, unsigned = "the API key of the hook is missing or invalid", "the signature is missing or invalid"
	gcm := returningaitest.HookProtection{Encryption: returningaitest.Encryption{Mode: returningaitest.AES256GCM, Key: aesKey}}
	cbc := returningaitest.HookProtection{Encryption: returningaitest.Encryption{Mode: returningaitest.AES256CBC, Key: aesKey}}
	withKey := returningaitest.HookProtection{Key: hookKey}
	signed := returningaitest.HookProtection{Signature: standard}
	hashed := returningaitest.HookProtection{Signature: returningaitest.Signature{Method: returningaitest.HMACSHA256, Secret: signingSecret}}
	marked := http.Header{"X-Encrypted": {"true"}}
	now := fmt.Sprint(march.Unix())
	sum := hmac.New(sha256.New, []byte(signingSecret))
	digest := hex.EncodeToString(sum.Sum(nil)) // of an empty body
	message := `{"message":"two blocks of CBC"}`
	sealed := sealedByHand(t, pad(message))
	shortNonce := sealedWithNonce(t, 8, message)
	for name, test := range map[string]struct {
		protection returningaitest.HookProtection
		header     http.Header
		body       string
		status     int
		message    string
	}{
		"no key":              {withKey, nil, "", 401, keyless},
		"wrong key":           {withKey, http.Header{"X-Api-Key": {"wrong"}}, "", 401, keyless},
		"two keys":            {withKey, http.Header{"X-Api-Key": {hookKey, hookKey}}, "", 401, keyless},
		"no signature":        {signed, nil, "", 401, unsigned},
		"no id":               {signed, http.Header{"Webhook-Timestamp": {now}, "Webhook-Signature": {"v1,"}}, "", 401, unsigned},
		"stale signature":     {signed, http.Header{"Webhook-Id": {"m"}, "Webhook-Timestamp": {"1"}, "Webhook-Signature": {"v1,"}}, "", 401, unsigned},
		"wrong signature":     {signed, http.Header{"Webhook-Id": {"m"}, "Webhook-Timestamp": {now}, "Webhook-Signature": {"v1,AA=="}}, "", 401, unsigned},
		"no HMAC":             {hashed, nil, "", 401, unsigned},
		"wrong HMAC":          {hashed, http.Header{"X-Signature-256": {"00"}}, "", 401, unsigned},
		"two HMACs":           {hashed, http.Header{"X-Signature-256": {digest, digest}}, "", 401, unsigned},
		"not encrypted":       {gcm, nil, `{}`, 400, unmarked},
		"not marked":          {cbc, nil, sealedByHand(t, pad(`{}`)), 400, unmarked},
		"marked otherwise":    {cbc, http.Header{"X-Encrypted": {"1"}}, sealedByHand(t, pad(`{}`)), 400, unmarked},
		"encryption is off":   {withKey, http.Header{"X-Api-Key": {hookKey}, "X-Encrypted": {"true"}}, `{}`, 400, "the encryption of the hook is switched off"},
		"marked, in the open": {gcm, marked, `{"channelId":"x"}`, 400, undecrypted},
		"other mode":          {gcm, marked, sealedByHand(t, pad(`{}`)), 400, undecrypted},
		"bad padding":         {cbc, marked, strings.Repeat("00", 16) + ":" + strings.Repeat("00", 16), 400, undecrypted},
		"half a block":        {cbc, marked, strings.Repeat("00", 16) + ":" + strings.Repeat("00", 8), 400, undecrypted},
		"no ciphertext":       {cbc, marked, strings.Repeat("00", 16), 400, undecrypted},
		"a tag for CBC":       {cbc, marked, sealedByHand(t, pad(`{}`)) + ":" + strings.Repeat("00", 16), 400, undecrypted},
		"no padding":          {cbc, marked, sealedByHand(t, `{"message":"x"} `), 400, undecrypted},
		"padding of nothing":  {cbc, marked, sealedByHand(t, "{}\n            \x00"), 400, undecrypted},
		"a block as a tag":    {cbc, marked, sealed[:len(sealed)-32] + ":" + sealed[len(sealed)-32:], 400, undecrypted},
		"a short nonce":       {gcm, marked, shortNonce, 400, undecrypted},
		"too many parts":      {cbc, marked, "00:00:00:00", 400, undecrypted},
		"nothing":             {gcm, marked, "", 400, undecrypted},
		"no object inside":    {cbc, marked, sealedByHand(t, pad(`[]`)), 400, "the body is not a JSON object"},
		"nothing inside":      {cbc, marked, sealedByHand(t, pad(`{}`)), 400, "channelId is required; message is required; sender is required"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := newReporter(t)
			srv.ProtectHook(returningaitest.HookSendMessage, test.protection)
			got := mustSend(t, request{method: http.MethodPost, url: srv.HookURL(returningaitest.HookSendMessage), header: test.header, body: test.body})
			require.Equal(t, test.status, got.status)
			require.JSONEq(t, toJSON(map[string]any{"status": "error", "message": test.message}), got.body)
			require.Empty(t, srv.Messages())
		})
	}
}

// sealedByHand encrypts whole blocks in CBC, as iv:ciphertext.
func sealedByHand(t *testing.T, padded string) string {
	t.Helper()
	block, err := aes.NewCipher([]byte(aesKey))
	require.NoError(t, err)
	require.Zero(t, len(padded)%aes.BlockSize, "%q", padded)
	sealed, iv := []byte(padded), make([]byte, aes.BlockSize)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(sealed, sealed)
	return hex.EncodeToString(iv) + ":" + hex.EncodeToString(sealed)
}

// pad pads as PKCS#7 does.
func pad(text string) string {
	missing := aes.BlockSize - len(text)%aes.BlockSize
	return text + strings.Repeat(string(rune(missing)), missing)
}

// sealedWithNonce encrypts in GCM, with a nonce of any size.
func sealedWithNonce(t *testing.T, size int, plaintext string) string {
	t.Helper()
	block, err := aes.NewCipher([]byte(aesKey))
	require.NoError(t, err)
	aead, err := cipher.NewGCMWithNonceSize(block, size)
	require.NoError(t, err)
	nonce := make([]byte, size)
	return hex.EncodeToString(nonce) + ":" + hex.EncodeToString(aead.Seal(nil, nonce, []byte(plaintext), nil))
}

// TestSignatureExpires: a signature is good for a few minutes, in both directions.
func TestSignatureExpires(t *testing.T) {
	t.Parallel()
	srv := newReporter(t)
	srv.ProtectHook(returningaitest.HookSendMessage, returningaitest.HookProtection{Signature: standard})
	for age, accepted := range map[time.Duration]bool{
		-6 * time.Minute: false, -5 * time.Minute: true, 0: true, 5 * time.Minute: true, 6 * time.Minute: false,
	} {
		err := newSender(t, srv, returningaitest.HookSendMessage,
			webhooks.WithClock(func() time.Time { return march.Add(-age) }),
			webhooks.WithStandardWebhooksSignature(secret.New(standardSecret)),
		).SendMessage(t.Context(), greeting(srv))
		require.Equal(t, accepted, err == nil, "%v: %v", age, err)
	}
	require.Len(t, srv.Messages(), 3)
}

// TestHooksInvalidBodies sends bodies that ask for the impossible.
func TestHooksInvalidBodies(t *testing.T) {
	t.Parallel()
	srv := newReporter(t)
	srv.AddUserField(returningaitest.UserField{Field: "level", Type: "numerical"})
	srv.AddUserField(returningaitest.UserField{Field: "guild"})
	srv.AddUser(returningaitest.User{Username: "gone", Deleted: true})
	before := srv.Users()
	const tooMuch = "the user would have less than nothing, or too much"
	for _, test := range []struct {
		hook    returningaitest.Hook
		body    string
		status  int
		message string
	}{
		{returningaitest.HookSendMessage, `{"channelId":"x","message":"gg","sender":"bot"}`, 404, "channel not found"},
		{returningaitest.HookUpdateUserFields, `[]`, 400, "the body is not a JSON object"},
		{returningaitest.HookUpdateCurrency, `7`, 400, "the body is not a JSON object"},
		{returningaitest.HookUpdateUserFields, `{}`, 400, "user is required; fields is required"},
		{returningaitest.HookUpdateUserFields, `{"user":"bot","fields":[1]}`, 400, fmt.Sprintf("fields must be of type %T", map[string]json.RawMessage{})},
		{returningaitest.HookUpdateUserFields, `{"user":"nobody","fields":{}}`, 404, "user not found"},
		{returningaitest.HookUpdateUserFields, `{"user":"gone","fields":{}}`, 404, "user not found"},
		{returningaitest.HookUpdateUserFields, `{"user":"bot","fields":{"guild":"g","rank":1}}`, 404, "user field not found"},
		{returningaitest.HookUpdateUserFields, `{"user":"bot","fields":{"guild":"g","level":"7"}}`, 400, "a value is not of its field's type numerical"},
		{returningaitest.HookUpdateCurrency, `{}`, 400, "user is required; amount is required; operation is required"},
		{returningaitest.HookUpdateCurrency, `{"user":"bot","amount":-1,"operation":"add"}`, 400, "amount is negative or too large"},
		{returningaitest.HookUpdateCurrency, `{"user":"bot","amount":9007199254740993,"operation":"add"}`, 400, "amount is negative or too large"},
		{returningaitest.HookUpdateCurrency, `{"user":"bot","amount":0.5,"operation":"add"}`, 400, "amount must be of type int64"},
		{returningaitest.HookUpdateCurrency, `{"user":"nobody","amount":1,"operation":"add"}`, 404, "user not found"},
		{returningaitest.HookUpdateCurrency, `{"user":"bot","amount":1,"operation":"add","currency":"gems"}`, 404, "currency not found"},
		{returningaitest.HookUpdateCurrency, `{"user":"bot","amount":1,"operation":"multiply"}`, 400, "operation must be add, subtract or overwrite"},
		{returningaitest.HookUpdateCurrency, `{"user":"bot","amount":1,"operation":"subtract"}`, 400, tooMuch},
	} {
		got := mustSend(t, request{
			method: http.MethodPost, url: srv.HookURL(test.hook), header: http.Header{"Content-Type": {"application/json"}}, body: test.body,
		})
		require.Equal(t, test.status, got.status, test.body)
		require.JSONEq(t, toJSON(map[string]any{"status": "error", "message": test.message}), got.body)
	}
	require.Equal(t, before, srv.Users(), "nothing is done by halves")
	require.Empty(t, srv.FieldHistories())

	currency := newSender(t, srv, returningaitest.HookUpdateCurrency)
	most := webhooks.UpdateCurrencyParams{User: "bot", Operation: webhooks.CurrencyAdd, Amount: "9007199254740992"}
	require.NoError(t, currency.UpdateCurrency(t.Context(), most))
	failure, ok := errors.AsType[*webhooks.SendError](currency.UpdateCurrency(t.Context(), most))
	require.True(t, ok)
	require.Equal(t, http.StatusBadRequest, failure.StatusCode)
	require.Equal(t, tooMuch, failure.Message)
}

// TestHooksAsRoutes: they are found by their URL alone, move, are logged and
// go wrong like every other operation.
func TestHooksAsRoutes(t *testing.T) {
	t.Parallel()
	srv := newReporter(t)
	hook := srv.HookURL(returningaitest.HookSendMessage)
	require.True(t, strings.HasPrefix(hook, srv.URL(returningaitest.Webhooks)+"/incoming/"))
	require.NotEqual(t, hook, newReporter(t).HookURL(returningaitest.HookSendMessage), "made up for each server")
	require.Equal(t, http.StatusMethodNotAllowed, mustSend(t, request{method: http.MethodGet, url: hook}).status)
	require.Equal(t, http.StatusNotFound, mustSend(t, request{method: http.MethodPost, url: hook + "x"}).status)
	require.Equal(t, http.StatusNotFound, mustSend(t, request{method: http.MethodPost, url: srv.URL(returningaitest.Webhooks)}).status)

	sender := newSender(t, srv, returningaitest.HookSendMessage)
	for answer, check := range map[string]func(*webhooks.SendError) bool{
		"status": func(failure *webhooks.SendError) bool {
			return failure.StatusCode == http.StatusInternalServerError && failure.MaybeApplied()
		},
		"applied": func(failure *webhooks.SendError) bool { return failure.StatusCode == 0 && failure.MaybeApplied() },
		"refused": func(failure *webhooks.SendError) bool {
			return failure.StatusCode == http.StatusUnauthorized && !failure.MaybeApplied()
		},
	} {
		fault := map[string]returningaitest.Fault{
			"status":  {Response: returningaitest.Status(http.StatusInternalServerError)},
			"applied": {Response: returningaitest.CutBeforeResponse(), Applied: true},
			"refused": {Response: returningaitest.EchoCredential(http.StatusUnauthorized)},
		}[answer]
		fault.Operation = "webhooks.incoming.sendMessage"
		srv.ResetRequests()
		srv.Inject(fault)
		failure, ok := errors.AsType[*webhooks.SendError](sender.SendMessage(t.Context(), greeting(srv)))
		require.True(t, ok, answer)
		require.True(t, check(failure), "%s: %v", answer, failure)
		require.Len(t, srv.RequestsTo("webhooks.incoming.sendMessage"), 1, "a message that may have arrived is not retried")
	}
	require.Len(t, srv.Messages(), 1, "the one that was applied")
	srv.Inject(returningaitest.Fault{Operation: "webhooks.incoming.sendMessage", Response: returningaitest.RetryAfter(http.StatusTooManyRequests, "0")})
	require.NoError(t, sender.SendMessage(t.Context(), greeting(srv)))
	require.Len(t, srv.Messages(), 2)

	srv.MoveRoute("webhooks.incoming.sendMessage", "/elsewhere")
	require.Equal(t, srv.URL(returningaitest.Webhooks)+"/elsewhere", srv.HookURL(returningaitest.HookSendMessage))
	require.Error(t, sender.SendMessage(t.Context(), greeting(srv)))
	require.NoError(t, newSender(t, srv, returningaitest.HookSendMessage).SendMessage(t.Context(), greeting(srv)))
}

// TestHookMessagesReported closes the loop: what comes in through a hook goes
// out as an event.
func TestHookMessagesReported(t *testing.T) {
	t.Parallel()
	inbox := newInbox(t, acceptKey)
	srv := newReporter(t, returningaitest.Webhook{
		URL: inbox.url, Key: hookKey, Events: []returningaitest.WebhookEvent{returningaitest.EventMessagePosted},
	})
	require.NoError(t, newSender(t, srv, returningaitest.HookSendMessage).SendMessage(t.Context(), greeting(srv)))
	settle(t, srv)
	posted := inbox.received()[0].(webhooks.MessagePosted)
	require.Equal(t, "gg", posted.Message)
	require.Equal(t, "bot", posted.Sender.Username)
	require.Equal(t, srv.Messages()[0].ID, posted.MessageID)
}
