package wire

import (
	"encoding"
	stdjson "encoding/json"
	"fmt"
	"iter"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"

	"github.com/returningai/returningai-go/secret"
)

var (
	secretType       = reflect.TypeFor[secret.Text]()
	marshalerTypes   = []reflect.Type{reflect.TypeFor[stdjson.Marshaler](), reflect.TypeFor[json.MarshalerTo](), reflect.TypeFor[encoding.TextMarshaler]()}
	maxDepth         = 1000 // beyond it the encoder itself reports a cycle
	secretCandidates sync.Map
)

// checkSecrets refuses a secret.Text that stands anywhere but in a struct field
// of that very type.
func checkSecrets(body reflect.Value) error {
	if !body.IsValid() || !mayHoldSecret(body.Type()) {
		return nil
	}
	if where, found := findSecret(body, false, 0); found {
		return &jsonError{where: where, what: "a secret.Text is sent only from a struct field of that type: call Reveal to send it from here"}
	}
	return nil
}

// mayHoldSecret reports whether values of a type can hold a secret.Text. Most
// parameter types cannot, and are not searched.
func mayHoldSecret(of reflect.Type) bool {
	if may, ok := secretCandidates.Load(of); ok {
		known, _ := may.(bool)
		return known
	}
	may := reaches(of, map[reflect.Type]bool{}, func(part reflect.Type) bool { return isSecret(part) || part.Kind() == reflect.Interface })
	secretCandidates.Store(of, may)
	return may
}

// reaches reports whether a type, or one that it consists of, satisfies found.
func reaches(of reflect.Type, seen map[reflect.Type]bool, found func(reflect.Type) bool) bool {
	if seen[of] {
		return false
	}
	seen[of] = true
	if found(of) {
		return true
	}
	switch of.Kind() {
	case reflect.Map:
		return reaches(of.Key(), seen, found) || reaches(of.Elem(), seen, found)
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return reaches(of.Elem(), seen, found)
	case reflect.Struct:
		for field := range of.Fields() {
			if sent(field) && reaches(field.Type, seen, found) {
				return true
			}
		}
	}
	return false
}

// findSecret returns the path of the first secret that must not be sent. A
// value is in a field if nothing but pointers stand between the two.
func findSecret(value reflect.Value, inField bool, depth int) (where string, found bool) {
	if depth > maxDepth || !value.IsValid() {
		return "", false
	}
	switch of, kind := value.Type(), value.Kind(); {
	case of == secretType:
		return "", !inField
	case kind == reflect.Interface:
		return findSecret(value.Elem(), false, depth+1)
	case kind == reflect.Pointer:
		return findSecret(value.Elem(), inField, depth+1)
	case writesItself(of): // its method would write a secret as "[redacted]"
		return "", reaches(of, map[reflect.Type]bool{}, isSecret)
	case kind == reflect.Map && of.Key() == secretType && value.Len() > 0:
		return "", true
	}
	for name, part := range parts(value) {
		if where, found := findSecret(part, value.Kind() == reflect.Struct, depth+1); found {
			return "/" + name + where, true
		}
	}
	return "", false
}

func isSecret(of reflect.Type) bool { return of == secretType }

// parts iterates over what a value consists of, by its names in JSON.
func parts(value reflect.Value) iter.Seq2[string, reflect.Value] {
	return func(yield func(string, reflect.Value) bool) {
		switch value.Kind() {
		case reflect.Struct:
			for field, content := range value.Fields() {
				if sent(field) && !yield(jsonName(field), content) {
					return
				}
			}
		case reflect.Map:
			for key, content := range value.Seq2() {
				if !yield(fmt.Sprint(key), content) {
					return
				}
			}
		case reflect.Slice, reflect.Array:
			for i := 0; mayHoldSecret(value.Type().Elem()) && i < value.Len(); i++ {
				if !yield(strconv.Itoa(i), value.Index(i)) {
					return
				}
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
