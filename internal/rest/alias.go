package rest

import stdjson "encoding/json"

// Alias fills an empty text field of an answer from the first of the given
// members that the answer carries under another spelling of its name. The
// member stays where it is, among the unknown ones.
func Alias(field *string, extra map[string]stdjson.RawMessage, names ...string) {
	for _, name := range names {
		if raw, ok := extra[name]; ok && *field == "" {
			_ = UnmarshalAnswer(raw, field) // an object or a list is no text
		}
	}
}
