package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
)

// net/http sends some requests again by itself. It is welcome to where nothing
// was processed. This file keeps it from doing so where the server may have
// processed the request and the operation is not idempotent:
//
//   - a request with an Idempotency-Key, and a GET, whose response was lost on a
//     reused HTTP/1 connection;
//   - on Go 1.26, a request whose HTTP/2 stream the server reset with
//     PROTOCOL_ERROR. Idempotent operations are guarded, too: net/http would send
//     them again without a wait or an end.

// errReplayPrevented is the error of a request that net/http was about to send
// again.
var errReplayPrevented = errors.New("the response was lost")

// guardReplays returns a request, made of the exchange's own, that net/http
// cannot send again once it may have been processed.
func (e *exchange) guardReplays(request *http.Request, overHTTP2 bool) *http.Request {
	if e.netHTTP {
		respell(request.Header, "Idempotency-Key")
		respell(request.Header, "X-Idempotency-Key")
	}
	hasBody := request.Body != nil && request.Body != http.NoBody
	switch {
	case overHTTP2:
		// Without GetBody, the text of the error says whether a retry is safe.
		request.GetBody = nil
		if !hasBody {
			request.Body = io.NopCloser(strings.NewReader(""))
		}
	case !hasBody:
		// The end of the attempt's context, above this one, releases it.
		ctx, cancel := context.WithCancelCause(request.Context())
		e.cancel = cancel
		return request.WithContext(ctx)
	case request.GetBody != nil:
		getBody := request.GetBody
		request.GetBody = func() (io.ReadCloser, error) {
			if e.wroteHeaders.Load() && (e.unsafeHTTP2() || !e.netHTTP) {
				e.prevented.Store(true)
				return nil, errReplayPrevented
			}
			return getBody()
		}
	}
	return request
}

// respell takes a header out of net/http's sight: it looks for the canonical
// name, and names have no case on the wire.
func respell(header http.Header, name string) {
	if values, ok := header[name]; ok {
		delete(header, name)
		header[strings.ToLower(name)] = values
	}
}

// getConn is called when the transport looks for a connection. Once headers
// were written, it does so to send them again.
func (e *exchange) getConn(string) {
	e.connRequested.Store(true)
	if e.cancel != nil && e.wroteHeaders.Load() && (e.unsafeHTTP2() || !e.maybeHTTP2.Load()) {
		e.prevented.Store(true)
		e.cancel(errReplayPrevented)
	}
}

// unsafeHTTP2 reports whether net/http may replay a request over HTTP/2 that was
// processed. Newer versions do so only if it was not.
func (e *exchange) unsafeHTTP2() bool { return replaysProtocolErrors && e.maybeHTTP2.Load() }

func (e *exchange) gotConn(info httptrace.GotConnInfo) {
	e.connObtained.Store(true)
	e.maybeHTTP2.Store(speaksHTTP2(info.Conn))
	if e.prevented.Load() && !e.maybeHTTP2.Load() {
		// An idle connection won the race against the cancellation. Nobody else
		// uses it.
		_ = info.Conn.Close()
	}
}

func (e *exchange) wrote() { e.wroteHeaders.Store(true) }

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
	} {
		if strings.HasPrefix(text, beginning) {
			return true
		}
	}
	refused, _, _ := strings.Cut(text, "]")
	return strings.HasPrefix(refused, "stream error: ") && strings.Contains(refused, "; REFUSED_STREAM")
}
