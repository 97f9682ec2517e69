package rest_test

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/internal/rest"
)

func TestUploadBodies(t *testing.T) {
	t.Parallel()
	for _, size := range []int64{-1, 11} {
		opened, closed := 0, 0
		upload := &rest.Upload{
			Fields:    []rest.Field{{Name: "communityId", Value: "c-1"}},
			FileField: "data", FileName: "a \"b\"\r\n.csv", ContentType: "text/csv", Size: size,
			Open: func() (io.ReadCloser, error) {
				opened++
				return &closeCounter{strings.NewReader("email\na@b.c"), &closed}, nil
			},
		}
		framed, err := upload.Frame()
		require.NoError(t, err)
		for attempt := range 2 {
			body := framed.Open(nil)
			require.Equal(t, attempt, opened, "the source opens when it is read")
			_, parameters, err := mime.ParseMediaType(framed.ContentType)
			require.NoError(t, err)
			var read countingReader
			read.Reader = body
			parts := multipart.NewReader(&read, parameters["boundary"])
			field, err := parts.NextPart()
			require.NoError(t, err)
			require.Equal(t, "communityId", field.FormName())
			value, err := io.ReadAll(field)
			require.NoError(t, err)
			require.Equal(t, "c-1", string(value))
			file, err := parts.NextPart()
			require.NoError(t, err)
			require.Equal(t, "data", file.FormName())
			require.Equal(t, `a "b"__.csv`, file.FileName())
			require.Equal(t, "text/csv", file.Header.Get("Content-Type"))
			value, err = io.ReadAll(file)
			require.NoError(t, err)
			require.Equal(t, "email\na@b.c", string(value))
			_, err = parts.NextPart()
			require.ErrorIs(t, err, io.EOF)
			_, err = io.Copy(io.Discard, &read)
			require.NoError(t, err)
			if size >= 0 {
				require.Equal(t, framed.Length, read.count)
			} else {
				require.EqualValues(t, -1, framed.Length)
			}
			require.NoError(t, body.Close())
			require.Equal(t, attempt+1, closed)
		}
	}
}

func TestUploadSourceError(t *testing.T) {
	t.Parallel()
	reason := errors.New("line 3 is odd")
	for name, open := range map[string]func() (io.ReadCloser, error){
		"open": func() (io.ReadCloser, error) { return nil, reason },
		"read": func() (io.ReadCloser, error) {
			return io.NopCloser(io.MultiReader(strings.NewReader("a"), failingReader{reason})), nil
		},
	} {
		framed, err := (&rest.Upload{FileField: "data", Open: open, Size: -1}).Frame()
		require.NoError(t, err, name)
		body := framed.Open(nil)
		_, err = io.ReadAll(body)
		require.ErrorIs(t, err, reason, name)
		require.NoError(t, body.Close(), name)
	}
}

type closeCounter struct {
	io.Reader
	closed *int
}

func (c *closeCounter) Close() error {
	*c.closed++
	return nil
}

type countingReader struct {
	io.Reader
	count int64
}

func (c *countingReader) Read(buffer []byte) (int, error) {
	n, err := c.Reader.Read(buffer)
	c.count += int64(n)
	return n, err
}

type failingReader struct{ err error }

func (f failingReader) Read([]byte) (int, error) { return 0, f.err }
