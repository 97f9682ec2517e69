package integration

import (
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// EncodeSQL writes the rows of a query as they are fetched, for a bulk import or
// update. The headings are the columns of the query, so name them in it:
//
//	rows, err := db.QueryContext(ctx, `SELECT email, 'overwrite' AS xp_op, xp FROM players`)
//	if err != nil {
//		return err
//	}
//	defer rows.Close()
//	_, err = client.Integration.Users.BulkUpdate(ctx, integration.BulkUpdateParams{CSV: integration.EncodeSQL(rows)})
//
// A string, a number, a boolean or a time (as in RFC 3339, which is assumed) is
// written as text. NULL is an error, since it is not known what an empty cell
// does to a user: use COALESCE, or leave such rows out. An error of the rows ends
// the upload as in [EncodeCursor].
func EncodeSQL(rows *sql.Rows) *RowReader {
	reader := &RowReader{}
	if rows == nil {
		reader.problem = "must have rows, not nil"
		return reader
	}
	headings, err := rows.Columns()
	if err != nil {
		reader.problem = "must be open: " + err.Error()
		return reader
	}
	reader.table, reader.problem = sqlTable(headings)
	reader.writer = csv.NewWriter(&reader.buffer)
	reader.start = func() { reader.next, reader.stop = iter.Pull2(sqlRows(rows, len(headings))) }
	return reader
}

// sqlRows iterates over the rows. Each is a struct with a field of type any for
// each column, and is valid until the next.
func sqlRows(rows *sql.Rows, columns int) iter.Seq2[reflect.Value, error] {
	fields := make([]reflect.StructField, columns)
	for i := range fields {
		fields[i] = reflect.StructField{Name: "Cell" + strconv.Itoa(i), Type: reflect.TypeFor[any]()}
	}
	row := reflect.New(reflect.StructOf(fields)).Elem()
	cells := make([]any, columns)
	for i := range cells {
		cells[i] = row.Field(i).Addr().Interface()
	}
	return func(yield func(reflect.Value, error) bool) {
		for rows.Next() {
			if err := rows.Scan(cells...); !yield(row, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(row, err)
		}
	}
}

func sqlTable(headings []string) (*table, string) {
	made := &table{chosen: true}
	for i, name := range headings {
		switch {
		case strings.TrimSpace(name) != name || name == "":
			return nil, fmt.Sprintf("must name each column without white space around it: column %d is %q", i+1, name)
		case slices.Contains(headings[:i], name):
			return nil, fmt.Sprintf("must name each column once: %q is there twice", name)
		}
		made.columns = append(made.columns, column{name: name, index: []int{i}, written: true, cell: sqlText})
	}
	return made, ""
}

// sqlText writes a value of a database. Drivers return the types of
// [database/sql/driver.Value].
func sqlText(cell reflect.Value) (string, error) {
	switch value := cell.Interface().(type) {
	case nil:
		return "", errors.New("is NULL, and it is not known what an empty cell does to a user: use COALESCE or leave the row out")
	case string:
		return value, nil
	case []byte:
		return string(value), nil
	case bool:
		return strconv.FormatBool(value), nil
	case time.Time:
		return value.Format(time.RFC3339Nano), nil
	case int64, float64:
		return numberText(reflect.ValueOf(value))
	default:
		return "", fmt.Errorf("is of type %T, which has no text form", value)
	}
}
