package transport

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"
)

// Failure says why a call failed. Its texts are safe to show.
type Failure struct {
	// Category is one of the errors of this package, nil if none applies.
	Category error
	// Status is the HTTP status, or the one that a 2xx response names inside;
	// 0 without a response.
	Status  int
	Message string
	Causes  []error
	// Reason is why the call was not retried (again).
	Reason       Reason
	MaybeApplied bool
}

// ReasonText returns the reason where it adds something to the rest of the
// failure.
func (f *Failure) ReasonText() string {
	if f.Reason == ReasonFinal || f.Reason == ReasonUnsafe && f.MaybeApplied {
		return ""
	}
	return string(f.Reason)
}

// judge decides what the last attempt of a call means. It is the only place
// that does. It returns nil for a success.
func (r *run) judge() *Failure {
	result := &r.last
	if result.response == nil {
		return r.judgeError(result)
	}
	switch status := result.response.Status; {
	case r.call.Method == http.MethodDelete && status == http.StatusNotFound && r.responseLost:
		// The response to an earlier attempt was lost, and what it was to delete
		// is gone: it did its work.
		return nil
	case status >= http.StatusBadRequest:
		return r.rejected(status, r.describe(result))
	case result.incomplete && status/100 == 2:
		return r.unexpected("the server responded before the upload had ended", nil)
	case result.tooLarge:
		return r.unexpected("the response is larger than WithMaxResponseBytes allows", nil)
	case result.redirect != "":
		return r.fail(ErrRedirect, "the API redirects to "+result.redirect+", which is not followed")
	case status < http.StatusOK || status >= http.StatusMultipleChoices:
		return r.unexpected("the API never responds with this status", nil)
	}
	return r.judgeContent(result)
}

// describe returns what the response to a failure says. One that was cut is not
// looked at.
func (r *run) describe(result *outcome) string {
	if result.tooLarge {
		return ""
	}
	return r.transport.describe(result.response.Body)
}

// judgeError is the failure of an attempt without a response.
func (r *run) judgeError(result *outcome) *Failure {
	failure := r.fail(nil, result.err.Error(), result.err)
	switch {
	case result.ofSource:
		failure.Category = ErrInvalid // not the network
	case errors.Is(result.err, errHeld):
		failure.Category = ErrRateLimited
	}
	return failure
}

// judgeContent judges a 2xx response by its body.
func (r *run) judgeContent(result *outcome) *Failure {
	if r.call.Content == nil {
		return nil
	}
	rejection := r.call.Content.Accept(result.response)
	switch {
	case rejection == nil:
		return nil
	case rejection.Unreadable:
		return r.unexpected(rejection.Message, rejection.Cause)
	}
	// Unless it names a status that proves otherwise, something may have been
	// done.
	r.maybeApplied = r.maybeApplied || !r.call.ReadsOnly && !refusedStatus(rejection.Status)
	if rejection.Status == http.StatusUnauthorized {
		r.refuseCredential()
	}
	return r.rejected(rejection.Status, rejection.Message)
}

// inDoubt reports whether an attempt may have changed something on the server
// although it failed. Only a status that says otherwise, or the certainty that
// the request was not processed, rules it out.
func inDoubt(call *Call, result *outcome) bool {
	switch {
	case call.ReadsOnly || !result.sent || result.incomplete:
		return false
	case result.response == nil:
		return true
	}
	status := result.response.Status
	return status/100 != 2 && !refusedStatus(status)
}

// unexpected is the failure of a response that is not the operation's. If it
// calls a write a success all the same, the write was probably done.
func (r *run) unexpected(message string, cause error) *Failure {
	if cause != nil {
		message += ": " + cause.Error()
	}
	r.maybeApplied = r.maybeApplied || !r.call.ReadsOnly && !r.last.incomplete && r.last.response.Status/100 == 2
	return r.fail(ErrUnexpectedResponse, message, cause)
}

// rejected is the failure of a response that says no.
func (r *run) rejected(status int, message string) *Failure {
	failure := r.fail(StatusCategory(status), message)
	failure.Status = status
	if r.reason == ReasonRetryAfterTooLong {
		failure.Causes = append(failure.Causes, ErrRetryAfterTooLong)
	}
	return failure
}

// canceled is the failure of a call whose context ended.
func (r *run) canceled(ctx context.Context) *Failure {
	message := "the context was canceled"
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		message = "the context's deadline passed"
	}
	failure := r.fail(nil, message, ctx.Err(), r.shownCause(ctx))
	failure.Category = StatusCategory(failure.Status) // of the attempt before
	return failure
}

// shownCause returns the cause of an ended context, which is the caller's own.
func (r *run) shownCause(ctx context.Context) error {
	cause := context.Cause(ctx)
	if cause == nil || errors.Is(ctx.Err(), cause) {
		return nil
	}
	return shield(cause, r.shown(cause.Error()))
}

func (r *run) fail(category error, message string, causes ...error) *Failure {
	failure := &Failure{Category: category, Message: r.shown(message), MaybeApplied: r.maybeApplied, Reason: r.reason}
	if r.last.response != nil {
		failure.Status = r.last.response.Status
	}
	failure.Causes = slices.DeleteFunc(causes, func(cause error) bool { return cause == nil })
	return failure
}

// StatusCategory returns the category of an HTTP status, or nil.
func StatusCategory(status int) error {
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

// retryAfter returns how long the last response asked to wait.
func (r *run) retryAfter() time.Duration {
	if r.last.response == nil {
		return 0
	}
	wait, _ := ParseRetryAfter(r.last.response.Header, time.Now()).Wait()
	return wait
}

// MaybeApplied reports whether any error in the tree of err says that its
// operation may have been applied.
func MaybeApplied(err error) bool {
	if applied, ok := err.(interface{ MaybeApplied() bool }); ok && applied.MaybeApplied() {
		return true
	}
	switch wrapped := err.(type) { //nolint:errorlint // it walks the tree itself
	case interface{ Unwrap() error }:
		return MaybeApplied(wrapped.Unwrap())
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(wrapped.Unwrap(), MaybeApplied)
	}
	return false
}
