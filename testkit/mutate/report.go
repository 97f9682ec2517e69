package main

import (
	"fmt"
	"io"
	"slices"
	"sync"
)

// report counts what became of the mutants, and prints those that survive.
type report struct {
	settings

	mu        sync.Mutex
	out       io.Writer
	done      int
	total     int
	counts    map[outcome]int
	survivors map[string]bool // by their keys
}

// say prints a line. A report that nobody reads has no other way to fail.
func (r *report) say(format string, values ...any) { _, _ = fmt.Fprintf(r.out, format+"\n", values...) }

// begin counts the mutants of a package.
func (r *report) begin(mutants, apart int) {
	r.total += mutants
	r.say("%d mutants, %d of them compiled on their own", mutants, apart)
}

// note counts a mutant.
func (r *report) note(one mutant, result outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if result == survived {
		r.survivors[one.key()] = true
		if _, known := r.accepted[one.key()]; known {
			result = accepted
		} else {
			r.say("SURVIVED %s", one)
		}
	}
	r.counts[result]++
	if r.done++; r.done%100 == 0 {
		r.say("%d of %d", r.done, r.total)
	}
}

// end prints the sum, and fails if a mutant survived or was accepted without need.
func (r *report) end(all []mutant) error {
	unused := r.unused(all)
	for _, key := range unused {
		r.say("accepted, but killed or gone: %s", key)
	}
	r.say("%d mutants: %d killed, %d of them by a timeout, %d not compiled, %d accepted, %d survived",
		r.done, r.counts[killed]+r.counts[timedOut], r.counts[timedOut], r.counts[invalid], r.counts[accepted], r.counts[survived])
	if r.counts[survived] > 0 || len(unused) > 0 {
		return fmt.Errorf("%d survivors, %d accepted for nothing", r.counts[survived], len(unused))
	}
	return nil
}

// unused returns the accepted mutants that were tried and did not survive, and,
// if everything was tried, those that are gone.
func (r *report) unused(all []mutant) []string {
	tried := map[string]bool{}
	for _, one := range all {
		tried[one.key()] = true
	}
	partial := r.files.String() != "." || r.funcs.String() != "." || r.lines != ""
	var keys []string
	for key := range r.accepted {
		if !r.survivors[key] && (tried[key] || !partial) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}
