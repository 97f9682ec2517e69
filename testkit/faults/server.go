// Package faults has servers that fail in every way that a network, a proxy or
// a server can, and that count the requests that they read. Its tests perform
// every operation against them.
package faults

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
)

// WarmPath gets a success and is not counted, so that the connection
// is one that was used before: net/http replays requests only on those.
const WarmPath = "/warm"

// Success is a response that every family's envelope takes for a success.
const Success = `{"status":"success","message":"ok","meta":{"success":true,"message":"ok"},"data":{},"body":{}}`

// Exchange is one request that a server read to its end.
type Exchange struct {
	Number int // 1 for the first request, counted over all connections
	Conn   net.Conn
	Method string
	Path   string
	Header http.Header
	Body   []byte
}

// Respond responds to a request by writing to its connection. It returns
// whether the connection stays open.
type Respond func(exchange Exchange) bool

// Server is an HTTP/1 server without any library between its handler and the
// connection.
type Server struct {
	URL  string
	seen atomic.Int64
	conns
}

// Seen returns how many requests the server read to their end.
func (s *Server) Seen() int { return int(s.seen.Load()) }

// NewServer starts a server that is closed with the test.
func NewServer(t testing.TB, respond Respond) *Server {
	t.Helper()
	s := &Server{}
	s.URL = "http://" + s.listen(t, nil, func(conn net.Conn) { s.serve(conn, respond) })
	return s
}

// NewTLSServer is NewServer over TLS. Its certificate is the one of httptest.
func NewTLSServer(t testing.TB, respond Respond) *Server {
	t.Helper()
	s := &Server{}
	s.URL = "https://" + s.listen(t, certificate("http/1.1"), func(conn net.Conn) { s.serve(conn, respond) })
	return s
}

func (s *Server) serve(conn net.Conn, respond Respond) {
	reader := bufio.NewReader(conn)
	for {
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		body, err := io.ReadAll(request.Body)
		if err != nil {
			return
		}
		if request.URL.Path == WarmPath {
			_, _ = io.WriteString(conn, Response("200 OK", Success))
			continue
		}
		exchange := Exchange{
			Number: int(s.seen.Add(1)), Conn: conn, Method: request.Method, Path: request.URL.Path, Header: request.Header, Body: body,
		}
		if !respond(exchange) {
			return
		}
	}
}

// conns are the connections of a server.
type conns struct {
	mu     sync.Mutex
	open   map[net.Conn]bool
	closed bool
	wait   sync.WaitGroup
}

// listen serves connections until the test ends, and returns the address.
func (c *conns) listen(t testing.TB, config *tls.Config, serve func(net.Conn)) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if config != nil {
		listener = tls.NewListener(listener, config)
	}
	c.open = map[net.Conn]bool{}
	c.wait.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if c.keep(conn) {
				c.wait.Go(func() {
					serve(conn)
					_ = conn.Close() // the client may have done so
				})
			}
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		c.closeAll()
		c.wait.Wait()
	})
	return address
}

func (c *conns) keep(conn net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		_ = conn.Close()
		return false
	}
	c.open[conn] = true
	return true
}

func (c *conns) closeAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for conn := range c.open {
		_ = conn.Close()
	}
}

// certificate returns a configuration with the certificate of httptest, which
// is valid for 127.0.0.1.
var certificates = sync.OnceValue(func() []tls.Certificate {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	return server.TLS.Certificates
})

func certificate(protocol string) *tls.Config {
	return &tls.Config{Certificates: certificates(), NextProtos: []string{protocol}}
}

// ClientTLS returns a configuration that trusts the servers of this package.
func ClientTLS() *tls.Config {
	pool := x509.NewCertPool()
	leaf, err := x509.ParseCertificate(certificates()[0].Certificate[0])
	if err != nil {
		panic(err) // net/http/httptest made it
	}
	pool.AddCert(leaf)
	return &tls.Config{RootCAs: pool}
}
