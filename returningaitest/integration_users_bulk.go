package returningaitest

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"time"
)

// The operations of bulk jobs.
const (
	bulkImport = "integration.users.bulkImport"
	bulkUpdate = "integration.users.bulkUpdate"
)

func (s *Server) usersBulkRoutes() []*route {
	return []*route{{
		operation: bulkImport,
		family:    Integration,
		method:    http.MethodPost,
		pattern:   "/users/bulk-import",
		anonymous: true,
		receive:   func(c *call) error { return s.receiveBulk(c, bulkImport) },
		serve: func(c *call) (result, error) {
			return s.queueBulk(c, "Bulk import user process is queued")
		},
	}, {
		operation:  bulkUpdate,
		family:     Integration,
		method:     http.MethodPost,
		pattern:    "/users/bulk-update",
		permission: PermissionBulkUpdateUser,
		receive:    func(c *call) error { return s.receiveBulk(c, bulkUpdate) },
		serve: func(c *call) (result, error) {
			return s.queueBulk(c, "Bulk update user process is queued")
		},
	}}
}

// BulkJob is a bulk import or update that was received whole. It takes effect
// when [Server.RunBulkJobs] runs it.
type BulkJob struct {
	ID          string
	Operation   string // "integration.users.bulkImport" or "integration.users.bulkUpdate"
	CommunityID string // of an import
	FileName    string
	Columns     []string // the heading
	Bytes       int64    // of the file
	Rows        int64    // without the heading
	Skipped     int64    // rows of an update that name nobody, or of an import that name a user who is there
	QueuedAt    time.Time
	Done        bool
}

// bulkStore holds the jobs in the order they were received.
type bulkStore struct {
	all []*bulkJob
}

// bulkJob is a job and what it does. The file itself is not kept, and neither
// are rows of an update that name nobody: a file may be larger than memory.
type bulkJob struct {
	BulkJob
	rows []bulkRow
}

// bulkRow is what a job does for one row.
type bulkRow struct {
	user  *User // of an update
	cells []string
}

// BulkJobs returns a copy of the bulk jobs, oldest first.
func (s *Server) BulkJobs() []BulkJob {
	s.mu.Lock()
	defer s.mu.Unlock()
	copies := make([]BulkJob, 0, len(s.state.bulk.all))
	for _, job := range s.state.bulk.all {
		copied := job.BulkJob
		copied.Columns = slices.Clone(job.Columns)
		copies = append(copies, copied)
	}
	return copies
}

// RunBulkJobs runs the bulk jobs that are queued, in their order, and returns
// how many there were. Until then none has any effect.
//
// Assumed: which columns name a user (email, else username), that an update
// empties what has an empty cell, and that it leaves the columns alone that
// name users. An import gives a user without a username the email as one.
func (s *Server) RunBulkJobs() int {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	run := 0
	for _, job := range s.state.bulk.all {
		if job.Done {
			continue
		}
		for _, row := range job.rows {
			s.runBulkRow(job, row, now)
		}
		job.Done, job.rows = true, nil
		run++
	}
	return run
}

func (s *Server) runBulkRow(job *bulkJob, row bulkRow, now time.Time) {
	user := row.user
	if job.Operation == bulkImport {
		user = s.importUser(job, row, now)
	}
	if user == nil {
		job.Skipped++
		return
	}
	operation := ""
	for i, name := range job.Columns {
		cell := row.cells[i]
		if job.opColumn(i) {
			operation = cell
			continue
		}
		if job.Operation == bulkUpdate || cell != "" {
			user.setCell(name, operation, cell)
		}
		operation = ""
	}
}

// importUser adds the user that a row of an import names; nil when there is
// one already.
func (s *Server) importUser(job *bulkJob, row bulkRow, now time.Time) *User {
	var user User
	for i, name := range job.Columns {
		switch name {
		case "email":
			user.Email = row.cells[i]
		case "username":
			user.Username = row.cells[i]
		}
	}
	if user.Username == "" {
		user.Username = user.Email
	}
	if user.Username == "" || s.state.users.taken(user) != "" {
		return nil
	}
	return s.state.users.named(s.newUser(user, now).Username)
}

