package integration

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"sync/atomic"

	"github.com/returningai/returningai-go/internal/csvcheck"
	"github.com/returningai/returningai-go/internal/rest"
)

// CSVError is a mistake in the CSV file of a bulk job. Find it with errors.As in
// the error of the call. It never shows the content of the file.
type CSVError struct {
	// Line is the line of the file, counted from 1, the heading included, as
	// editors do: a quoted cell may span several.
	Line int
	// Column is the column of the table, counted from 1, as spreadsheets do. If a
	// row has too few cells, it is the first missing one.
	Column int
	// Reason is the mistake.
	Reason string

	noRows bool
}

// ErrNoRows means that the file is valid but has no data rows.
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

// BulkProgress is the progress of the upload of a bulk job.
type BulkProgress struct {
	// Bytes is the number of bytes of the file that were given to the
	// connection.
	Bytes int64
	// Total is the size of the file, -1 if it is not known beforehand. A byte
	// order mark is removed and does not count.
	Total int64
	// Rows is the number of complete rows in Bytes, without the heading.
	Rows int64
}

// csvFile is the file of a bulk job.
type csvFile struct {
	source     io.Reader
	name       string
	ops        bool // there may be _op columns
	onProgress func(BulkProgress)

	start    int64         // offset of a source that can seek
	total    int64         // bytes, -1 when not known
	digest   *maphash.Hash // of what was checked, nil before
	opened   atomic.Bool
	returned atomic.Bool // the call has; a Read of the source may outlive it
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
		// A job without rows sends nothing, and the attempt's timeout does not
		// include the time until the first row.
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

// check reads the file from its current position to its end, and returns its
// size.
func (f *csvFile) check(ctx context.Context) (int64, error) {
	digest := &maphash.Hash{}
	checked := &checkedFile{file: io.TeeReader(csvcheck.WithoutMark(f.source), digest), checker: csvcheck.Checker{Ops: f.ops}}
	buffer := make([]byte, 64<<10)
	for ctx.Err() == nil {
		_, err := checked.Read(buffer)
		if errors.Is(err, io.EOF) {
			f.total, f.digest = checked.bytes, digest
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
	file := csvcheck.WithoutMark(f.source)
	if f.digest != nil {
		file = newSameFile(file, f.digest)
		if f.onProgress == nil { // else its rows are to be counted
			return io.NopCloser(file), nil
		}
	}
	rows, _ := f.source.(*RowReader) // nil when the source is another
	return &checkedFile{
		file: file, checker: csvcheck.Checker{Ops: f.ops},
		rows: rows, total: f.total, onProgress: f.progress,
	}, nil
}

// progress calls OnProgress until the call returns.
func (f *csvFile) progress(progress BulkProgress) {
	if f.onProgress != nil && !f.returned.Load() {
		f.onProgress(progress)
	}
}

// release ends rows that were begun and never sent. Otherwise the upload ends
// them.
func (f *csvFile) release() {
	f.returned.Store(true)
	if rows, ok := f.source.(*RowReader); ok && !f.opened.Load() {
		_ = rows.Close() // never fails
	}
}

// sameFile is a file that was checked before, while it is sent. If the file has
// changed since, it fails at its end, and the body of the request is never
// completed. Comparing digests takes a tenth of the time of checking again (bench:
// BenchmarkUpload).
type sameFile struct {
	file    io.Reader
	digest  maphash.Hash
	checked uint64
}

func newSameFile(file io.Reader, checked *maphash.Hash) *sameFile {
	made := &sameFile{file: file, checked: checked.Sum64()}
	made.digest.SetSeed(checked.Seed())
	return made
}

func (f *sameFile) Read(buffer []byte) (int, error) {
	n, err := f.file.Read(buffer)
	_, _ = f.digest.Write(buffer[:n]) // never fails
	if errors.Is(err, io.EOF) && f.digest.Sum64() != f.checked {
		return 0, errors.New("the CSV source changed after it was checked: do not write to it until the call returns")
	}
	return n, err
}

// checkedFile reads a file and stops at the first mistake.
type checkedFile struct {
	file       io.Reader
	checker    csvcheck.Checker
	rows       *RowReader         // nil when the source is another
	onProgress func(BulkProgress) // nil while checking
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

// Close ends the rows that this package writes. It does not close any other
// source.
func (f *checkedFile) Close() error {
	if f.rows == nil {
		return nil
	}
	return f.rows.Close()
}
