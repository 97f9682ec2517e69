package delivery

import (
	"bytes"
	"cmp"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/returningai/returningai-go/returningaitest/internal/community"
)

type unprintable = community.Unprintable // embedded without an exported field

// EncryptionMode is a mode of AES-256.
type EncryptionMode string

// The modes that webhooks can be encrypted in (documented).
const (
	AES256CBC EncryptionMode = "AES-256-CBC" // IV of 16 bytes, PKCS#7 padding
	AES256GCM EncryptionMode = "AES-256-GCM" // IV of 12 or 16 bytes, tag of 16
)

// TextEncoding encodes bytes as a string. A [*base64.Encoding] is one, such as
// [base64.StdEncoding].
type TextEncoding interface {
	EncodeToString(data []byte) string
}

type hexEncoding struct{}

func (hexEncoding) EncodeToString(data []byte) string { return hex.EncodeToString(data) }

// Encryption is how the bodies of webhooks are encrypted. The zero value does
// not encrypt. It does not print.
//
// Modes and the length of the key are documented; that the key's bytes are the
// AES key, and every layout, are assumed.
type Encryption struct {
	unprintable

	Mode EncryptionMode
	Key  string // exactly 32 bytes

	// Envelope is the body to send, with {iv}, {ciphertext} and, for
	// [AES256GCM], {tag} in place of these parts. One pair of braces joins parts
	// before they are encoded: {ciphertext+tag}, {iv+ciphertext+tag}. The
	// default is {"iv":"{iv}","data":"{ciphertext}"} with ,"tag":"{tag}" for
	// AES256GCM. An incoming hook reads every layout.
	Envelope string

	// Encoding of every part that is sent; nil is hexadecimal in lower case.
	// An incoming hook reads hex and any base64.
	Encoding TextEncoding

	// IVSize is the length of the IV of [AES256GCM]: 12 bytes unless it is 16.
	// An incoming hook needs to know it only where the IV leads one blob.
	IVSize int
}

const (
	aesKeySize = 32
	gcmTagSize = 16
)

// envelopeParts finds the parts in an envelope.
var envelopeParts = regexp.MustCompile(`\{(iv|ciphertext|tag)(\+(iv|ciphertext|tag))*\}`)

// Completed returns the encryption with its defaults, or an error.
func (e Encryption) Completed() (Encryption, error) {
	needs := []string{"ciphertext", "iv"}
	envelope := `{"iv":"{iv}","data":"{ciphertext}"}`
	switch e.Mode {
	case "":
		if e.Key != "" {
			return e, errors.New("Encryption: Mode is empty, and Key is not")
		}
		return e, nil
	case AES256CBC:
		e.IVSize = cmp.Or(e.IVSize, aes.BlockSize)
	case AES256GCM:
		needs = append(needs, "tag")
		envelope = `{"iv":"{iv}","data":"{ciphertext}","tag":"{tag}"}`
		e.IVSize = cmp.Or(e.IVSize, 12)
	default:
		return e, errors.New("Encryption: Mode is unknown")
	}
	e.Envelope = cmp.Or(e.Envelope, envelope)
	if e.Encoding == nil {
		e.Encoding = hexEncoding{}
	}
	var has []string
	for _, parts := range envelopeParts.FindAllString(e.Envelope, -1) {
		has = append(has, strings.Split(strings.Trim(parts, "{}"), "+")...)
	}
	slices.Sort(has)
	switch {
	case len(e.Key) != aesKeySize:
		return e, fmt.Errorf("Encryption: Key has %d bytes, not %d", len(e.Key), aesKeySize)
	case e.IVSize != aes.BlockSize && (e.IVSize != 12 || e.Mode == AES256CBC):
		return e, fmt.Errorf("Encryption: IVSize %d does not fit %s", e.IVSize, e.Mode)
	case !slices.Equal(has, needs):
		return e, fmt.Errorf("Encryption: Envelope has the parts %q, %s needs %q", has, e.Mode, needs)
	}
	return e, nil
}

