package rest_test

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/internal/rest"
)

// source is the file of an upload, which counts how it is used.
type source struct {
	io.Reader
	opened, closed atomic.Int32
}

func (s *source) open() (io.ReadCloser, error) {
	s.opened.Add(1)
	return s, nil
}

func (s *source) Close() error {
	s.closed.Add(1)
	return nil
}

func frame(t *testing.T, upload *rest.Upload) *rest.UploadBody {
	t.Helper()
	upload.FileField, upload.FileName, upload.ContentType = "data", "users.csv", "text/csv"
	body, err := upload.Frame()
	require.NoError(t, err)
	return body
}

func TestUploadMultipartForm(t *testing.T) {
	t.Parallel()
	file := &source{Reader: strings.NewReader("a,b\n1,2\n")}
	upload := &rest.Upload{Fields: []rest.Field{{Name: "communityId", Value: "c-1"}}, Open: file.open, Size: 8}
	upload.FileField, upload.FileName, upload.ContentType = "data", "a\"b\r\n.csv", "text/csv"
	body, err := upload.Frame()
	require.NoError(t, err)

	stream := body.Open(nil)
	require.Zero(t, file.opened.Load(), "the source is opened when it is read")
	sent, err := io.ReadAll(stream)
	require.NoError(t, err)
	require.Len(t, sent, int(body.Length))
	require.True(t, body.Complete())
	require.NoError(t, stream.Close())
	require.NoError(t, stream.Close())
	require.EqualValues(t, 1, file.opened.Load())
	require.EqualValues(t, 1, file.closed.Load())

	_, parameters, err := mime.ParseMediaType(body.ContentType)
	require.NoError(t, err)
	form, err := multipart.NewReader(bytes.NewReader(sent), parameters["boundary"]).ReadForm(1 << 20)
	require.NoError(t, err)
	require.Equal(t, []string{"c-1"}, form.Value["communityId"])
	require.Equal(t, `a"b__.csv`, form.File["data"][0].Filename)
	require.Equal(t, "text/csv", form.File["data"][0].Header.Get("Content-Type"))
}

func TestUploadAborted(t *testing.T) {
	t.Parallel()
	gone := errors.New("the disk is gone")
	for name, test := range map[string]struct {
		open    func() (io.ReadCloser, error)
		size    int64
		message string
	}{
		"too short":         {reads(strings.NewReader("1234567")), 8, "ended after 7 of the 8 bytes"},
		"empty":             {reads(strings.NewReader("")), 8, "ended after 0 of the 8 bytes"},
		"too long":          {reads(strings.NewReader("123456789")), 8, "longer than the 8 bytes"},
		"too long, at once": {reads(strings.NewReader("x")), 0, "longer than the 0 bytes"},
		"an error":          {reads(io.MultiReader(strings.NewReader("12"), iotest.ErrReader(gone))), -1, "the disk is gone"},
		"not to be opened":  {func() (io.ReadCloser, error) { return nil, gone }, 8, "the disk is gone"},
		"a panic":           {reads(panics{}), -1, "panicked"},
		"a reader that lies": {reads(readerFunc(func(buffer []byte) (int, error) {
			return len(buffer) + 1, nil
		})), -1, "more than there was room for"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := frame(t, &rest.Upload{Open: test.open, Size: test.size})
			stream := body.Open(nil)
			sent, err := io.ReadAll(stream)
			require.ErrorContains(t, err, test.message)
			_, parameters, _ := mime.ParseMediaType(body.ContentType)
			require.NotContains(t, string(sent), parameters["boundary"]+"--")
			require.False(t, body.Complete())
			require.NoError(t, stream.Close())
		})
	}
}

func reads(reader io.Reader) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(reader), nil }
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(buffer []byte) (int, error) { return f(buffer) }

type panics struct{}

func (panics) Read([]byte) (int, error) { panic("secret") }

func TestUploadNotReadNotOpened(t *testing.T) {
	t.Parallel()
	file := &source{Reader: strings.NewReader("x")}
	body := frame(t, &rest.Upload{Open: file.open, Size: -1})
	require.EqualValues(t, -1, body.Length)
	body.Release(time.Hour) // nothing to wait for
	stream := body.Open(nil)
	require.NoError(t, stream.Close())
	_, err := stream.Read(make([]byte, 1))
	require.ErrorIs(t, err, rest.ErrUploadClosed)
	require.Zero(t, file.opened.Load())
	require.False(t, body.Complete())
}

