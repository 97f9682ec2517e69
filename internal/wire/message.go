package wire

import (
	stdjson "encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Message returns what the body of an error response says. It looks at message,
// meta.message, meta.devMessage, error_description, error, errors, and the
// detail and title of RFC 9457, in any case. A body that is not a JSON object
// is described, never shown.
func Message(body []byte) string {
	body = Trim(body)
	if len(body) == 0 {
		return ""
	}
	if body[0] != '{' {
		return "the response is " + Shape(body) + ", not a JSON object"
	}
	fields, ok := readFields(body)
	if !ok {
		return "the response is malformed JSON"
	}
	return fields.message(maxMessageDepth)
}

// maxMessageDepth bounds how deep a message may stand: every level is read
// again, and a body may be large.
const maxMessageDepth = 5

// Shape names what a body is that is not a JSON object.
func Shape(body []byte) string {
	switch {
	case body[0] == '<':
		return "an HTML page"
	case jsontext.Value(body).IsValid():
		return "another JSON value"
	}
	return "text"
}

// fields are those of an object, by their names in lower case.
type fields map[string]stdjson.RawMessage

func readFields(object []byte) (fields, bool) {
	var named map[string]stdjson.RawMessage
	if len(object) == 0 || object[0] != '{' || Unmarshal(object, &named) != nil {
		return nil, false
	}
	read := make(fields, len(named))
	for name, raw := range named {
		lower := strings.ToLower(name)
		if _, taken := read[lower]; !taken || lower == name { // the usual spelling wins
			read[lower] = raw
		}
	}
	return read, true
}

// messageFields are the names of fields that describe an error, in lower case,
// from the most to the least specific.
var messageFields = []string{
	"message", "msg", "meta", "error_description", "error_message", "errormessage", "error",
	"detail", "errors", "reason", "description", "title",
}

// message returns the text of an object that describes an error.
func (f fields) message(depth int) string {
	for _, name := range messageFields {
		found := text(f[name], depth)
		switch {
		case found != "":
			return found
		case name == "errors":
			found = f.ofFields(depth)
		case name == "meta":
			meta, _ := readFields(f[name])
			found = text(meta["devmessage"], depth)
		}
		if found != "" {
			return found
		}
	}
	return ""
}

// ofFields returns the first text of errors that are listed by field, as in
// {"email": ["is taken"]}.
func (f fields) ofFields(depth int) string {
	byField, _ := readFields(f["errors"])
	for _, name := range slices.Sorted(maps.Keys(byField)) {
		if found := text(byField[name], depth-1); found != "" {
			return found
		}
	}
	return ""
}

// text returns what a field says: a string, the first text of a list, since
// validators return lists, or the message of an object.
func text(raw stdjson.RawMessage, depth int) string {
	if depth <= 0 {
		return ""
	}
	switch jsontext.Value(raw).Kind() {
	case jsontext.KindString, jsontext.KindNumber:
		return strings.TrimSpace(unquote(jsontext.Value(raw)))
	case jsontext.KindBeginObject:
		object, _ := readFields(raw)
		return object.message(depth - 1)
	case jsontext.KindBeginArray:
		var list []stdjson.RawMessage
		_ = Unmarshal(raw, &list)
		for _, element := range list {
			if found := text(element, depth-1); found != "" {
				return found
			}
		}
	}
	return ""
}
