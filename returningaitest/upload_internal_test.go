package returningaitest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// newUploadProbe starts a server with an operation that counts the bytes of
// an upload, and refuses an empty one.
func newUploadProbe(t *testing.T) *Server {
	t.Helper()
	srv := NewServer(t, WithMaxBody(10))
	srv.mu.Lock()
	defer srv.mu.Unlock()
	srv.routes = append(srv.routes, &route{
		operation: "integration.probe.upload", family: Integration, method: http.MethodPost, pattern: "/upload",
		receive: func(c *call) error {
			size, err := io.Copy(io.Discard, c.upload)
			switch {
			case err != nil:
				return refuse(http.StatusBadRequest, "the upload broke off")
			case size == 0:
				return refuse(http.StatusBadRequest, "the upload is empty")
			}
			c.received = size
			return nil
		},
		serve: func(c *call) (result, error) {
			srv.newID() // state is changed here, with the lock held
			return result{data: c.received}, nil
		},
	})
	return srv
}

func uploadTo(ctx context.Context, srv *Server, token string, body io.Reader) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, srv.URL(Integration)+"/upload", body)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	return (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
}

func TestUploadsAreReadPieceByPiece(t *testing.T) {
	t.Parallel()
	srv := newUploadProbe(t)
	const size = 5 << 20
	response, err := uploadTo(t.Context(), srv, srv.Token(), strings.NewReader(strings.Repeat("x", size)))
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.JSONEq(t, `{"status":"success","data":5242880}`, string(body), "the body limit does not bind uploads")

	logged := srv.Requests()[0]
	require.Equal(t, int64(size), logged.BodySize)
	require.Equal(t, strings.Repeat("x", 64<<10), string(logged.Body))
}

func TestUploadsAreRefused(t *testing.T) {
	t.Parallel()
	srv := newUploadProbe(t)
	before := srv.sequence
	for want, upload := range map[int]struct{ token, body string }{
		http.StatusUnauthorized: {"wrong", "x"},
		http.StatusBadRequest:   {srv.Token(), ""},
	} {
		response, err := uploadTo(t.Context(), srv, upload.token, strings.NewReader(upload.body))
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, want, response.StatusCode)
	}
	require.Equal(t, before, srv.sequence)
}

func TestAbortedUploadsHaveNoEffect(t *testing.T) {
	t.Parallel()
	srv := newUploadProbe(t)
	before := srv.sequence
	aborted := errors.New("aborted")
	body, writer := io.Pipe()
	go func() {
		_, _ = writer.Write(make([]byte, 100_000))
		for len(srv.Requests()) == 0 {
			runtime.Gosched() // until the server has met the request
		}
		_ = writer.CloseWithError(aborted)
	}()
	response, err := uploadTo(t.Context(), srv, srv.Token(), body)
	if err == nil {
		require.NoError(t, response.Body.Close())
	}
	require.ErrorIs(t, err, aborted)
	require.Eventually(t, func() bool { return srv.Requests()[0].Status != 0 }, time.Minute, time.Millisecond)
	logged := srv.Requests()[0]
	require.Equal(t, http.StatusBadRequest, logged.Status)
	require.LessOrEqual(t, logged.BodySize, int64(100_000))
	srv.Close()
	require.Equal(t, before, srv.sequence)
}
