package wire

import (
	stdjson "encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// oddValue is a JSON value that does not fit the Go value it belongs to.
type oddValue struct {
	where    jsontext.Pointer
	raw      stdjson.RawMessage
	what     string // for the error, where nothing can keep the value
	optional bool   // reading goes on where nothing can keep the value
	secret   bool   // it must not be shown: the field stays zero, and that is all
}

// keep stores the value in the Extra of the innermost struct around it that has
// one, under its path from there, as in "visitCount" or "roles/3". It reports
// whether there is such a struct.
func (o oddValue) keep(root reflect.Value) bool {
	var extra, field reflect.Value
	var path []string
	tokens := slices.Collect(o.where.Tokens())
	for i, place := 0, root; i < len(tokens); i++ {
		for place.Kind() == reflect.Pointer {
			place = place.Elem()
		}
		if found := extraOf(place); found.IsValid() {
			extra, path = found, tokens[i:]
		}
		if place = child(place, tokens[i]); !place.IsValid() {
			break
		}
		field = place
	}
	if !extra.IsValid() {
		return false
	}
	if len(path) == 1 && field.CanSet() {
		field.SetZero() // a pointer to zero is not zero
	}
	if !o.secret {
		if extra.IsNil() {
			extra.Set(reflect.MakeMap(extra.Type()))
		}
		extra.SetMapIndex(reflect.ValueOf(strings.Join(path, "/")), reflect.ValueOf(o.raw))
	}
	return true
}

// extraOf returns the field of a struct that collects unknown fields, or an
// invalid value.
func extraOf(value reflect.Value) reflect.Value {
	if value.Kind() != reflect.Struct {
		return reflect.Value{}
	}
	field, ok := value.Type().FieldByName("Extra")
	if !ok || field.Type != reflect.TypeFor[map[string]stdjson.RawMessage]() || field.Tag.Get("json") != ",embed" {
		return reflect.Value{}
	}
	extra, err := value.FieldByIndexErr(field.Index)
	if err != nil || !extra.CanSet() {
		return reflect.Value{}
	}
	return extra
}

// child returns the part of a value that a token of a JSON pointer names, or an
// invalid value.
func child(value reflect.Value, token string) reflect.Value {
	switch value.Kind() {
	case reflect.Struct:
		if index := fieldIndex(value.Type(), token); index != nil {
			found, _ := value.FieldByIndexErr(index)
			return found
		}
	case reflect.Slice, reflect.Array:
		if i, err := strconv.Atoi(token); err == nil && i < value.Len() {
			return value.Index(i)
		}
	}
	return reflect.Value{}
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
