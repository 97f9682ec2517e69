package rest

import (
	stdjson "encoding/json"

	"github.com/returningai/returningai-go/internal/wire"
	"github.com/returningai/returningai-go/secret"
)

// SecretFields hides the unknown fields of a response that holds secrets: a
// secret under another name would be among them.
func SecretFields(fields map[string]stdjson.RawMessage) map[string]secret.Text {
	if len(fields) == 0 {
		return nil
	}
	hidden := make(map[string]secret.Text, len(fields))
	for name, raw := range fields {
		hidden[name] = secret.New(string(raw))
	}
	return hidden
}

// ReadInto returns a check for [DoResponse] that reads the data into out, a
// value of the user's: as encoding/json does, or else leniently. Null leaves
// out as it is. A *json.RawMessage gets the data unchanged.
func ReadInto(out any) func(*Result[stdjson.RawMessage]) *Failure {
	return func(result *Result[stdjson.RawMessage]) *Failure {
		if raw, ok := out.(*stdjson.RawMessage); ok {
			*raw = *result.Data
			return nil
		}
		if isAbsent(*result.Data) {
			return nil
		}
		if err := wire.UnmarshalForeign(*result.Data, out); err != nil {
			return &Failure{Unreadable: true, Message: "the data does not fit the value that it is read into", Cause: err}
		}
		return nil
	}
}

// ValueRule is the rule that a zero value.Value in the parameters of a call
// breaks.
const ValueRule = "must be a value that JSON can hold: a string in UTF-8, a finite number, a time up to the year 9999, a boolean, null or other JSON"
