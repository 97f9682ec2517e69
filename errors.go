package returningai

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// The categories of errors, for errors.Is. An [*Error] belongs to at most one
// of those that name a status, which follow the status of the answer.
var (
	// ErrUnauthorized is HTTP 401: the credential is missing, wrong or
	// expired, or, on several operations, lacks the permission.
	ErrUnauthorized = errors.New("unauthorized")
	// ErrForbidden is HTTP 403: the credential lacks the permission.
	ErrForbidden = errors.New("forbidden")
	// ErrNotFound is HTTP 404: the target is not there, or not in the
	// community of the key, or the route is wrong.
	ErrNotFound = errors.New("not found")
	// ErrConflict is HTTP 409: a duplicate or a conflicting state.
	ErrConflict = errors.New("conflict")
	// ErrInvalid is HTTP 400, and every call that was refused locally before
	// anything was sent; see [Error.Problems].
	ErrInvalid = errors.New("invalid")
	// ErrRateLimited is HTTP 429.
	ErrRateLimited = errors.New("rate limited")
	// ErrServer is any HTTP 5xx.
	ErrServer = errors.New("server error")
	// ErrNoCredential means that the client holds no credential for the
	// family of the operation. Nothing was sent.
	ErrNoCredential = errors.New("no credential")
	// ErrRedirect means that the API answered with a redirect, which is never
	// followed, since that would carry the credential elsewhere.
	ErrRedirect = errors.New("redirected")
	// ErrUnexpectedResponse means that the answer is not what the operation
	// answers: an HTML page, malformed JSON, too large. When it is the answer
	// to a write, the write may have been done: see [Error.MaybeApplied].
	ErrUnexpectedResponse = errors.New("unexpected response")
	// ErrRetryAfterTooLong means that the server asked to wait longer than
	// the policy's cap or the context's deadline allow: see [Error.RetryAfter].
	ErrRetryAfterTooLong = errors.New("retry-after too long")
	// ErrTimeout means that an attempt took longer than [WithAttemptTimeout]
	// allows, or than the given http.Client does. The end of the caller's own
	// context is context.DeadlineExceeded instead.
	ErrTimeout = errors.New("attempt timed out")
)

// Problem is one rule that the parameters of a call break.
type Problem struct {
	// Field is the Go name of the parameter.
	Field string
	// Rule says what it must be.
	Rule string
}

// Error is what every failed call returns. Its text names the operation and
// its route template, and never a URL, a query, an id, a body or a secret.
//
// Categories are asked for with errors.Is: [ErrNotFound], [ErrRateLimited] and
// the others; context.Canceled, context.DeadlineExceeded and the causes of
// failed connections are reachable in the same way.
type Error struct {
	// Operation is the id of the operation, "" for [Client.Call].
	Operation string
	// StatusCode is the HTTP status of the last answer, 0 when there was
	// none: refused locally, or no connection.
	StatusCode int
	// Message is what the server said, without the client's credentials and
	// cut to a readable length, or what is wrong with the call or its answer.
	Message string
	// RequestID is the id that the server gave the last answer, if any.
	RequestID string
	// RetryAfter is how long the last answer asked to wait, 0 when it did not.
	RetryAfter time.Duration
	// Attempts counts the requests that were tried, 0 when refused locally.
	Attempts int

	route        string // method and template
	help         string
	problems     []Problem
	maybeApplied bool
	body         []byte
	causes       []error
}

// MaybeApplied reports whether the server may have done what the operation
// asks for, although the call failed: the answer was lost or unreadable, or
// was a server error. When false, the call had no effect. It is always false
// for operations that only read, and for uploads that ended before the server
// could have got all of them: that it makes nothing of a part is assumed.
func (e *Error) MaybeApplied() bool { return e != nil && e.maybeApplied }

// Problems returns why the call was refused before anything was sent, one for
// each rule that its parameters break. It is empty for any other error.
func (e *Error) Problems() []Problem {
	if e == nil {
		return nil
	}
	return slices.Clone(e.problems)
}

// Body returns the body of the last answer, cut to 64 KiB, with the client's
// credentials taken out. It may hold personal data: do not log it unseen. It is
// empty when the answer was one of success to an operation that answers secrets.
func (e *Error) Body() []byte {
	if e == nil {
		return nil
	}
	return bytes.Clone(e.body)
}

// Error returns a text that is safe to log.
func (e *Error) Error() string {
	if e == nil {
		return "<nil>"
	}
	var text strings.Builder
	text.WriteString("returningai: ")
	text.WriteString(strings.TrimSpace(e.Operation + " (" + e.route + ")"))
	if e.StatusCode != 0 {
		fmt.Fprintf(&text, ": %d %s", e.StatusCode, http.StatusText(e.StatusCode))
	}
	for i, problem := range e.problems {
		separator := "; "
		if i == 0 {
			separator = ": "
		}
		text.WriteString(separator + problem.Field + " " + problem.Rule)
	}
	if e.Message != "" {
		text.WriteString(": " + e.Message)
	}
	if e.help != "" {
		text.WriteString(" (" + e.help + ")")
	}
	if e.Attempts > 1 {
		fmt.Fprintf(&text, " [after %d attempts]", e.Attempts)
	}
	if e.maybeApplied {
		text.WriteString(" [the server may have acted]")
	}
	if e.RequestID != "" {
		text.WriteString(" [request " + e.RequestID + "]")
	}
	return text.String()
}

// Unwrap returns the category and the causes, for errors.Is and errors.As.
func (e *Error) Unwrap() []error {
	if e == nil {
		return nil
	}
	return slices.Clone(e.causes)
}

// Format implements [fmt.Formatter], so that every verb shows the text and
// none the fields.
func (e *Error) Format(state fmt.State, verb rune) {
	text := e.Error()
	if verb == 'q' {
		text = fmt.Sprintf("%q", text)
	}
	// A formatter has no way to report a failed write.
	_, _ = io.WriteString(state, text)
}

// statusCategory returns the sentinel of an HTTP status, or nil.
func statusCategory(status int) error {
	switch {
	case status == http.StatusBadRequest:
		return ErrInvalid
	case status == http.StatusUnauthorized:
		return ErrUnauthorized
	case status == http.StatusForbidden:
		return ErrForbidden
	case status == http.StatusNotFound:
		return ErrNotFound
	case status == http.StatusConflict:
		return ErrConflict
	case status == http.StatusTooManyRequests:
		return ErrRateLimited
	case status >= http.StatusInternalServerError:
		return ErrServer
	}
	return nil
}

// attemptError is what an attempt without an answer failed with: a text that
// is safe to show, around the cause.
type attemptError struct {
	text  string
	cause error
}

func (e *attemptError) Error() string { return e.text }

func (e *attemptError) Unwrap() error { return e.cause }
