package transport

import (
	"fmt"
	"net/http"
	"strings"
)

// Text is what the text of an error is made of. The parts must be safe to show.
type Text struct {
	Subject      string // package and operation
	Status       int
	Reported     bool // the status is one of success, and the body reports a failure
	Problems     []string
	Message      string
	Help         string
	Attempts     int
	Reason       string // why the call was not retried (again)
	MaybeApplied bool
	RequestID    string
}

// String returns the text of the error.
func (t Text) String() string {
	var text strings.Builder
	text.WriteString(t.Subject)
	switch {
	case t.Reported:
		fmt.Fprintf(&text, ": the server responded %d but reported a failure", t.Status)
	case t.Status != 0:
		text.WriteString(strings.TrimRight(fmt.Sprintf(": %d %s", t.Status, http.StatusText(t.Status)), " "))
	}
	if len(t.Problems) > 0 {
		text.WriteString(": " + strings.Join(t.Problems, "; "))
	}
	if t.Message != "" {
		text.WriteString(": " + t.Message)
	}
	if t.Help != "" {
		text.WriteString(" (" + t.Help + ")")
	}
	switch {
	case t.Attempts > 1 && t.Reason != "":
		fmt.Fprintf(&text, " [after %d attempts: %s]", t.Attempts, t.Reason)
	case t.Attempts > 1:
		fmt.Fprintf(&text, " [after %d attempts]", t.Attempts)
	case t.Reason != "":
		text.WriteString(" [not retried: " + t.Reason + "]")
	}
	if t.MaybeApplied {
		text.WriteString(" [the change may have been applied]")
	}
	if t.RequestID != "" {
		text.WriteString(" [request " + t.RequestID + "]")
	}
	return text.String()
}
