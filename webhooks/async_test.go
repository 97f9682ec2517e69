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
	"github.com/returningai/returningai-go/webhooks/webhookstest"
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

// TestConcurrentSenders has 200 senders deliver at once: every tenth delivery
// is delivered again, some of them while the first is in flight, some callbacks fail,
// and unacknowledged deliveries are retried. Every event's callback
// succeeds exactly once.
func TestConcurrentSenders(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		name   string
		accept []webhooks.ReceiverOption
		send   []webhooks.SenderOption
	}{
		{
			"standard",
			[]webhooks.ReceiverOption{acceptStandard, acceptEncrypted(webhooks.AES256GCM)},
			[]webhooks.SenderOption{sendStandard, sendEncrypted(webhooks.AES256GCM)},
		},
		{
			"digest",
			[]webhooks.ReceiverOption{acceptHMAC, acceptEncrypted(webhooks.AES256CBC), webhooks.WithBodyDigestDedupe()},
			[]webhooks.SenderOption{sendHMAC, sendEncrypted(webhooks.AES256CBC)},
		},
	} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			concurrentSenders(t, newReceiver(t, one.accept...), one.send...)
		})
	}
}

const senders, eventsEach = 200, 5

// traffic is the state that the callbacks and the senders share.
type traffic struct {
	mu         sync.Mutex
	attempts   map[int]int
	successes  map[int]int
	entered    map[int]chan struct{} // closed when the first callback has begun
	proceed    map[int]chan struct{} // closed when it may end
	conflicts  int
	duplicates int
}

// What befalls an event, by its number.
func repeated(number int) bool { return number%10 == 0 }
func inFlight(number int) bool { return number%20 == 0 }
func failing(number int) bool  { return number%7 == 0 }

func concurrentSenders(t *testing.T, receiver *webhooks.Receiver, options ...webhooks.SenderOption) {
	seen := &traffic{attempts: map[int]int{}, successes: map[int]int{}, entered: map[int]chan struct{}{}, proceed: map[int]chan struct{}{}}
	for number := range senders * eventsEach {
		seen.entered[number], seen.proceed[number] = make(chan struct{}), make(chan struct{})
	}
	webhooks.On(receiver, func(_ context.Context, event webhooks.StoreItemPurchased) error {
		return seen.callback(event.Item.Quantity)
	})
	base, client := serve(t, receiver)
	client.Transport.(*http.Transport).MaxIdleConnsPerHost = 2 * senders

	failed := make([]error, senders)
	var wg sync.WaitGroup
	for sender := range senders {
		wg.Go(func() {
			for event := range eventsEach {
				number := sender*eventsEach + event
				if err := seen.deliver(client, base, number, options...); err != nil {
					failed[sender] = fmt.Errorf("event %d: %w", number, err)
					return
				}
			}
		})
	}
	wg.Wait()
	require.NoError(t, errors.Join(failed...))
	for number := range senders * eventsEach {
		require.Equal(t, 1, seen.successes[number], "event %d", number)
		want := 1
		if failing(number) {
			want = 2
		}
		require.Equal(t, want, seen.attempts[number], "event %d", number)
	}
	require.Equal(t, senders*eventsEach/20, seen.conflicts, "each of them met the first in flight")
	require.Equal(t, senders*eventsEach/10, seen.duplicates)
}

// callback fails the first time for some, and for some waits for a duplicate.
func (s *traffic) callback(number int) error {
	s.mu.Lock()
	s.attempts[number]++
	attempt := s.attempts[number]
	s.mu.Unlock()
	if inFlight(number) && attempt == 1 {
		close(s.entered[number])
		<-s.proceed[number]
	}
	if failing(number) && attempt == 1 {
		return errors.New("fails the first time")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.successes[number]++
	return nil
}

// deliver sends one event until it is acknowledged, and its duplicates.
func (s *traffic) deliver(client *http.Client, base string, number int, options ...webhooks.SenderOption) error {
	body := map[string]any{"event": "purchased_store_item", "quantity": number}
	request, err := webhookstest.NewRequest(base+path, body, options...)
	if err != nil {
		return err
	}
	var repeat error
	var wg sync.WaitGroup
	if inFlight(number) {
		wg.Go(func() {
			<-s.entered[number]
			defer close(s.proceed[number])
			repeat = s.expect(client, request, http.StatusConflict, &s.conflicts)
		})
	}
	err = insist(client, request)
	wg.Wait()
	if repeated(number) && err == nil {
		err = s.expect(client, request, http.StatusOK, &s.duplicates)
	}
	return errors.Join(err, repeat)
}

// insist retries a delivery until it is acknowledged.
func insist(client *http.Client, request *http.Request) error {
	for range 1000 {
		status, err := deliverOnce(client, request)
		switch {
		case err != nil || status == http.StatusOK:
			return err
		case status != http.StatusConflict && status != http.StatusInternalServerError:
			return fmt.Errorf("unexpected status %d", status)
		}
		runtime.Gosched()
	}
	return errors.New("never acknowledged")
}

// expect delivers once and counts the status that it must get.
func (s *traffic) expect(client *http.Client, request *http.Request, want int, counter *int) error {
	status, err := deliverOnce(client, request)
	if err == nil && status != want {
		err = fmt.Errorf("status %d, not %d", status, want)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	*counter++
	return err
}

// deliverOnce sends the same delivery once more.
func deliverOnce(client *http.Client, request *http.Request) (int, error) {
	again, err := webhookstest.Again(request)
	if err != nil {
		return 0, err
	}
	answer, err := client.Do(again)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode, errors.Join(err, answer.Body.Close())
}
