package wire

import (
	"encoding"
	stdjson "encoding/json"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"

	"github.com/returningai/returningai-go/secret"
)

var (
	secretType       = reflect.TypeFor[secret.Text]()
	marshalerTypes   = []reflect.Type{reflect.TypeFor[stdjson.Marshaler](), reflect.TypeFor[json.MarshalerTo](), reflect.TypeFor[encoding.TextMarshaler]()}
	secretCandidates sync.Map
)

// checkSecrets refuses a secret.Text that stands anywhere but in a struct field
// of that very type.
func checkSecrets(body reflect.Value) error {
	if !body.IsValid() || !mayHoldSecret(body.Type()) {
		return nil
	}
	if where, found := (secretSearch{}).find(body, false); found {
		return &jsonError{where: where, what: "a secret.Text is sent only from a struct field of that type: call Reveal to send it from here"}
	}
	return nil
}

// mayHoldSecret reports whether values of a type can hold a secret.Text. Most
// parameter types cannot, and are not searched.
func mayHoldSecret(of reflect.Type) bool {
	known, ok := secretCandidates.Load(of)
	if !ok {
		known = reaches(of, func(part reflect.Type) (found, ended bool) {
			return part == secretType || part.Kind() == reflect.Interface, false
		})
		secretCandidates.Store(of, known)
	}
	return known == true
}

// reaches reports whether a type, or one that it consists of, is found. A type
// where the search has ended is not taken apart.
func reaches(of reflect.Type, test func(reflect.Type) (found, ended bool)) bool {
	seen := map[reflect.Type]bool{}
	var search func(reflect.Type) bool
	search = func(of reflect.Type) bool {
		if seen[of] {
			return false
		}
		seen[of] = true
		if found, ended := test(of); found || ended {
			return found
		}
		switch of.Kind() {
		case reflect.Map:
			return search(of.Key()) || search(of.Elem())
		case reflect.Pointer, reflect.Slice, reflect.Array:
			return search(of.Elem())
		case reflect.Struct:
			return slices.ContainsFunc(reflect.VisibleFields(of), func(field reflect.StructField) bool {
				return sent(field) && search(field.Type)
			})
		}
		return false
	}
	return search(of)
}

// secretSearch remembers the pointers, maps and slices that were searched: a
// value may hold itself, which the encoder reports.
type secretSearch map[searched]bool

type searched struct {
	of      reflect.Type
	place   uintptr
	length  int
	inField bool
}

// find returns the path of the first secret that must not be sent. A value is in
// a field if nothing but pointers stand between the two.
func (s secretSearch) find(value reflect.Value, inField bool) (where string, found bool) {
	if !value.IsValid() || s.again(value, inField) {
		return "", false
	}
	switch of, kind := value.Type(), value.Kind(); {
	case of == secretType:
		return "", !inField
	case kind == reflect.Interface:
		return s.find(value.Elem(), false)
	case kind == reflect.Pointer:
		return s.find(value.Elem(), inField)
	case writesItself(of): // its method would write a secret as "[redacted]"
		return "", reaches(of, func(part reflect.Type) (found, ended bool) { return part == secretType, false })
	case kind == reflect.Map && of.Key() == secretType && value.Len() > 0:
		return "", true
	}
	for name, part := range parts(value) {
		if where, found := s.find(part, value.Kind() == reflect.Struct); found {
			return "/" + name + where, true
		}
	}
	return "", false
}

func (s secretSearch) again(value reflect.Value, inField bool) bool {
	key := searched{of: value.Type(), inField: inField}
	switch value.Kind() {
	case reflect.Slice:
		key.length = value.Len()
		key.place = value.Pointer()
	case reflect.Pointer, reflect.Map:
		key.place = value.Pointer()
	default:
		return false
	}
	again := s[key]
	s[key] = true
	return again
}

// parts iterates over what a value consists of, by its names in JSON.
func parts(value reflect.Value) iter.Seq2[string, reflect.Value] {
	return func(yield func(string, reflect.Value) bool) {
		switch value.Kind() {
		case reflect.Struct:
			value.Fields()(func(field reflect.StructField, content reflect.Value) bool {
				return !sent(field) || yield(jsonName(field), content)
			})
		case reflect.Map:
			value.Seq2()(func(key, content reflect.Value) bool { return yield(fmt.Sprint(key), content) })
		case reflect.Slice, reflect.Array:
			if mayHoldSecret(value.Type().Elem()) {
				value.Seq2()(func(i, element reflect.Value) bool { return yield(fmt.Sprint(i), element) })
			}
		}
	}
}

func writesItself(of reflect.Type) bool {
	for _, marshaler := range marshalerTypes {
		if of.Implements(marshaler) || reflect.PointerTo(of).Implements(marshaler) {
			return true
		}
	}
	return false
}

// sent reports whether a field takes part in JSON.
func sent(field reflect.StructField) bool {
	return (field.IsExported() || field.Anonymous) && field.Tag.Get("json") != "-"
}

// jsonName returns the name of a field in JSON.
func jsonName(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	if name == "" {
		return field.Name
	}
	return strings.Trim(name, "'")
}
