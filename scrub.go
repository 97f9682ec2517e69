package returningai

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/returningai/returningai-go/secret"
)

// scrubber takes credentials out of what servers answer: those that the client
// holds, and those that a call has sent.
type scrubber struct {
	mu      sync.Mutex // middleware may send from goroutines of its own
	secrets map[string]*regexp.Regexp
}

// holder is an authenticator that knows its credential before it is sent.
type holder interface{ held() secret.Text }

func (h *fixedHeader) held() secret.Text { return h.value }

func (b *bearerSource) held() secret.Text {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.token.Value
}

// addHeld remembers the credentials of the client, of all families: a gateway
// in front of one may echo what another was sent.
func (s *scrubber) addHeld(authenticators map[Family]Authenticator) {
	for _, authenticator := range authenticators {
		if holder, ok := authenticator.(holder); ok {
			s.add(holder.held().Reveal())
		}
	}
}

// add remembers the value of a credential header, without its scheme.
func (s *scrubber) add(value string) {
	if scheme, credential, ok := strings.Cut(value, " "); ok && len(scheme) <= len("Bearer") {
		value = strings.TrimSpace(credential)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if value == "" {
		return
	}
	if s.secrets == nil {
		s.secrets = make(map[string]*regexp.Regexp)
	}
	if _, known := s.secrets[value]; !known {
		s.secrets[value] = nil // compiled when there is something to scrub
	}
}

// scrub replaces the credentials in a text, however they are escaped there.
func (s *scrubber) scrub(text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for credential, pattern := range s.secrets {
		if len(text) < len(credential) {
			continue // no escaping is shorter than what it escapes
		}
		if pattern == nil {
			pattern = escapedForms(credential)
			s.secrets[credential] = pattern
		}
		text = pattern.ReplaceAllLiteralString(text, secret.Redacted)
	}
	return text
}

// escapedForms matches a text in which any character may be escaped as JSON,
// URLs or HTML do. Very long ones are matched as they are, since the pattern
// would grow out of proportion.
func escapedForms(text string) *regexp.Regexp {
	const longest = 8 << 10
	if len(text) > longest {
		return regexp.MustCompile(regexp.QuoteMeta(text))
	}
	var pattern strings.Builder
	for _, r := range text {
		fmt.Fprintf(&pattern, `(?:\\?%s|(?i:\\u%04x|&#x0*%x;|&#0*%d;`, regexp.QuoteMeta(string(r)), r, r, r)
		pattern.WriteString(`|`)
		for _, b := range []byte(string(r)) {
			fmt.Fprintf(&pattern, `%%%02x`, b)
		}
		if named := namedEscapes[r]; named != "" {
			pattern.WriteString(`|` + named)
		}
		pattern.WriteString(`))`)
	}
	return regexp.MustCompile(pattern.String())
}

var namedEscapes = map[rune]string{' ': `\+`, '&': `&amp;`, '<': `&lt;`, '>': `&gt;`, '"': `&quot;`}
