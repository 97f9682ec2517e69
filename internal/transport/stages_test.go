package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

// newCall returns a call that has all it needs.
func newCall(t *testing.T, method string) *Call {
	t.Helper()
	address, err := url.Parse("https://api.example/v1/things?q=1")
	require.NoError(t, err)
	return &Call{Method: method, URL: address, Header: http.Header{"Accept": {"application/json"}}}
}

func newResponse(status int, body string, header ...string) *http.Response {
	made := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}
	for i := 0; i < len(header); i += 2 {
		made.Header.Add(header[i], header[i+1])
	}
	return made
}

func newAttempter(t *testing.T, call *Call, chain http.RoundTripper) *attempter {
	t.Helper()
	return &attempter{ctx: t.Context(), call: call, chain: chain, maxBody: 10, trusted: true, timeouts: timeouts{idle: time.Minute}}
}

func newRequest(t *testing.T, call *Call) *http.Request {
	t.Helper()
	address := *call.URL
	return (&http.Request{Method: call.Method, URL: &address, Host: address.Host, Header: call.Header}).WithContext(t.Context())
}

func TestAttempt(t *testing.T) {
	t.Parallel()
	lost := errors.New("connection reset")
	for name, test := range map[string]struct {
		response *http.Response
		err      error
		check    func(*testing.T, outcome)
	}{
		"a response": {newResponse(200, "body"), nil, func(t *testing.T, o outcome) {
			require.Equal(t, "body", string(o.response.Body))
			require.Equal(t, "api.example", o.response.Host)
		}},
		"a body at the limit": {newResponse(200, "0123456789"), nil, func(t *testing.T, o outcome) {
			require.False(t, o.tooLarge)
			require.Len(t, o.response.Body, 10)
		}},
		"a body over the limit": {newResponse(200, "0123456789a"), nil, func(t *testing.T, o outcome) {
			require.True(t, o.tooLarge)
			require.Len(t, o.response.Body, 10)
		}},
		"an error":    {nil, lost, func(t *testing.T, o outcome) { require.ErrorIs(t, o.err, lost) }},
		"neither":     {nil, nil, func(t *testing.T, o outcome) { require.ErrorContains(t, o.err, "neither") }},
		"no body":     {&http.Response{StatusCode: http.StatusNoContent, Header: http.Header{}}, nil, func(t *testing.T, o outcome) { require.Equal(t, 204, o.status()) }},
		"a redirect":  {newResponse(302, "", "Location", "https://other.example/x?t=1"), nil, func(t *testing.T, o outcome) { require.Equal(t, "other.example", o.redirect) }},
		"a bad place": {newResponse(302, "", "Location", "http://[%zz"), nil, func(t *testing.T, o outcome) { require.Equal(t, "an invalid address", o.redirect) }},
		"a cut body": {&http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(&cut{})}, nil, func(t *testing.T, o outcome) {
			require.ErrorIs(t, o.err, io.ErrUnexpectedEOF)
			require.Nil(t, o.response)
		}},
		"a cut body of a 404": {&http.Response{StatusCode: http.StatusNotFound, Header: http.Header{}, Body: io.NopCloser(&cut{})}, nil, func(t *testing.T, o outcome) { require.Equal(t, 404, o.status()) }},
		"a body that never ends, of a 101": {&http.Response{StatusCode: http.StatusSwitchingProtocols, Header: http.Header{}, Body: &endless{make(chan struct{})}}, nil, func(t *testing.T, o outcome) {
			require.Equal(t, 101, o.status())
			require.Empty(t, o.response.Body)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			call := newCall(t, "GET")
			a := newAttempter(t, call, roundTripper(func(*http.Request) (*http.Response, error) { return test.response, test.err }))
			result, response := a.attempt(newRequest(t, call))
			require.Equal(t, result.response == nil, response == nil)
			require.False(t, result.sent, "no exchange was made")
			test.check(t, result)
		})
	}
}

