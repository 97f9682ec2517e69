package returningaitest

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"
)

// exchange is one request on its way through the server.
type exchange struct {
	server *Server
	family Family
	writer http.ResponseWriter
	http   *http.Request
	now    time.Time

	route    *route // nil when there is none; then unrouted says why
	path     map[string]string
	unrouted error
	body     []byte
	unread   error // why the body could not be read

	logged *Request // the entry in the log; the server's lock guards it
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
	if fault.Answer.isZero() || fault.applies() {
		out = s.perform(e)
	}
	if fault.applies() && !e.wait(fault.Delay) {
		return
	}
	if !fault.Answer.isZero() {
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

// read reads the body, no more of it than the server's limit. An operation
// that receives an upload reads it itself.
func (e *exchange) read() {
	if e.route != nil && e.route.receive != nil {
		return
	}
	limit := e.server.settings.maxBody
	body, err := io.ReadAll(http.MaxBytesReader(e.writer, e.http.Body, limit))
	if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
		e.unread = refuse(http.StatusRequestEntityTooLarge, "the body is longer than %d bytes", limit)
	} else if err != nil {
		e.unread = refuse(http.StatusBadRequest, "the body could not be read")
	}
	e.body = body
	e.note(func(logged *Request) { logged.Body, logged.BodySize = body, int64(len(body)) })
}

// note changes the log entry of the request.
func (e *exchange) note(change func(*Request)) {
	e.server.mu.Lock()
	defer e.server.mu.Unlock()
	change(e.logged)
}

// perform runs the operation and writes its envelope.
func (s *Server) perform(e *exchange) response {
	c, err := s.admit(e)
	if err == nil && e.route.receive != nil {
		err = e.receive(c)
	}
	s.mu.Lock() // until the answer is written, so that it cannot change meanwhile
	defer s.mu.Unlock()
	var out result
	if err == nil {
		out, err = e.route.serve(c)
	}
	var renamed map[string]string
	if e.route != nil {
		renamed = e.route.renamed
	}
	if err != nil {
		return e.family.refused(err, renamed)
	}
	return e.family.answered(out, renamed)
}

// admit checks a request before the operation has it. The order of the checks
// is assumed.
func (s *Server) admit(e *exchange) (*call, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.route == nil {
		return nil, e.unrouted
	}
	token, err := s.admitCredential(e)
	if err != nil {
		return nil, err
	}
	if err := s.limiter.admit(e); err != nil {
		return nil, err
	}
	if token != nil && !token.allows(e.route.permission) {
		return nil, refuse(http.StatusForbidden, "the token lacks the permission %s", e.route.permission)
	}
	if e.unread != nil {
		return nil, e.unread
	}
	query, err := url.ParseQuery(e.http.URL.RawQuery)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "the query is malformed")
	}
	return &call{path: e.path, query: query, header: e.http.Header, host: e.http.Host, body: e.body, token: token, now: e.now}, nil
}

// admitCredential authenticates a request. An anonymous operation takes one
// without a credential, but not with a wrong one (assumed). A hook has a key of
// its own, which it checks itself.
func (s *Server) admitCredential(e *exchange) (*Token, error) {
	if e.family == Webhooks {
		return nil, nil
	}
	if e.route.anonymous && len(e.http.Header.Values(e.family.credentialHeader())) == 0 {
		return nil, nil
	}
	return s.keys.authenticate(e.family, e.http.Header, e.now)
}

// wait waits for so long. When the client goes away or the server closes
// meanwhile, it cuts the connection and reports false.
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
