package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
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
		`malformed chunked encoding`:    `malformed chunked encoding`,
		`a bad "the-token`:              `a bad …`,
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

func TestShieldedTimeout(t *testing.T) {
	t.Parallel()
	for cause, want := range map[error]bool{os.ErrDeadlineExceeded: true, io.EOF: false, &url.Error{Err: io.EOF}: false} {
		timeout, ok := shield(cause, "hidden").(interface{ Timeout() bool })
		require.True(t, ok)
		require.Equal(t, want, timeout.Timeout(), cause)
	}
}

func TestWithoutURL(t *testing.T) {
	t.Parallel()
	wrapped := &url.Error{Op: "Get", URL: "https://api.example/?key=s3cr3t", Err: io.EOF}
	for _, err := range []error{io.EOF, wrapped, &url.Error{Op: "Get", URL: "x", Err: wrapped}, fmt.Errorf("middleware: %w", wrapped)} {
		require.Equal(t, io.EOF, WithoutURL(err))
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                         "",
		"  a b ":                   "a b",
		"a\nb\x1b[31m\x00c\u202ed": "a b [31m c d",
		strings.Repeat("é", 10):    strings.Repeat("é", 10),
		strings.Repeat("é", 11):    strings.Repeat("é", 10) + "…",
	} {
		require.Equal(t, want, Clean(text, 10+len("[31m")*strings.Count(text, "[")))
	}
}

func TestRawRequestID(t *testing.T) {
	t.Parallel()
	require.Empty(t, rawRequestID(http.Header{"Date": {"today"}}))
	require.Equal(t, "ray", rawRequestID(http.Header{"Cf-Ray": {"ray"}, "X-Request-Id": {""}}))
	require.Equal(t, "id", rawRequestID(http.Header{"Cf-Ray": {"ray"}, "X-Request-Id": {"id"}}))
}
