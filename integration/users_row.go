package integration

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/returningai/returningai-go/internal/rest"
)

// UserRow is a user as the user list shows it: the JSON of each column that
// the API answered, unchanged. Its methods read columns as Go values, or a
// whole row into a struct.
//
// They accept what the API is known to write in place of a value, such as a
// number or a bool in quotes. Their errors name the column, and match
// [ErrNoValue] where the row has none for it.
type UserRow map[Column]json.RawMessage

// ErrNoValue means that a row does not have a column, that the column is null,
// or, for all methods but [UserRow.String], that it is an empty text.
var ErrNoValue = errors.New("no value")

// String returns a text, or a number as the API wrote it, digit by digit, or
// "true" or "false".
func (r UserRow) String(column Column) (string, error) {
	if string(r[column]) == `""` {
		return "", nil
	}
	return readColumn[string](r, column, "is no text")
}

// Int returns a whole number exactly, or an error when it does not fit.
func (r UserRow) Int(column Column) (int64, error) {
	return readColumn[int64](r, column, "is no whole number that fits an int64")
}

// Float returns the float64 that is nearest to a number. [UserRow.String] has
// all its digits.
func (r UserRow) Float(column Column) (float64, error) {
	return readColumn[float64](r, column, "is no number that fits a float64")
}

// Bool returns true or false, also for the numbers 1 and 0.
func (r UserRow) Bool(column Column) (bool, error) {
	return readColumn[bool](r, column, "is neither true nor false")
}

// Time returns a time that is written by RFC 3339, or the beginning of a day
// in UTC.
func (r UserRow) Time(column Column) (time.Time, error) {
	text, err := readColumn[string](r, column, "is no time")
	if err != nil {
		return time.Time{}, err
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	date, err := r.Date(column)
	return date.In(time.UTC), err
}

// Date returns a day, in any of the ways that [ParseDate] reads.
func (r UserRow) Date(column Column) (Date, error) {
	text, err := readColumn[string](r, column, "is no date")
	if err != nil {
		return Date{}, err
	}
	date, err := ParseDate(text)
	if err != nil {
		return Date{}, columnError(column, "is no date")
	}
	return date, nil
}

// Decode reads the row into the struct that out points to, whose fields name
// their columns in json tags. Columns without a field are passed over, fields
// without a column are left zero, and so is a time or a [Date] that is empty or
// malformed: read those with [UserRow.Time] or [UserRow.Date] to tell. What
// the struct held before is replaced as a whole, so that one struct can serve
// many rows; an error leaves it as it was.
func (r UserRow) Decode(out any) error {
	pointer := reflect.ValueOf(out)
	if pointer.Kind() != reflect.Pointer || pointer.IsNil() {
		return errors.New("integration: Decode: out must be a pointer that is not nil")
	}
	fresh := reflect.New(pointer.Type().Elem())
	row, err := rest.MarshalAnswer(r)
	if err == nil {
		err = rest.UnmarshalAnswer(row, fresh.Interface())
	}
	if err != nil {
		return fmt.Errorf("integration: the row does not fit: %w", err)
	}
	pointer.Elem().Set(fresh.Elem())
	return nil
}

// readColumn reads the value of a column, or says what is wrong with it.
func readColumn[T any](row UserRow, column Column, wrong string) (value T, err error) {
	switch raw := row[column]; string(raw) {
	case "", "null", `""`:
		return value, fmt.Errorf("integration: column %q: %w", column, ErrNoValue)
	default:
		if rest.UnmarshalAnswer(raw, &value) != nil {
			return value, columnError(column, wrong)
		}
		return value, nil
	}
}

func columnError(column Column, wrong string) error {
	return fmt.Errorf("integration: column %q %s", column, wrong)
}
