package returningai_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
)

// canned is a transport in memory that gives the same response to each request.
type canned struct {
	body   string
	header http.Header
	before func()
}

func (c *canned) RoundTrip(request *http.Request) (*http.Response, error) {
	if c.before != nil {
		c.before()
	}
	if request.Body != nil {
		_ = request.Body.Close() // of a reader in memory
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: c.header, Request: request, ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(strings.NewReader(c.body)), ContentLength: int64(len(c.body)),
	}, nil
}

// tenHeaders are what a response carries behind a usual gateway.
func tenHeaders() http.Header {
	return http.Header{
		"Content-Type": {"application/json; charset=utf-8"}, "Date": {"Wed, 25 Nov 2026 12:00:00 GMT"},
		"Server": {"nginx"}, "X-Request-Id": {"7f9c24e8"}, "Vary": {"Accept-Encoding"}, "Etag": {`W/"2a-1"`},
		"Cache-Control": {"no-store"}, "Strict-Transport-Security": {"max-age=63072000"},
		"X-Content-Type-Options": {"nosniff"}, "X-Frame-Options": {"DENY"},
	}
}

const badgeBody = `{"meta":{"success":true,"message":"ok"},"body":[{"id":"0b1c","title":"Winner","action":"custom","quantity":1,"awarded":true}]}`

func TestStackFramesOfACall(t *testing.T) {
	t.Parallel()
	var names []string
	transport := &canned{body: badgeBody, header: tenHeaders(), before: func() {
		pcs := make([]uintptr, 64)
		frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)]) // without this function and RoundTrip
		for {
			frame, more := frames.Next()
			names = append(names, frame.Function)
			if !more || strings.HasSuffix(frame.Function, ".Award") {
				return
			}
		}
	}}
	client := inMemory(t, transport)
	_, err := client.System.Badges.Award(t.Context(), "badge", "1102")
	require.NoError(t, err)
	require.LessOrEqual(t, len(names)+1, 14, strings.Join(names, "\n")) // with the transport
	require.Equal(t, 1, strings.Count(strings.Join(names, "\n"), "net/http.(*Client).Do"))
}

// plainAndWrapped are clients without middleware and with some, which send requests
// in different ways.
var plainAndWrapped = map[string][]returningai.Option{
	"alone":           nil,
	"with middleware": {returningai.WithMiddleware(func(next http.RoundTripper) http.RoundTripper { return next })},
}

// TestTransportThatRewritesRequests in place does not change what later attempts
// and calls send.
func TestTransportThatRewritesRequests(t *testing.T) {
	t.Parallel()
	for name, options := range plainAndWrapped {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var seen []string
			transport := roundTripper(func(r *http.Request) (*http.Response, error) {
				seen = append(seen, r.URL.String()+" "+r.Host+" "+r.Header.Get("X-Given"))
				r.URL.Scheme, r.URL.Host, r.URL.Path, r.Host = "http", "proxy.local", "/proxied"+r.URL.Path, "proxy.local"
				r.Header["X-Given"][0] = "changed"
				status := http.StatusServiceUnavailable
				if len(seen)%2 == 0 {
					status = http.StatusOK
				}
				return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"status":"success","data":[]}`))}, nil
			})
			client, err := returningai.New(append(slices.Clone(options), quick(), returningai.WithBearer("token"), returningai.WithHeader("X-Given", "as given"),
				returningai.WithBaseURL(returningai.FamilyIntegration, "https://api.example:8443/v1"), returningai.WithHTTPClient(&http.Client{Transport: transport}))...)
			require.NoError(t, err)
			for range 2 {
				require.NoError(t, list(t.Context(), client))
			}
			const want = "https://api.example:8443/v1/channels api.example:8443 as given"
			require.Equal(t, []string{want, want, want, want}, seen)
		})
	}
}

// TestCookiesOfAJarAreSentOnce checks each attempt: http.Client adds the cookies to
// the request that it is given, each time.
func TestCookiesOfAJarAreSentOnce(t *testing.T) {
	t.Parallel()
	for name, options := range plainAndWrapped {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			jar, err := cookiejar.New(nil)
			require.NoError(t, err)
			var seen []string
			transport := roundTripper(func(r *http.Request) (*http.Response, error) {
				seen = append(seen, r.Header.Get("Cookie"))
				status := http.StatusServiceUnavailable
				if len(seen) == 3 {
					status = http.StatusOK
				}
				return &http.Response{
					StatusCode: status, Header: http.Header{"Set-Cookie": {"node=7"}},
					Body: io.NopCloser(strings.NewReader(`{"status":"success","data":[]}`)),
				}, nil
			})
			client, err := returningai.New(append(slices.Clone(options), quick(), returningai.WithBearer("token"),
				returningai.WithHTTPClient(&http.Client{Transport: transport, Jar: jar}))...)
			require.NoError(t, err)
			require.NoError(t, list(t.Context(), client))
			require.Equal(t, []string{"", "node=7", "node=7"}, seen)
		})
	}
}
