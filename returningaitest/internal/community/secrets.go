package community

import (
	"crypto/rand"
	"fmt"
	"io"
)

// Redacted stands in place of secrets.
const Redacted = "[redacted]"

// Unprintable is embedded in types that hold secrets: they do not print.
type Unprintable struct{}

type unprintable = Unprintable // embedded without an exported field

// Format implements [fmt.Formatter] for every verb.
func (Unprintable) Format(state fmt.State, _ rune) { Print(state, Redacted) }

// MarshalText implements [encoding.TextMarshaler], for JSON and slog too.
func (Unprintable) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// Print writes the text of a formatter, which cannot report failure.
func Print(state fmt.State, text string) { _, _ = io.WriteString(state, text) }

// NewCredential returns a random credential, so that a test that searches for
// it in logs finds nothing by accident.
func NewCredential(kind string) string { return "fake-" + kind + "-" + rand.Text() }