// Seal encrypts and fills the envelope. The content type is text unless the
// body is JSON.
func (e Encryption) Seal(plaintext []byte) (body []byte, contentType string) {
	parts := map[string][]byte{"iv": make([]byte, e.IVSize)}
	_, _ = rand.Read(parts["iv"]) // never fails
	if e.Mode == AES256CBC {
		padding := aes.BlockSize - len(plaintext)%aes.BlockSize
		padded := append(bytes.Clone(plaintext), bytes.Repeat([]byte{byte(padding)}, padding)...)
		cipher.NewCBCEncrypter(e.block(), parts["iv"]).CryptBlocks(padded, padded)
		parts["ciphertext"] = padded
	} else {
		sealed := e.gcm(e.IVSize).Seal(nil, parts["iv"], plaintext, nil)
		end := len(sealed) - gcmTagSize
		parts["ciphertext"], parts["tag"] = sealed[:end], sealed[end:]
	}
	body = envelopeParts.ReplaceAllFunc([]byte(e.Envelope), func(names []byte) []byte {
		var joined []byte
		for name := range strings.SplitSeq(strings.Trim(string(names), "{}"), "+") {
			joined = append(joined, parts[name]...)
		}
		return []byte(e.Encoding.EncodeToString(joined))
	})
	if json.Valid(body) {
		return body, "application/json"
	}
	return body, "text/plain; charset=utf-8"
}

func (e Encryption) block() cipher.Block {
	block, err := aes.NewCipher([]byte(e.Key))
	if err != nil {
		panic("returningaitest: a checked key: " + err.Error())
	}
	return block
}

func (e Encryption) gcm(ivSize int) cipher.AEAD {
	aead, err := cipher.NewGCMWithNonceSize(e.block(), ivSize)
	if err != nil {
		panic("returningaitest: a checked IV size: " + err.Error())
	}
	return aead
}

// Open finds the parts in a body of any layout and decrypts.
func (e Encryption) Open(body []byte) (plaintext []byte, ok bool) {
	texts := envelopeTexts(body)
	for _, decode := range []func(string) ([]byte, error){hex.DecodeString, decodeAnyBase64} {
		var parts [][]byte
		for _, text := range texts {
			if part, err := decode(text); err == nil && len(part) > 0 {
				parts = append(parts, part)
			}
		}
		if len(parts) != len(texts) {
			continue
		}
		if iv, ciphertext, fits := e.split(parts); fits {
			return e.decrypt(iv, ciphertext)
		}
	}
	return nil, false
}

// envelopeTexts returns IV, ciphertext and tag, each of them or joined.
func envelopeTexts(body []byte) []string {
	var object map[string]any
	var text string
	switch {
	case json.Unmarshal(body, &object) == nil:
		text = oneText(object, "data", "encryptedData", "encrypted", "ciphertext", "content", "payload")
		if iv := oneText(object, "iv", "nonce"); iv != "" {
			texts := []string{iv, text}
			if tag := oneText(object, "tag", "authTag", "auth_tag"); tag != "" {
				texts = append(texts, tag)
			}
			return texts
		}
	case json.Unmarshal(body, &text) == nil:
	default:
		text = string(bytes.TrimSpace(body))
	}
	return strings.Split(text, ":")
}

// oneText returns the first field that is a string.
func oneText(object map[string]any, names ...string) string {
	for _, name := range names {
		if text, ok := object[name].(string); ok && text != "" {
			return text
		}
	}
	return ""
}

// decodeAnyBase64 reads either alphabet, padded or not.
func decodeAnyBase64(text string) ([]byte, error) {
	standard := strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
	return base64.RawStdEncoding.DecodeString(standard)
}

// split returns the IV, and the ciphertext followed by the tag, if the lengths
// of the parts fit the mode.
func (e Encryption) split(parts [][]byte) (iv, ciphertext []byte, fits bool) {
	if len(parts) == 1 && len(parts[0]) > e.IVSize {
		parts = [][]byte{parts[0][:e.IVSize], parts[0][e.IVSize:]}
	}
	if len(parts) == 3 && len(parts[2]) == gcmTagSize && e.Mode == AES256GCM {
		parts = [][]byte{parts[0], slices.Concat(parts[1], parts[2])}
	}
	if len(parts) != 2 {
		return nil, nil, false
	}
	iv, ciphertext = parts[0], parts[1]
	if e.Mode == AES256CBC {
		return iv, ciphertext, len(iv) == aes.BlockSize && len(ciphertext)%aes.BlockSize == 0
	}
	return iv, ciphertext, (len(iv) == 12 || len(iv) == 16) && len(ciphertext) >= gcmTagSize
}

func (e Encryption) decrypt(iv, ciphertext []byte) (plaintext []byte, ok bool) {
	if e.Mode == AES256GCM {
		plaintext, err := e.gcm(len(iv)).Open(nil, iv, ciphertext, nil)
		return plaintext, err == nil
	}
	padded := make([]byte, len(ciphertext))
	cipher.NewCBCDecrypter(e.block(), iv).CryptBlocks(padded, ciphertext)
	padding := int(padded[len(padded)-1])
	end := len(padded) - padding
	if padding < 1 || padding > aes.BlockSize || !bytes.Equal(padded[end:], bytes.Repeat([]byte{byte(padding)}, padding)) {
		return nil, false
	}
	return padded[:end], true
}
