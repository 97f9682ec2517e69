package transport

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"
)

// Failure describes why a call failed. Its texts are safe to show.
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

// judgment holds the outcome of a call so far, and decides what it means.
type judgment struct {
	attempter
	describeBody func(body []byte) string

	last         outcome
	reason       Reason // why there was no further retry
	responseLost bool   // an attempt may have been processed and got no response
	maybeApplied bool   // an attempt may have changed something
}

// judge decides what the last attempt of a call means. It is the only place
// that does. It returns nil for a success.
func (j *judgment) judge() *Failure {
	result := &j.last
	if result.response == nil {
		return j.judgeError(result)
	}
	switch status := result.response.Status; {
	case j.call.Method == http.MethodDelete && status == http.StatusNotFound && j.responseLost:
		// The response to an earlier attempt was lost, and what it was to delete
		// is gone: it did its work.
		return nil
	case status >= http.StatusBadRequest:
		return j.rejected(status, j.describe(result))
	case result.incomplete && status/100 == 2:
		return j.unexpected("the server responded before the upload had ended", nil)
	case result.tooLarge:
		return j.unexpected("the response is larger than WithMaxResponseBytes allows", nil)
	case result.redirect != "":
		return j.fail(ErrRedirect, "the API redirects to "+result.redirect+", which is not followed")
	case status < http.StatusOK || status >= http.StatusMultipleChoices:
		return j.unexpected("the API never responds with this status", nil)
	}
	return j.judgeContent(result)
}

// describe returns what the response to a failure says. One that was cut is not
// looked at.
func (j *judgment) describe(result *outcome) string {
	if result.tooLarge {
		return ""
	}
	return j.describeBody(result.response.Body)
}

// judgeError is the failure of an attempt without a response.
func (j *judgment) judgeError(result *outcome) *Failure {
	failure := j.fail(nil, result.err.Error(), result.err)
	switch {
	case result.ofSource:
		failure.Category = ErrInvalid // not the network
	case errors.Is(result.err, errHeld):
		failure.Category = ErrRateLimited
	}
	return failure
}

// judgeContent judges a 2xx response by its body.
func (j *judgment) judgeContent(result *outcome) *Failure {
	if j.call.Content == nil {
		return nil
	}
	rejection := j.call.Content.Accept(result.response)
	switch {
	case rejection == nil:
		return nil
	case rejection.Unreadable:
		return j.unexpected(rejection.Message, rejection.Cause)
	}
	// Unless it names a status that proves otherwise, the server may have
	// acted.
	j.maybeApplied = j.maybeApplied || !j.call.ReadsOnly && !refusedStatus(rejection.Status)
	if rejection.Status == http.StatusUnauthorized {
		j.refuseCredential()
	}
	return j.rejected(rejection.Status, rejection.Message)
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

// refuseCredential drops a credential that the server refused, whether or not the
// call may be retried, and reports whether there is another one.
func (j *judgment) refuseCredential() bool {
	refresher, ok := j.call.Authenticator.(Refresher)
	return ok && refresher.Refused(j.last.response.Sent.Clone())
}

// unexpected is the failure of a response that is not the operation's. If it
// says 2xx to a write, the write was probably applied.
func (j *judgment) unexpected(message string, cause error) *Failure {
	if cause != nil {
		message += ": " + cause.Error()
	}
	j.maybeApplied = j.maybeApplied || !j.call.ReadsOnly && !j.last.incomplete && j.last.response.Status/100 == 2
	return j.fail(ErrUnexpectedResponse, message, cause)
}

// rejected is the failure of a response that says no.
func (j *judgment) rejected(status int, message string) *Failure {
	failure := j.fail(StatusCategory(status), message)
	failure.Status = status
	if j.reason == ReasonRetryAfterTooLong {
		failure.Causes = append(failure.Causes, ErrRetryAfterTooLong)
	}
	return failure
}

// canceled is the failure of a call whose context ended.
func (j *judgment) canceled(ctx context.Context) *Failure {
	message := "the context was canceled"
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		message = "the context's deadline passed"
	}
	failure := j.fail(nil, message, ctx.Err(), j.shownCause(ctx))
	failure.Category = StatusCategory(failure.Status) // of the attempt before
	return failure
}

// shownCause returns the cause of an ended context, which is the caller's own.
func (j *judgment) shownCause(ctx context.Context) error {
	cause := context.Cause(ctx)
	if errors.Is(ctx.Err(), cause) {
		return nil
	}
	return shield(cause, j.shown(cause.Error()))
}

func (j *judgment) fail(category error, message string, causes ...error) *Failure {
	failure := &Failure{Category: category, Message: j.shown(message), MaybeApplied: j.maybeApplied, Reason: j.reason}
	if j.last.response != nil {
		failure.Status = j.last.response.Status
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
func (j *judgment) retryAfter() time.Duration {
	if j.last.response == nil {
		return 0
	}
	wait, _ := ParseRetryAfter(j.last.response.Header, time.Now()).Wait()
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
