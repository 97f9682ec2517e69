package transport

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"sync/atomic"
	"time"
)

// Gates hold calls back after a 429, so that a burst finishes instead of being
// refused over and over. There is one gate for each host and credential, from
// the first 429 until calls go through again. A nil Gates holds nothing back.
type Gates struct {
	closed atomic.Int64 // gates that exist: usually none, and then nobody locks

	mu    sync.Mutex
	gates map[gateKey]*gate
}

// NewGates returns gates that are all open.
func NewGates() *Gates { return &Gates{gates: map[gateKey]*gate{}} }

type gateKey struct {
	host          string
	authenticator any
}

// keyOf returns the key of a call's gate. Authenticators that cannot be compared
// share one.
func keyOf(call *Call) gateKey {
	key := gateKey{host: call.URL.Host}
	if call.Authenticator != nil && reflect.TypeOf(call.Authenticator).Comparable() {
		key.authenticator = call.Authenticator
	}
	return key
}

// errHeld means that a call cannot wait for its gate.
var errHeld = errors.New("the server asked this client to wait (429), longer than the call may")

// gate lets nobody through until its time has come, and then as many calls at
// once as have succeeded since, beginning with one.
type gate struct {
	until   time.Time
	width   int // calls that may pass at once
	passing int
	waiting []chan struct{} // first come, first served
	timer   *time.Timer     // wakes the first ones at until
}

// openWidth is how many calls at once a gate lets through before it opens.
const openWidth = 64

// enter waits until the call may go on, at most for patience and at most until
// the deadline of ctx. The caller calls pass when its request has ended, unless
// it is nil.
func (g *Gates) enter(ctx context.Context, call *Call, patience time.Duration) (pass func(refused bool), waited time.Duration, err error) {
	if g == nil || g.closed.Load() == 0 {
		return nil, 0, nil
	}
	key, began := keyOf(call), time.Now()
	turn, err := g.queue(ctx, key, patience)
	if turn == nil {
		return nil, 0, err
	}
	expired := time.NewTimer(patience)
	defer expired.Stop()
	select {
	case <-turn:
		return func(refused bool) { g.leave(key, refused) }, time.Since(began), nil
	case <-ctx.Done():
		err = context.Cause(ctx)
	case <-expired.C:
		err = errHeld
	}
	g.giveUp(key, turn)
	return nil, time.Since(began), err
}

// queue returns the channel that is closed when it is the caller's turn, or nil
// where there is no gate.
func (g *Gates) queue(ctx context.Context, key gateKey, patience time.Duration) (chan struct{}, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	found := g.gates[key]
	if found == nil {
		return nil, nil
	}
	deadline, _ := ctx.Deadline()
	closedFor := time.Until(found.until)
	switch {
	case closedFor > patience || outlives(time.Now(), closedFor, deadline):
		return nil, errHeld
	case patience == 0:
		return nil, nil // it does not wait for others
	}
	turn := make(chan struct{})
	found.waiting = append(found.waiting, turn)
	found.wake()
	return turn, nil
}

// giveUp takes a call out of the queue. One that was let through meanwhile makes
// room for the next.
func (g *Gates) giveUp(key gateKey, turn chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	found := g.gates[key]
	if found == nil {
		return
	}
	for i, waiting := range found.waiting {
		if waiting == turn {
			found.waiting = append(found.waiting[:i], found.waiting[i+1:]...)
			return
		}
	}
	found.passing--
	found.wake()
}

// close closes the gate of a call that was refused, for as long as the server
// asked.
func (g *Gates) close(call *Call, wait time.Duration) {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	key := keyOf(call)
	found := g.gates[key]
	if found == nil {
		found = &gate{}
		found.timer = time.AfterFunc(time.Hour, func() { g.wakeUp(key) })
		g.gates[key] = found
		g.closed.Add(1)
	}
	found.width = 1
	if until := time.Now().Add(wait); until.After(found.until) {
		found.until = until
	}
	found.timer.Reset(time.Until(found.until))
}

func (g *Gates) wakeUp(key gateKey) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if found := g.gates[key]; found != nil {
		found.wake()
		g.openIfIdle(key, found)
	}
}

// leave notes the end of a request that was let through.
func (g *Gates) leave(key gateKey, refused bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	found := g.gates[key]
	if found == nil {
		return
	}
	found.passing--
	if !refused {
		found.width++
	}
	found.wake()
	g.openIfIdle(key, found)
}

// openIfIdle removes a gate that nobody needs any longer. Whoever still waits
// after wake has others passing before.
func (g *Gates) openIfIdle(key gateKey, found *gate) {
	if time.Now().Before(found.until) || found.passing > 0 && found.width < openWidth {
		return
	}
	found.timer.Stop()
	for _, turn := range found.waiting {
		close(turn)
	}
	delete(g.gates, key)
	g.closed.Add(-1)
}

// wake lets the first ones through, as many as may pass.
func (g *gate) wake() {
	if time.Now().Before(g.until) {
		return
	}
	for g.passing < g.width && len(g.waiting) > 0 {
		close(g.waiting[0])
		g.waiting = g.waiting[1:]
		g.passing++
	}
}
