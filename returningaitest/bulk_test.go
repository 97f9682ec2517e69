package returningaitest_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/returningaitest"
)

// part is a part of a form; one with a file name is a file.
type part struct{ name, file, content string }

// form is a multipart request to an operation of the Integration family.
func form(srv *returningaitest.Server, path string, parts ...part) request {
	var body bytes.Buffer
	writer := multipart.NewWriter(&body)
	for _, part := range parts {
		into, err := io.Writer(nil), error(nil)
		if part.file == "" {
			into, err = writer.CreateFormField(part.name)
		} else {
			into, err = writer.CreateFormFile(part.name, part.file)
		}
		if err == nil {
			_, err = io.WriteString(into, part.content)
		}
		if err != nil {
			panic(err)
		}
	}
	if err := writer.Close(); err != nil {
		panic(err)
	}
	sent := post(srv, path, body.String())
	sent.header.Set("Content-Type", writer.FormDataContentType())
	return sent
}

func TestRunBulkJobs(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	srv.AddUser(returningaitest.User{Username: "rich", XP: 10, Coins: 100, CustomFields: map[string]any{"score": 2, "rank": "b"}})
	update := mustSend(t, form(srv, "/users/bulk-update", part{"data", "u.csv",
		"username,xp_op,xp,coins_op,coins,score_op,score,rank,displayname\n" +
			"rich,add,5,subtract,30,add,1.5,a,Rich\nrich,add,1,overwrite,7,subtract,0.5,,\nnobody,add,1,add,1,add,1,x,y\n"}))
	require.Equal(t, http.StatusOK, update.status)
	require.JSONEq(t, `{"status":"success","message":"Bulk update user process is queued","data":{"message":"Bulk update user process is queued"}}`, update.body)
	imported := mustSend(t, form(srv, "/users/bulk-import", part{"data", "i.csv", "email,lastname,xp,guild\nnew@example.com,New,5,\n,x,,\nbot@example.com,x,1,y\n"}, part{"communityId", "", "c-1"}))
	require.JSONEq(t, `{"status":"success","message":"Bulk import user process is queued","data":{"message":"Bulk import user process is queued"}}`, imported.body)
	before := srv.Users()
	require.Len(t, before, 4)
	require.InDelta(t, 10, before[3].XP, 0)

	require.Equal(t, 2, srv.RunBulkJobs())
	users := srv.Users()
	require.InDelta(t, 16, users[3].XP, 0)
	require.InDelta(t, 7, users[3].Coins, 0)
	require.Equal(t, map[string]any{"score": 3.0, "rank": ""}, users[3].CustomFields)
	require.Empty(t, users[3].DisplayName)
	require.Equal(t, map[string]any{"score": 2, "rank": "b"}, before[3].CustomFields, "copies stay as they were")
	require.Len(t, users, 5)
	require.Equal(t, "new@example.com", users[4].Username)
	require.InDelta(t, 5, users[4].XP, 0)
	require.Empty(t, users[4].CustomFields)

	jobs := srv.BulkJobs()
	require.Equal(t, []string{"integration.users.bulkUpdate", "integration.users.bulkImport"}, []string{jobs[0].Operation, jobs[1].Operation})
	require.Equal(t, "c-1", jobs[1].CommunityID)
	require.Equal(t, []string{"u.csv", "i.csv"}, []string{jobs[0].FileName, jobs[1].FileName})
	for _, job := range jobs {
		require.True(t, job.Done)
		require.EqualValues(t, 3, job.Rows)
	}
	require.EqualValues(t, 1, jobs[0].Skipped)
	require.EqualValues(t, 2, jobs[1].Skipped)
	require.Zero(t, srv.RunBulkJobs())
}

