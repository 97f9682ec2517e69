package transport

import "errors"

// The categories of failures. The root package and webhooks export these very
// values, so that errors.Is works across both.
var (
	ErrUnauthorized       = errors.New("unauthorized")
	ErrForbidden          = errors.New("forbidden")
	ErrNotFound           = errors.New("not found")
	ErrConflict           = errors.New("conflict")
	ErrInvalid            = errors.New("invalid")
	ErrRateLimited        = errors.New("rate limited")
	ErrServer             = errors.New("server error")
	ErrRedirect           = errors.New("redirected")
	ErrUnexpectedResponse = errors.New("unexpected response")
	ErrRetryAfterTooLong  = errors.New("retry-after too long")
	ErrTimeout            = errors.New("attempt timed out")
)

// errReplayPrevented is the error of a request that net/http was about to send
// again although it may have been processed.
var errReplayPrevented = errors.New("the response was lost")

// refusal marks an error that no retry can cure, such as a credential that could
// not be had.
type refusal struct{ error }

// Unwrap returns the error that was marked.
func (r *refusal) Unwrap() error { return r.error }
