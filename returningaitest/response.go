package returningaitest

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strconv"
)

// response is what goes back to the client.
type response struct {
	status int
	header http.Header // replaces the usual headers of the same names
	body   []byte
	filler int64    // so many bytes of white space before the body
	cut    cutPoint // where it ends early
	reset  bool     // a cut is a TCP reset
}

// answered is the response of an operation that worked.
func (f Family) answered(out result, renamed map[string]string) response {
	status := out.status
	if status == 0 {
		status = http.StatusOK
	}
	return response{status: status, body: encode(f.envelope(status, out), renamed)}
}

// refused is the response to a request that was refused.
func (f Family) refused(err error, renamed map[string]string) response {
	failed, ok := errors.AsType[*refusal](err)
	if !ok {
		failed = &refusal{status: http.StatusInternalServerError, message: err.Error()}
	}
	return response{
		status: failed.status,
		header: failed.header,
		body:   encode(f.failure(failed.status, failed.message), renamed),
	}
}

// send writes the response. Its status is noted first: a client that has the
// answer finds it in the log.
func (e *exchange) send(out response) {
	if out.cut == cutBeforeAnswer {
		e.cut(out.reset)
		return
	}
	e.note(func(logged *Request) { logged.Status = out.status })
	bodiless := out.status == http.StatusNoContent || out.status == http.StatusNotModified
	e.writeHeader(out, bodiless)
	if bodiless {
		return
	}
	body := out.body
	if out.cut == cutMidBody {
		body = body[:len(body)/2]
	}
	e.writeFiller(out.filler)
	_, _ = e.writer.Write(body) // the client may be gone, which is its own affair
	if out.cut == cutMidBody {
		_ = http.NewResponseController(e.writer).Flush()
		e.cut(out.reset)
	}
}

func (e *exchange) writeHeader(out response, bodiless bool) {
	header := e.writer.Header()
	header.Set("X-Request-Id", fmt.Sprintf("fake-%d", e.logged.Number))
	if !bodiless {
		header.Set("Content-Type", "application/json; charset=utf-8")
		if out.filler == 0 {
			header.Set("Content-Length", strconv.Itoa(len(out.body)))
		}
	}
	maps.Copy(header, out.header)
	e.writer.WriteHeader(out.status)
}

// writeFiller writes so much white space, until the client has enough.
func (e *exchange) writeFiller(size int64) {
	chunk := bytes.Repeat([]byte(" "), 32<<10)
	for size > 0 {
		part := chunk[:min(size, int64(len(chunk)))]
		if _, err := e.writer.Write(part); err != nil {
			return
		}
		size -= int64(len(part))
	}
}
