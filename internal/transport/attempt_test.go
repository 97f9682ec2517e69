package transport

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
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
		"an error": {nil, lost, func(t *testing.T, o outcome) { require.ErrorIs(t, o.err, lost) }},
		"neither":  {nil, nil, func(t *testing.T, o outcome) { require.ErrorContains(t, o.err, "neither") }},
		"no body": {&http.Response{StatusCode: http.StatusNoContent, Header: http.Header{}}, nil, func(t *testing.T, o outcome) {
			require.Equal(t, 204, o.status())
			require.False(t, o.tooLarge)
		}},
		"a redirect":  {newResponse(302, "", "Location", "https://other.example/x?t=1"), nil, func(t *testing.T, o outcome) { require.Equal(t, "other.example", o.redirect) }},
		"a bad place": {newResponse(302, "", "Location", "http://[%zz"), nil, func(t *testing.T, o outcome) { require.Equal(t, "an invalid address", o.redirect) }},
		"a cut body": {&http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(&cut{})}, nil, func(t *testing.T, o outcome) {
			require.ErrorIs(t, o.err, io.ErrUnexpectedEOF)
			require.Nil(t, o.response)
		}},
		"a cut body of a 404": {&http.Response{StatusCode: http.StatusNotFound, Header: http.Header{}, Body: io.NopCloser(&cut{})}, nil, func(t *testing.T, o outcome) {
			require.Equal(t, 404, o.status())
			require.False(t, o.tooLarge)
		}},
		"a body that never ends, of a 101": {&http.Response{StatusCode: http.StatusSwitchingProtocols, Header: http.Header{}, Body: &endless{make(chan struct{})}}, nil, func(t *testing.T, o outcome) {
			require.Equal(t, 101, o.status())
			require.Empty(t, o.response.Body)
			require.False(t, o.tooLarge)
		}},
		"no redirect":      {newResponse(302, ""), nil, func(t *testing.T, o outcome) { require.Empty(t, o.redirect) }},
		"a relative place": {newResponse(302, "", "Location", "/x?t=1"), nil, func(t *testing.T, o outcome) { require.Equal(t, "api.example", o.redirect) }},
		"no host":          {newResponse(302, "", "Location", "mailto:x"), nil, func(t *testing.T, o outcome) { require.Equal(t, "an invalid address", o.redirect) }},
		"a place of a 201": {newResponse(201, "", "Location", "/things/1"), nil, func(t *testing.T, o outcome) {
			require.Empty(t, o.redirect)
			require.Equal(t, "/things/1", o.response.Header.Get("Location"))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			call := newCall(t, "GET")
			a := newAttempter(t, call, roundTripper(func(*http.Request) (*http.Response, error) { return test.response, test.err }))
			result, response := a.attempt(newRequest(t, call))
			require.Equal(t, result.response == nil, response == nil)
			if response != nil {
				require.Equal(t, http.NoBody, response.Body, "it was read")
				require.False(t, result.redirect != "" && response.Header.Get("Location") != "", "http.Client would show it")
			}
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

func TestBodyOfErrorMayNeverEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		body := &endless{make(chan struct{})}
		call := newCall(t, "GET")
		a := newAttempter(t, call, roundTripper(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusNotFound, Header: http.Header{}, Body: body}, nil
		}))
		result, _ := a.attempt(newRequest(t, call))
		require.NoError(t, result.err)
		require.Equal(t, 404, result.status(), "the status is enough")
		require.False(t, result.tooLarge)
		close(body.end)
		synctest.Wait()
	})
}

func TestReadAll(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 511, 512, 513, 2000, 1<<20 + 5} {
		for _, length := range []int64{-1, 0, int64(size), 1 << 40} { // it may lie
			text := strings.Repeat("x", size)
			for limit, tooLarge := range map[int64]bool{int64(size) - 1: true, int64(size): false, int64(size) + 1: false} {
				if limit < 0 {
					continue
				}
				data, cut, err := readAll(strings.NewReader(text), length, limit)
				require.NoError(t, err)
				require.Equal(t, tooLarge, cut)
				require.Len(t, data, min(size, int(limit)))
			}
		}
	}
}

// panics is a body that panics.
type panics struct{ closes }

func (p *panics) Read([]byte) (int, error) { panic("broken") }

