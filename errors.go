package returningai

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/returningai/returningai-go/internal/rest"
	"github.com/returningai/returningai-go/internal/transport"
)

// The categories of errors, for errors.Is. Those of package webhooks are the
// same values. An [*Error] has at most one of those that name a status.
var (
	// ErrUnauthorized is HTTP 401: the credential is missing, wrong or expired,
	// or, on several operations, lacks the permission.
	ErrUnauthorized = transport.ErrUnauthorized
	// ErrForbidden is HTTP 403: the credential lacks the permission.
	ErrForbidden = transport.ErrForbidden
	// ErrNotFound is HTTP 404: the target does not exist, or not in the
	// community of the key, or the route is wrong.
	ErrNotFound = transport.ErrNotFound
	// ErrConflict is HTTP 409: a duplicate or a conflicting state.
	ErrConflict = transport.ErrConflict
	// ErrInvalid is HTTP 400, and each call that was refused before anything was
	// sent; see [Error.Problems].
	ErrInvalid = transport.ErrInvalid
	// ErrRateLimited is HTTP 429.
	ErrRateLimited = transport.ErrRateLimited
	// ErrServer is any HTTP 5xx.
	ErrServer = transport.ErrServer
	// ErrNoCredential means that the client has no credential for the family of
	// the operation. Nothing was sent.
	ErrNoCredential = errors.New("no credential")
	// ErrRedirect means that the API responded with a redirect. It is never
	// followed, since that would carry the credential elsewhere.
	ErrRedirect = transport.ErrRedirect
	// ErrUnexpectedResponse means that the response is not the operation's: an
	// HTML page, malformed JSON, too large. A write may have been applied all the
	// same: see [Error.MaybeApplied].
	ErrUnexpectedResponse = transport.ErrUnexpectedResponse
	// ErrRetryAfterTooLong means that the server asked to wait longer than the
	// policy's cap or the context's deadline allow: see [Error.RetryAfter].
	ErrRetryAfterTooLong = transport.ErrRetryAfterTooLong
	// ErrTimeout means that an attempt took longer than [WithAttemptTimeout]
	// allows, or than the given http.Client does. The end of the caller's own
	// context is context.DeadlineExceeded instead.
	ErrTimeout = transport.ErrTimeout
)

// Problem is one rule that the parameters of a call break.
type Problem struct {
	// Field is the Go name of the parameter.
	Field string
	// Rule is the broken rule, as in "must not be empty".
	Rule string
}

// Error is the error of every failed call. Its text names the operation, and
// never shows a URL, a query, an id, a body or a secret.
//
// Test for categories with errors.Is: [ErrNotFound], [ErrRateLimited] and the
// others; context.Canceled, context.DeadlineExceeded and the causes of failed
// connections match in the same way. A value that a test makes, such as
// &Error{StatusCode: 429}, matches the category of its status.
type Error struct {
	// Operation is the id of the operation, such as [OperationSystemBadgesAward],
	// or "" for [Client.Call].
	Operation string
	// StatusCode is the HTTP status of the last response, 0 without one.
	StatusCode int
	// Message is the text of the server, without the client's credentials and cut
	// to a readable length, or what is wrong with the call or its response.
	Message string
	// RequestID is the id that the server gave the last request, if any.
	RequestID string
	// RetryAfter is how long the last response asked to wait, 0 if it did not.
	RetryAfter time.Duration
	// Attempts counts the requests that were tried, 0 if refused before that.
	Attempts int

	subject      string // of the text, where there is no operation
	help         string
	reason       string // why the call was not retried (again)
	problems     []Problem
	maybeApplied bool
	idempotent   bool
	body         []byte
	causes       []error
}

// MaybeApplied reports whether the server may have done what the operation asks
// for, although the call failed. It is false only if the request was not
// processed: nothing was sent, HTTP/2 said so, an upload was not sent to its end
// (that the server ignores a part is assumed), the status is 307, 308 or a 4xx
// other than 408, or the operation only reads.
func (e *Error) MaybeApplied() bool { return e != nil && e.maybeApplied }

// Idempotent reports whether the operation may be called again without harm,
// also after [Error.MaybeApplied].
func (e *Error) Idempotent() bool { return e != nil && e.idempotent }

// MaybeApplied reports whether any error in the tree of err is an error of a
// call, of this package or of package webhooks, that may have been applied.
func MaybeApplied(err error) bool { return transport.MaybeApplied(err) }

