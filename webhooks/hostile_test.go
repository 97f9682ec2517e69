package webhooks_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/webhooks"
	"github.com/returningai/returningai-go/webhooks/webhookstest"
)

// hostile is one input that must be refused.
type hostile struct {
	name   string
	to     string // which receiver
	status int
	reason error
	make   func(t *testing.T, base string) *http.Request
}

// hostileReceivers are the setups that the inputs are tried on.
func hostileReceivers() map[string][]webhooks.ReceiverOption {
	return map[string][]webhooks.ReceiverOption{
		"key":      {acceptKey},
		"small":    {acceptKey, webhooks.WithMaxBodyBytes(64)},
		"url":      {acceptURL},
		"hmac":     {acceptHMAC},
		"standard": {acceptStandard, acceptAt},
		"any":      {webhooks.AnyOf(acceptStandard, acceptHMAC), acceptAt},
		"both":     {acceptKey, acceptHMAC},
		"gcm":      {acceptEncrypted(webhooks.AES256GCM)},
		"cbc":      {acceptKey, acceptEncrypted(webhooks.AES256CBC), webhooks.AllowUnauthenticatedCBC()},
		"mixed":    {acceptKey, acceptEncrypted(webhooks.AES256GCM), webhooks.AllowPlaintext()},
	}
}

// header is a valid request of a sender whose header is changed.
func header(change func(http.Header), options ...webhooks.SenderOption) func(*testing.T, string) *http.Request {
	return func(t *testing.T, base string) *http.Request {
		request := webhookstest.Request(t, base+path, joined, options...)
		change(request.Header)
		return request
	}
}

// set changes one header.
func set(name string, values ...string) func(http.Header) {
	return func(header http.Header) { header[http.CanonicalHeaderKey(name)] = values }
}

// body is a valid request of a sender whose body is replaced afterwards.
func body(text string, options ...webhooks.SenderOption) func(*testing.T, string) *http.Request {
	return func(t *testing.T, base string) *http.Request {
		request := webhookstest.Request(t, base+path, joined, options...)
		webhookstest.SetBody(request, []byte(text))
		return request
	}
}

// keyed is a body that comes with the right key.
func keyed(text string) func(*testing.T, string) *http.Request { return body(text, sendKey) }

// form is a body that comes with the right key and another label.
func form(text, media string) func(*testing.T, string) *http.Request {
	return func(t *testing.T, base string) *http.Request {
		request := keyed(text)(t, base)
		request.Header.Set("Content-Type", media)
		return request
	}
}

// query is a request with a raw query.
func query(raw string) func(*testing.T, string) *http.Request {
	return func(t *testing.T, base string) *http.Request { return plain(t, base+path+"?"+raw, string(joined)) }
}

// method is a valid request with another method.
func method(name string) func(*testing.T, string) *http.Request {
	return func(t *testing.T, base string) *http.Request {
		request := webhookstest.Request(t, base+path, joined, sendKey)
		request.Method = name
		return request
	}
}

func hostileTransport() []hostile {
	const tooLong = 70
	return []hostile{
		{"GET", "key", 405, webhooks.ErrMethod, method(http.MethodGet)},
		{"PUT", "key", 405, webhooks.ErrMethod, method(http.MethodPut)},
		{"DELETE", "key", 405, webhooks.ErrMethod, method(http.MethodDelete)},
		{"form", "key", 415, webhooks.ErrMediaType, form("payload=%7B%7D", "application/x-www-form-urlencoded")},
		{"form of JSON, not escaped", "key", 415, webhooks.ErrMediaType, form(`payload={"event":"user_joins_server"}`, "application/x-www-form-urlencoded")},
		{"form that ends in base64", "key", 415, webhooks.ErrMediaType, form("a=b&c=ZA==", "application/x-www-form-urlencoded")},
		{"form in other case with parameters", "key", 415, webhooks.ErrMediaType, form("a=b", "Application/X-WWW-Form-Urlencoded ; charset=utf-8")},
		{"form without a name", "key", 415, webhooks.ErrMediaType, form("=b", "application/x-www-form-urlencoded")},
		{"form label on nothing", "key", 400, webhooks.ErrMalformed, form("", "application/x-www-form-urlencoded")},
		{"form label on text", "key", 400, webhooks.ErrMalformed, form("hello", "application/x-www-form-urlencoded")},
		{"multipart", "key", 415, webhooks.ErrMediaType, header(set("Content-Type", "multipart/form-data; boundary=x"), sendKey)},
		{"form as the second type", "key", 415, webhooks.ErrMediaType, header(set("Content-Type", "application/json", "multipart/mixed"), sendKey)},
		{"gzip", "key", 415, webhooks.ErrMediaType, header(set("Content-Encoding", "gzip"), sendKey)},
		{"identity, then gzip", "key", 415, webhooks.ErrMediaType, header(set("Content-Encoding", "identity", "gzip"), sendKey)},
		{"oversized", "small", 413, webhooks.ErrTooLarge, keyed(strings.Repeat("x", tooLong))},
		{"oversized without a length", "small", 413, webhooks.ErrTooLarge, func(t *testing.T, base string) *http.Request {
			request := webhookstest.Request(t, base+path, joined, sendKey)
			request.Body, request.GetBody, request.ContentLength = io.NopCloser(io.LimitReader(spaces{}, tooLong)), nil, -1
			return request
		}},
		{"oversized and unverified", "small", 401, webhooks.ErrMissingCredential, body(strings.Repeat("x", tooLong))},
	}
}

