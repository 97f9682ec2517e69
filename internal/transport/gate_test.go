package transport

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// cannotBeCompared is an Authenticator that is no key of a map.
type cannotBeCompared struct {
	setsHeader
	_ []string
}

func TestGateKeys(t *testing.T) {
	t.Parallel()
	of := func(host string, authenticator Authenticator) gateKey {
		call := newCall(t, "GET")
		call.URL.Host, call.Authenticator = host, authenticator
		return keyOf(call)
	}
	first, second := &setsHeader{}, &setsHeader{errors.New("no token")}
	require.Equal(t, of("a.example", first), of("a.example", first))
	require.NotEqual(t, of("a.example", first), of("b.example", first))
	require.NotEqual(t, of("a.example", first), of("a.example", second))
	require.NotEqual(t, of("a.example", first), of("a.example", nil))
	require.Equal(t, of("a.example", nil), of("a.example", cannotBeCompared{}))
}

// gated is a gate of one call, in a bubble of time.
type gated struct {
	*Gates
	call  *Call
	began time.Time
}

// closedFor returns a gate that is closed for a while.
func closedFor(t *testing.T, wait time.Duration) *gated {
	t.Helper()
	made := &gated{NewGates(), newCall(t, "GET"), time.Now()}
	made.close(made.call, wait)
	return made
}

// try enters the gate at once or never: it must not wait.
func (g *gated) try(t *testing.T) (pass func(bool)) {
	t.Helper()
	at := time.Now()
	pass, waited, err := g.enter(t.Context(), g.call, time.Hour)
	require.NoError(t, err)
	require.Zero(t, waited)
	require.Equal(t, at, time.Now())
	return pass
}

// locked looks at the gate of a call while nobody else does.
func locked(g *Gates, call *Call, look func(*gate)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	look(g.gates[keyOf(call)])
}

// count returns how many gates there are.
func (g *gated) count() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.gates)
}

func TestNoGate(t *testing.T) {
	t.Parallel()
	var none *Gates
	none.close(newCall(t, "GET"), time.Hour)
	for _, gates := range []*Gates{none, NewGates()} {
		pass, waited, err := gates.enter(t.Context(), newCall(t, "GET"), time.Hour)
		require.Nil(t, pass)
		require.Zero(t, waited)
		require.NoError(t, err)
	}
}

func TestGateHoldsBack(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		patience, deadline time.Duration
		canceled           time.Duration // after this, 0 for not
		waited             time.Duration
		err                error
	}{
		"patient":               {time.Hour, 0, 0, 30 * time.Second, nil},
		"just patient enough":   {30*time.Second + 1, 0, 0, 30 * time.Second, nil},
		"impatient":             {30*time.Second - 1, 0, 0, 0, errHeld},
		"no patience":           {0, 0, 0, 0, errHeld},
		"the deadline is early": {time.Hour, 30 * time.Second, 0, 0, errHeld},
		"the deadline is later": {time.Hour, 30*time.Second + 1, 0, 30 * time.Second, nil},
		"canceled":              {time.Hour, 0, 10 * time.Second, 10 * time.Second, context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				gate := closedFor(t, 30*time.Second)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if test.deadline > 0 {
					ctx, cancel = context.WithTimeout(ctx, test.deadline)
					defer cancel()
				}
				if test.canceled > 0 {
					time.AfterFunc(test.canceled, cancel)
				}
				pass, waited, err := gate.enter(ctx, gate.call, test.patience)
				require.ErrorIs(t, err, test.err)
				require.Equal(t, test.err == nil, pass != nil)
				require.Equal(t, test.waited, waited)
				require.Equal(t, test.waited, time.Since(gate.began))
				require.EqualValues(t, 1, gate.closed.Load())
			})
		})
	}
}

// TestGateOpensGradually lets through as many at once as have succeeded since,
// beginning with one.
func TestGateOpensGradually(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate := closedFor(t, 30*time.Second)
		passed := make(chan func(bool), 200)
		for range 200 {
			go func() {
				pass, _, err := gate.enter(t.Context(), gate.call, time.Hour)
				if err == nil {
					passed <- pass
				}
			}()
		}
		through := func(refused bool) int {
			synctest.Wait()
			count := len(passed)
			for range count {
				(<-passed)(refused)
			}
			return count
		}
		elapse(30*time.Second - 1)
		require.Zero(t, through(false))
		elapse(time.Nanosecond)
		require.Equal(t, 1, through(false))
		require.Equal(t, 2, through(true), "one more at once")
		require.Equal(t, 2, through(false), "no more after a refusal")
		require.Equal(t, 4, through(false))
		require.Equal(t, 8, through(false))
		require.Equal(t, 16, through(false))
		require.EqualValues(t, 1, gate.closed.Load())
		require.Equal(t, 32, through(false))
		require.Zero(t, gate.closed.Load(), "64 are enough to open it")
		require.Zero(t, gate.count())
		require.Equal(t, 135, through(false))
	})
}

