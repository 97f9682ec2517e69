package transport

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExchangesOfOneAttempt(t *testing.T) {
	t.Parallel()
	made, first, second := &exchanges{}, &exchange{}, &exchange{}
	require.Empty(t, made.all())
	made.add(first)
	made.add(second)
	require.Equal(t, []*exchange{first, second}, made.all())
}

func TestWhatAnErrorProves(t *testing.T) {
	t.Parallel()
	lost := errors.New("connection reset")
	refused := &net.OpError{Op: "dial", Err: errors.New("refused")}
	for name, test := range map[string]struct {
		netHTTP, requested, obtained bool
		err                          error
		processed                    bool // maybe
		seen                         bool // a server may have put something into the error
	}{
		"lost":                         {true, true, true, lost, true, true},
		"obtained, not requested":      {true, false, true, lost, true, true},
		"no connection":                {true, true, false, lost, false, false},
		"before a connection":          {true, false, false, lost, false, false},
		"refused by HTTP/2":            {true, true, true, streamError{Code: 7}, false, true},
		"unknown transport":            {false, false, false, lost, true, true},
		"unknown transport, dialing":   {false, false, false, refused, false, true},
		"unknown, with a trace":        {false, true, false, lost, false, false},
		"unknown, with a full trace":   {false, true, true, lost, true, true},
		"unknown, traced, not dialing": {false, true, true, refused, true, true},
	} {
		made := &exchange{netHTTP: test.netHTTP}
		ctx := made.trace(t.Context())
		trace := httptrace.ContextClientTrace(ctx)
		require.True(t, made.maySent(), "it is under way")
		if test.requested {
			trace.GetConn("api.example:443")
		}
		if test.obtained {
			trace.GotConn(httptrace.GotConnInfo{})
		}
		require.Equal(t, test.processed, made.mayBeProcessed(test.err), name)
		require.Equal(t, test.seen, made.responseSeen(), name)
		made.finish(test.err)
		require.Equal(t, test.processed, made.maySent(), name)
		made.finish(nil)
		require.True(t, made.maySent(), "there is a response")
	}
}

func TestErrorsThatAnotherAttemptMeetsAgain(t *testing.T) {
	t.Parallel()
	invalid, lost := errors.New("net/http: invalid header field name"), errors.New("connection reset")
	for name, test := range map[string]struct {
		netHTTP, requested bool
		err                error
		again              bool
	}{
		"invalid":                 {true, false, invalid, true},
		"of another transport":    {false, false, invalid, false},
		"quoted by a server":      {true, true, invalid, false},
		"lost":                    {true, true, lost, false},
		"lost before it was sent": {true, false, lost, false},
	} {
		made := &exchange{netHTTP: test.netHTTP}
		made.connRequested.Store(test.requested)
		err := made.explain(test.err)
		require.ErrorIs(t, err, test.err, name)
		_, again := errors.AsType[*refusal](err)
		require.Equal(t, test.again, again, name)
		require.NoError(t, made.explain(nil))
		made.prevented.Store(true)
		require.Equal(t, errReplayPrevented, made.explain(test.err), name)
		require.NoError(t, made.explain(nil), "there is a response after all")
	}
}

func TestGuardReplays(t *testing.T) {
	t.Parallel()
	rewind := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("again")), nil }
	for name, test := range map[string]struct {
		netHTTP, idempotent, http2 bool
		body                       io.ReadCloser
		once                       bool
		replaced                   bool // a body in place of none
		ends                       bool // a second connection ends the exchange
		rewinds                    bool
	}{
		"no body":                       {true, false, false, nil, false, false, true, false},
		"an empty body":                 {true, false, false, http.NoBody, false, false, true, true},
		"no body, idempotent":           {true, true, false, nil, false, false, true, false},
		"no body, HTTP/2":               {true, false, true, nil, false, replaysProtocolErrors, !replaysProtocolErrors, false},
		"no body, HTTP/2, idempotent":   {true, true, true, nil, false, false, true, false},
		"a body":                        {true, false, false, io.NopCloser(strings.NewReader("x")), false, false, false, true},
		"a body that can be read once":  {true, false, false, io.NopCloser(strings.NewReader("x")), true, false, false, false},
		"a body, HTTP/2":                {true, false, true, io.NopCloser(strings.NewReader("x")), false, false, false, false},
		"a body, HTTP/2, idempotent":    {true, true, true, io.NopCloser(strings.NewReader("x")), false, false, false, false},
		"another transport":             {false, false, false, nil, false, false, true, false},
		"another transport, idempotent": {false, true, false, nil, false, false, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request := newRequest(t, newCall(t, "POST"))
			request.Header = http.Header{"Idempotency-Key": {"k"}, "X-Idempotency-Key": {"k"}}
			if request.Body = test.body; test.body != nil && !test.once {
				request.GetBody = rewind
			}
			made := &exchange{netHTTP: test.netHTTP}
			guarded := made.guardReplays(request, test.idempotent, test.http2)

			for _, name := range []string{"Idempotency-Key", "X-Idempotency-Key"} {
				require.Equal(t, test.netHTTP && !test.idempotent, guarded.Header[name] == nil, "hidden from net/http")
			}
			require.Len(t, guarded.Header, 2, "and sent")
			if test.replaced {
				data, err := io.ReadAll(guarded.Body)
				require.NoError(t, err)
				require.Empty(t, data)
				require.NotEqual(t, http.NoBody, guarded.Body)
			} else {
				require.Equal(t, test.body, guarded.Body)
			}
			require.Equal(t, test.rewinds, guarded.GetBody != nil)
			require.Equal(t, test.ends, made.cancel != nil)
			if test.ends {
				made.cancel(errReplayPrevented)
				require.ErrorIs(t, context.Cause(guarded.Context()), errReplayPrevented)
				require.NoError(t, request.Context().Err(), "the attempt goes on")
			}
		})
	}
}

