package webhooks_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/webhooks"
	"github.com/returningai/returningai-go/webhooks/webhookstest"
)

// TestRotation accepts the old secret and the new one, and names the one that matched.
func TestRotation(t *testing.T) {
	t.Parallel()
	const oldKey, newKey = "the-old-secret-0123456789", "the-new-secret-0123456789"
	standard := func(key string) string { return "whsec_" + base64.StdEncoding.EncodeToString([]byte(key)) }
	pair := []webhooks.Secret{webhooks.NewSecret("old", oldKey), webhooks.NewSecret("new", newKey)}
	standardPair := []webhooks.Secret{webhooks.NewSecret("old", standard(oldKey)), webhooks.NewSecret("new", standard(newKey)[len("whsec_"):])}
	raw := webhooks.HMAC{Header: "Signature", Encoding: webhooks.RawBase64URL}

	for _, one := range []struct {
		name   string
		accept webhooks.Verifier
		send   func(key string) *http.Request
	}{
		{"key header", webhooks.WithKeyHeader("X-Hook-Key", pair...), func(key string) *http.Request {
			return webhookstest.Request(t, path, joined, webhooks.WithHeader("x-hook-key", key))
		}},
		{"URL secret", webhooks.WithURLSecret("token", pair...), func(key string) *http.Request {
			return webhookstest.Request(t, path+"?a=b&token="+key, joined)
		}},
		{"HMAC", webhooks.WithHMAC(raw, pair...), func(key string) *http.Request {
			return webhookstest.Request(t, path, joined, webhooks.WithHMACSignature(raw, secret.New(key)))
		}},
		{"Standard Webhooks", webhooks.WithStandardWebhooks(standardPair...), func(key string) *http.Request {
			return webhookstest.Request(t, path, joined, sendAt, webhooks.WithStandardWebhooksSignature(secret.New(standard(key))))
		}},
	} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			receiver := newReceiver(t, one.accept, acceptAt)
			for id, key := range map[string]string{"old": oldKey, "new": newKey} {
				delivery, err := receiver.Parse(one.send(key))
				require.NoError(t, err)
				require.Equal(t, []webhooks.Match{{Verifier: one.name, SecretID: id}}, delivery.Matches)
				require.JSONEq(t, string(joined), string(delivery.Event.Base().Raw))
			}
			_, err := receiver.Parse(one.send("some-third-secret-0123456789"))
			require.ErrorIs(t, err, webhooks.ErrWrongCredential)
		})
	}
}

// TestKeyRotation tries every key of the cipher.
func TestKeyRotation(t *testing.T) {
	t.Parallel()
	for _, mode := range []webhooks.Cipher{webhooks.AES256CBC, webhooks.AES256GCM} {
		receiver := newReceiver(t, acceptHMAC, webhooks.WithDecryption(mode,
			webhooks.NewSecret("", otherKey), webhooks.NewSecret("", webhookstest.AESKey), webhooks.NewSecret("last", secondKey)))
		for id, key := range map[string]string{"1": otherKey, "2": webhookstest.AESKey, "last": secondKey} {
			delivery, err := receiver.Parse(webhookstest.Request(t, path, joined, sendHMAC, webhooks.WithEncryption(mode, secret.New(key))))
			require.NoError(t, err, mode)
			require.Equal(t, id, delivery.KeyID)
		}
	}
}

// TestStandardWebhooksHeader reads what a sender that rotates its secrets, or
// that is a little off with its clock, sends.
func TestStandardWebhooksHeader(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, acceptStandard, acceptAt)
	for _, at := range []time.Time{now, now.Add(5 * time.Minute), now.Add(-5 * time.Minute)} {
		request := webhookstest.Request(t, path, joined, sendStandard, webhooks.WithClock(clockAt(at)),
			webhooks.WithMessageID(func() string { return "msg.with.dots" }))
		request.Header.Set("Webhook-Signature", "v1a,x  v1,bm9uZQ== "+request.Header.Get("Webhook-Signature"))
		delivery, err := receiver.Parse(request)
		require.NoError(t, err)
		require.Equal(t, "msg.with.dots", delivery.ID)
		require.True(t, at.Equal(delivery.Timestamp))
	}
	wide := newReceiver(t, acceptStandard, acceptAt, webhooks.WithTolerance(time.Hour))
	_, err := wide.Parse(webhookstest.Request(t, path, joined, sendStandard, webhooks.WithClock(clockAt(now.Add(-time.Hour)))))
	require.NoError(t, err)
}

