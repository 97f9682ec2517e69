package returningaitest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/returningai/returningai-go/returningaitest/internal/community"
)

// Request is one request as the server received it. It holds credentials and
// does not print them: every fmt verb, slog and JSON show a summary without
// query and body, with the credential headers redacted. Reflection (a diff of
// whole requests by a test library) shows them; compare field by field.
type Request struct {
	Number        int64  // 1 is the first that the server received
	Operation     string // id, such as "integration.messages.send"; "" when no route matched
	Family        Family
	Method        string
	Host          string // the Host header
	Path          string // as it was received: escaped, base path included
	RawQuery      string // as it was received
	Query         url.Values
	Header        http.Header // credentials included
	Body          []byte      // what was read, see [WithMaxBody]; of uploads the first 64 KiB
	BodySize      int64       // bytes of the body that were read
	ContentLength int64       // as announced; -1 if it was not
	RemoteAddr    string
	Connection    int64         // number of the connection, 1 is the first to this family
	NewConnection bool          // the first request of its connection
	Time          time.Time     // by the server's clock
	Status        int           // of the response; 0 without one, or not yet
	Duration      time.Duration // in real time, until the response began
	Fault         string        // the fault that acted, or ""
}

// newRequest describes a request that arrives.
func newRequest(family Family, r *http.Request, now time.Time) *Request {
	path, rawQuery, _ := strings.Cut(r.RequestURI, "?")
	request := &Request{
		Family: family, Method: r.Method, Host: r.Host, Path: path, RawQuery: rawQuery, Query: r.URL.Query(),
		Header: r.Header.Clone(), ContentLength: r.ContentLength, RemoteAddr: r.RemoteAddr, Time: now,
	}
	if connection, ok := r.Context().Value(connectionKey{}).(*connection); ok {
		request.Connection = connection.number
		request.NewConnection = connection.requests.Add(1) == 1
	}
	return request
}

// clone copies everything a caller could change.
func (r *Request) clone() Request {
	copied := *r
	copied.Query = url.Values(http.Header(r.Query).Clone())
	copied.Header = r.Header.Clone()
	copied.Body = slices.Clone(r.Body)
	return copied
}

// String returns a summary without secrets.
func (r Request) String() string {
	operation := r.Operation
	if operation == "" {
		operation = "no operation"
	}
	path := r.Path
	if r.Family == Webhooks { // the URL of a hook is a secret
		path = community.Redacted
	}
	return fmt.Sprintf("request %d: %s %s (%s, %s), header %v, body of %d bytes, status %d",
		r.Number, r.Method, path, operation, r.Family, map[string][]string(redactedHeader(r.Header)), r.BodySize, r.Status)
}

// Format implements [fmt.Formatter] for every verb: all write the summary.
func (r Request) Format(state fmt.State, _ rune) { community.Print(state, r.String()) }

// MarshalText implements [encoding.TextMarshaler], for JSON and slog too, with
// the summary.
func (r Request) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// redactedHeader returns a copy without credentials.
func redactedHeader(header http.Header) http.Header {
	shown := header.Clone()
	for name := range shown {
		if isCredential(name) {
			shown[name] = []string{community.Redacted}
		}
	}
	return shown
}

// isCredential reports whether a header holds a credential of the API or of
// HTTP.
func isCredential(name string) bool {
	switch http.CanonicalHeaderKey(name) {
	case "X-Api-Key", "Apikey", "Authorization", "Proxy-Authorization", "Cookie", "X-Session-Token":
		return true
	}
	return false
}

// requestLog keeps the latest requests.
type requestLog struct {
	limit    int
	received int64
	entries  []*Request
}

func (l *requestLog) add(request *Request) {
	l.received++
	request.Number = l.received
	l.entries = append(l.entries, request)
	if len(l.entries) > 2*l.limit { // twice, so that dropping costs little each
		l.entries = slices.Clone(l.latest())
	}
}

func (l *requestLog) latest() []*Request {
	return l.entries[max(0, len(l.entries)-l.limit):]
}

// copies returns copies of the wanted entries.
func (l *requestLog) copies(wanted func(*Request) bool) []Request {
	var copies []Request
	for _, entry := range l.latest() {
		if wanted(entry) {
			copies = append(copies, entry.clone())
		}
	}
	return copies
}

// RequestsAfter returns the requests with a number above the given one.
func (s *Server) RequestsAfter(number int64) []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.copies(func(r *Request) bool { return r.Number > number })
}

// Requests returns copies of the requests that the server received, oldest
// first, of every family, with and without a response. See
// [WithRequestLogLimit].
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.copies(func(*Request) bool { return true })
}

// RequestsTo returns the requests for an operation. It panics if the operation
// is unknown.
func (s *Server) RequestsTo(operation string) []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.router.Route(operation)
	must("RequestsTo", err)
	return s.log.copies(func(r *Request) bool { return r.Operation == operation })
}

// ResetRequests empties the log.
func (s *Server) ResetRequests() {
	defer s.changes.notify()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log.entries = nil
}
