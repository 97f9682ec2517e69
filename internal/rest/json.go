package rest

import (
	stdjson "encoding/json"
	"errors"
	"fmt"
	"reflect"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
)

// EncodeBody writes a request body: strictly, so that text that is no UTF-8
// is refused here instead of being changed on its way. JSON that is handed in
// as such keeps its spelling; only the white space between its tokens goes.
func EncodeBody(body any) ([]byte, error) {
	data, err := json.Marshal(body, json.Deterministic(true), jsontext.PreserveRawStrings(true))
	if err != nil {
		return nil, describe(err)
	}
	return data, nil
}

// answerOptions let an answer be written again although it came in with
// duplicate names or invalid UTF-8 somewhere inside an unknown member, whose
// strings keep the escapes they came with.
var answerOptions = json.JoinOptions(
	json.Deterministic(true),
	jsontext.AllowDuplicateNames(true),
	jsontext.AllowInvalidUTF8(true),
	jsontext.PreserveRawStrings(true),
)

// MarshalAnswer writes an answer value. The MarshalJSON method of every
// answer type calls it on a method-free twin of itself, so that encoding/json
// and its successor write the same, unknown members included.
func MarshalAnswer(answer any) ([]byte, error) { return json.Marshal(answer, answerOptions) }

// UnmarshalAnswer reads an answer value: strictly first, since that is
// cheapest and nearly always enough, and only when that fails leniently, into
// a fresh value. The UnmarshalJSON method of every answer type calls it on a
// method-free twin of itself. When both fail, out is left zero.
//
// The method costs a second scan of each answer value (bench/decode_test.go
// measures it). Without it, a program that keeps answers through encoding/json
// on Go 1.26, which does not know the tag of Extra, would lose their unknown
// members when it reads them back.
func UnmarshalAnswer(data []byte, out any) error {
	if json.Unmarshal(data, out) == nil {
		return nil
	}
	target := reflect.ValueOf(out).Elem()
	target.SetZero()
	fresh := reflect.New(target.Type())
	if err := unmarshalLenient(data, fresh); err != nil {
		return describe(err)
	}
	target.Set(fresh.Elem())
	return nil
}

// EncodeForeign writes a body of a type that is not this module's: as
// encoding/json does, but strictly, see [EncodeBody].
func EncodeForeign(body any) (stdjson.RawMessage, error) {
	data, err := json.Marshal(body, jsonv1.DefaultOptionsV1(),
		jsontext.AllowInvalidUTF8(false), jsontext.EscapeForHTML(false), jsontext.EscapeForJS(false))
	if err != nil {
		return nil, describe(err)
	}
	return data, nil
}

// UnmarshalForeign reads data into a value of a type that is not this
// module's: as encoding/json does, and leniently where that fails.
func UnmarshalForeign(data []byte, out any) error {
	if json.Unmarshal(data, out, jsonv1.DefaultOptionsV1()) == nil {
		return nil
	}
	if err := unmarshalLenient(data, reflect.ValueOf(out), jsonv1.DefaultOptionsV1()); err != nil {
		return describe(err)
	}
	return nil
}

// describe turns an error of the JSON library into one that says where and
// what kind, and never shows a value.
func describe(err error) error {
	if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		// Our own methods and unmarshalers describe themselves already.
		if inner, ok := errors.AsType[*jsonError](semantic.Err); ok {
			return &jsonError{where: string(semantic.JSONPointer) + inner.where, what: inner.what}
		}
		return &jsonError{where: string(semantic.JSONPointer), what: fmt.Sprintf("JSON %s does not fit a Go %v", kindName(semantic.JSONKind), semantic.GoType)}
	}
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return &jsonError{where: string(syntactic.JSONPointer), what: fmt.Sprintf("invalid JSON at byte %d", syntactic.ByteOffset)}
	}
	return err
}

func kindName(kind jsontext.Kind) string {
	if kind == 0 {
		return "value"
	}
	return kind.String()
}

type jsonError struct{ where, what string }

func (e *jsonError) Error() string {
	if e.where == "" {
		return e.what
	}
	return e.what + " (at " + e.where + ")"
}
