package webhooks

import (
	"bytes"
	standard "encoding/json"
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
var lenient = jsontext.AllowInvalidUTF8(true)

var lenientNames = jsontext.AllowDuplicateNames(true)

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
	for i := len(o) - 1; i >= 0; i-- {
		if o[i].name == name {
			return o[i].value
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

// readObject reads one JSON object of at most limit fields, and nothing else.
func readObject(data []byte, limit int) (object, bool) {
	decoder := newDecoder(data)
	if decoder.PeekKind() != jsontext.KindBeginObject {
		return nil, false
	}
	_, err := decoder.ReadToken()
	fields := make(object, 0, min(limit, 16))
	for err == nil && decoder.PeekKind() == jsontext.KindString && len(fields) < limit {
		var next field
		var name jsontext.Value
		if name, err = decoder.ReadValue(); err == nil {
			next.name, _ = unquote(name)
			next.value, err = decoder.ReadValue()
			fields = append(fields, next)
		}
	}
	if err != nil {
		return nil, false
	}
	end, err := decoder.ReadToken()
	return fields, err == nil && end.Kind() == jsontext.KindEndObject && atEnd(decoder)
}

// newDecoder decodes data in place: a bytes.Buffer is not copied.
func newDecoder(data []byte) *jsontext.Decoder {
	return jsontext.NewDecoder(bytes.NewBuffer(data), lenient, lenientNames)
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

// maxDepth bounds how deep objects and arrays nest in what the sender reads.
const maxDepth = 64

// jsonKind reads the whole of data as one JSON value and returns its kind. It
// refuses duplicate names, invalid UTF-8, anything after the value and nesting
// beyond maxDepth.
func jsonKind(data []byte) (jsontext.Kind, bool) {
	decoder := jsontext.NewDecoder(bytes.NewReader(data))
	kind := decoder.PeekKind()
	for {
		if _, err := decoder.ReadToken(); err != nil || decoder.StackDepth() > maxDepth {
			return kind, false
		}
		if decoder.StackDepth() == 0 {
			break
		}
	}
	_, err := decoder.ReadToken()
	return kind, errors.Is(err, io.EOF)
}

// record is a JSON object by its field names, for the sender.
type record map[string]jsontext.Value

// readRecord reads data as one JSON object as strictly as jsonKind. It returns
// nil when data is anything else.
func readRecord(data []byte) record {
	if kind, ok := jsonKind(data); !ok || kind != jsontext.KindBeginObject {
		return nil
	}
	fields, _ := readObject(data, len(data))
	members := record{}
	for _, one := range fields {
		members[one.name] = slices.Clone(one.value)
	}
	return members
}

// writeOptions make the same value the same JSON with every version of Go: a
// [standard.Number] is a number in all of them.
var writeOptions = json.JoinOptions(
	json.Deterministic(true),
	json.WithMarshalers(json.MarshalToFunc(func(encoder *jsontext.Encoder, number standard.Number) error {
		return encoder.WriteValue(jsontext.Value(number))
	})),
)

// marshal writes JSON. Its errors may quote the value.
func marshal(value any) ([]byte, error) { return json.Marshal(value, writeOptions) }

func (r record) text(names ...string) string { return r.fields().text(names...) }

func (r record) number(name string) standard.Number { return r.fields().number(name) }

func (r record) object(names ...string) record {
	found := record{}
	for _, one := range r.fields().object(names...) {
		found[one.name] = one.value
	}
	return found
}

func (r record) fields() object {
	var fields object
	for name, value := range r {
		fields = append(fields, field{name, value})
	}
	return fields
}
