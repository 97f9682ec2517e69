package returningai

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/returningai/returningai-go/secret"
)

// scrubber takes credentials out of what servers answer: those that the client
// holds, and those that a call has sent.
type scrubber struct {
	mu      sync.Mutex // middleware may send from goroutines of its own
	needles [][]byte   // the secrets, in both forms that match looks for
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
			s.addHeader(holder.held().Reveal())
		}
	}
}

// addHeader remembers the value of a credential header, without its scheme.
func (s *scrubber) addHeader(value string) {
	scheme, credential, found := strings.Cut(value, " ")
	if found && slices.ContainsFunc([]string{"Bearer", "Basic", "Token"}, func(known string) bool { return strings.EqualFold(scheme, known) }) {
		value = strings.TrimSpace(credential)
	}
	s.add(value)
}

// add remembers a secret.
func (s *scrubber) add(text string) {
	if text == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	// A text that looks escaped itself is found both as it is and unescaped.
	unescaped, _ := unescape(text)
	for _, needle := range [][]byte{plusAsSpace([]byte(text)), unescaped} {
		if !slices.ContainsFunc(s.needles, func(known []byte) bool { return bytes.Equal(known, needle) }) {
			s.needles = append(s.needles, needle)
		}
	}
}

// scrub replaces the secrets in a text, however they are escaped there. It
// takes a time in proportion to the text.
func (s *scrubber) scrub(text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if text == "" || len(s.needles) == 0 {
		return text
	}
	var scrubbed strings.Builder
	end := 0
	for _, found := range s.find(text) {
		if found.from >= end {
			scrubbed.WriteString(text[end:found.from])
			scrubbed.WriteString(secret.Redacted)
		}
		end = max(end, found.to)
	}
	scrubbed.WriteString(text[end:])
	return scrubbed.String()
}

type span struct{ from, to int }

// find returns where the secrets stand in a text, from its beginning to its
// end. Where they overlap, all of them are listed.
func (s *scrubber) find(text string) []span {
	plain, offsets := unescape(text)
	var spans []span
	for _, needle := range s.needles {
		for at := 0; ; {
			found := bytes.Index(plain[at:], needle)
			if found < 0 {
				break
			}
			at += found
			spans = append(spans, span{offsets[at], offsets[at+len(needle)]})
			at += len(needle)
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return a.from - b.from })
	return spans
}

// unescape undoes the escapes of JSON, URLs and HTML in a text, once. It
// returns the result with the offset that each of its bytes has in the text,
// and that of the end.
func unescape(text string) (plain []byte, offsets []int) {
	plain, offsets = make([]byte, 0, len(text)), make([]int, 0, len(text)+1)
	for at := 0; at < len(text); {
		bytes, length := unescapeOne(text[at:])
		for range bytes {
			offsets = append(offsets, at)
		}
		plain = append(plain, bytes...)
		at += length
	}
	return plusAsSpace(plain), append(offsets, len(text))
}

// plusAsSpace makes the two ways in which URLs write a space one.
func plusAsSpace(text []byte) []byte { return bytes.ReplaceAll(text, []byte("+"), []byte(" ")) }

// unescapeOne undoes the escape that a text begins with, or takes one byte.
func unescapeOne(text string) (plain []byte, length int) {
	switch text[0] {
	case '\\':
		if len(text) >= 6 && text[1] == 'u' {
			if code, err := strconv.ParseUint(text[2:6], 16, 16); err == nil {
				return utf8.AppendRune(nil, rune(code)), 6
			}
		}
		if len(text) >= 2 && strings.ContainsRune(`"\/`, rune(text[1])) {
			return []byte{text[1]}, 2
		}
	case '%':
		if len(text) >= 3 {
			if code, err := strconv.ParseUint(text[1:3], 16, 8); err == nil {
				return []byte{byte(code)}, 3
			}
		}
	case '&':
		return unescapeEntity(text)
	}
	return []byte{text[0]}, 1
}

// unescapeEntity undoes an HTML entity.
func unescapeEntity(text string) (plain []byte, length int) {
	const longest = 10
	name, _, found := strings.Cut(text[1:min(len(text), longest)], ";")
	if !found {
		return []byte{'&'}, 1
	}
	length = len(name) + 2
	if character, ok := entities[name]; ok {
		return []byte{character}, length
	}
	if digits, ok := strings.CutPrefix(name, "#"); ok {
		base := 10
		if hexadecimal, ok := strings.CutPrefix(strings.ToLower(digits), "x"); ok {
			digits, base = hexadecimal, 16
		}
		if code, err := strconv.ParseUint(digits, base, 21); err == nil {
			return utf8.AppendRune(nil, rune(code)), length
		}
	}
	return []byte{'&'}, 1
}

var entities = map[string]byte{"amp": '&', "lt": '<', "gt": '>', "quot": '"', "apos": '\''}
