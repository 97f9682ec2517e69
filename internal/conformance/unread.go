package conformance

import (
	"reflect"
	"slices"
)

// Unread returns the members of an answer that the SDK does not know: the
// names in the Extra fields of value and of all that it holds.
func Unread(value any) []string {
	names := map[string]bool{}
	collectExtra(reflect.ValueOf(value), names)
	var sorted []string
	for name := range names {
		sorted = append(sorted, name)
	}
	slices.Sort(sorted)
	return sorted
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
		for i := range value.NumField() {
			field := value.Type().Field(i)
			if !field.IsExported() {
				continue
			}
			if field.Name == "Extra" && field.Type.Kind() == reflect.Map {
				for _, name := range value.Field(i).MapKeys() {
					names[value.Type().Name()+"."+name.String()] = true
				}
				continue
			}
			collectExtra(value.Field(i), names)
		}
	}
}