// spaces is an endless body.
type spaces struct{}

func (spaces) Read(data []byte) (int, error) {
	for i := range data {
		data[i] = ' '
	}
	return len(data), nil
}

func hostileCredentials() []hostile {
	key, missing, wrong := webhookstest.APIKey, webhooks.ErrMissingCredential, webhooks.ErrWrongCredential
	return []hostile{
		{"no key", "key", 401, missing, header(func(http.Header) {})},
		{"empty key", "key", 401, missing, header(set("X-Api-Key", ""))},
		{"wrong key", "key", 401, wrong, header(set("X-Api-Key", "wrong-key-of-some-length"))},
		{"key cut short", "key", 401, wrong, header(set("X-Api-Key", key[:len(key)-1]))},
		{"key with more behind", "key", 401, wrong, header(set("X-Api-Key", key+"x"))},
		{"key in other case", "key", 401, wrong, header(set("X-Api-Key", strings.ToUpper(key)))},
		{"key listed twice in one header", "key", 401, wrong, header(set("X-Api-Key", key+", "+key))},
		{"key header twice", "key", 401, missing, header(set("X-Api-Key", key, key))},
		{"key header once right, once wrong", "key", 401, missing, header(set("X-Api-Key", key, "wrong"))},
		{"key oversized", "key", 401, missing, header(set("X-Api-Key", strings.Repeat("k", 5000)))},
		{"key in unicode", "key", 401, wrong, header(set("X-Api-Key", "ключ-ключ-ключ-ключ"))},
		{"key in the query instead", "key", 401, missing, query("x-api-key=" + key)},
		{"key as a bearer token instead", "key", 401, missing, header(set("Authorization", "Bearer "+key))},
		{"one of two verifiers", "both", 401, missing, header(func(http.Header) {}, sendKey)},
		{"the other of two verifiers", "both", 401, missing, header(func(http.Header) {}, sendHMAC)},

		{"no URL secret", "url", 401, missing, query("")},
		{"empty URL secret", "url", 401, wrong, query("secret=")},
		{"wrong URL secret", "url", 401, wrong, query("secret=wrong-secret-of-length")},
		{"URL secret twice", "url", 401, missing, query("secret=" + urlKey + "&secret=" + urlKey)},
		{"URL secret twice, once escaped", "url", 401, missing, query("secret=" + urlKey + "&%73ecret=" + urlKey)},
		{"URL secret under another case", "url", 401, missing, query("Secret=" + urlKey)},
		{"URL secret beside a broken escape", "url", 401, missing, query("secret=" + urlKey + "&a=%zz")},
		{"URL secret behind a semicolon", "url", 401, missing, query("a=b;secret=" + urlKey)},
		{"URL secret in a query without bounds", "url", 401, missing, query("secret=" + urlKey + "&a=" + strings.Repeat("x", 9000))},
		{"URL secret in the body", "url", 401, missing, func(t *testing.T, base string) *http.Request {
			return plain(t, base+path, `{"secret":"`+urlKey+`"}`)
		}},
		{"URL secret in a form", "url", 401, missing, func(t *testing.T, base string) *http.Request {
			request := plain(t, base+path, "secret="+urlKey)
			request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			return request
		}},
		{"URL secret in a form that claims to be JSON", "url", 401, missing, func(t *testing.T, base string) *http.Request {
			return plain(t, base+path, "secret="+urlKey)
		}},
		{"URL secret in a header", "url", 401, missing, header(set("Secret", urlKey))},
	}
}

