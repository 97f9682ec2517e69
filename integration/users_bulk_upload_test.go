package integration_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/secret"
)

// quickly retries without making a test wait.
var quickly = returningai.WithRetryPolicy(returningai.RetryPolicy{MaxAttempts: 3, BudgetBurst: 10, RetryAfterCap: time.Minute})

// transport is a server in memory, for what concerns time.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(request *http.Request) (*http.Response, error) {
	defer request.Body.Close()
	return f(request)
}

func clientOver(t *testing.T, send transport, options ...returningai.Option) *returningai.Client {
	t.Helper()
	client, err := returningai.New(append([]returningai.Option{
		returningai.WithBearer("token"), returningai.WithHTTPClient(&http.Client{Transport: send}),
	}, options...)...)
	require.NoError(t, err)
	return client
}

func response(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

// consume reads a request and responses that all is well.
func consume(request *http.Request) (*http.Response, error) {
	if _, err := io.Copy(io.Discard, request.Body); err != nil {
		return nil, err
	}
	return response(http.StatusOK, `{"status":"success"}`), nil
}

func TestBulkNotRetriedOnceProcessed(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]returningaitest.Response{
		"500":                       returningaitest.Status(http.StatusInternalServerError),
		"502":                       returningaitest.Status(http.StatusBadGateway),
		"503":                       returningaitest.RetryAfter(http.StatusServiceUnavailable, "0"),
		"504":                       returningaitest.Status(http.StatusGatewayTimeout),
		"408":                       returningaitest.Status(http.StatusRequestTimeout),
		"no response":               returningaitest.CutBeforeResponse(),
		"a reset":                   returningaitest.CutBeforeResponse().Reset(),
		"half a response":           returningaitest.CutMidBody(),
		"a response that is no use": returningaitest.HTML(http.StatusOK),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for operation, call := range bulkCalls {
				for _, file := range []io.Reader{strings.NewReader(usersFile), oneShot(usersFile)} {
					srv := returningaitest.NewServer(t)
					srv.Inject(returningaitest.Fault{Operation: operation, Applied: true, Times: returningaitest.Always, Response: fault})
					_, err := call(t.Context(), srv.Client(quickly), file)
					failure, ok := errors.AsType[*returningai.Error](err)
					require.True(t, ok)
					require.True(t, failure.MaybeApplied(), failure)
					require.Len(t, srv.Requests(), 1)
					require.Len(t, srv.BulkJobs(), 1)
				}
			}
		})
	}
}

func TestBulkNotRetriedAfterTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for operation, call := range bulkCalls {
			sent := 0
			client := clientOver(t, func(request *http.Request) (*http.Response, error) {
				sent++
				_, _ = io.Copy(io.Discard, request.Body)
				<-request.Context().Done()
				return nil, context.Cause(request.Context())
			}, quickly)
			began := time.Now()
			_, err := call(t.Context(), client, strings.NewReader(usersFile))
			require.ErrorIs(t, err, returningai.ErrTimeout, operation)
			require.Equal(t, 30*time.Second, time.Since(began))
			require.Equal(t, 1, sent)
			failure, _ := errors.AsType[*returningai.Error](err)
			require.True(t, failure.MaybeApplied())
		}
	})
}

func TestBulkRetriedWhenRefusedOrNotSent(t *testing.T) {
	t.Parallel()
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	for name, first := range map[string]func() (*http.Response, error){
		"429":            func() (*http.Response, error) { return response(http.StatusTooManyRequests, "{}"), nil },
		"no connection":  func() (*http.Response, error) { return nil, refused },
		"no such server": func() (*http.Response, error) { return nil, &net.DNSError{Err: "no such host"} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, call := range bulkCalls {
				var bodies []string
				send := transport(func(request *http.Request) (*http.Response, error) {
					body, err := io.ReadAll(request.Body)
					require.NoError(t, err)
					if bodies = append(bodies, string(body)); len(bodies) == 1 {
						return first()
					}
					return response(http.StatusOK, `{"status":"success"}`), nil
				})
				_, err := call(t.Context(), clientOver(t, send, quickly), strings.NewReader(usersFile))
				require.NoError(t, err)
				require.Len(t, bodies, 2)
				require.Equal(t, bodies[0], bodies[1], "the file is sent from its beginning again")
				require.Contains(t, bodies[1], strings.ReplaceAll(usersFile, "\r\n", "\n"))

				for _, file := range []io.Reader{oneShot(usersFile), integration.EncodeRows(func(yield func(struct {
					Email string `csv:"email"`
				}) bool) {
					yield(struct {
						Email string `csv:"email"`
					}{"a@example.com"})
				})} {
					bodies = nil
					_, err = call(t.Context(), clientOver(t, send, quickly), file)
					require.Error(t, err, "a one-shot body is not retried")
					require.Len(t, bodies, 1)
					failure, _ := errors.AsType[*returningai.Error](err)
					require.Equal(t, 1, failure.Attempts)
					require.False(t, failure.MaybeApplied())
				}
			}
		})
	}
}

