package wire

import (
	"bytes"
	"errors"
	"reflect"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
)

// StrictOptions read what is documented. A documented id may be a number or a
// string, so a string field takes both.
var StrictOptions = json.JoinOptions(json.WithUnmarshalers(json.UnmarshalFromFunc(numberAsString)))

func numberAsString(decoder *jsontext.Decoder, out *string) error {
	if decoder.PeekKind() != jsontext.KindNumber {
		return errors.ErrUnsupported
	}
	value, err := decoder.ReadValue()
	*out = string(value)
	return err
}

// Unmarshal reads a response value: strictly, which is fast and nearly always
// enough, and when that fails leniently, into a fresh value. When both fail,
// out is left zero. Fields that are empty are filled from their aliases.
//
// Lenient means: a number or a boolean as a string and the reverse, 1.0 for an
// int, duplicate names, invalid UTF-8, lone surrogates, a byte order mark, and
// a time that cannot be parsed. A field that still does not fit stays zero, and
// its JSON goes to the Extra of the innermost struct that has one.
func Unmarshal(data []byte, out any) error {
	if json.Unmarshal(data, out, StrictOptions) != nil {
		if err := UnmarshalLenient(data, out); err != nil {
			return err
		}
	}
	FillAliases(out)
	return nil
}

// UnmarshalLenient is the second step of [Unmarshal], for a caller that has
// tried [StrictOptions] itself. It does not fill aliases.
func UnmarshalLenient(data []byte, out any) error {
	target := reflect.ValueOf(out).Elem()
	target.SetZero()
	fresh := reflect.New(target.Type())
	if err := readLenient(Trim(data), fresh); err != nil {
		return err
	}
	target.Set(fresh.Elem())
	return nil
}

// UnmarshalForeign reads into a value of the user's own type: as encoding/json
// does, and leniently where that fails.
func UnmarshalForeign(data []byte, out any) error {
	if json.Unmarshal(data, out, jsonv1.DefaultOptionsV1()) != nil {
		if err := readLenient(Trim(data), reflect.ValueOf(out), jsonv1.DefaultOptionsV1()); err != nil {
			return err
		}
	}
	FillAliases(out)
	return nil
}

// Trim removes what may stand around JSON, a byte order mark included.
func Trim(body []byte) []byte {
	return bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
}
