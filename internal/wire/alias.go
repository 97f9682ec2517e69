package wire

import (
	stdjson "encoding/json"
	"reflect"
	"strconv"
	"strings"
	"sync"
)

// FillAliases fills the empty fields of a response value, or of values inside
// slices, maps and structs, from the unknown fields that their alias tags name.
// The unknown fields stay. A tag may have a condition, since a user's "id" is
// an object id in some responses and the user number in others:
// `alias:"id,objectid"` or `alias:"id,number"`.
func FillAliases(out any) {
	value := reflect.ValueOf(out)
	if fill := fillerOf(value.Type()); fill != nil {
		fill(value)
	}
}

// filler fills aliases inside a value of one type.
type filler func(reflect.Value)

var fillers sync.Map // reflect.Type -> filler, nil where no field has an alias

func fillerOf(of reflect.Type) filler {
	if known, ok := fillers.Load(of); ok {
		fill, _ := known.(filler)
		return fill
	}
	var fill filler
	if reaches(of, map[reflect.Type]bool{}, hasAlias) {
		fill = newFiller(of)
	}
	fillers.Store(of, fill)
	return fill
}

func hasAlias(of reflect.Type) bool {
	if of.Kind() != reflect.Struct || readsItself(of) {
		return false
	}
	for field := range of.Fields() {
		if field.Tag.Get("alias") != "" {
			return true
		}
	}
	return false
}

// readsItself reports whether a type has an UnmarshalJSON method, which then
// fills the aliases.
func readsItself(of reflect.Type) bool {
	return reflect.PointerTo(of).Implements(reflect.TypeFor[stdjson.Unmarshaler]())
}

func newFiller(of reflect.Type) filler {
	switch of.Kind() {
	case reflect.Pointer:
		return func(value reflect.Value) {
			if fill := fillerOf(of.Elem()); fill != nil && !value.IsNil() {
				fill(value.Elem())
			}
		}
	case reflect.Slice, reflect.Array:
		return func(value reflect.Value) {
			if fill := fillerOf(of.Elem()); fill != nil {
				for i := range value.Len() {
					fill(value.Index(i))
				}
			}
		}
	case reflect.Map:
		return func(value reflect.Value) { fillMap(value, fillerOf(of.Elem())) }
	case reflect.Struct:
		return newStructFiller(of)
	}
	return nil
}

// fillMap copies the values, which cannot be changed in place.
func fillMap(value reflect.Value, fill filler) {
	if fill == nil {
		return
	}
	for key, content := range value.Seq2() {
		changed := reflect.New(content.Type()).Elem()
		changed.Set(content)
		fill(changed)
		value.SetMapIndex(key, changed)
	}
}

func newStructFiller(of reflect.Type) filler {
	if readsItself(of) {
		return nil
	}
	var aliases []alias
	var inner []reflect.StructField
	for _, field := range reflect.VisibleFields(of) {
		tag, ok := field.Tag.Lookup("alias")
		switch {
		case ok:
			name, condition, _ := strings.Cut(tag, ",")
			aliases = append(aliases, alias{field.Index, name, condition})
		case field.IsExported() && !field.Anonymous && fillsInside(field.Type):
			inner = append(inner, field)
		}
	}
	return func(value reflect.Value) {
		if extra, _ := reflect.TypeAssert[map[string]stdjson.RawMessage](orNil(extraOf(value))); len(extra) > 0 {
			for _, alias := range aliases {
				alias.fill(value, extra)
			}
		}
		for _, field := range inner {
			if content, err := value.FieldByIndexErr(field.Index); err == nil {
				fillerOf(field.Type)(content)
			}
		}
	}
}

// fillsInside does not ask fillerOf, which would not end for a type that holds
// itself.
func fillsInside(of reflect.Type) bool { return reaches(of, map[reflect.Type]bool{}, hasAlias) }

func orNil(value reflect.Value) reflect.Value {
	if value.IsValid() {
		return value
	}
	return reflect.Zero(reflect.TypeFor[map[string]stdjson.RawMessage]())
}

// alias is another spelling of a field.
type alias struct {
	field     []int
	name      string
	condition string
}

func (a alias) fill(value reflect.Value, extra map[string]stdjson.RawMessage) {
	raw, ok := extra[a.name]
	if !ok {
		return
	}
	field, err := value.FieldByIndexErr(a.field)
	if err != nil || !field.IsZero() || a.condition != "" && (a.condition == "number") != isNumber(raw) {
		return
	}
	_ = Unmarshal(raw, field.Addr().Interface()) // one that does not fit stays unknown
}

// isNumber reports whether an id is a user number, in quotes or not. 24 digits
// are an object id.
func isNumber(raw []byte) bool {
	_, err := strconv.Atoi(strings.Trim(string(raw), `"`))
	return err == nil
}
