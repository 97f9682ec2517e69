package returningaitest

import (
	"fmt"
	"time"
)

// Always is a [Fault.Times] without end.
const Always = -1

// Fault makes requests go wrong. Give it to [Server.Inject].
//
// A request meets at most one fault: the first that is not used up and matches
// its operation. So faults of one operation act one after the other, in the
// order they were injected, and a fault that still lets requests pass (After)
// holds up those behind it.
type Fault struct {
	// Operation is the id of the operation that is hit, such as
	// "integration.messages.send". Empty hits every request, also one that no
	// operation knows.
	Operation string

	// After lets so many matching requests pass first.
	After int

	// Times is how many matching requests it hits: 0 is one, [Always] all.
	Times int

	// Delay is waited, in real time, before anything happens. The wait ends
	// early, and the connection with it, when the client goes away or the
	// server closes; the operation then has no effect, unless Applied.
	Delay time.Duration

	// Applied lets the operation check the request and take effect first; only
	// then Delay and Answer act. That is the case in which the server did what
	// was asked, and the answer was late or lost. Without it a fault stands in
	// front of the operation, before authentication even, which then has no
	// effect, unless there is a Delay only.
	Applied bool

	// Answer is what is answered instead. The zero value is the operation's
	// own answer: a fault with a Delay only slows the operation down.
	Answer Answer
}

// applies reports whether the operation takes effect before the fault acts.
func (f Fault) applies() bool { return f.Applied || f.Answer.ownAnswer }

// pendingFault is a fault and what is left of it.
type pendingFault struct {
	Fault
	skip, left int // left < 0 is without end
}

// Inject adds faults behind those that wait already. It panics when a fault
// could never act: an unknown Operation, a negative number, or neither Delay
// nor Answer.
func (s *Server) Inject(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, fault := range faults {
		if fault.Operation != "" {
			s.mustRoute("Inject", fault.Operation)
		}
		switch {
		case fault.After < 0:
			panic(fmt.Sprintf("returningaitest: Inject: After is negative: %d", fault.After))
		case fault.Times < Always:
			panic(fmt.Sprintf("returningaitest: Inject: Times is negative: %d", fault.Times))
		case fault.Delay < 0:
			panic(fmt.Sprintf("returningaitest: Inject: Delay is negative: %v", fault.Delay))
		case fault.Delay == 0 && fault.Answer.isZero():
			panic("returningaitest: Inject: the fault has neither a Delay nor an Answer")
		case fault.Applied && fault.Answer.cutsUnread:
			panic("returningaitest: Inject: CutBeforeReading cannot be Applied")
		}
		pending := &pendingFault{Fault: fault, skip: fault.After, left: fault.Times}
		if pending.left == 0 {
			pending.left = 1
		}
		s.faults = append(s.faults, pending)
	}
}

// ClearFaults removes every fault that waits.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// takeFault returns the fault that a request meets; the zero value is none.
func (s *Server) takeFault(e *exchange) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, pending := range s.faults {
		switch {
		case pending.left == 0:
		case pending.Operation != "" && pending.Operation != e.logged.Operation:
		case pending.skip > 0:
			pending.skip--
			return Fault{}
		default:
			if pending.left > 0 {
				pending.left--
			}
			return pending.Fault
		}
	}
	return Fault{}
}
