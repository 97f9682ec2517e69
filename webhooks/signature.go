package webhooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/returningai/returningai-go/secret"
)

// HMAC describes an HMAC-SHA256: what is signed, and where the signature
// travels. With Header alone it is a signature of the raw body.
//
// A signature of the body alone says nothing about time: a delivery that
// somebody recorded can be replayed at any later time. See [SlackHMAC] and
// [StripeHMAC] for signatures that cover a time.
type HMAC struct {
	Header   string   // carries the signature, such as X-Signature-256
	Prefix   string   // stands before the signature, such as "sha256="
	Encoding Encoding // of the signature; [Hex] is the zero value

	// Signed is what is signed, such as "v0:{timestamp}:{body}". {timestamp},
	// {id} and {body} are placeholders; the default is "{body}".
	Signed string
	// TimestampHeader carries the time in Unix seconds, which is checked
	// against [WithTolerance].
	TimestampHeader string
	// IDHeader carries the id of the delivery.
	IDHeader string

	// Separator splits Header into elements, such as "," for "t=1,v1=a,v1=b".
	// Every element that starts with Prefix is a signature, and one of them
	// must match.
	Separator string
	// TimestampPrefix marks the element of Header that is the time, such as
	// "t=", instead of a TimestampHeader.
	TimestampPrefix string
}

// SlackHMAC returns the format that Slack signs its requests in.
func SlackHMAC() HMAC {
	return HMAC{
		Header: "X-Slack-Signature", Prefix: "v0=",
		Signed: "v0:{timestamp}:{body}", TimestampHeader: "X-Slack-Request-Timestamp",
	}
}

// StripeHMAC returns the format that Stripe signs its webhooks in.
func StripeHMAC() HMAC {
	return HMAC{
		Header: "Stripe-Signature", Prefix: "v1=", Separator: ",",
		Signed: "{timestamp}.{body}", TimestampPrefix: "t=",
	}
}

// The headers of Standard Webhooks (https://www.standardwebhooks.com).
const (
	headerID        = "Webhook-Id"
	headerTimestamp = "Webhook-Timestamp"
	headerSignature = "Webhook-Signature"
)

// standardFormat is what Standard Webhooks signs, under headers that start
// with prefix.
func standardFormat(prefix string) HMAC {
	return HMAC{
		Header: prefix + "Signature", Prefix: signatureVersion, Separator: " ", Encoding: Base64,
		Signed: "{id}.{timestamp}.{body}", TimestampHeader: prefix + "Timestamp", IDHeader: prefix + "Id",
	}
}

// The placeholders of [HMAC.Signed].
const (
	placeholderID        = "{id}"
	placeholderTimestamp = "{timestamp}"
	placeholderBody      = "{body}"
)

// parts splits Signed into literal text and placeholders.
func (h HMAC) parts() []string {
	rest := h.Signed
	if rest == "" {
		return []string{placeholderBody}
	}
	var parts []string
	for rest != "" {
		end := strings.IndexByte(rest, '}') + 1
		if start := strings.IndexByte(rest, '{'); start > 0 {
			end = start
		} else if end == 0 {
			end = len(rest)
		}
		parts, rest = append(parts, rest[:end]), rest[end:]
	}
	return parts
}

func (h HMAC) check() error {
	var problems []error
	refuse := func(wrong bool, text string) {
		if wrong {
			problems = append(problems, errors.New(text))
		}
	}
	problems = append(problems, checkHeaderName(h.Header))
	for _, name := range []string{h.TimestampHeader, h.IDHeader} {
		if name != "" {
			problems = append(problems, checkHeaderName(name))
		}
	}
	refuse(!h.Encoding.known(), "encoding: not one of the constants")
	refuse(strings.ContainsAny(h.Prefix+h.TimestampPrefix+h.Separator, "\r\n\x00"), "prefix or separator: holds a line break or a NUL")
	parts := h.parts()
	count := func(placeholder string) (times int) {
		for _, part := range parts {
			if part == placeholder {
				times++
			}
		}
		return times
	}
	timed, named := h.TimestampHeader != "" || h.TimestampPrefix != "", h.IDHeader != ""
	refuse(count(placeholderBody) != 1, "Signed: must hold {body} once")
	refuse(timed != (count(placeholderTimestamp) == 1), "Signed: must hold {timestamp} once, if and only if TimestampHeader or TimestampPrefix is set")
	refuse(named != (count(placeholderID) == 1), "Signed: must hold {id} once, if and only if IDHeader is set")
	refuse(slices.ContainsFunc(parts, func(part string) bool {
		return strings.ContainsAny(part, "{}") && part != placeholderID && part != placeholderTimestamp && part != placeholderBody
	}), "Signed: placeholders are {id}, {timestamp} and {body}")
	refuse(h.TimestampHeader != "" && h.TimestampPrefix != "", "TimestampPrefix: the timestamp has a header")
	refuse(h.TimestampPrefix != "" && h.Separator == "", "TimestampPrefix: needs a Separator")
	refuse(h.Separator != "" && (strings.Contains(h.Prefix+h.TimestampPrefix, h.Separator) ||
		strings.HasPrefix(h.TimestampPrefix, h.Prefix)), "Separator: needs a Prefix that tells signatures from other elements")
	return errors.Join(problems...)
}

