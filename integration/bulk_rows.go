package integration

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"reflect"
	"slices"
	"strconv"
	"time"
)

// NumberChange is a change of a numeric column of a user by a bulk update. Make
// it with [Add], [Subtract] or [Overwrite]. The zero value changes nothing.
type NumberChange struct {
	op    string
	value reflect.Value
}

// Add adds n to the user's number.
func Add[N Number](n N) NumberChange { return NumberChange{"add", reflect.ValueOf(n)} }

// Subtract subtracts n from the user's number.
func Subtract[N Number](n N) NumberChange { return NumberChange{"subtract", reflect.ValueOf(n)} }

// Overwrite replaces the user's number by n.
func Overwrite[N Number](n N) NumberChange { return NumberChange{"overwrite", reflect.ValueOf(n)} }

// IsZero reports whether the change is the zero value, which changes nothing.
func (c NumberChange) IsZero() bool { return c.op == "" }

// String returns the change as in a file: "add 5".
func (c NumberChange) String() string {
	if c.IsZero() {
		return ""
	}
	text, err := numberText(c.value)
	if err != nil {
		text = err.Error()
	}
	return c.op + " " + text
}

// cells returns the op and the value. A change of nothing is written as one that
// adds 0, since all rows have the same columns.
func (c NumberChange) cells() ([]string, error) {
	if c.IsZero() {
		return []string{"add", "0"}, nil
	}
	text, err := numberText(c.value)
	return []string{c.op, text}, err
}

// numberText writes a number in full: readers differ about exponents.
func numberText(value reflect.Value) (string, error) {
	switch {
	case value.Type() == reflect.TypeFor[time.Duration]():
		return "", errors.New("must be a number, not a time.Duration, which says no unit")
	case value.CanInt():
		return strconv.FormatInt(value.Int(), 10), nil
	case value.CanUint():
		return strconv.FormatUint(value.Uint(), 10), nil
	}
	number := value.Float()
	if math.IsNaN(number) || math.IsInf(number, 0) {
		return "", errors.New("must be a number, not infinite and not NaN")
	}
	return strconv.FormatFloat(number, 'f', -1, value.Type().Bits()), nil
}

// RowError is the error for a row of a [RowReader] that cannot be written. Find it
// with errors.As in the error of the call. Its text shows no values.
type RowError struct {
	// Row is the number of the row, from 1, without the heading.
	Row int64
	// Column is the heading, "" if the whole row is meant.
	Column string
	// Reason is the mistake.
	Reason string
	// Err is the error that the rows ended with, or nil.
	Err error
}

// Error implements error.
func (e *RowError) Error() string {
	if e == nil {
		return "<nil>"
	}
	text := fmt.Sprintf("row %d: ", e.Row)
	if e.Column != "" {
		text = fmt.Sprintf("row %d, column %q: ", e.Row, e.Column)
	}
	if e.Err != nil {
		return text + e.Err.Error()
	}
	return text + e.Reason
}

// Unwrap returns the error that the rows ended with.
func (e *RowError) Unwrap() error {
	if e == nil {
		return nil
	}
	return e.Err
}

// RowReader is a CSV file that is written from Go values while it is read, one
// row at a time and in constant memory. It can be read once. Make it with
// [EncodeRows] or [EncodeCursor] and give it to a bulk import or update, which
// closes it.
type RowReader struct {
	table   *table
	problem string // why the table cannot be written, "" when it can

	start  func() // begins the iteration; nil once it has
	next   func() (row reflect.Value, err error, more bool)
	stop   func()
	number int64 // of the row under way
	buffer bytes.Buffer
	writer *csv.Writer
	err    error // that ended the rows, io.EOF when they were complete
}

// EncodeRows writes rows in memory, as in EncodeRows(slices.Values(users)). See
// [EncodeCursor] for the format.
func EncodeRows[T any](rows iter.Seq[T], columns ...string) *RowReader {
	if rows == nil {
		return EncodeCursor[T](nil, columns...)
	}
	return EncodeCursor(func(yield func(T, error) bool) {
		for row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}, columns...)
}

// EncodeCursor writes rows that are fetched while they are sent, such as those
// of a database cursor. An error among them cuts the upload short, so that
// nothing of it is applied (assumed), and is a cause of the error of the call.
// Nothing is sent before the first row, without a timeout: rows that may block
// must end with the context of the call.
//
// T is a struct, or a pointer to one. Its fields with a tag such as
// `csv:"email"` are columns, in their order, including those of embedded
// structs; other fields are ignored. A field is a string, a number, a boolean, a
// [time.Time] (in RFC 3339, which is assumed; empty if zero), a secret.Text,
// which is written in clear, any type with a MarshalText method, a pointer to
// one of these, or a [NumberChange]. A NumberChange becomes two columns: the op,
// under the heading with _op behind it, and the number directly after it. A
// time.Duration is refused, since it says no unit.
//
// Only what changes is sent. A pointer, a NumberChange and a field with the
// option omitempty, as in `csv:"city,omitempty"`, are optional: by default the
// file has those that its first row sets, and all other fields. A field with
// omitempty is not set if it is zero. All rows have the same columns:
//   - A NumberChange that a row omits is written as one that adds 0.
//   - Another optional field that a row omits is an error, since it is not known
//     what an empty cell does to a user. Send such rows in a file of their own.
//     To empty a field on purpose, use a pointer to an empty string.
//   - An optional field that a row sets, but the file does not have, is an error,
//     since it would be lost.
//
// Columns select the headings instead, for rows of which the first does not set
// all that others do. Other fields are then not sent.
func EncodeCursor[T any](rows iter.Seq2[T, error], columns ...string) *RowReader {
	reader := &RowReader{}
	if rows == nil {
		reader.problem = "must have rows, not nil"
		return reader
	}
	reader.table, reader.problem = newTable(reflect.TypeFor[T](), columns)
	reader.writer = csv.NewWriter(&reader.buffer)
	reader.start = func() {
		next, stop := iter.Pull2(rows)
		var row T
		value := reflect.ValueOf(&row).Elem()
		reader.next = func() (reflect.Value, error, bool) {
			var err error
			var more bool
			row, err, more = next()
			return value, err, more
		}
		reader.stop = stop
	}
	return reader
}

