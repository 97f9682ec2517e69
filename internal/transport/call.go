package transport

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/returningai/returningai-go/internal/scrub"
)

// Call is one operation to perform. It is used once.
type Call struct {
	Method string
	// URL is where the request goes. Its origin is the only one that a request
	// of this call, and its credential, may reach.
	URL *url.URL
	// Header is sent with every attempt; the credential is not in it. It is never
	// nil.
	Header http.Header
	Body   Body
	// Idempotent operations may be sent again after a response was lost.
	Idempotent bool
	// ReadsOnly operations change nothing on the server.
	ReadsOnly bool
	// Secret operations return a secret: no body of a success is kept.
	Secret bool
	// Authenticator sets the credential; nil sends none.
	Authenticator Authenticator
	Observer      Observer // nil if nobody watches
	Secrets       Secrets  // nil if the credential is the only one
	Content       Content  // nil if each 2xx response is a success
}

// Secrets tells a scrubber what must not be shown. It is asked only when there is
// something to show.
type Secrets interface {
	AddSecrets(scrubber *scrub.Scrubber)
}

// Content reads a 2xx response. It returns nil when the operation succeeded.
type Content interface {
	Accept(response *Response) *Rejection
}

// Authenticator sets a credential on the header of one request.
type Authenticator interface {
	Authenticate(ctx context.Context, header http.Header) error
}

// Refresher is an Authenticator that can replace a refused credential.
type Refresher interface {
	Authenticator
	Refused(header http.Header) bool
}

// Body is the body of a request: Data, or a Stream, or nothing.
type Body struct {
	Data   []byte
	Stream Stream
	Length int64 // of the stream, -1 if unknown
	Once   bool  // the stream can be read once
}

// Stream is a request body that is read from a source while it is sent.
type Stream interface {
	// Open returns the body from its beginning, for an attempt that is over
	// when ended is closed.
	Open(ended <-chan struct{}) io.ReadCloser
	// Release ends all reading, and waits for a Read under way, at most for
	// patience.
	Release(patience time.Duration)
	// Complete reports whether the source was read to its end.
	Complete() bool
}

// Response is a complete response: its body was read.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
	// Sent is the header of the request, credential included.
	Sent http.Header
	Host string // host and port of the request, see [HostOf]
}

// Rejection is the reason why a 2xx response is not a success.
type Rejection struct {
	Unreadable bool   // it is not the response of this operation
	Status     int    // a status named inside the response, 0 if none
	Message    string // from the server, or what is wrong with the response
	Cause      error
}
