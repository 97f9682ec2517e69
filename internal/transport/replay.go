package transport

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strings"
)

// respell takes a header out of net/http's sight: it looks for the canonical
// name, and names have no case on the wire.
func respell(header http.Header, name string) {
	if values, ok := header[name]; ok {
		delete(header, name)
		header[strings.ToLower(name)] = values
	}
}

// speaksHTTP2 reports whether a connection has negotiated HTTP/2.
func speaksHTTP2(conn net.Conn) bool {
	secure, ok := conn.(interface{ ConnectionState() tls.ConnectionState })
	return ok && secure.ConnectionState().NegotiatedProtocol == "h2"
}

// streamError has the shape of net/http's HTTP/2 stream errors, which convert
// themselves into it.
type streamError struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

func (streamError) Error() string { return "stream error" }

// notProcessed reports whether HTTP/2 says that the server did not process the
// request: the stream was refused, or is beyond the last one of a GOAWAY. The
// texts are net/http's and are looked for at the beginning, since a GOAWAY
// error quotes the server.
func notProcessed(err error) bool {
	if err == nil {
		return false
	}
	if stream, ok := errors.AsType[streamError](err); ok {
		const refusedStream = 7
		return stream.Code == refusedStream
	}
	text := strings.TrimPrefix(err.Error(), "http2: Transport: cannot retry err [")
	for _, beginning := range []string{
		"http2: Transport received Server's graceful shutdown GOAWAY",
		"http2: Transport received GOAWAY from server ErrCode:",
		"http2: client conn not usable",
		// It was about to be sent again, as unwritten, but its body was closed.
		"net/http: cannot rewind body after connection loss",
	} {
		if strings.HasPrefix(text, beginning) {
			return true
		}
	}
	refused, _, _ := strings.Cut(text, "]")
	return strings.HasPrefix(refused, "stream error: ") && strings.Contains(refused, "; REFUSED_STREAM")
}
