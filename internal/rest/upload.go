package rest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/textproto"
	"strings"
	"sync"
	"time"

	"github.com/returningai/returningai-go/internal/transport"
)

// Upload is a file sent as multipart/form-data, streamed from its source in
// constant memory.
type Upload struct {
	Fields      []Field // plain fields, sent before the file
	FileField   string
	FileName    string
	Source      string // Go name of the parameter that is the source, for errors
	ContentType string
	// Check, unless nil, reads the source through before anything is sent, and
	// returns its size, which then counts instead of Size. An error of it
	// refuses the call.
	Check func(ctx context.Context) (size int64, err error)
	// Open opens the source from its beginning. It is called when an attempt
	// begins to send, not before, and never while an earlier attempt still
	// reads. What its Read returns as an error aborts the upload unterminated,
	// and reaches the caller.
	Open func() (io.ReadCloser, error)
	Size int64 // bytes of the file, -1 when it is not known
	Once bool  // the source can be read once: the upload is never repeated
}

// ErrUploadClosed is what reading an upload returns once it has ended. It is
// not an error of the source.
var ErrUploadClosed = transport.ErrBodyClosed

// Field is a plain form field.
type Field struct{ Name, Value string }

// UploadBody is an upload with its framing, ready to be sent.
type UploadBody struct {
	ContentType string
	Length      int64 // of the whole body, -1 when it is not known

	upload     *Upload
	head, tail []byte

	mu      sync.Mutex
	current *uploadStream // the latest one, nil before the first
}

// Frame builds what stands around the file.
func (u *Upload) Frame() (*UploadBody, error) {
	var frame bytes.Buffer
	writer := multipart.NewWriter(&frame)
	for _, field := range u.Fields {
		if err := writer.WriteField(field.Name, field.Value); err != nil {
			return nil, err
		}
	}
	header := textproto.MIMEHeader{}
	header.Set("Content-Disposition", fmt.Sprintf(`form-data; name="%s"; filename="%s"`, u.FileField, quoteEscaper.Replace(u.FileName)))
	header.Set("Content-Type", u.ContentType)
	if _, err := writer.CreatePart(header); err != nil {
		return nil, err
	}
	head := bytes.Clone(frame.Bytes())
	frame.Reset()
	if err := writer.Close(); err != nil {
		return nil, err
	}
	body := &UploadBody{ContentType: writer.FormDataContentType(), Length: -1, upload: u, head: head, tail: frame.Bytes()}
	if u.Size >= 0 {
		body.Length = int64(len(head)) + u.Size + int64(len(body.tail))
	}
	return body, nil
}

// As in HTML forms, a file name must not end its own quotes or the line.
var quoteEscaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\r", "_", "\n", "_")

// Open returns the whole body as a stream, for an attempt that is over when
// ended is closed. The source is opened by the first Read.
func (b *UploadBody) Open(ended <-chan struct{}) io.ReadCloser {
	b.mu.Lock()
	defer b.mu.Unlock()
	source := &lazySource{upload: b.upload}
	b.current = &uploadStream{
		body:     io.MultiReader(bytes.NewReader(b.head), source, bytes.NewReader(b.tail)),
		source:   source,
		previous: b.current,
		ended:    ended,
		wanted:   make(chan int, 1),
		came:     make(chan chunk, 1),
		done:     make(chan struct{}),
	}
	return b.current
}