func TestBulkJobsInvalid(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	file := func(content string) []part { return []part{{"data", "u.csv", content}} }
	for name, test := range map[string]struct {
		path    string
		parts   []part
		message string
	}{
		"no file":              {"/users/bulk-update", []part{{"more", "", "x"}}, "data is required"},
		"text for a file":      {"/users/bulk-update", []part{{"data", "", "email\na\n"}}, "data must be a file"},
		"two files":            {"/users/bulk-update", append(file("email\na\n"), file("email\na\n")...), "data must be one file"},
		"no community":         {"/users/bulk-import", file("email\na\n"), "communityId is required"},
		"an empty file":        {"/users/bulk-update", file(""), "the file has no header row that can be read"},
		"nobody named":         {"/users/bulk-update", file("xp\n1\n"), "the file has no column that names the users"},
		"a nameless column":    {"/users/bulk-update", file("email,\na,b\n"), "column 2 of the file has no name"},
		"a column twice":       {"/users/bulk-update", file("email,x,x\na,b,c\n"), "column 3 of the file is there twice"},
		"an op column alone":   {"/users/bulk-update", file("email,xp_op\na,add\n"), "column 2 of the file is not directly before its column"},
		"a field too few":      {"/users/bulk-update", file("email,x\na,b\nc\n"), "row 2 of the file could not be read"},
		"a bare quote":         {"/users/bulk-update", file("email\na\"b\n"), "row 1 of the file could not be read"},
		"an unknown op":        {"/users/bulk-update", file("email,xp_op,xp\na,ADD,1\n"), "row 1 of the file: unknown op"},
		"no number for an op":  {"/users/bulk-update", file("email,tier_op,tier\na,add,x\n"), "row 1 of the file: not a number"},
		"no number, with none": {"/users/bulk-update", file("email,coins\na,x\n"), "row 1 of the file: not a number"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := mustSend(t, form(srv, test.path, test.parts...))
			require.Equal(t, http.StatusBadRequest, got.status)
			require.Equal(t, test.message, got.fields["message"])
		})
	}
	for name, sent := range map[string]request{
		"JSON":                post(srv, "/users/bulk-update", "{}"),
		"an open form":        cutShort(form(srv, "/users/bulk-update", part{"data", "u.csv", "email\na\n"}), 4),
		"a form without data": cutShort(form(srv, "/users/bulk-update", part{"data", "u.csv", "email\na\n"}), 20),
		"no form at all":      {http.MethodPost, srv.URL(returningaitest.Integration) + "/users/bulk-update", http.Header{"Authorization": {"Bearer " + srv.Token()}, "Content-Type": {"multipart/form-data"}}, "x"},
	} {
		got := mustSend(t, sent)
		require.Equal(t, http.StatusBadRequest, got.status, name)
	}
	lacking := form(srv, "/users/bulk-update", part{"data", "u.csv", "email\na\n"})
	lacking.header.Set("Authorization", "Bearer "+srv.AddToken(returningaitest.Token{}))
	require.Equal(t, http.StatusForbidden, mustSend(t, lacking).status)
	t.Cleanup(func() { require.Empty(t, srv.BulkJobs()) })
}

// cutShort takes the last bytes of a request's body away.
func cutShort(sent request, bytes int) request {
	sent.body = sent.body[:len(sent.body)-bytes]
	return sent
}

func TestAbortedUploadWithoutJob(t *testing.T) {
	t.Parallel()
	for name, framing := range map[string]string{
		"with a length": "Content-Length: 100000\r\n\r\n%s",
		"in chunks":     "Transfer-Encoding: chunked\r\n\r\n1000\r\n%s",
		// The form is whole and the request is not.
		"after the form": "Content-Length: 100000\r\n\r\n%s\r\n--b--\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := returningaitest.NewServer(t)
			address, err := url.Parse(srv.URL(returningaitest.Integration))
			require.NoError(t, err)
			connection, err := net.Dial("tcp", address.Host)
			require.NoError(t, err)
			body := "--b\r\nContent-Disposition: form-data; name=\"data\"; filename=\"u.csv\"\r\n\r\nemail\nbot@example.com\n"
			_, err = fmt.Fprintf(connection, "POST %s/users/bulk-update HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: multipart/form-data; boundary=b\r\n"+framing,
				address.Path, address.Host, srv.Token(), body)
			require.NoError(t, err)
			require.NoError(t, connection.(*net.TCPConn).CloseWrite())
			_, err = io.Copy(io.Discard, connection)
			require.NoError(t, err)
			require.NoError(t, connection.Close())
			srv.Close()
			require.Len(t, srv.Requests(), 1)
			require.Empty(t, srv.BulkJobs())
		})
	}
}

