package wire

import (
	stdjson "encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// frame is a struct that is being read and can keep what does not fit.
type frame struct {
	depth int           // of the object in the document
	value reflect.Value // the struct
	odd   bool          // something was put aside
}

// enter notes that the next value is read into target.
func (r *reader) enter(decoder *jsontext.Decoder, target reflect.Value) {
	if extraOf(target).IsValid() {
		r.frames = append(r.frames, frame{depth: decoder.StackDepth(), value: target})
	}
}

// leave removes the frames of objects that have ended before the next value.
func (r *reader) leave(decoder *jsontext.Decoder) {
	depth := decoder.StackDepth()
	for len(r.frames) > 0 && r.frames[len(r.frames)-1].depth >= depth {
		r.frames = r.frames[:len(r.frames)-1]
	}
	if len(r.frames) > 0 {
		r.frames[len(r.frames)-1].forget(decoder, depth)
	}
}

// forget removes an odd value when the same field comes again: the last one
// wins.
func (f *frame) forget(decoder *jsontext.Decoder, depth int) {
	if !f.odd || depth != f.depth+1 {
		return
	}
	if name := decoder.StackPointer().LastToken(); fieldIndex(f.value.Type(), name) != nil {
		extraOf(f.value).SetMapIndex(reflect.ValueOf(name), reflect.Value{})
	}
}

// keep stores a value in the Extra of the struct under its path from there, as
// in "visitCount" or "roles/3". A secret is not stored, since Extra is shown.
func (f *frame) keep(where jsontext.Pointer, value jsontext.Value, secret bool) {
	path := slices.Collect(where.Tokens())[f.depth:]
	if index := fieldIndex(f.value.Type(), path[0]); len(path) == 1 && index != nil {
		if field, err := f.value.FieldByIndexErr(index); err == nil && field.Kind() == reflect.Pointer {
			field.SetZero() // not a pointer to zero
		}
	}
	if secret {
		return
	}
	extra := extraOf(f.value)
	if extra.IsNil() {
		extra.Set(reflect.MakeMap(extra.Type()))
	}
	f.odd = true
	extra.SetMapIndex(reflect.ValueOf(strings.Join(path, "/")), reflect.ValueOf(stdjson.RawMessage(value.Clone())))
}

// extraOf returns the field of a struct that collects unknown fields, or an
// invalid value.
func extraOf(value reflect.Value) reflect.Value {
	index := extraIndex(value.Type())
	if index == nil {
		return reflect.Value{}
	}
	extra, err := value.FieldByIndexErr(index)
	if err != nil || !extra.CanSet() {
		return reflect.Value{}
	}
	return extra
}

// extraIndex returns the index of that field, or nil.
func extraIndex(of reflect.Type) []int {
	if of.Kind() != reflect.Struct {
		return nil
	}
	field, ok := of.FieldByName("Extra")
	if !ok || field.Type != reflect.TypeFor[map[string]stdjson.RawMessage]() || field.Tag.Get("json") != ",embed" {
		return nil
	}
	return field.Index
}

// fieldIndex finds a field by its name in JSON. Types of the user are read
// without regard to case.
func fieldIndex(of reflect.Type, name string) (index []int) {
	for _, field := range reflect.VisibleFields(of) {
		switch found := jsonName(field); {
		case !field.IsExported() || field.Anonymous:
		case found == name:
			return field.Index
		case strings.EqualFold(found, name):
			index = field.Index
		}
	}
	return index
}
