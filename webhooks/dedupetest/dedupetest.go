// Package dedupetest checks that a store keeps the promises of
// [webhooks.Deduper]: claims, renewals, expiry, lost responses, two receivers on
// one store, callbacks that panic, and contexts that end.
//
//	func TestMyStore(t *testing.T) {
//		dedupetest.Run(t, func(t *testing.T) webhooks.Deduper { return newMyStore(t) })
//	}
package dedupetest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/returningai/returningai-go/webhooks"
)

const (
	long  = time.Minute            // a lease that does not run out during the test
	short = 500 * time.Millisecond // one that does
	// patience is how long a short lease may take to run out, and a call whose
	// context has ended to return.
	patience = 20 * time.Second
)

// Run tests a deduper. Each call of newDeduper returns a handle of its own on
// the same store, as another process would have, or the same value if there can
// be only one. Keys are random, so the store need not be empty.
func Run(t *testing.T, newDeduper func(t *testing.T) webhooks.Deduper) {
	t.Helper()
	for name, test := range map[string]func(s *store){
		"a claim excludes others":           claimExcludes,
		"a claim can be retried":            claimRepeated,
		"a commit is final":                 commitFinal,
		"a commit can be retried":           commitRepeated,
		"a release frees":                   releaseFrees,
		"others release nothing":            releaseOfOthers,
		"a renewal lengthens":               renewalLengthens,
		"a renewal claims nothing":          renewalClaimsNothing,
		"a lease runs out":                  leaseRunsOut,
		"a late commit counts":              lateCommit,
		"keys are independent":              keysIndependent,
		"one of many claims succeeds":       oneOfMany,
		"a call ends with its context":      callEnds,
		"two receivers work once":           twoReceivers,
		"a callback that panics comes back": panicComesBack,
		"a slow callback runs once":         slowCallback,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(&store{T: t, one: newDeduper(t), two: newDeduper(t)})
		})
	}
}

// store is two handles on the store, and the test.
type store struct {
	*testing.T
	one, two webhooks.Deduper
}

// key makes a key in its alphabet and length.
func key() string {
	data := make([]byte, 32)
	_, _ = rand.Read(data) // never fails
	return hex.EncodeToString(data)
}

// token makes a token, one short of the greatest length.
func token() string { return strings.Repeat(rand.Text(), 3)[:63] }

// claims fails the test unless a claim results in the state.
func (s *store) claims(in webhooks.Deduper, key, token string, lease time.Duration, want webhooks.ClaimState) {
	s.Helper()
	state, err := in.Claim(s.Context(), key, token, lease)
	if err != nil || state != want {
		s.Fatalf("Claim: state %d and error %v, want state %d", state, err, want)
	}
}

func (s *store) succeeds(what string, err error) {
	s.Helper()
	if err != nil {
		s.Fatalf("%s: %v", what, err)
	}
}

func (s *store) lost(what string, err error) {
	s.Helper()
	if !errors.Is(err, webhooks.ErrClaimLost) {
		s.Fatalf("%s: error %v, want ErrClaimLost", what, err)
	}
}

// eventuallyClaimed waits until a lease has run out and the token has the key.
func (s *store) eventuallyClaimed(key, token string) {
	s.Helper()
	for began := time.Now(); time.Since(began) < patience; <-time.After(short / 5) {
		state, err := s.two.Claim(s.Context(), key, token, long)
		s.succeeds("Claim", err)
		if state == webhooks.Claimed {
			return
		}
	}
	s.Fatal("the lease does not run out")
}

func claimExcludes(s *store) {
	key := key()
	s.claims(s.one, key, token(), long, webhooks.Claimed)
	s.claims(s.two, key, token(), long, webhooks.InFlight)
	s.claims(s.one, key, token(), long, webhooks.InFlight)
}

func claimRepeated(s *store) {
	key, token := key(), token()
	s.claims(s.one, key, token, short, webhooks.Claimed)
	s.claims(s.two, key, token, long, webhooks.Claimed)
	<-time.After(2 * short)
	s.claims(s.two, key, token+"X", long, webhooks.InFlight)
}

func commitFinal(s *store) {
	key, token := key(), token()
	s.claims(s.one, key, token, long, webhooks.Claimed)
	s.succeeds("Commit", s.one.Commit(s.Context(), key, token))
	s.succeeds("Release of a committed key", s.two.Release(s.Context(), key, token))
	s.lost("Renew of a committed key", s.one.Renew(s.Context(), key, token, short))
	s.lost("Commit by another", s.two.Commit(s.Context(), key, token+"X"))
	s.claims(s.two, key, token+"X", long, webhooks.Committed)
	s.claims(s.one, key, token, short, webhooks.Committed)
	<-time.After(2 * short)
	s.claims(s.one, key, token, short, webhooks.Committed)
}

func commitRepeated(s *store) {
	key, token := key(), token()
	s.claims(s.one, key, token, long, webhooks.Claimed)
	for range 3 {
		s.succeeds("Commit", s.one.Commit(s.Context(), key, token))
	}
	s.claims(s.two, key, token, long, webhooks.Committed)
}

