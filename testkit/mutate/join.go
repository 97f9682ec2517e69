package main

import "fmt"

// join puts as many mutants as it can behind switches of one set of sources. The
// rest does not compile so.
func (p *pkg) join(all []mutant) (sources map[string][]byte, rest []mutant, err error) {
	for {
		sources, spans := p.switched(all)
		faults := p.check(sources).faults
		if len(faults) == 0 {
			return sources, rest, nil
		}
		remove := map[int]bool{}
		for _, one := range faults {
			guilty := innermost(spans, one)
			if guilty == nil {
				return nil, nil, fmt.Errorf("with switches: %s: %s", one.file, one.text)
			}
			for _, mutant := range guilty.mutants {
				remove[mutant.number] = true
			}
		}
		kept := all[:0:0]
		for _, one := range all {
			if remove[one.number] {
				rest = append(rest, one)
			} else {
				kept = append(kept, one)
			}
		}
		all = kept
	}
}

// span is where a group is in the sources with switches.
type span struct {
	*group
	file       string
	start, end int
}

// innermost returns the smallest group around a fault.
func innermost(spans []span, one fault) *group {
	var found *span
	for i, at := range spans {
		if at.file == one.file && at.start <= one.offset && one.offset <= at.end && (found == nil || at.end-at.start < found.end-found.start) {
			found = &spans[i]
		}
	}
	if found == nil {
		return nil
	}
	return found.group
}
