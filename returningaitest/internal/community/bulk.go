package community

import (
	"slices"
	"time"
)

// BulkJob is a bulk import or update that was received whole.
type BulkJob struct {
	ID          string    `json:"id"`
	Operation   string    `json:"operation"`            // "integration.users.bulkImport" or "integration.users.bulkUpdate"
	CommunityID string    `json:"communityId,omitzero"` // of an import
	FileName    string    `json:"fileName"`
	Columns     []string  `json:"columns"` // the header row
	Bytes       int64     `json:"bytes"`   // of the file
	Rows        int64     `json:"rows"`    // without the header row
	Skipped     int64     `json:"skipped"` // rows of an update that name nobody, or of an import that name an existing user
	QueuedAt    time.Time `json:"queuedAt"`
	Done        bool      `json:"done"`
}

// BulkUpload is a job while it is received and queued. It keeps neither the
// file nor rows of an update that name nobody: a file may be larger than
// memory.
type BulkUpload struct {
	BulkJob

	Import bool
	rows   []bulkRow
}

type bulkRow struct {
	user  *User // of an update
	cells []string
}

// CheckHeader refuses a header row that the job cannot use.
func (j *BulkUpload) CheckHeader() error { return checkHeader(j.Columns, !j.Import) }

// CheckRow refuses a row that the job cannot use.
func (j *BulkUpload) CheckRow(cells []string) error { return checkCells(j.Columns, cells, !j.Import) }

// KeepRow keeps a checked row that will have an effect. The cells may be
// reused afterwards.
func (c *Community) KeepRow(job *BulkUpload, cells []string) {
	row := bulkRow{}
	if !job.Import {
		row.user = c.Users.Named(cells[userColumn(job.Columns)])
		if row.user == nil || !row.user.Active() {
			job.Skipped++
			return
		}
	}
	row.cells = slices.Clone(cells)
	job.rows = append(job.rows, row)
}

// QueueBulk queues a job that was received whole.
func (c *Community) QueueBulk(job *BulkUpload) {
	job.ID, job.QueuedAt = c.NewID(), c.Now()
	c.bulkJobs = append(c.bulkJobs, job)
}

// BulkJobs returns copies of the bulk jobs, oldest first.
func (c *Community) BulkJobs() []BulkJob {
	copies := make([]BulkJob, 0, len(c.bulkJobs))
	for _, job := range c.bulkJobs {
		copied := job.BulkJob
		copied.Columns = slices.Clone(job.Columns)
		copies = append(copies, copied)
	}
	return copies
}

// RunBulkJobs runs the queued jobs in their order and returns how many there
// were.
func (c *Community) RunBulkJobs() int {
	run := 0
	for _, job := range c.bulkJobs {
		if job.Done {
			continue
		}
		for _, row := range job.rows {
			c.runBulkRow(job, row)
		}
		job.Done, job.rows = true, nil
		run++
	}
	return run
}

func (c *Community) runBulkRow(job *BulkUpload, row bulkRow) {
	user := row.user
	if job.Import {
		user = c.importUser(job, row)
	}
	if user == nil {
		job.Skipped++
		return
	}
	operation := ""
	for i, name := range job.Columns {
		cell := row.cells[i]
		if !job.Import && isOpColumn(job.Columns, i) {
			operation = cell
			continue
		}
		if !job.Import || cell != "" {
			user.setCell(name, operation, cell)
		}
		operation = ""
	}
}

// importUser adds the user that a row of an import names; nil if the user
// exists.
func (c *Community) importUser(job *BulkUpload, row bulkRow) *User {
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
	created, err := c.CreateUser(user)
	if err != nil {
		return nil
	}
	return created
}
