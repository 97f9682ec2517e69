package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"
)

// fields are those of a JSON object in a body. Read them with required and
// optional, which note problems, and then check.
type fields struct {
	values   map[string]json.RawMessage
	problems []string
}

// fields reads the body, and ends the operation unless it is one JSON object. Unlike struct fields in
// encoding/json, names match exactly.
func (c *Call) fields() *fields {
	mediaType, _, err := mime.ParseMediaType(c.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/json" {
		refused(http.StatusBadRequest, "the content type is not application/json")
	}
	decoder := json.NewDecoder(bytes.NewReader(c.Body))
	read := &fields{}
	if err := decoder.Decode(&read.values); err != nil || read.values == nil {
		refused(http.StatusBadRequest, "the body is not a JSON object")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		refused(http.StatusBadRequest, "something follows the JSON object in the body")
	}
	return read
}

// required reads a field that the contract requires. An empty string counts as
// missing (assumed).
func required[T any](f *fields, name string) T {
	if f.lacks(name) || string(f.values[name]) == `""` {
		f.note("%s is required", name)
		var none T
		return none
	}
	value, _ := optional[T](f, name)
	return value
}

// optional reads a field that may be omitted; null counts as omitted. Read
// nested objects as maps: encoding/json ignores case in the names of structs.
func optional[T any](f *fields, name string) (value T, ok bool) {
	if f.lacks(name) {
		return value, false
	}
	if err := json.Unmarshal(f.values[name], &value); err != nil {
		f.note("%s must be of type %T", name, value)
		return value, false
	}
	return value, true
}

// update stores a field, unless it is omitted.
func update[T any](f *fields, name string, stored *T) {
	if value, ok := optional[T](f, name); ok {
		*stored = value
	}
}

// text reads a required string of at most so many characters.
func (f *fields) text(name string, most int) string {
	text := required[string](f, name)
	if utf8.RuneCountInString(text) > most {
		f.note("%s must be 1 to %d characters long", name, most)
	}
	return text
}

func (f *fields) lacks(name string) bool {
	raw := f.values[name]
	return len(raw) == 0 || string(raw) == "null"
}

func (f *fields) note(format string, arguments ...any) {
	f.problems = append(f.problems, fmt.Sprintf(format, arguments...))
}

// check ends the operation, unless every field was valid.
func (f *fields) check() {
	if len(f.problems) > 0 {
		refused(http.StatusBadRequest, "%s", strings.Join(f.problems, "; "))
	}
}
