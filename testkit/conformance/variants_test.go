package conformance_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// How the fields of an object are written.
type order int

const (
	asItIs order = iota
	reversed
	duplicated // each twice, with nonsense first
)

// write writes a sample as JSON.
func write(value any, order order) string {
	switch value := value.(type) {
	case map[string]any:
		names := slices.Sorted(maps.Keys(value))
		if order == reversed {
			slices.Reverse(names)
		}
		var members []string
		for _, name := range names {
			if order == duplicated {
				members = append(members, strconv.Quote(name)+":"+write(nonsense(value[name]), asItIs))
			}
			members = append(members, strconv.Quote(name)+":"+write(value[name], order))
		}
		return "{" + strings.Join(members, ",") + "}"
	case []any:
		var items []string
		for _, item := range value {
			items = append(items, write(item, order))
		}
		return "[" + strings.Join(items, ",") + "]"
	}
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // samples are plain values
	}
	return string(text)
}

// nonsense is another value of the same JSON type.
func nonsense(value any) any {
	switch value := value.(type) {
	case string:
		switch {
		case value == "true":
			return "false"
		case strings.Contains(value, "2026"): // a time or a date
			return strings.ReplaceAll(value, "2026", "2025")
		}
		return "9"
	case bool:
		return !value
	case map[string]any:
		return map[string]any{}
	case []any:
		return []any{}
	}
	return 9
}

// A site is a field of a sample, and the Go type that it is read into.
type site struct {
	path  []any // names and indexes
	value any
	read  reflect.Type
}

// visit calls do for every field of a sample that the type knows.
func visit(value any, read reflect.Type, path []any, do func(site)) {
	for read.Kind() == reflect.Pointer {
		read = read.Elem()
	}
	switch value := value.(type) {
	case map[string]any:
		if read.Kind() != reflect.Struct {
			return
		}
		for field := range read.Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if member, has := value[name]; has && name != "" {
				here := append(slices.Clone(path), name)
				do(site{here, member, field.Type})
				visit(member, field.Type, here, do)
			}
		}
	case []any:
		for i, item := range value {
			if read.Kind() == reflect.Slice {
				visit(item, read.Elem(), append(slices.Clone(path), i), do)
			}
		}
	}
}

// What a variant of a field must be read as.
type expectation int

const (
	sameAsBefore expectation = iota
	sameAsMissing
	kept
)

type variant struct {
	name   string
	value  any
	expect expectation
	want   string // of those that are kept
}

// variants are other ways in which a field may be written.
func (s site) variants() []variant {
	read := s.read
	for read.Kind() == reflect.Pointer {
		read = read.Elem()
	}
	if keepsJSON(read) {
		return nil // whatever it is, it is kept
	}
	all := []variant{{"null", nil, sameAsMissing, ""}}
	switch read.Kind() {
	case reflect.Int, reflect.Float64:
		number := fmt.Sprint(s.value)
		all = append(all,
			variant{"number as text", number, sameAsBefore, ""},
			variant{"text as number", json.Number(number), sameAsBefore, ""},
			variant{"number with a fraction of nothing", json.Number(number + ".0"), sameAsBefore, ""})
	case reflect.Bool:
		truth := fmt.Sprint(s.value)
		all = append(all,
			variant{"boolean as text", truth, sameAsBefore, ""},
			variant{"text as boolean", truth == "true", sameAsBefore, ""})
	case reflect.String:
		all = append(all,
			variant{"text as number", json.Number("12345678901234567890"), kept, "12345678901234567890"},
			variant{"unknown value", "never-seen", kept, "never-seen"})
	}
	return all
}

// keepsJSON reports whether a type keeps JSON as it comes, null included, so
// that a null differs from a missing field.
func keepsJSON(read reflect.Type) bool {
	return read == reflect.TypeFor[json.RawMessage]() || read.String() == "value.Value"
}

// missing stands for a field that is removed.
type missing struct{}

// replace returns a copy of a sample with another value at a path.
func replace(value any, path []any, with any) any {
	if len(path) == 0 {
		return with
	}
	switch key := path[0].(type) {
	case string:
		object := maps.Clone(value.(map[string]any))
		object[key] = replace(object[key], path[1:], with)
		if object[key] == (any)(missing{}) {
			delete(object, key)
		}
		return object
	case int:
		list := slices.Clone(value.([]any))
		list[key] = replace(list[key], path[1:], with)
		return list
	}
	panic("a path holds names and indexes")
}

// unknownMember is one that no type knows.
const unknownMember = "brand_new"

// grow returns a copy of a sample with one more field in every object that is
// read into a type of its own, and notes the names of those types.
func grow(value any, read reflect.Type, objects map[string]bool) any {
	for read.Kind() == reflect.Pointer {
		read = read.Elem()
	}
	switch value := value.(type) {
	case map[string]any:
		if read.Kind() != reflect.Struct {
			return value
		}
		if _, keeps := read.FieldByName("Extra"); !keeps {
			return value
		}
		objects[read.Name()] = true
		object := maps.Clone(value)
		object[unknownMember] = map[string]any{"deep": []any{1.5, "x"}}
		for field := range read.Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if member, has := object[name]; has {
				object[name] = grow(member, field.Type, objects)
			}
		}
		return object
	case []any:
		if read.Kind() != reflect.Slice {
			return value
		}
		var list []any
		for _, item := range value {
			list = append(list, grow(item, read.Elem(), objects))
		}
		return list
	}
	return value
}

// fieldAt returns the text that was read from a path.
func fieldAt(response any, path []any) string {
	value := reflect.ValueOf(response)
	for _, key := range path {
		value = reflect.Indirect(value)
		switch key := key.(type) {
		case int:
			value = value.Index(key)
		case string:
			for field, content := range value.Fields() {
				if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name == key {
					value = content
					break
				}
			}
		}
	}
	return reflect.Indirect(value).String()
}
