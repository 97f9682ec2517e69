package integration_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/testkit/golden"
)

const usersFile = "email,xp_op,xp,tier\nbot@example.com,add,5,gold\nplayer-one@example.com,overwrite,7,\"silver, 2\"\n"

// bulkCalls performs each bulk operation with a file.
var bulkCalls = map[string]func(context.Context, *returningai.Client, io.Reader) (integration.QueuedJob, error){
	"integration.users.bulkImport": func(ctx context.Context, client *returningai.Client, file io.Reader) (integration.QueuedJob, error) {
		return client.Integration.Users.BulkImport(ctx, integration.BulkImportParams{CommunityID: "65f0c0ffee65f0c0ffee0001", CSV: file})
	},
	"integration.users.bulkUpdate": func(ctx context.Context, client *returningai.Client, file io.Reader) (integration.QueuedJob, error) {
		return client.Integration.Users.BulkUpdate(ctx, integration.BulkUpdateParams{CSV: file})
	},
}

// oneShot hides whatever else a reader can do.
func oneShot(file string) io.Reader { return struct{ io.Reader }{strings.NewReader(file)} }

func TestBulkRequest(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	for operation, call := range bulkCalls {
		_, err := call(t.Context(), srv.Client(), strings.NewReader(usersFile))
		require.NoError(t, err)
		_, err = call(t.Context(), srv.Client(), oneShot(usersFile))
		require.NoError(t, err)
		requests := srv.RequestsTo(operation)
		golden.Request(t, operation+".oneshot", requests[1])
		require.Equal(t, requests[0].BodySize, requests[0].ContentLength, "the size of a source that can seek is announced")
		require.EqualValues(t, -1, requests[1].ContentLength)
	}
}

func TestBulkImportWithoutToken(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	client, err := returningai.New(returningai.WithBaseURL(returningai.FamilyIntegration, srv.URL(returningaitest.Integration)))
	require.NoError(t, err)
	job, err := bulkCalls["integration.users.bulkImport"](t.Context(), client, strings.NewReader(usersFile))
	require.NoError(t, err)
	require.Equal(t, "Bulk import user process is queued", job.Message)
	require.NotContains(t, srv.Requests()[0].Header, "Authorization")
	require.Equal(t, "65f0c0ffee65f0c0ffee0001", srv.BulkJobs()[0].CommunityID)

	_, err = bulkCalls["integration.users.bulkUpdate"](t.Context(), client, strings.NewReader(usersFile))
	require.ErrorIs(t, err, returningai.ErrNoCredential)

	wrong, err := client.With(returningai.WithBearer("not-a-token"))
	require.NoError(t, err)
	_, err = bulkCalls["integration.users.bulkImport"](t.Context(), wrong, strings.NewReader(usersFile))
	require.ErrorIs(t, err, returningai.ErrUnauthorized, "a token that is configured is sent")
	require.Len(t, srv.BulkJobs(), 1)
}

