package integration

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/returningai/returningai-go/secret"
)

// column is a field of a row's struct.
type column struct {
	name      string
	index     []int
	optional  bool // a row may omit it
	omitEmpty bool // a row omits it by the zero value
	change    bool // a NumberChange: two columns of the file
	written   bool // the file has it
	cell      func(reflect.Value) (string, error)
}

// newTable reads the columns from the tags of a struct type, or returns the rule
// that the rows break.
func newTable(rows reflect.Type, chosen []string) (*table, string) {
	for rows.Kind() == reflect.Pointer {
		rows = rows.Elem()
	}
	if rows.Kind() != reflect.Struct {
		return nil, "must be structs, or pointers to structs"
	}
	table := &table{chosen: len(chosen) > 0}
	var names []string
	for _, field := range reflect.VisibleFields(rows) {
		tag, tagged := field.Tag.Lookup("csv")
		if !tagged || tag == "-" {
			continue
		}
		found, problem := newColumn(field, tag)
		if problem != "" {
			return nil, "must be writable: the field " + field.Name + " " + problem
		}
		name := found.name
		if slices.Contains(names, name) {
			return nil, "must name each column once: the field " + field.Name + " has a name that is taken"
		}
		found.written = slices.Contains(chosen, name)
		names = append(names, name)
		table.columns = append(table.columns, found)
	}
	if len(names) == 0 {
		return nil, `must have fields with a tag such as csv:"email"`
	}
	for _, name := range chosen {
		if !slices.Contains(names, name) {
			return nil, fmt.Sprintf("must have the columns that are named: there is no field with the tag csv:%q", name)
		}
	}
	return table, ""
}

// newColumn reads the tag of a field, or returns the rule that it breaks. An
// unknown option is refused, because it would become a part of the heading.
func newColumn(field reflect.StructField, tag string) (column, string) {
	name, options, hasOptions := strings.Cut(tag, ",")
	made := column{name: name, index: field.Index}
	for option := range strings.SplitSeq(options, ",") {
		switch {
		case !hasOptions:
		case option == "omitempty", option == "omitzero":
			made.optional, made.omitEmpty = true, true
		default:
			return made, fmt.Sprintf("has a csv tag with the unknown option %q: only omitempty and omitzero are known, and a heading has no comma", option)
		}
	}
	valueType := field.Type
	if valueType.Kind() == reflect.Pointer {
		made.optional = true
		valueType = valueType.Elem()
	}
	if valueType == reflect.TypeFor[NumberChange]() {
		made.optional, made.change = true, true
	} else {
		made.cell = cellWriter(valueType)
	}
	switch {
	case !field.IsExported():
		return made, "has a csv tag and is not exported"
	case strings.TrimSpace(name) == "":
		return made, "has a csv tag without a name"
	case strings.TrimSpace(name) != name:
		return made, "has a csv tag with white space around the name"
	case valueType == reflect.TypeFor[time.Duration]():
		return made, "is a time.Duration, which says no unit: use a number in the unit of the column"
	case made.cell == nil && !made.change:
		return made, fmt.Sprintf("is of type %v, which has no text form", field.Type)
	}
	return made, ""
}

// value returns the value of the field, and whether the row sets it.
func (c *column) value(row reflect.Value) (reflect.Value, bool) {
	value, err := row.FieldByIndexErr(c.index)
	if err != nil { // inside an embedded pointer that is nil
		return value, false
	}
	if value.Kind() == reflect.Pointer {
		if value.IsNil() {
			return value, false
		}
		value = value.Elem()
	}
	return value, !c.change && !c.omitEmpty || !value.IsZero()
}

// cells writes the field. An invalid value is a change that the row omits.
func (c *column) cells(value reflect.Value) ([]string, error) {
	if !c.change {
		text, err := c.cell(value)
		return []string{text}, err
	}
	var change NumberChange
	if value.IsValid() && value.Type() == reflect.TypeFor[NumberChange]() {
		change, _ = reflect.TypeAssert[NumberChange](value)
	}
	return change.cells()
}

// cellWriter returns a function that writes values of a type, or nil if there is
// none.
func cellWriter(of reflect.Type) func(reflect.Value) (string, error) {
	switch of {
	case reflect.TypeFor[secret.Text]():
		return func(value reflect.Value) (string, error) {
			text, _ := reflect.TypeAssert[secret.Text](value)
			return text.Reveal(), nil
		}
	case reflect.TypeFor[time.Time]():
		return func(value reflect.Value) (string, error) {
			moment, _ := reflect.TypeAssert[time.Time](value)
			if moment.IsZero() {
				return "", nil
			}
			return marshalText(moment)
		}
	}
	if marshaler := reflect.TypeFor[encoding.TextMarshaler](); reflect.PointerTo(of).Implements(marshaler) {
		return func(value reflect.Value) (string, error) {
			text, _ := reflect.TypeAssert[encoding.TextMarshaler](value.Addr())
			return marshalText(text)
		}
	}
	switch of.Kind() {
	case reflect.String:
		return func(value reflect.Value) (string, error) { return value.String(), nil }
	case reflect.Bool:
		return func(value reflect.Value) (string, error) { return strconv.FormatBool(value.Bool()), nil }
	}
	if zero := reflect.Zero(of); zero.CanInt() || zero.CanUint() || zero.CanFloat() {
		return numberText
	}
	return nil
}

// marshalText hides the error of a MarshalText method, which may quote the value.
func marshalText(value encoding.TextMarshaler) (string, error) {
	text, err := value.MarshalText()
	if err != nil {
		return "", errors.New("cannot be written as text")
	}
	return string(text), nil
}
