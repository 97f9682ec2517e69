package returningai

import (
	"errors"
	"reflect"

	"github.com/returningai/returningai-go/internal/wire"
)

// Marshal writes response values, and Go values that hold some, as JSON, for
// programs that store them. Unknown fields are written beside the known ones,
// and secrets are redacted.
//
// json v2, and encoding/json from Go 1.27 on, write response values in the same
// way. encoding/json of Go 1.26 writes their Extra as a field of that name, and
// reads only that back.
func Marshal(value any) ([]byte, error) { return wire.Marshal(value) }

// Unmarshal reads what [Marshal] wrote, or JSON of the API that a program
// stored, into the value that out points to. It is as lenient as the client is
// with responses: other spellings of a field, numbers in quotes and the like are
// accepted, and a field that does not fit stays zero, with its JSON in Extra.
func Unmarshal(data []byte, out any) error {
	if pointer := reflect.ValueOf(out); pointer.Kind() != reflect.Pointer || pointer.IsNil() {
		return errors.New("returningai: Unmarshal: out must be a pointer that is not nil")
	}
	return wire.Unmarshal(data, out)
}
