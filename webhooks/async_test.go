package webhooks_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/webhooks"
)

func goexit() { runtime.Goexit() }

// failures collects the calls of OnFailure.
type failures struct {
	mu   sync.Mutex
	list map[string]error
}

func (f *failures) note(_ context.Context, delivery *webhooks.Delivery, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.list == nil {
		f.list = map[string]error{}
	}
	f.list[delivery.ID] = err
}

// TestAsync acknowledges first, works afterwards, and finishes on shutdown.
func TestAsync(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var failed failures
		receiver := newReceiver(t, acceptStandard, webhooks.WithAsync(webhooks.Async{Queue: 10, Workers: 2, OnFailure: failed.note}))
		var mu sync.Mutex
		var done []string
		broken := errors.New("broken")
		webhooks.On(receiver, func(ctx context.Context, _ webhooks.UserJoinedServer) error {
			delivery, _ := webhooks.DeliveryFrom(ctx)
			pass(time.Second)
			switch delivery.ID {
			case "msg_3":
				return broken
			case "msg_4":
				panic("oops")
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			done = append(done, delivery.ID)
			return nil
		})
		start := time.Now()
		for i := range 6 {
			ctx, cancel := context.WithCancel(t.Context())
			require.Equal(t, http.StatusOK, serveOnce(receiver, identified(t, fmt.Sprint("msg_", i)).WithContext(ctx)))
			cancel() // the request is over, the work is not
		}
		require.Zero(t, time.Since(start), "nobody waited")
		require.Equal(t, http.StatusConflict, serveOnce(receiver, identified(t, "msg_0")), "queued, and not done")

		require.NoError(t, receiver.Shutdown(t.Context()))
		require.Equal(t, 3*time.Second, time.Since(start), "six of them, two at a time")
		require.ElementsMatch(t, []string{"msg_0", "msg_1", "msg_2", "msg_5"}, done)
		require.Len(t, failed.list, 2)
		require.ErrorIs(t, failed.list["msg_3"], broken)
		require.ErrorIs(t, failed.list["msg_4"], webhooks.ErrCallback)

		require.Equal(t, http.StatusServiceUnavailable, serveOnce(receiver, identified(t, "msg_9")), "shut down")
		require.Equal(t, http.StatusOK, serveOnce(receiver, identified(t, "msg_0")), "a repeat of what is done")
		require.NoError(t, receiver.Shutdown(t.Context()), "twice does no harm")
	})
}

// TestAsyncIdle goes on after the queue was empty, and still finishes on
// shutdown.
func TestAsyncIdle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		receiver := newReceiver(t, acceptStandard, webhooks.WithAsync(webhooks.Async{Queue: 1, Workers: 1}))
		done := 0
		webhooks.On(receiver, func(context.Context, webhooks.UserJoinedServer) error {
			pass(time.Second)
			done++
			return nil
		})
		for i := range 3 {
			require.Equal(t, http.StatusOK, serveOnce(receiver, identified(t, fmt.Sprint("msg_", i))))
			pass(2 * time.Second)
			synctest.Wait()
			require.Equal(t, i+1, done)
		}
		require.Equal(t, http.StatusOK, serveOnce(receiver, identified(t, "msg_3")))
		require.NoError(t, receiver.Shutdown(t.Context()))
		require.Equal(t, 4, done)
	})
}

// TestAsyncFull gets 503 when the queue is full, and takes the delivery
// later.
func TestAsyncFull(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		receiver := newReceiver(t, acceptStandard, webhooks.WithAsync(webhooks.Async{Queue: 1, Workers: 1}))
		calls := 0
		webhooks.On(receiver, func(context.Context, webhooks.UserJoinedServer) error {
			pass(time.Second)
			calls++
			return nil
		})
		require.Equal(t, http.StatusOK, serveOnce(receiver, identified(t, "msg_0")))
		synctest.Wait() // it runs
		require.Equal(t, http.StatusOK, serveOnce(receiver, identified(t, "msg_1")))
		require.Equal(t, http.StatusServiceUnavailable, serveOnce(receiver, identified(t, "msg_2")))
		pass(1500 * time.Millisecond)
		require.Equal(t, http.StatusOK, serveOnce(receiver, identified(t, "msg_2")), "its claim was released")
		require.NoError(t, receiver.Shutdown(t.Context()))
		require.Equal(t, 3, calls)
	})
}

