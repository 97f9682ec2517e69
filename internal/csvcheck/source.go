package csvcheck

import (
	"bytes"
	"errors"
	"io"
)

// WithoutMark returns the file without the byte order mark that some programs
// put at its beginning, which a reader may take for a part of the first name.
func WithoutMark(file io.Reader) io.Reader { return &unmarked{file: file} }

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
