package returningaitest

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/returningai/returningai-go/returningaitest/internal/community"
	"github.com/returningai/returningai-go/returningaitest/internal/wire"
)

// handle takes a request through the fake. The request is logged first, so
// that a cut request counts too. Then a fault acts, if there is one, around the
// operation itself.
func (s *Server) handle(family Family, prefix string, w http.ResponseWriter, r *http.Request) {
	s.open.Add(1) // the connection counts too, so this never starts from 0
	defer s.open.Done()
	defer s.changes.notify()

	in := s.record(family, prefix, w, r)
	fault := s.takeFault(in)
	if fault.Response.cutsUnread {
		in.cut(fault.Response.reset)
		return
	}
	in.read()
	if !fault.appliesFirst() && !in.wait(fault.Delay) {
		return
	}
	var out reply
	if fault.Response.isZero() || fault.appliesFirst() {
		out.Reply = s.perform(in)
	}
	if fault.appliesFirst() && !in.wait(fault.Delay) {
		return
	}
	if !fault.Response.isZero() {
		out = fault.Response.make(in, out)
		out.reset = fault.Response.reset
	}
	in.send(out)
}

// handleShared finds the family of a request by the prefix of its path.
func (s *Server) handleShared(w http.ResponseWriter, r *http.Request) {
	for _, family := range wire.Families() {
		if prefix := family.Prefix(); prefix != "" && strings.HasPrefix(r.RequestURI, prefix+"/") {
			s.handle(family, prefix, w, r)
			return
		}
	}
	s.handle(CommunityHost, "", w, r)
}

// withPages serves the paths of pages before those of the families.
func (s *Server) withPages(next http.Handler) http.HandlerFunc {
	pages := s.config.pages(s)
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/_") {
			pages.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	}
}

// record logs a request and finds its route.
func (s *Server) record(family Family, prefix string, w http.ResponseWriter, r *http.Request) *inbound {
	in := &inbound{server: s, family: family, writer: w, http: r, begun: time.Now()}
	in.logged = newRequest(family, r, s.config.clock().UTC())
	s.mu.Lock()
	defer s.mu.Unlock()
	in.route, in.path, in.unrouted = s.router.Match(family, r.Method, strings.TrimPrefix(in.logged.Path, prefix))
	if in.route != nil {
		in.logged.Operation = in.route.Operation
	}
	s.log.add(in.logged)
	return in
}

// perform runs the operation and writes its envelope.
func (s *Server) perform(in *inbound) wire.Reply {
	c, err := s.authorize(in)
	if err == nil && in.route.Receives() {
		err = in.receive(c)
	}
	switch {
	case in.route == nil:
		return in.family.Refused(err, nil)
	case err != nil:
		return in.route.Refused(err)
	}
	s.mu.Lock() // until the body is written, so that it cannot change meanwhile
	defer s.mu.Unlock()
	return in.route.Serve(c)
}

// authorize checks a request before the operation gets it. The order of the
// checks is assumed.
func (s *Server) authorize(in *inbound) (*wire.Call, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if in.route == nil {
		return nil, in.unrouted
	}
	c := &wire.Call{
		Community: s.community, Settings: &s.settings, Path: in.path, Header: in.http.Header, Host: in.http.Host, Body: in.body,
	}
	token, err := in.route.Authenticate(c)
	if err != nil {
		return nil, err
	}
	if err := s.limiter.count(in); err != nil {
		return nil, err
	}
	if err := in.route.Authorize(token); err != nil {
		return nil, err
	}
	if in.unread != nil {
		return nil, in.unread
	}
	if c.Query, err = url.ParseQuery(in.http.URL.RawQuery); err != nil {
		return nil, wire.Refuse(http.StatusBadRequest, "the query is malformed")
	}
	return c, nil
}

// rateWindow counts the requests of each credential in the current period.
type rateWindow struct {
	start  time.Time
	counts map[string]int
}

// count counts a request, and refuses it beyond the limit of its credential.
func (w *rateWindow) count(in *inbound) error {
	limit, period, now := in.server.config.rateLimit, in.server.config.ratePeriod, in.logged.Time
	if limit == 0 {
		return nil
	}
	if w.counts == nil || now.Sub(w.start) >= period {
		w.start, w.counts = now, map[string]int{}
	}
	credential := in.http.Header.Get(in.family.CredentialHeader())
	w.counts[credential]++
	if w.counts[credential] <= limit {
		return nil
	}
	left := w.start.Add(period).Sub(now)
	seconds := (left + time.Second - 1) / time.Second
	return &wire.Refusal{
		Status: http.StatusTooManyRequests, Message: "too many requests",
		Header: http.Header{"Retry-After": {strconv.FormatInt(int64(seconds), 10)}},
	}
}

// defaultCredentials are those of the seed, or random ones.
func defaultCredentials(seed Seed) (key, token string) {
	key, token = community.NewCredential("key"), community.NewCredential("token")
	if len(seed.APIKeys) > 0 && seed.APIKeys[0] != "" {
		key = seed.APIKeys[0]
	}
	if len(seed.Tokens) > 0 && seed.Tokens[0].Text != "" {
		token = seed.Tokens[0].Text
	}
	return key, token
}
