package transport

import (
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func newAttempter(t *testing.T, call *Call, middleware http.RoundTripper) *attempter {
	t.Helper()
	return &attempter{ctx: t.Context(), call: call, chain: chain{middleware: middleware}, maxBody: 10, timeouts: timeouts{idle: time.Minute}}
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
		began := time.Now()
		result, _ := a.attempt(newRequest(t, call))
		require.ErrorIs(t, result.err, ErrTimeout)
		require.Equal(t, time.Minute, time.Since(began))
		close(body.end)
		synctest.Wait()
	})
}