func TestUserAPIKeysInvalid(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	user := srv.Users()[0]
	key := srv.AddUserAPIKey(returningaitest.UserAPIKey{UserObjectID: user.ID, Text: "confidential"})
	all := map[string]any{"communityId": "c", "name": "n", "permissions": []string{}, "expirePeriod": 0, "expireDate": "", "isActive": true}
	with := func(changes map[string]any) string {
		body := maps.Clone(all)
		maps.Copy(body, changes)
		return toJSON(body)
	}
	create, update := "POST /users/apikeys?userId="+user.ID, "PUT /users/"+user.ID+"/api-keys/"+key.ID
	for name, test := range map[string]struct {
		route   string
		body    string
		status  int
		message string
	}{
		"create with nothing":   {create, "{}", 400, "communityId is required; name is required; permissions is required; expirePeriod is required"},
		"create without a user": {"POST /users/apikeys", with(nil), 404, "user not found"},
		"a negative period":     {create, with(map[string]any{"expirePeriod": -1}), 400, "expirePeriod must not be negative"},
		"no date":               {create, with(map[string]any{"expirePeriod": 1, "expireDate": "soon"}), 400, "expireDate must be a date of ISO 8601 in the future"},
		"a date gone by":        {create, with(map[string]any{"expirePeriod": 1, "expireDate": "2001-01-01T00:00:00Z"}), 400, "expireDate must be a date of ISO 8601 in the future"},
		"never, at a date":      {create, with(map[string]any{"expireDate": "2901-01-01T00:00:00Z"}), 400, "expirePeriod and expireDate contradict each other"},
		"update with nothing":   {update, "{}", 400, "name is required; permissions is required; expirePeriod is required; isActive is required"},
		"update of another's":   {"PUT /users/" + srv.Users()[1].ID + "/api-keys/" + key.ID, with(nil), 404, "API key not found"},
		"no such key":           {"GET /users/" + user.ID + "/api-keys/x", "", 404, "API key not found"},
		"delete no such key":    {"DELETE /users/" + user.ID + "/api-keys/x", "", 404, "API key not found"},
		"keys of nobody":        {"GET /users/x/api-keys", "", 404, "user not found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			method, path, _ := strings.Cut(test.route, " ")
			got := mustSend(t, request{method, srv.URL(returningaitest.Integration) + path, bearer(srv.Token()), test.body})
			require.Equal(t, test.status, got.status)
			require.Equal(t, test.message, got.fields["message"])
		})
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%q", "%d"} {
		require.NotContains(t, fmt.Sprintf(verb, key), "confidential")
		require.NotContains(t, fmt.Sprintf(verb, srv.UserAPIKeys()), "confidential")
	}
	require.NotContains(t, toJSON(key), "confidential")
	require.Panics(t, func() { srv.AddUserAPIKey(returningaitest.UserAPIKey{UserObjectID: "nobody"}) })
	require.Panics(t, func() { srv.AddUserAPIKey(returningaitest.UserAPIKey{ID: key.ID, UserObjectID: user.ID}) })
	require.Panics(t, func() { srv.MoveFamily("integration.apiKeys.rotate", returningaitest.Application) })
	require.Panics(t, func() { srv.MoveFamily("integration.apiKeys.list", returningaitest.Family(9)) })
}
