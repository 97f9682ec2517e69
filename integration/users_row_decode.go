package integration

import (
	"cmp"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/returningai/returningai-go/internal/wire"
	"github.com/returningai/returningai-go/value"
)

// Decode reads the row into the struct that out points to, whose fields name
// their columns in json tags. Columns without a field are ignored. Fields
// without a column are zero, and so is a time or a [Date] that is empty or
// malformed: read those with [UserRow.Time] or [UserRow.Date] to distinguish.
// The struct is replaced as a whole, so that one can serve many rows; an error
// leaves it unchanged.
func (r UserRow) Decode(out any) error {
	pointer := reflect.ValueOf(out)
	if pointer.Kind() != reflect.Pointer || pointer.IsNil() {
		return errors.New("integration: Decode: out must be a pointer that is not nil")
	}
	fresh := reflect.New(pointer.Type().Elem())
	if !planOf(fresh.Type().Elem()).decode(r, fresh.Elem()) {
		if err := r.decodeJSON(fresh); err != nil {
			return err
		}
	}
	pointer.Elem().Set(fresh.Elem())
	return nil
}

// decodeJSON writes the row as JSON and reads that, as it is or else leniently.
func (r UserRow) decodeJSON(fresh reflect.Value) error {
	row, err := r.appendJSON(make([]byte, 0, 1<<10))
	if err != nil {
		return err
	}
	fresh.Elem().SetZero()
	if jsonv2.Unmarshal(row, fresh.Interface(), jsontext.AllowDuplicateNames(true)) != nil {
		if err := wire.UnmarshalLenient(row, fresh.Interface()); err != nil {
			return fmt.Errorf("integration: the row does not fit: %w", err)
		}
	}
	wire.FillAliases(fresh.Interface())
	return nil
}

// appendJSON writes the row as an object. The order of its fields does not
// matter here.
func (r UserRow) appendJSON(row []byte) ([]byte, error) {
	row = append(row, '{')
	for column, content := range r {
		if content.IsZero() {
			continue
		}
		if len(row) > 1 {
			row = append(row, ',')
		}
		quoted, err := jsontext.AppendQuote(row, string(column))
		if err != nil {
			return nil, columnError(column, "has a name that is not UTF-8")
		}
		row = content.AppendTo(append(quoted, ':'))
	}
	return append(row, '}'), nil
}

// rowPlan sets the fields of a struct from the columns of a row, which takes a
// third of the time of writing the row as JSON and reading that (bench:
// BenchmarkList). It is nil for all types but plain structs: without methods for
// JSON, without embedded structs, with tags that hold a name and no more.
type rowPlan []rowField

type rowField struct {
	index  int
	column Column
	set    func(reflect.Value, value.Value) bool
}

var rowPlans sync.Map // reflect.Type -> rowPlan

func planOf(of reflect.Type) rowPlan {
	known, ok := rowPlans.Load(of)
	if !ok {
		known, _ = rowPlans.LoadOrStore(of, newRowPlan(of))
	}
	plan, _ := known.(rowPlan)
	return plan
}

func newRowPlan(of reflect.Type) rowPlan {
	// The library knows which tags are malformed.
	if of.Kind() != reflect.Struct || readsItself(of) || jsonv2.Unmarshal([]byte("{}"), reflect.New(of).Interface()) != nil {
		return nil
	}
	plan := rowPlan{}
	for i := range of.NumField() {
		field := of.Field(i)
		tag := field.Tag.Get("json")
		name, options, _ := strings.Cut(tag, ",")
		_, aliased := field.Tag.Lookup("alias")
		switch {
		case tag == "-", !field.IsExported() && !field.Anonymous:
			continue
		case field.Anonymous, aliased, strings.HasPrefix(name, "'"), options != "" && options != "omitempty" && options != "omitzero":
			return nil
		}
		plan = append(plan, rowField{i, Column(cmp.Or(name, field.Name)), setterOf(field.Type)})
	}
	return plan
}

// decode reports whether all columns fit without any leniency.
func (p rowPlan) decode(row UserRow, into reflect.Value) bool {
	for _, field := range p {
		content := row[field.column]
		if content.IsZero() {
			continue
		}
		if !field.set(into.Field(field.index), content) {
			return false
		}
	}
	return p != nil
}

// readsItself reports whether values of a type have a JSON form of their own.
func readsItself(of reflect.Type) bool {
	switch reflect.New(of).Interface().(type) {
	case json.Unmarshaler, jsonv2.UnmarshalerFrom, encoding.TextUnmarshaler:
		return true
	}
	return false
}

// setters set fields of the simple types. Each reports whether the value fits. One
// that does not is read leniently.
var setters = map[reflect.Kind]func(reflect.Value, value.Value) bool{
	reflect.String: setString, reflect.Bool: setBool, reflect.Int: setInt, reflect.Int64: setInt, reflect.Float64: setFloat,
}

func setterOf(of reflect.Type) func(reflect.Value, value.Value) bool {
	set, simple := setters[of.Kind()]
	if !simple || readsItself(of) {
		return setJSON
	}
	return func(field reflect.Value, content value.Value) bool {
		return content.Kind() == value.KindNull || set(field, content)
	}
}

func setString(field reflect.Value, content value.Value) bool {
	text, exact := content.Text()
	field.SetString(text)
	return exact
}

func setBool(field reflect.Value, content value.Value) bool {
	field.SetBool(content == value.Bool(true))
	return content.Kind() == value.KindBoolean
}

func setInt(field reflect.Value, content value.Value) bool {
	if content.Kind() != value.KindNumber {
		return false
	}
	number, err := strconv.ParseInt(content.String(), 10, 64)
	field.SetInt(number)
	return err == nil && !field.OverflowInt(number) // of a 32-bit int
}

func setFloat(field reflect.Value, content value.Value) bool {
	if content.Kind() != value.KindNumber {
		return false
	}
	number, err := strconv.ParseFloat(content.String(), 64)
	field.SetFloat(number)
	return err == nil
}

// setJSON sets a field of any other type.
func setJSON(field reflect.Value, content value.Value) bool {
	err := jsonv2.Unmarshal(content.JSON(), field.Addr().Interface(), jsontext.AllowDuplicateNames(true))
	wire.FillAliases(field.Addr().Interface())
	return err == nil
}
