package webhooks

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/secret"
)

const fuzzKey = "0123456789abcdef0123456789abcdef"

// isEvent reports whether data is JSON that can be an event.
func isEvent(data []byte) bool {
	_, ok := readContent(data)
	return ok
}

// fuzzDecrypter opens what fuzzEncrypter seals.
func fuzzDecrypter(t *testing.T, mode Cipher) *decrypter {
	t.Helper()
	key, err := newBlockKey(secret.New(fuzzKey))
	require.NoError(t, err)
	key.id = "key"
	made := &decrypter{mode: mode, keys: []blockKey{key}}
	require.NoError(t, made.complete(defaultEnvelopeNames, 0))
	return made
}

// FuzzOpen gives anything at all to decryption: it fails in one way only, and
// what it accepts is an event.
func FuzzOpen(f *testing.F) {
	block, err := newBlock(secret.New(fuzzKey))
	require.NoError(f, err)
	for _, mode := range []Cipher{AES256CBC, AES256GCM} {
		for layout := LayoutFields; layout <= LayoutBlob; layout++ {
			sealer := &encrypter{mode: mode, block: block}
			require.NoError(f, sealer.complete(Envelope{Layout: layout}))
			body, _, err := sealer.seal([]byte(`{"event":"x"}`))
			require.NoError(f, err)
			f.Add(mode == AES256CBC, body)
		}
	}
	for _, body := range []string{"", "{", `"`, `{"iv":"00","data":"00"}`, "a:b", "::::", `{"data":null}`, "[]", `{"data":"` + fuzzKey + fuzzKey + `"}`} {
		f.Add(true, []byte(body))
	}
	f.Fuzz(func(t *testing.T, cbc bool, body []byte) {
		mode := AES256GCM
		if cbc {
			mode = AES256CBC
		}
		opener := fuzzDecrypter(t, mode)
		given := slices.Clone(body)
		event, keyID, err := opener.open(body)
		require.Equal(t, given, body, "the body is left alone")
		if err != nil {
			require.Same(t, ErrDecryption, err)
			require.Zero(t, event)
			require.Empty(t, keyID)
			return
		}
		require.True(t, isEvent(event.raw))
		require.Equal(t, "key", keyID)
	})
}

// FuzzSealOpen opens whatever was sealed, in any layout.
func FuzzSealOpen(f *testing.F) {
	f.Add([]byte(`{"event":"user_joins_server"}`), uint8(0), uint8(0), uint8(0), false, true)
	f.Add([]byte(`["é"]`), uint8(1), uint8(1), uint8(3), true, false)
	f.Add([]byte(`{}`), uint8(2), uint8(2), uint8(4), false, false)
	f.Fuzz(func(t *testing.T, event []byte, layout, carrier, encoding uint8, appendTag, cbc bool) {
		mode := AES256GCM
		if cbc {
			mode = AES256CBC
		}
		envelope := Envelope{Layout: Layout(layout), Carrier: Carrier(carrier), Encoding: Encoding(encoding), AppendTag: appendTag}
		block, err := newBlock(secret.New(fuzzKey))
		require.NoError(t, err)
		sealer := &encrypter{mode: mode, block: block}
		if sealer.complete(envelope) != nil {
			return
		}
		body, _, err := sealer.seal(event)
		require.NoError(t, err)
		opened, _, err := fuzzDecrypter(t, mode).open(body)
		require.Equal(t, isEvent(event), err == nil)
		if err == nil {
			require.Equal(t, trimBOM(event), opened.raw)
		}
	})
}

// FuzzUnpad agrees with unpadding written without a thought for time.
func FuzzUnpad(f *testing.F) {
	f.Add(bytes.Repeat([]byte{16}, 16))
	f.Add([]byte("abcdefghijklmno\x01"))
	f.Add([]byte("abcdefghijklmno\x00"))
	f.Add([]byte("abcdefghijklm\x02\x03\x03"))
	f.Add(bytes.Repeat([]byte{17}, 32))
	f.Fuzz(func(t *testing.T, padded []byte) {
		if len(padded) == 0 || len(padded)%16 != 0 {
			return
		}
		length, good := unpad(padded)
		last := int(padded[len(padded)-1])
		want := last >= 1 && last <= 16 && bytes.HasSuffix(padded, bytes.Repeat([]byte{byte(last)}, last))
		require.Equal(t, want, good)
		if want {
			require.Equal(t, len(padded)-last, length)
		} else {
			require.Equal(t, len(padded), length)
		}
	})
}

