package rest

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/textproto"
	"strings"
)

// Upload is a file sent as multipart/form-data, streamed from its source in
// constant memory.
type Upload struct {
	Fields      []Field // plain fields, sent before the file
	FileField   string
	FileName    string
	ContentType string
	// Open opens the source from its beginning. It is called when an attempt
	// begins to send, not before. What its Read returns as an error aborts the
	// upload unterminated, and reaches the caller.
	Open func() (io.ReadCloser, error)
	Size int64 // bytes of the file, -1 when it is not known
	Once bool  // the source can be read once: the upload is never repeated
}

// Field is a plain form field.
type Field struct{ Name, Value string }

// UploadBody is an upload with its framing, ready to be sent.
type UploadBody struct {
	ContentType string
	Length      int64 // of the whole body, -1 when it is not known

	upload     *Upload
	head, tail []byte
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

// Open returns the whole body as a stream. The source is opened by the first
// Read.
func (b *UploadBody) Open() io.ReadCloser {
	source := &lazySource{open: b.upload.Open}
	return &uploadStream{
		Reader: io.MultiReader(bytes.NewReader(b.head), source, bytes.NewReader(b.tail)),
		source: source,
	}
}

type uploadStream struct {
	io.Reader
	source *lazySource
}

func (s *uploadStream) Close() error { return s.source.Close() }

// lazySource opens its source when it is first read.
type lazySource struct {
	open   func() (io.ReadCloser, error)
	reader io.ReadCloser
}

func (s *lazySource) Read(buffer []byte) (int, error) {
	if s.reader == nil {
		reader, err := s.open()
		if err != nil {
			return 0, err
		}
		s.reader = reader
	}
	return s.reader.Read(buffer)
}

func (s *lazySource) Close() error {
	if s.reader == nil {
		return nil
	}
	return s.reader.Close()
}