// Problems returns why the call was refused before anything was sent, one for
// each rule that its parameters break. It is empty for any other error.
func (e *Error) Problems() []Problem {
	if e == nil {
		return nil
	}
	return slices.Clone(e.problems)
}

// Body returns the body of the last response, cut to 64 KiB, without the
// client's credentials. It may hold personal data: do not log it unseen. It is
// empty after a 2xx response to an operation that returns secrets.
func (e *Error) Body() []byte {
	if e == nil {
		return nil
	}
	return bytes.Clone(e.body)
}

// Error returns text that is safe to log.
func (e *Error) Error() string {
	if e == nil {
		return "<nil>"
	}
	problems := make([]string, len(e.problems))
	for i, problem := range e.problems {
		problems[i] = problem.Field + " " + problem.Rule
	}
	return transport.Text{
		Subject: "returningai: " + e.Operation + e.subject,
		Status:  e.StatusCode, Reported: e.StatusCode/100 == 2 && !errors.Is(e, ErrUnexpectedResponse),
		Problems: problems, Message: e.Message, Help: e.help, Attempts: e.Attempts, Reason: e.reason,
		MaybeApplied: e.maybeApplied, RequestID: e.RequestID,
	}.String()
}

// Is reports whether target is the category of the status.
func (e *Error) Is(target error) bool {
	return e != nil && target != nil && transport.StatusCategory(e.StatusCode) == target
}

// Unwrap returns the category and the causes, for errors.Is and errors.As.
func (e *Error) Unwrap() []error {
	if e == nil {
		return nil
	}
	return slices.Clone(e.causes)
}

// Format implements [fmt.Formatter], so that every verb shows the text and no
// verb the fields, of a value as of a pointer.
func (e Error) Format(state fmt.State, verb rune) {
	text := e.Error()
	if verb == 'q' {
		text = fmt.Sprintf("%q", text)
	}
	// A formatter has no way to report a failed write.
	_, _ = io.WriteString(state, text)
}

// keptBody is how many bytes of a body an error keeps.
const keptBody = 64 << 10

// newError makes the error of a call that failed, nil for a success.
func (c *call) newError(result *transport.Result) *Error {
	failure := result.Failure
	if failure == nil {
		return nil
	}
	made := c.fail(failure.Message, append(failure.Causes, failure.Category)...)
	made.StatusCode, made.RequestID, made.RetryAfter = result.Status(), result.RequestID(), result.RetryAfter()
	made.Attempts, made.body = result.Attempts, result.Body(keptBody)
	made.maybeApplied, made.help = failure.MaybeApplied, c.help(failure.Status)
	made.reason = failure.ReasonText()
	return made
}

// refuse is the error of a call that is refused before anything is sent.
func (c *call) refuse(problems rest.Problems, causes ...error) *Error {
	failure := c.fail("", append(causes, ErrInvalid)...)
	for _, problem := range problems {
		failure.problems = append(failure.problems, Problem(problem))
	}
	return failure
}

// fail makes an error of the call. It drops causes that are nil.
func (c *call) fail(message string, causes ...error) *Error {
	failure := &Error{Operation: c.op.ID, Message: message, idempotent: c.op.Idempotent}
	if c.op.ID == "" {
		failure.subject = "Call (" + c.op.Method + ", " + string(c.op.Family) + ")"
		if rest.CheckMethod(c.op.Method) != nil {
			failure.subject = "Call (" + string(c.op.Family) + ")"
		}
	}
	failure.causes = slices.DeleteFunc(causes, func(cause error) bool { return cause == nil })
	return failure
}

// help names what a refused credential may lack and where it is found, or the id
// that looks wrong. Both 401 and 403 are used for both causes.
func (c *call) help(status int) string {
	if status != http.StatusUnauthorized && status != http.StatusForbidden {
		return c.idHelp(status)
	}
	credential := familyCredentials[Family(c.op.Family)]
	text := "the " + credential.name + " given by " + credential.option + " may be wrong or expired"
	switch {
	case c.op.Permission == "":
		text += ", or lack a permission"
	case c.op.PermissionCertainty == rest.Documented:
		text += `, or lack the permission "` + c.op.Permission + `"`
	default:
		text += `, or lack the permission (assumed: "` + c.op.Permission + `")`
	}
	return text + "; find it in the community's settings under " + credential.place
}
