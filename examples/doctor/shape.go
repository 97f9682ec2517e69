package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	returningai "github.com/returningai/returningai-go"
)

// differences holds the names of the fields by which a response differs from
// what is known. A field that is missing is no difference: nearly every field is
// optional.
type differences struct {
	unknown, retyped []string
	noData           string // the field that should hold the data, if it is missing
}

func (d *differences) lines() []string {
	var lines []string
	for _, kind := range []struct {
		title string
		names []string
	}{{"unknown: ", d.unknown}, {"of another type: ", d.retyped}} {
		if len(kind.names) > 0 {
			slices.Sort(kind.names)
			lines = append(lines, kind.title+strings.Join(slices.Compact(kind.names), ", "))
		}
	}
	if d.noData != "" {
		lines = append(lines, "the response has no field "+d.noData)
	}
	return lines
}

// envelopes are the fields of each family's envelope; the first holds the
// data.
var envelopes = map[returningai.Family][]string{
	returningai.FamilySystem:      {"body", "meta"},
	returningai.FamilyIntegration: {"data", "status", "message"},
	returningai.FamilyApplication: {"data", "meta", "message"},
}

// besidesData are the fields beside the data in the response to an operation.
var besidesData = map[string][]string{
	returningai.OperationIntegrationUsersList: {"next_cursor", "current_page", "total_pages"},
}

// compareResponse compares a response with the type that its data is read into.
func compareResponse(response []byte, operation returningai.Operation, data reflect.Type) (*differences, error) {
	var envelope map[string]json.RawMessage
	if err := json.Unmarshal(response, &envelope); err != nil {
		if bytes.HasPrefix(bytes.TrimSpace(response), []byte("<")) {
			return nil, errors.New("an HTML page instead of JSON: check the base URL, and what stands between you and it")
		}
		return nil, errors.New("not a JSON object")
	}
	found := &differences{}
	known := slices.Concat(envelopes[operation.Family], besidesData[operation.ID])
	for name := range envelope {
		if !slices.Contains(known, name) {
			found.add(&found.unknown, "", name)
		}
	}
	holder := known[0]
	if content, has := envelope[holder]; has {
		found.compare([]json.RawMessage{content}, data, holder)
	} else {
		found.noData = holder
	}
	return found, nil
}

// compare compares all values that stand in the same place with a type: a
// field may be in only some of them.
func (d *differences) compare(values []json.RawMessage, expected reflect.Type, at string) {
	values = slices.DeleteFunc(slices.Clone(values), func(value json.RawMessage) bool { return string(value) == "null" })
	for expected.Kind() == reflect.Pointer {
		expected = expected.Elem()
	}
	switch fields := fieldsOf(expected); {
	case len(fields) > 0:
		d.compareObjects(values, expected, fields, at)
	case expected.Kind() == reflect.Slice && expected != reflect.TypeFor[json.RawMessage]():
		var elements []json.RawMessage
		for _, value := range values {
			var list []json.RawMessage
			if json.Unmarshal(value, &list) != nil {
				d.retyped = append(d.retyped, at)
			}
			elements = append(elements, list...)
		}
		d.compare(elements, expected.Elem(), at+"[]")
	default:
		for _, value := range values {
			if !readable(value, expected) {
				d.retyped = append(d.retyped, at)
			}
		}
	}
}

func (d *differences) compareObjects(values []json.RawMessage, expected reflect.Type, fields map[string]reflect.Type, at string) {
	members, objects := map[string][]json.RawMessage{}, 0
	for _, value := range values {
		var object map[string]json.RawMessage
		if json.Unmarshal(value, &object) != nil {
			if !readable(value, expected) {
				d.retyped = append(d.retyped, at)
			}
			continue
		}
		objects++
		for name, member := range object {
			members[name] = append(members[name], member)
		}
	}
	if objects == 0 {
		return
	}
	for name := range members {
		if _, known := fields[name]; !known {
			d.add(&d.unknown, at, name)
		}
	}
	for name, field := range fields {
		d.compare(members[name], field, at+"."+name)
	}
}

// plainName is what the names of fields look like. One that does not may be
// an id or an email that serves as a name.
var plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z_-]{0,39}[0-9]?$`)

func (d *differences) add(to *[]string, at, name string) {
	if !plainName.MatchString(name) {
		name = "(not shown)"
	}
	*to = append(*to, strings.TrimPrefix(at+"."+name, "."))
}

// fieldsOf returns the fields that a response type knows, none for types
// that are no objects.
func fieldsOf(expected reflect.Type) map[string]reflect.Type {
	if expected.Kind() != reflect.Struct {
		return nil
	}
	fields := map[string]reflect.Type{}
	for field := range expected.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if field.IsExported() && name != "" && name != "-" {
			fields[name] = field.Type
			alias, _, _ := strings.Cut(field.Tag.Get("alias"), ",")
			if alias != "" {
				fields[alias] = field.Type
			}
		}
	}
	return fields
}

// readable reports whether the client can read a value: leniently, since
// numbers and booleans are known to come as text, and ids as numbers.
func readable(value json.RawMessage, expected reflect.Type) bool {
	text := string(value)
	if json.Unmarshal(value, &text) == nil && text == "" {
		return true
	}
	var err error
	switch own := reflect.PointerTo(expected).Implements(reflect.TypeFor[json.Unmarshaler]()); {
	case own:
		err = json.Unmarshal(value, reflect.New(expected).Interface())
	case expected.Kind() == reflect.String:
		return value[0] != '{' && value[0] != '['
	case expected.Kind() == reflect.Bool:
		_, err = strconv.ParseBool(text)
	case expected.Kind() == reflect.Int, expected.Kind() == reflect.Float64:
		_, err = strconv.ParseFloat(text, 64)
	default:
		err = json.Unmarshal(value, reflect.New(expected).Interface())
	}
	return err == nil
}