// digest returns the HMAC of a delivery; parts is what the method parts
// returned.
func digest(key []byte, parts []string, id, timestamp string, body []byte) []byte {
	hash := hmac.New(sha256.New, key)
	for _, part := range parts {
		switch part { // writing to a hash never fails
		case placeholderBody:
			hash.Write(body)
		case placeholderID:
			hash.Write([]byte(id))
		case placeholderTimestamp:
			hash.Write([]byte(timestamp))
		default:
			hash.Write([]byte(part))
		}
	}
	return hash.Sum(nil)
}

// sign adds a signature to the header of a request. A signature that is there
// already stays, if the format has a separator.
func (h HMAC) sign(header http.Header, key []byte, id string, now time.Time, body []byte) {
	timestamp := strconv.FormatInt(now.Unix(), 10)
	value := h.Prefix + h.Encoding.encode(digest(key, h.parts(), id, timestamp, body))
	if earlier := header.Get(h.Header); earlier != "" { // only where there is a Separator
		value = earlier + h.Separator + value
	} else if h.TimestampPrefix != "" {
		value = h.TimestampPrefix + timestamp + h.Separator + value
	}
	header.Set(h.Header, value)
	if h.IDHeader != "" {
		header.Set(h.IDHeader, id)
	}
	if h.TimestampHeader != "" {
		header.Set(h.TimestampHeader, timestamp)
	}
}

// headers returns the names of the headers, as net/http spells them.
func (h HMAC) headers() []string {
	var names []string
	for _, name := range []string{h.Header, h.IDHeader, h.TimestampHeader} {
		if name != "" {
			names = append(names, http.CanonicalHeaderKey(name))
		}
	}
	return names
}

// addSignature adds a signature to what is sent. Two in one header need a
// separator.
func (c *senderConfig) addSignature(format HMAC, key []byte) error {
	for _, earlier := range c.signatures {
		shared := slices.ContainsFunc(format.headers(), func(name string) bool { return slices.Contains(earlier.headers(), name) })
		if shared && (earlier != format || format.Separator == "") {
			return errors.New("header: carries another signature already")
		}
	}
	c.signatures = append(c.signatures, format)
	c.sign = append(c.sign, func(header http.Header, id string, now time.Time, body []byte) {
		format.sign(header, key, id, now, body)
	})
	return nil
}

// checkSignatures refuses signatures that would overwrite other headers, and
// ids that nothing carries.
func (c *senderConfig) checkSignatures() error {
	carriesID := false
	for _, format := range c.signatures {
		carriesID = carriesID || format.IDHeader != ""
		for _, name := range format.headers() {
			if c.headers.Get(name) != "" {
				return errors.New("WithHMACSignature: the header " + name + " carries a key or another value already")
			}
		}
	}
	if c.ownID && !carriesID {
		return errors.New("WithMessageID: there is no signature that carries an id, such as WithStandardWebhooksSignature")
	}
	return nil
}

// WithHMAC accepts deliveries that are signed with one of the secrets: the raw
// body as received, before any decryption, and what else the format says. Each
// header of the format must occur exactly once.
//
// Unless the format covers a timestamp, replays pass; and unless it covers an
// id, duplicates are not recognised.
func WithHMAC(format HMAC, secrets ...Secret) Verifier {
	return signed("WithHMAC", "HMAC", format, secrets, func(text secret.Text) ([]byte, error) {
		return []byte(text.Reveal()), checkShared(text)
	})
}

// WithStandardWebhooks accepts deliveries that are signed as Standard Webhooks
// describes: webhook-id, webhook-timestamp and webhook-signature (v1,
// HMAC-SHA256), each exactly once. A secret is base64 text of at least 24
// bytes, with or without its whsec_ prefix.
//
// It is the strongest of the verifiers: the time is checked against
// [WithTolerance] in both directions, and the id makes duplicates
// recognisable.
func WithStandardWebhooks(secrets ...Secret) Verifier {
	return signed("WithStandardWebhooks", "Standard Webhooks", standardFormat("Webhook-"), secrets, standardKey)
}

// WithSvix is [WithStandardWebhooks] for senders that use the header names of
// Svix: svix-id, svix-timestamp and svix-signature.
func WithSvix(secrets ...Secret) Verifier {
	return signed("WithSvix", "Svix", standardFormat("Svix-"), secrets, standardKey)
}