func TestBulkRetriedWithNewToken(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	fetched := 0
	client := srv.Client(returningai.WithBearerSource(func(context.Context) (returningai.Token, error) {
		if fetched++; fetched == 1 {
			return returningai.Token{Value: secret.New("stale")}, nil
		}
		return returningai.Token{Value: secret.New(srv.Token())}, nil
	}))
	_, err := bulkCalls["integration.users.bulkUpdate"](t.Context(), client, strings.NewReader(usersFile))
	require.NoError(t, err)
	require.Len(t, srv.Requests(), 2)
	require.Len(t, srv.BulkJobs(), 1)
}

func TestBulkProgress(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	file := "email\n" + strings.Repeat("someone@example.com\n", 20_000) + "last@example.com"
	for total, source := range map[int64]io.Reader{int64(len(file)): strings.NewReader("\ufeff" + file), -1: oneShot("\ufeff" + file)} {
		var told []integration.BulkProgress
		_, err := srv.Client().Integration.Users.BulkUpdate(t.Context(), integration.BulkUpdateParams{
			CSV: source, OnProgress: func(progress integration.BulkProgress) { told = append(told, progress) },
		})
		require.NoError(t, err)
		require.Greater(t, len(told), 10)
		for i, progress := range told[1:] {
			require.GreaterOrEqual(t, progress.Bytes, told[i].Bytes)
			require.GreaterOrEqual(t, progress.Rows, told[i].Rows)
		}
		require.Equal(t, integration.BulkProgress{Bytes: int64(len(file)), Total: total, Rows: 20_001}, told[len(told)-1])
	}
}

func TestBulkCanceled(t *testing.T) {
	t.Parallel()
	file := "email\n" + strings.Repeat("bot@example.com\n", 100_000)
	for operation, call := range map[string]func(context.Context, *returningai.Client, io.Reader, func(integration.BulkProgress)) error{
		"integration.users.bulkImport": func(ctx context.Context, client *returningai.Client, source io.Reader, progress func(integration.BulkProgress)) error {
			_, err := client.Integration.Users.BulkImport(ctx, integration.BulkImportParams{CommunityID: "c", CSV: source, OnProgress: progress})
			return err
		},
		"integration.users.bulkUpdate": func(ctx context.Context, client *returningai.Client, source io.Reader, progress func(integration.BulkProgress)) error {
			_, err := client.Integration.Users.BulkUpdate(ctx, integration.BulkUpdateParams{CSV: source, OnProgress: progress})
			return err
		},
	} {
		for kind, source := range map[string]io.Reader{"seekable": strings.NewReader(file), "one-shot": oneShot(file)} {
			t.Run(operation+", "+kind, func(t *testing.T) {
				t.Parallel()
				srv := returningaitest.NewServer(t)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				var last integration.BulkProgress
				err := call(ctx, srv.Client(), source, func(progress integration.BulkProgress) {
					if last = progress; progress.Rows > 50_000 {
						cancel()
					}
				})
				require.ErrorIs(t, err, context.Canceled)
				failure, _ := errors.AsType[*returningai.Error](err)
				require.False(t, failure.MaybeApplied())
				require.Less(t, last.Rows, int64(100_000))
				srv.Close() // every handler has returned: the job would be there
				require.Empty(t, srv.BulkJobs())
			})
		}
	}
}

func TestBulkCheckCanceled(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	endless := &endlessFile{beforeRead: func(reads int) {
		if reads == 10 {
			cancel()
		}
	}}
	_, err := srv.Client().Integration.Users.BulkUpdate(ctx, integration.BulkUpdateParams{CSV: endless})
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, srv.Requests())
}

// endlessFile is a file that can seek and has no end.
type endlessFile struct {
	beforeRead func(reads int)
	reads      int
}

func (e *endlessFile) Read(buffer []byte) (int, error) {
	e.reads++
	e.beforeRead(e.reads)
	line := "someone@example.com\n"
	if e.reads == 1 {
		line = "email\n"
	}
	return copy(buffer, line), nil
}

func (e *endlessFile) Seek(int64, int) (int64, error) { return 0, nil }

func TestBulkSourceBlocks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reader, writer := io.Pipe()
		defer writer.Close()
		client := clientOver(t, func(request *http.Request) (*http.Response, error) {
			reads := make(chan struct{})
			go func() { // as net/http does
				defer close(reads)
				_, _ = io.Copy(io.Discard, request.Body)
			}()
			<-request.Context().Done()
			return nil, context.Cause(request.Context())
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		_, err := client.Integration.Users.BulkUpdate(ctx, integration.BulkUpdateParams{CSV: reader})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Less(t, time.Since(began), 2*time.Second)
	})
}

