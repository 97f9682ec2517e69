package webhooks

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// This file is the only one that reads JSON. A verified delivery is read as
// leniently as a response: half a surrogate pair, invalid UTF-8, a byte order
// mark and duplicate names are accepted.
var lenient = json.JoinOptions(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))

// field is one field of a JSON object. Its value aliases the JSON it came from.
type field struct {
	name  string
	value jsontext.Value
}

// object holds the fields of a JSON object in their order. A nil object has
// none.
type object []field

// get returns the value of a field: the last one if the name occurs twice.
func (o object) get(name string) jsontext.Value {
	for _, one := range slices.Backward(o) {
		if one.name == name {
			return one.value
		}
	}
	return nil
}

// content is the JSON of an event, tokenised once.
type content struct {
	raw    []byte
	fields object // nil for an array
}

// readContent reads JSON that can be an event: an object, or an array for
// senders that batch.
func readContent(data []byte) (content, bool) {
	data = trimBOM(data)
	fields, isObject := readObject(data, len(data))
	if isObject {
		return content{data, fields}, true
	}
	decoder := newDecoder(data)
	if decoder.PeekKind() != jsontext.KindBeginArray {
		return content{}, false
	}
	_, err := decoder.ReadValue()
	return content{raw: data}, err == nil && atEnd(decoder)
}

// readObject reads one JSON object of at most limit fields, and nothing else. It
// returns no fields of anything else.
func readObject(data []byte, limit int) (object, bool) {
	decoder := newDecoder(data)
	_, err := decoder.ReadToken()
	fields := make(object, 0, min(limit, 16))
	for err == nil && decoder.PeekKind() == jsontext.KindString && len(fields) < limit {
		var next field
		name, _ := decoder.ReadValue() // after an error, the value fails with it too
		next.name, _ = unquote(name)
		next.value, err = decoder.ReadValue()
		fields = append(fields, next)
	}
	// After an error, or one field too many, it is not the end of the object that follows.
	if end, _ := decoder.ReadToken(); end.Kind() != jsontext.KindEndObject || !atEnd(decoder) {
		return nil, false
	}
	return fields, true
}

// newDecoder decodes data in place: a bytes.Buffer is not copied.
func newDecoder(data []byte) *jsontext.Decoder {
	return jsontext.NewDecoder(bytes.NewBuffer(data), lenient)
}

// atEnd reports whether nothing but white space follows.
func atEnd(decoder *jsontext.Decoder) bool {
	_, err := decoder.ReadToken()
	return errors.Is(err, io.EOF)
}

// trimBOM removes a byte order mark.
func trimBOM(data []byte) []byte { return bytes.TrimPrefix(data, []byte("\ufeff")) }

// unquote returns the text of a JSON string, and whether value is one. What is
// not UTF-8 becomes U+FFFD.
func unquote(value jsontext.Value) (string, bool) {
	if value.Kind() != jsontext.KindString {
		return "", false
	}
	inner := value[1 : len(value)-1]
	if bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner), true
	}
	// The error reports no more than that something was replaced.
	text, _ := jsontext.AppendUnquote(nil, value)
	return string(text), true
}

// isNumber reports whether text is a JSON number.
func isNumber(text string) bool {
	value := jsontext.Value(text)
	return value.Kind() == jsontext.KindNumber && value.IsValid()
}
