package faults_test

import (
	"io"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/testkit/calls"
	"github.com/returningai/returningai-go/testkit/faults"
)

// TestRefusedOneShotUploadIsCertain refuses an upload whose source cannot be
// read again.
func TestRefusedOneShotUploadIsCertain(t *testing.T) {
	t.Parallel()
	for name, respond := range map[string]faults.RespondStream{
		"stream refused":               reset2(http2.ErrCodeRefusedStream),
		"GOAWAY of an earlier request": func(s faults.Stream) bool { return goAway(s, max(s.ID, 2)-2, http2.ErrCodeNo) },
	} {
		for _, warm := range []bool{false, true} {
			server, transport := faults.NewServer2(t, respond), newTransport()
			t.Cleanup(transport.CloseIdleConnections)
			client := newClient(t, server.URL, transport)
			if warm {
				warmUp(t, client)
			}
			_, err := client.Integration.Users.BulkUpdate(t.Context(), integration.BulkUpdateParams{
				CSV: struct{ io.Reader }{strings.NewReader("email,xp_op,xp\nplayer@example.com,add,5\n")},
			})
			require.Error(t, err, name)
			require.False(t, returningai.MaybeApplied(err), "%s, warm %v: %v", name, warm, err)
			require.Equal(t, 1, server.Seen(), name)
		}
	}
}

// TestServerThatEndsItsConnections sends GOAWAY after 20 requests, as nginx does
// with keepalive_requests 20, while 4 goroutines use the connection.
func TestServerThatEndsItsConnections(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"system.auth.secureAuth", "integration.messages.send", "integration.channels.list"} {
		var processed atomic.Int64
		server := faults.NewServer2(t, func(s faults.Stream) bool {
			const last = 2*20 - 1
			if s.ID > last {
				return true // it came too late
			}
			processed.Add(1)
			s.Respond("200", `{"status":"success","error":false,"url":"https://a.example/x","data":[]}`)
			if s.ID == last {
				_ = s.Framer.WriteGoAway(last, http2.ErrCodeNo, nil)
			}
			return true
		})
		transport := newTransport()
		t.Cleanup(transport.CloseIdleConnections)
		client := newClient(t, server.URL, transport, returningai.WithAttemptTimeout(longTimeout))
		warmUp(t, client)
		call := calls.Of(operation)[0]
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				for range 100 {
					if _, err := call.Do(t.Context(), client, calls.Example()); err != nil && !isLoginMissing(err) {
						t.Errorf("%s: %v", operation, err)
					}
				}
			})
		}
		group.Wait()
		require.EqualValues(t, 400, processed.Load(), operation)
	}
}

// isLoginMissing reports whether an error only says that the response lacks a
// field: that the request was processed is what counts here.
func isLoginMissing(err error) bool {
	return strings.Contains(err.Error(), "200 OK")
}

// TestHTTP2RequestsLookLikeThoseOfNetHTTP compares the fields of requests with
// those of plain net/http, before and after the host has responded.
func TestHTTP2RequestsLookLikeThoseOfNetHTTP(t *testing.T) {
	t.Parallel()
	fields := make(chan http.Header, 1)
	server := faults.NewServer2(t, func(s faults.Stream) bool {
		fields <- s.Header
		s.Respond("404", "{}")
		return true
	})
	transport := newTransport()
	t.Cleanup(transport.CloseIdleConnections)
	client := newClient(t, server.URL, transport, returningai.WithAttemptTimeout(longTimeout))
	for _, call := range calls.Plain() {
		_, err := call.Do(t.Context(), client, calls.Example())
		require.Error(t, err)
		ours := <-fields
		body := strings.NewReader(strings.Repeat("x", length(ours)))
		plain, err := http.NewRequestWithContext(t.Context(), ours[":method"][0], server.URL+ours[":path"][0], body)
		require.NoError(t, err)
		for name, values := range ours {
			if !strings.HasPrefix(name, ":") && name != "accept-encoding" && name != contentLength {
				plain.Header[http.CanonicalHeaderKey(name)] = values
			}
		}
		response, err := transport.RoundTrip(plain)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		theirs := <-fields
		if strings.HasPrefix(runtime.Version(), "go1.26") && length(ours) == 0 {
			delete(theirs, contentLength) // what the guard against replays costs
			delete(ours, contentLength)
		}
		require.Equal(t, theirs, ours, call.Operation)
	}
}

// contentLength is the name as HTTP/2 has it.
const contentLength = "content-length"

// length returns the announced length of a request, 0 without one.
func length(fields map[string][]string) int {
	length, _ := strconv.Atoi(strings.Join(fields[contentLength], ""))
	return length
}

// TestServerThatRefusesEveryStream shows that the policy decides about retries, not
// net/http, which would wait for up to a minute.
func TestServerThatRefusesEveryStream(t *testing.T) {
	t.Parallel()
	server, transport := faults.NewServer2(t, reset2(http2.ErrCodeRefusedStream)), newTransport()
	t.Cleanup(transport.CloseIdleConnections)
	client := newClient(t, server.URL, transport, returningai.WithAttemptTimeout(longTimeout))
	warmUp(t, client)
	_, err := calls.Of("integration.messages.send")[0].Do(t.Context(), client, calls.Example())
	require.Error(t, err)
	require.False(t, returningai.MaybeApplied(err), err)
	require.Equal(t, maxAttempts, server.Seen())
}
