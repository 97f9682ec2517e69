package transport

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

// Clean makes text fit for one line of a log: control characters become spaces,
// and what is longer than limit characters is cut.
func Clean(text string, limit int) string {
	text = strings.TrimSpace(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text))
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return text
}

// shielded is an error under a text that is safe to show. It matches what it
// hides, and does not give it out: programs print each cause of an error.
type shielded struct {
	text  string
	cause error
}

func (s *shielded) Error() string { return s.text }

// Format implements [fmt.Formatter]: no verb shows the cause.
func (s *shielded) Format(state fmt.State, verb rune) {
	format := "%s"
	if verb == 'q' {
		format = "%q"
	}
	// A formatter has no way to report a failed write.
	_, _ = fmt.Fprintf(state, format, s.text)
}

func (s *shielded) Is(target error) bool { return errors.Is(s.cause, target) }

// Timeout implements part of net.Error.
func (s *shielded) Timeout() bool {
	timeout, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](s.cause)
	return ok && timeout.Timeout()
}

// shield returns err if its text is the one to show, and hides it otherwise.
func shield(err error, text string) error {
	if text == err.Error() {
		return err
	}
	return &shielded{text: text, cause: err}
}

// WithoutURL takes each url.Error off, whose text holds the whole URL.
func WithoutURL(err error) error {
	for {
		wrapped, ok := errors.AsType[*url.Error](err)
		if !ok {
			return err
		}
		err = wrapped.Err
	}
}

// quoted matches what net/http quotes of what it read.
var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"?`)

// withoutQuotes takes what may be the server's words out of the text of a
// transport error: net/http quotes headers, bodies and GOAWAY messages.
func withoutQuotes(text string) string {
	text = quoted.ReplaceAllString(text, `"…"`)
	for _, mark := range []string{"malformed ", "invalid header", "bad ", "unsupported transfer encoding"} {
		if at := strings.Index(text, mark); at >= 0 {
			if colon := strings.IndexAny(text[at:], `:"`); colon >= 0 {
				return strings.TrimSpace(text[:at+colon]) + " …"
			}
		}
	}
	return text
}

// requestIDHeaders are where servers and gateways put the id of a request.
var requestIDHeaders = []string{"X-Request-Id", "X-Correlation-Id", "X-Amzn-Requestid", "Cf-Ray"}

func rawRequestID(header http.Header) string {
	for _, name := range requestIDHeaders {
		if id := header.Get(name); id != "" {
			return id
		}
	}
	return ""
}
