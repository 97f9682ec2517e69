package transport

import (
	"net/http"
	"time"
)

// Result is the outcome of a call. What it shows has no secrets in it; the work
// for that is done only when somebody asks.
type Result struct {
	Failure  *Failure // nil for a success
	Attempts int      // how many requests were tried
	of       *judgment
}

// Status returns the HTTP status of the last response, 0 if there was none.
func (r *Result) Status() int {
	return r.of.last.status()
}

// RetryAfter returns how long the last response asked to wait.
func (r *Result) RetryAfter() time.Duration { return r.of.retryAfter() }

// RequestID returns the id that a server or gateway gave the request.
func (r *Result) RequestID() string {
	if r.of.last.response == nil {
		return ""
	}
	id := rawRequestID(r.of.last.response.Header)
	if id == "" {
		return ""
	}
	return Clean(r.of.scrubber().Scrub(id), 128)
}

// Header returns a copy of the last response's header without cookies.
func (r *Result) Header() http.Header {
	if r.of.last.response == nil {
		return nil
	}
	const most, mostInAll = 64 << 10, 1 << 20 // bytes of values; more are dropped
	header := r.of.last.response.Header.Clone()
	header.Del("Set-Cookie") // a secret of the server's
	scrubber, left := r.of.scrubber(), mostInAll
	for name, values := range header {
		for i, value := range values {
			if left -= min(len(value), most); left < 0 {
				header[name] = values[:i]
				break
			}
			if len(value) > most {
				values[i] = scrubber.ScrubCut(value[:most])
				continue
			}
			values[i] = scrubber.Scrub(value)
		}
	}
	return header
}

// Body returns a copy of the last response's body, cut to limit bytes. It is
// empty if the operation returns secrets and the response was not a failure.
func (r *Result) Body(limit int) []byte {
	response := r.of.last.response
	if response == nil || r.of.call.Secret && response.Status < http.StatusBadRequest {
		return nil
	}
	body, scrubber := response.Body, r.of.scrubber()
	scrub := scrubber.Scrub
	if len(body) > limit || r.of.last.tooLarge {
		body, scrub = body[:min(len(body), limit)], scrubber.ScrubCut
	}
	scrubbed := scrub(string(body)) // a marker may be longer than what it replaces
	return []byte(scrubbed[:min(len(scrubbed), limit)])
}

// Shown returns text without secrets and control characters, cut to a readable
// length.
func (r *Result) Shown(text string) string { return r.of.shown(text) }
