package webhooks_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/webhooks"
)

// troubledStore is a store whose calls fail as a test wants.
type troubledStore struct {
	*webhooks.MemoryDeduper
	fails    func(call, key string) bool
	released func(key string) // unless nil, runs after every release
}

var errStore = errors.New("store: connection reset")

func newTroubledStore(t *testing.T) *troubledStore {
	t.Helper()
	memory, err := webhooks.NewMemoryDeduper(10_000, 24*time.Hour)
	require.NoError(t, err)
	return &troubledStore{MemoryDeduper: memory, fails: func(string, string) bool { return false }}
}

func (s *troubledStore) Claim(ctx context.Context, key string, lease time.Duration) (webhooks.Claim, error) {
	if s.fails("Claim", key) {
		return webhooks.Claim{}, errStore
	}
	return s.MemoryDeduper.Claim(ctx, key, lease)
}

func (s *troubledStore) Commit(ctx context.Context, key, token string) error {
	if s.fails("Commit", key) {
		return errStore
	}
	return s.MemoryDeduper.Commit(ctx, key, token)
}

func (s *troubledStore) Release(ctx context.Context, key, token string) error {
	if s.fails("Release", key) {
		return errStore
	}
	err := s.MemoryDeduper.Release(ctx, key, token)
	if s.released != nil {
		s.released(key)
	}
	return err
}

// queueTwo has a receiver with one worker acknowledge msg_0 and msg_1, whose
// callbacks take that long each, so that the lease of msg_1, ten seconds, runs
// down in the queue.
func queueTwo(t *testing.T, store webhooks.Deduper, takes time.Duration) (receiver *webhooks.Receiver, calls map[string]int, failed *failures) {
	t.Helper()
	failed, calls = &failures{}, map[string]int{}
	receiver = newReceiver(t, acceptStandard, webhooks.WithDeduper(store), webhooks.WithLease(10*time.Second),
		webhooks.WithAsync(webhooks.Async{Queue: 10, Workers: 1, OnFailure: failed.note}))
	webhooks.On(receiver, func(ctx context.Context, _ webhooks.UserJoinedServer) error {
		delivery, _ := webhooks.DeliveryFrom(ctx)
		calls[delivery.ID]++
		pass(takes)
		return nil
	})
	require.Equal(t, http.StatusOK, answer(receiver, identified(t, "msg_0")))
	require.Equal(t, http.StatusOK, answer(receiver, identified(t, "msg_1")))
	return receiver, calls, failed
}

// TestAsyncRenewal works on an acknowledged delivery whatever befalls the
// renewal of its lease, or tells OnFailure.
func TestAsyncRenewal(t *testing.T) {
	t.Parallel()
	const key = "id:msg_1"
	for _, one := range []struct {
		name    string
		takes   time.Duration
		trouble func(t *testing.T, store *troubledStore)
		calls   int   // of msg_1
		want    error // what OnFailure is told of msg_1
		length  time.Duration
	}{
		{"Release fails", 6 * time.Second, func(_ *testing.T, store *troubledStore) {
			store.fails = func(call, _ string) bool { return call == "Release" }
		}, 1, nil, 12 * time.Second},
		{"Release fails, and the lease is over", 12 * time.Second, func(_ *testing.T, store *troubledStore) {
			store.fails = func(call, _ string) bool { return call == "Release" }
		}, 1, nil, 24 * time.Second},
		{"Claim fails for a while", 6 * time.Second, func(_ *testing.T, store *troubledStore) {
			var failing atomic.Int64
			store.released = func(string) { failing.Store(3) }
			store.fails = func(call, _ string) bool { return call == "Claim" && failing.Add(-1) >= 0 }
		}, 1, nil, 15 * time.Second},
		{"Claim fails for good", 6 * time.Second, func(_ *testing.T, store *troubledStore) {
			var down atomic.Bool
			store.released = func(string) { down.Store(true) }
			store.fails = func(string, string) bool { return down.Load() }
		}, 0, webhooks.ErrUnavailable, 16 * time.Second},
		{"taken over, and done", 6 * time.Second, func(t *testing.T, store *troubledStore) {
			takeOver(t, store, func(token string) { _ = store.Commit(t.Context(), key, token) })
		}, 0, nil, 8 * time.Second},
		{"taken over, and given back", 6 * time.Second, func(t *testing.T, store *troubledStore) {
			takeOver(t, store, func(token string) { _ = store.Release(t.Context(), key, token) })
		}, 1, nil, 14 * time.Second},
		{"taken over by one that dies", 6 * time.Second, func(t *testing.T, store *troubledStore) {
			takeOver(t, store, func(string) {})
		}, 1, nil, 22 * time.Second},
		{"taken over again and again", 6 * time.Second, func(t *testing.T, store *troubledStore) {
			takeOver(t, store, func(token string) {
				for range 20 {
					_ = store.MemoryDeduper.Release(t.Context(), key, token)
					claim, err := store.Claim(t.Context(), key, 10*time.Second)
					if err != nil || claim.State != webhooks.Claimed {
						return
					}
					token = claim.Token
					pass(time.Second)
				}
			})
		}, 0, webhooks.ErrInFlight, 16 * time.Second},
	} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := newTroubledStore(t)
				one.trouble(t, store)
				start := time.Now()
				receiver, calls, failed := queueTwo(t, store, one.takes)
				require.NoError(t, receiver.Shutdown(t.Context()))
				require.Equal(t, one.length, time.Since(start))
				pass(time.Minute) // until whoever took over has ended
				require.Equal(t, one.calls, calls["msg_1"])
				require.ErrorIs(t, failed.list["msg_1"], one.want)
				require.NotContains(t, failed.list, "msg_0")
			})
		})
	}
}