// cut is a body that breaks off.
type cut struct{ read bool }

func (c *cut) Read(buffer []byte) (int, error) {
	if c.read {
		return 0, io.ErrUnexpectedEOF
	}
	c.read = true
	return copy(buffer, "begin"), nil
}

// endless is a body that is deaf to everything but its end.
type endless struct{ end chan struct{} }

func (e *endless) Read([]byte) (int, error) {
	<-e.end
	return 0, io.EOF
}

func (e *endless) Close() error { return nil }

func TestAttemptTimeoutCoversLazyMiddleware(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		body := &endless{make(chan struct{})}
		call := newCall(t, "GET")
		a := newAttempter(t, call, roundTripper(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: body}, nil
		}))
		a.trusted = false
		began := time.Now()
		result, _ := a.attempt(newRequest(t, call))
		require.ErrorIs(t, result.err, ErrTimeout)
		require.Equal(t, time.Minute, time.Since(began))
		close(body.end)
		synctest.Wait()
	})
}

type setsHeader struct{ err error }

func (s setsHeader) Authenticate(_ context.Context, header http.Header) error {
	header.Set("X-API-Key", "the-secret-key")
	return s.err
}

func TestAuthenticate(t *testing.T) {
	t.Parallel()
	noToken := errors.New("no token")
	for name, test := range map[string]struct {
		authenticator Authenticator
		change        func(*http.Request) *http.Request
		failure       string // "" if the request goes out
	}{
		"with a credential": {setsHeader{}, nil, ""},
		"without":           {nil, nil, ""},
		"no token":          {setsHeader{noToken}, nil, "no token"},
		"another host":      {setsHeader{}, func(r *http.Request) *http.Request { r.URL.Host = "evil.example"; return r }, "middleware must not change"},
		"another port":      {setsHeader{}, func(r *http.Request) *http.Request { r.URL.Host += ":8443"; return r }, "middleware must not change"},
		"another scheme":    {setsHeader{}, func(r *http.Request) *http.Request { r.URL.Scheme = "http"; return r }, "middleware must not change"},
		"another Host":      {setsHeader{}, func(r *http.Request) *http.Request { r.Host = "evil.example"; return r }, "middleware must not change"},
		"the scheme's port": {setsHeader{}, func(r *http.Request) *http.Request { r.URL.Host, r.Host = "API.example:443", ""; return r }, ""},
		"a foreign context": {setsHeader{}, func(r *http.Request) *http.Request { return r.WithContext(context.Background()) }, "must pass on the context"}, //nolint:usetesting // it is the point
		"a context that ended": {setsHeader{}, func(r *http.Request) *http.Request {
			ctx, end := context.WithCancel(r.Context())
			end()
			return r.WithContext(ctx)
		}, "canceled"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			call := newCall(t, "GET")
			call.Authenticator, call.Idempotent = test.authenticator, true
			var sent http.Header
			stage := newAuthenticate(roundTripper(func(r *http.Request) (*http.Response, error) {
				sent = r.Header
				return newResponse(200, ""), nil
			}))
			made := &exchanges{call: call}
			request := newRequest(t, call)
			request = request.WithContext(context.WithValue(request.Context(), exchangesKey{}, made))
			if test.change != nil {
				request = test.change(request)
			}
			response, err := stage.RoundTrip(request)
			require.Empty(t, call.Header.Get("X-API-Key"), "the header of the call is left alone")
			if test.failure != "" {
				require.ErrorContains(t, err, test.failure)
				require.Nil(t, sent)
				require.Empty(t, made.all())
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.authenticator != nil, sent.Get("X-API-Key") != "")
			require.Same(t, request, response.Request, "middleware sees no credential")
			require.Len(t, made.all(), 1)
			require.True(t, made.all()[0].maySent())
		})
	}
}