// TestAsyncShutdownCut abandons what waits when the context of the shutdown
// ends, and tells everybody concerned.
func TestAsyncShutdownCut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var failed failures
		store, err := webhooks.NewMemoryDeduper(10, time.Hour)
		require.NoError(t, err)
		receiver := newReceiver(t, acceptStandard, webhooks.WithDeduper(store),
			webhooks.WithAsync(webhooks.Async{Queue: 10, Workers: 1, OnFailure: failed.note}))
		started := 0
		webhooks.On(receiver, func(ctx context.Context, _ webhooks.UserJoinedServer) error {
			started++
			<-ctx.Done()
			return context.Cause(ctx)
		})
		for i := range 3 {
			require.Equal(t, http.StatusOK, serveOnce(receiver, identified(t, fmt.Sprint("msg_", i))))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		synctest.Wait()
		err = receiver.Shutdown(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.EqualError(t, err, "webhooks: shutdown: 2 deliveries abandoned, 1 running: context deadline exceeded")
		synctest.Wait()
		require.Equal(t, 1, started)
		require.Len(t, failed.list, 3)
		for id, err := range failed.list {
			require.ErrorIs(t, err, webhooks.ErrAbandoned, id)
		}
		calls := 0
		restarted := newReceiver(t, acceptStandard, webhooks.WithDeduper(store))
		webhooks.On(restarted, func(context.Context, webhooks.UserJoinedServer) error { calls++; return nil })
		require.Equal(t, http.StatusOK, serveOnce(restarted, identified(t, "msg_2")))
		require.Equal(t, 1, calls, "released")
	})
}

// TestAsyncLeaseInQueue renews leases of deliveries that wait, so that a
// duplicate meets them.
func TestAsyncLeaseInQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var failed failures
		receiver := newReceiver(t, acceptStandard, webhooks.WithAsync(webhooks.Async{Queue: 10, Workers: 1, OnFailure: failed.note}))
		calls := map[string]int{}
		webhooks.On(receiver, func(ctx context.Context, _ webhooks.UserJoinedServer) error {
			delivery, _ := webhooks.DeliveryFrom(ctx)
			calls[delivery.ID]++
			pass(45 * time.Second)
			return ctx.Err()
		})
		for i := range 3 {
			require.Equal(t, http.StatusOK, serveOnce(receiver, identified(t, fmt.Sprint("msg_", i))))
		}
		pass(60 * time.Second)
		require.Equal(t, http.StatusConflict, serveOnce(receiver, identified(t, "msg_2")))
		require.NoError(t, receiver.Shutdown(t.Context()))
		require.Equal(t, map[string]int{"msg_0": 1, "msg_1": 1, "msg_2": 1}, calls)
		require.Empty(t, failed.list)
	})
}

// TestAsyncLeaseLost takes a delivery again whose lease was lost in the queue,
// leaves it to the process that has done it, and calls OnFailure otherwise.
func TestAsyncLeaseLost(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		name  string
		then  func(store *scriptedStore, key string)
		calls int
		want  error
	}{
		{"free again", func(*scriptedStore, string) {}, 1, nil},
		{"done elsewhere", func(store *scriptedStore, key string) {
			_ = store.MemoryDeduper.Commit(context.Background(), key, "other") //nolint:usetesting // a bubble's context ends with it
		}, 0, nil},
		{"taken elsewhere", func(store *scriptedStore, key string) {
			_, _ = store.MemoryDeduper.Claim(context.Background(), key, "other", time.Minute) //nolint:usetesting // as above
		}, 0, webhooks.ErrInFlight},
		{"the store is away", func(store *scriptedStore, _ string) {
			store.mu.Lock()
			defer store.mu.Unlock()
			store.before = func(_ context.Context, call string) error {
				if call == "Claim" {
					return errStore
				}
				return nil
			}
		}, 0, webhooks.ErrUnavailable},
	} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := newScriptedStore(t)
				store.before = func(_ context.Context, call string) error {
					if call == "Renew" {
						return errStore
					}
					return nil
				}
				var failed failures
				receiver := newReceiver(t, acceptStandard, webhooks.WithDeduper(store),
					webhooks.WithAsync(webhooks.Async{Queue: 10, Workers: 1, OnFailure: failed.note}))
				calls := map[string]int{}
				webhooks.On(receiver, func(ctx context.Context, _ webhooks.UserJoinedServer) error {
					delivery, _ := webhooks.DeliveryFrom(ctx)
					calls[delivery.ID]++
					require.NoError(t, ctx.Err(), "a new lease")
					pass(11 * time.Second)
					return nil
				})
				waiting, err := receiver.Parse(identified(t, "msg_1"))
				require.NoError(t, err)
				require.Equal(t, http.StatusOK, serveOnce(receiver, identified(t, "msg_0")))
				require.NoError(t, receiver.Dispatch(t.Context(), waiting))
				pass(10*time.Second + time.Millisecond)
				one.then(store, waiting.DedupeKey)
				require.NoError(t, receiver.Shutdown(t.Context()))
				require.Equal(t, one.calls, calls["msg_1"])
				require.ErrorIs(t, failed.list["msg_1"], one.want)
				if one.calls > 0 {
					require.NoError(t, newReceiver(t, acceptStandard, webhooks.WithDeduper(store)).Dispatch(t.Context(), waiting))
					require.Equal(t, []string{"Commit", "Claim"}, store.seen()[len(store.seen())-2:], "committed")
				}
			})
		})
	}
}

