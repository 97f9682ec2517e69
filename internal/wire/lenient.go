package wire

import (
	"encoding"
	stdjson "encoding/json"
	"errors"
	"reflect"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// readers keeps lenient readers: the JSON library remembers for each how to
// read every type, and learning that takes longer than reading.
var readers = sync.Pool{New: func() any {
	r := &reader{}
	r.options = json.JoinOptions(
		jsontext.AllowDuplicateNames(true), // the last one wins
		jsontext.AllowInvalidUTF8(true),    // replaced by U+FFFD
		json.WithUnmarshalers(json.UnmarshalFromFunc(r.read)),
	)
	return r
}}

// readLenient reads data into what target points to.
func readLenient(data []byte, target reflect.Value, options ...json.Options) error {
	r, _ := readers.Get().(*reader)
	defer func() {
		clear(r.frames) // they point into the value that was read
		r.frames = r.frames[:0]
		readers.Put(r)
	}()
	if err := json.Unmarshal(data, target.Interface(), json.JoinOptions(options...), r.options); err != nil {
		return describe(err)
	}
	return nil
}

// reader reads scalars of the wrong JSON type, and puts aside the values that
// it cannot read at all.
type reader struct {
	options json.Options
	frames  []frame
}

// read is called for every value. It returns errors.ErrUnsupported for what the
// JSON library reads without help.
func (r *reader) read(decoder *jsontext.Decoder, out any) error {
	target := reflect.ValueOf(out).Elem()
	r.leave(decoder)
	kind := decoder.PeekKind()
	if kind == jsontext.KindNull || kind == jsontext.KindInvalid {
		return errors.ErrUnsupported
	}
	switch own := out.(type) {
	case *time.Time:
		return r.readText(decoder, target, own)
	case stdjson.Unmarshaler:
		return r.take(decoder, target, false, func(value jsontext.Value) bool { return own.UnmarshalJSON(value) == nil })
	case json.UnmarshalerFrom:
		return errors.ErrUnsupported
	case encoding.TextUnmarshaler:
		return r.readText(decoder, target, own)
	}
	switch wanted := containerKind(target); {
	case wanted == kind, wanted == anyKind:
		r.enter(decoder, target)
		return errors.ErrUnsupported
	case wanted != scalarKind || !isScalar(kind):
		return r.take(decoder, target, false, func(jsontext.Value) bool { return false })
	}
	return r.take(decoder, target, false, func(value jsontext.Value) bool {
		return setScalar(target, kind, unquote(value))
	})
}

// take reads the next value with set. When set refuses it, the target stays
// zero and the value is put aside. Where nothing can keep it, that is an error,
// unless the value is optional.
func (r *reader) take(decoder *jsontext.Decoder, target reflect.Value, optional bool, set func(jsontext.Value) bool) error {
	value, err := decoder.ReadValue()
	if err != nil || set(value) {
		return err
	}
	what := "JSON " + kindName(value.Kind()) + " does not fit a Go " + target.Type().String()
	target.SetZero()
	if len(r.frames) == 0 && !optional {
		return &jsonError{what: what}
	}
	if len(r.frames) > 0 {
		r.frames[len(r.frames)-1].keep(decoder.StackPointer(), value, target.Type() == secretType)
	}
	return nil
}

// readText reads a type with a text form, such as a time. A text that it cannot
// read is no reason to fail, even where there is no Extra to keep it.
func (r *reader) readText(decoder *jsontext.Decoder, target reflect.Value, text encoding.TextUnmarshaler) error {
	scalar := isScalar(decoder.PeekKind())
	return r.take(decoder, target, scalar, func(value jsontext.Value) bool {
		return scalar && text.UnmarshalText([]byte(unquote(value))) == nil
	})
}

// Kinds of JSON that a Go value is read from, in addition to those of jsontext.
const (
	scalarKind jsontext.Kind = 's'
	anyKind    jsontext.Kind = '*'
)

func containerKind(target reflect.Value) jsontext.Kind {
	switch target.Kind() {
	case reflect.Struct, reflect.Map:
		return jsontext.KindBeginObject
	case reflect.Slice, reflect.Array:
		if target.Type().Elem().Kind() == reflect.Uint8 {
			return anyKind // in base64, or an array of numbers
		}
		return jsontext.KindBeginArray
	case reflect.Pointer, reflect.Interface:
		return anyKind
	}
	return scalarKind
}

func isScalar(kind jsontext.Kind) bool {
	return kind == jsontext.KindString || kind == jsontext.KindNumber || kind == jsontext.KindTrue || kind == jsontext.KindFalse
}

func unquote(value jsontext.Value) string {
	if value.Kind() != jsontext.KindString {
		return string(value)
	}
	// The decoder has checked the value. Invalid UTF-8 becomes U+FFFD.
	text, _ := jsontext.AppendUnquote(nil, value)
	return string(text)
}
