package rest

import (
	"encoding"
	stdjson "encoding/json"
	"errors"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// The API's answers are not always what its pages say: legacy answers carry
// numbers and booleans as strings, ids come as numbers, times come empty.
// This file is the one place that says what is forgiven.

// unmarshalLenient reads data into what target points to.
func unmarshalLenient(data []byte, target reflect.Value, options ...json.Options) error {
	var reader lenientReader
	err := json.Unmarshal(data, target.Interface(), json.JoinOptions(options...),
		jsontext.AllowDuplicateNames(true), // the last one wins
		jsontext.AllowInvalidUTF8(true),    // replaced by U+FFFD
		json.WithUnmarshalers(json.UnmarshalFromFunc(reader.read)),
	)
	if err == nil {
		reader.keepUnread(target.Elem())
	}
	return err
}

// lenientReader reads scalars of the wrong JSON type, and remembers the texts
// that it could not read at all.
type lenientReader struct {
	unread []unreadText
}

type unreadText struct {
	where jsontext.Pointer
	raw   stdjson.RawMessage
}

// read is called for every value that is read. It passes whatever needs no
// leniency on to the JSON library by answering errors.ErrUnsupported.
func (r *lenientReader) read(decoder *jsontext.Decoder, out any) error {
	kind := decoder.PeekKind()
	if !scalar(kind) {
		return errors.ErrUnsupported
	}
	_, isTime := out.(*time.Time)
	if _, own := out.(stdjson.Unmarshaler); own && !isTime {
		return errors.ErrUnsupported // it knows best, and is lenient by itself
	}
	target := reflect.ValueOf(out).Elem()
	if text, ok := out.(encoding.TextUnmarshaler); ok {
		return r.readText(decoder, target, text)
	}
	convert := conversion(kind, target.Kind())
	if convert == nil {
		return errors.ErrUnsupported
	}
	value, err := decoder.ReadValue()
	if err != nil {
		return err
	}
	if !convert(target, strings.TrimSpace(unquote(value))) {
		return &jsonError{what: "JSON " + kindName(kind) + " does not fit a Go " + target.Type().String()}
	}
	return nil
}

func scalar(kind jsontext.Kind) bool {
	return kind == '"' || kind == '0' || kind == 't' || kind == 'f'
}

// readText reads a type with a text form, such as a time. One that cannot be
// read stays zero, and its raw text is kept.
func (r *lenientReader) readText(decoder *jsontext.Decoder, target reflect.Value, text encoding.TextUnmarshaler) error {
	value, err := decoder.ReadValue()
	if err != nil {
		return err
	}
	if text.UnmarshalText([]byte(unquote(value))) == nil {
		return nil
	}
	target.SetZero()
	r.unread = append(r.unread, unreadText{decoder.StackPointer(), stdjson.RawMessage(value.Clone())})
	return nil
}

// keepUnread stores the texts that could not be read among the unknown
// members of the answer, under their own names.
func (r *lenientReader) keepUnread(answer reflect.Value) {
	if len(r.unread) == 0 || answer.Kind() != reflect.Struct {
		return
	}
	field, ok := answer.Type().FieldByName("Extra")
	if !ok || len(field.Index) != 1 { // a struct that is not of this module
		return
	}
	member := answer.FieldByIndex(field.Index)
	extra, ok := reflect.TypeAssert[map[string]stdjson.RawMessage](member)
	if !ok {
		return
	}
	if extra == nil {
		extra = make(map[string]stdjson.RawMessage)
		member.Set(reflect.ValueOf(extra))
	}
	for _, text := range r.unread {
		if text.where.Parent() == "" { // a member of this very object
			extra[text.where.LastToken()] = text.raw
		}
	}
}

func unquote(value jsontext.Value) string {
	if value.Kind() != '"' {
		return string(value)
	}
	// The decoder has checked the value; what is no UTF-8 becomes U+FFFD.
	text, _ := jsontext.AppendUnquote(nil, value)
	return string(text)
}

// conversion returns how a JSON scalar of one kind is read into a Go value of
// another, or nil when there is nothing to convert.
func conversion(from jsontext.Kind, to reflect.Kind) func(reflect.Value, string) bool {
	switch to {
	case reflect.String:
		if from != '"' {
			return setString
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if from == '"' || from == '0' {
			return setInt
		}
	case reflect.Float32, reflect.Float64:
		if from == '"' {
			return setFloat
		}
	case reflect.Bool:
		if from == '"' || from == '0' {
			return setBool
		}
	}
	return nil
}

func setString(target reflect.Value, text string) bool {
	target.SetString(text)
	return true
}

// setInt reads an integer, also one written as 1.0 or 1e3. An empty text is 0.
func setInt(target reflect.Value, text string) bool {
	integer, err := strconv.ParseInt(text, 10, 64)
	if text != "" && err != nil {
		// From 2^53 on a float no longer tells which integer was meant.
		float, err := strconv.ParseFloat(text, 64)
		if err != nil || float != math.Trunc(float) || math.Abs(float) >= 1<<53 {
			return false
		}
		integer = int64(float)
	}
	if target.OverflowInt(integer) {
		return false
	}
	target.SetInt(integer)
	return true
}

func setFloat(target reflect.Value, text string) bool {
	if text == "" {
		target.SetFloat(0)
		return true
	}
	float, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(float) || target.OverflowFloat(float) {
		return false
	}
	target.SetFloat(float)
	return true
}

func setBool(target reflect.Value, text string) bool {
	switch strings.ToLower(text) {
	case "true", "1":
		target.SetBool(true)
	case "false", "0", "":
		target.SetBool(false)
	default:
		return false
	}
	return true
}
