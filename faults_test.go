package returningai_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/webhooks"
)

// oneShotSource can be read once, as a pipe.
type oneShotSource struct{ io.Reader }

func upload(ctx context.Context, client *returningai.Client, source io.Reader) error {
	_, err := client.Integration.Users.BulkUpdate(ctx, integration.BulkUpdateParams{CSV: source})
	return err
}

func bulkFile(rows int) string {
	return "email,xp_op,xp\n" + strings.Repeat("p@example.com,add,5\n", rows)
}

// earlyServer reads the head and a part of a request, responds, and closes the
// connection.
func earlyServer(t *testing.T, wire string) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = bufio.NewReader(io.LimitReader(conn, 64<<10)).Discard(64 << 10)
			_, _ = io.WriteString(conn, wire)
			_ = conn.Close()
		}
	}()
	return "http://" + listener.Addr().String()
}

func TestResponseBeforeUploadEnds(t *testing.T) {
	t.Parallel()
	for wire, want := range map[string]error{
		"HTTP/1.1 200 OK\r\nContent-Length: 35\r\n\r\n" + `{"status":"success","data":"queued"}`[:35]: returningai.ErrUnexpectedResponse,
		"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n":                                              returningai.ErrServer,
		"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>":                                          returningai.ErrUnexpectedResponse,
	} {
		client := at(t, earlyServer(t, wire), quick())
		for name, source := range map[string]io.Reader{
			"one shot": oneShotSource{strings.NewReader(bulkFile(600_000))}, "seekable": strings.NewReader(bulkFile(600_000)),
		} {
			err := upload(t.Context(), client, source)
			require.Error(t, err, name)
			require.False(t, returningai.MaybeApplied(err), "%s: %v", name, err)
			// The connection may break before the response arrives.
			if failed(t, err).StatusCode != 0 {
				require.ErrorIs(t, err, want, name)
			}
		}
	}
}

// at returns a client that finds the Integration family at an address.
func at(t *testing.T, address string, options ...returningai.Option) *returningai.Client {
	t.Helper()
	client, err := returningai.New(append([]returningai.Option{
		returningai.WithBearer("the-bearer-token"), returningai.WithBaseURL(returningai.FamilyIntegration, address),
	}, options...)...)
	require.NoError(t, err)
	return client
}