func signed(option, name string, format HMAC, secrets []Secret, keyOf func(secret.Text) ([]byte, error)) Verifier {
	return Verifier{option, func() (verifier, error) {
		built := signatureVerifier{called: name, format: format, parts: format.parts()}
		accepted, err := named(secrets, func(text secret.Text) error {
			key, err := keyOf(text)
			built.keys = append(built.keys, macKey{key: key})
			return err
		})
		if err := errors.Join(format.check(), err); err != nil {
			return nil, err
		}
		for i, one := range accepted {
			built.keys[i].id = one.ID
		}
		return built, nil
	}}
}

// macKey is a key that signatures are made with.
type macKey struct {
	id  string
	key []byte
}

type signatureVerifier struct {
	called string
	format HMAC
	parts  []string
	keys   []macKey
}

func (s signatureVerifier) name() string   { return s.called }
func (s signatureVerifier) proves() proves { return proves{body: true, id: s.format.IDHeader != ""} }

// signatureHeaders are the values of the headers of a delivery.
type signatureHeaders struct {
	id, timestamp string
	signatures    [][]byte
}

func (s signatureVerifier) checkHead(in *inbound) (bodyCheck, error) {
	found, ok := s.read(in)
	if !ok {
		return nil, refuse(ErrMissingCredential, s.called)
	}
	var at time.Time
	if s.format.TimestampHeader != "" || s.format.TimestampPrefix != "" {
		if at, ok = parseTimestamp(found.timestamp); !ok || !in.recent(at) {
			return nil, refuse(ErrTimestamp, s.called)
		}
	}
	return func(body []byte) (proof, error) {
		for _, one := range s.keys {
			expected := digest(one.key, s.parts, found.id, found.timestamp, body)
			if slices.ContainsFunc(found.signatures, func(signature []byte) bool { return hmac.Equal(signature, expected) }) {
				return proof{matches: []Match{{s.called, one.id}}, id: found.id, idFrom: s.called, timestamp: at}, nil
			}
		}
		return proof{}, refuse(ErrWrongCredential, s.called)
	}, nil
}

// read finds the signatures, the time and the id. Elements that are neither a
// signature nor the time are skipped: they belong to other versions.
func (s signatureVerifier) read(in *inbound) (signatureHeaders, bool) {
	var found signatureHeaders
	header, ok := in.single(s.format.Header)
	if s.format.IDHeader != "" && ok {
		found.id, ok = in.single(s.format.IDHeader)
		ok = ok && isDeliveryID(found.id)
	}
	if s.format.TimestampHeader != "" && ok {
		found.timestamp, ok = in.single(s.format.TimestampHeader)
	}
	if !ok {
		return found, false
	}
	elements := []string{header}
	if s.format.Separator != "" {
		elements = strings.SplitN(header, s.format.Separator, maxElements+1)
	}
	times := 0
	for _, element := range elements {
		element = strings.Trim(element, " ")
		if text, ok := strings.CutPrefix(element, s.format.TimestampPrefix); ok && s.format.TimestampPrefix != "" {
			found.timestamp = text
			times++
		} else if text, ok := strings.CutPrefix(element, s.format.Prefix); ok {
			if signature, ok := s.format.Encoding.decode(text); ok {
				found.signatures = append(found.signatures, signature)
			}
		}
	}
	return found, len(found.signatures) > 0 && times <= 1 && len(elements) <= maxElements
}

const (
	standardPrefix        = "whsec_"
	signatureVersion      = "v1,"
	minStandardSecretSize = 24  // bytes, as the specification has it
	maxDeliveryID         = 256 // bytes
	maxElements           = 16  // in the header of the signature: rotation needs two
)

// standardKey returns the bytes of a Standard Webhooks secret.
func standardKey(text secret.Text) ([]byte, error) {
	if text.IsZero() {
		return nil, errors.New("is empty")
	}
	// The error of the decoder could quote the secret.
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(text.Reveal(), standardPrefix))
	if err != nil || strings.ContainsAny(text.Reveal(), "\r\n") {
		return nil, errors.New("is not whsec_ and padded base64, or padded base64 alone")
	}
	if len(key) < minStandardSecretSize {
		return nil, fmt.Errorf("is shorter than %d bytes", minStandardSecretSize)
	}
	return key, nil
}

// isDeliveryID reports whether id is printable ASCII of a bounded length.
func isDeliveryID(id string) bool {
	return len(id) <= maxDeliveryID && !strings.ContainsFunc(id, func(letter rune) bool {
		return letter <= ' ' || letter > '~'
	})
}

// parseTimestamp reads Unix seconds written in digits alone.
func parseTimestamp(text string) (time.Time, bool) {
	seconds, err := strconv.ParseUint(text, 10, 63)
	return time.Unix(int64(seconds), 0), err == nil
}