func hostileSignatures() []hostile {
	missing, wrong, timestamp := webhooks.ErrMissingCredential, webhooks.ErrWrongCredential, webhooks.ErrTimestamp
	at := func(at time.Time) webhooks.SenderOption { return webhooks.WithClock(clockAt(at)) }
	hmacHeader := func(change func(http.Header)) func(*testing.T, string) *http.Request { return header(change, sendHMAC) }
	standard := func(change func(http.Header)) func(*testing.T, string) *http.Request {
		return header(change, sendStandard, sendAt)
	}
	alter := func(name string, change func(string) string) func(http.Header) {
		return func(header http.Header) { header.Set(name, change(header.Get(name))) }
	}
	twice := func(name string) func(http.Header) {
		return func(header http.Header) { header.Add(name, header.Get(name)) }
	}
	drop := func(name string) func(http.Header) { return func(header http.Header) { header.Del(name) } }
	repeat := func(times int) func(string) string {
		return func(value string) string { return strings.Repeat("v2,x ", times) + value }
	}
	return []hostile{
		{"no HMAC", "hmac", 401, missing, hmacHeader(drop("X-Signature-256"))},
		{"HMAC twice", "hmac", 401, missing, hmacHeader(twice("X-Signature-256"))},
		{"HMAC without its prefix", "hmac", 401, missing, hmacHeader(alter("X-Signature-256", func(v string) string { return strings.TrimPrefix(v, "sha256=") }))},
		{"HMAC with another prefix", "hmac", 401, missing, hmacHeader(alter("X-Signature-256", func(v string) string { return "sha1=" + v }))},
		{"HMAC that is no hex", "hmac", 401, missing, hmacHeader(set("X-Signature-256", "sha256=zz"))},
		{"HMAC of odd length", "hmac", 401, missing, hmacHeader(alter("X-Signature-256", func(v string) string { return v[:len(v)-1] }))},
		{"HMAC cut short", "hmac", 401, wrong, hmacHeader(alter("X-Signature-256", func(v string) string { return v[:len(v)-2] }))},
		{"HMAC of nothing", "hmac", 401, wrong, hmacHeader(set("X-Signature-256", "sha256="))},
		{"HMAC in base64 where hex is due", "hmac", 401, missing, hmacHeader(set("X-Signature-256", "sha256="+base64.StdEncoding.EncodeToString(make([]byte, 32))))},
		{"HMAC of another body", "hmac", 401, wrong, body(`{"event":"user_visits_server"}`, sendHMAC)},
		{"HMAC by another key", "hmac", 401, wrong, header(func(http.Header) {}, webhooks.WithHMACSignature(hmacFormat, secret.New("some-other-key-entirely")))},

		{"no webhook-id", "standard", 401, missing, standard(drop("Webhook-Id"))},
		{"no webhook-timestamp", "standard", 401, missing, standard(drop("Webhook-Timestamp"))},
		{"no webhook-signature", "standard", 401, missing, standard(drop("Webhook-Signature"))},
		{"webhook-id twice", "standard", 401, missing, standard(twice("Webhook-Id"))},
		{"webhook-timestamp twice", "standard", 401, missing, standard(twice("Webhook-Timestamp"))},
		{"webhook-signature twice", "standard", 401, missing, standard(twice("Webhook-Signature"))},
		{"webhook-id in unicode", "standard", 401, missing, standard(set("Webhook-Id", "msg_é"))},
		{"webhook-id too long", "standard", 401, missing, standard(set("Webhook-Id", strings.Repeat("m", 257)))},
		{"webhook-id altered", "standard", 401, wrong, standard(alter("Webhook-Id", func(v string) string { return v + "x" }))},
		{"webhook-timestamp altered", "standard", 401, wrong, standard(set("Webhook-Timestamp", fmt.Sprint(now.Unix()+1)))},
		{"webhook-timestamp with a leading zero", "standard", 401, wrong, standard(set("Webhook-Timestamp", "0"+fmt.Sprint(now.Unix())))},
		{"stale", "standard", 401, timestamp, header(func(http.Header) {}, sendStandard, at(now.Add(-5*time.Minute-time.Second)))},
		{"from the future", "standard", 401, timestamp, header(func(http.Header) {}, sendStandard, at(now.Add(5*time.Minute+time.Second)))},
		{"ten years ahead", "standard", 401, timestamp, header(func(http.Header) {}, sendStandard, at(now.AddDate(10, 0, 0)))},
		{"from 1970", "standard", 401, timestamp, header(func(http.Header) {}, sendStandard, at(time.Unix(0, 0)))},
		{"timestamp in milliseconds", "standard", 401, timestamp, standard(set("Webhook-Timestamp", fmt.Sprint(now.UnixMilli())))},
		{"timestamp with a sign", "standard", 401, timestamp, standard(set("Webhook-Timestamp", "+"+fmt.Sprint(now.Unix())))},
		{"timestamp with a fraction", "standard", 401, timestamp, standard(set("Webhook-Timestamp", fmt.Sprint(now.Unix())+".5"))},
		{"timestamp as a date", "standard", 401, timestamp, standard(set("Webhook-Timestamp", now.Format(time.RFC3339)))},
		{"timestamp that overflows", "standard", 401, timestamp, standard(set("Webhook-Timestamp", "99999999999999999999"))},
		{"signature of another body", "standard", 401, wrong, body(`{"event":"user_visits_server"}`, sendStandard, sendAt)},
		{"signature of no version", "standard", 401, missing, standard(alter("Webhook-Signature", func(v string) string { return strings.TrimPrefix(v, "v1,") }))},
		{"signature of another version", "standard", 401, missing, standard(alter("Webhook-Signature", func(v string) string { return "v2" + v[2:] }))},
		{"signature in lower case", "standard", 401, webhooks.ErrVerification, standard(alter("Webhook-Signature", strings.ToLower))},
		{"too many signatures", "standard", 401, missing, standard(alter("Webhook-Signature", repeat(16)))},
		{"signature by another secret", "standard", 401, wrong, header(func(http.Header) {}, sendAt,
			webhooks.WithStandardWebhooksSignature(secret.New("whsec_"+base64.StdEncoding.EncodeToString(make([]byte, 32)))))},
		{"no alternative passes", "any", 401, missing, header(func(http.Header) {}, sendKey)},
		{"both alternatives fail", "any", 401, timestamp, header(set("X-Signature-256", "sha256=00"), sendStandard, at(now.AddDate(1, 0, 0)))},
	}
}

