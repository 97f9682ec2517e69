package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// stream is a source in memory.
type stream struct {
	text     string
	err      error // at the end of the text
	begun    bool  // it is not complete
	opened   int
	released []time.Duration
	ended    <-chan struct{}
}

func (s *stream) Open(ended <-chan struct{}) io.ReadCloser {
	s.opened++
	s.ended = ended
	source := io.Reader(strings.NewReader(s.text))
	if s.err != nil {
		source = io.MultiReader(source, fails{s.err})
	}
	return io.NopCloser(source)
}

func (s *stream) Release(patience time.Duration) { s.released = append(s.released, patience) }

func (s *stream) Complete() bool { return !s.begun }

// fails is a reader that has read nothing.
type fails struct{ err error }

func (f fails) Read([]byte) (int, error) { return 0, f.err }

func TestWatchStream(t *testing.T) {
	t.Parallel()
	for _, once := range []bool{false, true} {
		source := &stream{text: "text"}
		request := newRequest(t, newCall(t, "POST"))
		watch := watchStream(request, Body{Stream: source, Length: 4, Once: once}, func() {})
		require.EqualValues(t, 4, request.ContentLength)
		data, err := io.ReadAll(request.Body)
		require.NoError(t, err)
		require.Equal(t, "text", string(data))
		require.NoError(t, watch.err())
		require.Equal(t, once, request.GetBody == nil)
		if !once {
			again, err := request.GetBody()
			require.NoError(t, err)
			require.NotNil(t, again)
			require.Equal(t, 2, source.opened)
		}
	}
}

func TestWatchedBody(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is gone")
	for name, test := range map[string]struct {
		source   io.Reader
		restarts int
		err      error // that Read returns
		noted    error
	}{
		"bytes":           {strings.NewReader("x"), 1, nil, nil},
		"the end":         {fails{io.EOF}, 0, io.EOF, nil},
		"neither":         {fails{nil}, 0, nil, nil},
		"an error":        {fails{broken}, 0, broken, broken},
		"the upload's":    {fails{ErrBodyClosed}, 0, ErrBodyClosed, nil},
		"bytes and error": {io.LimitReader(readsAndFails{broken}, 1), 1, broken, broken},
	} {
		restarts := 0
		watch := &bodyWatch{ctx: t.Context(), restart: func() { restarts++ }}
		body := &watchedBody{io.NopCloser(test.source), watch}
		_, err := body.Read(make([]byte, 8))
		require.Equal(t, test.err, err, name)
		require.Equal(t, test.restarts, restarts, name)
		require.Equal(t, test.noted, watch.err(), name)
	}
}

// readsAndFails reads a byte and returns an error.
type readsAndFails struct{ err error }

func (r readsAndFails) Read([]byte) (int, error) { return 1, r.err }

func TestWatchedBodyEndsWithItsAttempt(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	watch := &bodyWatch{ctx: ctx, restart: func() { t.Error("the attempt has ended") }}
	body := &watchedBody{io.NopCloser(strings.NewReader("x")), watch}
	cancel(ErrTimeout)
	n, err := body.Read(make([]byte, 8))
	require.Zero(t, n)
	require.ErrorIs(t, err, ErrTimeout)
	require.NoError(t, watch.err(), "it is not the source's")
}

func TestAttemptOfStream(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is gone")
	for name, test := range map[string]struct {
		source   stream
		response bool
		check    func(*testing.T, outcome)
	}{
		"complete": {stream{text: "text"}, true, func(t *testing.T, o outcome) {
			require.False(t, o.incomplete)
			require.NoError(t, o.err)
		}},
		"a response before the end": {stream{text: "text", begun: true}, true, func(t *testing.T, o outcome) {
			require.True(t, o.incomplete)
			require.NoError(t, o.err)
		}},
		"the source fails": {stream{text: "te", err: broken, begun: true}, false, func(t *testing.T, o outcome) {
			require.Equal(t, broken, o.err)
			require.True(t, o.ofSource)
			require.True(t, o.final, "the next attempt meets the same error")
		}},
		"the source fails, and there is a response": {stream{text: "te", err: broken, begun: true}, true, func(t *testing.T, o outcome) {
			require.NoError(t, o.err)
			require.False(t, o.ofSource)
		}},
		"the connection breaks": {stream{text: "text", begun: true}, false, func(t *testing.T, o outcome) {
			require.ErrorIs(t, o.err, io.ErrClosedPipe)
			require.False(t, o.ofSource)
			require.False(t, o.final)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			call, source := newCall(t, "POST"), test.source
			call.Body = Body{Stream: &source, Length: 4}
			a := newAttempter(t, call, roundTripper(func(r *http.Request) (*http.Response, error) {
				require.EqualValues(t, 4, r.ContentLength)
				_, err := io.ReadAll(r.Body)
				require.Equal(t, source.err, err)
				if test.response {
					return newResponse(200, ""), nil
				}
				return nil, io.ErrClosedPipe
			}))
			result, _ := a.attempt(newRequest(t, call))
			test.check(t, result)
			require.Equal(t, []time.Duration{sourcePatience}, source.released, "the source is the caller's again")
			select {
			case <-source.ended:
			default:
				t.Error("the stream does not end with its attempt")
			}
		})
	}
}
