package webhooks

import (
	"bytes"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// EnvelopeNames are the field names under which the parts of an encrypted
// envelope are looked for; see [WithEnvelopeNames]. An empty list keeps the
// default one.
type EnvelopeNames struct {
	IV         []string // default iv, nonce
	Ciphertext []string // default data, encryptedData, encrypted, ciphertext, content, payload
	Tag        []string // default tag, authTag, auth_tag
}

// defaultEnvelopeNames are assumed: the layout is not documented.
var defaultEnvelopeNames = EnvelopeNames{
	IV:         []string{"iv", "nonce"},
	Ciphertext: []string{"data", "encryptedData", "encrypted", "ciphertext", "content", "payload"},
	Tag:        []string{"tag", "authTag", "auth_tag"},
}

// sealedText is an envelope whose parts were found and are still text. The IV
// is empty when it leads the ciphertext in one blob, the tag when it trails it.
type sealedText struct {
	iv, ciphertext, tag string
	// foreign says that the object holds fields that no envelope has.
	foreign bool
}

// jsonSpace is what may surround a JSON value.
const jsonSpace = " \t\r\n"

// find locates the parts of an envelope in a body: in a JSON object, in a JSON
// string, or in bare text. Without a ciphertext it is no envelope.
func (n EnvelopeNames) find(body []byte) sealedText {
	body = bytes.Trim(trimBOM(body), jsonSpace)
	text := string(body)
	switch value := jsontext.Value(body); {
	case bytes.HasPrefix(body, []byte("{")):
		fields, _ := readObject(body, maxEnvelopeFields)
		return n.findInObject(fields)
	case bytes.HasPrefix(body, []byte(`"`)) && value.IsValid():
		text, _ = unquote(value)
	}
	return splitText(text)
}

// maxEnvelopeFields bounds the fields of an object that is looked through for
// an envelope: before it is decrypted, nothing proves who sent it.
const maxEnvelopeFields = 64

// findInObject locates the parts among the fields of an object. Two fields
// that could be the same part are ambiguous, and no envelope.
func (n EnvelopeNames) findInObject(fields object) sealedText {
	// Only a string can be ciphertext: {"encrypted":true,"data":"…"} is clear.
	ciphertext, _ := fields.onlyText(n.Ciphertext, true) // "" if absent or ambiguous
	iv, okIV := fields.onlyText(n.IV, false)
	tag, okTag := fields.onlyText(n.Tag, false)
	if !okIV || !okTag || iv == "" && tag != "" {
		return sealedText{}
	}
	found := sealedText{iv: iv, ciphertext: ciphertext, tag: tag}
	if iv == "" {
		found = splitText(ciphertext)
	}
	found.foreign = slices.ContainsFunc(fields, func(one field) bool {
		return !slices.Contains(n.IV, one.name) && !slices.Contains(n.Ciphertext, one.name) && !slices.Contains(n.Tag, one.name)
	})
	return found
}

// onlyText returns the text of the one field that has one of the names, and ""
// if no field has. It is not ok when there are two, when the text is empty,
// or when the field is no string and others are not to be skipped; null counts
// as absent.
func (o object) onlyText(names []string, skipOthers bool) (string, bool) {
	found := ""
	for _, one := range o {
		if !slices.Contains(names, one.name) || one.value.Kind() == jsontext.KindNull {
			continue
		}
		text, isText := unquote(one.value)
		switch {
		case !isText && skipOthers:
			continue
		case text == "" || found != "":
			return "", false
		}
		found = text
	}
	return found, true
}

// splitText reads iv:ciphertext, iv:ciphertext:tag, or one blob.
func splitText(text string) sealedText {
	parts := strings.SplitN(text, ":", 4)
	switch {
	case slices.Contains(parts, "") || len(parts) > 3:
		return sealedText{}
	case len(parts) == 1:
		return sealedText{ciphertext: parts[0]}
	case len(parts) == 2:
		return sealedText{iv: parts[0], ciphertext: parts[1]}
	}
	return sealedText{iv: parts[0], ciphertext: parts[1], tag: parts[2]}
}

// sealed is an envelope in bytes: IV, ciphertext and the tag of GCM, one after
// the other.
type sealed struct {
	data   []byte
	ivSize int
}

func (s sealed) iv() []byte         { return s.data[:s.ivSize] }
func (s sealed) ciphertext() []byte { return s.data[s.ivSize:] }

// decode turns the text of an envelope into bytes, and reports whether the
// lengths fit the mode. Each part is in hex or base64, whichever its length
// fits; a ciphertext that could be either is of the IV's encoding.
func (d *decrypter) decode(text sealedText) (sealed, bool) {
	if text.iv == "" {
		blob, ok := decodePart(text.ciphertext, func(size int) bool { return d.mode.fits(size - d.blobIV) })
		return sealed{blob, d.blobIV}, ok
	}
	iv, ok := decodePart(text.iv, d.mode.fitsIV)
	if !ok {
		return sealed{}, false
	}
	var tag []byte
	if text.tag != "" {
		tag, ok = decodePart(text.tag, func(size int) bool { return size == tagSize })
		if !ok || d.mode == AES256CBC {
			return sealed{}, false
		}
	}
	encodings := []Encoding{Hex, base64Of(text.ciphertext)}
	if len(text.ciphertext) < shortCiphertext && len(text.iv) != 2*len(iv) {
		slices.Reverse(encodings)
	}
	for _, encoding := range encodings {
		if ciphertext, ok := encoding.decode(text.ciphertext); ok && d.mode.fits(len(ciphertext)+len(tag)) {
			return sealed{slices.Concat(iv, ciphertext, tag), len(iv)}, true
		}
	}
	return sealed{}, false
}

// shortCiphertext is the length of text from which on base64 never consists of
// hex digits by chance.
const shortCiphertext = 32

// decodePart decodes hex, or else base64, whose length fits.
func decodePart(text string, fits func(size int) bool) ([]byte, bool) {
	for _, encoding := range []Encoding{Hex, base64Of(text)} {
		if data, ok := encoding.decode(text); ok && fits(len(data)) {
			return data, true
		}
	}
	return nil, false
}