// receiveBulk reads an upload: its parts, to the closing boundary, and what
// follows, to the end of the body. One that ends before is refused, and none of
// it is kept.
func (s *Server) receiveBulk(c *call, operation string) error {
	mediaType, parameters, err := mime.ParseMediaType(c.header.Get("Content-Type"))
	if err != nil || mediaType != "multipart/form-data" || parameters["boundary"] == "" {
		return refuse(http.StatusBadRequest, "the content type is not multipart/form-data")
	}
	job := &bulkJob{BulkJob: BulkJob{Operation: operation, QueuedAt: c.now}}
	parts := multipart.NewReader(c.upload, parameters["boundary"])
	for {
		part, err := parts.NextPart()
		if err == io.EOF { // a form that ends before its closing boundary wraps it
			break
		}
		if err != nil {
			return errIncomplete
		}
		if err := s.receivePart(job, part); err != nil {
			return err
		}
	}
	if _, err := io.Copy(io.Discard, c.upload); err != nil {
		return errIncomplete
	}
	switch {
	case job.Columns == nil:
		return refuse(http.StatusBadRequest, "data is required")
	case operation == bulkImport && job.CommunityID == "":
		return refuse(http.StatusBadRequest, "communityId is required")
	}
	c.received = job
	return nil
}

var errIncomplete = refuse(http.StatusBadRequest, "the upload is incomplete or malformed")

func (s *Server) receivePart(job *bulkJob, part *multipart.Part) error {
	switch part.FormName() {
	case "communityId":
		text, err := io.ReadAll(io.LimitReader(part, 1<<10))
		if err != nil {
			return errIncomplete
		}
		job.CommunityID = string(text)
	case "data":
		if part.FileName() == "" {
			return refuse(http.StatusBadRequest, "data must be a file")
		}
		if job.Columns != nil {
			return refuse(http.StatusBadRequest, "data must be one file")
		}
		job.FileName = part.FileName()
		return s.receiveFile(job, part)
	}
	return nil
}

// receiveFile reads a CSV file, row by row.
func (s *Server) receiveFile(job *bulkJob, file io.Reader) error {
	counted := &countingReader{reader: file}
	rows := csv.NewReader(counted)
	rows.ReuseRecord = true
	heading, err := rows.Read()
	if err != nil {
		return refuse(http.StatusBadRequest, "the file has no heading that could be read")
	}
	job.Columns = slices.Clone(heading)
	if err := job.checkHeading(); err != nil {
		return err
	}
	for {
		cells, err := rows.Read()
		if errors.Is(err, io.EOF) {
			job.Bytes = counted.count
			return nil
		}
		if err != nil {
			return refuse(http.StatusBadRequest, "row %d of the file could not be read", job.Rows+1)
		}
		job.Rows++
		if err := job.checkCells(cells); err != nil {
			return refuse(http.StatusBadRequest, "row %d of the file: %v", job.Rows, err)
		}
		s.keepRow(job, cells)
	}
}

// keepRow keeps a row that will do something.
func (s *Server) keepRow(job *bulkJob, cells []string) {
	row := bulkRow{}
	if job.Operation == bulkUpdate {
		s.mu.Lock()
		row.user = s.state.users.named(cells[userColumn(job.Columns)])
		s.mu.Unlock()
		if row.user == nil || !row.user.active() {
			job.Skipped++
			return
		}
	}
	row.cells = slices.Clone(cells)
	job.rows = append(job.rows, row)
}

// queueBulk queues a job that was received whole.
func (s *Server) queueBulk(c *call, message string) (result, error) {
	job, ok := c.received.(*bulkJob)
	if !ok {
		return result{}, fmt.Errorf("no job was received")
	}
	job.ID = s.newID()
	s.state.bulk.all = append(s.state.bulk.all, job)
	return result{message: message, data: map[string]any{"message": message}}, nil
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