func TestBulkSlowUploadOutlivesAttemptTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slowly := func(pause time.Duration) transport {
			return func(request *http.Request) (*http.Response, error) {
				buffer := make([]byte, 64)
				for {
					_, err := request.Body.Read(buffer)
					if errors.Is(err, io.EOF) {
						return response(http.StatusOK, `{"status":"success"}`), nil
					}
					if err != nil {
						return nil, err
					}
					select {
					case <-time.After(pause):
					case <-request.Context().Done():
						return nil, context.Cause(request.Context())
					}
				}
			}
		}
		file := "email\n" + strings.Repeat("someone@example.com\n", 100)
		for _, call := range bulkCalls {
			for _, source := range []func() io.Reader{func() io.Reader { return strings.NewReader(file) }, func() io.Reader { return oneShot(file) }} {
				began := time.Now()
				_, err := call(t.Context(), clientOver(t, slowly(29*time.Second)), source())
				require.NoError(t, err)
				require.Greater(t, time.Since(began), 10*time.Minute, "the limit of an attempt is 30 seconds")

				began = time.Now()
				_, err = call(t.Context(), clientOver(t, slowly(31*time.Second)), source())
				require.ErrorIs(t, err, returningai.ErrTimeout)
				require.Equal(t, 30*time.Second, time.Since(began))
			}
		}
	})
}

func TestBulkSourceUnusedAfterReturn(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	// A response that comes early leaves the transport in the middle of the
	// file. The race detector sees whether it goes on.
	srv.Inject(returningaitest.Fault{Operation: "integration.users.bulkUpdate", Times: returningaitest.Always, Response: returningaitest.Status(http.StatusBadRequest)})
	client := srv.Client()
	for range 20 {
		source := &watchedSource{}
		_, err := client.Integration.Users.BulkUpdate(t.Context(), integration.BulkUpdateParams{CSV: source})
		require.Error(t, err)
		source.read = -1
	}
}

// watchedSource is a file of some megabytes, which cannot seek.
type watchedSource struct{ read int }

func (w *watchedSource) Read(buffer []byte) (int, error) {
	if w.read++; w.read > 10_000 {
		return 0, io.EOF
	}
	return copy(buffer, "email\n"+strings.Repeat("x\n", 200)), nil
}

// bulkOverHTTP2 performs an update over HTTP/2 and returns what the server read
// of the request's body.
func bulkOverHTTP2(t *testing.T, params integration.BulkUpdateParams) (read error, err error) {
	t.Helper()
	reads := make(chan error, 1)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		reads <- errors.Join(err, errorUnless(r.ProtoMajor == 2, "the request came over "+r.Proto))
		_, _ = io.WriteString(w, `{"status":"success"}`)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	client, err := returningai.New(returningai.WithBearer("token"), returningai.WithHTTPClient(server.Client()),
		returningai.WithBaseURL(returningai.FamilyIntegration, server.URL))
	require.NoError(t, err)
	_, err = client.Integration.Users.BulkUpdate(t.Context(), params)
	return <-reads, err
}

func errorUnless(good bool, text string) error {
	if good {
		return nil
	}
	return errors.New(text)
}

func TestBulkOverHTTP2(t *testing.T) {
	t.Parallel()
	var last integration.BulkProgress
	good := "email\n" + strings.Repeat("someone@example.com\n", 10_000)
	note := func(progress integration.BulkProgress) { last = progress }
	for _, source := range []io.Reader{strings.NewReader(good), oneShot(good)} {
		read, err := bulkOverHTTP2(t, integration.BulkUpdateParams{CSV: source, OnProgress: note})
		require.NoError(t, read)
		require.NoError(t, err)
		require.EqualValues(t, 10_000, last.Rows)
	}
	read, err := bulkOverHTTP2(t, integration.BulkUpdateParams{CSV: oneShot(good + "\"open"), OnProgress: note})
	require.Error(t, read, "the request has no end")
	found, ok := errors.AsType[*integration.CSVError](err)
	require.True(t, ok, err)
	require.Equal(t, 10_002, found.Line)
}

func TestBulkSourcePanics(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	_, err := srv.Client().Integration.Users.BulkUpdate(t.Context(), integration.BulkUpdateParams{
		CSV: oneShot(usersFile), OnProgress: func(integration.BulkProgress) { panic("confidential") },
	})
	require.ErrorContains(t, err, "panicked")
	require.NotContains(t, err.Error(), "confidential")
	srv.Close() // every handler has returned: the job would be there
	require.Empty(t, srv.BulkJobs())
}

func TestBulkConcurrentUploads(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	client := srv.Client()
	var failed atomic.Int32
	done := make(chan struct{})
	for i := range 8 {
		go func() {
			defer func() { done <- struct{}{} }()
			file := fmt.Sprintf("email,lucky\nbot@example.com,%d\n", i) + strings.Repeat("nobody@example.com,1\n", 10_000)
			source := io.Reader(bytes.NewReader([]byte(file)))
			if i%2 == 0 {
				source = oneShot(file)
			}
			if _, err := client.Integration.Users.BulkUpdate(t.Context(), integration.BulkUpdateParams{CSV: source}); err != nil {
				failed.Add(1)
			}
		}()
	}
	for range 8 {
		<-done
	}
	require.Zero(t, failed.Load())
	for _, job := range srv.BulkJobs() {
		require.EqualValues(t, 10_001, job.Rows)
	}
	require.Equal(t, 8, srv.RunBulkJobs())
}
