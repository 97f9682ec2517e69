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

func (u *unmarked) begin() {
	u.begun = true
	head := make([]byte, len(byteOrderMark))
	n, err := io.ReadFull(u.file, head)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	if u.head, u.err = head[:n], err; bytes.Equal(u.head, byteOrderMark) {
		u.head = nil
	}
}