// TestOnFailurePanics logs a panic of OnFailure, and goes on.
func TestOnFailurePanics(t *testing.T) {
	t.Parallel()
	log := newBuffer()
	receiver := newReceiver(t, acceptStandard, webhooks.WithLogger(slog.New(slog.NewTextHandler(log, nil))),
		webhooks.WithAsync(webhooks.Async{Queue: 10, Workers: 1, OnFailure: func(context.Context, *webhooks.Delivery, error) { panic("no") }}))
	calls := 0
	webhooks.On(receiver, func(context.Context, webhooks.UserJoinedServer) error { calls++; return io.EOF })
	require.Equal(t, http.StatusOK, serveOnce(receiver, identified(t, "msg_0")))
	require.Equal(t, http.StatusOK, serveOnce(receiver, identified(t, "msg_1")))
	require.NoError(t, receiver.Shutdown(t.Context()))
	require.Equal(t, 2, calls)
	require.Equal(t, 2, strings.Count(log.String(), "webhook OnFailure failed"))
}

// TestAsyncGoexit tells OnFailure of a callback that ends its goroutine, and
// goes on after it.
func TestAsyncGoexit(t *testing.T) {
	t.Parallel()
	var failed failures
	receiver := newReceiver(t, acceptStandard, webhooks.WithAsync(webhooks.Async{Queue: 10, Workers: 1, OnFailure: failed.note}))
	calls := 0
	webhooks.On(receiver, func(context.Context, webhooks.UserJoinedServer) error {
		if calls++; calls == 1 {
			goexit()
		}
		return nil
	})
	require.Equal(t, http.StatusOK, serveOnce(receiver, identified(t, "msg_0")))
	require.Equal(t, http.StatusOK, serveOnce(receiver, identified(t, "msg_1")))
	require.NoError(t, receiver.Shutdown(t.Context()))
	require.Equal(t, 2, calls)
	require.Len(t, failed.list, 1)
	require.ErrorIs(t, failed.list["msg_0"], webhooks.ErrCallback)
}

// TestShutdownOfNothing has nothing to wait for, whether or not it may wait.
func TestShutdownOfNothing(t *testing.T) {
	t.Parallel()
	require.NoError(t, newReceiver(t, acceptKey).Shutdown(t.Context()))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for range 50 {
		idle := newReceiver(t, acceptKey, webhooks.WithAsync(webhooks.Async{Queue: 1, Workers: 1}))
		require.NoError(t, idle.Shutdown(ended))
		require.NoError(t, idle.Shutdown(t.Context()))
	}
}

// TestShutdownCounts reports how many deliveries a shutdown left, and why it did.
func TestShutdownCounts(t *testing.T) {
	t.Parallel()
	for deliveries, want := range map[int]string{1: "0 deliveries abandoned, 1 running", 2: "1 deliveries abandoned, 1 running"} {
		synctest.Test(t, func(t *testing.T) {
			receiver := newReceiver(t, acceptStandard, webhooks.WithAsync(webhooks.Async{Queue: 10, Workers: 1}))
			webhooks.On(receiver, func(ctx context.Context, _ webhooks.UserJoinedServer) error {
				<-ctx.Done()
				return nil
			})
			for i := range deliveries {
				require.Equal(t, http.StatusOK, serveOnce(receiver, identified(t, fmt.Sprint("msg_", i))))
			}
			synctest.Wait()
			ended, cancel := context.WithCancelCause(t.Context())
			cancel(io.EOF)
			err := receiver.Shutdown(ended)
			require.ErrorContains(t, err, want)
			require.ErrorIs(t, err, context.Canceled)
			require.ErrorIs(t, err, io.EOF)
		})
	}
}
