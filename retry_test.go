package returningai_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/returningaitest"
)

// lostAnswers are the failures after which nobody knows whether the server
// acted.
var lostAnswers = map[string]struct {
	fault  returningaitest.Fault
	reason error // the category of the error, nil where it has none
}{
	"the response is late":      {returningaitest.Fault{Delay: time.Minute, Applied: true}, returningai.ErrTimeout},
	"cut before the response":   {returningaitest.Fault{Applied: true, Response: returningaitest.CutBeforeResponse()}, nil},
	"reset before the response": {returningaitest.Fault{Applied: true, Response: returningaitest.CutBeforeResponse().Reset()}, nil},
	"cut in mid-response":       {returningaitest.Fault{Response: returningaitest.CutMidBody()}, nil},
	"reset in mid-response":     {returningaitest.Fault{Response: returningaitest.CutMidBody().Reset()}, nil},
	"408":                       {returningaitest.Fault{Applied: true, Response: returningaitest.Status(408)}, nil},
	"500":                       {returningaitest.Fault{Applied: true, Response: returningaitest.Status(500)}, returningai.ErrServer},
	"502 with an HTML page":     {returningaitest.Fault{Applied: true, Response: returningaitest.HTML(502)}, returningai.ErrServer},
	"503":                       {returningaitest.Fault{Applied: true, Response: returningaitest.Status(503)}, returningai.ErrServer},
	"503 with a Retry-After":    {returningaitest.Fault{Applied: true, Response: returningaitest.RetryAfter(503, "0")}, returningai.ErrServer},
	"504":                       {returningaitest.Fault{Applied: true, Response: returningaitest.Status(504)}, returningai.ErrServer},
	"cut before it was read":    {returningaitest.Fault{Response: returningaitest.CutBeforeReading()}, nil},
	"reset before it was read":  {returningaitest.Fault{Response: returningaitest.CutBeforeReading().Reset()}, nil},
}

// attemptTimeout is short only where a test waits for it: on a busy machine,
// responses take long, too.
func attemptTimeout(reason error) returningai.Option {
	if errors.Is(reason, returningai.ErrTimeout) {
		return returningai.WithAttemptTimeout(2 * time.Second)
	}
	return returningai.WithAttemptTimeout(time.Minute)
}

func TestPostNotRetriedAfterLostResponse(t *testing.T) {
	t.Parallel()
	for name, lost := range lostAnswers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := returningaitest.NewServer(t)
			client := srv.Client(quick(), attemptTimeout(lost.reason))
			// Once on a new connection, once on a reused one: net/http replays
			// by itself on the latter if it is allowed to.
			for range 2 {
				srv.Inject(lost.fault)
				failure := failed(t, send(t.Context(), client))
				require.Equal(t, 1, failure.Attempts)
				require.True(t, failure.MaybeApplied(), failure)
				if lost.reason != nil {
					require.ErrorIs(t, failure, lost.reason)
				}
				require.NotErrorIs(t, failure, context.DeadlineExceeded, "the caller's context had none")
				require.Len(t, srv.RequestsTo(sendOperation), 1)
				srv.ResetRequests()
				require.NoError(t, list(t.Context(), client))
			}
		})
	}
}

func TestGetRetriedAfterLostResponse(t *testing.T) {
	t.Parallel()
	for name, lost := range lostAnswers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := returningaitest.NewServer(t)
			client := srv.Client(quick(), attemptTimeout(lost.reason))
			srv.Inject(lost.fault)
			var response returningai.Response
			require.NoError(t, list(returningai.CaptureResponse(t.Context(), &response), client))
			require.Equal(t, 2, response.Attempts)
			require.Len(t, srv.RequestsTo(listOperation), 2)
		})
	}
}

func TestRetryAfter429(t *testing.T) {
	t.Parallel()
	for operation, call := range map[string]func(context.Context, *returningai.Client) error{listOperation: list, sendOperation: send} {
		srv := returningaitest.NewServer(t)
		srv.Inject(returningaitest.Fault{Response: returningaitest.RetryAfter(429, "0"), Times: 2})
		require.NoError(t, call(t.Context(), srv.Client()))
		require.Len(t, srv.RequestsTo(operation), 3)
		require.LessOrEqual(t, len(srv.Messages()), 1)
	}
}