// FuzzStandardWebhooks accepts nothing but the right signature of the right
// headers at the right time.
func FuzzStandardWebhooks(f *testing.F) {
	const key = "whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="
	raw := bytes.Repeat([]byte{7}, 32)
	now := time.Unix(1772366400, 0)
	verify, err := WithStandardWebhooks(NewSecret("key", key)).verifier()
	require.NoError(f, err)
	sum := hmac.New(sha256.New, raw)
	sum.Write([]byte("msg_1.1772366400.{}"))
	good := "v1," + base64.StdEncoding.EncodeToString(sum.Sum(nil))
	f.Add("msg_1", "1772366400", good, []byte("{}"))
	f.Add("msg_1", "1772366400", "v1,x "+good, []byte("{}"))
	f.Add("msg_1", "-1", good, []byte("{}"))
	f.Add("", "99999999999999999999", "v2,", []byte{0xff})
	f.Fuzz(func(t *testing.T, id, timestamp, signature string, body []byte) {
		header := http.Header{headerID: {id}, headerTimestamp: {timestamp}, headerSignature: {signature}}
		var found proof
		check, err := verify.checkHead(&inbound{header: header, now: now, tolerance: time.Minute})
		if err == nil {
			found, err = check(body)
		}
		if err != nil {
			require.ErrorIs(t, err, ErrVerification)
			require.Zero(t, found)
			return
		}
		signed, ok := parseTimestamp(timestamp)
		require.True(t, ok)
		require.LessOrEqual(t, signed.Sub(now).Abs(), time.Minute)
		sum := hmac.New(sha256.New, raw)
		sum.Write([]byte(id + "." + timestamp + "." + string(body)))
		require.Contains(t, signature, "v1,"+base64.StdEncoding.EncodeToString(sum.Sum(nil)))
		require.Equal(t, id, found.id)
	})
}

// FuzzURLSecret accepts a query that holds the secret exactly once.
func FuzzURLSecret(f *testing.F) {
	const key = "a-secret-of-good-length"
	accepted := urlSecret{"secret", newDigests([]Secret{NewSecret("id", key)})}
	for _, query := range []string{"", "secret=" + key, "a=b&secret=" + key, "secret=" + key + "&secret=x", "%73ecret=" + key, "secret=%zz", ";", "secret"} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		_, err := accepted.checkHead(&inbound{rawQuery: query})
		values, parseErr := url.ParseQuery(query)
		want := parseErr == nil && len(query) <= maxQuery && slices.Equal(values["secret"], []string{key})
		require.Equal(t, want, err == nil, query)
		if err != nil {
			require.NotContains(t, err.Error(), key)
		}
	})
}

// FuzzEvent reads any body that is an event, keeps it, and never fails.
func FuzzEvent(f *testing.F) {
	for _, body := range []string{
		`{"event":"user_joins_server","user":{"_id":1,"username":"ada"},"createdAt":1772366400}`,
		`{"type":"New Message Posted To channel","message":{"content":"x"},"sender":"a@b","channel":[]}`,
		`{"webhookType":"purchased_store_item","data":{"item":{"price":"1e400","quantity":1e999},"buyer":null}}`,
		`{"event":{"event":[]},"payload":{"payload":{}}}`, `[]`, `{}`, "\ufeff{}", "{\"a\":\"\xff\"}", `{"a":"\ud800","a":1}`,
	} {
		f.Add([]byte(body))
	}
	reader := kindReader{fields: defaultKindFields}
	f.Fuzz(func(t *testing.T, body []byte) {
		content, ok := readContent(body)
		if !ok {
			return
		}
		require.True(t, json.Valid(trimBOM(body)), "encoding/json agrees that it is JSON")
		event := reader.read(content, KindMessagePostedAnywhere, false)
		require.Equal(t, trimBOM(body), []byte(event.Base().Raw))
		if known, ok := kinds[normalise(event.Base().Name)]; !ok {
			require.IsType(t, MessagePosted{}, event)
		} else {
			require.Equal(t, known.kind, event.Base().Kind)
		}
	})
}

// FuzzDecode agrees with hex when it can be hex, and never fails otherwise.
func FuzzDecode(f *testing.F) {
	f.Add("00ff", uint8(Hex))
	f.Add("AP8=", uint8(Base64))
	f.Add("AP8\n", uint8(RawBase64))
	// Bits that no byte has room for: another text of the same value.
	f.Add("AP9=", uint8(Base64))
	f.Add("AP9=", uint8(Base64URL))
	f.Add("AP9", uint8(RawBase64))
	f.Add("AP9", uint8(RawBase64URL))
	f.Add("_-8", uint8(RawBase64URL))
	f.Fuzz(func(t *testing.T, text string, which uint8) {
		encoding := Encoding(which)
		if !encoding.known() {
			return
		}
		data, ok := encoding.decode(text)
		if !ok {
			return
		}
		again := encoding.encode(data)
		if encoding == Hex {
			require.Equal(t, hex.EncodeToString(data), again)
			again, text = fmt.Sprintf("%x", data), string(bytes.ToLower([]byte(text)))
		}
		require.Equal(t, text, again, "one text for each value")
	})
}
