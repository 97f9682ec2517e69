package returningaitest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/returningai/returningai-go/returningaitest/internal/wire"
)

// host is an origin: of one family, or of all of them.
type host struct {
	origin  string
	address string
	server  *http.Server
	opened  atomic.Int64 // connections so far

	mu       sync.Mutex
	listener net.Listener // closed while connections are refused
	refusing int          // calls of RefuseConnections that are in force
	closed   bool
}

// connection is what the server knows about a client's connection.
type connection struct {
	number   int64 // 1 is the first of its host
	requests atomic.Int64
}

type connectionKey struct{}

// listen opens the hosts and serves them.
func (s *Server) listen() error {
	if s.config.address != "" {
		handler := http.HandlerFunc(s.handleShared)
		if s.config.pages != nil {
			handler = s.withPages(handler)
		}
		shared, err := s.newHost(s.config.address, handler)
		for _, family := range wire.Families() {
			s.hosts[family] = shared
		}
		if err == nil {
			s.serve(shared)
		}
		return err
	}
	for _, family := range wire.Families() {
		handler := func(w http.ResponseWriter, r *http.Request) { s.handle(family, "", w, r) }
		host, err := s.newHost(anyPort, http.HandlerFunc(handler))
		if err != nil {
			return fmt.Errorf("listening for %v: %w", family, err)
		}
		s.hosts[family] = host
		s.serve(host)
	}
	return nil
}

func (s *Server) newHost(address string, handler http.Handler) (*host, error) {
	h := &host{}
	h.server = &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: time.Minute,
		ConnContext: func(ctx context.Context, _ net.Conn) context.Context {
			return context.WithValue(ctx, connectionKey{}, &connection{number: h.opened.Add(1)})
		},
		ConnState: s.trackConnection,
	}
	listener, err := s.config.network.listen(address)
	if err != nil {
		return h, err
	}
	h.listener, h.address = listener, listener.Addr().String()
	h.origin = "http://" + h.address
	return h, nil
}

// serve serves the host's listener. The caller holds h.mu or is Start.
func (s *Server) serve(h *host) {
	listener := h.listener
	s.loops.Go(func() { _ = h.server.Serve(listener) }) // ends with the listener
}

func (h *host) close() {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	_ = h.server.Close() // the listener's own error changes nothing
}

// trackConnection counts the connections that Close waits for. A handler counts
// itself too, since a hijacked connection leaves the count early.
func (s *Server) trackConnection(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.open.Add(1)
	case http.StateClosed, http.StateHijacked:
		s.open.Done()
	}
}

// RefuseConnections refuses new connections to a family's host, as a service
// that is down does, and closes idle ones. The function that it returns accepts
// connections again, at the same address. With [WithAddress] all families share
// one host. Accepting panics if another program took the port.
func (s *Server) RefuseConnections(family Family) (accept func()) {
	h := s.host(family)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.refusing++; h.refusing == 1 && !h.closed {
		_ = h.listener.Close()
		h.server.SetKeepAlivesEnabled(false)
	}
	return sync.OnceFunc(func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.refusing--; h.refusing > 0 || h.closed {
			return
		}
		listener, err := s.config.network.listen(h.address)
		must("RefuseConnections", err)
		h.listener = listener
		h.server.SetKeepAlivesEnabled(true)
		s.serve(h)
	})
}

// Transport returns a transport that reaches the server, also one that was
// started with [WithInMemoryNetwork]. It connects to nothing else. Close its
// idle connections when you are done.
func (s *Server) Transport() *http.Transport {
	return &http.Transport{DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
		for _, host := range s.hosts {
			if host.address == address {
				return s.config.network.dial(ctx, address)
			}
		}
		return nil, errors.New("returningaitest: the address is not the server's")
	}}
}
