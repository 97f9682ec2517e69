package integration

import (
	"context"
	"encoding/json"
	"io"

	"github.com/returningai/returningai-go/internal/rest"
)

// BulkImportParams is a file of new users.
type BulkImportParams struct {
	// CommunityID is the community that the users are for. Required.
	CommunityID string
	// CSV is the file, from where it stands. Required. See
	// [UsersService.BulkImport].
	CSV io.Reader
	// FileName is the name that the file is sent under, "users.csv" when
	// empty.
	FileName string
	// OnProgress, unless nil, is told how the upload comes along, also when it
	// ends. It runs on another goroutine, never twice at once, and holds up
	// the upload while it runs. When the request is repeated it starts over.
	OnProgress func(BulkProgress)
}

func (p BulkImportParams) problems() (problems rest.Problems) {
	problems.Require("CommunityID", p.CommunityID)
	requireCSV(&problems, p.CSV)
	return problems
}

// BulkUpdateParams is a file of changes to users.
type BulkUpdateParams struct {
	// CSV is the file, from where it stands. Required. See
	// [UsersService.BulkUpdate].
	CSV io.Reader
	// FileName is the name that the file is sent under, "users.csv" when
	// empty.
	FileName string
	// OnProgress, unless nil, is told how the upload comes along, also when it
	// ends. It runs on another goroutine, never twice at once, and holds up
	// the upload while it runs. When the request is repeated it starts over.
	OnProgress func(BulkProgress)
}

func (p BulkUpdateParams) problems() (problems rest.Problems) {
	requireCSV(&problems, p.CSV)
	return problems
}

func requireCSV(problems *rest.Problems, source io.Reader) {
	rows, isRows := source.(*RowReader)
	switch {
	case source == nil, isRows && rows == nil:
		problems.Add("CSV", "must not be nil")
	case isRows && rows.problem != "":
		problems.Add("CSV", rows.problem)
	}
}

// QueuedJob is the answer to a bulk import or update: the file was received,
// and the job waits. It does not say that anything was done, nor that the rows
// are good ones; the community's API log shows how the job comes along.
type QueuedJob struct {
	// Message is what the API says, as in "Bulk update user process is queued".
	Message string `json:"message,omitzero"`
	// Detail is what it says besides, where that differs.
	Detail string `json:"detail,omitzero"`
	// Extra holds the members that this package does not know.
	Extra map[string]json.RawMessage `json:",embed"`
}

type queuedJobJSON QueuedJob

// MarshalJSON writes the answer with all its members, the unknown ones
// included.
func (j QueuedJob) MarshalJSON() ([]byte, error) { return rest.MarshalAnswer(queuedJobJSON(j)) }

// UnmarshalJSON reads the answer leniently, and keeps unknown members.
func (j *QueuedJob) UnmarshalJSON(data []byte) error {
	return rest.UnmarshalAnswer(data, (*queuedJobJSON)(j))
}

var usersBulkImport = rest.Define(rest.Operation{
	ID: "integration.users.bulkImport", GoMethod: "Integration.Users.BulkImport",
	Family: rest.Integration, Method: "POST", Path: "/users/bulk-import",
	Anonymous: true, Docs: rest.DocsPage("apis/integration/bulk-import"),
	RouteCertainty: rest.Documented, BodyCertainty: rest.Documented,
})

// BulkImport uploads a CSV file of new users and queues its import: that it
// returns without an error means that the job is queued, not that it is done
// or will succeed.
//
// The headings follow the user-list template of the community; cells that are
// empty stay empty. The file comes from a reader, or from Go values through
// [EncodeRows] and [EncodeCursor]. No token is needed; one that is configured
// is sent.
//
// The file is checked here, since the job could only fail after the answer: a
// heading with unique names and no white space around them, the same number of
// cells in every row, quotes as in RFC 4180, UTF-8 (a byte order mark is left
// out), no NUL, no empty lines, at least one row ([ErrNoRows]). A [CSVError]
// says where the file is wrong.
// Headings may end in _op, which means nothing in an import.
//
// A reader that is an io.Seeker is checked to its end before anything is sent,
// and read again to be sent, with its size announced; it must not change
// meanwhile, and not be used otherwise until the call returns. Any other
// reader is checked as it is sent, and an error cuts the upload short; that
// the API makes nothing of a part is assumed. So does the end of ctx. Memory
// use is constant, whatever the size. A reader is never closed, unless it is a
// [RowReader]. The attempt timeout starts again whenever the file advances. When
// a reader blocks, the call returns without it half a second after the end of
// ctx or of that timeout; the Read that is under way then is the last.
//
// The upload is never repeated once it may have been processed, and one whose
// source cannot seek is never repeated at all.
//
// Operation: integration.users.bulkImport
//
// API docs: https://dev.returning.ai/apis/integration/bulk-import
func (s *UsersService) BulkImport(ctx context.Context, params BulkImportParams) (QueuedJob, error) {
	file := &csvFile{source: params.CSV, name: params.FileName, onProgress: params.OnProgress}
	return s.queue(ctx, usersBulkImport, params.problems(), file, rest.Field{Name: "communityId", Value: params.CommunityID})
}

var usersBulkUpdate = rest.Define(rest.Operation{
	ID: "integration.users.bulkUpdate", GoMethod: "Integration.Users.BulkUpdate",
	Family: rest.Integration, Method: "POST", Path: "/users/bulk-update",
	Permission: "bulkUpdateUser", Docs: rest.DocsPage("bulk-update"),
	RouteCertainty: rest.Documented, BodyCertainty: rest.Documented, PermissionCertainty: rest.Assumed,
})

// BulkUpdate uploads a CSV file of changes to users and queues its
// application: that it returns without an error means that the job is queued,
// not that it is done or will succeed. Progress shows in the community's API
// log.
//
// The file has the columns that change, besides the one that names the user,
// and overwrites them. A numeric column may stand directly after a column of
// the same name with _op behind it, as in xp_op,xp, whose cells are add,
// subtract or overwrite, in lower case. What an empty cell does is not known.
// The file comes from a reader, or from Go values through [EncodeRows] and
// [EncodeCursor], which write the op columns from [Add], [Subtract] and
// [Overwrite].
//
// The file is checked, sent and never repeated as in
// [UsersService.BulkImport]. Besides, a column whose heading ends in _op must
// stand directly before the one that it is for, its cells must be ops, and
// those after them decimal numbers that a float64 can hold, of at most 400
// characters; a sign and an exponent are let pass, and what the API makes of
// them is not known. That the permission bulkUpdateUser is needed is assumed.
//
// Operation: integration.users.bulkUpdate
//
// API docs: https://dev.returning.ai/bulk-update
func (s *UsersService) BulkUpdate(ctx context.Context, params BulkUpdateParams) (QueuedJob, error) {
	file := &csvFile{source: params.CSV, name: params.FileName, ops: true, onProgress: params.OnProgress}
	return s.queue(ctx, usersBulkUpdate, params.problems(), file)
}

// queue uploads the file of a job. What the API says stands in the envelope,
// in its data, or in both.
func (s *UsersService) queue(ctx context.Context, op *rest.Operation, problems rest.Problems, file *csvFile, fields ...rest.Field) (QueuedJob, error) {
	request := rest.Request{Problems: problems}
	if len(problems) == 0 {
		request.Upload = file.upload(fields...)
		defer file.release()
	}
	answer, err := rest.DoAnswer[QueuedJob](ctx, s.caller, op, request)
	job := answer.Data
	if answer.Message != "" && answer.Message != job.Message {
		job.Message, job.Detail = answer.Message, job.Message
	}
	return job, err
}
