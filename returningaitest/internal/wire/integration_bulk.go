package wire

import (
	"encoding/csv"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"

	"github.com/returningai/returningai-go/returningaitest/internal/community"
)

// receivesUpload reads the upload of a bulk job, an import or an update.
func receivesUpload(operation string) func(c *Call, body io.Reader, locked func(func())) {
	return func(c *Call, body io.Reader, locked func(func())) {
		c.upload = &community.BulkUpload{Import: operation == bulkImport}
		c.upload.Operation = operation
		(&bulkReader{c, c.upload, locked}).read(body)
	}
}

func queueImport(c *Call) Result { return queueBulk(c, "Bulk import user process is queued") }

func queueUpdate(c *Call) Result { return queueBulk(c, "Bulk update user process is queued") }

// queueBulk queues a job that was received whole.
func queueBulk(c *Call, message string) Result {
	c.Community.QueueBulk(c.upload)
	return Result{message: message, data: map[string]any{"message": message}}
}

// bulkReader reads an upload of any size: its parts up to the closing
// boundary, and what follows up to the end of the body. It refuses an upload
// that ends earlier.
type bulkReader struct {
	call   *Call
	job    *community.BulkUpload
	locked func(func())
}

func (b *bulkReader) read(body io.Reader) {
	mediaType, parameters, err := mime.ParseMediaType(b.call.Header.Get("Content-Type"))
	if err != nil || mediaType != "multipart/form-data" || parameters["boundary"] == "" {
		refused(http.StatusBadRequest, "the content type is not multipart/form-data")
	}
	parts := multipart.NewReader(body, parameters["boundary"])
	for {
		part, err := parts.NextPart()
		if err == io.EOF { // a form that ends before its closing boundary wraps it
			break
		}
		b.readPart(complete(part, err))
	}
	complete(io.Copy(io.Discard, body))
	switch {
	case b.job.Columns == nil:
		refused(http.StatusBadRequest, "data is required")
	case b.job.Import && b.job.CommunityID == "":
		refused(http.StatusBadRequest, "communityId is required")
	}
}

// complete returns what was read of an upload, unless it broke off.
func complete[T any](read T, err error) T {
	if err != nil {
		refused(http.StatusBadRequest, "the upload is incomplete or malformed")
	}
	return read
}

func (b *bulkReader) readPart(part *multipart.Part) {
	switch part.FormName() {
	case "communityId":
		b.job.CommunityID = string(complete(io.ReadAll(io.LimitReader(part, 1<<10))))
	case "data":
		if part.FileName() == "" {
			refused(http.StatusBadRequest, "data must be a file")
		}
		if b.job.Columns != nil {
			refused(http.StatusBadRequest, "data must be one file")
		}
		b.job.FileName = part.FileName()
		b.readFile(part)
	}
}

// readFile reads a CSV file, row by row.
func (b *bulkReader) readFile(file io.Reader) {
	counted := &countingReader{reader: file}
	rows := csv.NewReader(counted)
	rows.ReuseRecord = true
	header, err := rows.Read()
	if err != nil {
		refused(http.StatusBadRequest, "the file has no header row that can be read")
	}
	b.job.Columns = slices.Clone(header)
	checkDone(b.job.CheckHeader())
	for {
		cells, err := rows.Read()
		if errors.Is(err, io.EOF) {
			b.job.Bytes = counted.count
			return
		}
		if err != nil {
			refused(http.StatusBadRequest, "row %d of the file could not be read", b.job.Rows+1)
		}
		b.job.Rows++
		if err := b.job.CheckRow(cells); err != nil {
			refused(http.StatusBadRequest, "row %d of the file: %v", b.job.Rows, err)
		}
		b.locked(func() { b.call.Community.KeepRow(b.job, cells) })
	}
}

// countingReader counts what is read through it.
type countingReader struct {
	reader io.Reader
	count  int64
}

func (c *countingReader) Read(into []byte) (int, error) {
	n, err := c.reader.Read(into)
	c.count += int64(n)
	return n, err
}