// blocking is a source whose Read lasts until something is sent.
type blocking struct {
	reading  chan struct{}
	response chan string
}

func (b *blocking) Read(buffer []byte) (int, error) {
	b.reading <- struct{}{}
	return copy(buffer, <-b.response), nil
}

func TestCloseWaitsForRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := &blocking{reading: make(chan struct{}), response: make(chan string)}
		file := &source{Reader: slow}
		body := frame(t, &rest.Upload{Open: file.open, Size: -1})
		first := body.Open(nil)
		ended := make(chan error, 1)
		go func() {
			_, err := io.Copy(io.Discard, first)
			ended <- err
		}()
		<-slow.reading
		began := time.Now()
		body.Release(time.Second)
		require.Equal(t, time.Second, time.Since(began), "it waits, but not for ever")
		require.Zero(t, file.closed.Load(), "a source is not closed while it is read")

		// The next attempt begins to send while the first still reads.
		second := body.Open(nil)
		got := make(chan int, 1)
		go func() {
			n, _ := io.ReadFull(second, make([]byte, 1<<10))
			got <- n
		}()
		synctest.Wait()
		require.Empty(t, got)
		require.EqualValues(t, 1, file.opened.Load())

		slow.response <- "late"
		require.ErrorIs(t, <-ended, rest.ErrUploadClosed)
		require.EqualValues(t, 1, file.closed.Load())
		<-slow.reading
		require.EqualValues(t, 2, file.opened.Load())
		require.NoError(t, second.Close(), "closing does not wait")
		slow.response <- "x"
		require.NotZero(t, <-got)
		body.Release(time.Hour)
		require.EqualValues(t, 2, file.closed.Load())
	})
}

func TestReadEndsWithAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := &blocking{reading: make(chan struct{}), response: make(chan string)}
		file := &source{Reader: slow}
		body := frame(t, &rest.Upload{Open: file.open, Size: -1})
		over := make(chan struct{})
		stream := body.Open(over)
		ended := make(chan error, 1)
		go func() {
			_, err := io.Copy(io.Discard, stream)
			ended <- err
		}()
		<-slow.reading
		close(over)
		require.ErrorIs(t, <-ended, rest.ErrUploadClosed, "although the source still blocks")
		_, err := stream.Read(make([]byte, 1))
		require.ErrorIs(t, err, rest.ErrUploadClosed)
		require.Zero(t, file.closed.Load())

		// An attempt that waits for the source and is given up, too, leaves it
		// alone.
		overToo := make(chan struct{})
		second := body.Open(overToo)
		go func() {
			_, err := io.Copy(io.Discard, second)
			ended <- err
		}()
		synctest.Wait()
		close(overToo)
		require.ErrorIs(t, <-ended, rest.ErrUploadClosed)
		began := time.Now()
		body.Open(nil) // for an attempt that never reads
		body.Release(time.Second)
		require.Equal(t, time.Second, time.Since(began), "it waits for the first one")

		slow.response <- "late"
		synctest.Wait()
		body.Release(0)
		require.EqualValues(t, 1, file.opened.Load())
		require.EqualValues(t, 1, file.closed.Load())
		require.False(t, body.Complete())
	})
}

// unclosable is a source whose Close panics.
type unclosable struct{ io.Reader }

func (unclosable) Close() error { panic("secret") }

func TestUploadClosePanics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		idle := frame(t, &rest.Upload{Open: func() (io.ReadCloser, error) { return unclosable{strings.NewReader("x")}, nil }, Size: -1})
		stream := idle.Open(nil)
		_, err := io.ReadAll(stream)
		require.NoError(t, err)
		require.NotPanics(t, func() { _ = stream.Close() })
		idle.Release(time.Hour) // nothing is left to wait for

		// When a Read is under way, it is a goroutine of the stream that closes.
		slow := &blocking{reading: make(chan struct{}), response: make(chan string)}
		busy := frame(t, &rest.Upload{Open: func() (io.ReadCloser, error) { return unclosable{slow}, nil }, Size: -1})
		stream = busy.Open(nil)
		ended := make(chan error, 1)
		go func() {
			_, err := io.Copy(io.Discard, stream)
			ended <- err
		}()
		<-slow.reading
		require.NoError(t, stream.Close())
		slow.response <- "late"
		require.ErrorIs(t, <-ended, rest.ErrUploadClosed)
		began := time.Now()
		busy.Release(time.Hour)
		require.Zero(t, time.Since(began))
	})
}