func hostileEvents() []hostile {
	malformed := webhooks.ErrMalformed
	return []hostile{
		{"empty body", "key", 400, malformed, keyed("")},
		{"white space", "key", 400, malformed, keyed(" \n")},
		{"text", "key", 400, malformed, keyed("hello")},
		{"cut short", "key", 400, malformed, keyed(string(joined[:len(joined)-1]))},
		{"more behind", "key", 400, malformed, keyed(string(joined) + "{}")},
		{"scalar", "key", 400, malformed, keyed("42")},
		{"null", "key", 400, malformed, keyed("null")},
		{"JSON string", "key", 400, malformed, keyed(`"user_joins_server"`)},
		{"control character", "key", 400, malformed, keyed("{\"event\":\"\x00\"}")},
		{"not a number", "key", 400, malformed, keyed(`{"price":NaN}`)},
		{"comment", "key", 400, malformed, keyed(`{"event":"a"/**/}`)},
		{"nested 100,000 deep", "key", 400, malformed, keyed(strings.Repeat("[", 100_000))},
	}
}

func hostileCiphertext(t *testing.T) []hostile {
	t.Helper()
	key, event := webhookstest.AESKey, string(joined)
	ciphertext, tag := gcmParts(t, key, event)
	iv := fmt.Sprintf("%x", testNonce)
	base64IV := base64.StdEncoding.EncodeToString(testNonce)
	fields := func(iv, data, tag string) string { return fmt.Sprintf(`{"iv":%q,"data":%q,"tag":%q}`, iv, data, tag) }
	flip := func(text string) string { return flipFirst(text) }
	bodies := map[string]string{
		"nothing":                            "",
		"an empty object":                    "{}",
		"an array":                           "[]",
		"a number":                           "42",
		"an empty string":                    `""`,
		"a string that ends early":           `"abc`,
		"plaintext":                          event,
		"plaintext with data":                `{"event":"user_joins_server","data":"hello"}`,
		"the ciphertext changed":             fields(iv, flip(ciphertext), tag),
		"the IV changed":                     fields(flip(iv), ciphertext, tag),
		"the tag changed":                    fields(iv, ciphertext, flip(tag)),
		"the tag of another message":         fields(iv, ciphertext, second(gcmParts(t, key, `{"a":1}`))),
		"ciphertext and tag swapped":         fields(iv, tag, ciphertext),
		"the ciphertext cut short":           fields(iv, ciphertext[2:], tag),
		"the ciphertext of odd length":       fields(iv, ciphertext[1:], tag),
		"the tag cut short":                  fields(iv, ciphertext, tag[:24]),
		"no tag":                             fmt.Sprintf(`{"iv":%q,"data":%q}`, iv, ciphertext),
		"nothing but a tag":                  fmt.Sprintf(`{"iv":%q,"data":%q}`, iv, tag),
		"an empty tag":                       fields(iv, ciphertext, ""),
		"an empty IV":                        fields("", ciphertext, tag),
		"an empty ciphertext":                fields(iv, "", tag),
		"an IV of 11 bytes":                  fields(iv[2:], ciphertext, tag),
		"an IV of 13 bytes":                  fields(iv+"00", ciphertext, tag),
		"an IV that is a number":             fmt.Sprintf(`{"iv":12,"data":%q,"tag":%q}`, ciphertext, tag),
		"an IV that is an object":            fmt.Sprintf(`{"iv":{"type":"Buffer"},"data":%q,"tag":%q}`, ciphertext, tag),
		"a tag that is a number":             fmt.Sprintf(`{"iv":%q,"data":%q,"tag":1}`, iv, ciphertext),
		"a tag without an IV":                fmt.Sprintf(`{"data":%q,"tag":%q}`, iv+ciphertext, tag),
		"a tag beside a blob that has one":   fmt.Sprintf(`{"data":%q,"tag":%q}`, iv+ciphertext+tag, tag),
		"a tag beside colons that have one":  fmt.Sprintf(`{"data":%q,"tag":%q}`, iv+":"+ciphertext+":"+tag, tag),
		"an IV without a ciphertext":         fmt.Sprintf(`{"iv":%q}`, iv),
		"two names for the IV":               fmt.Sprintf(`{"iv":%q,"nonce":%q,"data":%q,"tag":%q}`, iv, iv, ciphertext, tag),
		"two names for the ciphertext":       fmt.Sprintf(`{"iv":%q,"data":%q,"payload":%q,"tag":%q}`, iv, ciphertext, ciphertext, tag),
		"two names for the tag":              fmt.Sprintf(`{"iv":%q,"data":%q,"tag":%q,"authTag":%q}`, iv, ciphertext, tag, tag),
		"two IVs beside a blob":              fmt.Sprintf(`{"iv":%q,"nonce":%q,"data":%q}`, iv, iv, iv+ciphertext+tag),
		"an IV as a number beside a blob":    fmt.Sprintf(`{"iv":1,"data":%q}`, iv+ciphertext+tag),
		"two tags beside an appended one":    fmt.Sprintf(`{"iv":%q,"data":%q,"tag":%q,"authTag":%q}`, iv, ciphertext+tag, tag, tag),
		"a number beside an appended tag":    fmt.Sprintf(`{"iv":%q,"data":%q,"tag":1}`, iv, ciphertext+tag),
		"a duplicate name":                   fmt.Sprintf(`{"iv":%q,"iv":%q,"data":%q,"tag":%q}`, iv, iv, ciphertext, tag),
		"both base64 alphabets":              fields(base64IV, "-_-_"+"+/+/", "AAAA"),
		"a line break in base64":             fields(base64IV, base64.StdEncoding.EncodeToString([]byte(ciphertext))+"\n", base64IV),
		"unicode digits":                     fields("０１２３４５６７８９ab", ciphertext, tag),
		"more behind the object":             fields(iv, ciphertext, tag) + "x",
		"the object cut short":               fields(iv, ciphertext, tag)[:40],
		"colons: four parts":                 iv + ":" + ciphertext + ":" + tag + ":" + tag,
		"colons: an empty part":              iv + "::" + tag,
		"colons: the parts swapped":          ciphertext + ":" + iv + ":" + tag,
		"colons beside an IV":                fmt.Sprintf(`{"iv":%q,"data":%q}`, iv, iv+":"+ciphertext+":"+tag),
		"colons: four parts in a field":      fmt.Sprintf(`{"data":%q}`, iv+":"+ciphertext+":"+tag+":"+tag),
		"colons: a blob behind one":          ":" + iv + ciphertext + tag,
		"colons: an empty text":              ":",
		"a blob shorter than its IV":         "aabb",
		"a blob without a tag":               iv + ciphertext[:32],
		"a blob that is no text":             "\x00\x01\x02\xff",
		"encrypted with another key":         sealGCM(t, otherKey, event),
		"encrypted in CBC":                   sealCBC(t, key, pad(event)),
		"text inside":                        sealGCM(t, key, "hello"),
		"nothing inside but space":           sealGCM(t, key, " "),
		"a scalar inside":                    sealGCM(t, key, "42"),
		"JSON with more behind it inside":    sealGCM(t, key, event+"x"),
		"an envelope inside an envelope":     sealGCM(t, key, `"`+strings.Repeat("00", 40)+`"`),
		"all names, in unicode lookalikes":   fmt.Sprintf(`{"іv":%q,"dаta":%q,"tаg":%q}`, iv, ciphertext, tag),
		"names in another case":              fmt.Sprintf(`{"IV":%q,"Data":%q,"Tag":%q}`, iv, ciphertext, tag),
		"an IV given as null":                fmt.Sprintf(`{"iv":null,"data":%q,"tag":%q}`, ciphertext, tag),
		"a ciphertext that is a JSON object": `{"iv":"` + iv + `","data":{"event":"user_joins_server"}}`,
	}
	var cases []hostile
	for name, text := range bodies {
		cases = append(cases, hostile{"GCM: " + name, "gcm", 401, webhooks.ErrDecryption, body(text)})
	}
	bodies = map[string]string{
		"plaintext":                event,
		"padding of 0":             sealCBC(t, key, event+strings.Repeat("\x00", 16-len(event)%16)),
		"padding of 17":            sealCBC(t, key, strings.Repeat("\x11", 32)),
		"padding of 255":           sealCBC(t, key, strings.Repeat("\xff", 32)),
		"padding not all the same": sealCBC(t, key, `{"event":1}`+"\x05\x04\x05\x05\x05"),
		"no padding at all":        sealCBC(t, key, `{"event":"abcd"}`),
		"nothing but padding":      sealCBC(t, key, strings.Repeat("\x10", 16)),
		"text, padded well":        sealCBC(t, key, pad("hello")),
		"a scalar, padded well":    sealCBC(t, key, pad("42")),
		"JSON cut short":           sealCBC(t, key, pad(event[:len(event)-1])),
		"another key":              sealCBC(t, otherKey, pad(event)),
		"not a whole block":        sealCBC(t, key, pad(event))[:len(sealCBC(t, key, pad(event)))-4] + `"}`,
		"no ciphertext":            fmt.Sprintf(`{"iv":"%x","data":""}`, testIV),
		"the IV changed":           strings.Replace(sealCBC(t, key, pad(event)), fmt.Sprintf("%x", testIV), flip(fmt.Sprintf("%x", testIV)), 1),
		"an IV of 12 bytes":        strings.Replace(sealCBC(t, key, pad(event)), fmt.Sprintf("%x", testIV), iv, 1),
		"a tag":                    strings.Replace(sealCBC(t, key, pad(event)), "}", `,"tag":"`+tag+`"}`, 1),
		"encrypted in GCM":         sealGCM(t, key, event),
	}
	for name, text := range bodies {
		cases = append(cases, hostile{"CBC: " + name, "cbc", 401, webhooks.ErrDecryption, keyed(text)})
	}
	claims := func(encrypted, text string) func(*testing.T, string) *http.Request {
		return func(t *testing.T, base string) *http.Request {
			request := keyed(text)(t, base)
			request.Header.Set("X-Encrypted", encrypted)
			return request
		}
	}
	tampered := fields(iv, ciphertext, flip(tag))
	return append(cases,
		hostile{"plaintext that denies encryption", "gcm", 401, webhooks.ErrDecryption, claims("false", event)},
		hostile{"ciphertext where no key is", "key", 401, webhooks.ErrDecryption, claims(" TRUE ", event)},
		hostile{"plaintext that claims encryption", "mixed", 401, webhooks.ErrDecryption, claims("true", event)},
		hostile{"a broken envelope that denies encryption", "mixed", 401, webhooks.ErrDecryption, claims("false", tampered)},
		hostile{"a broken envelope that says nothing", "mixed", 401, webhooks.ErrDecryption, keyed(tampered)},
		hostile{"text where both are allowed", "mixed", 400, webhooks.ErrMalformed, keyed("hello")},
		hostile{"plaintext without the key", "mixed", 401, webhooks.ErrMissingCredential, body(event)},
	)
}

