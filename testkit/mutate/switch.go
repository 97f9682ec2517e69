package main

import (
	"bytes"
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// form is how the code and its mutants are put behind a switch.
type form int

const (
	whole     form = iota // a function, which has no switch itself
	condition             // a boolean expression
	number                // an integer literal
	operation             // an arithmetic operation, whose operands are arguments then
	statement             // a statement that is removed
	clause                // a statement of which a mutant lacks a part
	inHeader              // a statement that is removed from the header of another
)

// site is a part of a file that has mutants.
type site struct {
	form       form
	start, end int
	typ        string // of a number or an operation
	left       int    // end of the left operand
	right      int    // start of the right operand
}

// group is a site with its mutants. Only a whole function has those of the
// sites inside it.
type group struct {
	site
	mutants []mutant
}

// The switch that the environment sets, and what the expressions call.
const switchName, switchSource = "mutate_switch.go", `package %s

import "os"
import "strconv"

var mutate_number, _ = strconv.Atoi(os.Getenv("` + variable + `"))

func mutate_on(n int) bool { return n == mutate_number }

func mutate_off(numbers ...int) bool {
	for _, n := range numbers {
		if n == mutate_number {
			return false
		}
	}
	return true
}

type mutate_integer interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr
}

type mutate_real interface{ mutate_integer | ~float32 | ~float64 }

func mutate_lit[T mutate_real](n int, value, other T) T {
	if n == mutate_number {
		return other
	}
	return value
}
`

const operationSource = `
func mutate_%[1]s[T %[2]s](n int, x, y T) T {
	if n == mutate_number {
		return x %[4]s y
	}
	return x %[3]s y
}
`

// switched writes the files that have mutants, and says where each group is.
func (p *pkg) switched(all []mutant) (map[string][]byte, []span) {
	byFile := map[string][]mutant{}
	for _, one := range all {
		byFile[one.file] = append(byFile[one.file], one)
	}
	sources := map[string][]byte{}
	var spans []span
	for file, mutants := range byFile {
		w := &writer{file: file, source: p.files[file]}
		w.text(0, len(w.source), groups(mutants))
		sources[file] = w.out.Bytes()
		spans = append(spans, w.spans...)
	}
	var extra strings.Builder
	fmt.Fprintf(&extra, switchSource, p.name)
	for operator, other := range swaps {
		if name := operationNames[operator]; name != "" {
			constraint := "mutate_real"
			if name == "rem" {
				constraint = "mutate_integer"
			}
			fmt.Fprintf(&extra, operationSource, name, constraint, operator, other)
		}
	}
	sources[filepath.Join(p.dir, switchName)] = []byte(extra.String())
	return sources, spans
}

// groups sorts the mutants of a file by their sites, the outer site first.
func groups(mutants []mutant) []*group {
	bySite := map[site]*group{}
	var all []*group
	for _, one := range mutants {
		for _, at := range []site{one.site, one.around} {
			if bySite[at] == nil {
				bySite[at] = &group{site: at}
				all = append(all, bySite[at])
			}
			bySite[at].mutants = append(bySite[at].mutants, one)
		}
	}
	slices.SortFunc(all, func(a, b *group) int {
		return cmp.Or(a.start-b.start, b.end-a.end, int(a.form-b.form))
	})
	return all
}

// writer writes a file with its switches.
type writer struct {
	file   string
	source []byte
	out    bytes.Buffer
	spans  []span
}

func (w *writer) say(format string, values ...any) { fmt.Fprintf(&w.out, format, values...) }

// text copies a part of the file, with the groups that are in it.
func (w *writer) text(from, to int, groups []*group) {
	for len(groups) > 0 {
		first := groups[0]
		inner := 1
		for inner < len(groups) && groups[inner].start < first.end {
			inner++
		}
		w.out.Write(w.source[from:first.start])
		start := w.out.Len()
		w.group(first, groups[1:inner])
		w.spans = append(w.spans, span{first, w.file, start, w.out.Len()})
		from, groups = first.end, groups[inner:]
	}
	w.out.Write(w.source[from:to])
}

// group writes a group. Its own mutants are plain; the code without them has
// those inside it.
func (w *writer) group(one *group, inner []*group) {
	original := func() { w.text(one.start, one.end, inner) }
	n := one.mutants[0].number
	switch one.form {
	case whole:
		original()
	case condition:
		w.say("(")
		var numbers []string
		for _, mutant := range one.mutants {
			w.say("mutate_on(%d) && (%s) || ", mutant.number, mutant.after)
			numbers = append(numbers, fmt.Sprint(mutant.number))
		}
		w.say("mutate_off(%s) && (", strings.Join(numbers, ", "))
		original()
		w.say("))")
	case number:
		w.say("mutate_lit[%s](%d, %s, %s)", one.typ, n, one.mutants[0].before, one.mutants[0].after)
	case operation:
		split := slices.IndexFunc(inner, func(g *group) bool { return g.start >= one.right })
		if split < 0 {
			split = len(inner)
		}
		w.say("mutate_%s[%s](%d, ", operationNames[one.mutants[0].operator], one.typ, n)
		w.text(one.start, one.left, inner[:split])
		w.say(", ")
		w.text(one.right, one.end, inner[split:])
		w.say(")")
	case statement:
		w.say("if mutate_off(%d) { ", n)
		original()
		w.say(" }")
	case inHeader:
		w.say("func() { if mutate_off(%d) { ", n)
		original()
		w.say(" } }()")
	case clause:
		for _, mutant := range one.mutants {
			w.say("if mutate_on(%d) { %s%s } else ", mutant.number, w.source[one.start:mutant.start], w.source[mutant.end:one.end])
		}
		w.say("{ ")
		original()
		w.say(" }")
	}
}