func TestBodyIsNotReplayedOnceProcessed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ netHTTP, wrote, http2, replayed bool }{
		"not written":                         {true, false, true, true},
		"net/http over HTTP/1":                {true, true, false, true}, // only where nothing was read of it
		"net/http over HTTP/2":                {true, true, true, !replaysProtocolErrors},
		"another transport":                   {false, true, false, false},
		"another transport over HTTP/2":       {false, true, true, false},
		"another transport, not written":      {false, false, false, true},
		"another transport, not written, too": {false, false, true, true},
	} {
		request := newRequest(t, newCall(t, "POST"))
		request.Body = io.NopCloser(strings.NewReader("x"))
		request.GetBody = func() (io.ReadCloser, error) { return http.NoBody, nil }
		made := &exchange{netHTTP: test.netHTTP}
		guarded := made.guardReplays(request, false, false)
		if test.wrote {
			made.wrote()
		}
		made.maybeHTTP2.Store(test.http2)
		body, err := guarded.GetBody()
		require.Equal(t, test.replayed, body != nil, name)
		require.Equal(t, test.replayed, err == nil, name)
		require.Equal(t, !test.replayed, made.prevented.Load(), name)
	}
}

func TestSecondConnectionEndsExchange(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ netHTTP, wrote, http2, harmless, ended bool }{
		"HTTP/1":                     {true, true, false, false, true},
		"HTTP/1, not written":        {true, false, false, false, false},
		"HTTP/1, harmless":           {true, true, false, true, false},
		"HTTP/2":                     {true, true, true, false, replaysProtocolErrors},
		"HTTP/2, not written":        {true, false, true, false, false},
		"another transport":          {false, true, false, false, true},
		"another transport, HTTP/2":  {false, true, true, false, true},
		"another, HTTP/2, unwritten": {false, false, true, false, false},
	} {
		var cause error
		made := &exchange{netHTTP: test.netHTTP}
		if !test.harmless {
			made.cancel = func(err error) { cause = err }
		}
		made.maybeHTTP2.Store(test.http2)
		if test.wrote {
			made.wrote()
		}
		made.getConn("api.example:443")
		require.Equal(t, test.ended, made.prevented.Load(), name)
		require.Equal(t, test.ended, errors.Is(cause, errReplayPrevented), name)
	}
}

// TestIdleConnectionOfReplayIsClosed before the request goes out on it again.
func TestIdleConnectionOfReplayIsClosed(t *testing.T) {
	t.Parallel()
	for protocol, test := range map[string]struct{ prevented, closed bool }{
		"":         {true, true},
		"http/1.1": {false, false},
		"h2":       {true, false}, // others use it
	} {
		made := &exchange{netHTTP: true, cancel: func(error) {}}
		made.prevented.Store(test.prevented)
		conn := &connection{protocol: protocol}
		made.gotConn(httptrace.GotConnInfo{Conn: conn})
		require.Equal(t, test.closed, conn.closed, protocol)
	}
}

// TestConnectionObtainedWithoutBeingRequested is what net/http's trace shows of a
// request that takes an HTTP/2 connection which another one has dialed.
func TestConnectionObtainedWithoutBeingRequested(t *testing.T) {
	t.Parallel()
	lost := errors.New("unexpected EOF")
	made := &exchange{netHTTP: true}
	require.False(t, made.mayBeProcessed(lost), "it failed before it asked for a connection")
	made.gotConn(httptrace.GotConnInfo{})
	require.True(t, made.mayBeProcessed(lost))
	require.True(t, made.responseSeen())

	canceled := error(nil)
	made = &exchange{netHTTP: true, cancel: func(cause error) { canceled = cause }}
	made.gotConn(httptrace.GotConnInfo{Conn: &net.TCPConn{}})
	made.wrote()
	require.NoError(t, canceled)
	made.gotConn(httptrace.GotConnInfo{Conn: &net.TCPConn{}})
	require.ErrorIs(t, canceled, errReplayPrevented)
}
