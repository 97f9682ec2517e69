package webhooks

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/returningai/returningai-go/internal/retry"
)

// outcome is what one attempt came to.
type outcome struct {
	sent    bool // something of the request may have reached the server
	status  int
	header  http.Header
	body    []byte
	cut     bool   // the body was not read to its end
	message string // the server's words
	taken   bool   // a status of success, and nothing against it
	reason  error  // sentinel, where the failure has one
	err     error  // of the network or the context
}

// maybeApplied reports whether the server may have acted. A redirect leaves
// that open, but for those that ask to repeat the request elsewhere; so does a
// success that is none.
func (o outcome) maybeApplied() bool {
	switch o.status {
	case 0:
		return o.sent
	case http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return false
	case http.StatusRequestTimeout:
		return true
	}
	return o.status < http.StatusBadRequest || o.status >= http.StatusInternalServerError
}

// attempt sends the message once and reads the answer.
func (s *sender) attempt(ctx context.Context, sending message) outcome {
	limited, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	var asked, connected atomic.Bool
	traced := httptrace.WithClientTrace(limited, &httptrace.ClientTrace{
		GetConn: func(string) { asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	answer, err := s.client.Do(s.request(traced, sending))
	if err != nil {
		// A transport that fires no trace may have sent anything, unless it
		// could not even connect.
		sent := connected.Load() || !asked.Load() && !retry.IsDialError(err)
		return outcome{sent: sent, err: attemptError(ctx, err)}
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, s.maxAnswer))
	result := outcome{sent: true, status: answer.StatusCode, header: answer.Header, body: body}
	result.cut = err != nil || int64(len(body)) == s.maxAnswer
	// A failure needs no body, but what is missing of a success may have said
	// that it is none.
	if err != nil && result.succeeded() {
		result.err = attemptError(ctx, err)
	}
	result.judge()
	return result
}

// attemptError takes the URL off an error, also where clients wrap clients, and
// puts the cause of an ended context on.
func attemptError(ctx context.Context, err error) error {
	for wrapped, ok := errors.AsType[*url.Error](err); ok; wrapped, ok = errors.AsType[*url.Error](err) {
		err = wrapped.Err
	}
	if ctx.Err() != nil {
		return contextError(ctx)
	}
	return err
}

// judge decides what an answer means.
func (o *outcome) judge() {
	answer := readRecord(o.body)
	o.message = answer.serverMessage()
	media, _, _ := mime.ParseMediaType(o.header.Get("Content-Type"))
	switch {
	case !o.succeeded():
		o.reason = sentinelOf(o.status)
	case answer.saysFailed():
		o.reason = ErrRejected
	case media == "text/html", o.err != nil, media == typeJSON && !readableJSON(o.body):
		o.reason = ErrUnexpectedResponse
	default:
		o.taken = true
	}
}

// succeeded reports whether the status is one of success.
func (o *outcome) succeeded() bool {
	return o.status >= http.StatusOK && o.status < http.StatusMultipleChoices
}

// readableJSON reports whether a body that is said to be JSON can be read. An
// empty one says nothing.
func readableJSON(body []byte) bool {
	_, ok := jsonKind(body)
	return ok || len(bytes.TrimSpace(body)) == 0
}

// serverMessage finds the server's words where the REST API puts them.
func (r record) serverMessage() string {
	meta, failure := r.object("meta"), r.object("error")
	return cmp.Or(r.text("message"), meta.text("message", "devMessage"), r.text("error"), failure.text("message"))
}

// failureWords are what the status of an answer can say of a failure.
var failureWords = []string{
	"error", "errored", "fail", "failed", "failure", "unsuccessful", "rejected", "refused",
	"denied", "forbidden", "unauthorized", "invalid", "not found", "not_found",
}

// saysFailed reports whether a 2xx answer says in so many words that it is a
// failure. Only plain words count: taking an unknown word of success for a
// failure would make callers repeat what was done.
func (r record) saysFailed() bool {
	switch strings.ToLower(strings.Trim(string(r["error"]), `"`)) {
	case "", "null", "false", "0", "{}", "[]":
		return r.deniesSuccess() || r.object("meta").deniesSuccess()
	}
	return true
}

// deniesSuccess reports whether the members that tell success tell of none.
func (r record) deniesSuccess() bool {
	status := strings.ToLower(strings.TrimSpace(r.text("status")))
	return slices.Contains(failureWords, status) ||
		toInt(r.number("statusCode")) >= http.StatusBadRequest ||
		strings.EqualFold(strings.Trim(string(r["success"]), `"`), "false")
}
