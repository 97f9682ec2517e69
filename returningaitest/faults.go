package returningaitest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Always is a [Fault.Times] without end.
const Always = -1

// Fault makes requests fail. Give it to [Server.Inject]. The zero value is no
// fault.
//
// A request meets at most one fault: the first that is not used up and matches
// its operation. So faults of one operation act one after the other, in the
// order in which they were injected. A fault that still skips requests (After)
// holds up those behind it.
type Fault struct {
	// Operation is the id of an operation, such as
	// returningai.OperationIntegrationMessagesSend.
	// Empty matches every request, also one for no operation.
	Operation string

	// After skips so many matching requests first.
	After int

	// Times is how many matching requests it hits: 0 is one, [Always] all.
	Times int

	// Delay is waited, in real time, before anything happens. The wait ends
	// early, and the connection with it, when the client goes away or the
	// server closes. The operation then has no effect, unless Applied is set.
	Delay time.Duration

	// Applied lets the operation check the request and take effect first; only
	// then Delay and Response act: the change was made, and the response is late
	// or lost. Otherwise a fault acts instead of the operation, even before
	// authentication, unless it has only a Delay.
	Applied bool

	// Response is sent instead of the operation's own. The zero value is the
	// operation's own response: a fault with only a Delay slows it down.
	Response Response

	period time.Duration
}

// For returns the fault limited to a period, by the server's clock, from its
// injection. Unless Times is set, it hits every matching request until then.
func (f Fault) For(period time.Duration) Fault {
	f.period = period
	if f.Times == 0 {
		f.Times = Always
	}
	return f
}

// String describes the effect on a request, such as
// "429 Too Many Requests, after 1s".
func (f Fault) String() string {
	var parts []string
	if f.Response.name != "" {
		parts = append(parts, f.Response.name)
	}
	if f.Applied {
		parts = append(parts, "applied")
	}
	if f.Delay > 0 {
		parts = append(parts, fmt.Sprintf("after %v", f.Delay))
	}
	return strings.Join(parts, ", ")
}

// isZero reports whether the fault is no fault.
func (f Fault) isZero() bool {
	return f.Response.isZero() && f.Operation == "" && f.After == 0 && f.Times == 0 && f.Delay == 0 && !f.Applied && f.period == 0
}

// appliesFirst reports whether the operation takes effect before the fault acts.
func (f Fault) appliesFirst() bool { return f.Applied || f.Response.usesOwn }

// check returns why a fault could never act.
func (f Fault) check() error {
	switch {
	case f.After < 0:
		return fmt.Errorf("After is negative: %d", f.After)
	case f.Times < Always:
		return fmt.Errorf("Times is negative: %d", f.Times)
	case f.Delay < 0:
		return fmt.Errorf("Delay is negative: %v", f.Delay)
	case f.period < 0:
		return fmt.Errorf("For is negative: %v", f.period)
	case f.Delay == 0 && f.Response.isZero():
		return errors.New("the fault has neither a Delay nor a Response")
	case f.Applied && f.Response.cutsUnread:
		return errors.New("CutBeforeReading cannot be Applied")
	}
	return nil
}

// PendingFault is a fault that is not used up.
type PendingFault struct {
	Fault

	Number int64     // for [Server.RemoveFault]
	Left   int       // how many requests it will hit; [Always] is all
	Until  time.Time // by the server's clock; zero is without end

	skip int
}

type faults struct {
	lastNumber int64
	pending    []*PendingFault
}

// Inject adds faults behind those that wait already. The returned function
// removes them again. It panics if a fault could never act: an unknown
// Operation, a negative number, or neither Delay nor Response.
func (s *Server) Inject(injected ...Fault) (remove func()) {
	defer s.changes.notify()
	now := s.config.clock()
	s.mu.Lock()
	defer s.mu.Unlock()
	var numbers []int64
	for _, fault := range injected {
		if fault.isZero() {
			continue
		}
		if fault.Operation != "" {
			_, err := s.router.Route(fault.Operation)
			must("Inject", err)
		}
		must("Inject", fault.check())
		s.faults.lastNumber++
		pending := &PendingFault{Fault: fault, Number: s.faults.lastNumber, skip: fault.After, Left: fault.Times}
		if pending.Left == 0 {
			pending.Left = 1
		}
		if fault.period > 0 {
			pending.Until = now.Add(fault.period)
		}
		s.faults.pending = append(s.faults.pending, pending)
		numbers = append(numbers, pending.Number)
	}
	return func() {
		for _, number := range numbers {
			s.RemoveFault(number)
		}
	}
}

// Faults returns the faults that are not used up, in the order in which they
// act.
func (s *Server) Faults() []PendingFault {
	now := s.config.clock()
	s.mu.Lock()
	defer s.mu.Unlock()
	var left []PendingFault
	for _, pending := range s.faults.pending {
		if !pending.over(now) {
			left = append(left, *pending)
		}
	}
	return left
}

// RemoveFault removes one fault, and reports whether it was waiting.
func (s *Server) RemoveFault(number int64) bool {
	defer s.changes.notify()
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.faults.pending)
	s.faults.pending = slices.DeleteFunc(s.faults.pending, func(f *PendingFault) bool { return f.Number == number })
	return len(s.faults.pending) < before
}

// ClearFaults removes all faults.
func (s *Server) ClearFaults() {
	defer s.changes.notify()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.pending = nil
}

func (p *PendingFault) over(now time.Time) bool {
	return p.Left == 0 || !p.Until.IsZero() && !now.Before(p.Until)
}

// takeFault returns the fault that a request meets; the zero value is no fault.
func (s *Server) takeFault(in *inbound) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.pending = slices.DeleteFunc(s.faults.pending, func(f *PendingFault) bool { return f.over(in.logged.Time) })
	for _, pending := range s.faults.pending {
		switch {
		case pending.Operation != "" && pending.Operation != in.logged.Operation:
		case pending.skip > 0:
			pending.skip--
			return Fault{}
		default:
			if pending.Left > 0 {
				pending.Left--
			}
			in.logged.Fault = pending.Fault.String()
			return pending.Fault
		}
	}
	return Fault{}
}
