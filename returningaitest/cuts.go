package returningaitest

import (
	"net"
	"net/http"
)

// cutPoint says where a response ends early.
type cutPoint int

const (
	cutNowhere cutPoint = iota
	cutBeforeAnswer
	cutMidBody
)

// CutBeforeReading closes the connection when the request's header is in,
// before its body is read: the operation has no effect.
func CutBeforeReading() Answer { return Answer{cutsUnread: true} }

// CutBeforeAnswer closes the connection when the request is in, without an
// answer. The operation has no effect, unless [Fault.Applied].
func CutBeforeAnswer() Answer {
	return Answer{make: func(_ *exchange, _ response) response {
		return response{cut: cutBeforeAnswer}
	}}
}

// CutMidBody closes the connection in the middle of the operation's own
// answer: the client gets the header and half of the body. The operation takes
// effect.
func CutMidBody() Answer {
	return Answer{ownAnswer: true, make: func(_ *exchange, own response) response {
		own.cut = cutMidBody
		return own
	}}
}

// Reset makes a cut a TCP reset instead of an orderly close: the client sees
// "connection reset" where it would have seen an unexpected end. On some
// systems a reset also takes away what the client has not read yet. On other
// answers Reset has no effect.
func (a Answer) Reset() Answer {
	a.reset = true
	return a
}

// cut ends the connection under the request.
func (e *exchange) cut(reset bool) {
	conn, _, err := http.NewResponseController(e.writer).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // the connection is gone already
	}
	if tcp, ok := conn.(*net.TCPConn); ok && reset {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