func TestNotProcessed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"http2: Transport received Server's graceful shutdown GOAWAY":            true,
		"http2: Transport received GOAWAY from server ErrCode:ENHANCE_YOUR_CALM": true,
		"http2: client conn not usable":                                          true,
		"http2: Transport: cannot retry err [http2: Transport received Server's graceful shutdown GOAWAY] after Request.Body was written; define Request.GetBody to avoid this":   true,
		"http2: Transport: cannot retry err [stream error: stream ID 3; REFUSED_STREAM; received from peer] after Request.Body was written; define Request.GetBody to avoid this": true,
		"http2: Transport: cannot retry err [stream error: stream ID 3; PROTOCOL_ERROR; received from peer] after Request.Body was written; define Request.GetBody to avoid this": false,
		"stream error: stream ID 3; REFUSED_STREAM": true,
		"stream error: stream ID 3; PROTOCOL_ERROR": false,
		`http2: server sent GOAWAY and closed the connection; LastStreamID=1, ErrCode=NO_ERROR, debug="http2: client conn not usable"`: false,
		"unexpected EOF": false,
	} {
		require.Equal(t, want, notProcessed(errors.New(text)), text)
	}
	require.False(t, notProcessed(nil))
	require.True(t, notProcessed(streamError{Code: 7}))
	require.False(t, notProcessed(streamError{Code: 1}))
}

func TestJudge(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status     int
		incomplete bool
		rejection  *Rejection
		category   error // nil for a success
		maybe      bool
	}{
		"200":                    {200, false, nil, nil, false},
		"299":                    {299, false, nil, nil, false},
		"99":                     {99, false, nil, ErrUnexpectedResponse, true},
		"101":                    {101, false, nil, ErrUnexpectedResponse, true},
		"199":                    {199, false, nil, ErrUnexpectedResponse, true},
		"300":                    {300, false, nil, ErrUnexpectedResponse, true},
		"304":                    {304, false, nil, ErrUnexpectedResponse, true},
		"307":                    {307, false, nil, ErrUnexpectedResponse, false},
		"308":                    {308, false, nil, ErrUnexpectedResponse, false},
		"400":                    {400, false, nil, ErrInvalid, false},
		"401":                    {401, false, nil, ErrUnauthorized, false},
		"408":                    {408, false, nil, errAny, true},
		"425":                    {425, false, nil, errAny, false},
		"429":                    {429, false, nil, ErrRateLimited, false},
		"499":                    {499, false, nil, errAny, false},
		"500":                    {500, false, nil, ErrServer, true},
		"599":                    {599, false, nil, ErrServer, true},
		"unreadable":             {200, false, &Rejection{Unreadable: true}, ErrUnexpectedResponse, true},
		"failure inside":         {200, false, &Rejection{}, errAny, true},
		"404 inside":             {200, false, &Rejection{Status: 404}, ErrNotFound, false},
		"408 inside":             {200, false, &Rejection{Status: 408}, errAny, true},
		"500 inside":             {200, false, &Rejection{Status: 500}, ErrServer, true},
		"200 before upload end":  {200, true, nil, ErrUnexpectedResponse, false},
		"503 before upload end":  {503, true, nil, ErrServer, false},
		"HTML before upload end": {200, true, &Rejection{Unreadable: true}, ErrUnexpectedResponse, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, readsOnly := range []bool{false, true} {
				call := newCall(t, "POST")
				call.ReadsOnly = readsOnly
				call.Content = says{test.rejection}
				r := &run{attempter: attempter{ctx: t.Context(), call: call}, transport: &Transport{describe: func([]byte) string { return "no" }}}
				r.last = outcome{sent: true, incomplete: test.incomplete, response: &Response{Status: test.status, Header: http.Header{}}}
				r.maybeApplied = inDoubt(call, &r.last)
				failure := r.judge()
				if test.category == nil {
					require.Nil(t, failure)
					continue
				}
				require.Equal(t, test.maybe && !readsOnly, failure.MaybeApplied)
				if !errors.Is(test.category, errAny) {
					require.ErrorIs(t, failure.Category, test.category)
				}
			}
		})
	}
}

