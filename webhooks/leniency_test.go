package webhooks_test

import (
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/webhooks"
	"github.com/returningai/returningai-go/webhooks/webhookstest"
)

// TestLenientJSON reads a verified event as leniently as a response, and keeps
// what arrived.
func TestLenientJSON(t *testing.T) {
	t.Parallel()
	const head = `{"event":"new_message_posted_anywhere","message":`
	for name, one := range map[string]struct{ body, message string }{
		"half an emoji":              {head + `"hi \ud83d"}`, "hi \ufffd"},
		"the other half":             {head + `"\ude00!"}`, "\ufffd!"},
		"a whole one":                {head + `"\ud83d\ude00"}`, "😀"},
		"Latin-1":                    {head + "\"caf\xe9\"}", "caf\ufffd"},
		"a byte order mark":          {"\ufeff" + head + `"hi"}`, "hi"},
		"a mark behind white space":  {"\ufeff \n" + head + `"hi"}`, "hi"},
		"duplicate names":            {head + `"first","message":"last"}`, "last"},
		"duplicate names, escaped":   {head + `"first","m\u0065ssage":"last"}`, "last"},
		"duplicate names inside":     {head + `{"content":"first","content":"last"}}`, "last"},
		"an odd name":                {head + "\"hi\",\"\xff\":1,\"\\ud800\":2}", "hi"},
		"escapes":                    {head + `"a\"\\\/\b\f\n\r\tbé"}`, "a\"\\/\b\f\n\r\tbé"},
		"nested 1,000 deep":          {head + `"hi","x":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`, "hi"},
		"a replacement as it is":     {head + "\"\ufffd\"}", "\ufffd"},
		"text beyond the first page": {head + `"` + strings.Repeat("é", 40_000) + `"}`, strings.Repeat("é", 40_000)},
	} {
		for setup, options := range map[string]struct {
			accept webhooks.ReceiverOption
			seal   func(text string) string
		}{
			"plain": {acceptKey, func(text string) string { return text }},
			"GCM":   {acceptEncrypted(webhooks.AES256GCM), func(text string) string { return sealGCM(t, webhookstest.AESKey, text) }},
		} {
			request := webhookstest.Request(t, path, json.RawMessage(`{}`), sendKey)
			webhookstest.SetBody(request, []byte(options.seal(one.body)))
			delivery, err := newReceiver(t, options.accept).Parse(request)
			require.NoError(t, err, "%s, %s", name, setup)
			event, ok := delivery.Event.(webhooks.MessagePosted)
			require.True(t, ok, name)
			require.Equal(t, one.message, event.Message, name)
			require.Equal(t, strings.TrimPrefix(one.body, "\ufeff"), string(event.Raw), name)
			var read map[string]any
			require.NoError(t, json.Unmarshal(event.Raw, &read), "encoding/json reads it")
		}
	}
}

// TestFormLabel reads what is only labelled as a form.
func TestFormLabel(t *testing.T) {
	t.Parallel()
	ciphertext, tag := gcmParts(t, webhookstest.AESKey, string(joined))
	raw, err := hex.DecodeString(fmt.Sprintf("%x", testNonce) + ciphertext + tag)
	require.NoError(t, err)
	plainReceiver, gcm := newReceiver(t, acceptKey), newReceiver(t, acceptEncrypted(webhooks.AES256GCM))
	for name, one := range map[string]struct {
		to   *webhooks.Receiver
		body string
	}{
		"an object":               {plainReceiver, string(joined)},
		"an object with = in it":  {plainReceiver, `{"a":"b=c&d=e"}`},
		"an object with space in": {plainReceiver, `{ "a":"b=c" }`},
		"an array":                {plainReceiver, `[{"a":"="}]`},
		"an object after space":   {plainReceiver, " \n\t{\"a\":\"=\"}"},
		"an object after a mark":  {plainReceiver, "\ufeff{\"a\":\"=\"}"},
		"an envelope":             {gcm, sealGCM(t, webhookstest.AESKey, string(joined))},
		"a blob in hex":           {gcm, hex.EncodeToString(raw)},
		"a blob in padded base64": {gcm, base64.StdEncoding.EncodeToString(raw)},
		"a JSON string":           {gcm, `"` + base64.StdEncoding.EncodeToString(raw) + `"`},
		"colons":                  {gcm, fmt.Sprintf("%x", testNonce) + ":" + ciphertext + ":" + tag},
	} {
		request := webhookstest.Request(t, path, json.RawMessage(`{}`), sendKey)
		webhookstest.SetBody(request, []byte(one.body))
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
		_, err := one.to.Parse(request)
		require.NoError(t, err, name)
	}
}