// TestRefusedTokenDroppedWhateverTheCall refuses the first token to calls that
// cannot be sent again.
func TestRefusedTokenDroppedWhateverTheCall(t *testing.T) {
	t.Parallel()
	for name, refusal := range map[string]http.HandlerFunc{
		"401": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) },
		"401 inside a 200": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"status":"error","statusCode":401,"meta":{"statusCode":401}}`)
		},
	} {
		for callName, call := range map[string]func(context.Context, *returningai.Client) error{
			"one-shot upload": func(ctx context.Context, client *returningai.Client) error {
				return upload(ctx, client, oneShotSource{strings.NewReader(bulkFile(1))})
			},
			"read": list, "write": send,
		} {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				if r.Header.Get("Authorization") == "Bearer token-1" {
					refusal(w, r)
					return
				}
				_, _ = io.WriteString(w, `{"status":"success","data":[]}`)
			}))
			t.Cleanup(server.Close)
			source := &tokens{next: numbered}
			authenticator, err := returningai.BearerSource(source.fetch)
			require.NoError(t, err)
			client := at(t, server.URL, returningai.WithAuthenticator(returningai.FamilyIntegration, authenticator), quick())
			first := call(t.Context(), client)
			if first != nil {
				require.ErrorIs(t, first, returningai.ErrUnauthorized, "%s, %s", name, callName)
			}
			second := call(t.Context(), client)
			require.NotErrorIs(t, second, returningai.ErrUnauthorized, "%s, %s", name, callName)
			require.EqualValues(t, 2, source.fetched.Load(), "%s, %s", name, callName)
		}
	}
}

// TestSlowBearerSourceHoldsNobodyUp replaces a token that is still valid for
// less than the margin.
func TestSlowBearerSourceHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stuck := make(chan struct{})
		source := &tokens{next: func(n int64) (returningai.Token, error) {
			if n == 2 {
				<-stuck // whatever its context says
			}
			return returningai.Token{Value: secret.New(fmt.Sprint("token-", n)), Expiry: time.Now().Add(50 * time.Second)}, nil
		}}
		authenticator, err := returningai.BearerSource(source.fetch)
		require.NoError(t, err)
		client := inMemory(t, &canned{body: `{"status":"success","data":[]}`}, returningai.WithAuthenticator(returningai.FamilyIntegration, authenticator))
		require.NoError(t, list(t.Context(), client))
		time.Sleep(30 * time.Second) //nolint:forbidigo // the clock is the test's own
		began := time.Now()
		require.NoError(t, list(t.Context(), client), "the held token is good for 20 s more")
		require.Zero(t, time.Since(began))
		time.Sleep(25 * time.Second) //nolint:forbidigo // the clock is the test's own
		require.ErrorIs(t, list(t.Context(), client), returningai.ErrTimeout, "the source is stuck")
		require.NoError(t, list(t.Context(), client), "the next call starts it anew")
		close(stuck)
	})
}

// TestMiddlewareMayRepeatAndHedge uses middleware that performs several
// exchanges in one attempt.
func TestMiddlewareMayRepeatAndHedge(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if requests.Add(1) == 1 {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(http.StatusFound)
			return
		}
		_, _ = io.WriteString(w, `{"status":"success","data":[]}`)
	}))
	t.Cleanup(server.Close)
	again := func(r *http.Request) *http.Request {
		copied := r.Clone(r.Context())
		copied.Body, _ = r.GetBody()
		return copied
	}
	repeat := func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			response, err := next.RoundTrip(again(r))
			if err == nil && response.StatusCode == http.StatusFound {
				_ = response.Body.Close()
				return next.RoundTrip(again(r))
			}
			return response, err
		})
	}
	require.NoError(t, send(t.Context(), at(t, server.URL, returningai.WithMiddleware(repeat))))
	require.EqualValues(t, 2, requests.Load())

	hedge := func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			type result struct {
				response *http.Response
				err      error
			}
			results := make(chan result, 2)
			for range 2 {
				go func() {
					response, err := next.RoundTrip(again(r)) //nolint:bodyclose // the one that is late ends with the attempt
					results <- result{response, err}
				}()
			}
			first := <-results
			return first.response, first.err
		})
	}
	client := at(t, server.URL, returningai.WithMiddleware(hedge))
	for range 20 {
		_ = send(t.Context(), client)
	}
	require.Eventually(t, func() bool { return requests.Load() >= 22 }, 5*time.Second, time.Millisecond)
}

// TestResponseWithoutContentToARead fails, as null for the data does.
func TestResponseWithoutContentToARead(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	t.Cleanup(server.Close)
	client := at(t, server.URL)
	_, err := client.Integration.Users.Get(t.Context(), "p@example.com")
	require.ErrorIs(t, err, returningai.ErrUnexpectedResponse)
	require.NoError(t, send(t.Context(), client))
}

// spinning is a seekable source that never gives anything.
type spinning struct{ *strings.Reader }

func (spinning) Read([]byte) (int, error) { return 0, nil }

func TestSpinningSourceEnds(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	t.Cleanup(server.Close)
	for name, source := range map[string]io.Reader{
		"seekable": spinning{strings.NewReader(bulkFile(1))}, "one shot": oneShotSource{spinning{}},
		"after some rows": oneShotSource{io.MultiReader(strings.NewReader(bulkFile(3)), spinning{})},
	} {
		err := upload(t.Context(), at(t, server.URL), source)
		require.ErrorIs(t, err, io.ErrNoProgress, name)
		require.ErrorIs(t, err, returningai.ErrInvalid, name)
		require.False(t, returningai.MaybeApplied(err), name)
	}
}

// blockedSource gives a part of a file, and the rest when it is released.
type blockedSource struct {
	head, rest io.Reader
	blocked    chan<- struct{}
	release    <-chan struct{}
}

func (b *blockedSource) Read(buffer []byte) (int, error) {
	if n, err := b.head.Read(buffer); err == nil {
		return n, nil
	}
	close(b.blocked)
	<-b.release
	return b.rest.Read(buffer)
}

// TestNoProgressFromAReadThatOutlivesTheCall ends a call whose source is in the
// middle of a Read, which nobody can interrupt.
func TestNoProgressFromAReadThatOutlivesTheCall(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	t.Cleanup(server.Close)
	blocked, release, read := make(chan struct{}), make(chan struct{}), make(chan struct{})
	source := &blockedSource{strings.NewReader(bulkFile(1)), readerFunc(func(buffer []byte) (int, error) {
		defer close(read)
		return copy(buffer, "late@example.com,add,5\n"), io.EOF
	}), blocked, release}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-blocked
		cancel()
	}()
	var returned, late atomic.Bool
	_, err := at(t, server.URL).Integration.Users.BulkUpdate(ctx, integration.BulkUpdateParams{
		CSV: source, OnProgress: func(integration.BulkProgress) { late.Store(late.Load() || returned.Load()) },
	})
	require.ErrorIs(t, err, context.Canceled)
	returned.Store(true)
	close(release)
	<-read
	require.Never(t, late.Load, 50*time.Millisecond, 5*time.Millisecond)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(buffer []byte) (int, error) { return f(buffer) }

func TestNoProgressAfterTheCall(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusOK, http.StatusBadRequest, http.StatusServiceUnavailable} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		t.Cleanup(server.Close)
		for range 5 {
			var returned, late atomic.Bool
			// All of it may have been written before the response.
			_, _ = at(t, server.URL).Integration.Users.BulkUpdate(t.Context(), integration.BulkUpdateParams{
				CSV:        oneShotSource{strings.NewReader(bulkFile(50_000))},
				OnProgress: func(integration.BulkProgress) { late.Store(late.Load() || returned.Load()) },
			})
			returned.Store(true)
			server.CloseClientConnections()
			require.False(t, late.Load())
		}
	}
}

// TestManyHeaders gets 9 MB of headers: what nobody asks for is neither copied
// nor scrubbed, and of what is asked for there is a bounded part.
func TestManyHeaders(t *testing.T) {
	t.Parallel()
	const name, most = "X-Long: ", 1 << 20
	header := strings.Repeat(name+strings.Repeat("the-bearer-toke", 70<<10/15)+"\r\n", 9<<20/(70<<10))
	address := earlyResponse(t, "HTTP/1.1 200 OK\r\n"+header+"Content-Length: 30\r\n\r\n"+`{"status":"success","data":[]}`)
	transport := &http.Transport{MaxResponseHeaderBytes: 16 << 20}
	t.Cleanup(transport.CloseIdleConnections)
	client := at(t, address, returningai.WithHTTPClient(&http.Client{Transport: transport}))
	require.NoError(t, list(t.Context(), client))
	var response returningai.Response
	require.NoError(t, list(returningai.CaptureResponse(t.Context(), &response), client))
	captured := len(strings.Join(response.Header["X-Long"], ""))
	require.Positive(t, captured)
	require.LessOrEqual(t, captured, most)
}

// earlyResponse serves the same bytes to each request, after its head.
func earlyResponse(t *testing.T, wire string) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = http.ReadRequest(bufio.NewReader(conn))
			_, _ = io.WriteString(conn, wire)
			_ = conn.Close()
		}
	}()
	return "http://" + listener.Addr().String()
}

// TestNeverSentIsNeverInDoubt fails before a connection is asked for.
func TestNeverSentIsNeverInDoubt(t *testing.T) {
	t.Parallel()
	proxy := &http.Transport{Proxy: func(*http.Request) (*url.URL, error) { return nil, errors.New("no proxy for the-bearer-token") }}
	badHeader := returningai.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			r.Header.Set("X-Trace", "a\r\nb")
			return next.RoundTrip(r)
		})
	})
	for name, test := range map[string]struct {
		option   returningai.Option
		attempts int
	}{
		"failing proxy function": {returningai.WithHTTPClient(&http.Client{Transport: proxy}), 3},
		"header with line break": {badHeader, 1},
	} {
		for _, call := range []func(context.Context, *returningai.Client) error{list, send} {
			err := call(t.Context(), at(t, "https://api.example", test.option, quick()))
			require.Error(t, err, name)
			require.False(t, returningai.MaybeApplied(err), "%s: %v", name, err)
			require.Equal(t, test.attempts, failed(t, err).Attempts, "%s: %v", name, err)
			for _, cause := range failed(t, err).Unwrap() {
				require.NotContains(t, fmt.Sprintf("%v %+v %#v", cause, cause, cause), "the-bearer-token")
			}
		}
	}
}

// TestReplacedDefaultTransportIsSeen does not run in parallel: the replacement is
// the whole program's.
func TestReplacedDefaultTransportIsSeen(t *testing.T) { //nolint:paralleltest // see above
	original := http.DefaultTransport
	t.Cleanup(func() { http.DefaultTransport = original })
	client := func() *returningai.Client { return at(t, "https://api.example") }
	before := client()
	replacement := &canned{body: `{"status":"success","data":[]}`}
	http.DefaultTransport = replacement
	seen := 0
	replacement.before = func() { seen++ }
	require.NoError(t, list(t.Context(), client()))
	require.Equal(t, 1, seen)
	sender, err := webhooks.NewSender(secret.New("https://api.example/hooks/1"))
	require.NoError(t, err)
	require.NoError(t, sender.Send(t.Context(), "hello"))
	require.Equal(t, 2, seen)

	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	require.Error(t, list(ctx, before), "a client keeps the transport that it was made with")
	require.Equal(t, 2, seen)
}

func TestBaseURLWithIPv6Zone(t *testing.T) {
	t.Parallel()
	var host string
	client := inMemory(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		host = r.URL.Host
		return (&canned{body: `{"status":"success","data":[]}`}).RoundTrip(r)
	}), returningai.WithInsecureHTTP(), returningai.WithBaseURL(returningai.FamilyIntegration, "http://[fe80::1%25eth0]:8080/apis"))
	require.NoError(t, list(t.Context(), client))
	require.Equal(t, "[fe80::1%eth0]:8080", host)
}
