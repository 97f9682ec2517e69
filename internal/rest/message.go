package rest

import (
	"bytes"
	stdjson "encoding/json"
)

// Message returns what the body of an error answer says, looking where the
// API is known or assumed to say it: message, meta.message, meta.devMessage,
// then error, as a text or as an object with a message. A body that is no
// JSON object is described, never shown.
func Message(body []byte) string {
	body = trim(body)
	if len(body) == 0 {
		return ""
	}
	if body[0] != '{' {
		return "the answer is " + shape(body) + ", not a JSON object"
	}
	var read envelope[None]
	if UnmarshalAnswer(body, &read) != nil {
		return "the answer is malformed JSON"
	}
	return read.text()
}

// trim takes off what may stand around JSON, a byte order mark included.
func trim(body []byte) []byte {
	return bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
}

// errorText reads a member named error: a text, or an object with a message.
func errorText(raw stdjson.RawMessage) string {
	if text := plainText(raw); text != "" {
		return text
	}
	var object struct {
		Message stdjson.RawMessage `json:"message"`
	}
	_ = UnmarshalAnswer(raw, &object) // not an object: no text
	return plainText(object.Message)
}

// plainText returns a JSON string's text; validators answer lists of strings,
// of which the first is taken.
func plainText(raw stdjson.RawMessage) string {
	var text string
	if len(raw) == 0 || raw[0] == 't' || raw[0] == 'f' {
		return ""
	}
	if raw[0] == '[' {
		var list []stdjson.RawMessage
		if UnmarshalAnswer(raw, &list) != nil || len(list) == 0 || len(list[0]) == 0 || list[0][0] == '[' {
			return ""
		}
		return plainText(list[0])
	}
	_ = UnmarshalAnswer(raw, &text) // an object has no plain text
	return text
}
