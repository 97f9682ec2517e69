package delivery

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// SignatureMethod is a way to sign the bodies of webhooks.
type SignatureMethod string

// The methods. That Returning.AI signs at all is assumed.
const (
	// HMACSHA256 puts an HMAC-SHA256 of the body into a header.
	HMACSHA256 SignatureMethod = "HMAC-SHA256"
	// StandardWebhooks signs id, time and body as
	// https://www.standardwebhooks.com describes, version v1.
	StandardWebhooks SignatureMethod = "Standard Webhooks"
)

// Signature is how the bodies of webhooks are signed, after encryption. The
// zero value does not sign. It does not print.
type Signature struct {
	unprintable

	Method SignatureMethod
	Secret string // for StandardWebhooks padded base64, with or without whsec_

	// For [HMACSHA256] only.
	Header   string       // "X-Signature-256" when empty
	Prefix   string       // precedes the signature, such as "sha256="
	Encoding TextEncoding // nil is hexadecimal in lower case
}

// signatureTolerance is how far the time of a signature may be from now, as
// Standard Webhooks recommends.
const signatureTolerance = 5 * time.Minute

// Completed returns the signature with its defaults, or an error.
func (g Signature) Completed() (Signature, error) {
	switch {
	case g.Method == "" && g.Secret == "":
		return g, nil
	case g.Method == "":
		return g, errors.New("Signature: Method is empty, and Secret is not")
	case g.Method != HMACSHA256 && g.Method != StandardWebhooks:
		return g, errors.New("Signature: Method is unknown")
	case g.Secret == "":
		return g, errors.New("Signature: Secret is empty")
	}
	if _, err := g.key(); err != nil {
		return g, errors.New("Signature: Secret is not whsec_ and padded base64")
	}
	g.Header = cmp.Or(g.Header, "X-Signature-256")
	if g.Encoding == nil {
		g.Encoding = hexEncoding{}
	}
	return g, nil
}

// key returns the bytes that sign.
func (g Signature) key() ([]byte, error) {
	if g.Method == StandardWebhooks {
		return base64.StdEncoding.DecodeString(strings.TrimPrefix(g.Secret, "whsec_"))
	}
	return []byte(g.Secret), nil
}

// sign adds the signature of a body to the header.
func (g Signature) sign(header http.Header, id string, at time.Time, body []byte) {
	switch g.Method {
	case HMACSHA256:
		header.Set(g.Header, g.Prefix+g.Encoding.EncodeToString(g.sum(body)))
	case StandardWebhooks:
		timestamp := strconv.FormatInt(at.Unix(), 10)
		header.Set("webhook-id", id)
		header.Set("webhook-timestamp", timestamp)
		signed := g.sum([]byte(id + "." + timestamp + "." + string(body)))
		header.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(signed))
	}
}

func (g Signature) sum(data []byte) []byte {
	key, _ := g.key() // Completed has checked it
	sum := hmac.New(sha256.New, key)
	_, _ = sum.Write(data) // never fails
	return sum.Sum(nil)
}

// Verify signs the body again and compares.
func (g Signature) Verify(header http.Header, now time.Time, body []byte) bool {
	expected, name := http.Header{}, g.Header
	if g.Method == StandardWebhooks {
		name = "webhook-signature"
		seconds, err := strconv.ParseInt(header.Get("webhook-timestamp"), 10, 64)
		at := time.Unix(seconds, 0)
		if err != nil || now.Sub(at).Abs() > signatureTolerance || header.Get("webhook-id") == "" {
			return false
		}
		g.sign(expected, header.Get("webhook-id"), at, body)
	} else {
		g.sign(expected, "", now, body)
	}
	given := header.Values(name)
	return len(given) == 1 && hmac.Equal([]byte(given[0]), []byte(expected.Get(name)))
}
