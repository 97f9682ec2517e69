// Package secret holds text that must never be printed: API keys, bearer
// tokens, webhook URLs and login URLs.
//
// A [Text] can be passed around, logged, marshalled and formatted by mistake
// without showing what it holds. Only [Text.Reveal] gives the text back.
package secret

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

// Redacted is what a non-empty [Text] shows wherever it is printed.
const Redacted = "[redacted]"

// Text is a string that does not print. The zero value is the empty text.
//
// Every way of printing it through fmt, log/slog, encoding/json and the text
// marshalers shows [Redacted], or nothing at all when the text is empty. The
// text is kept behind a pointer, so that fmt shows an address at most when it
// reaches a Text through an unexported field, where it calls no methods.
//
// Compare texts with [Text.Equal]; == compares the pointers.
type Text struct {
	text *string
}

// New returns a Text that holds s.
func New(s string) Text {
	if s == "" {
		return Text{}
	}
	return Text{text: &s}
}

// Reveal returns the text itself. Do not log or store what it returns.
func (t Text) Reveal() string {
	if t.text == nil {
		return ""
	}
	return *t.text
}

// IsZero reports whether the text is empty.
func (t Text) IsZero() bool { return t.text == nil }

// Equal reports whether both texts are the same, in a time that depends on
// neither their content nor where they differ.
func (t Text) Equal(other Text) bool {
	a, b := sha256.Sum256([]byte(t.Reveal())), sha256.Sum256([]byte(other.Reveal()))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// String returns [Redacted], or "" when the text is empty.
func (t Text) String() string {
	if t.text == nil {
		return ""
	}
	return Redacted
}

// GoString returns what the %#v verb shows: never the text.
func (t Text) GoString() string { return `secret.Text("` + t.String() + `")` }

// Format implements [fmt.Formatter] for every verb, so that none of them
// (%x and %d among them) reaches the text.
func (t Text) Format(state fmt.State, verb rune) {
	shown := t.String()
	switch {
	case verb == 'v' && state.Flag('#'):
		shown = t.GoString()
	case verb == 'q':
		shown = `"` + shown + `"`
	}
	// A formatter has no way to report a failed write.
	_, _ = io.WriteString(state, shown)
}

// LogValue implements [slog.LogValuer].
func (t Text) LogValue() slog.Value { return slog.StringValue(t.String()) }

// MarshalText implements [encoding.TextMarshaler] with the redacted form: a
// Text does not survive marshalling, on purpose.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// MarshalJSON implements [encoding/json.Marshaler] with the redacted form.
func (t Text) MarshalJSON() ([]byte, error) { return []byte(`"` + t.String() + `"`), nil }

// UnmarshalText implements [encoding.TextUnmarshaler], so that responses and
// configuration files can be read straight into a Text. The redacted form,
// which is what marshalling a Text wrote, is no secret: it reads as empty.
func (t *Text) UnmarshalText(text []byte) error {
	if string(text) == Redacted {
		*t = Text{}
		return nil
	}
	*t = New(string(text))
	return nil
}