type says struct{ rejection *Rejection }

func (s says) Accept(*Response) *Rejection { return s.rejection }

// errAny stands for a failure without a category, or of one that does not matter.
var errAny = errors.New("any")

func TestInDoubtWithoutResponse(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		call  Call
		last  outcome
		doubt bool
	}{
		"sent":                 {Call{}, outcome{sent: true}, true},
		"not sent":             {Call{}, outcome{}, false},
		"a read":               {Call{ReadsOnly: true}, outcome{sent: true}, false},
		"an unfinished upload": {Call{}, outcome{sent: true, incomplete: true}, false},
		"an idempotent write":  {Call{Idempotent: true}, outcome{sent: true}, true},
	} {
		require.Equal(t, test.doubt, inDoubt(&test.call, &test.last), name)
	}
}

func TestErrorsShowNothingOfTheWire(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`net/http: HTTP/1.x transport connection broken: malformed HTTP response "the-token"`:                       `net/http: HTTP/1.x transport connection broken: malformed HTTP response …`,
		`net/http: HTTP/1.x transport connection broken: malformed MIME header line: the-token: 1`:                  `net/http: HTTP/1.x transport connection broken: malformed MIME header line …`,
		`net/http: HTTP/1.x transport connection broken: malformed HTTP status code "the-token"`:                    `net/http: HTTP/1.x transport connection broken: malformed HTTP status code …`,
		`net/http: HTTP/1.x transport connection broken: unsupported transfer encoding: "the-token"`:                `net/http: HTTP/1.x transport connection broken: unsupported transfer encoding …`,
		`http2: server sent GOAWAY and closed the connection; LastStreamID=1, ErrCode=1, debug="a \"the-token\" b"`: `http2: server sent GOAWAY and closed the connection; LastStreamID=1, ErrCode=1, debug="…"`,
		`bad Content-Length "the-token`: `bad Content-Length …`,
		`unexpected EOF`:                `unexpected EOF`,
	} {
		require.Equal(t, want, withoutQuotes(errors.New(text), text))
	}
	read := io.ErrUnexpectedEOF
	require.Equal(t, read, shield(read, read.Error()), "nothing to hide")
	hidden := shield(context.DeadlineExceeded, "late")
	require.Equal(t, "late", hidden.Error())
	require.ErrorIs(t, hidden, context.DeadlineExceeded)
	require.NoError(t, errors.Unwrap(hidden))
}

func TestCallsEndInOneEngine(t *testing.T) {
	t.Parallel()
	statuses := []int{503, 502, 200}
	transport, err := New(Config{
		Client: &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
			status := statuses[0]
			statuses = statuses[1:]
			return newResponse(status, ""), nil
		})},
		MaxResponseBytes: 10, Policy: Policy{MaxAttempts: 3}, Describe: func([]byte) string { return "" },
	})
	require.NoError(t, err)
	call := newCall(t, "GET")
	call.Idempotent = true
	result := transport.Do(t.Context(), call)
	require.Nil(t, result.Failure)
	require.Equal(t, 3, result.Attempts())
	require.Empty(t, statuses)
}

func TestMiddlewareThatReturnsNilIsRefused(t *testing.T) {
	t.Parallel()
	_, err := New(Config{Middleware: []func(http.RoundTripper) http.RoundTripper{func(http.RoundTripper) http.RoundTripper { return nil }}})
	require.ErrorContains(t, err, "middleware returned nil")
}

func TestMaybeAppliedWalksTheTree(t *testing.T) {
	t.Parallel()
	applied := applies{}
	require.True(t, MaybeApplied(applied))
	require.True(t, MaybeApplied(errors.Join(io.EOF, errors.Join(applied))))
	require.False(t, MaybeApplied(errors.Join(io.EOF)))
	require.False(t, MaybeApplied(nil))
}

type applies struct{}

func (applies) Error() string { return "in doubt" }

func (applies) MaybeApplied() bool { return true }