func TestBulkIsQueued(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	job, err := srv.Client().Integration.Users.BulkUpdate(t.Context(), integration.BulkUpdateParams{
		CSV: strings.NewReader(usersFile + "nobody@example.com,add,1,\n"),
	})
	require.NoError(t, err)
	require.Equal(t, integration.QueuedJob{Message: "Bulk update user process is queued"}, job)

	queued := srv.BulkJobs()
	require.Len(t, queued, 1)
	require.False(t, queued[0].Done)
	require.Equal(t, []string{"email", "xp_op", "xp", "tier"}, queued[0].Columns)
	require.EqualValues(t, 3, queued[0].Rows)
	require.EqualValues(t, len(usersFile)+len("nobody@example.com,add,1,\n"), queued[0].Bytes)
	require.Zero(t, srv.Users()[0].XP, "nothing happens before the job has run")

	require.Equal(t, 1, srv.RunBulkJobs())
	require.Zero(t, srv.RunBulkJobs(), "a job runs once")
	users := srv.Users()
	require.InDelta(t, 5, users[0].XP, 0)
	require.Equal(t, "gold", users[0].CustomFields["tier"])
	require.InDelta(t, 7, users[1].XP, 0)
	require.Equal(t, "silver, 2", users[1].CustomFields["tier"])
	require.EqualValues(t, 1, srv.BulkJobs()[0].Skipped)

	_, err = srv.Client().Integration.Users.BulkImport(t.Context(), integration.BulkImportParams{
		CommunityID: "c", CSV: strings.NewReader("username,email,first_name,guild\nnova,nova@example.com,Nova,\nbot,other@example.com,x,y\n"),
	})
	require.NoError(t, err)
	require.Len(t, srv.Users(), 3)
	require.Equal(t, 1, srv.RunBulkJobs())
	users = srv.Users()
	require.Len(t, users, 4)
	require.Equal(t, "Nova", users[3].FirstName)
	require.NotContains(t, users[3].CustomFields, "guild", "empty cells stay empty")
}

