package returningaitest

import (
	"bytes"
	"fmt"
	"net/http"
)

// Answer is what a [Fault] answers. Its zero value is the operation's own
// answer; the functions of this package that return an Answer make others.
// Answers that are made from the operation's own one let it take effect, as if
// [Fault.Applied] were set.
type Answer struct {
	make func(e *exchange, own response) response // nil is the operation's own answer

	ownAnswer  bool // make works on the operation's own answer, which so takes effect
	cutsUnread bool // the connection is cut before the body is read
	reset      bool
}

func (a Answer) isZero() bool { return a.make == nil && !a.cutsUnread }

// Status answers a status with the family's error body and the status text as
// the message. With 200 it says that it failed all the same.
func Status(status int) Answer { return Failure(status, http.StatusText(status)) }

// Failure is [Status] with a message of the test's choice.
func Failure(status int, message string) Answer {
	mustStatus("Failure", status)
	return Answer{make: func(e *exchange, _ response) response {
		return response{status: status, body: encode(e.family.failure(status, message), nil)}
	}}
}

// RetryAfter is [Status] with a Retry-After header that holds value as it is,
// so that a date, a fraction or nonsense can be sent.
func RetryAfter(status int, value string) Answer {
	return Status(status).With("Retry-After", value)
}

// Redirect answers a status of 300 to 399 and a Location header.
func Redirect(status int, location string) Answer {
	if status < 300 || status > 399 {
		panic(fmt.Sprintf("returningaitest: Redirect: status %d is not between 300 and 399", status))
	}
	return Empty(status).With("Location", location)
}

// HTML answers a page such as gateways and login walls send.
func HTML(status int) Answer {
	title := fmt.Sprintf("%d %s", status, http.StatusText(status))
	page := "<!DOCTYPE html>\n<html><head><title>" + title + "</title></head><body><h1>" + title + "</h1></body></html>\n"
	return Raw(status, "text/html; charset=utf-8", page)
}

// Empty answers a status without a body.
func Empty(status int) Answer { return Raw(status, "", "") }

// NoContent answers 204.
func NoContent() Answer { return Empty(http.StatusNoContent) }

// Raw answers exactly this. An empty content type sends no such header.
func Raw(status int, contentType, body string) Answer {
	mustStatus("Raw", status)
	return Answer{make: func(*exchange, response) response {
		header := http.Header{"Content-Type": nil}
		if contentType != "" {
			header.Set("Content-Type", contentType)
		}
		return response{status: status, header: header, body: []byte(body)}
	}}
}

// EchoCredential answers a status and repeats the credential of the request in
// the message and in the X-Request-Id header, for testing that a client shows
// neither.
func EchoCredential(status int) Answer {
	mustStatus("EchoCredential", status)
	return Answer{make: func(e *exchange, _ response) response {
		credential := e.http.Header.Get(e.family.credentialHeader())
		return response{
			status: status,
			header: http.Header{"X-Request-Id": {credential}},
			body:   encode(e.family.failure(status, "the credential "+credential+" is not welcome"), nil),
		}
	}}
}

// MalformedJSON spoils the JSON of the operation's own answer.
func MalformedJSON() Answer {
	return rewrite(func(body []byte) []byte { return bytes.Replace(body, []byte(":"), []byte("="), 1) })
}

// TruncatedJSON answers the first half of the operation's own answer, as a
// complete HTTP answer. [CutMidBody] breaks off the transfer instead.
func TruncatedJSON() Answer {
	return rewrite(func(body []byte) []byte { return body[:len(body)/2] })
}

// TrailingGarbage adds something behind the JSON of the operation's own
// answer.
func TrailingGarbage() Answer {
	return rewrite(func(body []byte) []byte { return append(body, "\n<!-- served by a gateway -->"...) })
}

// Oversized puts so many bytes of white space before the operation's own
// answer, which stays valid JSON, and does not announce its length. The server
// does not hold them in memory.
func Oversized(bytes int64) Answer {
	if bytes <= 0 {
		panic(fmt.Sprintf("returningaitest: Oversized: %d bytes are not positive", bytes))
	}
	return Answer{ownAnswer: true, make: func(_ *exchange, own response) response {
		own.filler = bytes
		return own
	}}
}

// rewrite changes the body of the operation's own answer.
func rewrite(change func([]byte) []byte) Answer {
	return Answer{ownAnswer: true, make: func(_ *exchange, own response) response {
		own.body = change(own.body)
		return own
	}}
}

// With returns the answer with one more header, which replaces one of the same
// name. On the zero value it changes the operation's own answer.
func (a Answer) With(name, value string) Answer {
	before := a.make
	switch {
	case a.cutsUnread:
		panic("returningaitest: With: a connection that is cut before reading has no answer")
	case before == nil:
		a.ownAnswer = true
		before = func(_ *exchange, own response) response { return own }
	}
	a.make = func(e *exchange, own response) response {
		out := before(e, own)
		if out.header = out.header.Clone(); out.header == nil {
			out.header = http.Header{}
		}
		out.header.Set(name, value)
		return out
	}
	return a
}

// mustStatus refuses what net/http cannot send as a final status.
func mustStatus(caller string, status int) {
	if status < 200 || status > 999 {
		panic(fmt.Sprintf("returningaitest: %s: status %d is not between 200 and 999", caller, status))
	}
}