func TestBodiesAreClosed(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]int{"200": 200, "404": 404, "101": 101} {
		for _, middleware := range []bool{false, true} {
			body := &closes{}
			transport := roundTripper(func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: status, Header: http.Header{}, Body: body}, nil
			})
			call := newCall(t, "GET")
			a := newAttempter(t, call, nil)
			if a.authenticate = newAuthenticate(transport); middleware {
				a.middleware = transport
			}
			result, _ := a.attempt(newRequest(t, call))
			require.Equal(t, status, result.status(), name)
			require.True(t, body.closed, name)
		}
	}
}

func TestBodyOfMiddlewarePanics(t *testing.T) {
	t.Parallel()
	body := &panics{}
	call := newCall(t, "GET")
	a := newAttempter(t, call, roundTripper(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: body}, nil
	}))
	result, _ := a.attempt(newRequest(t, call))
	require.ErrorContains(t, result.err, "panicked")
	require.Zero(t, result.status())
	require.True(t, body.closed)
}

// TestAttemptOfSeveralExchanges was sent if one of them was.
func TestAttemptOfSeveralExchanges(t *testing.T) {
	t.Parallel()
	refused := &net.OpError{Op: "dial", Err: errors.New("refused")}
	for name, test := range map[string]struct {
		errs []error // of the exchanges, in turn
		sent bool
	}{
		"none":             {nil, false},
		"not sent":         {[]error{refused}, false},
		"neither sent":     {[]error{refused, refused}, false},
		"the first is":     {[]error{io.ErrUnexpectedEOF, refused}, true},
		"the last is":      {[]error{refused, io.ErrUnexpectedEOF}, true},
		"with a response":  {[]error{refused, nil}, true},
		"a response first": {[]error{nil, refused}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			call, next := newCall(t, "GET"), 0
			call.Authenticator = setsHeader{}
			stage := newAuthenticate(roundTripper(func(*http.Request) (*http.Response, error) {
				err := test.errs[next]
				if next++; err != nil {
					return nil, err
				}
				return newResponse(200, ""), nil
			}))
			a := newAttempter(t, call, roundTripper(func(r *http.Request) (response *http.Response, err error) {
				err = errors.New("nothing was tried")
				for range test.errs {
					if response, err = stage.RoundTrip(r); err == nil {
						break
					}
				}
				return response, err
			}))
			result, response := a.attempt(newRequest(t, call))
			require.Equal(t, test.sent, result.sent)
			if response != nil {
				require.Equal(t, "the-secret-key", result.response.Sent.Get("X-API-Key"))
			}
		})
	}
}

func TestCookiesOfAnAttempt(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ own, jar, want []string }{
		"none":  {nil, nil, nil},
		"own":   {[]string{"a=1"}, nil, []string{"a=1"}},
		"a jar": {nil, []string{"b=2"}, []string{"b=2"}},
		"both":  {[]string{"a=1"}, []string{"b=2"}, []string{"a=1", "b=2"}},
	} {
		call := newCall(t, "GET")
		request := newRequest(t, call)
		request.Header = http.Header{}
		if test.own != nil {
			call.Header["Cookie"] = test.own
		}
		if test.jar != nil {
			request.Header["Cookie"] = test.jar
		}
		header := newAttempter(t, call, nil).header(request)
		require.Equal(t, test.want, header["Cookie"], name)
		require.Equal(t, "application/json", header.Get("Accept"), name)
		require.Equal(t, test.own, call.Header["Cookie"], name)
		require.Empty(t, request.Header, "http.Client adds them again for the next attempt")
	}
}

// TestMiddlewareMayChangeItsRequest without a change to the next attempt's.
func TestMiddlewareMayChangeItsRequest(t *testing.T) {
	t.Parallel()
	call := newCall(t, "GET")
	a := newAttempter(t, call, roundTripper(func(r *http.Request) (*http.Response, error) {
		require.Equal(t, "api.example", r.Host)
		require.Empty(t, r.Header.Get("X-Trace"))
		_, ok := r.Context().Value(exchangesKey{}).(*exchanges)
		require.True(t, ok, "it leads to the attempt")
		r.Header.Set("X-Trace", "1")
		return newResponse(200, ""), nil
	}))
	request := newRequest(t, call)
	request.Host = ""
	for range 2 {
		result, _ := a.attempt(request)
		require.Equal(t, 200, result.status())
	}
}

func TestAttemptEndsItsContext(t *testing.T) {
	t.Parallel()
	call := newCall(t, "GET")
	var ctx context.Context
	a := newAttempter(t, call, roundTripper(func(r *http.Request) (*http.Response, error) {
		ctx = r.Context()
		require.NoError(t, ctx.Err())
		return newResponse(200, ""), nil
	}))
	a.attempt(newRequest(t, call))
	require.ErrorIs(t, ctx.Err(), context.Canceled)
}
