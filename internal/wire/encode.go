package wire

import (
	stdjson "encoding/json"
	"errors"
	"reflect"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"

	"github.com/returningai/returningai-go/secret"
)

// encodeOptions write as encoding/json does on every version of Go, with two
// differences: strings that are not UTF-8 are refused instead of changed, and
// nothing is escaped for HTML.
var encodeOptions = json.JoinOptions(
	jsonv1.DefaultOptionsV1(),
	jsonv1.ReportErrorsWithLegacySemantics(false), // the others lack the path
	jsontext.AllowInvalidUTF8(false),
	jsontext.AllowDuplicateNames(false),
	jsontext.EscapeForHTML(false),
	jsontext.EscapeForJS(false),
	jsontext.PreserveRawStrings(true),
	json.WithMarshalers(json.JoinMarshalers(
		json.MarshalToFunc(encodeNumber),
		json.MarshalToFunc(encodeSecret),
	)),
)

// Encode writes a request body. A json.Number is a number. A field of type
// secret.Text is written as its text; a secret.Text inside an any, a map or a
// slice is refused, since nobody can have meant to send it as "[redacted]".
func Encode(body any) ([]byte, error) {
	if err := checkSecrets(reflect.ValueOf(body)); err != nil {
		return nil, err
	}
	data, err := json.Marshal(body, encodeOptions)
	if err != nil {
		return nil, describe(err)
	}
	return data, nil
}

// encodeNumber exists because the JSON library takes a json.Number for a
// string on Go 1.26.
func encodeNumber(encoder *jsontext.Encoder, number stdjson.Number) error {
	if number == "" {
		number = "0" // as encoding/json does
	}
	value := jsontext.Value(number)
	if value.Kind() != jsontext.KindNumber || !value.IsValid() {
		return errors.New("a json.Number that is not a number")
	}
	return encoder.WriteValue(value)
}

func encodeSecret(encoder *jsontext.Encoder, text secret.Text) error {
	return encoder.WriteToken(jsontext.String(text.Reveal()))
}

// marshalOptions write a response value again although it arrived with
// duplicate names or invalid UTF-8 inside an unknown field.
var marshalOptions = json.JoinOptions(
	json.Deterministic(true),
	jsontext.AllowDuplicateNames(true),
	jsontext.AllowInvalidUTF8(true),
	jsontext.PreserveRawStrings(true),
)

// Marshal writes a response value, unknown fields included. Secrets are
// redacted.
func Marshal(value any) ([]byte, error) {
	data, err := json.Marshal(value, marshalOptions)
	if err != nil {
		return nil, describe(err)
	}
	return data, nil
}
