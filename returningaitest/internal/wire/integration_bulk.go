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

func bulkRoutes() []Route {
	routes := []Route{
		route("integration.users.bulkImport", Integration, "POST /users/bulk-import", anonymous, queueImport),
		route("integration.users.bulkUpdate", Integration, "POST /users/bulk-update", community.PermissionBulkUpdateUser, queueUpdate),
	}
	for i, operation := range routes {
		routes[i].receive = func(c *Call, body io.Reader, locked func(func())) error {
			c.upload = &community.BulkUpload{Import: i == 0}
			c.upload.Operation = operation.Operation
			return (&bulkReader{c, c.upload, locked}).read(body)
		}
	}
	return routes
}

func queueImport(c *Call) (Result, error) { return queueBulk(c, "Bulk import user process is queued") }

func queueUpdate(c *Call) (Result, error) { return queueBulk(c, "Bulk update user process is queued") }

// queueBulk queues a job that was received whole.
func queueBulk(c *Call, message string) (Result, error) {
	c.Community.QueueBulk(c.upload)
	return Result{message: message, data: map[string]any{"message": message}}, nil
}

var errIncomplete = Refuse(http.StatusBadRequest, "the upload is incomplete or malformed")

// bulkReader reads an upload of any size: its parts up to the closing
// boundary, and what follows up to the end of the body. It refuses an upload
// that ends earlier.
type bulkReader struct {
	call   *Call
	job    *community.BulkUpload
	locked func(func())
}

func (b *bulkReader) read(body io.Reader) error {
	mediaType, parameters, err := mime.ParseMediaType(b.call.Header.Get("Content-Type"))
	if err != nil || mediaType != "multipart/form-data" || parameters["boundary"] == "" {
		return Refuse(http.StatusBadRequest, "the content type is not multipart/form-data")
	}
	parts := multipart.NewReader(body, parameters["boundary"])
	for {
		part, err := parts.NextPart()
		if err == io.EOF { // a form that ends before its closing boundary wraps it
			break
		}
		if err != nil {
			return errIncomplete
		}
		if err := b.readPart(part); err != nil {
			return err
		}
	}
	if _, err := io.Copy(io.Discard, body); err != nil {
		return errIncomplete
	}
	switch {
	case b.job.Columns == nil:
		return Refuse(http.StatusBadRequest, "data is required")
	case b.job.Import && b.job.CommunityID == "":
		return Refuse(http.StatusBadRequest, "communityId is required")
	}
	return nil
}

func (b *bulkReader) readPart(part *multipart.Part) error {
	switch part.FormName() {
	case "communityId":
		text, err := io.ReadAll(io.LimitReader(part, 1<<10))
		if err != nil {
			return errIncomplete
		}
		b.job.CommunityID = string(text)
	case "data":
		if part.FileName() == "" {
			return Refuse(http.StatusBadRequest, "data must be a file")
		}
		if b.job.Columns != nil {
			return Refuse(http.StatusBadRequest, "data must be one file")
		}
		b.job.FileName = part.FileName()
		return b.readFile(part)
	}
	return nil
}

// readFile reads a CSV file, row by row.
func (b *bulkReader) readFile(file io.Reader) error {
	counted := &countingReader{reader: file}
	rows := csv.NewReader(counted)
	rows.ReuseRecord = true
	header, err := rows.Read()
	if err != nil {
		return Refuse(http.StatusBadRequest, "the file has no header row that can be read")
	}
	b.job.Columns = slices.Clone(header)
	if err := b.job.CheckHeader(); err != nil {
		return err
	}
	for {
		cells, err := rows.Read()
		if errors.Is(err, io.EOF) {
			b.job.Bytes = counted.count
			return nil
		}
		if err != nil {
			return Refuse(http.StatusBadRequest, "row %d of the file could not be read", b.job.Rows+1)
		}
		b.job.Rows++
		if err := b.job.CheckRow(cells); err != nil {
			return Refuse(http.StatusBadRequest, "row %d of the file: %v", b.job.Rows, err)
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