// TestAnyOf takes the id from the alternative that passed, and from no other.
func TestAnyOf(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, webhooks.AnyOf(acceptStandard, webhooks.AnyOf(acceptKey, acceptHMAC)), acceptAt)

	delivery, err := receiver.Parse(webhookstest.Request(t, path, joined, sendStandard, sendAt))
	require.NoError(t, err)
	require.NotEmpty(t, delivery.ID)

	request := webhookstest.Request(t, path, joined, sendKey)
	request.Header.Set("Webhook-Id", "msg_claimed")
	delivery, err = receiver.Parse(request)
	require.NoError(t, err)
	require.Equal(t, []webhooks.Match{{Verifier: "key header", SecretID: "key"}}, delivery.Matches)
	require.Empty(t, delivery.ID, "nothing authenticates this id")
	require.Empty(t, delivery.DedupeKey)

	_, err = receiver.Parse(plain(t, path, string(joined)))
	require.ErrorContains(t, err, "none of the alternatives")
	request = webhookstest.Request(t, path, joined, sendStandard, sendHMAC, sendAt)
	webhookstest.SetBody(request, []byte("{}"))
	_, err = receiver.Parse(request)
	require.ErrorContains(t, err, "no secret matches (Standard Webhooks); none of the alternatives: "+
		"webhooks: not verified: credential missing, duplicated or malformed (key header); webhooks: not verified: no secret matches (HMAC)")
	require.Contains(t, fmt.Sprint(receiver), "any of Standard Webhooks, any of key header, HMAC")
}

// TestAllVerifiers has every verifier pass, and reports each match.
func TestAllVerifiers(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, acceptKey, acceptStandard, acceptURL, acceptHMAC, acceptEncrypted(webhooks.AES256GCM), acceptAt)
	request := webhookstest.Request(t, path+"?secret="+urlKey, joined, sendKey, sendHMAC, sendStandard, sendAt, sendEncrypted(webhooks.AES256GCM))
	delivery, err := receiver.Parse(request)
	require.NoError(t, err)
	require.Len(t, delivery.Matches, 4)
	require.Equal(t, "current", delivery.KeyID)
	require.NotEmpty(t, delivery.ID)
	require.True(t, now.Equal(delivery.Timestamp))
}

// TestEnvelopes reads every layout, in every encoding and both modes, whatever
// the content type and the header say.
func TestEnvelopes(t *testing.T) {
	t.Parallel()
	for _, mode := range []webhooks.Cipher{webhooks.AES256CBC, webhooks.AES256GCM} {
		receiver := newReceiver(t, acceptHMAC, acceptEncrypted(mode))
		mixed := newReceiver(t, acceptHMAC, acceptEncrypted(mode), webhooks.AllowPlaintext())
		envelopes := webhookstest.Envelopes(mode)
		require.GreaterOrEqual(t, len(envelopes), 90)
		for _, envelope := range envelopes {
			request := webhookstest.Request(t, path, joined, sendHMAC, sendEncrypted(mode), webhooks.WithEnvelope(envelope))
			require.Equal(t, "true", request.Header.Get("X-Encrypted"))
			again, err := webhookstest.Again(request)
			require.NoError(t, err)

			delivery, err := receiver.Parse(request)
			require.NoError(t, err, "%v %+v", mode, envelope)
			require.Equal(t, webhooks.KindUserJoinedServer, delivery.Event.Base().Kind)

			again.Header.Del("X-Encrypted")
			again.Header.Del("Content-Type")
			delivery, err = mixed.Parse(again)
			require.NoError(t, err, "%v %+v", mode, envelope)
			require.Equal(t, "current", delivery.KeyID, "recognised without the header")
		}
	}
}

