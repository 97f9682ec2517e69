package webhooks

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/returningai/returningai-go/internal/scrub"
)

// What a [SendError] can be about. Match them with [errors.Is].
var (
	// ErrInvalid is a message refused locally, or with status 400.
	ErrInvalid = errors.New("webhooks: invalid message")
	// ErrUnauthorized is status 401: the key is missing or wrong, or may not.
	ErrUnauthorized = errors.New("webhooks: unauthorized")
	// ErrForbidden is status 403.
	ErrForbidden = errors.New("webhooks: forbidden")
	// ErrNotFound is status 404 or 410: the URL is not, or no longer, a hook.
	ErrNotFound = errors.New("webhooks: not found")
	// ErrConflict is status 409.
	ErrConflict = errors.New("webhooks: conflict")
	// ErrRateLimited is status 429.
	ErrRateLimited = errors.New("webhooks: rate limited")
	// ErrServer is a status from 500 on.
	ErrServer = errors.New("webhooks: server error")
	// ErrRedirect is a status from 300 to 399: redirects are not followed.
	ErrRedirect = errors.New("webhooks: redirect refused")
	// ErrRejected is a 2xx status whose body says that the message failed.
	ErrRejected = errors.New("webhooks: rejected by the server")
	// ErrUnexpectedResponse is a 2xx status with HTML in the body: most likely
	// something else answered than the hook. So is a 2xx status whose body
	// breaks off or is not the JSON that it is said to be, and a status below
	// 200.
	ErrUnexpectedResponse = errors.New("webhooks: unexpected response")
	// ErrRetryAfterTooLong is a Retry-After beyond the cap or the deadline; it
	// comes together with the error of the status.
	ErrRetryAfterTooLong = errors.New("webhooks: retry-after too long")
)

// SendError is every error that a [Sender] returns. It shows neither the URL of
// the hook nor a secret, however it is printed, also when the server echoes
// them.
type SendError struct {
	// Operation is what was sent, such as sendMessage.
	Operation string
	// Status is the HTTP status of the last answer; 0 when there was none.
	Status int
	// Message is what the server said, as far as it could be found.
	Message string
	// Attempts counts the attempts made; 0 when the message was refused
	// locally.
	Attempts int
	// RetryAfter is the wait that the server asked for; 0 when it did not.
	RetryAfter time.Duration

	reasons      []error // sentinels
	cause        error
	problems     []string
	body         []byte
	maybeApplied bool
	scrub        *scrub.Scrubber
}

// Error implements error.
func (e *SendError) Error() string {
	if e == nil {
		return "webhooks: no error"
	}
	var text strings.Builder
	text.WriteString("webhooks: " + e.Operation)
	if e.Status != 0 {
		text.WriteString(strings.TrimRight(fmt.Sprintf(": %d %s", e.Status, http.StatusText(e.Status)), " "))
	}
	for _, reason := range e.reasons {
		text.WriteString(": " + strings.TrimPrefix(reason.Error(), "webhooks: "))
	}
	if e.Message != "" {
		text.WriteString(": " + e.Message)
	}
	if len(e.problems) > 0 {
		text.WriteString(": " + strings.Join(e.problems, "; "))
	}
	if e.cause != nil {
		text.WriteString(": " + e.clean(e.cause.Error()))
	}
	if e.Attempts > 1 {
		fmt.Fprintf(&text, " (%d attempts)", e.Attempts)
	}
	if e.maybeApplied {
		text.WriteString(" (may have been applied)")
	}
	return text.String()
}

// clean removes the sender's secrets from text of others.
func (e *SendError) clean(text string) string {
	if e.scrub == nil {
		return text
	}
	return e.scrub.Scrub(text)
}

// Is reports whether target is one of the sentinels that the error is about.
func (e *SendError) Is(target error) bool {
	return e != nil && slices.Contains(e.reasons, target)
}

// Unwrap returns what made the last attempt fail: an error of the network or of
// the context, or nil. It is the error of others, and shows what they put in it.
func (e *SendError) Unwrap() error {
	if e == nil {
		return nil
	}
	return e.cause
}

// MaybeApplied reports whether the server may have acted on the message: there
// was no answer, or one that does not rule it out, such as 408, a status from
// 500 on, a redirect other than 307 and 308, or a 2xx status that comes with
// [ErrRejected] or [ErrUnexpectedResponse]. When it is false, sending the
// message again cannot make it act twice.
func (e *SendError) MaybeApplied() bool { return e != nil && e.maybeApplied }

// Problems lists what is wrong with a message that was refused locally, one
// field each.
func (e *SendError) Problems() []string {
	if e == nil {
		return nil
	}
	return slices.Clone(e.problems)
}

// Body returns what was read of the last answer, bounded by [WithMaxAnswerBytes] and
// without the sender's secrets.
func (e *SendError) Body() []byte {
	if e == nil {
		return nil
	}
	return slices.Clone(e.body)
}

// Format implements [fmt.Formatter]: every verb shows the text of the error.
func (e SendError) Format(state fmt.State, verb rune) {
	format := "%s"
	if verb == 'q' {
		format = "%q"
	}
	// A formatter has no way to report a failed write.
	_, _ = io.WriteString(state, fmt.Sprintf(format, e.Error()))
}

// sentinelOf returns the sentinel of a status that is no success. Some of those
// between 400 and 499 have none.
func sentinelOf(status int) error {
	switch status {
	case http.StatusBadRequest:
		return ErrInvalid
	case http.StatusUnauthorized:
		return ErrUnauthorized
	case http.StatusForbidden:
		return ErrForbidden
	case http.StatusNotFound, http.StatusGone:
		return ErrNotFound
	case http.StatusConflict:
		return ErrConflict
	case http.StatusTooManyRequests:
		return ErrRateLimited
	}
	switch {
	case status >= http.StatusInternalServerError:
		return ErrServer
	case status >= http.StatusBadRequest:
		return nil
	case status >= http.StatusMultipleChoices:
		return ErrRedirect
	}
	return ErrUnexpectedResponse
}
