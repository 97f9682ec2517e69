package transport

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
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

func newRequest(t *testing.T, call *Call) *http.Request {
	t.Helper()
	address := *call.URL
	return (&http.Request{Method: call.Method, URL: &address, Host: address.Host, Header: call.Header}).WithContext(t.Context())
}

// elapse lets time pass in a bubble.
func elapse(duration time.Duration) {
	time.Sleep(duration) //nolint:forbidigo // the clock is the test's own
}
