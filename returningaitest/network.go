package returningaitest

import (
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
)

// network is where a server listens.
type network interface {
	listen(address string) (net.Listener, error)
	dial(ctx context.Context, address string) (net.Conn, error)
}

// anyPort is the address of a family without [WithAddress].
const anyPort = "127.0.0.1:0"

// loopback is the machine's own network.
type loopback struct {
	listenTCP func(network, address string) (net.Listener, error) // nil is net.Listen
}

// listen falls back to [::1] on machines without 127.0.0.1.
func (l loopback) listen(address string) (net.Listener, error) {
	listen := l.listenTCP
	if listen == nil {
		listen = net.Listen
	}
	listener, err := listen("tcp", address)
	if err != nil && address == anyPort {
		if other, otherErr := listen("tcp", "[::1]:0"); otherErr == nil {
			return other, nil
		}
	}
	return listener, err
}

func (loopback) dial(ctx context.Context, address string) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, "tcp", address)
}

// memoryNetwork connects by [net.Pipe].
type memoryNetwork struct {
	mu        sync.Mutex
	lastPort  int
	listeners map[string]*memoryListener
}

func (m *memoryNetwork) listen(address string) (net.Listener, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if address == anyPort {
		m.lastPort++
		address = "127.0.0.1:" + strconv.Itoa(m.lastPort)
	}
	if m.listeners[address] != nil {
		return nil, &net.OpError{Op: "listen", Net: "memory", Err: syscall.EADDRINUSE}
	}
	if m.listeners == nil {
		m.listeners = map[string]*memoryListener{}
	}
	listener := &memoryListener{network: m, address: address, incoming: make(chan net.Conn), closed: make(chan struct{})}
	m.listeners[address] = listener
	return listener, nil
}

func (m *memoryNetwork) dial(ctx context.Context, address string) (net.Conn, error) {
	m.mu.Lock()
	listener := m.listeners[address]
	m.mu.Unlock()
	refused := &net.OpError{Op: "dial", Net: "memory", Err: syscall.ECONNREFUSED}
	if listener == nil {
		return nil, refused
	}
	ours, theirs := net.Pipe()
	reset := &atomic.Bool{}
	select {
	case listener.incoming <- &memoryConn{theirs, reset}:
		return &memoryConn{ours, reset}, nil
	case <-listener.closed:
		return nil, refused
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

type memoryListener struct {
	network  *memoryNetwork
	address  string
	incoming chan net.Conn
	closed   chan struct{}
	once     sync.Once
}

func (l *memoryListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.incoming:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *memoryListener) Close() error {
	l.once.Do(func() {
		l.network.mu.Lock()
		defer l.network.mu.Unlock()
		delete(l.network.listeners, l.address)
		close(l.closed)
	})
	return nil
}

func (l *memoryListener) Addr() net.Addr { return memoryAddress(l.address) }

type memoryAddress string

func (memoryAddress) Network() string  { return "memory" }
func (a memoryAddress) String() string { return string(a) }

// memoryConn is one end of a connection. A reset by either end shows as
// ECONNRESET at the other.
type memoryConn struct {
	net.Conn

	reset *atomic.Bool
}

// SetLinger makes Close a reset, as on a [net.TCPConn].
func (c *memoryConn) SetLinger(int) error {
	c.reset.Store(true)
	return nil
}

func (c *memoryConn) Read(into []byte) (int, error) {
	count, err := c.Conn.Read(into)
	return count, c.failure(err)
}

func (c *memoryConn) Write(text []byte) (int, error) {
	count, err := c.Conn.Write(text)
	return count, c.failure(err)
}

func (c *memoryConn) failure(err error) error {
	if c.reset.Load() && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe)) {
		return &net.OpError{Op: "read", Net: "memory", Err: syscall.ECONNRESET}
	}
	return err
}
