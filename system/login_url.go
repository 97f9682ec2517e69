package system

import (
	"cmp"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/returningai/returningai-go/internal/rest"
	"github.com/returningai/returningai-go/secret"
)

// ErrLoginURLWithoutKey means that single sign-on returned a login URL with the
// word "undefined" in place of a key. The live service has been seen to do so;
// such a URL signs nobody in. A public client puts the community's own key
// there. This package does so only with returningai.WithAPIKeyInLoginURL, since
// everybody with the URL sees that key.
var ErrLoginURLWithoutKey = errors.New(`its key is "undefined", so it signs nobody in; ` +
	`WithAPIKeyInLoginURL puts the community's API key there, and everybody with the URL sees it`)

// checkLoginURL refuses a login URL that a browser must not be sent to. No text
// shows the URL: it holds secrets.
func (s *AuthService) checkLoginURL(result *rest.Result[SecureLogin]) *rest.Failure {
	text := result.Data.LoginURL.Reveal()
	address, err := url.Parse(text)
	wrong := ""
	switch {
	case text == "":
		wrong = "the response has no login URL"
	case err != nil || address.Host == "" || strings.Contains(text, `\`): // browsers take \ for /
		wrong = "the login URL cannot be parsed"
	case address.User != nil:
		wrong = "the login URL holds a user or password"
	case address.Scheme != "https" && (address.Scheme != "http" || !rest.Loopback(address.Hostname())):
		wrong = "the login URL is not https"
	case rest.HostOf(address) != result.Response.Host:
		wrong = "the login URL is not on the requested host"
	}
	if wrong != "" {
		return &rest.Failure{Unreadable: true, Message: wrong}
	}
	place := missingKey(address)
	if place < 0 {
		return nil
	}
	key := cmp.Or(result.Response.Sent.Get("apiKey"), result.Response.Sent.Get("X-API-Key")) // the newer page's header
	if !s.apiKeyInLoginURL || key == "" {
		return &rest.Failure{Unreadable: true, Message: "the login URL is not complete", Cause: ErrLoginURLWithoutKey}
	}
	result.Data.LoginURL = secret.New(putSegment(address, place, key))
	return nil
}

// missingKey returns the index of the path segment that is "undefined" in place
// of a key, as in /v2/app/loginApi/undefined/2, or -1. Nothing is known about
// paths of another form.
func missingKey(address *url.URL) int {
	segments := strings.Split(address.EscapedPath(), "/")
	place := slices.Index(segments, "loginApi") + 1
	if place == 0 || place == len(segments) {
		return -1
	}
	if key, err := url.PathUnescape(segments[place]); err != nil || key != "undefined" {
		return -1
	}
	return place
}

// putSegment returns the address with another segment in its path.
func putSegment(address *url.URL, place int, segment string) string {
	escaped := strings.Split(address.EscapedPath(), "/")
	plain := slices.Clone(escaped)
	for i := range plain {
		// What EscapedPath returns can be unescaped.
		plain[i], _ = url.PathUnescape(escaped[i])
	}
	escaped[place], plain[place] = url.PathEscape(segment), segment
	changed := *address
	changed.Path, changed.RawPath = strings.Join(plain, "/"), strings.Join(escaped, "/")
	return changed.String()
}