func TestFinalErrorHasServerMessage(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	srv.Inject(returningaitest.Fault{Response: returningaitest.Failure(502, "upstream is away"), Times: returningaitest.Always})
	failure := failed(t, list(t.Context(), srv.Client(quick())))
	require.ErrorIs(t, failure, returningai.ErrServer)
	require.Equal(t, 502, failure.StatusCode)
	require.Equal(t, "upstream is away", failure.Message)
	require.Equal(t, 3, failure.Attempts)
	require.Len(t, srv.Requests(), 3)
	require.NotEmpty(t, failure.RequestID)
	require.False(t, failure.MaybeApplied(), "it only reads")
	require.Contains(t, string(failure.Body()), "upstream is away")
}

func TestRetryUnavailable(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	policy := returningai.DefaultRetryPolicy()
	policy.RetryUnavailable = true
	client := srv.Client(returningai.WithRetryPolicy(policy))
	srv.Inject(returningaitest.Fault{Response: returningaitest.RetryAfter(503, "0")})
	require.NoError(t, send(t.Context(), client))
	srv.Inject(returningaitest.Fault{Response: returningaitest.Status(503)})
	require.ErrorIs(t, send(t.Context(), client), returningai.ErrServer, "without Retry-After it proves nothing at all")
	require.Len(t, srv.RequestsTo(sendOperation), 3)
}

func TestRetryWhenNothingWasSent(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	refusals := 2
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if refusals > 0 {
			refusals--
			return nil, errors.New("no route to host")
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	client := srv.Client(quick(), returningai.WithHTTPClient(&http.Client{Transport: transport}))
	require.NoError(t, send(t.Context(), client))
	require.Len(t, srv.RequestsTo(sendOperation), 1)

	refusals = 100
	transport.CloseIdleConnections()
	failure := failed(t, send(t.Context(), client))
	require.Equal(t, 3, failure.Attempts)
	require.False(t, failure.MaybeApplied())
	require.Zero(t, failure.StatusCode)
	require.ErrorContains(t, failure, "no route to host")
}

func TestDeleteRetry404IsSuccess(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		first   answer
		success bool
	}{
		"response lost": {answer{err: io.ErrUnexpectedEOF}, true},
		"responded":     {answer{status: 500}, false},
		"only 404":      {answer{status: 404}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transport := &scripted{answers: []answer{test.first, {status: 404}}}
			client := inMemory(t, transport)
			err := client.Call(t.Context(), returningai.CallParams{
				Family: returningai.FamilySystem, Method: http.MethodDelete, Path: "/channels/1", Idempotent: true,
			}, nil)
			if test.success {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, returningai.ErrNotFound)
		})
	}
}

func TestRetryAfterValues(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for name, test := range map[string]struct {
		value    string
		attempts int
		atLeast  time.Duration // of the wait, when there is one
		atMost   time.Duration
		after    time.Duration // what the error tells
		tooLong  bool
	}{
		"seconds":            {"2", 2, 2 * time.Second, 2500 * time.Millisecond, 0, false},
		"at the cap":         {"60", 2, time.Minute, 75 * time.Second, 0, false},
		"beyond the cap":     {"61", 1, 0, 0, 61 * time.Second, true},
		"a day":              {"86400", 1, 0, 0, day, true},
		"overflow":           {"9223372037", 1, 0, 0, 1<<63 - 1, true},
		"beyond int64":       {"99999999999999999999", 1, 0, 0, 1<<63 - 1, true},
		"negative":           {"-1", 2, 0, 250 * time.Millisecond, 0, false},
		"fractional":         {"1.5", 2, 2 * time.Second, 2500 * time.Millisecond, 0, false},
		"malformed":          {"soon", 2, 0, 250 * time.Millisecond, 0, false},
		"hexadecimal":        {"0x10", 2, 0, 250 * time.Millisecond, 0, false},
		"a date":             {"Sat, 01 Jan 2000 00:00:05 GMT", 2, 5 * time.Second, 6250 * time.Millisecond, 0, false},
		"a date in the past": {"Fri, 31 Dec 1999 23:59:59 GMT", 2, 0, 313 * time.Millisecond, 0, false},
		"a date far ahead":   {"Sun, 01 Jan 2040 00:00:00 GMT", 1, 0, 0, time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC).Sub(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)), true},
	} {
		for operation, call := range map[string]func(context.Context, *returningai.Client) error{listOperation: list, sendOperation: send} {
			t.Run(name+" "+operation, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { // its clock begins with the year 2000
					header := http.Header{"Retry-After": {test.value}}
					transport := &scripted{answers: []answer{{status: 429, header: header}, {body: `{"status":"success","data":[]}`}}}
					began := time.Now()
					err := call(t.Context(), inMemory(t, transport))
					waited := time.Since(began)
					require.Equal(t, test.attempts, transport.sent())
					require.GreaterOrEqual(t, waited, test.atLeast)
					require.LessOrEqual(t, waited, test.atMost)
					if !test.tooLong {
						require.NoError(t, err)
						return
					}
					failure := failed(t, err)
					require.ErrorIs(t, failure, returningai.ErrRetryAfterTooLong)
					require.ErrorIs(t, failure, returningai.ErrRateLimited)
					require.Equal(t, test.after, failure.RetryAfter)
					require.False(t, failure.MaybeApplied())
				})
			})
		}
	}
}

func TestRetryAfterBeyondDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		transport := &scripted{answers: []answer{{status: 429, header: http.Header{"Retry-After": {"10"}}}}}
		began := time.Now()
		err := send(ctx, inMemory(t, transport))
		require.ErrorIs(t, err, returningai.ErrRetryAfterTooLong)
		require.Zero(t, time.Since(began))
	})
}

func TestCanceledContextEndsWait(t *testing.T) {
	t.Parallel()
	reason := errors.New("the player left")
	for name, test := range map[string]struct {
		begin  func(context.Context) (context.Context, func())
		causes []error
	}{
		"canceled": {func(ctx context.Context) (context.Context, func()) {
			return context.WithCancel(ctx)
		}, []error{context.Canceled}},
		"canceled with a cause": {func(ctx context.Context) (context.Context, func()) {
			ctx, cancel := context.WithCancelCause(ctx)
			return ctx, func() { cancel(reason) }
		}, []error{context.Canceled, reason}},
	} {
		for when, first := range map[string]answer{
			"in a wait":     {status: 429, header: http.Header{"Retry-After": {"30"}}},
			"in an attempt": {hang: true},
		} {
			t.Run(name+" "+when, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					ctx, cancel := test.begin(t.Context())
					defer cancel()
					time.AfterFunc(time.Second, cancel)
					began := time.Now()
					transport := &scripted{answers: []answer{first}}
					failure := failed(t, send(ctx, inMemory(t, transport)))
					require.Equal(t, time.Second, time.Since(began))
					require.Equal(t, 1, transport.sent())
					for _, cause := range test.causes {
						require.ErrorIs(t, failure, cause)
					}
					require.NotErrorIs(t, failure, returningai.ErrTimeout)
					require.Equal(t, first.hang, failure.MaybeApplied())
				})
			})
		}
	}
}

func TestAttemptTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		transport := &scripted{answers: []answer{{hang: true}, {hang: true}, {hang: true}}}
		began := time.Now()
		failure := failed(t, list(t.Context(), inMemory(t, transport)))
		require.ErrorIs(t, failure, returningai.ErrTimeout)
		require.NotErrorIs(t, failure, context.DeadlineExceeded)
		require.Equal(t, 3, failure.Attempts)
		require.GreaterOrEqual(t, time.Since(began), 90*time.Second)
		require.LessOrEqual(t, time.Since(began), 91*time.Second)
	})
}

func TestGivenClientTimeoutIsErrTimeout(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	srv.Inject(returningaitest.Fault{Delay: time.Minute})
	client := srv.Client(returningai.WithHTTPClient(&http.Client{Timeout: 50 * time.Millisecond}))
	err := send(t.Context(), client)
	require.ErrorIs(t, err, returningai.ErrTimeout)
	require.NotErrorIs(t, err, context.DeadlineExceeded)
}

func TestCallerDeadlineIsDeadlineExceeded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := list(ctx, inMemory(t, &scripted{answers: []answer{{hang: true}}}))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NotErrorIs(t, err, returningai.ErrTimeout)
	})
}

func TestRetryBudget(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	srv.Inject(returningaitest.Fault{Response: returningaitest.Status(503), Times: returningaitest.Always})
	client := srv.Client(quick())
	const calls = 100
	for range calls {
		require.ErrorIs(t, list(t.Context(), client), returningai.ErrServer)
	}
	repeats := len(srv.Requests()) - calls
	require.LessOrEqual(t, repeats, 10+calls/10)
	require.Greater(t, repeats, 15, "calls earn repeats")
}

