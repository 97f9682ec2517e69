package webhooks

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/returningai/returningai-go/internal/transport"
)

// The categories of a [SendError], for errors.Is. Apart from [ErrRejected] they
// are the values of the same name in package returningai.
var (
	// ErrInvalid is a message that was refused before it was sent, or HTTP 400.
	ErrInvalid = transport.ErrInvalid
	// ErrUnauthorized is HTTP 401: the key is missing, wrong, or not allowed to
	// do this.
	ErrUnauthorized = transport.ErrUnauthorized
	// ErrForbidden is HTTP 403.
	ErrForbidden = transport.ErrForbidden
	// ErrNotFound is HTTP 404 or 410: the URL is not, or no longer, a hook.
	ErrNotFound = transport.ErrNotFound
	// ErrConflict is HTTP 409.
	ErrConflict = transport.ErrConflict
	// ErrRateLimited is HTTP 429.
	ErrRateLimited = transport.ErrRateLimited
	// ErrServer is any HTTP 5xx.
	ErrServer = transport.ErrServer
	// ErrRedirect is a redirect, which is not followed.
	ErrRedirect = transport.ErrRedirect
	// ErrRejected is a 2xx response whose body says that the message failed.
	ErrRejected = errors.New("rejected by the server")
	// ErrUnexpectedResponse is a response that no hook sends: a 2xx with an HTML
	// page, malformed JSON or too large a body, or an unknown status.
	ErrUnexpectedResponse = transport.ErrUnexpectedResponse
	// ErrRetryAfterTooLong is a Retry-After beyond the cap or the deadline. The
	// category of the status comes with it.
	ErrRetryAfterTooLong = transport.ErrRetryAfterTooLong
	// ErrTimeout means that an attempt took longer than [WithAttemptTimeout]
	// allows, or than the given http.Client does. The end of the caller's own
	// context is context.DeadlineExceeded instead.
	ErrTimeout = transport.ErrTimeout
)

// Problem is one rule that a message breaks.
type Problem struct {
	// Field is the Go name of the field.
	Field string
	// Rule is the broken rule, as in "must not be empty".
	Rule string
}

// SendError is the error of every message that could not be sent. Its text shows
// neither the URL of the hook nor a secret, however it is printed.
type SendError struct {
	// Operation is the kind of message, such as sendMessage.
	Operation string
	// StatusCode is the HTTP status of the last response, 0 without one.
	StatusCode int
	// Message is the server's message, or the problem of the sent message or the
	// response.
	Message string
	// RequestID is the id that the server gave the last request, if any.
	RequestID string
	// Attempts counts the requests that were tried, 0 if refused before that.
	Attempts int
	// RetryAfter is how long the last response asked to wait, 0 if it did not.
	RetryAfter time.Duration

	reason       string // why the message was not sent again
	problems     []Problem
	body         []byte
	causes       []error
	maybeApplied bool
}

// newSendError makes the error of a message that failed, nil for a success.
func newSendError(operation string, result *transport.Result, maxBody int64) *SendError {
	failure := result.Failure
	if failure == nil {
		return nil
	}
	made := &SendError{
		Operation: operation, StatusCode: result.Status(), Message: failure.Message, RequestID: result.RequestID(),
		Attempts: result.Attempts, RetryAfter: result.RetryAfter(), reason: failure.ReasonText(),
		body: result.Body(int(maxBody)), causes: failure.Causes, maybeApplied: failure.MaybeApplied,
	}
	if failure.Category != nil {
		made.causes = append(made.causes, failure.Category)
	}
	switch {
	case made.StatusCode == http.StatusGone:
		made.causes = append(made.causes, ErrNotFound)
	case made.StatusCode/100 == 2 && !errors.Is(failure.Category, ErrUnexpectedResponse):
		made.causes = append(made.causes, ErrRejected)
	}
	return made
}

// Error returns text that is safe to log.
func (e *SendError) Error() string {
	if e == nil {
		return "<nil>"
	}
	problems := make([]string, len(e.problems))
	for i, problem := range e.problems {
		problems[i] = problem.Field + " " + problem.Rule
	}
	return transport.Text{
		Subject: "webhooks: " + e.Operation,
		Status:  e.StatusCode, Reported: errors.Is(e, ErrRejected),
		Problems: problems, Message: e.Message, Attempts: e.Attempts, Reason: e.reason,
		MaybeApplied: e.maybeApplied, RequestID: e.RequestID,
	}.String()
}

// Unwrap returns the category and the causes, for errors.Is and errors.As.
func (e *SendError) Unwrap() []error {
	if e == nil {
		return nil
	}
	return slices.Clone(e.causes)
}

// MaybeApplied reports whether the server may have acted on the message, although
// it failed. If it is false, sending it again cannot make the server act twice.
func (e *SendError) MaybeApplied() bool { return e != nil && e.maybeApplied }

// Idempotent reports false: no hook is known to ignore a message that it got
// before.
func (e *SendError) Idempotent() bool { return false }

// MaybeApplied reports whether any error in the tree of err is the error of a
// message, or of a call of package returningai, that may have been applied.
func MaybeApplied(err error) bool { return transport.MaybeApplied(err) }

// Problems lists why the message was refused before it was sent, one for each
// rule that it breaks.
func (e *SendError) Problems() []Problem {
	if e == nil {
		return nil
	}
	return slices.Clone(e.problems)
}

// Body returns what was read of the last response, at most
// [WithMaxResponseBytes], without the sender's secrets.
func (e *SendError) Body() []byte {
	if e == nil {
		return nil
	}
	return slices.Clone(e.body)
}

// Format implements [fmt.Formatter]: each verb shows the text of the error.
func (e SendError) Format(state fmt.State, verb rune) {
	format := "%s"
	if verb == 'q' {
		format = "%q"
	}
	// A formatter has no way to report a failed write.
	_, _ = fmt.Fprintf(state, format, e.Error())
}