// TestEnvelopeLayouts sends each layout in the form that it describes.
func TestEnvelopeLayouts(t *testing.T) {
	t.Parallel()
	const iv, data, tag = `[0-9a-f]{24}`, `[0-9a-f]{64}`, `[0-9a-f]{32}`
	for _, one := range []struct {
		envelope webhooks.Envelope
		fields   map[string]string
		text     string // instead of fields
	}{
		{webhooks.Envelope{}, map[string]string{"iv": iv, "data": data, "tag": tag}, ""},
		{webhooks.Envelope{AppendTag: true}, map[string]string{"iv": iv, "data": data + tag}, ""},
		{webhooks.Envelope{IVName: "a", CiphertextName: "b", TagName: "c"}, map[string]string{"a": iv, "b": data, "c": tag}, ""},
		{webhooks.Envelope{Layout: webhooks.LayoutBlob, Carrier: webhooks.CarrierField, CiphertextName: "x"}, map[string]string{"x": iv + data + tag}, ""},
		{webhooks.Envelope{Layout: webhooks.LayoutBlob, Carrier: webhooks.CarrierString}, nil, `"` + iv + data + tag + `"`},
		{webhooks.Envelope{Layout: webhooks.LayoutBlob}, nil, iv + data + tag},
		{webhooks.Envelope{Layout: webhooks.LayoutColons}, nil, iv + ":" + data + ":" + tag},
		{webhooks.Envelope{Layout: webhooks.LayoutColons, AppendTag: true}, nil, iv + ":" + data + tag},
	} {
		event := json.RawMessage(`{"event":"it is 32 bytes long."}`)
		request := webhookstest.Request(t, path, event, sendEncrypted(webhooks.AES256GCM), webhooks.WithEnvelope(one.envelope))
		sent, err := io.ReadAll(request.Body)
		require.NoError(t, err)
		isJSON := one.fields != nil || one.envelope.Carrier == webhooks.CarrierString
		require.Equal(t, isJSON, request.Header.Get("Content-Type") == "application/json")
		require.Equal(t, !isJSON, request.Header.Get("Content-Type") == "text/plain; charset=utf-8")
		if one.fields == nil {
			require.Regexp(t, "^"+one.text+"$", string(sent))
			continue
		}
		var fields map[string]string
		require.NoError(t, json.Unmarshal(sent, &fields))
		require.Len(t, fields, len(one.fields))
		for name, want := range one.fields {
			require.Regexp(t, "^"+want+"$", fields[name], name)
		}
	}
}

