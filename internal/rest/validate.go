package rest

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Problem is one reason to refuse a call before anything is sent.
type Problem struct {
	Field string // the Go name of the parameter
	Rule  string // the rule that it breaks, as in "must not be empty"
}

// Problems collects what is wrong with the parameters of a call. Only what
// the contract documents as required, as a length or as exclusive belongs
// here, never the format of an id or the values of an enumeration.
type Problems []Problem

// Add notes that field breaks rule.
func (p *Problems) Add(field, rule string) { *p = append(*p, Problem{field, rule}) }

// Addf is Add with a formatted rule. Never format the value itself into it:
// the text is shown.
func (p *Problems) Addf(field, rule string, args ...any) { p.Add(field, fmt.Sprintf(rule, args...)) }

// Require notes a text that is empty or blank.
func (p *Problems) Require(field, value string) {
	if strings.TrimSpace(value) == "" {
		p.Add(field, "must not be empty")
	}
}

// Length notes a text that is not min to max characters long. Characters are
// counted, not bytes.
func (p *Problems) Length(field, value string, min, max int) {
	if length := utf8.RuneCountInString(value); length < min || length > max {
		p.Addf(field, "must be %d to %d characters long, not %d", min, max, length)
	}
}
