package webhooks

import (
	"bytes"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// EnvelopeNames are the member names under which the parts of an encrypted
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
	// foreign says that the object holds members that belong to no envelope.
	foreign bool
}

// jsonSpace is what may surround a JSON value.
const jsonSpace = " \t\r\n"

// find locates the parts of an envelope in a body: in a JSON object, in a JSON
// string, or in bare text.
func (n EnvelopeNames) find(body []byte) (sealedText, bool) {
	body = bytes.Trim(body, jsonSpace)
	switch {
	case len(body) == 0:
		return sealedText{}, false
	case body[0] == '{':
		return n.findInObject(readRecord(body))
	case body[0] == '"':
		if _, ok := jsonKind(body); !ok {
			return sealedText{}, false
		}
		text, _ := unquote(body)
		return splitText(text)
	}
	return splitText(string(body))
}

// findInObject locates the parts among the members of an object. Two members
// that could be the same part are ambiguous, and no envelope.
func (n EnvelopeNames) findInObject(members record) (sealedText, bool) {
	// Only text can be ciphertext: {"encrypted":true,"data":"…"} is clear.
	ciphertext, ok := members.onlyText(n.Ciphertext, true)
	if !ok || ciphertext == "" {
		return sealedText{}, false
	}
	iv, ok := members.onlyText(n.IV, false)
	if !ok {
		return sealedText{}, false
	}
	tag, ok := members.onlyText(n.Tag, false)
	if !ok {
		return sealedText{}, false
	}
	found := sealedText{iv: iv, ciphertext: ciphertext, tag: tag}
	if iv == "" {
		if tag != "" {
			return sealedText{}, false
		}
		if found, ok = splitText(ciphertext); !ok {
			return sealedText{}, false
		}
	}
	for name := range members {
		if !slices.Contains(n.IV, name) && !slices.Contains(n.Ciphertext, name) && !slices.Contains(n.Tag, name) {
			found.foreign = true
		}
	}
	return found, true
}

// onlyText returns the text of the one member that goes by one of the names,
// and "" when there is none. It is not ok when there are two, when the text is
// empty, or when the member is no text and others are not to be skipped; null
// is no member.
func (r record) onlyText(names []string, skipOthers bool) (string, bool) {
	found := ""
	for _, name := range names {
		value, present := r[name]
		if !present || value.Kind() == jsontext.KindNull {
			continue
		}
		text, isText := unquote(value)
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
func splitText(text string) (sealedText, bool) {
	parts := strings.SplitN(text, ":", 4)
	if slices.Contains(parts, "") {
		return sealedText{}, false
	}
	switch len(parts) {
	case 1:
		return sealedText{ciphertext: parts[0]}, true
	case 2:
		return sealedText{iv: parts[0], ciphertext: parts[1]}, true
	case 3:
		return sealedText{iv: parts[0], ciphertext: parts[1], tag: parts[2]}, true
	}
	return sealedText{}, false
}

// sealed is an envelope in bytes; the tag of GCM is appended to the ciphertext.
type sealed struct{ iv, ciphertext []byte }

// decode turns the text of an envelope into bytes. All parts share one
// encoding: hex when all of them are hex and the lengths fit, else base64.
func (d *decrypter) decode(text sealedText) (sealed, bool) {
	parts := slices.DeleteFunc([]string{text.iv, text.ciphertext, text.tag},
		func(part string) bool { return part == "" })
	for _, encoding := range []Encoding{Hex, base64Of(parts)} {
		if decoded, ok := encoding.decodeAll(parts); ok {
			if envelope, fits := d.assemble(decoded); fits {
				return envelope, true
			}
		}
	}
	return sealed{}, false
}

// assemble puts one part (a blob), two (IV, ciphertext) or three (and tag)
// together, and reports whether the lengths fit the mode.
func (d *decrypter) assemble(parts [][]byte) (sealed, bool) {
	if len(parts) == 1 {
		blob := parts[0]
		if len(blob) < d.blobIV {
			return sealed{}, false
		}
		parts = [][]byte{blob[:d.blobIV], blob[d.blobIV:]}
	}
	envelope := sealed{iv: parts[0], ciphertext: parts[1]}
	if len(parts) == 3 {
		if d.mode == AES256CBC || len(parts[2]) != tagSize {
			return sealed{}, false
		}
		envelope.ciphertext = slices.Concat(parts[1], parts[2])
	}
	return envelope, d.mode.fits(len(envelope.iv), len(envelope.ciphertext))
}