// TestEnvelopeLeeway reads what differs from the layouts in ways that leave no
// doubt.
func TestEnvelopeLeeway(t *testing.T) {
	t.Parallel()
	ciphertext, tag := gcmParts(t, webhookstest.AESKey, string(joined))
	iv := fmt.Sprintf("%x", testNonce)
	gcm := newReceiver(t, acceptEncrypted(webhooks.AES256GCM))
	for name, text := range map[string]string{
		"upper case hex":            fmt.Sprintf(`{"iv":%q,"data":%q,"tag":%q}`, strings.ToUpper(iv), strings.ToUpper(ciphertext), strings.ToUpper(tag)),
		"white space around":        fmt.Sprintf("\r\n\t {\"iv\":%q,\"data\":%q,\"tag\":%q}\n", iv, ciphertext, tag),
		"a line end behind text":    iv + ":" + ciphertext + ":" + tag + "\r\n",
		"a flag called encrypted":   fmt.Sprintf(`{"encrypted":true,"iv":%q,"data":%q,"tag":%q}`, iv, ciphertext, tag),
		"members that are not ours": fmt.Sprintf(`{"version":1,"iv":%q,"data":%q,"tag":%q,"mode":"gcm"}`, iv, ciphertext, tag),
		"null members":              fmt.Sprintf(`{"nonce":null,"iv":%q,"data":%q,"tag":%q,"payload":null}`, iv, ciphertext, tag),
		"escapes in a value":        fmt.Sprintf(`{"iv":%q,"data":"\u00%x%s","tag":%q}`, iv, ciphertext[0], ciphertext[1:], tag),
		"escapes in the JSON":       fmt.Sprintf(`{"\u0069v":%q,"data":%q,"tag":%q}`, iv, ciphertext, tag),
		"JSON nested 64 deep":       sealGCM(t, webhookstest.AESKey, nested(64)),
		"a JSON array inside":       sealGCM(t, webhookstest.AESKey, `[`+string(joined)+`]`),
	} {
		_, err := gcm.Parse(plain(t, path, text))
		require.NoError(t, err, name)
	}

	cbc := newReceiver(t, acceptKey, acceptEncrypted(webhooks.AES256CBC), webhooks.AllowUnauthenticatedCBC())
	for _, event := range []string{`{"event":"abcd"}`, `{"event":"abc"}`, `{"event":"abcde"}`} {
		request := webhookstest.Request(t, path, joined, sendKey)
		webhookstest.SetBody(request, []byte(sealCBC(t, webhookstest.AESKey, pad(event))))
		delivery, err := cbc.Parse(request)
		require.NoError(t, err)
		require.Equal(t, event, string(delivery.Event.Base().Raw))
	}

	named := newReceiver(t, acceptEncrypted(webhooks.AES256GCM), webhooks.WithEnvelopeNames(webhooks.EnvelopeNames{
		IV: []string{"vector"}, Ciphertext: []string{"text"}, Tag: []string{"mac"},
	}))
	_, err := named.Parse(plain(t, path, fmt.Sprintf(`{"vector":%q,"text":%q,"mac":%q}`, iv, ciphertext, tag)))
	require.NoError(t, err)
	_, err = named.Parse(plain(t, path, fmt.Sprintf(`{"iv":%q,"data":%q,"tag":%q}`, iv, ciphertext, tag)))
	require.Same(t, webhooks.ErrDecryption, err)
	for _, names := range []webhooks.EnvelopeNames{{IV: []string{"iv"}}, {Ciphertext: []string{"data"}}, {Tag: []string{"tag"}}, {}} {
		partly := newReceiver(t, acceptEncrypted(webhooks.AES256GCM), webhooks.WithEnvelopeNames(names))
		_, err = partly.Parse(plain(t, path, fmt.Sprintf(`{"iv":%q,"data":%q,"tag":%q}`, iv, ciphertext, tag)))
		require.NoError(t, err, "an empty list keeps the default")
	}
}

// TestBlobIV splits a blob after 12 bytes, or after 16 when told so.
func TestBlobIV(t *testing.T) {
	t.Parallel()
	for _, size := range []int{12, 16} {
		request := webhookstest.Request(t, path, joined, sendEncrypted(webhooks.AES256GCM),
			webhooks.WithEnvelope(webhooks.Envelope{Layout: webhooks.LayoutBlob, IVSize: size}))
		again, err := webhookstest.Again(request)
		require.NoError(t, err)
		_, err = newReceiver(t, acceptEncrypted(webhooks.AES256GCM), webhooks.WithIVSize(size)).Parse(request)
		require.NoError(t, err)
		_, err = newReceiver(t, acceptEncrypted(webhooks.AES256GCM), webhooks.WithIVSize(28-size)).Parse(again)
		require.Same(t, webhooks.ErrDecryption, err)
	}
}

// TestAllowPlaintext takes events that are not encrypted for what they are,
// also when they use the names of an envelope.
func TestAllowPlaintext(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, acceptKey, acceptEncrypted(webhooks.AES256GCM), webhooks.AllowPlaintext())
	blob := strings.Repeat("ab", 40)
	for _, text := range []string{
		string(joined),
		`{"event":"new_message_posted_anywhere","content":"` + blob + `"}`,
		`{"content":"good game"}`,
	} {
		request := webhookstest.Request(t, path, joined, sendKey)
		webhookstest.SetBody(request, []byte(text))
		delivery, err := receiver.Parse(request)
		require.NoError(t, err, text)
		require.Empty(t, delivery.KeyID)
	}
	request := webhookstest.Request(t, path, joined, sendKey)
	webhookstest.SetBody(request, []byte(`{"content":"`+blob+`"}`))
	_, err := receiver.Parse(request)
	require.Same(t, webhooks.ErrDecryption, err, "an envelope and nothing else has to decrypt")
}

