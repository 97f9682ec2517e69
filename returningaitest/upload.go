package returningaitest

import "io"

// uploadLogged is how many bytes of an upload the request log keeps.
const uploadLogged = 64 << 10

// upload is the body of a request as an operation with a receive function
// reads it: piece by piece and of any size.
type upload struct {
	body io.Reader
	head []byte // its first bytes, for the log
	size int64
}

func (u *upload) Read(into []byte) (int, error) {
	count, err := u.body.Read(into)
	u.size += int64(count)
	u.head = append(u.head, into[:min(count, uploadLogged-len(u.head))]...)
	return count, err
}

// receive lets the operation read its upload, without the server's lock.
func (e *exchange) receive(c *call) error {
	incoming := &upload{body: e.http.Body}
	defer e.note(func(logged *Request) { logged.Body, logged.BodySize = incoming.head, incoming.size })
	c.upload = incoming
	return e.route.receive(c)
}
