package webhooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/returningai/returningai-go/secret"
)

// HMAC says where and how an HMAC-SHA256 of the raw body travels.
type HMAC struct {
	Header   string   // such as X-Signature-256
	Prefix   string   // what stands before the signature, such as "sha256="
	Encoding Encoding // of the signature; [Hex] is the zero value
}

func (h HMAC) check() error {
	var problems []error
	if err := checkHeaderName(h.Header); err != nil {
		problems = append(problems, err)
	}
	if !h.Encoding.known() {
		problems = append(problems, errors.New("encoding: not one of the constants"))
	}
	if strings.ContainsAny(h.Prefix, "\r\n\x00") {
		problems = append(problems, errors.New("prefix: holds a line break or a NUL"))
	}
	return errors.Join(problems...)
}

// value returns the header value that signs body.
func (h HMAC) value(key secret.Text, body []byte) string {
	return h.Prefix + h.Encoding.encode(mac([]byte(key.Reveal()), body))
}

// mac returns the HMAC-SHA256 of the parts, one after the other.
func mac(key []byte, parts ...[]byte) []byte {
	hash := hmac.New(sha256.New, key)
	for _, part := range parts {
		hash.Write(part) // never fails
	}
	return hash.Sum(nil)
}

// WithHMAC accepts deliveries whose raw body, as received and before any
// decryption, is signed with one of the secrets. The header must be there
// exactly once.
func WithHMAC(format HMAC, secrets ...Secret) Verifier {
	return Verifier{"WithHMAC", func() (verifier, error) {
		accepted, err := named(secrets, checkShared)
		if err := errors.Join(format.check(), err); err != nil {
			return nil, err
		}
		keys := make([]macKey, len(accepted))
		for i, one := range accepted {
			keys[i] = macKey{one.ID, []byte(one.Text.Reveal())}
		}
		return hmacVerifier{format: format, keys: keys}, nil
	}}
}

// macKey is a key that signatures are made with.
type macKey struct {
	id  string
	key []byte
}

type hmacVerifier struct {
	format HMAC
	keys   []macKey
}

func (h hmacVerifier) name() string { return "HMAC" }

func (h hmacVerifier) verify(in *inbound) (proof, error) {
	value, ok := in.single(h.format.Header)
	if !ok {
		return refuse(ErrMissingCredential, h.name())
	}
	text, ok := strings.CutPrefix(value, h.format.Prefix)
	if !ok {
		return refuse(ErrMissingCredential, h.name())
	}
	signature, ok := h.format.Encoding.decode(text)
	if !ok {
		return refuse(ErrMissingCredential, h.name())
	}
	for _, one := range h.keys {
		if hmac.Equal(signature, mac(one.key, in.body)) {
			return matched(h.name(), one.id), nil
		}
	}
	return refuse(ErrWrongCredential, h.name())
}

// The headers of Standard Webhooks (https://www.standardwebhooks.com).
const (
	headerID        = "Webhook-Id"
	headerTimestamp = "Webhook-Timestamp"
	headerSignature = "Webhook-Signature"
)

const (
	standardPrefix        = "whsec_"
	signatureVersion      = "v1,"
	minStandardSecretSize = 24  // bytes, as the specification has it
	maxDeliveryID         = 256 // bytes
	maxSignatures         = 16  // in one header: rotation needs two
	maxTimestampDigits    = 12
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

// standardSignature returns the v1 signature of a delivery, without the
// version.
func standardSignature(key []byte, id, timestamp string, body []byte) string {
	sum := mac(key, []byte(id), []byte("."), []byte(timestamp), []byte("."), body)
	return base64.StdEncoding.EncodeToString(sum)
}

// WithStandardWebhooks accepts deliveries that are signed as Standard Webhooks
// describes: webhook-id, webhook-timestamp and webhook-signature (v1,
// HMAC-SHA256), each exactly once. A secret is base64 text of at least 24
// bytes, with or without its whsec_ prefix.
//
// It is the strongest of the verifiers: the time is checked against
// [WithTolerance] in both directions, and the id makes deliveries
// deduplicable.
func WithStandardWebhooks(secrets ...Secret) Verifier {
	return Verifier{"WithStandardWebhooks", func() (verifier, error) {
		var keys standardVerifier
		accepted, err := named(secrets, func(text secret.Text) error {
			key, err := standardKey(text)
			keys = append(keys, macKey{key: key})
			return err
		})
		if err != nil {
			return nil, err
		}
		for i, one := range accepted {
			keys[i].id = one.ID
		}
		return keys, nil
	}}
}

type standardVerifier []macKey

func (s standardVerifier) name() string { return "Standard Webhooks" }

func (s standardVerifier) verify(in *inbound) (proof, error) {
	id, hasID := in.single(headerID)
	timestamp, hasTimestamp := in.single(headerTimestamp)
	header, hasSignature := in.single(headerSignature)
	if !hasID || !hasTimestamp || !hasSignature || !isDeliveryID(id) {
		return refuse(ErrMissingCredential, s.name())
	}
	signatures := strings.Split(header, " ")
	if len(signatures) > maxSignatures {
		return refuse(ErrMissingCredential, s.name())
	}
	signed, ok := parseTimestamp(timestamp)
	if !ok || signed.Before(in.now.Add(-in.tolerance)) || signed.After(in.now.Add(in.tolerance)) {
		return refuse(ErrTimestamp, s.name())
	}
	for _, one := range s {
		expected := []byte(signatureVersion + standardSignature(one.key, id, timestamp, in.body))
		// Signatures of other versions stand beside v1 and are passed over.
		if slices.ContainsFunc(signatures, func(signature string) bool {
			return hmac.Equal([]byte(signature), expected)
		}) {
			found := matched(s.name(), one.id)
			found.id, found.timestamp = id, signed
			return found, nil
		}
	}
	return refuse(ErrWrongCredential, s.name())
}

// isDeliveryID reports whether id is printable ASCII of a bounded length.
func isDeliveryID(id string) bool {
	return len(id) <= maxDeliveryID && !strings.ContainsFunc(id, func(letter rune) bool {
		return letter <= ' ' || letter > '~'
	})
}

// parseTimestamp reads Unix seconds written in digits alone.
func parseTimestamp(text string) (time.Time, bool) {
	if len(text) > maxTimestampDigits || strings.Trim(text, "0123456789") != "" {
		return time.Time{}, false
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	return time.Unix(seconds, 0), err == nil
}