// takeOver has another process claim msg_1 in the moment in which it is
// released for renewal, and end after one and a half seconds.
func takeOver(t *testing.T, store *troubledStore, end func(token string)) {
	t.Helper()
	store.released = func(key string) {
		store.released = nil
		claim, err := store.Claim(t.Context(), key, 10*time.Second)
		require.NoError(t, err)
		require.Equal(t, webhooks.Claimed, claim.State)
		go func() {
			pass(1500 * time.Millisecond)
			end(claim.Token)
		}()
	}
}

// TestAsyncRenewalAbandoned ends the wait for somebody else's lease when the
// context of the shutdown ends.
func TestAsyncRenewalAbandoned(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newTroubledStore(t)
		takeOver(t, store, func(string) {})
		receiver, calls, failed := queueTwo(t, store, 6*time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
		defer cancel()
		start := time.Now()
		require.ErrorContains(t, receiver.Shutdown(ctx), "0 deliveries abandoned, 1 running")
		synctest.Wait()
		require.Equal(t, 8*time.Second, time.Since(start))
		require.ErrorIs(t, failed.list["msg_1"], webhooks.ErrAbandoned)
		require.Zero(t, calls["msg_1"])
	})
}

// TestAsyncNothingLost has many senders deliver to a queue that is slower than
// the leases last, over a store that fails every so often, with callbacks that
// fail and deliveries that are repeated after they were acknowledged: of
// everything that was acknowledged the callback succeeds, or OnFailure is told.
func TestAsyncNothingLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const senders, each = 40, 5
		store := newTroubledStore(t)
		var mu sync.Mutex
		calls, succeeded := map[string]int{}, map[string]int{}
		store.fails = func(call, _ string) bool {
			mu.Lock()
			defer mu.Unlock()
			calls[call]++
			return calls[call]%4 == 0
		}
		var failed failures
		receiver := newReceiver(t, acceptStandard, webhooks.WithDeduper(store), webhooks.WithLease(10*time.Second),
			webhooks.WithAsync(webhooks.Async{Queue: senders, Workers: 5, OnFailure: failed.note}))
		webhooks.On(receiver, func(ctx context.Context, _ webhooks.UserJoinedServer) error {
			delivery, _ := webhooks.DeliveryFrom(ctx)
			pass(3 * time.Second)
			mu.Lock()
			defer mu.Unlock()
			if calls[delivery.ID]++; calls[delivery.ID] == 1 && len(calls)%7 == 0 {
				return errors.New("fails the first time")
			}
			succeeded[delivery.ID]++
			return nil
		})
		var wg sync.WaitGroup
		for sender := range senders {
			wg.Go(func() {
				for event := range each {
					id := fmt.Sprintf("msg_%d_%d", sender, event)
					for answer(receiver, identified(t, id)) != http.StatusOK {
						pass(time.Second)
					}
					if event == 0 {
						pass(11 * time.Second)
						answer(receiver, identified(t, id)) // as if the acknowledgement had been lost
					}
				}
			})
		}
		wg.Wait()
		require.NoError(t, receiver.Shutdown(t.Context()))
		require.NotEmpty(t, succeeded)
		for sender := range senders {
			for event := range each {
				id := fmt.Sprintf("msg_%d_%d", sender, event)
				require.True(t, succeeded[id] > 0 || failed.list[id] != nil, "%s was acknowledged, never worked on, and nobody was told", id)
			}
		}
	})
}
