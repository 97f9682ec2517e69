package rest

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

var placeholder = regexp.MustCompile(`\{[A-Za-z][A-Za-z0-9]*\}`)

// Placeholders returns the names in braces of a path template, in their order.
func Placeholders(template string) []string {
	names := placeholder.FindAllString(template, -1)
	for i, name := range names {
		names[i] = strings.Trim(name, "{}")
	}
	return names
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
	if strings.ContainsAny(placeholder.ReplaceAllString(template, ""), "{}") {
		return errors.New("the path must not contain braces other than placeholders such as {channelId}")
	}
	plain := placeholder.ReplaceAllString(path, "x")
	decoded, err := url.PathUnescape(plain)
	if err != nil {
		return errors.New("the path must be percent-encoded correctly")
	}
	if _, err := url.ParseQuery(placeholder.ReplaceAllString(query, "x")); err != nil {
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
	replaced.Method, replaced.Path = method, path
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

// ExpandPath fills a template with values, one for each of names, escaped so
// that no value can be more than one segment (or one query value).
func ExpandPath(template string, names, values []string) string {
	path, query, hasQuery := strings.Cut(template, "?")
	path = fill(path, names, values, url.PathEscape)
	if !hasQuery {
		return path
	}
	return path + "?" + fill(query, names, values, url.QueryEscape)
}

func fill(template string, names, values []string, escape func(string) string) string {
	return placeholder.ReplaceAllStringFunc(template, func(match string) string {
		i := slices.Index(names, strings.Trim(match, "{}"))
		if i < 0 {
			return match
		}
		return escape(values[i])
	})
}

// HostOf returns host and port of an address, the port only where it is not
// the scheme's own, so that two spellings of one host compare equal.
func HostOf(address *url.URL) string {
	host, port := strings.ToLower(address.Hostname()), address.Port()
	if address.Scheme == "https" && port == "443" || address.Scheme == "http" && port == "80" {
		port = ""
	}
	switch {
	case port != "":
		return net.JoinHostPort(host, port)
	case strings.Contains(host, ":"):
		return "[" + host + "]"
	}
	return host
}

// Loopback reports whether a host name or address is this machine's own.
func Loopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && address.IsLoopback()
}
