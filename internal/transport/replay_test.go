package transport

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNotProcessed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"http2: Transport received Server's graceful shutdown GOAWAY":            true,
		"net/http: cannot rewind body after connection loss":                     true,
		"http2: Transport received GOAWAY from server ErrCode:ENHANCE_YOUR_CALM": true,
		"http2: client conn not usable":                                          true,
		"http2: Transport: cannot retry err [http2: Transport received Server's graceful shutdown GOAWAY] after Request.Body was written; define Request.GetBody to avoid this":   true,
		"http2: Transport: cannot retry err [stream error: stream ID 3; REFUSED_STREAM; received from peer] after Request.Body was written; define Request.GetBody to avoid this": true,
		"http2: Transport: cannot retry err [stream error: stream ID 3; PROTOCOL_ERROR; received from peer] after Request.Body was written; define Request.GetBody to avoid this": false,
		"stream error: stream ID 3; REFUSED_STREAM": true,
		"stream error: stream ID 3; PROTOCOL_ERROR": false,
		`http2: server sent GOAWAY and closed the connection; LastStreamID=1, ErrCode=NO_ERROR, debug="http2: client conn not usable"`: false,
		"unexpected EOF": false,
		"a proxy says stream error: stream ID 3; REFUSED_STREAM": false,
	} {
		require.Equal(t, want, notProcessed(errors.New(text)), text)
	}
	require.False(t, notProcessed(nil))
	require.True(t, notProcessed(streamError{Code: 7}))
	require.False(t, notProcessed(streamError{Code: 1}))
}

func TestRespell(t *testing.T) {
	t.Parallel()
	header := http.Header{"Idempotency-Key": {"a", "b"}, "Accept": {"x"}}
	respell(header, "Idempotency-Key")
	respell(header, "X-Idempotency-Key")
	require.Equal(t, http.Header{"idempotency-key": {"a", "b"}, "Accept": {"x"}}, header)
}

func TestSpeaksHTTP2(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		conn net.Conn
		want bool
	}{
		"plain":           {&net.TCPConn{}, false},
		"HTTP/2":          {&connection{protocol: "h2"}, true},
		"HTTP/1 over TLS": {&connection{protocol: "http/1.1"}, false},
		"not negotiated":  {&connection{}, false},
		"no connection":   {nil, false},
	} {
		require.Equal(t, test.want, speaksHTTP2(test.conn), name)
	}
}

// connection is a TLS connection that negotiated a protocol.
type connection struct {
	net.Conn
	protocol string
	closed   bool
}

func (c *connection) ConnectionState() tls.ConnectionState {
	return tls.ConnectionState{NegotiatedProtocol: c.protocol}
}

func (c *connection) Close() error {
	c.closed = true
	return nil
}
