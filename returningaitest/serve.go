package returningaitest

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// exchange is one request on its way through the server.
type exchange struct {
	server *Server
	family Family
	writer http.ResponseWriter
	http   *http.Request
	now    time.Time

	route    *route // nil when there is none, see unrouted
	path     map[string]string
	unrouted error
	body     []byte
	unread   error // why the body could not be read

	logged *Request // the entry in the log; the server's lock guards it
}

// response is what goes back.
type response struct {
	status int
	header http.Header
	body   []byte
	filler int64 // so many bytes more, see Oversized
	cut    cutPoint
	reset  bool
}

// handle takes a request through the fake: logged first, so that what is cut
// short counts as well, then the fault that it meets, if any, around the
// operation itself.
func (s *Server) handle(family Family, w http.ResponseWriter, r *http.Request) {
	s.open.Add(1) // the connection counts too, so this never starts from 0
	defer s.open.Done()

	e := s.arrive(family, w, r)
	fault := s.takeFault(e)
	if fault.Answer.cutsUnread {
		e.cut(fault.Answer.reset)
		return
	}
	e.read()
	if !fault.applies() && !e.wait(fault.Delay) {
		return
	}
	var out response
	if fault.Answer.make == nil || fault.applies() {
		out = s.perform(e)
	}
	if fault.applies() && !e.wait(fault.Delay) {
		return
	}
	if fault.Answer.make != nil {
		out = fault.Answer.make(e, out)
		out.reset = fault.Answer.reset
	}
	e.send(out)
}

// arrive notes a request and finds its route.
func (s *Server) arrive(family Family, w http.ResponseWriter, r *http.Request) *exchange {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	e := &exchange{server: s, family: family, writer: w, http: r, now: now}
	e.logged = newRequest(family, r, now)
	e.route, e.path, e.unrouted = s.match(family, r.Method, e.logged.Path)
	if e.route != nil {
		e.logged.Operation = e.route.operation
	}
	s.log.add(e.logged)
	return e
}

// read reads the body, no more of it than the server's limit.
func (e *exchange) read() {
	limit := e.server.settings.maxBody
	body, err := io.ReadAll(http.MaxBytesReader(e.writer, e.http.Body, limit))
	if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
		e.unread = refuse(http.StatusRequestEntityTooLarge, "the body is longer than %d bytes", limit)
	} else if err != nil {
		e.unread = refuse(http.StatusBadRequest, "the body could not be read")
	}
	e.body = body
	e.note(func(logged *Request) { logged.Body = body })
}

// note changes the log entry of the request.
func (e *exchange) note(change func(*Request)) {
	e.server.mu.Lock()
	defer e.server.mu.Unlock()
	change(e.logged)
}

// perform runs the operation and writes its envelope, under the lock, so that
// what it answers cannot change meanwhile.
func (s *Server) perform(e *exchange) response {
	s.mu.Lock()
	defer s.mu.Unlock()
	var renamed map[string]string
	if e.route != nil {
		renamed = e.route.renamed
	}
	out, err := s.admit(e)
	if err != nil {
		failed, ok := errors.AsType[*refusal](err)
		if !ok {
			failed = &refusal{status: http.StatusInternalServerError, message: err.Error()}
		}
		return response{
			status: failed.status,
			header: failed.header,
			body:   encode(e.family.failure(failed.status, failed.message), renamed),
		}
	}
	if out.status == 0 {
		out.status = http.StatusOK
	}
	return response{status: out.status, body: encode(e.family.envelope(out.status, out), renamed)}
}

// admit checks a request and lets the operation have it. The order of the
// checks is assumed.
func (s *Server) admit(e *exchange) (result, error) {
	if e.route == nil {
		return result{}, e.unrouted
	}
	token, err := s.keys.authenticate(e.family, e.http.Header, e.now)
	if err != nil {
		return result{}, err
	}
	if err := s.limiter.admit(e); err != nil {
		return result{}, err
	}
	if token != nil && !token.allows(e.route.permission) {
		return result{}, refuse(http.StatusForbidden, "the token lacks the permission %s", e.route.permission)
	}
	if e.unread != nil {
		return result{}, e.unread
	}
	query, err := url.ParseQuery(e.http.URL.RawQuery)
	if err != nil {
		return result{}, refuse(http.StatusBadRequest, "the query is malformed")
	}
	return e.route.serve(&call{
		path: e.path, query: query, header: e.http.Header, body: e.body, token: token, now: e.now,
	})
}

// wait waits for so long, and cuts the connection and reports false when the
// client went away or the server closes meanwhile.
func (e *exchange) wait(delay time.Duration) bool {
	if delay <= 0 {
		return true
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-e.http.Context().Done():
	case <-e.server.closing:
	}
	e.cut(false)
	return false
}

// send writes the response. The status is noted first: a client that has the
// answer finds it in the log.
func (e *exchange) send(out response) {
	if out.cut == cutBeforeAnswer {
		e.cut(out.reset)
		return
	}
	e.note(func(logged *Request) { logged.Status = out.status })
	header := e.writer.Header()
	header.Set("Content-Type", "application/json; charset=utf-8")
	header.Set("X-Request-Id", fmt.Sprintf("fake-%d", e.logged.Number))
	for name, values := range out.header {
		header[name] = values
	}
	bodyless := out.status == http.StatusNoContent || out.status == http.StatusNotModified
	if bodyless {
		header.Del("Content-Type")
	} else {
		header.Set("Content-Length", strconv.FormatInt(int64(len(out.body))+out.filler, 10))
	}
	e.writer.WriteHeader(out.status)
	if bodyless {
		return
	}
	if out.cut == cutMidBody {
		out.body = out.body[:len(out.body)/2]
	}
	// The client may be gone, which is its own affair.
	_, _ = e.writer.Write(out.body)
	if out.cut == cutMidBody {
		_ = http.NewResponseController(e.writer).Flush()
		e.cut(out.reset)
	}
}
