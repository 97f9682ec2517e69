package returningaitest

import (
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/returningai/returningai-go/returningaitest/internal/wire"
)

// inbound is a request on its way through the server.
type inbound struct {
	server *Server
	family Family
	writer http.ResponseWriter
	http   *http.Request
	begun  time.Time // in real time

	route    *wire.Route // nil if nothing matches, see unrouted
	path     map[string]string
	unrouted error
	body     []byte
	unread   error // why the body could not be read

	logged *Request // the entry in the log; the server's lock guards it
}

// read reads the body up to the server's limit. An operation that receives an
// upload reads it itself.
func (in *inbound) read() {
	if in.route != nil && in.route.Receives() {
		return
	}
	limit := in.server.config.maxBody
	body, err := io.ReadAll(http.MaxBytesReader(in.writer, in.http.Body, limit))
	if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
		in.unread = wire.Refuse(http.StatusRequestEntityTooLarge, "the body is longer than %d bytes", limit)
	} else if err != nil {
		in.unread = wire.Refuse(http.StatusBadRequest, "the body could not be read")
	}
	in.body = body
	in.note(func(logged *Request) { logged.Body, logged.BodySize = body, int64(len(body)) })
}

// note changes the log entry of the request.
func (in *inbound) note(change func(*Request)) {
	in.server.mu.Lock()
	defer in.server.mu.Unlock()
	change(in.logged)
}

// wait waits. If the client goes away or the server closes meanwhile, it cuts
// the connection and reports false.
func (in *inbound) wait(delay time.Duration) bool {
	if delay <= 0 {
		return true
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-in.http.Context().Done():
	case <-in.server.closing:
	}
	in.cut(false)
	return false
}

// cut ends the connection under the request.
func (in *inbound) cut(reset bool) {
	in.note(func(logged *Request) { logged.Duration = time.Since(in.begun) })
	conn, _, err := http.NewResponseController(in.writer).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // the connection is gone already
	}
	if tcp, ok := conn.(interface{ SetLinger(seconds int) error }); ok && reset {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

var _ interface{ SetLinger(int) error } = (*net.TCPConn)(nil)

// uploadLogged is how many bytes of an upload the request log keeps.
const uploadLogged = 64 << 10

// upload reads a body of any size and keeps its beginning for the log.
type upload struct {
	body io.Reader
	head []byte
	size int64
}

func (u *upload) Read(into []byte) (int, error) {
	count, err := u.body.Read(into)
	u.size += int64(count)
	u.head = append(u.head, into[:min(count, uploadLogged-len(u.head))]...)
	return count, err
}

// receive lets the operation read its upload without the server's lock.
func (in *inbound) receive(c *wire.Call) error {
	body := &upload{body: in.http.Body}
	defer in.note(func(logged *Request) { logged.Body, logged.BodySize = body.head, body.size })
	return in.route.Receive(c, body, func(use func()) {
		in.server.mu.Lock()
		defer in.server.mu.Unlock()
		use()
	})
}