func widen(found *gate) { found.width = 5 }

func TestGateClosesAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate := closedFor(t, 30*time.Second)
		gate.close(gate.call, 10*time.Second) // ends before
		pass, waited, err := gate.enter(t.Context(), gate.call, time.Hour)
		require.NoError(t, err)
		require.Equal(t, 30*time.Second, waited)

		locked(gate.Gates, gate.call, widen)
		gate.close(gate.call, 20*time.Second)
		pass(true)
		first, waited, err := gate.enter(t.Context(), gate.call, time.Hour)
		require.NoError(t, err)
		require.Equal(t, 20*time.Second, waited)
		require.EqualValues(t, 1, gate.closed.Load(), "it is one gate")

		_, waited, err = gate.enter(t.Context(), gate.call, 7*time.Second)
		require.ErrorIs(t, err, errHeld, "one at a time again")
		require.Equal(t, 7*time.Second, waited)
		first(false)
		require.Zero(t, gate.closed.Load())
		require.Nil(t, gate.try(t))
	})
}

func TestGateHasRoomForNewcomers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate := closedFor(t, time.Second)
		turns := make(chan func(bool), 2)
		for range 2 {
			go func() {
				pass, _, _ := gate.enter(t.Context(), gate.call, time.Hour)
				turns <- pass
			}()
		}
		(<-turns)(false)
		synctest.Wait()
		require.NotNil(t, gate.try(t), "two may pass, and one does")
	})
}

func TestGateIsOfOneHost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate := closedFor(t, time.Hour)
		gate.call = newCall(t, "GET")
		gate.call.URL.Host = "other.example"
		require.Nil(t, gate.try(t))
	})
}

// TestIdleGateGoesAway when its time has come, also if nobody waits for it.
func TestIdleGateGoesAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate := closedFor(t, 30*time.Second)
		elapse(30*time.Second - 1)
		synctest.Wait()
		require.Equal(t, 1, gate.count())
		elapse(time.Nanosecond)
		synctest.Wait()
		require.Zero(t, gate.count())
		require.Zero(t, gate.closed.Load())
		require.Nil(t, gate.try(t))
		elapse(24 * time.Hour)
		require.Zero(t, gate.closed.Load(), "it goes once")
	})
}

func TestImpatientCallPassesGateThatOthersUse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate := closedFor(t, time.Second)
		pass, _, err := gate.enter(t.Context(), gate.call, time.Hour)
		require.NoError(t, err)
		for range 3 {
			free, waited, err := gate.enter(t.Context(), gate.call, 0)
			require.NoError(t, err)
			require.Zero(t, waited)
			require.Nil(t, free, "it does not wait for others")
		}
		_, waited, err := gate.enter(t.Context(), gate.call, 1)
		require.ErrorIs(t, err, errHeld)
		require.EqualValues(t, 1, waited)
		pass(false)
		require.Zero(t, gate.closed.Load())
		pass(false) // the gate is gone
		gate.giveUp(keyOf(gate.call), nil)
		gate.wakeUp(keyOf(gate.call))
	})
}

// TestCallThatGivesUp leaves the order of the others, and its place if it was let
// through at the same time.
func TestCallThatGivesUp(t *testing.T) {
	t.Parallel()
	queue := []chan struct{}{make(chan struct{}), make(chan struct{}), make(chan struct{})}
	for name, test := range map[string]struct {
		turn chan struct{}
		want []chan struct{}
		open int // turns that are closed
	}{
		"the first":   {queue[0], []chan struct{}{queue[1], queue[2]}, 0},
		"the middle":  {queue[1], []chan struct{}{queue[0], queue[2]}, 0},
		"the last":    {queue[2], []chan struct{}{queue[0], queue[1]}, 0},
		"let through": {make(chan struct{}), []chan struct{}{queue[1], queue[2]}, 1},
	} {
		gates := NewGates()
		found := &gate{width: 1, passing: 1, waiting: append([]chan struct{}(nil), queue...)}
		if test.open > 0 {
			found.waiting[0] = make(chan struct{})
		}
		first := found.waiting[0]
		gates.gates[gateKey{}] = found
		gates.giveUp(gateKey{}, test.turn)
		require.Len(t, found.waiting, len(test.want), name)
		for i := range test.want {
			require.Equal(t, test.want[i], found.waiting[i], name)
		}
		require.Equal(t, 1, found.passing, name)
		select {
		case <-first:
			require.Equal(t, 1, test.open, name)
		default:
			require.Zero(t, test.open, name)
		}
	}
}
