package webhooks

import (
	"bytes"
	standard "encoding/json"
	"errors"
	"io"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// maxDepth bounds how deep objects and arrays nest in what is received.
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

// isEvent reports whether data is JSON that can be an event: an object, or an
// array for senders that batch.
func isEvent(data []byte) bool {
	kind, ok := jsonKind(data)
	return ok && (kind == jsontext.KindBeginObject || kind == jsontext.KindBeginArray)
}

// record is a JSON object by its member names. A nil record has no members.
type record map[string]jsontext.Value

// readRecord reads data as one JSON object as strictly as jsonKind. It returns
// nil when data is anything else.
func readRecord(data []byte) record {
	if kind, ok := jsonKind(data); !ok || kind != jsontext.KindBeginObject {
		return nil
	}
	return splitObject(data)
}

// splitObject returns the members of an object that jsonKind accepted.
func splitObject(object []byte) record {
	decoder := jsontext.NewDecoder(bytes.NewReader(object))
	members := record{}
	_, err := decoder.ReadToken()
	for err == nil && decoder.PeekKind() == jsontext.KindString {
		var name jsontext.Token
		if name, err = decoder.ReadToken(); err == nil {
			key := name.String()
			var value jsontext.Value
			value, err = decoder.ReadValue()
			members[key] = slices.Clone(value)
		}
	}
	return members
}

// unquote returns the text of a JSON string, and whether value is one.
func unquote(value jsontext.Value) (string, bool) {
	if value.Kind() != jsontext.KindString {
		return "", false
	}
	text, err := jsontext.AppendUnquote(nil, value)
	return string(text), err == nil
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
