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
		close(ended)
	}()
	_, err := io.ReadAll(stream)
	require.ErrorIs(t, err, rest.ErrUploadClosed)
	n, err := stream.Read(make([]byte, 8))
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
