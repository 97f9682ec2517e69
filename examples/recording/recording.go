// Package recording records the responses of the service once, and replays them in
// tests, with go-vcr. The recorder is middleware, so no credential reaches the
// cassette: the client adds it later.
package recording

import (
	"bytes"
	"io"
	"net/http"

	"gopkg.in/dnaeon/go-vcr.v4/pkg/cassette"
	"gopkg.in/dnaeon/go-vcr.v4/pkg/recorder"

	"github.com/returningai/returningai-go"
)

// Middleware returns middleware that records into the cassette at path, or replays
// it if there is one, and a function that saves it. What responses hold is
// recorded as it is: do not record operations that return secrets, such as
// APIKeys.Create and SecureLogin.
func Middleware(path string) (middleware returningai.Middleware, save func() error, err error) {
	late := &transport{}
	tape, err := recorder.New(path,
		recorder.WithMode(recorder.ModeRecordOnce), recorder.WithRealTransport(late),
		recorder.WithHook(clean, recorder.AfterCaptureHook), recorder.WithMatcher(matches),
	)
	if err != nil {
		return nil, nil, err
	}
	return func(next http.RoundTripper) http.RoundTripper {
		late.next = next
		return tape
	}, tape.Stop, nil
}

// clean drops the headers, in which gateways and cookies keep secrets of their own.
func clean(interaction *cassette.Interaction) error {
	interaction.Request.Headers = nil
	delete(interaction.Response.Headers, "Set-Cookie")
	return nil
}

// matches compares what is left of a request: method, URL and body.
func matches(request *http.Request, recorded cassette.Request) bool {
	if request.Method != recorded.Method || request.URL.String() != recorded.URL {
		return false
	}
	if request.Body == nil {
		return recorded.Body == ""
	}
	body, err := io.ReadAll(request.Body)
	request.Body = io.NopCloser(bytes.NewReader(body)) // the recorder compares it with each record
	return err == nil && string(body) == recorded.Body
}

// transport is the rest of the client, which is known when the client is made.
type transport struct{ next http.RoundTripper }

func (t *transport) RoundTrip(request *http.Request) (*http.Response, error) {
	return t.next.RoundTrip(request)
}
