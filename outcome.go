package returningai

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/returningai/returningai-go/internal/rest"
	"github.com/returningai/returningai-go/internal/retry"
)

// This file turns what the attempts of a call came to into its error.

// outcome judges the last attempt.
func (c *call) outcome() *Error {
	if c.last.err != nil {
		return c.unanswered()
	}
	response := c.last.response
	switch status := response.Status; {
	case c.op.Method == http.MethodDelete && status == http.StatusNotFound && c.lost:
		// The answer to an earlier attempt was lost, and what it was to delete
		// is not there: it did its work.
		return nil
	case status >= http.StatusBadRequest:
		return c.refused(status, rest.Message(response.Body))
	case c.last.tooLarge:
		return c.unreadable("the answer is larger than WithMaxAnswerBytes allows")
	case c.last.redirectTo != "":
		return c.fail("the API redirects to "+clean(c.last.redirectTo, 200)+", which is not followed", ErrRedirect)
	case status < http.StatusOK || status >= http.StatusMultipleChoices:
		return c.unreadable("the API answered a status that it never answers")
	}
	failure := c.request.Accept(response)
	switch {
	case failure == nil:
		return nil
	case failure.Unreadable:
		return c.unreadable(failure.Message, failure.Cause)
	}
	// HTTP says success and the answer says failure: unless it names a status
	// that proves otherwise, something may have been done.
	c.maybe = c.maybe || !c.op.ReadsOnly() && (failure.Status == 0 || failure.Status >= http.StatusInternalServerError)
	return c.refused(failure.Status, failure.Message)
}

// unanswered is the error of a call whose last attempt got no answer.
func (c *call) unanswered() *Error {
	cause := c.last.err
	if final, ok := errors.AsType[retry.Final](cause); ok {
		cause = final.Err
	}
	causes := []error{cause}
	if c.last.bodyErr.Load() != nil {
		causes = append(causes, ErrInvalid) // the source of the body, not the network
	}
	return c.fail(cause.Error(), causes...)
}

// unreadable is the error of an answer that is not what the operation answers.
// When it calls a write a success all the same, the write was probably done.
func (c *call) unreadable(message string, causes ...error) *Error {
	c.maybe = c.maybe || !c.op.ReadsOnly() && c.last.response.Status/100 == 2
	for _, cause := range causes {
		if cause != nil {
			message += ": " + cause.Error()
		}
	}
	return c.fail(message, append(causes, ErrUnexpectedResponse)...)
}

// refused is the error of an answer that says no, with the category of
// status.
func (c *call) refused(status int, message string) *Error {
	failure := c.fail(message, statusCategory(status))
	failure.help = c.help(status)
	if c.tooLong {
		failure.causes = append(failure.causes, ErrRetryAfterTooLong)
	}
	return failure
}

// help says what a refused credential may lack. Both statuses are used for
// both causes.
func (c *call) help(status int) string {
	if status != http.StatusUnauthorized && status != http.StatusForbidden {
		return ""
	}
	credential := familyCredentials[Family(c.op.Family)]
	text := "the " + credential.name + " given by " + credential.option + " may be wrong or expired"
	switch {
	case c.op.Permission == "":
		return text + ", or lack a permission"
	case c.op.PermissionCertainty == rest.Documented:
		return text + `, or lack the permission "` + c.op.Permission + `"`
	}
	return text + `, or lack the permission (assumed: "` + c.op.Permission + `")`
}

// ended is the error of a call whose context ended.
func (c *call) ended(ctx context.Context) *Error {
	message := "the context was canceled"
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		message = "the context's deadline passed"
	}
	return c.fail(message, ctx.Err(), context.Cause(ctx))
}

// refuse is the error of a call that is refused before anything is sent.
func (c *call) refuse(problems rest.Problems, causes ...error) *Error {
	failure := c.fail("", append(causes, ErrInvalid)...)
	for _, problem := range problems {
		failure.problems = append(failure.problems, Problem(problem))
	}
	return failure
}

// fail builds the error of the call. Its causes of nil are dropped.
func (c *call) fail(message string, causes ...error) *Error {
	failure := &Error{
		Operation:    c.op.ID,
		Message:      c.shown(message),
		Attempts:     c.number,
		route:        c.op.Method + " " + c.op.RoutePath(),
		maybeApplied: c.maybe,
	}
	if c.op.ID == "" {
		failure.route = c.op.Method + ", " + string(c.op.Family)
		if rest.CheckMethod(c.op.Method) != nil {
			failure.route = string(c.op.Family)
		}
	}
	for _, cause := range causes {
		if cause != nil {
			failure.causes = append(failure.causes, cause)
		}
	}
	if response := c.response(); response != nil {
		failure.StatusCode = response.Status
		failure.RequestID = c.requestID(response.Header)
		failure.RetryAfter, _ = retry.ParseAfter(response.Header, time.Now()).Wait()
		failure.body = c.keptBody(response.Body)
	}
	if c.op.Secret && failure.StatusCode < http.StatusBadRequest {
		failure.body = nil // it would be kept by whoever keeps the error
	}
	return failure
}

// keptBody returns what an error keeps of a body: a copy, so that the error
// does not hold on to the whole answer.
func (c *call) keptBody(body []byte) []byte {
	const kept = 64 << 10
	scrub := c.scrubber.Scrub
	if len(body) > kept {
		body, scrub = body[:kept], c.scrubber.ScrubCut
	}
	scrubbed := scrub(string(body)) // a marker may be longer than what it replaces
	return []byte(scrubbed[:min(len(scrubbed), kept)])
}

// response returns the answer to the last attempt, or nil.
func (c *call) response() *rest.Response {
	if c.last == nil {
		return nil
	}
	return c.last.response
}

// requestID returns the id that a server or gateway gave the request.
func (c *call) requestID(header http.Header) string {
	for _, name := range []string{"X-Request-Id", "X-Correlation-Id", "X-Amzn-Requestid", "Cf-Ray"} {
		if id := header.Get(name); id != "" {
			return clean(c.scrubber.Scrub(id), 128)
		}
	}
	return ""
}

// scrubHeader returns a copy of an answer's header that can be shown.
func (c *call) scrubHeader(header http.Header) http.Header {
	copied := header.Clone()
	copied.Del("Set-Cookie") // a secret of the server's
	for _, values := range copied {
		for i := range values {
			values[i] = c.scrubber.Scrub(values[i])
		}
	}
	return copied
}

// shown makes a text that others wrote fit to be shown: bounded before it is
// worked on, and without secrets.
func (c *call) shown(text string) string {
	const longest = 8 << 10
	if len(text) > longest {
		return clean(c.scrubber.ScrubCut(text[:longest]), 500)
	}
	return clean(c.scrubber.Scrub(text), 500)
}

// clean makes a server's text fit for one line of a log: control characters
// become spaces, and what is longer than limit characters is cut.
func clean(text string, limit int) string {
	text = strings.TrimSpace(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text))
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return text
}
