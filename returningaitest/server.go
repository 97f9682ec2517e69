package returningaitest

import (
	"fmt"
	"io"
	"sync"
	"testing"
	"time"
)

// Server is an in-memory Returning.AI. It is safe for concurrent use. Create
// one with [NewServer] or [Start].
type Server struct {
	settings config
	hosts    map[Family]*host // not changed after Start
	closing  chan struct{}    // closed by Close
	stop     sync.Once
	loops    sync.WaitGroup // accept loops and deliveries
	open     sync.WaitGroup // connections, so handlers too

	mu       sync.Mutex // guards everything below
	routes   []*route
	keys     keyring
	faults   []*pendingFault
	log      requestLog
	limiter  rateWindow
	sequence int64 // of ids
	state    state
	hooks    map[Hook]HookProtection
	outbox   outbox
}

// state is what the community holds. A service keeps its part in a type of its
// own file and gets one line here.
type state struct {
	channels channelStore
	users    userStore
	messages messageStore
	fields   fieldStore
	auth     authStore
	servers  serverStore
	roles    roleStore
	badges   badgeStore
	activity activityStore
	bulk     bulkStore
	userKeys userKeyStore
	store    purchaseStore
	analyses analysisStore
}

// Start starts a server on loopback. It fails when an option is not usable or
// when it cannot listen. The caller must call [Server.Close].
func Start(opts ...Option) (*Server, error) {
	settings, err := newConfig(opts)
	if err != nil {
		return nil, fmt.Errorf("returningaitest: %w", err)
	}
	s := &Server{settings: settings, closing: make(chan struct{}), hosts: map[Family]*host{}}
	s.log.limit = settings.logLimit
	s.routes = s.services()
	s.keys = newKeyring()
	if !settings.seedless {
		s.seed()
	}
	for _, family := range families {
		if err := s.listen(family); err != nil {
			s.Close()
			return nil, fmt.Errorf("returningaitest: %w", err)
		}
	}
	return s, nil
}

// NewServer starts a server for a test, which fails at once when the server
// does not start, and closes it when the test ends.
func NewServer(tb testing.TB, opts ...Option) *Server {
	tb.Helper()
	s, err := Start(opts...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.Close)
	return s
}

// Close stops the server at once: requests in flight lose their connection,
// delays end, and so do deliveries to webhooks. It returns when every handler
// has returned. Calling it again does nothing.
func (s *Server) Close() {
	s.stop.Do(func() {
		s.mu.Lock() // so that nothing is emitted any more
		defer s.mu.Unlock()
		close(s.closing)
	})
	for _, host := range s.hosts {
		_ = host.server.Close() // the listener's own error changes nothing
	}
	s.loops.Wait()
	// A connection accepted while the first round ran is known only now.
	for _, host := range s.hosts {
		_ = host.server.Close()
	}
	s.open.Wait()
}

// closed reports whether Close was called. The caller holds the lock.
func (s *Server) closed() bool {
	select {
	case <-s.closing:
		return true
	default:
		return false
	}
}

// URL returns the base URL of a family, without a trailing slash: what a
// client is configured with instead of the production one. Each family is an
// origin of its own.
func (s *Server) URL(family Family) string {
	return s.host(family).origin + family.basePath()
}

// Connections returns how many connections to a family's host were opened
// since the server started.
func (s *Server) Connections(family Family) int {
	return int(s.host(family).opened.Load())
}

func (s *Server) host(family Family) *host {
	host, ok := s.hosts[family]
	if !ok {
		panic(fmt.Sprintf("returningaitest: family: %v is unknown", family))
	}
	return host
}

// Format implements [fmt.Formatter] for every verb: a server holds
// credentials, and none of them prints.
func (s *Server) Format(state fmt.State, _ rune) {
	_, _ = io.WriteString(state, "returningaitest.Server") // a formatter cannot report failure
}

// now is the server's time, in UTC.
func (s *Server) now() time.Time { return s.settings.clock().UTC() }

// newID makes an object id of 24 hex characters. Ids follow each other, so
// that two runs of one program give the same ones. The caller holds the lock.
func (s *Server) newID() string {
	s.sequence++
	return fmt.Sprintf("65a0c0de%016x", s.sequence)
}