func releaseFrees(s *store) {
	key, token := key(), token()
	s.claims(s.one, key, token, long, webhooks.Claimed)
	for range 3 {
		s.succeeds("Release", s.two.Release(s.Context(), key, token))
	}
	s.claims(s.two, key, token+"X", long, webhooks.Claimed)
}

func releaseOfOthers(s *store) {
	key, token := key(), token()
	s.succeeds("Release of a free key", s.one.Release(s.Context(), key, token))
	s.claims(s.one, key, token, long, webhooks.Claimed)
	s.succeeds("Release by another", s.two.Release(s.Context(), key, token+"X"))
	s.claims(s.two, key, token+"X", long, webhooks.InFlight)
	s.lost("Commit by another", s.two.Commit(s.Context(), key, token+"X"))
	s.succeeds("Commit", s.one.Commit(s.Context(), key, token))
}

func renewalLengthens(s *store) {
	key, token := key(), token()
	s.claims(s.one, key, token, 10*short, webhooks.Claimed)
	s.succeeds("Renew", s.two.Renew(s.Context(), key, token, long))
	<-time.After(11 * short)
	s.claims(s.two, key, token+"X", long, webhooks.InFlight)
	s.succeeds("Renew", s.one.Renew(s.Context(), key, token, short))
	s.eventuallyClaimed(key, token+"X")
}

func renewalClaimsNothing(s *store) {
	key, token := key(), token()
	s.lost("Renew of a free key", s.one.Renew(s.Context(), key, token, long))
	s.claims(s.one, key, token+"X", long, webhooks.Claimed)
	s.lost("Renew by another", s.one.Renew(s.Context(), key, token, long))
	s.succeeds("Release", s.one.Release(s.Context(), key, token+"X"))
	s.lost("Renew of a released key", s.one.Renew(s.Context(), key, token+"X", long))
	s.claims(s.two, key, token, long, webhooks.Claimed)
}

func leaseRunsOut(s *store) {
	key, token := key(), token()
	s.claims(s.one, key, token, short, webhooks.Claimed)
	s.eventuallyClaimed(key, token+"X")
	s.lost("Renew of a lease that ran out", s.one.Renew(s.Context(), key, token, long))
	s.lost("Commit of a lease that ran out", s.one.Commit(s.Context(), key, token))
	s.succeeds("Release of a lease that ran out", s.one.Release(s.Context(), key, token))
	s.claims(s.one, key, token, long, webhooks.InFlight)
	s.succeeds("Commit", s.two.Commit(s.Context(), key, token+"X"))
	s.lost("Commit of what another did", s.one.Commit(s.Context(), key, token))
}

func lateCommit(s *store) {
	key, token := key(), token()
	s.claims(s.one, key, token, short, webhooks.Claimed)
	<-time.After(2 * short)
	s.lost("Renew of a lease that ran out", s.one.Renew(s.Context(), key, token, long))
	s.succeeds("Commit", s.one.Commit(s.Context(), key, token))
	s.claims(s.two, key, token+"X", long, webhooks.Committed)
}

func keysIndependent(s *store) {
	token := token()
	first, second := key(), key()
	s.claims(s.one, first, token, long, webhooks.Claimed)
	s.claims(s.one, second, token, long, webhooks.Claimed)
	s.succeeds("Commit", s.one.Commit(s.Context(), first, token))
	s.succeeds("Release", s.one.Release(s.Context(), second, token))
	s.claims(s.two, first, token, long, webhooks.Committed)
	s.claims(s.two, second, token, long, webhooks.Claimed)
}

func oneOfMany(s *store) {
	for range 5 {
		key := key()
		var claimed atomic.Int32
		var wg sync.WaitGroup
		for i := range 20 {
			in := s.one
			if i%2 == 1 {
				in = s.two
			}
			wg.Go(func() {
				state, err := in.Claim(s.Context(), key, token(), long)
				switch {
				case err != nil:
					s.Errorf("Claim: %v", err)
				case state == webhooks.Claimed:
					claimed.Add(1)
				}
			})
		}
		wg.Wait()
		if claimed.Load() != 1 {
			s.Fatalf("%d of 20 claims at once succeeded, want 1", claimed.Load())
		}
	}
}

func callEnds(s *store) {
	ended, cancel := context.WithCancel(s.Context())
	cancel()
	key, token := key(), token()
	for name, call := range map[string]func() error{
		"Claim":   func() error { _, err := s.one.Claim(ended, key, token, long); return err },
		"Renew":   func() error { return s.one.Renew(ended, key, token, long) },
		"Commit":  func() error { return s.one.Commit(ended, key, token) },
		"Release": func() error { return s.one.Release(ended, key, token) },
	} {
		returned := make(chan struct{})
		go func() {
			defer close(returned)
			_ = call() // it may have worked, and may not
		}()
		select {
		case <-returned:
		case <-time.After(patience):
			s.Fatalf("%s does not return when its context has ended", name)
		}
	}
}
