package integration

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/returningai/returningai-go/value"
)

// UserRow is a user of the user list: the value of each column in the response,
// unchanged. Its methods read columns as Go values, or a whole row into a
// struct.
//
// They accept what the API is known to write, such as a number or a boolean in
// quotes. Their errors name the column, and match [ErrNoValue] if the row has
// none for it.
type UserRow map[Column]value.Value

// UnmarshalJSON reads an object. The JSON library would read the map by
// reflection, which takes 1.6 times as long (bench: BenchmarkList).
func (r *UserRow) UnmarshalJSON(data []byte) error {
	reader, _ := rowReaders.Get().(*rowReader)
	defer rowReaders.Put(reader)
	row, err := reader.read(data)
	*r = row
	return err
}

// rowReader reads rows one after the other, which nearly always have the same
// columns.
type rowReader struct {
	decoder jsontext.Decoder
	columns map[string]Column // by their names in quotes, as they arrived
}

var rowReaders = sync.Pool{New: func() any { return &rowReader{columns: map[string]Column{}} }}

// read returns the row in an object, nil for null or with an error. The map is
// made when its size is known: growing it takes longer than filling it.
func (r *rowReader) read(data []byte) (UserRow, error) {
	r.decoder.Reset(bytes.NewBuffer(data), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	switch token, err := r.decoder.ReadToken(); {
	case err != nil:
		return nil, err
	case token.Kind() == jsontext.KindNull:
		return nil, nil //nolint:nilnil // null is no row, and no mistake
	case token.Kind() != jsontext.KindBeginObject:
		return nil, errors.New("integration: a row is not an object")
	}
	type cell struct {
		column  Column
		content value.Value
	}
	var room [16]cell
	cells := room[:0]
	for r.decoder.PeekKind() != jsontext.KindEndObject {
		column, err := r.column()
		if err != nil {
			return nil, err
		}
		raw, err := r.decoder.ReadValue()
		if err != nil {
			return nil, err
		}
		var content value.Value
		if err := content.UnmarshalJSON(raw); err != nil {
			return nil, err
		}
		cells = append(cells, cell{column, content})
	}
	row := make(UserRow, len(cells))
	for _, cell := range cells {
		row[cell.column] = cell.content
	}
	return row, nil
}

// column reads the name of the next column.
func (r *rowReader) column() (Column, error) {
	const most = 100 // names that are remembered, and bytes of one
	quoted, err := r.decoder.ReadValue()
	if err != nil {
		return "", err
	}
	if known, ok := r.columns[string(quoted)]; ok {
		return known, nil
	}
	name, _ := jsontext.AppendUnquote(nil, quoted) // the decoder has checked it; invalid UTF-8 becomes U+FFFD
	column := Column(name)
	if len(r.columns) < most && len(quoted) <= most {
		r.columns[string(quoted)] = column
	}
	return column, nil
}

// ErrNoValue means that a row does not have a column, that the column is null,
// or, for all methods but [UserRow.String], that it is an empty string.
var ErrNoValue = errors.New("no value")

// String returns a string, or a number as the API wrote it, digit by digit, or
// "true" or "false".
func (r UserRow) String(column Column) (string, error) {
	found := r[column]
	switch found.Kind() {
	case value.KindNone, value.KindNull:
		return "", noValue(column)
	case value.KindArray, value.KindObject:
		return "", columnError(column, "is not a string")
	}
	return found.String(), nil
}

// Format implements [fmt.Formatter]: each verb shows the columns in the order of
// their names, as in {email=ada@example.com xp=1250}.
func (r UserRow) Format(state fmt.State, _ rune) {
	cells := make([]string, 0, len(r))
	for _, column := range slices.Sorted(maps.Keys(r)) {
		cells = append(cells, string(column)+"="+r[column].String())
	}
	// A formatter has no way to report a failed write.
	_, _ = io.WriteString(state, "{"+strings.Join(cells, " ")+"}")
}

// Int returns a whole number exactly, or an error if it does not fit.
func (r UserRow) Int(column Column) (int64, error) {
	return read(r, column, value.Value.Int, "is not a whole number that fits an int64")
}

// Float returns the float64 that is nearest to a number. [UserRow.String] has
// all its digits.
func (r UserRow) Float(column Column) (float64, error) {
	return read(r, column, func(found value.Value) (float64, bool) {
		number, exact := found.Float()
		return number, exact || number != 0 && !math.IsInf(number, 0)
	}, "is not a number that fits a float64")
}

// Bool returns true or false, also for the numbers 1 and 0.
func (r UserRow) Bool(column Column) (bool, error) {
	return read(r, column, value.Value.Bool, "is neither true nor false")
}

// Time returns a time in RFC 3339, or the beginning of a day in UTC.
func (r UserRow) Time(column Column) (time.Time, error) {
	return read(r, column, func(found value.Value) (time.Time, bool) {
		text, _ := found.Text()
		if moment, err := time.Parse(time.RFC3339, text); err == nil {
			return moment, true
		}
		date, err := ParseDate(text)
		return date.In(time.UTC), err == nil
	}, "is not a time")
}

// Date returns a day, in any format that [ParseDate] reads.
func (r UserRow) Date(column Column) (Date, error) {
	return read(r, column, func(found value.Value) (Date, bool) {
		text, _ := found.Text()
		date, err := ParseDate(text)
		return date, err == nil
	}, "is not a date")
}

var emptyString = value.String("")

// read converts the value of a column, or returns an error that names it.
func read[T any](row UserRow, column Column, convert func(value.Value) (T, bool), wrong string) (T, error) {
	var none T
	found := row[column]
	if found.IsZero() || found.Kind() == value.KindNull || found == emptyString {
		return none, noValue(column)
	}
	converted, ok := convert(found)
	if !ok {
		return none, columnError(column, wrong)
	}
	return converted, nil
}

func noValue(column Column) error {
	return fmt.Errorf("integration: column %q: %w", column, ErrNoValue)
}

func columnError(column Column, wrong string) error {
	return fmt.Errorf("integration: column %q %s", column, wrong)
}
