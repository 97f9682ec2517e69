package returningaitest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// host is the listener of one family.
type host struct {
	family Family
	origin string
	server *http.Server
	opened atomic.Int64 // connections so far
}

// connection is what is known of a client's connection.
type connection struct {
	number   int64 // 1 is the first of its family
	requests atomic.Int64
}

type connectionKey struct{}

// listen opens the loopback listener of a family and serves it.
func (s *Server) listen(family Family) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listening for %v: %w", family, err)
	}
	h := &host{family: family, origin: "http://" + listener.Addr().String()}
	h.server = &http.Server{
		Handler:           http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.handle(family, w, r) }),
		ReadHeaderTimeout: time.Minute,
		ConnContext: func(ctx context.Context, _ net.Conn) context.Context {
			return context.WithValue(ctx, connectionKey{}, &connection{number: h.opened.Add(1)})
		},
		ConnState: s.trackConnection,
	}
	s.hosts[family] = h
	s.loops.Go(func() { _ = h.server.Serve(listener) }) // always ends with ErrServerClosed
	return nil
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
