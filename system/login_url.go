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

// ErrLoginURLWithoutKey means that single sign-on answered a login URL with
// the text "undefined" where a key belongs. The live service has been seen to
// do so; such a URL signs nobody in. A public client puts the community's own
// key there, which this package does only when returningai.WithAPIKeyInLoginURL
// allows it, since it shows that key to whoever gets the URL.
var ErrLoginURLWithoutKey = errors.New(`its key is the text "undefined", so that it signs nobody in; ` +
	`WithAPIKeyInLoginURL puts the community's API key there, and shows it to whoever gets the URL`)

// checkLoginURL refuses an answer whose login URL a browser must not be sent
// to. No text shows the URL: it holds secrets.
func (s *AuthService) checkLoginURL(answer *rest.Answer[SecureLogin]) *rest.Failure {
	text := answer.Data.LoginURL.Reveal()
	address, err := url.Parse(text)
	wrong := ""
	switch {
	case text == "":
		wrong = "the answer carries no login URL"
	case err != nil || address.Host == "" || strings.Contains(text, `\`): // browsers take \ for /
		wrong = "the login URL cannot be read"
	case address.User != nil:
		wrong = "the login URL holds a user or password"
	case address.Scheme != "https" && (address.Scheme != "http" || !rest.Loopback(address.Hostname())):
		wrong = "the login URL is not https"
	case rest.HostOf(address) != answer.Host:
		wrong = "the login URL is not on the host that was asked"
	}
	if wrong != "" {
		return &rest.Failure{Unreadable: true, Message: wrong}
	}
	place := missingKey(address)
	if place < 0 {
		return nil
	}
	key := cmp.Or(answer.Sent.Get("apiKey"), answer.Sent.Get("X-API-Key")) // the newer page's header
	if !s.apiKeyInLoginURL || key == "" {
		return &rest.Failure{Unreadable: true, Message: "the login URL is not complete", Cause: ErrLoginURLWithoutKey}
	}
	answer.Data.LoginURL = secret.New(putSegment(address, place, key))
	return nil
}

// missingKey returns which segment of a login URL's path says undefined where
// the key belongs, as in /v2/app/loginApi/undefined/2, or -1. Of a path of
// another form nothing is known.
func missingKey(address *url.URL) int {
	segments := strings.Split(address.EscapedPath(), "/")
	place := slices.Index(segments, "loginApi") + 1
	if place == 0 || place == len(segments) {
		return -1
	}
	if text, err := url.PathUnescape(segments[place]); err != nil || text != "undefined" {
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