// TestUnauthenticatedCBC works when it is asked for by name.
func TestUnauthenticatedCBC(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, acceptEncrypted(webhooks.AES256CBC), webhooks.AllowUnauthenticatedCBC())
	_, err := receiver.Parse(webhookstest.Request(t, path, joined, sendEncrypted(webhooks.AES256CBC)))
	require.NoError(t, err)
}

// TestRefusedSetups refuses what is weak or contradicts itself, and names the
// option and the rule.
func TestRefusedSetups(t *testing.T) {
	t.Parallel()
	good := webhooks.NewSecret("id", "a-secret-of-good-length")
	aesKey := webhooks.NewSecret("id", webhookstest.AESKey)
	many := make([]webhooks.Secret, 17)
	for i := range many {
		many[i] = webhooks.NewSecret("", fmt.Sprintf("a-secret-of-good-length-%d", i))
	}
	weak := func(secrets ...webhooks.Secret) []webhooks.ReceiverOption {
		return []webhooks.ReceiverOption{webhooks.WithKeyHeader("X-Key", secrets...)}
	}
	one := func(options ...webhooks.ReceiverOption) []webhooks.ReceiverOption {
		return append([]webhooks.ReceiverOption{acceptKey}, options...)
	}
	for _, setup := range []struct {
		options []webhooks.ReceiverOption
		text    string
	}{
		{nil, "nothing authenticates"},
		{[]webhooks.ReceiverOption{webhooks.WithMaxBodyBytes(10)}, "nothing authenticates"},
		{[]webhooks.ReceiverOption{nil}, "an option is nil"},
		{[]webhooks.ReceiverOption{webhooks.Verifier{}}, "an empty Verifier"},
		{weak(), "WithKeyHeader: needs at least one secret"},
		{weak(many...), "WithKeyHeader: takes at most 16 secrets"},
		{weak(webhooks.NewSecret("id", "")), "WithKeyHeader: secret 1: is empty"},
		{weak(good, webhooks.NewSecret("", "short")), "WithKeyHeader: secret 2: is shorter than 16 bytes"},
		{weak(webhooks.NewSecret("", "a-secret-of-good-length\n")), "WithKeyHeader: secret 1: holds a line break"},
		{weak(webhooks.NewSecret("", " a-secret-of-good-length")), "WithKeyHeader: secret 1: starts or ends with white space"},
		{weak(good, webhooks.NewSecret("id", "another-secret-of-length")), "WithKeyHeader: secret 2: its id is taken"},
		{weak(good, webhooks.NewSecret("2", good.Text.Reveal())), "WithKeyHeader: secret 2: given twice"},
		{weak(webhooks.NewSecret("the-id-is-the-secret", "the-id-is-the-secret")), "WithKeyHeader: secret 1: the id is the secret itself"},
		{one(webhooks.WithKeyHeader("", good)), "WithKeyHeader: header: is empty"},
		{one(webhooks.WithKeyHeader("X Key", good)), "WithKeyHeader: header: not a header name"},
		{one(webhooks.WithURLSecret("", good)), "WithURLSecret: parameter: is empty"},
		{one(webhooks.WithURLSecret("secret")), "WithURLSecret: needs at least one secret"},
		{one(webhooks.WithHMAC(webhooks.HMAC{}, good)), "WithHMAC: header: is empty"},
		{one(webhooks.WithHMAC(webhooks.HMAC{Header: "S", Encoding: 99}, good)), "WithHMAC: encoding: not one of the constants"},
		{one(webhooks.WithHMAC(webhooks.HMAC{Header: "S", Prefix: "a\n"}, good)), "WithHMAC: prefix or separator: holds a line break"},
		{one(webhooks.WithHMAC(webhooks.HMAC{Header: "S"}, webhooks.Secret{})), "WithHMAC: secret 1: is empty"},
		{one(webhooks.WithStandardWebhooks(webhooks.Secret{})), "WithStandardWebhooks: secret 1: is empty"},
		{one(webhooks.WithStandardWebhooks(webhooks.NewSecret("", "whsec_***"))), "WithStandardWebhooks: secret 1: is not whsec_"},
		{one(webhooks.WithStandardWebhooks(webhooks.NewSecret("", webhookstest.StandardSecret+"\n"))), "WithStandardWebhooks: secret 1: is not whsec_"},
		{one(webhooks.WithStandardWebhooks(webhooks.NewSecret("", "whsec_AAAA"))), "WithStandardWebhooks: secret 1: is shorter than 24 bytes"},
		{one(webhooks.AnyOf()), "AnyOf: needs at least one verifier"},
		{one(webhooks.AnyOf(webhooks.WithKeyHeader("X-Key"))), "AnyOf: WithKeyHeader: needs at least one secret"},
		{one(webhooks.WithDecryption(webhooks.AES256GCM)), "WithDecryption: needs at least one secret"},
		{one(webhooks.WithDecryption(0, aesKey)), "WithDecryption: mode: neither"},
		{one(webhooks.WithDecryption(webhooks.AES256GCM, webhooks.NewSecret("", webhookstest.AESKey[:16]))), "WithDecryption: secret 1: an AES-256 key is exactly 32 bytes"},
		{one(webhooks.WithDecryption(webhooks.AES256GCM, webhooks.NewSecret("", webhookstest.AESKey+"x"))), "WithDecryption: secret 1: an AES-256 key is exactly 32 bytes"},
		{one(webhooks.WithDecryption(webhooks.AES256GCM, webhooks.Secret{})), "WithDecryption: secret 1: an AES-256 key is exactly 32 bytes"},
		{one(acceptEncrypted(webhooks.AES256GCM), acceptEncrypted(webhooks.AES256GCM)), "WithDecryption: given twice"},
		{[]webhooks.ReceiverOption{acceptEncrypted(webhooks.AES256CBC)}, "AES-256-CBC authenticates nothing"},
		{one(webhooks.AllowUnauthenticatedCBC()), "AllowUnauthenticatedCBC: there is no"},
		{one(webhooks.AllowPlaintext()), "AllowPlaintext: there is no"},
		{[]webhooks.ReceiverOption{acceptEncrypted(webhooks.AES256GCM), webhooks.AllowPlaintext()}, "AllowPlaintext: needs a verifier"},
		{one(webhooks.WithIVSize(12)), "WithIVSize: is for"},
		{one(acceptEncrypted(webhooks.AES256GCM), webhooks.WithIVSize(13)), "WithIVSize: neither 12 nor 16"},
		{one(webhooks.WithEnvelopeNames(webhooks.EnvelopeNames{IV: []string{"data"}})), "WithEnvelopeNames: a name is empty or stands for two parts"},
		{one(acceptEncrypted(webhooks.AES256GCM), webhooks.WithEnvelopeNames(webhooks.EnvelopeNames{IV: []string{"vector", ""}})), "WithEnvelopeNames: a name is empty"},
		{one(webhooks.WithEnvelopeNames(webhooks.EnvelopeNames{IV: []string{"vector"}})), "WithEnvelopeNames: there is no WithDecryption"},
		{[]webhooks.ReceiverOption{acceptHMAC, acceptEncrypted(webhooks.AES256CBC), webhooks.WithIVSize(12)}, "WithIVSize: is for"},
		{one(webhooks.WithTolerance(0)), "WithTolerance: must be"},
		{one(webhooks.WithTolerance(24*time.Hour + 1)), "WithTolerance: must be"},
		{one(webhooks.WithMaxBodyBytes(0)), "WithMaxBodyBytes: must be"},
		{one(webhooks.WithMaxBodyBytes(1<<30 + 1)), "WithMaxBodyBytes: must be"},
		{one(webhooks.WithEventKind("hooks", webhooks.KindUserJoinedServer)), "WithEventKind: path: must start with a slash"},
		{one(webhooks.WithEventKind("/a", webhooks.KindUserJoinedServer), webhooks.WithEventKind("/a", webhooks.KindUserVisitedServer)), "WithEventKind: path: bound twice"},
		{one(webhooks.WithEventKind("/a", "no such kind")), "WithEventKind: kind: not one of the constants"},
		{one(webhooks.WithEventName("--", webhooks.KindUserJoinedServer)), "WithEventName: name: holds no letter"},
		{one(webhooks.WithEventName("a", "User Joins Server")), "WithEventName: kind: not one of the constants"},
		{one(webhooks.WithEventKind("/a", "")), "WithEventKind: kind: not one of the constants"},
		{one(webhooks.WithEventName("user banned", webhooks.KindUserJoinedServer), webhooks.WithEventName("UserBanned", webhooks.KindUserVisitedServer)), "WithEventName: name: given twice"},
		{one(webhooks.WithKindFields()), "WithKindFields: needs at least one name"},
		{one(webhooks.WithKindFields("event", "")), "WithKindFields: needs at least one name, none of them empty"},
		{one(webhooks.WithDeduper(nil)), "WithDeduper: is nil"},
		{one(webhooks.WithDeduper(newScriptedStore(t)), webhooks.WithDeduper(newScriptedStore(t))), "WithDeduper: given twice"},
		{one(webhooks.WithLease(0)), "WithLease: must be"},
		{one(webhooks.WithLease(time.Second - 1)), "WithLease: must be"},
		{one(webhooks.WithCallbackTimeout(0)), "WithCallbackTimeout: must be"},
		{one(webhooks.WithInDoubt(nil)), "WithInDoubt: is nil"},
		{one(webhooks.WithClock(nil)), "WithClock: is nil"},
		{one(webhooks.WithLogger(nil)), "WithLogger: is nil"},
		{one(webhooks.WithAsync(webhooks.Async{Queue: 1})), "WithAsync: Queue and Workers"},
	} {
		receiver, err := webhooks.NewReceiver(setup.options...)
		require.ErrorContains(t, err, setup.text)
		require.Nil(t, receiver)
		for _, hidden := range []string{good.Text.Reveal(), webhookstest.AESKey, "short\n"} {
			require.NotContains(t, err.Error(), hidden)
		}
	}

	_, err := webhooks.NewReceiver(webhooks.WithTolerance(0), webhooks.WithMaxBodyBytes(0))
	require.ErrorContains(t, err, "WithTolerance")
	require.ErrorContains(t, err, "WithMaxBodyBytes", "all problems at once")
}

// TestCipherNames prints the modes as the vendor writes them.
func TestCipherNames(t *testing.T) {
	t.Parallel()
	require.Equal(t, "AES-256-CBC AES-256-GCM unknown cipher", fmt.Sprintf("%v %v %v", webhooks.AES256CBC, webhooks.AES256GCM, webhooks.Cipher(9)))
}

// TestLeastAndMostOfOptions takes the values at the bounds.
func TestLeastAndMostOfOptions(t *testing.T) {
	t.Parallel()
	for _, option := range []webhooks.ReceiverOption{
		webhooks.WithMaxBodyBytes(1), webhooks.WithMaxBodyBytes(1 << 30), webhooks.WithTolerance(1), webhooks.WithTolerance(24 * time.Hour),
		webhooks.WithLease(time.Second), webhooks.WithCallbackTimeout(1), webhooks.WithAsync(webhooks.Async{Queue: 1, Workers: 1}),
	} {
		newReceiver(t, acceptKey, option)
	}
	many := make([]webhooks.Secret, 16)
	for i := range many {
		many[i] = webhooks.NewSecret("", fmt.Sprintf("a-secret-of-good-length-%d", i))
	}
	newReceiver(t, webhooks.WithKeyHeader("X-Key", many...))
}
