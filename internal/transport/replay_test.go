package transport

import (
	"errors"
	"net"
	"net/http/httptrace"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNotProcessed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"http2: Transport received Server's graceful shutdown GOAWAY":            true,
		"net/http: cannot rewind body after connection loss":                     true,
		"http2: Transport received GOAWAY from server ErrCode:ENHANCE_YOUR_CALM": true,
		"http2: client conn not usable":                                          true,
		"http2: Transport: cannot retry err [http2: Transport received Server's graceful shutdown GOAWAY] after Request.Body was written; define Request.GetBody to avoid this":   true,
		"http2: Transport: cannot retry err [stream error: stream ID 3; REFUSED_STREAM; received from peer] after Request.Body was written; define Request.GetBody to avoid this": true,
		"http2: Transport: cannot retry err [stream error: stream ID 3; PROTOCOL_ERROR; received from peer] after Request.Body was written; define Request.GetBody to avoid this": false,
		"stream error: stream ID 3; REFUSED_STREAM": true,
		"stream error: stream ID 3; PROTOCOL_ERROR": false,
		`http2: server sent GOAWAY and closed the connection; LastStreamID=1, ErrCode=NO_ERROR, debug="http2: client conn not usable"`: false,
		"unexpected EOF": false,
	} {
		require.Equal(t, want, notProcessed(errors.New(text)), text)
	}
	require.False(t, notProcessed(nil))
	require.True(t, notProcessed(streamError{Code: 7}))
	require.False(t, notProcessed(streamError{Code: 1}))
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
