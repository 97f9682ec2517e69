package returningaitest

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"time"

	"github.com/returningai/returningai-go/returningaitest/internal/wire"
)

// Response is the response of a [Fault]. The zero value is the operation's own
// response. A response that is made from the operation's own lets the operation
// take effect, as if [Fault.Applied] were set.
type Response struct {
	name string                             // what it does, for the log
	make func(in *inbound, own reply) reply // nil is the operation's own response

	usesOwn    bool // make changes the operation's own response
	cutsUnread bool // the connection is cut before the body is read
	reset      bool
}

// reply is a response that is about to be sent.
type reply struct {
	wire.Reply

	filler int64    // so many bytes of white space before the body
	cut    cutPoint // where it ends early
	reset  bool     // a cut is a TCP reset
}

func (r Response) isZero() bool { return r.make == nil && !r.cutsUnread }

// Status returns a status with the family's error body and the status text as
// the message. The body reports a failure even with status 200.
func Status(status int) Response { return Failure(status, http.StatusText(status)) }

// Failure is [Status] with another message.
func Failure(status int, message string) Response {
	mustStatus("Failure", status)
	return Response{name: statusName(status), make: func(in *inbound, _ reply) reply {
		return reply{Reply: wire.Reply{Status: status, Body: in.family.Failure(status, message)}}
	}}
}

func statusName(status int) string { return fmt.Sprintf("%d %s", status, http.StatusText(status)) }

// RetryAfter is [Status] with a Retry-After header. The value is sent as it is:
// it may be a date, a fraction or nonsense.
func RetryAfter(status int, value string) Response {
	return Status(status).With("Retry-After", value)
}

// Redirect returns a status of 300 to 399 and a Location header.
func Redirect(status int, location string) Response {
	if status < 300 || status > 399 {
		panic(fmt.Sprintf("returningaitest: Redirect: status %d is not between 300 and 399", status))
	}
	return Empty(status).With("Location", location)
}

// HTML returns a page such as gateways and login walls send.
func HTML(status int) Response {
	title := fmt.Sprintf("%d %s", status, http.StatusText(status))
	page := "<!DOCTYPE html>\n<html><head><title>" + title + "</title></head><body><h1>" + title + "</h1></body></html>\n"
	return Raw(status, "text/html; charset=utf-8", page)
}

// Empty returns a status without a body.
func Empty(status int) Response { return Raw(status, "", "") }

// NoContent returns 204.
func NoContent() Response { return Empty(http.StatusNoContent) }

// Raw returns a status, a content type and a body as given. An empty content
// type sends no such header.
func Raw(status int, contentType, body string) Response {
	mustStatus("Raw", status)
	return Response{name: statusName(status), make: func(*inbound, reply) reply {
		header := http.Header{"Content-Type": nil}
		if contentType != "" {
			header.Set("Content-Type", contentType)
		}
		return reply{Reply: wire.Reply{Status: status, Header: header, Body: []byte(body)}}
	}}
}

// EchoCredential returns a status and repeats the credential of the request in
// the message and in the X-Request-Id header, to test that a client shows
// neither.
func EchoCredential(status int) Response {
	mustStatus("EchoCredential", status)
	return Response{name: statusName(status), make: func(in *inbound, _ reply) reply {
		credential := in.http.Header.Get(in.family.CredentialHeader())
		return reply{Reply: wire.Reply{
			Status: status,
			Header: http.Header{"X-Request-Id": {credential}},
			Body:   in.family.Failure(status, "the credential "+credential+" is not welcome"),
		}}
	}}
}

// MalformedJSON makes the JSON of the operation's own response invalid.
func MalformedJSON() Response {
	return rewrite("malformed JSON", func(body []byte) []byte { return bytes.Replace(body, []byte(":"), []byte("="), 1) })
}

// TruncatedJSON returns the first half of the operation's own body as a
// complete HTTP response. [CutMidBody] cuts the transfer instead.
func TruncatedJSON() Response {
	return rewrite("truncated JSON", func(body []byte) []byte { return body[:len(body)/2] })
}

// TrailingGarbage appends text to the JSON of the operation's own response.
func TrailingGarbage() Response {
	return rewrite("trailing garbage", func(body []byte) []byte { return append(body, "\n<!-- served by a gateway -->"...) })
}

// Oversized puts white space before the operation's own body, which stays
// valid JSON, and does not announce its length. The server does not hold it in
// memory.
func Oversized(bytes int64) Response {
	if bytes <= 0 {
		panic(fmt.Sprintf("returningaitest: Oversized: %d bytes are not positive", bytes))
	}
	return Response{name: "oversized response", usesOwn: true, make: func(_ *inbound, own reply) reply {
		own.filler = bytes
		return own
	}}
}

// rewrite changes the body of the operation's own response.
func rewrite(name string, change func([]byte) []byte) Response {
	return Response{name: name, usesOwn: true, make: func(_ *inbound, own reply) reply {
		own.Body = change(own.Body)
		return own
	}}
}

// With returns the response with one more header, which replaces one of the
// same name. On the zero value it changes the operation's own response.
func (r Response) With(name, value string) Response {
	before := r.make
	switch {
	case r.cutsUnread:
		panic("returningaitest: With: a connection that is cut before reading has no response")
	case before == nil:
		r.name, r.usesOwn = "another header", true
		before = func(_ *inbound, own reply) reply { return own }
	}
	r.make = func(in *inbound, own reply) reply {
		out := before(in, own)
		if out.Header = out.Header.Clone(); out.Header == nil {
			out.Header = http.Header{}
		}
		out.Header.Set(name, value)
		return out
	}
	return r
}

// mustStatus refuses a status that net/http cannot send as a final one.
func mustStatus(caller string, status int) {
	if status < 200 || status > 999 {
		panic(fmt.Sprintf("returningaitest: %s: status %d is not between 200 and 999", caller, status))
	}
}

// send writes the response. It notes the status first: a client that has the
// response finds it in the log.
func (in *inbound) send(out reply) {
	if out.cut == cutBeforeResponse {
		in.cut(out.reset)
		return
	}
	in.note(func(logged *Request) { logged.Status, logged.Duration = out.Status, time.Since(in.begun) })
	bodiless := out.Status == http.StatusNoContent || out.Status == http.StatusNotModified
	in.writeHeader(out, bodiless)
	if bodiless {
		return
	}
	body := out.Body
	if out.cut == cutMidBody {
		body = body[:len(body)/2]
	}
	in.writeFiller(out.filler)
	_, _ = in.writer.Write(body) // the client may be gone
	if out.cut == cutMidBody {
		_ = http.NewResponseController(in.writer).Flush()
		in.cut(out.reset)
	}
}

func (in *inbound) writeHeader(out reply, bodiless bool) {
	header := in.writer.Header()
	header.Set("X-Request-Id", fmt.Sprintf("fake-%d", in.logged.Number))
	if !bodiless {
		header.Set("Content-Type", "application/json; charset=utf-8")
		if out.filler == 0 {
			header.Set("Content-Length", strconv.Itoa(len(out.Body)))
		}
	}
	maps.Copy(header, out.Header)
	in.writer.WriteHeader(out.Status)
}

// writeFiller writes white space until the client goes away.
func (in *inbound) writeFiller(size int64) {
	chunk := bytes.Repeat([]byte(" "), 32<<10)
	for size > 0 {
		part := chunk[:min(size, int64(len(chunk)))]
		if _, err := in.writer.Write(part); err != nil {
			return
		}
		size -= int64(len(part))
	}
}
