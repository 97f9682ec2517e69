package returningaitest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// form is an upload of a bulk import with so many rows.
func form(rows int) (contentType string, body []byte) {
	var text bytes.Buffer
	writer := multipart.NewWriter(&text)
	_ = writer.WriteField("communityId", "65a0c0dec0ffee0000000001") // a buffer cannot fail
	file, _ := writer.CreateFormFile("data", "users.csv")
	_, _ = file.Write([]byte("email,username\n"))
	for i := range rows {
		_, _ = fmt.Fprintf(file, "user-%d@example.com,user-%d\n", i, i)
	}
	_ = writer.Close()
	return writer.FormDataContentType(), text.Bytes()
}

func uploadTo(ctx context.Context, srv *Server, token, contentType string, body io.Reader) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, srv.URL(Integration)+"/users/bulk-import", body)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", contentType)
	return (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
}

func TestUploadsStreamed(t *testing.T) {
	t.Parallel()
	srv := NewServer(t, WithMaxBody(10))
	contentType, sent := form(100_000)
	response, err := uploadTo(t.Context(), srv, srv.Token(), contentType, bytes.NewReader(sent))
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode, "the body limit does not apply to uploads")

	logged := srv.Requests()[0]
	require.Equal(t, int64(len(sent)), logged.BodySize)
	require.Equal(t, sent[:64<<10], logged.Body)
	require.Equal(t, int64(100_000), srv.BulkJobs()[0].Rows)
}

func TestInvalidUploads(t *testing.T) {
	t.Parallel()
	srv := NewServer(t)
	contentType, sent := form(1)
	for want, upload := range map[int]struct {
		token string
		body  []byte
	}{
		http.StatusUnauthorized: {"wrong", sent},
		http.StatusBadRequest:   {srv.Token(), nil},
	} {
		response, err := uploadTo(t.Context(), srv, upload.token, contentType, bytes.NewReader(upload.body))
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, want, response.StatusCode)
	}
	require.Empty(t, srv.BulkJobs())
}

func TestAbortedUploadWithoutEffect(t *testing.T) {
	t.Parallel()
	srv := NewServer(t)
	contentType, sent := form(10_000)
	aborted := errors.New("aborted")
	body, writer := io.Pipe()
	go func() {
		_, _ = writer.Write(sent[:100_000])
		for len(srv.Requests()) == 0 {
			runtime.Gosched() // until the server has the request
		}
		_ = writer.CloseWithError(aborted)
	}()
	response, err := uploadTo(t.Context(), srv, srv.Token(), contentType, body)
	if err == nil {
		require.NoError(t, response.Body.Close())
	}
	require.ErrorIs(t, err, aborted)
	require.Eventually(t, func() bool { return srv.Requests()[0].Status != 0 }, time.Minute, time.Millisecond)
	logged := srv.Requests()[0]
	require.Equal(t, http.StatusBadRequest, logged.Status)
	require.LessOrEqual(t, logged.BodySize, int64(100_000))
	srv.Close()
	require.Empty(t, srv.BulkJobs())
}
