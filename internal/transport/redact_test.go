package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTransportErrorsRedacted(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`net/http: HTTP/1.x transport connection broken: malformed HTTP response "the-token"`:                       `net/http: HTTP/1.x transport connection broken: malformed HTTP response …`,
		`net/http: HTTP/1.x transport connection broken: malformed MIME header line: the-token: 1`:                  `net/http: HTTP/1.x transport connection broken: malformed MIME header line …`,
		`net/http: HTTP/1.x transport connection broken: malformed HTTP status code "the-token"`:                    `net/http: HTTP/1.x transport connection broken: malformed HTTP status code …`,
		`net/http: HTTP/1.x transport connection broken: unsupported transfer encoding: "the-token"`:                `net/http: HTTP/1.x transport connection broken: unsupported transfer encoding …`,
		`http2: server sent GOAWAY and closed the connection; LastStreamID=1, ErrCode=1, debug="a \"the-token\" b"`: `http2: server sent GOAWAY and closed the connection; LastStreamID=1, ErrCode=1, debug="…"`,
		`stream error: stream ID 1; PROTOCOL_ERROR; invalid header field name "the-token"`:                          `stream error: stream ID 1; PROTOCOL_ERROR; invalid header field name …`,
		`bad Content-Length "the-token`: `bad Content-Length …`,
		`unexpected EOF`:                `unexpected EOF`,
	} {
		require.Equal(t, want, withoutQuotes(text))
	}
	read := io.ErrUnexpectedEOF
	require.Equal(t, read, shield(read, read.Error()), "nothing to hide")
	hidden := shield(context.DeadlineExceeded, "late")
	require.Equal(t, "late", hidden.Error())
	require.ErrorIs(t, hidden, context.DeadlineExceeded)
	require.NoError(t, errors.Unwrap(hidden))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		require.Equal(t, "late", fmt.Sprintf(verb, hidden))
	}
	require.Equal(t, `"late"`, fmt.Sprintf("%q", hidden))
}
