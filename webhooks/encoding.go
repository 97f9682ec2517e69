package webhooks

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// Encoding is how bytes are written as text.
type Encoding uint8

// The encodings. Hex is the default everywhere; it is written in lower case
// and read in either. All are read strictly: line breaks, stray trailing bits
// and wrong padding are refused.
const (
	Hex          Encoding = iota // 0-9a-f
	Base64                       // standard alphabet, padded
	Base64URL                    // URL alphabet, padded
	RawBase64                    // standard alphabet, not padded
	RawBase64URL                 // URL alphabet, not padded
)

// base64Codecs holds the strict codec of each base64 encoding.
var base64Codecs = map[Encoding]*base64.Encoding{
	Base64:       base64.StdEncoding.Strict(),
	Base64URL:    base64.URLEncoding.Strict(),
	RawBase64:    base64.RawStdEncoding.Strict(),
	RawBase64URL: base64.RawURLEncoding.Strict(),
}

// known reports whether e is one of the constants.
func (e Encoding) known() bool { return e <= RawBase64URL }

// encode writes data as text.
func (e Encoding) encode(data []byte) string {
	if codec, ok := base64Codecs[e]; ok {
		return codec.EncodeToString(data)
	}
	return hex.EncodeToString(data)
}

// decode reads text, and reports whether it is well formed.
func (e Encoding) decode(text string) ([]byte, bool) {
	codec, ok := base64Codecs[e]
	if !ok {
		data, err := hex.DecodeString(text)
		return data, err == nil
	}
	// The standard library skips line breaks inside base64.
	if strings.ContainsAny(text, "\r\n") {
		return nil, false
	}
	data, err := codec.DecodeString(text)
	return data, err == nil
}

// base64Of returns the base64 encoding that text is written in, if it is in
// base64 at all.
func base64Of(text string) Encoding {
	url, padded := strings.ContainsAny(text, "-_"), strings.Contains(text, "=")
	switch {
	case url && padded:
		return Base64URL
	case url:
		return RawBase64URL
	case padded:
		return Base64
	}
	return RawBase64
}
