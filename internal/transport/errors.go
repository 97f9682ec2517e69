package transport

import "errors"

// The categories of failures. The root package and webhooks export these very
// values, so that errors.Is gives one answer for both.
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
