package transport

import (
	"context"
	"errors"
	"net/http"
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