func TestBulkResponses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		response string
		want     integration.QueuedJob
		again    string
	}{
		"as documented": {
			`{"status":"success","message":"Bulk import user process is queued","data":{"message":"Bulk import user process is queued"}}`,
			integration.QueuedJob{Message: "Bulk import user process is queued"},
			`{"message":"Bulk import user process is queued"}`,
		},
		"message alone": {`{"status":"success","message":"queued"}`, integration.QueuedJob{Message: "queued"}, `{"message":"queued"}`},
		"data alone":    {`{"status":"success","data":{"message":"queued"}}`, integration.QueuedJob{Message: "queued"}, `{"message":"queued"}`},
		"two messages": {
			`{"status":"success","message":"queued","data":{"message":"see the log"}}`,
			integration.QueuedJob{Message: "queued", Detail: "see the log"}, `{"message":"queued","detail":"see the log"}`,
		},
		"unknown members": {
			`{"status":"success","data":{"message":"queued","jobId":12}}`,
			integration.QueuedJob{Message: "queued", Extra: map[string]json.RawMessage{"jobId": json.RawMessage("12")}},
			`{"message":"queued","jobId":12}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := returningaitest.NewServer(t)
			for operation, call := range bulkCalls {
				srv.Inject(returningaitest.Fault{Operation: operation, Applied: true, Response: returningaitest.Raw(http.StatusOK, "application/json", test.response)})
				job, err := call(t.Context(), srv.Client(), strings.NewReader(usersFile))
				require.NoError(t, err)
				require.Equal(t, test.want, job)
				again, err := returningai.Marshal(job)
				require.NoError(t, err)
				require.JSONEq(t, test.again, string(again))
			}
		})
	}
}

func TestBulkRequiredParams(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	users := srv.Client().Integration.Users
	_, importErr := users.BulkImport(t.Context(), integration.BulkImportParams{})
	_, updateErr := users.BulkUpdate(t.Context(), integration.BulkUpdateParams{})
	for operation, refused := range map[string]struct {
		err  error
		want []returningai.Problem
	}{
		"integration.users.bulkImport": {importErr, []returningai.Problem{{Field: "CommunityID", Rule: "must not be empty"}, {Field: "CSV", Rule: "must not be nil"}}},
		"integration.users.bulkUpdate": {updateErr, []returningai.Problem{{Field: "CSV", Rule: "must not be nil"}}},
	} {
		failure, ok := errors.AsType[*returningai.Error](refused.err)
		require.True(t, ok, operation)
		require.ErrorIs(t, failure, returningai.ErrInvalid)
		require.Equal(t, operation, failure.Operation)
		require.Equal(t, refused.want, failure.Problems())

		_, err := bulkCalls[operation](t.Context(), srv.Client(), (*integration.RowReader)(nil))
		failure, ok = errors.AsType[*returningai.Error](err)
		require.True(t, ok, operation)
		require.Equal(t, []returningai.Problem{{Field: "CSV", Rule: "must not be nil"}}, failure.Problems())
	}
	require.Empty(t, srv.Requests())
}

// place is a file that is refused, and where.
type place struct {
	file         string
	line, column int
}

// malformed lists files that are refused, and where. The checker's own tests
// know many more.
var malformed = map[string]place{
	"nothing":                      {"", 1, 1},
	"no rows":                      {"email,xp\n", 2, 1},
	"a nameless column":            {"email,,xp\na,b,1\n", 1, 2},
	"a column twice":               {"email,xp,email\na,1,b\n", 1, 3},
	"white space before a name":    {"email, email\na,b\n", 1, 2},
	"white space behind a name":    {"email ,xp\na,1\n", 1, 1},
	"semicolons":                   {"email;xp\na;1\n", 1, 1},
	"a heading of two lines":       {"email,\"x\np\"\na,1\n", 1, 2},
	"a field too few":              {"a,b,c\n1,2,3\n1,2\n", 3, 3},
	"a field too many":             {"a,b\n1,2\n1,2,3\n", 3, 3},
	"an empty line":                {"a,b\n1,2\n\n3,4\n", 3, 1},
	"an empty last line":           {"a,b\n1,2\n\n", 3, 1},
	"a bare quote":                 {"a,b\n1,x\"y\n", 2, 2},
	"text behind quotes":           {"a,b\n\"1\" ,2\n", 2, 1},
	"a quote that is not doubled":  {"a,b\n\"1\"2\",3\n", 2, 1},
	"an open quote":                {"a,b\n1,2\n3,\"4\n5,6\n7,8\n", 3, 2},
	"a carriage return in a field": {"a,b\n1,x\ry\n", 2, 2},
	"old line ends":                {"a,b\r1,2\r", 1, 2},
	"a NUL":                        {"a,b\n1,x\x00\n", 2, 2},
	"Latin-1":                      {"a,b\n1,caf\xe9\n", 2, 2},
	"a character cut at the end":   {"a,b\n1,\xe2\x82", 2, 2},
	"UTF-16":                       {"\xff\xfea\x00,\x00", 1, 1},
	"a mistake far down":           {"email,xp\n" + strings.Repeat("bot@example.com,9\n", 30_000) + "bot@example.com\n", 30_002, 2},
}

// malformedOps lists files that are refused only as an update.
var malformedOps = map[string]place{
	"an op in capitals":      {"id,xp_op,xp\n1,add,5\n2,ADD,5\n", 3, 2},
	"an unknown op":          {"id,xp_op,xp\n1,multiply,5\n", 2, 2},
	"no op":                  {"id,xp_op,xp\n1,,5\n", 2, 2},
	"no number after an op":  {"id,xp_op,xp\n1,add,five\n", 2, 3},
	"an op column too late":  {"id,xp,xp_op\n1,5,add\n", 1, 3},
	"an op column too early": {"xp_op,id,xp\nadd,1,5\n", 1, 1},
	"an op column by itself": {"id,xp_op\n1,add\n", 1, 2},
}

func TestBulkImportWithoutOps(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	file := "email,co_op,xp,xp_op\nnew@example.com,yes,5,ADD\n"
	for kind, source := range map[string]io.Reader{"seekable": strings.NewReader(file), "one-shot": oneShot(file)} {
		_, err := bulkCalls["integration.users.bulkImport"](t.Context(), srv.Client(), source)
		require.NoError(t, err, kind)
	}
	require.Equal(t, 2, srv.RunBulkJobs())
	users := srv.Users()
	user := users[len(users)-1]
	require.Equal(t, "new@example.com", user.Email)
	require.InDelta(t, 5, user.XP, 0)
	require.Equal(t, map[string]any{"co_op": "yes", "xp_op": "ADD"}, user.CustomFields)
	for name, test := range malformedOps {
		_, err := bulkCalls["integration.users.bulkImport"](t.Context(), clientOver(t, consume), strings.NewReader(test.file))
		require.NoError(t, err, name)
	}
}

func TestBulkMalformedFiles(t *testing.T) {
	t.Parallel()
	require.GreaterOrEqual(t, len(malformed)+len(malformedOps), 20)
	for operation, call := range bulkCalls {
		files := maps.Clone(malformed)
		if operation == "integration.users.bulkUpdate" {
			maps.Copy(files, malformedOps)
		}
		for name, test := range files {
			t.Run(operation+", "+name, func(t *testing.T) {
				t.Parallel()
				for kind, file := range map[string]io.Reader{"seekable": strings.NewReader(test.file), "one-shot": oneShot(test.file)} {
					srv := returningaitest.NewServer(t)
					_, err := call(t.Context(), srv.Client(), file)
					require.ErrorIs(t, err, returningai.ErrInvalid, kind)
					found, ok := errors.AsType[*integration.CSVError](err)
					require.True(t, ok, "%s: %v", kind, err)
					require.Equal(t, []int{test.line, test.column}, []int{found.Line, found.Column}, err)
					require.Contains(t, err.Error(), found.Error())
					failure, _ := errors.AsType[*returningai.Error](err)
					require.Equal(t, operation, failure.Operation)
					require.False(t, failure.MaybeApplied(), "a part of a file is none")
					if kind == "seekable" {
						require.Empty(t, srv.Requests(), "nothing is sent of a file that can be checked before")
						require.Equal(t, "CSV", failure.Problems()[0].Field)
					}
					srv.Close() // every handler has returned: the job would be there
					require.Empty(t, srv.BulkJobs())
				}
			})
		}
	}
}

func TestBulkErrNoRows(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	for _, file := range []io.Reader{strings.NewReader("email\n"), oneShot("email\n")} {
		_, err := bulkCalls["integration.users.bulkUpdate"](t.Context(), srv.Client(), file)
		require.ErrorIs(t, err, integration.ErrNoRows)
		_, err = bulkCalls["integration.users.bulkUpdate"](t.Context(), srv.Client(), strings.NewReader(""))
		require.NotErrorIs(t, err, integration.ErrNoRows, "a file without a heading is a mistake")
	}
}

func TestBulkErrorsHideCells(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	for _, file := range []string{
		"confidential@example.com,confidential@example.com\n", "id,xp_op,xp\n1,confidential,5\n",
		"id,xp_op,xp\n1,add,confidential\n", "a\nconfidential\"\n", "a,b\nconfidential\n",
	} {
		_, err := srv.Client().Integration.Users.BulkUpdate(t.Context(), integration.BulkUpdateParams{CSV: strings.NewReader(file)})
		require.ErrorIs(t, err, returningai.ErrInvalid)
		require.NotContains(t, err.Error(), "confidential")
	}
}

func TestBulkByteOrderMark(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	for _, file := range []io.Reader{strings.NewReader("\ufeff" + usersFile), oneShot("\ufeff" + usersFile)} {
		_, err := bulkCalls["integration.users.bulkUpdate"](t.Context(), srv.Client(), file)
		require.NoError(t, err)
	}
	for _, job := range srv.BulkJobs() {
		require.Equal(t, "email", job.Columns[0])
		require.EqualValues(t, len(usersFile), job.Bytes)
	}
	require.Len(t, srv.BulkJobs(), 2)
}

func TestBulkReadsFromCurrentPosition(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	file := strings.NewReader("# a comment\n" + usersFile)
	_, err := file.Seek(12, io.SeekStart)
	require.NoError(t, err)
	_, err = bulkCalls["integration.users.bulkUpdate"](t.Context(), srv.Client(), file)
	require.NoError(t, err)
	require.EqualValues(t, len(usersFile), srv.BulkJobs()[0].Bytes)
}

func TestBulkPipe(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	// An *os.File has a Seek method also when it cannot seek.
	reader, writer, err := os.Pipe()
	require.NoError(t, err)
	defer reader.Close()
	_, err = writer.WriteString(usersFile)
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	_, err = bulkCalls["integration.users.bulkUpdate"](t.Context(), srv.Client(), reader)
	require.NoError(t, err)
	require.EqualValues(t, -1, srv.Requests()[0].ContentLength)
	require.EqualValues(t, 2, srv.BulkJobs()[0].Rows)
}

func TestBulkFileChangedDuringUpload(t *testing.T) {
	t.Parallel()
	gone := errors.New("the disk is gone")
	for name, test := range map[string]struct {
		later   string
		message string
	}{
		"shorter":  {"email\na\n", "changed after it was checked"},
		"longer":   {"email\na\nb\nc\nd\n", "longer than the 10 bytes"},
		"one byte": {"email\na\nc\n", "changed after it was checked"},
		"broken":   {"", "the disk is gone"},
		"the same": {"email\na\nb\n", ""},
	} {
		for _, onProgress := range []func(integration.BulkProgress){nil, func(integration.BulkProgress) {}} {
			t.Run(name, func(t *testing.T) { // without and with a count of its rows
				t.Parallel()
				srv := returningaitest.NewServer(t)
				later := io.Reader(strings.NewReader(test.later))
				if test.later == "" {
					later = iotest.ErrReader(gone)
				}
				_, err := srv.Client().Integration.Users.BulkUpdate(t.Context(), integration.BulkUpdateParams{
					CSV: &changing{Reader: strings.NewReader("email\na\nb\n"), later: later}, OnProgress: onProgress,
				})
				if test.message == "" {
					require.NoError(t, err)
					return
				}
				require.ErrorContains(t, err, test.message)
				require.ErrorIs(t, err, returningai.ErrInvalid)
				srv.Close() // every handler has returned: the job would be there
				require.Empty(t, srv.BulkJobs())
			})
		}
	}
}

// changing is another file when it is read again.
type changing struct {
	io.Reader
	later io.Reader
	seeks int
}

func (c *changing) Seek(int64, int) (int64, error) {
	if c.seeks++; c.seeks == 2 {
		c.Reader = c.later
	}
	return 0, nil
}

func TestBulkSourceError(t *testing.T) {
	t.Parallel()
	gone := errors.New("the disk is gone")
	broken := func() io.Reader { return io.MultiReader(strings.NewReader(usersFile), iotest.ErrReader(gone)) }
	for operation, call := range bulkCalls {
		srv := returningaitest.NewServer(t)
		_, err := call(t.Context(), srv.Client(), broken())
		require.ErrorIs(t, err, gone, operation)
		require.ErrorIs(t, err, returningai.ErrInvalid)
		srv.Close() // every handler has returned: the job would be there
		require.Empty(t, srv.BulkJobs())

		srv = returningaitest.NewServer(t)
		_, err = call(t.Context(), srv.Client(), &changing{Reader: broken(), seeks: 2})
		require.ErrorIs(t, err, gone, operation)
		_, err = call(t.Context(), srv.Client(), &unseekable{Reader: strings.NewReader(usersFile)})
		require.ErrorIs(t, err, errUnseekable)
		require.LessOrEqual(t, len(srv.Requests()), 1, "only what could be checked is sent")
		srv.Close()
		require.Empty(t, srv.BulkJobs())
	}
}

var errUnseekable = errors.New("cannot seek any more")

// unseekable can be asked for its place once.
type unseekable struct {
	io.Reader
	asked bool
}

func (u *unseekable) Seek(int64, int) (int64, error) {
	if u.asked {
		return 0, errUnseekable
	}
	u.asked = true
	return 0, nil
}
