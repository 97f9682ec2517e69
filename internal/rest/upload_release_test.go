package rest_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/internal/rest"
)

func TestUploadOfNoBytesHasALength(t *testing.T) {
	t.Parallel()
	file := &source{Reader: strings.NewReader("")}
	body := frame(t, &rest.Upload{Open: file.open, Size: 0})
	require.False(t, body.Complete(), "nothing was opened yet")
	sent, err := io.ReadAll(body.Open(nil))
	require.NoError(t, err)
	require.Len(t, sent, int(body.Length))
	require.True(t, body.Complete())
}

func TestUploadReleased(t *testing.T) {
	t.Parallel()
	file := &source{Reader: strings.NewReader("abc")}
	body := frame(t, &rest.Upload{Open: file.open, Size: 3})
	stream := body.Open(nil)
	_, err := io.ReadFull(stream, make([]byte, body.Length-1))
	require.NoError(t, err)
	body.Release(time.Hour)
	require.EqualValues(t, 1, file.closed.Load())
	n, err := stream.Read(make([]byte, 8))
	require.Zero(t, n)
	require.ErrorIs(t, err, rest.ErrUploadClosed)
}

// gate is a source that blocks in Read until it is let go, and tells when it is
// closed.
type gate struct{ reading, open, closed chan struct{} }

func (g *gate) Read([]byte) (int, error) {
	close(g.reading)
	<-g.open
	return 0, errors.New("read again")
}

func (g *gate) Close() error {
	close(g.closed)
	return nil
}

// TestSourceLeftBehindIsClosed when its Read returns, by nobody's further help.
func TestSourceLeftBehindIsClosed(t *testing.T) {
	t.Parallel()
	file := &gate{make(chan struct{}), make(chan struct{}), make(chan struct{})}
	body := frame(t, &rest.Upload{Open: func() (io.ReadCloser, error) { return file, nil }, Size: -1})
	ended := make(chan struct{})
	stream := body.Open(ended)
	go func() {
		<-file.reading
		if n, err := stream.Read(make([]byte, 8)); n != 0 || !errors.Is(err, rest.ErrUploadClosed) {
			t.Error("it has one reader at a time", n, err)
		}
		close(ended)
	}()
	n, err := 0, error(nil)
	for err == nil {
		n, err = stream.Read(make([]byte, 512))
	}
	require.Zero(t, n)
	require.ErrorIs(t, err, rest.ErrUploadClosed)
	n, err = stream.Read(make([]byte, 8))
	require.Zero(t, n)
	require.ErrorIs(t, err, rest.ErrUploadClosed)
	close(file.open)
	<-file.closed
}

// TestNextAttemptClosesTheOneBefore which the transport may have abandoned.
func TestNextAttemptClosesTheOneBefore(t *testing.T) {
	t.Parallel()
	first, second := &source{Reader: strings.NewReader("abc")}, &source{Reader: strings.NewReader("abc")}
	sources := []*source{first, second}
	body := frame(t, &rest.Upload{Size: 3, Open: func() (io.ReadCloser, error) {
		next := sources[0]
		sources = sources[1:]
		return next.open()
	}})
	abandoned := body.Open(nil)
	_, err := io.ReadFull(abandoned, make([]byte, body.Length-1))
	require.NoError(t, err)
	sent, err := io.ReadAll(body.Open(nil))
	require.NoError(t, err)
	require.Len(t, sent, int(body.Length))
	require.EqualValues(t, 1, first.closed.Load())
	_, err = abandoned.Read(make([]byte, 8))
	require.ErrorIs(t, err, rest.ErrUploadClosed)
}

// TestAttemptThatEndedWhileItWaited for the source does not open it again.
func TestAttemptThatEndedWhileItWaited(t *testing.T) {
	t.Parallel()
	opened := 0
	file := &gate{make(chan struct{}), make(chan struct{}), make(chan struct{})}
	body := frame(t, &rest.Upload{Size: -1, Open: func() (io.ReadCloser, error) {
		opened++
		return file, nil
	}})
	first, second := make(chan struct{}), make(chan struct{})
	go func() {
		<-file.reading
		close(first)
	}()
	_, err := io.ReadAll(body.Open(first))
	require.ErrorIs(t, err, rest.ErrUploadClosed)
	close(second)
	waiting := body.Open(second)
	_, err = waiting.Read(make([]byte, 8))
	require.ErrorIs(t, err, rest.ErrUploadClosed)
	close(file.open)
	body.Release(time.Hour)
	require.Equal(t, 1, opened)
}

// odd is a source that returns what no source should.
type odd struct {
	n   int
	err error
}

func (o odd) Read([]byte) (int, error) { return o.n, o.err }

func TestUploadOfBrokenSourceSendsNoByteMore(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is gone")
	for name, test := range map[string]struct {
		source io.Reader
		sent   string // of the 5 bytes that were announced
		want   string
	}{
		"does not open":           {nil, "", "the disk is gone"},
		"fails":                   {odd{0, broken}, "", "the disk is gone"},
		"fails after a byte":      {io.MultiReader(strings.NewReader("a"), odd{0, broken}), "a", "the disk is gone"},
		"panics":                  {panics{}, "", "panicked"},
		"reads a negative number": {odd{-1, nil}, "", "more than there was room for"},
		"reads too much":          {odd{1 << 20, nil}, "", "more than there was room for"},
		"is too long":             {strings.NewReader("abcdef"), "", "longer than the 5 bytes"},
		"is too short":            {strings.NewReader("abcd"), "abcd", "ended after 4 of the 5 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := io.Reader(strings.NewReader("abcde"))
			body := frame(t, &rest.Upload{Size: 5, Open: func() (io.ReadCloser, error) {
				if source == nil {
					return nil, broken
				}
				return io.NopCloser(source), nil
			}})
			whole, err := io.ReadAll(body.Open(nil))
			require.NoError(t, err)
			head, _, found := strings.Cut(string(whole), "abcde")
			require.True(t, found)
			source = test.source
			sent, err := io.ReadAll(body.Open(nil))
			require.ErrorContains(t, err, test.want)
			require.Equal(t, head+test.sent, string(sent))
			require.False(t, body.Complete())
		})
	}
}

func TestUploadOfManyChunks(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("0123456789", 20_000)
	for _, size := range []int64{-1, int64(len(text))} {
		file := &source{Reader: strings.NewReader(text)}
		body := frame(t, &rest.Upload{Open: file.open, Size: size})
		sent, err := io.ReadAll(body.Open(nil))
		require.NoError(t, err)
		require.Contains(t, string(sent), text)
	}
}