func TestTransportWithoutTraceCountsAsSent(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err      error
		attempts int
	}{
		"reset":   {&net.OpError{Op: "read", Err: errors.New("connection reset")}, 1},
		"dial":    {&net.OpError{Op: "dial", Err: errors.New("connection refused")}, 3},
		"no host": {&net.DNSError{Err: "no such host"}, 3},
		"other":   {errors.New("who knows"), 1},
	} {
		transport := httpmock.NewMockTransport()
		transport.RegisterResponder(http.MethodPost, "https://integration.returning.ai/apis/v1/messages/send", httpmock.NewErrorResponder(test.err))
		failure := failed(t, send(t.Context(), inMemory(t, transport, quick())))
		require.Equal(t, test.attempts, transport.GetTotalCallCount(), name)
		require.Equal(t, test.attempts, failure.Attempts, name)
		require.Equal(t, test.attempts == 1, failure.MaybeApplied(), name)
		require.ErrorIs(t, failure, test.err, name)
	}
}

func TestUntrustedCertificateNotRetried(t *testing.T) {
	t.Parallel()
	server := newTLSServer(t)
	client, err := returningai.New(quick(), returningai.WithBearer("token"),
		returningai.WithBaseURL(returningai.FamilyIntegration, server.URL))
	require.NoError(t, err)
	failure := failed(t, list(t.Context(), client))
	require.Equal(t, 1, failure.Attempts)
	require.ErrorContains(t, failure, "certificate")
	require.False(t, failure.MaybeApplied())
}

func TestRateLimitSpacesAttempts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		transport := &scripted{}
		client := inMemory(t, transport, returningai.WithRateLimit(1, 1))
		began := time.Now()
		for range 3 {
			require.NoError(t, list(t.Context(), client))
		}
		require.Equal(t, 2*time.Second, time.Since(began))

		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		failure := failed(t, list(ctx, client))
		require.ErrorIs(t, failure, context.DeadlineExceeded)
		require.Zero(t, failure.Attempts)
		require.Equal(t, 3, transport.sent())
	})
}

// answer is one response of a scripted transport.
type answer struct {
	status int // 200 when 0
	header http.Header
	body   string // an empty list when ""
	err    error
	hang   bool // until the context ends
}

// scripted is a transport without a network, for tests that need a clock of
// their own: it returns its responses in turn, and then the last one again.
type scripted struct {
	answers []answer
	count   int
}

func (s *scripted) sent() int { return s.count }

func (s *scripted) RoundTrip(request *http.Request) (*http.Response, error) {
	next := answer{}
	if len(s.answers) > 0 {
		next = s.answers[min(s.count, len(s.answers)-1)]
	}
	s.count++
	if next.hang {
		<-request.Context().Done()
		return nil, context.Cause(request.Context())
	}
	if next.err != nil {
		return nil, fmt.Errorf("reading the response: %w", next.err)
	}
	if next.body == "" {
		next.body = `{"status":"success","data":[]}`
	}
	if next.status == 0 {
		next.status = http.StatusOK
	}
	if next.header == nil {
		next.header = http.Header{}
	}
	return &http.Response{
		StatusCode: next.status, Header: next.header, Request: request,
		Body: io.NopCloser(strings.NewReader(next.body)), ContentLength: int64(len(next.body)),
	}, nil
}

// inMemory returns a client on top of a transport without a network.
func inMemory(t *testing.T, transport http.RoundTripper, options ...returningai.Option) *returningai.Client {
	t.Helper()
	client, err := returningai.New(append([]returningai.Option{
		returningai.WithAPIKey("key"), returningai.WithBearer("token"),
		returningai.WithHTTPClient(&http.Client{Transport: transport}),
	}, options...)...)
	require.NoError(t, err)
	return client
}

// newTLSServer serves an empty list, under a certificate that nobody trusts.
func newTLSServer(t *testing.T) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"status":"success","data":[]}`)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

func TestIdempotencyKeyCausesNoReplay(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	client := srv.Client(newTransport(t), quick(), returningai.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			r.Header.Set("Idempotency-Key", "1")
			r.Header.Set("X-Idempotency-Key", "1")
			return next.RoundTrip(r)
		})
	}))
	require.NoError(t, list(t.Context(), client)) // net/http replays on reused connections
	srv.Inject(returningaitest.Fault{Operation: sendOperation, Applied: true, Response: returningaitest.CutBeforeResponse(), Times: returningaitest.Always})
	failure := failed(t, send(t.Context(), client))
	require.True(t, failure.MaybeApplied())
	require.Len(t, srv.RequestsTo(sendOperation), 1)
	require.Len(t, srv.Messages(), 1)
}