// TestContentEncoding takes bodies that are labelled as not encoded, and
// refuses all others.
func TestContentEncoding(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, acceptKey)
	for label, want := range map[string]error{
		"": nil, "identity": nil, " Identity ": nil, "  ": nil,
		"gzip": webhooks.ErrMediaType, "identity, gzip": webhooks.ErrMediaType, "none": webhooks.ErrMediaType,
	} {
		request := webhookstest.Request(t, path, joined, sendKey)
		request.Header["Content-Encoding"] = []string{label}
		_, err := receiver.Parse(request)
		require.ErrorIs(t, err, want, "%q", label)
	}
}

// TestMixedEncodings decides the encoding of each part by its length.
func TestMixedEncodings(t *testing.T) {
	t.Parallel()
	encodings := map[string]func([]byte) string{
		"hex": hex.EncodeToString, "base64": base64.StdEncoding.EncodeToString, "raw base64url": base64.RawURLEncoding.EncodeToString,
	}
	decode := func(text string) []byte {
		data, err := hex.DecodeString(text)
		require.NoError(t, err)
		return data
	}
	gcm := newReceiver(t, acceptEncrypted(webhooks.AES256GCM))
	cbc := newReceiver(t, acceptEncrypted(webhooks.AES256CBC), webhooks.AllowUnauthenticatedCBC())
	var envelope struct{ IV, Data string }
	for _, event := range []string{string(joined), `{}`, `{"a":1}`, `{"event":"abcd"}`} {
		ciphertext, tag := gcmParts(t, webhookstest.AESKey, event)
		require.NoError(t, json.Unmarshal([]byte(sealCBC(t, webhookstest.AESKey, pad(event))), &envelope))
		for ivName, iv := range encodings {
			for dataName, data := range encodings {
				name := fmt.Sprintf("%s IV, %s data, %s", ivName, dataName, event)
				for _, text := range []string{
					iv(decode(envelope.IV)) + ":" + data(decode(envelope.Data)),
					fmt.Sprintf(`{"iv":%q,"data":%q}`, iv(decode(envelope.IV)), data(decode(envelope.Data))),
				} {
					_, err := cbc.Parse(plain(t, path, text))
					require.NoError(t, err, "CBC, %s", name)
				}
				for tagName, encodeTag := range encodings {
					if len(event) < 16 && ivName != dataName {
						continue // a ciphertext so short may be either: it is of the IV's encoding
					}
					_, err := gcm.Parse(plain(t, path, iv(testNonce)+":"+data(decode(ciphertext))+":"+encodeTag(decode(tag))))
					require.NoError(t, err, "GCM, %s, %s tag", name, tagName)
				}
			}
		}
	}
}

// TestAmbiguousCiphertext reads a ciphertext that could be hex or base64 in the
// encoding of the IV.
func TestAmbiguousCiphertext(t *testing.T) {
	t.Parallel()
	gcm := newReceiver(t, acceptEncrypted(webhooks.AES256GCM))
	aead, err := cipher.NewGCM(testBlock(t, webhookstest.AESKey))
	require.NoError(t, err)
	for tries := range 10_000 {
		iv := binary.BigEndian.AppendUint32([]byte("an IV of"), uint32(tries))
		sealed := aead.Seal(nil, iv, []byte("[7]"), nil)
		data := base64.StdEncoding.EncodeToString(sealed[:3])
		if _, err := hex.DecodeString(data); err == nil {
			_, err := gcm.Parse(plain(t, path, base64.StdEncoding.EncodeToString(iv)+":"+data+":"+hex.EncodeToString(sealed[3:])))
			require.NoError(t, err)
			return
		}
	}
	require.Fail(t, "no ciphertext is ambiguous")
}

