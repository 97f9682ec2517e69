// Package scrub takes secrets out of text that others wrote: a server may repeat a
// credential, escaped in any way.
package scrub

import (
	"bytes"
	"slices"
	"strings"
	"sync"

	"github.com/returningai/returningai-go/secret"
)

// Scrubber replaces the secrets that it was told of by secret.Redacted. The
// zero value knows none. It is safe for concurrent use.
type Scrubber struct {
	mu      sync.Mutex
	needles [][]byte // the secrets
}

// minCredential is how long, in bytes, what stands behind the scheme of a
// header is, at least, to be a secret by itself.
const minCredential = 8

// AddHeader remembers the value of a credential header, as a whole and without
// its scheme, such as Bearer.
func (s *Scrubber) AddHeader(value string) {
	_, credential, _ := strings.Cut(value, " ")
	if credential = strings.TrimSpace(credential); len(credential) >= minCredential || isKnownScheme(value) {
		s.Add(credential)
	}
	s.Add(value)
}

func isKnownScheme(value string) bool {
	scheme, _, _ := strings.Cut(value, " ")
	return strings.EqualFold(scheme, "Bearer") || strings.EqualFold(scheme, "Basic")
}

// Add remembers a secret.
func (s *Scrubber) Add(text string) {
	if text == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.ContainsFunc(s.needles, func(known []byte) bool { return string(known) == text }) {
		s.needles = append(s.needles, []byte(text))
	}
}

// Scrub replaces the secrets in a text, however they are escaped there. It
// takes a time in proportion to the text.
func (s *Scrubber) Scrub(text string) string { return s.replace(text, false) }

// ScrubCut scrubs a text that was cut off at its end: the beginning of a secret
// that stands there is replaced, too.
func (s *Scrubber) ScrubCut(text string) string { return s.replace(text, true) }

func (s *Scrubber) replace(text string, cut bool) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.needles) == 0 {
		return text
	}
	var scrubbed strings.Builder
	end := 0
	for _, found := range s.find(text, cut) {
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
func (s *Scrubber) find(text string, cut bool) []span {
	var spans []span
	for _, escapes := range everyEscape {
		plain, offsets := unescape(text, escapes)
		for _, needle := range s.needles {
			at := 0
			for {
				found := bytes.Index(plain[at:], needle)
				if found < 0 {
					break
				}
				at += found
				spans = append(spans, span{offsets[at], offsets[at+len(needle)]})
				at += len(needle)
			}
			for _, end := range ends(plain, cut) {
				if begun := beginning(plain[min(at, end):end], needle); begun > 0 {
					spans = append(spans, span{offsets[end-begun], len(text)})
				}
			}
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return a.from - b.from })
	return spans
}

// ends returns where a text that was cut off may end: at its end, or before
// each thing there that may be an escape of which the rest is missing.
func ends(plain []byte, cut bool) []int {
	if !cut {
		return nil
	}
	const longest = 12 // bytes of an escape
	found := []int{len(plain)}
	for at := max(0, len(plain)-longest); at < len(plain); at++ {
		if bytes.IndexByte([]byte(`\%&`), plain[at]) >= 0 {
			found = append(found, at)
		}
	}
	return found
}

// minBeginning is how much of a secret must stand at the end of a text, in
// bytes, to be taken for its beginning.
const minBeginning = 4

// beginning returns how many bytes at the end of a text are the beginning of
// the needle.
func beginning(text, needle []byte) int {
	for length := min(len(text), len(needle)-1); length >= minBeginning; length-- {
		if bytes.HasSuffix(text, needle[:length]) {
			return length
		}
	}
	return 0
}
