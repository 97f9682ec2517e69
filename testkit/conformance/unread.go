package conformance

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Unread returns the unknown fields of a response: the
// names in the Extra fields of value and of all that it holds.
func Unread(value any) []string {
	names := map[string]bool{}
	collectExtra(reflect.ValueOf(value), names)
	return slices.Sorted(maps.Keys(names))
}

func collectExtra(value reflect.Value, names map[string]bool) {
	switch value.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !value.IsNil() {
			collectExtra(value.Elem(), names)
		}
	case reflect.Slice, reflect.Array:
		for i := range value.Len() {
			collectExtra(value.Index(i), names)
		}
	case reflect.Map:
		for _, key := range value.MapKeys() {
			collectExtra(value.MapIndex(key), names)
		}
	case reflect.Struct:
		collectFields(value, names)
	}
}

func collectFields(value reflect.Value, names map[string]bool) {
	for field, content := range value.Fields() {
		switch {
		case !field.IsExported():
		case field.Name == "Extra" && field.Type.Kind() == reflect.Map:
			for _, name := range content.MapKeys() {
				typeName, _, _ := strings.Cut(value.Type().Name(), "[") // without type arguments
				names[typeName+"."+name.String()] = true
			}
		default:
			collectExtra(content, names)
		}
	}
}