// TestEnvelopeBounds tries every length around what fits, to the byte.
func TestEnvelopeBounds(t *testing.T) {
	t.Parallel()
	gcm := newReceiver(t, acceptEncrypted(webhooks.AES256GCM))
	cbc := newReceiver(t, acceptEncrypted(webhooks.AES256CBC), webhooks.AllowUnauthenticatedCBC())
	ofHex := func(size int) string { return strings.Repeat("ab", size) }
	long := newReceiver(t, acceptEncrypted(webhooks.AES256GCM), webhooks.WithIVSize(16))
	for _, receiver := range []*webhooks.Receiver{gcm, cbc, long} {
		for ivSize := range 20 {
			for _, size := range []int{0, 1, 2, 11, 12, 13, 14, 15, 16, 17, 18, 27, 28, 29, 31, 32, 33, 48} {
				for _, body := range []string{
					fmt.Sprintf(`{"iv":%q,"data":%q}`, ofHex(ivSize), ofHex(size)),
					fmt.Sprintf(`{"iv":%q,"data":%q,"tag":%q}`, ofHex(ivSize), ofHex(size), ofHex(16)),
					ofHex(ivSize) + ":" + ofHex(size),
					ofHex(size), `"` + ofHex(size) + `"`,
				} {
					_, err := receiver.Parse(plain(t, path, body))
					require.Same(t, webhooks.ErrDecryption, err, body)
				}
			}
		}
	}
	// Envelopes with one wrong length.
	ciphertext, tag := gcmParts(t, webhookstest.AESKey, string(joined))
	iv := fmt.Sprintf("%x", testNonce)
	for name, body := range map[string]string{
		"tag of 15 bytes":       fmt.Sprintf(`{"iv":%q,"data":%q,"tag":%q}`, iv, ciphertext, tag[2:]),
		"tag of 17 bytes":       fmt.Sprintf(`{"iv":%q,"data":%q,"tag":%q}`, iv, ciphertext, tag+"00"),
		"tag moved by one byte": fmt.Sprintf(`{"iv":%q,"data":%q,"tag":%q}`, iv, ciphertext+tag[:2], tag[2:]),
		"one more, of 1 byte":   fmt.Sprintf(`{"iv":%q,"data":%q,"tag":"00"}`, iv, ciphertext+tag),
		"more after a string":   fmt.Sprintf(`"%s" "x"`, iv+ciphertext+tag),
		"text after a string":   fmt.Sprintf(`"%s"x`, iv+ciphertext+tag),
		"text after a blob":     iv + ciphertext + tag + "!",
		"half a byte after one": iv + ciphertext + tag + "a",
		"text after an object":  fmt.Sprintf(`{"iv":%q,"data":%q,"tag":%q}x`, iv, ciphertext, tag),
		"64 fields beside":      `{"iv":"` + iv + `","data":"` + ciphertext + `","tag":"` + tag + `"` + strings.Repeat(`,"x":1`, 62) + `}`,
	} {
		_, err := gcm.Parse(plain(t, path, body))
		require.Same(t, webhooks.ErrDecryption, err, name)
	}
	_, err := gcm.Parse(plain(t, path, `{"iv":"`+iv+`","data":"`+ciphertext+`","tag":"`+tag+`"`+strings.Repeat(`,"x":1`, 61)+`}`))
	require.NoError(t, err, "64 fields")
	var envelope struct{ IV, Data string }
	require.NoError(t, json.Unmarshal([]byte(sealCBC(t, webhookstest.AESKey, pad(string(joined)))), &envelope))
	_, err = cbc.Parse(plain(t, path, fmt.Sprintf(`{"iv":%q,"data":%q}`, envelope.IV, envelope.Data)))
	require.NoError(t, err)
	for _, tag := range []string{ofHex(16), ofHex(1)} {
		_, err = cbc.Parse(plain(t, path, fmt.Sprintf(`{"iv":%q,"data":%q,"tag":%q}`, envelope.IV, envelope.Data, tag)))
		require.Same(t, webhooks.ErrDecryption, err, "CBC has no tag")
	}
	last := len(envelope.Data) - 32
	_, err = cbc.Parse(plain(t, path, fmt.Sprintf(`{"iv":%q,"data":%q,"tag":%q}`, envelope.IV, envelope.Data[:last], envelope.Data[last:])))
	require.Same(t, webhooks.ErrDecryption, err, "nor is its last block one")
	// A key that is not the sender's, in a blob of one block: no padding to find.
	_, err = cbc.Parse(plain(t, path, ofHex(16)))
	require.Same(t, webhooks.ErrDecryption, err)
}

// TestManyFieldNames refuses an object of many fields early: looking at a
// megabyte of names took 0.15 s before any proof. An object that breaks off is
// refused at once, too.
//
//nolint:paralleltest // it counts allocations, which are the process's
func TestManyFieldNames(t *testing.T) {
	var many strings.Builder
	many.WriteString("{")
	for i := range 100_000 {
		fmt.Fprintf(&many, `"%d":1,`, i)
	}
	many.WriteString(`"iv":"x"}`)
	for status, one := range map[int]struct {
		to   *webhooks.Receiver
		body string
	}{
		http.StatusUnauthorized: {newReceiver(t, acceptEncrypted(webhooks.AES256GCM)), many.String()},
		http.StatusBadRequest:   {newReceiver(t, acceptKey), `{"event":"` + strings.Repeat("x", 100_000)},
	} {
		request := plain(t, path, one.body)
		request.Header.Set("X-Api-Key", webhookstest.APIKey)
		allocated := testing.AllocsPerRun(1, func() {
			again := request.Clone(t.Context())
			again.Body, _ = request.GetBody()
			if _, err := one.to.Parse(again); webhooks.StatusCode(err) != status {
				panic(err)
			}
		})
		require.Less(t, allocated, 1000.0)
	}
}
