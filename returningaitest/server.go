package returningaitest

import (
	"fmt"
	"sync"
	"testing"

	"github.com/returningai/returningai-go/returningaitest/internal/community"
	"github.com/returningai/returningai-go/returningaitest/internal/delivery"
	"github.com/returningai/returningai-go/returningaitest/internal/wire"
)

// Server is an in-memory Returning.AI. It is safe for concurrent use. Create
// one with [NewServer] or [Start].
type Server struct {
	config  config
	hosts   map[Family]*host // fixed after Start
	outbox  *delivery.Outbox
	changes notifier
	closing chan struct{} // closed by Close
	stop    sync.Once
	loops   sync.WaitGroup // accept loops
	open    sync.WaitGroup // connections, and so handlers

	defaultKey, defaultToken string

	mu        sync.Mutex // guards everything below
	community *community.Community
	router    *wire.Router
	settings  wire.Settings
	faults    faults
	log       requestLog
	limiter   rateWindow
}

// Start starts a server on loopback. It fails if an option is invalid or if it
// cannot listen. The caller must call [Server.Close].
func Start(opts ...Option) (*Server, error) {
	s, err := start(opts)
	if err != nil {
		return nil, fmt.Errorf("returningaitest: %w", err)
	}
	return s, nil
}

func start(opts []Option) (*Server, error) {
	config, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	s := &Server{config: config, closing: make(chan struct{}), hosts: map[Family]*host{}, router: wire.NewRouter()}
	s.log.limit = config.logLimit
	s.settings = wire.Settings{
		SkipPaging: config.skipPaging, WithoutTotals: config.withoutTotals,
		UserCount: config.userCount, UserSource: config.userSource, Hooks: map[Hook]HookProtection{},
	}
	s.outbox = delivery.NewOutbox(config.clock, config.logLimit, s.changes.notify)
	s.defaultKey, s.defaultToken = defaultCredentials(config.seed)
	for hook, path := range config.seed.HookPaths {
		if err := s.router.Move(Hook(hook).Operation(), path); err != nil {
			return nil, fmt.Errorf("seed: hook path: %w", err)
		}
	}
	if s.community, err = s.newCommunity(); err != nil {
		return nil, err
	}
	if err := s.listen(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// newCommunity returns the community as the seed describes it.
func (s *Server) newCommunity() (*community.Community, error) {
	keys := community.NewKeyring()
	keys.AddAPIKey(s.defaultKey)
	keys.AddToken(Token{Text: s.defaultToken, Permissions: []Permission{EveryPermission}})
	seeded := community.New(keys, s.config.clock, s.outbox.Report)
	return seeded, seeded.Apply(s.config.seed)
}

// NewServer starts a server for a test and closes it when the test ends. If
// the server does not start, the test fails at once.
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
// and delays and deliveries end. It returns when every handler has returned.
// Later calls do nothing.
func (s *Server) Close() {
	s.stop.Do(func() { close(s.closing) })
	s.outbox.Close()
	for _, host := range s.hosts {
		host.close()
	}
	s.loops.Wait()
	for _, host := range s.hosts { // connections accepted during the first round
		host.close()
	}
	s.open.Wait()
}

// Reset puts the community back to its seed, and removes faults, logs and
// pending rate limits. Webhooks, moved routes and protections of hooks stay,
// and so do the default API key and token.
func (s *Server) Reset() {
	defer s.changes.notify()
	s.mu.Lock()
	defer s.mu.Unlock()
	seeded, err := s.newCommunity()
	must("Reset", err) // the same seed worked before
	s.community, s.faults, s.limiter, s.log.entries = seeded, faults{}, rateWindow{}, nil
	s.outbox.ClearFaults()
	s.outbox.ClearLog()
}

// URL returns the base URL of a family, without a trailing slash: what a
// client is configured with instead of the production one. Each family is an
// origin of its own, unless [WithAddress] is set.
func (s *Server) URL(family Family) string {
	origin := s.host(family).origin
	if s.config.address != "" {
		origin += family.Prefix()
	}
	return origin + family.BasePath()
}

// Connections returns how many connections to a family's host were opened
// since the server started.
func (s *Server) Connections(family Family) int { return int(s.host(family).opened.Load()) }

func (s *Server) host(family Family) *host {
	host, ok := s.hosts[family]
	if !ok {
		panic(fmt.Sprintf("returningaitest: family: %v is unknown", family))
	}
	return host
}

// MoveRoute serves an operation at another path, as a service that was changed
// without notice would: the old path returns 404. The path follows the family's
// base path, starts with one slash and has the placeholders of the original,
// such as "/v2/users/{userId}".
//
// It panics if the operation is unknown, or if the path is not of that form or
// conflicts with another operation.
func (s *Server) MoveRoute(operation, path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	must("MoveRoute", s.router.Move(operation, path))
}

// MoveFamily serves an operation on the host of another family, with that
// family's credential and envelope. The old host returns 404. It panics if the
// operation or the family is unknown, or the path is taken there.
func (s *Server) MoveFamily(operation string, family Family) {
	s.host(family) // panics if unknown
	s.mu.Lock()
	defer s.mu.Unlock()
	must("MoveFamily", s.router.MoveFamily(operation, family))
}

// RenameField renames a field in the responses of an operation, wherever it
// occurs, as a service that was changed without notice would. It panics if the
// operation is unknown.
func (s *Server) RenameField(operation, from, to string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	must("RenameField", s.router.Rename(operation, from, to))
}

// Operations returns the ids of all operations, such as
// returningai.OperationIntegrationMessagesSend.
func (s *Server) Operations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.router.Operations()
}

// Format implements [fmt.Formatter] for every verb: a server holds
// credentials, and prints none.
func (s *Server) Format(state fmt.State, _ rune) { community.Print(state, "returningaitest.Server") }

// Changed returns a channel that is closed at the next change of the
// community, of the logs or of the faults. Get the channel before you read what
// you want to follow.
func (s *Server) Changed() <-chan struct{} { return s.changes.next() }

// notifier tells any number of goroutines about changes.
type notifier struct {
	mu      sync.Mutex
	waiting chan struct{} // nil if nobody waits
}

func (n *notifier) next() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.waiting == nil {
		n.waiting = make(chan struct{})
	}
	return n.waiting
}

func (n *notifier) notify() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.waiting != nil {
		close(n.waiting)
		n.waiting = nil
	}
}

// must panics with the error of a call that the test got wrong.
func must(caller string, err error) {
	if err != nil {
		panic(fmt.Sprintf("returningaitest: %s: %v", caller, err))
	}
}
