package transport

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

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
		"with a credential":   {setsHeader{}, nil, ""},
		"without":             {nil, nil, ""},
		"no token":            {setsHeader{noToken}, nil, "no token"},
		"another host":        {setsHeader{}, func(r *http.Request) *http.Request { r.URL.Host = "evil.example"; return r }, "middleware must not change"},
		"another host, alone": {setsHeader{}, func(r *http.Request) *http.Request { r.URL.Host, r.Host = "evil.example", ""; return r }, "middleware must not change"},
		"another port, alone": {setsHeader{}, func(r *http.Request) *http.Request { r.URL.Host, r.Host = "api.example:80", ""; return r }, "middleware must not change"},
		"no header":           {setsHeader{}, func(r *http.Request) *http.Request { r.Header = nil; return r }, ""},
		"another port":        {setsHeader{}, func(r *http.Request) *http.Request { r.URL.Host += ":8443"; return r }, "middleware must not change"},
		"another scheme":      {setsHeader{}, func(r *http.Request) *http.Request { r.URL.Scheme = "http"; return r }, "middleware must not change"},
		"another Host":        {setsHeader{}, func(r *http.Request) *http.Request { r.Host = "evil.example"; return r }, "middleware must not change"},
		"the scheme's port":   {setsHeader{}, func(r *http.Request) *http.Request { r.URL.Host, r.Host = "API.example:443", ""; return r }, ""},
		"a foreign context":   {setsHeader{}, func(r *http.Request) *http.Request { return r.WithContext(context.Background()) }, "must pass on the context"}, //nolint:usetesting // it is the point
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
			var host string
			stage := newAuthenticate(roundTripper(func(r *http.Request) (*http.Response, error) {
				sent, host = r.Header, r.Host
				return newResponse(200, ""), nil
			}))
			made := &exchanges{call: call}
			request := newRequest(t, call)
			request = request.WithContext(context.WithValue(request.Context(), exchangesKey{}, made))
			if test.change != nil {
				request = test.change(request)
			}
			body := &closes{}
			if test.failure != "no token" {
				request.Body = body
			}
			response, err := stage.RoundTrip(request)
			require.Empty(t, call.Header.Get("X-API-Key"), "the header of the call is left alone")
			if test.failure != "" {
				require.ErrorContains(t, err, test.failure)
				require.Nil(t, sent)
				require.Equal(t, request.Body != nil, body.closed, "as every RoundTripper does")
				require.Empty(t, made.all())
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.authenticator != nil, sent.Get("X-API-Key") != "")
			require.Equal(t, request.URL.Host, host)
			require.Equal(t, request.Header.Get("Accept"), sent.Get("Accept"))
			require.Same(t, request, response.Request, "middleware sees no credential")
			require.Len(t, made.all(), 1)
			require.True(t, made.all()[0].maySent())
		})
	}
}

// closes is an empty body that notes its end.
type closes struct{ closed bool }

func (c *closes) Read([]byte) (int, error) { return 0, io.EOF }

func (c *closes) Close() error {
	c.closed = true
	return nil
}

func TestExchangeWithoutResponse(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err  error
		sent bool
	}{
		"refused":                    {&net.OpError{Op: "dial", Err: errors.New("refused")}, false},
		"lost":                       {io.ErrUnexpectedEOF, true},
		"neither response nor error": {nil, true},
	} {
		call := newCall(t, "GET")
		stage := newAuthenticate(roundTripper(func(*http.Request) (*http.Response, error) { return nil, test.err }))
		made := &exchanges{call: call}
		response, err := stage.send(t.Context(), newRequest(t, call), call.Header, made)
		require.Nil(t, response, name)
		require.Equal(t, test.err, err, name)
		require.Equal(t, test.sent, made.all()[0].maySent(), name)
	}
}

// TestGuardFollowsTheProtocol that the host spoke last. It is not known at first.
func TestGuardFollowsTheProtocol(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		protocol   int
		idempotent bool
		body       bool
		guarded    bool // by what ends the exchange
		rewinds    bool
	}{
		"unknown":                     {0, true, false, true, false},
		"unknown, with a body":        {0, true, true, false, true},
		"HTTP/1, idempotent":          {1, true, false, false, false},
		"HTTP/1, not idempotent":      {1, false, false, true, false},
		"HTTP/2, idempotent":          {2, true, false, true, false},
		"HTTP/2, with a body":         {2, true, true, false, false},
		"HTTP/3, with a body":         {3, true, true, false, true},
		"HTTP/1, idempotent, a body":  {1, true, true, false, true},
		"HTTP/1, not idempotent, too": {1, false, true, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			call := newCall(t, "POST")
			call.Idempotent = test.idempotent
			var last *http.Request
			stage := newAuthenticate(roundTripper(func(r *http.Request) (*http.Response, error) {
				last = r
				response := newResponse(200, "")
				response.ProtoMajor = test.protocol
				return response, nil
			}))
			made := &exchanges{call: call}
			for range 2 {
				request := newRequest(t, call)
				if test.body {
					request.Body = io.NopCloser(strings.NewReader("body"))
					request.GetBody = func() (io.ReadCloser, error) { return http.NoBody, nil }
				}
				_, err := stage.send(t.Context(), request, call.Header, made)
				require.NoError(t, err)
			}
			require.Len(t, made.all(), 2)
			require.Equal(t, test.guarded, made.all()[1].cancel != nil)
			require.Equal(t, test.rewinds, last.GetBody != nil)
		})
	}
}
