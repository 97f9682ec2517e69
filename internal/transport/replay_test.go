package transport

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNotProcessed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"http2: Transport received Server's graceful shutdown GOAWAY":            true,
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
