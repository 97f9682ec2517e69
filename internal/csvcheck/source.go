package csvcheck

import (
	"bytes"
	"errors"
	"io"
)

// WithoutMark returns the file without the byte order mark that some programs
// put at its beginning, which a reader may take for a part of the first name. It
// fails with io.ErrNoProgress if the file gives neither bytes nor an error.
func WithoutMark(file io.Reader) io.Reader { return &unmarked{file: &progressing{file: file}} }

var byteOrderMark = []byte("\xef\xbb\xbf")

type unmarked struct {
	file  io.Reader
	begun bool
	head  []byte // what was read to look for the mark
	err   error  // that ended it
}

func (u *unmarked) Read(buffer []byte) (int, error) {
	if len(buffer) == 0 {
		return 0, nil
	}
	if !u.begun {
		u.begin()
	}
	if len(u.head) > 0 {
		n := copy(buffer, u.head)
		u.head = u.head[n:]
		return n, nil
	}
	if u.err != nil {
		return 0, u.err
	}
	return u.file.Read(buffer)
}

// begin reads no more often than it needs to see the mark: the file may be one
// that comes slowly.
func (u *unmarked) begin() {
	u.begun = true
	head := make([]byte, 4<<10)
	n, err := io.ReadAtLeast(u.file, head, len(byteOrderMark))
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	u.head, u.err = bytes.TrimPrefix(head[:n], byteOrderMark), err
}

// progressing ends a file whose reads return nothing for ever, since such a read
// cannot be interrupted.
type progressing struct {
	file  io.Reader
	empty int // reads without bytes and without an error, one after the other
}

func (p *progressing) Read(buffer []byte) (int, error) {
	const most = 100 // as in package bufio
	n, err := p.file.Read(buffer)
	if n != 0 || err != nil || len(buffer) == 0 {
		p.empty = 0
		return n, err
	}
	if p.empty++; p.empty == most {
		return 0, io.ErrNoProgress
	}
	return 0, nil
}
