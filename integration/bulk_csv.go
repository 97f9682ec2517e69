package integration

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/returningai/returningai-go/internal/csvcheck"
	"github.com/returningai/returningai-go/internal/rest"
)

// CSVError says where the CSV file of a bulk job is malformed, and why: find
// it with errors.As in the error of the call. It never shows what the file
// holds.
type CSVError struct {
	// Line is the line of the file, counted from 1, the heading included, as
	// editors do: a quoted cell may span several.
	Line int
	// Column is the column of the table, counted from 1, as spreadsheets do.
	// Where a row has too few cells, it is the first that is missing.
	Column int
	// Reason says what is wrong.
	Reason string

	noRows bool
}

// ErrNoRows is matched by the error of a bulk job whose file or rows are well
// but for being none: there is nothing to do.
var ErrNoRows = errors.New("there are no rows")

// Is reports whether target is [ErrNoRows] and the file has a heading only.
func (e *CSVError) Is(target error) bool { return e != nil && e.noRows && target == ErrNoRows }

// Error implements error.
func (e *CSVError) Error() string {
	if e == nil {
		return "<nil>"
	}
	return fmt.Sprintf("CSV line %d, column %d: %s", e.Line, e.Column, e.Reason)
}

// csvError makes the error of the checker one of this package.
func csvError(err error) error {
	if found, ok := errors.AsType[*csvcheck.Error](err); ok {
		return &CSVError{Line: int(found.Line), Column: found.Column, Reason: found.Reason, noRows: found.NoRows}
	}
	return err
}

// BulkProgress says how far the upload of a bulk job has come.
type BulkProgress struct {
	// Bytes counts those of the file that were handed to the connection.
	Bytes int64
	// Total is what Bytes will be at the end, -1 when it is not known
	// beforehand: the size of the file without a byte order mark, which is
	// left out.
	Total int64
	// Rows counts the complete rows among them, without the heading.
	Rows int64
}

// csvFile is the file of a bulk job: where it comes from, and who wants to
// know how far it got.
type csvFile struct {
	source     io.Reader
	name       string
	ops        bool // there may be _op columns
	onProgress func(BulkProgress)

	start  int64 // offset of a source that can seek
	total  int64 // bytes, -1 when not known
	opened atomic.Bool
}

// upload makes the upload of the file. A source that can seek is checked
// before anything is sent and can be sent again; any other is read once.
func (f *csvFile) upload(fields ...rest.Field) *rest.Upload {
	f.total = -1
	upload := &rest.Upload{
		Fields: fields, FileField: "data", FileName: cmp.Or(f.name, "users.csv"), ContentType: "text/csv",
		Source: "CSV", Open: f.open, Size: -1, Once: true,
	}
	switch source := f.source.(type) {
	case *RowReader:
		// So that rows of which there are none send nothing, and the time that
		// the first one takes is not the attempt's.
		upload.Check = func(context.Context) (int64, error) { return -1, source.begin() }
	case io.Seeker:
		var err error
		if f.start, err = source.Seek(0, io.SeekCurrent); err != nil {
			break // a pipe: files have the method, whether they can seek or not
		}
		upload.Once = false
		upload.Check = f.check
		upload.Open = func() (io.ReadCloser, error) {
			if _, err := source.Seek(f.start, io.SeekStart); err != nil {
				return nil, fmt.Errorf("the CSV source cannot be read from its beginning again: %w", err)
			}
			return f.open()
		}
	}
	return upload
}

// check reads the file from where it stands to its end, and returns how long
// it is.
func (f *csvFile) check(ctx context.Context) (int64, error) {
	checked := &checkedFile{file: csvcheck.WithoutMark(f.source), checker: csvcheck.Checker{Ops: f.ops}}
	buffer := make([]byte, 64<<10)
	for ctx.Err() == nil {
		_, err := checked.Read(buffer)
		if errors.Is(err, io.EOF) {
			f.total = checked.bytes
			return checked.bytes, nil
		}
		if err != nil {
			return 0, err
		}
	}
	return 0, ctx.Err()
}

func (f *csvFile) open() (io.ReadCloser, error) {
	f.opened.Store(true)
	rows, _ := f.source.(*RowReader) // nil when the source is another
	return &checkedFile{
		file: csvcheck.WithoutMark(f.source), checker: csvcheck.Checker{Ops: f.ops},
		rows: rows, total: f.total, onProgress: f.onProgress,
	}, nil
}

// release ends rows that were begun and then never sent. Once they are sent,
// the upload ends them.
func (f *csvFile) release() {
	if rows, ok := f.source.(*RowReader); ok && !f.opened.Load() {
		_ = rows.Close() // never fails
	}
}

// checkedFile passes on what is well-formed of a file. It is used while it is
// sent, also for one that was checked before: a file may change meanwhile.
type checkedFile struct {
	file       io.Reader
	checker    csvcheck.Checker
	rows       *RowReader // nil when the source is another
	onProgress func(BulkProgress)
	bytes      int64
	total      int64
}

func (f *checkedFile) Read(buffer []byte) (int, error) {
	n, err := f.file.Read(buffer)
	failed := f.checker.Check(buffer[:n])
	ended := errors.Is(err, io.EOF)
	if ended && failed == nil {
		failed = f.checker.End()
	}
	if failed != nil {
		return 0, csvError(failed)
	}
	f.bytes += int64(n)
	if f.onProgress != nil && (n > 0 || ended) {
		f.onProgress(BulkProgress{Bytes: f.bytes, Total: f.total, Rows: f.checker.Rows()})
	}
	return n, err
}

// Close ends the rows that this package writes. Any other source is its
// owner's to close.
func (f *checkedFile) Close() error {
	if f.rows == nil {
		return nil
	}
	return f.rows.Close()
}
