package integration

import (
	"context"
	"encoding/json"
	"io"

	"github.com/returningai/returningai-go/internal/rest"
)

// BulkImportParams holds a file of new users.
type BulkImportParams struct {
	// CommunityID is the community that the users are for. Required.
	CommunityID string
	// CSV is the file, from its current position. Required. See
	// [UsersService.BulkImport].
	CSV io.Reader
	// FileName is the name of the file in the request, "users.csv" by default.
	FileName string
	// OnProgress, if set, is called during the upload and once at the end. Calls
	// come from another goroutine, one at a time; a slow callback slows the
	// upload. A retry starts over.
	OnProgress func(BulkProgress)
}

func (p BulkImportParams) problems() (problems rest.Problems) {
	problems.Require("CommunityID", p.CommunityID)
	requireCSV(&problems, p.CSV)
	return problems
}

// BulkUpdateParams holds a file of changes to users.
type BulkUpdateParams struct {
	// CSV is the file, from its current position. Required. See
	// [UsersService.BulkUpdate].
	CSV io.Reader
	// FileName is the name of the file in the request, "users.csv" by default.
	FileName string
	// OnProgress, if set, is called during the upload and once at the end. Calls
	// come from another goroutine, one at a time; a slow callback slows the
	// upload. A retry starts over.
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

// QueuedJob is the response to a bulk import or update: the file was received,
// and the job waits. It does not mean that anything was done, or that the rows
// are valid; the community's API log shows the progress of the job.
type QueuedJob struct {
	// Message is the message of the API, as in "Bulk update user process is queued".
	Message string `json:"message,omitzero"`
	// Detail is a second message, if it differs.
	Detail string `json:"detail,omitzero"`
	// Extra holds unknown fields, and values that could not be parsed.
	Extra map[string]json.RawMessage `json:",embed"`
}

var usersBulkImport = rest.Define(rest.Operation{
	ID: "integration.users.bulkImport", GoMethod: "Integration.Users.BulkImport",
	Family: rest.Integration, Method: "POST", Path: "/users/bulk-import",
	Anonymous: true, Docs: rest.DocsPage("apis/integration/bulk-import"),
	RouteCertainty: rest.Documented, BodyCertainty: rest.Documented,
})

// BulkImport uploads a CSV file of new users and queues its import. A nil error
// means that the job is queued, not that it is done or will succeed.
//
// The headings follow the user-list template of the community; empty cells stay
// empty. The file comes from a reader, or from Go values through [EncodeRows]
// and [EncodeCursor]. A heading may end in _op, which means nothing in an
// import.
//
// The file is checked, because the job could fail only after the response. It
// needs a heading with unique names and no white space around them, the same
// number of cells in every row, quotes as in RFC 4180, and UTF-8 (a byte order
// mark is removed). NUL and empty lines are refused, and a file without rows is
// [ErrNoRows]. A [CSVError] says where the file is wrong.
//
// A reader that is an io.Seeker is checked to its end before anything is sent,
// and read again to be sent, with its size announced. It must not be used
// otherwise until the call returns, and a call whose file changes fails. Any other
// reader is checked while it is sent, and an error cuts the upload short; that the
// API ignores a partial file is assumed. The end of ctx cuts it short, too. Memory
// use is constant. A reader is never closed, unless it is a [RowReader].
//
// The attempt timeout starts again whenever the file advances. If a reader
// blocks, the call returns half a second after the end of ctx or of that
// timeout; the Read that is under way then is the last. An upload whose source
// cannot seek is never retried.
//
// Key: none. A configured bearer token is sent.
// Retried: only if nothing was sent, or on 429.
// After MaybeApplied: the community's API log shows the jobs. See docs/after-maybe-applied.md.
// Operation: integration.users.bulkImport
// API docs: https://dev.returning.ai/apis/integration/bulk-import
// Certainty: documented.
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

// BulkUpdate uploads a CSV file of changes to users and queues them. A nil error
// means that the job is queued, not that it is done or will succeed. The
// community's API log shows the progress.
//
// The file has the columns that change, beside the one that names the user,
// and overwrites them. A numeric column may follow a column of the same name
// with _op behind it, as in xp_op,xp, whose cells are add, subtract or
// overwrite, in lower case. What an empty cell does is not known. The file comes
// from a reader, or from Go values through [EncodeRows] and [EncodeCursor],
// which write the op columns from [Add], [Subtract] and [Overwrite].
//
// The file is checked and sent as in [UsersService.BulkImport]. In addition, a
// column whose heading ends in _op must stand directly before its column. Its
// cells must be ops, and those after them decimal numbers that a float64 can
// hold, of at most 400 characters. A sign and an exponent are accepted; what the
// API does with them is not known.
//
// Key: bearer token with permission bulkUpdateUser.
// Retried: only if nothing was sent, or on 429.
// After MaybeApplied: the community's API log shows the jobs. Only overwrite is safe to send again. See docs/after-maybe-applied.md.
// Operation: integration.users.bulkUpdate
// API docs: https://dev.returning.ai/bulk-update
// Certainty: permission is assumed.
func (s *UsersService) BulkUpdate(ctx context.Context, params BulkUpdateParams) (QueuedJob, error) {
	file := &csvFile{source: params.CSV, name: params.FileName, ops: true, onProgress: params.OnProgress}
	return s.queue(ctx, usersBulkUpdate, params.problems(), file)
}

// queue uploads the file of a job. The message of the API is in the envelope,
// in its data, or in both.
func (s *UsersService) queue(ctx context.Context, op *rest.Operation, problems rest.Problems, file *csvFile, fields ...rest.Field) (QueuedJob, error) {
	request := rest.Request{Problems: problems}
	if len(problems) == 0 {
		request.Upload = file.upload(fields...)
		defer file.release()
	}
	return rest.DoResponse(ctx, s.caller, op, request, func(result *rest.Result[QueuedJob]) *rest.Failure {
		job := result.Data
		if message := result.Message(); message != "" && message != job.Message {
			job.Message, job.Detail = message, job.Message
		}
		return nil
	})
}
