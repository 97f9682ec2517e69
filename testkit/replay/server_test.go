package replay

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// fault is the way in which a server treats a request that it has read.
type fault int

const (
	respond       fault = iota
	closeAfter          // closes the connection without a response
	resetProtocol       // RST_STREAM, PROTOCOL_ERROR
	resetInternal       // RST_STREAM, INTERNAL_ERROR
	resetRefused        // RST_STREAM, REFUSED_STREAM: not processed
	goAwayLower         // GOAWAY, the stream is beyond the last one: not processed
	goAwaySame          // GOAWAY that includes the stream, then nothing
)

// processed reports whether the server may have processed a request that it
// treated so.
func (f fault) processed() bool { return f != resetRefused && f != goAwayLower }

// server counts what it processed.
type server struct {
	http2    bool
	listener net.Listener
	url      string
	client   *http.Client

	mu        sync.Mutex
	plan      []fault // of the next requests; then respond
	processed int
	refused   int
	requests  []string // as they were on the wire, HTTP/1 only
}

func (s *server) next(request string) fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := respond
	if len(s.plan) > 0 {
		now, s.plan = s.plan[0], s.plan[1:]
	}
	if now.processed() {
		s.processed++
	} else {
		s.refused++
	}
	s.requests = append(s.requests, request)
	return now
}

// expect starts a new count, for requests that are treated so.
func (s *server) expect(plan ...fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.plan, s.processed, s.refused, s.requests = plan, 0, 0, nil
}

func (s *server) counts() (processed, refused int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.processed, s.refused
}

// response is the body for all operations here: an envelope of the Integration
// family that is the flat one of single sign-on, too.
func (s *server) response() string {
	return fmt.Sprintf(`{"status":"success","message":"ok","error":false,"loginUrl":"%s/v2/app/loginApi/key/2?token=t"}`, s.url)
}

func newServer(t *testing.T, overHTTP2 bool) *server {
	t.Helper()
	borrowed := httptest.NewUnstartedServer(nil) // for its certificate
	borrowed.StartTLS()
	certificate := borrowed.TLS.Certificates[0]
	roots := borrowed.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	borrowed.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	protocol := "http/1.1"
	if overHTTP2 {
		protocol = "h2"
	}
	secure := tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{protocol}, MinVersion: tls.VersionTLS12})
	transport := &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2: overHTTP2, MaxIdleConnsPerHost: 10,
	}
	s := &server{http2: overHTTP2, listener: secure, url: "https://" + listener.Addr().String(), client: &http.Client{Transport: transport}}
	var connections sync.WaitGroup
	connections.Go(func() {
		for {
			conn, err := secure.Accept()
			if err != nil {
				return
			}
			connections.Go(func() {
				defer conn.Close()
				if overHTTP2 {
					s.serveHTTP2(conn)
					return
				}
				s.serveHTTP1(conn)
			})
		}
	})
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = secure.Close()
		connections.Wait()
	})
	return s
}

// serveHTTP1 reads whole requests, with their bodies.
func (s *server) serveHTTP1(conn net.Conn) {
	var wire strings.Builder
	reader := bufio.NewReader(io.TeeReader(conn, &wire))
	for {
		wire.Reset()
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, request.Body)
		if s.next(wire.String()) != respond {
			return
		}
		body := s.response()
		_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	}
}

// serveHTTP2 serves one stream after the other.
func (s *server) serveHTTP2(conn net.Conn) {
	preface := make([]byte, len(http2.ClientPreface))
	if _, err := io.ReadFull(conn, preface); err != nil {
		return
	}
	framer := http2.NewFramer(conn, conn)
	_ = framer.WriteSettings()
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			return
		}
		ended := false
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if !frame.IsAck() {
				_ = framer.WriteSettingsAck()
			}
		case *http2.PingFrame:
			if !frame.IsAck() {
				_ = framer.WritePing(true, frame.Data)
			}
		case *http2.HeadersFrame:
			ended = frame.StreamEnded()
		case *http2.DataFrame:
			ended = frame.StreamEnded()
		}
		if ended && !s.end(framer, frame.Header().StreamID) {
			return
		}
	}
}

// end treats a request that was read to its end, and reports whether the
// connection goes on.
func (s *server) end(framer *http2.Framer, stream uint32) bool {
	switch s.next("") {
	case closeAfter:
		return false
	case resetProtocol:
		_ = framer.WriteRSTStream(stream, http2.ErrCodeProtocol)
	case resetInternal:
		_ = framer.WriteRSTStream(stream, http2.ErrCodeInternal)
	case resetRefused:
		_ = framer.WriteRSTStream(stream, http2.ErrCodeRefusedStream)
	case goAwayLower:
		_ = framer.WriteGoAway(lowerThan(stream), http2.ErrCodeNo, nil)
	case goAwaySame:
		_ = framer.WriteGoAway(stream, http2.ErrCodeNo, []byte("bye"))
		return false
	case respond:
		s.writeResponse(framer, stream)
	}
	return true
}

func (s *server) writeResponse(framer *http2.Framer, stream uint32) {
	var block strings.Builder
	encoder := hpack.NewEncoder(&block)
	_ = encoder.WriteField(hpack.HeaderField{Name: ":status", Value: "200"})
	_ = encoder.WriteField(hpack.HeaderField{Name: "content-type", Value: "application/json"})
	_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: []byte(block.String()), EndHeaders: true})
	_ = framer.WriteData(stream, true, []byte(s.response()))
}

// lowerThan returns the last stream of a GOAWAY that leaves out a stream.
func lowerThan(stream uint32) uint32 {
	if stream < 2 {
		return 0
	}
	return stream - 2
}