// flipFirst changes the first character of text that is written in hex.
func flipFirst(text string) string {
	if text[0] == '0' {
		return "1" + text[1:]
	}
	return "0" + text[1:]
}

func second(_, b string) string { return b }

// TestHostile sends everything that must be refused over the wire, and looks
// at status, body and reason.
//
//nolint:tparallel // the group ends before the calls are counted
func TestHostile(t *testing.T) {
	t.Parallel()
	var called atomic.Int64
	receivers, bases := map[string]*webhooks.Receiver{}, map[string]string{}
	for name, options := range hostileReceivers() {
		receivers[name] = newReceiver(t, options...)
		webhooks.On(receivers[name], func(context.Context, webhooks.Event) error {
			called.Add(1)
			return nil
		})
		bases[name], _ = serve(t, receivers[name])
	}
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)

	cases := hostileTransport()
	cases = append(cases, hostileCredentials()...)
	cases = append(cases, hostileSignatures()...)
	cases = append(cases, hostileEvents()...)
	cases = append(cases, hostileCiphertext(t)...)
	require.GreaterOrEqual(t, len(cases), 60)
	t.Run("cases", func(t *testing.T) {
		for _, one := range cases {
			t.Run(one.to+"/"+one.name, func(t *testing.T) {
				t.Parallel()
				status, text := do(t, client, one.make(t, bases[one.to]))
				require.Equal(t, one.status, status)
				require.Equal(t, http.StatusText(one.status)+"\n", text)

				_, err := receivers[one.to].Parse(one.make(t, bases[one.to]))
				require.ErrorIs(t, err, one.reason)
				require.Equal(t, one.status, webhooks.StatusCode(err))
				require.Equal(t, one.status == http.StatusUnauthorized, errors.Is(err, webhooks.ErrVerification))
				if errors.Is(err, webhooks.ErrDecryption) {
					require.Same(t, webhooks.ErrDecryption, err, "one failure, without a word more")
				}
				for _, hidden := range []string{webhookstest.APIKey, webhookstest.AESKey, secondKey, urlKey, hmacKey, webhookstest.StandardSecret} {
					require.NotContains(t, err.Error(), hidden)
				}
			})
		}
	})
	require.Zero(t, called.Load(), "no callback saw any of it")
}

// TestBrokenBody has the connection break while the body arrives.
func TestBrokenBody(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, acceptKey)
	request := webhookstest.Request(t, path, joined, sendKey)
	request.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"event"`), broken{}))
	_, err := receiver.Parse(request)
	require.ErrorIs(t, err, webhooks.ErrMalformed)
	require.NotContains(t, err.Error(), "reset")

	request = webhookstest.Request(t, path, joined, sendKey)
	request.Body, request.ContentLength = io.NopCloser(broken{}), 2<<20
	_, err = receiver.Parse(request)
	require.ErrorIs(t, err, webhooks.ErrTooLarge, "an announced length is refused unread")

	request = webhookstest.Request(t, path, joined, sendKey)
	request.Body = nil
	_, err = receiver.Parse(request)
	require.ErrorIs(t, err, webhooks.ErrMalformed)
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

// TestOuterLimit has a handler in front bound the body more tightly.
func TestOuterLimit(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, acceptKey)
	base, client := serve(t, http.MaxBytesHandler(receiver, 10))
	request := webhookstest.Request(t, base+path, joined, sendKey)
	request.ContentLength = -1
	status, _ := do(t, client, request)
	require.Equal(t, http.StatusRequestEntityTooLarge, status)
}