// Release ends all streams, and returns when the source is no longer in use. A
// Read that is under way cannot be interrupted: it is waited for no longer than
// patience.
func (b *UploadBody) Release(patience time.Duration) {
	for stream := b.latest(); stream != nil; stream = stream.previous {
		_ = stream.Close() // never fails
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for stream := b.latest(); stream != nil; stream = stream.previous {
		select {
		case <-stream.done:
		case <-timer.C:
			return
		}
	}
}

// Complete reports whether the latest stream has given out the whole file. One
// that has not cannot have become a complete request.
func (b *UploadBody) Complete() bool {
	stream := b.latest()
	return stream != nil && stream.complete()
}

func (b *UploadBody) latest() *uploadStream {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.current
}

// uploadStream is the body of one attempt. The transport may close it from another
// goroutine, in the middle of a Read, or abandon an attempt that still reads. The
// source still has one user at a time, and is closed when nobody reads.
//
// A goroutine of the stream reads the source, into a buffer of its own. net/http
// does not return before the Read under way returns, and a source may block for
// ever. When the attempt ends, Read leaves a blocked source to that goroutine.
type uploadStream struct {
	body     io.Reader
	source   *lazySource
	previous *uploadStream   // nil for the first
	ended    <-chan struct{} // closed when the attempt is over
	buffer   []byte          // nil before the first Read
	wanted   chan int        // how many bytes are to be read
	came     chan chunk      // what was read; sending to either channel never blocks

	mu      sync.Mutex
	reading bool
	closed  bool
	done    chan struct{} // closed when the source is no longer in use
}

// chunk is the result of a Read. Its bytes are in the buffer of the stream.
type chunk struct {
	count int
	err   error
}

// chunkBytes is how much is read at once.
const chunkBytes = 32 << 10

func (s *uploadStream) Read(buffer []byte) (int, error) {
	if !s.enter() {
		return 0, ErrUploadClosed
	}
	if s.buffer == nil {
		s.buffer = make([]byte, chunkBytes)
		go s.serve()
	}
	s.wanted <- min(len(buffer), chunkBytes)
	select {
	case read := <-s.came:
		return copy(buffer, s.buffer[:read.count]), read.err
	case <-s.ended:
		_ = s.Close() // never fails; the Read that was left is the last
		return 0, ErrUploadClosed
	}
}

// serve reads what is wanted until the stream is closed.
func (s *uploadStream) serve() {
	if s.previous != nil {
		_ = s.previous.Close() // never fails
		<-s.previous.done
	}
	for limit := range s.wanted {
		read := chunk{0, ErrUploadClosed}
		if !s.isClosed() { // while the one before was waited for
			read.count, read.err = s.body.Read(s.buffer[:limit])
		}
		s.leave()
		s.came <- read
	}
}

func (s *uploadStream) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

func (s *uploadStream) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.reading {
		return false
	}
	s.reading = true
	return true
}

func (s *uploadStream) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reading = false; s.closed {
		s.end()
	}
}

// Close ends the stream: at once, or when the Read that is under way returns.
func (s *uploadStream) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		if s.closed = true; !s.reading {
			s.end()
		}
	}
	return nil
}

// end lets go of the source. The caller holds the lock.
func (s *uploadStream) end() {
	s.source.close()
	close(s.wanted)
	close(s.done)
}

func (s *uploadStream) complete() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.reading && s.source.ended
}

// lazySource opens its source when it is first read, and holds it to its
// size.
type lazySource struct {
	upload *Upload
	reader io.ReadCloser
	count  int64 // bytes so far
	ended  bool  // all of them have been given out
}

func (s *lazySource) Read(buffer []byte) (n int, err error) {
	// It is read on a goroutine where nobody could recover: a panic there would
	// end the program.
	defer func() {
		if recovered := recover(); recovered != nil {
			n, err = 0, errors.New("the source of the upload, or its progress function, panicked")
		}
	}()
	if s.reader == nil {
		if s.reader, err = s.upload.Open(); err != nil {
			return 0, err
		}
	}
	n, err = s.reader.Read(buffer)
	if n < 0 || n > len(buffer) {
		return 0, errors.New("the source of the upload says that it read more than there was room for")
	}
	s.count += int64(n)
	switch size := s.upload.Size; {
	case size >= 0 && s.count > size:
		return 0, fmt.Errorf("the source of the upload is longer than the %d bytes that were announced", size)
	case !errors.Is(err, io.EOF):
		return n, err
	case s.count < size:
		return 0, fmt.Errorf("the source of the upload ended after %d of the %d bytes that were announced", s.count, size)
	}
	s.ended = true
	return n, io.EOF
}

// close closes the source, if it was opened. All that was wanted of it has
// been read: what closing it returns changes nothing, nor does a panic of it,
// which nobody could recover on the goroutines of the transport and of serve.
func (s *lazySource) close() {
	defer func() { _ = recover() }()
	if s.reader != nil {
		_ = s.reader.Close()
	}
}