// Rows are written ahead up to this size, but not longer than this, so that the
// upload stays alive if rows come slowly.
const (
	rowsAhead     = 32 << 10
	rowsAheadTime = time.Second
)

// Read implements io.Reader. It fails with [ErrNoRows] if there are no rows.
func (r *RowReader) Read(buffer []byte) (int, error) {
	if len(buffer) == 0 {
		return 0, nil
	}
	began := time.Now()
	if err := r.begin(); err != nil {
		return 0, err
	}
	for r.err == nil && r.buffer.Len() < rowsAhead && time.Since(began) < rowsAheadTime {
		r.write()
	}
	return r.buffer.Read(buffer)
}

// begin writes the first row, or returns the error of an empty file.
func (r *RowReader) begin() error {
	if r.problem != "" {
		return errors.New("the rows " + r.problem)
	}
	if r.buffer.Len() == 0 && r.err == nil {
		r.write()
	}
	if r.buffer.Len() > 0 {
		return nil
	}
	return r.err
}

// Close ends the iteration of the rows. Reading then fails.
func (r *RowReader) Close() error {
	r.buffer.Reset()
	r.end(errors.New("the rows have been read already: each reader is read once"))
	return nil
}

func (r *RowReader) end(err error) {
	r.err = err
	r.start = nil
	if r.stop != nil {
		r.stop()
		r.stop = nil
	}
}

// write writes the next row, or ends the rows.
func (r *RowReader) write() {
	if err := r.writeRow(); err != nil {
		r.end(err)
	}
}

// writeRow writes the next row, and the heading before the first.
func (r *RowReader) writeRow() error {
	if r.start != nil {
		r.start()
		r.start = nil
	}
	row, err, more := r.next()
	switch {
	case !more && r.number == 0:
		return ErrNoRows
	case !more:
		return io.EOF
	}
	r.number++
	if err != nil {
		return &RowError{Row: r.number, Err: err}
	}
	for row.Kind() == reflect.Pointer {
		if row.IsNil() {
			return &RowError{Row: r.number, Reason: "must not be nil"}
		}
		row = row.Elem()
	}
	if r.number == 1 {
		if !r.table.begin(row) {
			return &RowError{Row: 1, Reason: "sets no column"}
		}
		if err := r.writeRecord(r.table.headings()); err != nil {
			return err
		}
	}
	record, failed := r.table.record(row)
	if failed != nil {
		failed.Row = r.number
		return failed
	}
	return r.writeRecord(record)
}

func (r *RowReader) writeRecord(record []string) error {
	if len(record) == 1 && record[0] == "" {
		// encoding/csv writes an empty line, which readers skip.
		_, err := r.buffer.WriteString("\"\"\n")
		return err
	}
	if err := r.writer.Write(record); err != nil {
		return err
	}
	r.writer.Flush()
	return r.writer.Error()
}

// table writes the rows of a type.
type table struct {
	columns []column
	chosen  bool // the columns were named
	buffer  []string
}

// begin selects the columns by the first row, and reports whether there are any.
func (t *table) begin(row reflect.Value) bool {
	for i := range t.columns {
		if column := &t.columns[i]; !t.chosen {
			_, set := column.value(row)
			column.written = set || !column.optional
		}
	}
	return slices.ContainsFunc(t.columns, func(column column) bool { return column.written })
}

func (t *table) headings() []string {
	var headings []string
	for _, column := range t.columns {
		if !column.written {
			continue
		}
		if column.change {
			headings = append(headings, column.name+"_op")
		}
		headings = append(headings, column.name)
	}
	return headings
}

func (t *table) record(row reflect.Value) ([]string, *RowError) {
	t.buffer = t.buffer[:0]
	for i := range t.columns {
		column := &t.columns[i]
		value, set := column.value(row)
		switch {
		case !column.written && set && column.optional && !t.chosen:
			return nil, &RowError{Column: column.name, Reason: "is not among the columns of the file, which are those of the first row: name the columns, or send the row in another file"}
		case !column.written:
			continue
		case !set && !column.change:
			return nil, &RowError{Column: column.name, Reason: "must not be omitted, since other rows of the file have it: send the row in another file"}
		}
		cells, err := column.cells(value)
		if err != nil {
			return nil, &RowError{Column: column.name, Reason: err.Error()}
		}
		t.buffer = append(t.buffer, cells...)
	}
	return t.buffer, nil
}
