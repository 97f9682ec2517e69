package rest

import (
	stdjson "encoding/json"
	"strconv"
)

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

// AliasUserID fills an empty id of a user from the member "id", which on some
// answers is the object id and on others the short number.
func AliasUserID(objectID, shortID *string, extra map[string]stdjson.RawMessage) {
	var id string
	Alias(&id, extra, "id")
	if _, err := strconv.Atoi(id); err == nil { // 24 digits are no short number
		Alias(shortID, extra, "id")
	} else {
		Alias(objectID, extra, "id")
	}
}
