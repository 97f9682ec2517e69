package rest

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/returningai/returningai-go/internal/transport"
)

// template is a path, and maybe a query, split at its placeholders: a literal
// stands before each name, and one at the end.
type template struct {
	literals []string
	names    []string
	// inPath is how many of the placeholders stand before the query.
	inPath int
}

// split splits a path at its placeholders, such as {channelId}.
func split(path string) template {
	var parts template
	from := 0
	for at := 0; at < len(path); at++ {
		length := placeholderLength(path[at:])
		if length == 0 {
			continue
		}
		parts.literals = append(parts.literals, path[from:at])
		parts.names = append(parts.names, path[at+1:at+length-1])
		if !strings.Contains(path[:at], "?") {
			parts.inPath++
		}
		from = at + length
	}
	parts.literals = append(parts.literals, path[from:])
	return parts
}

// placeholderLength returns the length of the placeholder that text begins
// with: a letter, then letters and digits, in braces.
func placeholderLength(text string) int {
	if len(text) < 3 || text[0] != '{' || !isLetter(text[1]) {
		return 0
	}
	for at := 2; at < len(text); at++ {
		switch {
		case text[at] == '}':
			return at + 1
		case !isLetter(text[at]) && (text[at] < '0' || text[at] > '9'):
			return 0
		}
	}
	return 0
}

func isLetter(letter byte) bool {
	letter |= 'a' - 'A'
	return letter >= 'a' && letter <= 'z'
}

// Placeholders returns the names in braces of a path template, in their order.
func Placeholders(path string) []string { return split(path).names }

// fill fills the template with values, one for each of names, escaped so that
// no value can be more than one segment or one query value.
func (t template) fill(names, values []string) string {
	if len(t.names) == 0 {
		return t.literals[0]
	}
	var filled strings.Builder
	for i, name := range t.names {
		escape := url.QueryEscape
		if i < t.inPath {
			escape = url.PathEscape
		}
		filled.WriteString(t.literals[i])
		filled.WriteString(escape(values[slices.Index(names, name)]))
	}
	filled.WriteString(t.literals[len(t.names)])
	return filled.String()
}

// CheckRoute reports what is wrong with a path template. One that passes can
// only ever name a place under the base URL: it begins with a single slash
// and has no scheme, host, dot segment, fragment or control character. A
// query is allowed.
func CheckRoute(template string) error {
	path, query, _ := strings.Cut(template, "?")
	switch {
	case !strings.HasPrefix(path, "/"):
		return errors.New("the path must begin with a slash")
	case strings.HasPrefix(path, "//"):
		return errors.New("the path must begin with a single slash: no host can be given")
	case strings.ContainsFunc(template, isControlOrSpace):
		return errors.New("the path must not contain spaces or control characters")
	case strings.Contains(template, `\`):
		return errors.New("the path must not contain a backslash")
	case strings.Contains(template, "#"):
		return errors.New("the path must not contain a fragment")
	case strings.Contains(path, "://"):
		return errors.New("the path must not contain a scheme")
	}
	const value = "x" // stands for each placeholder
	if strings.ContainsAny(strings.Join(split(template).literals, value), "{}") {
		return errors.New("the path must not contain braces other than placeholders such as {channelId}")
	}
	decoded, err := url.PathUnescape(strings.Join(split(path).literals, value))
	if err != nil {
		return errors.New("the path must be percent-encoded correctly")
	}
	if _, err := url.ParseQuery(strings.Join(split(query).literals, value)); err != nil {
		return errors.New("the query must be encoded correctly")
	}
	for _, segment := range strings.FieldsFunc(decoded, func(r rune) bool { return r == '/' || r == '\\' }) {
		if segment == "." || segment == ".." {
			return errors.New("the path must not contain dot segments")
		}
	}
	return nil
}

func isControlOrSpace(r rune) bool { return r <= ' ' || r == 0x7f }

// ReplaceRoute returns a copy of the operation under another method and path,
// which must hold the same placeholders.
func (op *Operation) ReplaceRoute(method, path string) (*Operation, error) {
	if err := CheckMethod(method); err != nil {
		return nil, err
	}
	if err := CheckRoute(path); err != nil {
		return nil, err
	}
	want, got := Placeholders(op.Path), Placeholders(path)
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		return nil, fmt.Errorf("the path must hold the placeholders of %s, each once", op.Path)
	}
	replaced := *op
	replaced.Method, replaced.Path, replaced.template = method, path, split(path)
	return &replaced, nil
}

// CheckMethod reports what is wrong with an HTTP method.
func CheckMethod(method string) error {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
		return nil
	}
	return errors.New("the method must be GET, HEAD, POST, PUT, PATCH or DELETE")
}

// HostOf returns the host and port of an address, without the scheme's own port.
func HostOf(address *url.URL) string { return transport.HostOf(address) }

// Loopback reports whether a host name or address is this machine's own.
func Loopback(host string) bool { return transport.Loopback(host) }
