package webhooks_test

import (
	"context"
	"errors"
	"fmt"
	"io"
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

func after(text, mark string) string {
	_, rest, _ := strings.Cut(text, mark)
	return rest
}

// failures collects what OnFailure is told.
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
			require.Equal(t, http.StatusOK, answer(receiver, identified(t, fmt.Sprint("msg_", i)).WithContext(ctx)))
			cancel() // the request is over, the work is not
		}
		require.Zero(t, time.Since(start), "nobody waited")
		require.Equal(t, http.StatusConflict, answer(receiver, identified(t, "msg_0")), "queued, and not done")

		require.NoError(t, receiver.Shutdown(t.Context()))
		require.Equal(t, 3*time.Second, time.Since(start), "six of them, two at a time")
		require.ElementsMatch(t, []string{"msg_0", "msg_1", "msg_2", "msg_5"}, done)
		require.Len(t, failed.list, 2)
		require.ErrorIs(t, failed.list["msg_3"], broken)
		require.ErrorIs(t, failed.list["msg_4"], webhooks.ErrCallback)

		require.Equal(t, http.StatusServiceUnavailable, answer(receiver, identified(t, "msg_9")), "shut down")
		require.Equal(t, http.StatusOK, answer(receiver, identified(t, "msg_0")), "a repeat of what is done")
		require.NoError(t, receiver.Shutdown(t.Context()), "twice does no harm")
	})
}

// TestAsyncFull answers 503 when the queue is full, and takes the delivery
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
		require.Equal(t, http.StatusOK, answer(receiver, identified(t, "msg_0")))
		synctest.Wait() // it runs
		require.Equal(t, http.StatusOK, answer(receiver, identified(t, "msg_1")))
		require.Equal(t, http.StatusServiceUnavailable, answer(receiver, identified(t, "msg_2")))
		pass(1500 * time.Millisecond)
		require.Equal(t, http.StatusOK, answer(receiver, identified(t, "msg_2")), "its claim was released")
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
		webhooks.On(receiver, func(ctx context.Context, _ webhooks.UserJoinedServer) error {
			<-ctx.Done()
			return context.Cause(ctx)
		})
		for i := range 3 {
			require.Equal(t, http.StatusOK, answer(receiver, identified(t, fmt.Sprint("msg_", i))))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		synctest.Wait()
		err = receiver.Shutdown(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "2 deliveries abandoned, 1 running")
		synctest.Wait()
		require.Len(t, failed.list, 3)
		for id, err := range failed.list {
			require.ErrorIs(t, err, webhooks.ErrAbandoned, id)
		}
		claim, err := store.Claim(t.Context(), "id:msg_2", time.Second)
		require.NoError(t, err)
		require.Equal(t, webhooks.Claimed, claim.State, "released")
	})
}

// TestAsyncLease renews a lease that ran down in the queue, and leaves the work
// to a repeat that has taken over.
func TestAsyncLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var failed failures
		receiver := newReceiver(t, acceptStandard, webhooks.WithLease(10*time.Second),
			webhooks.WithAsync(webhooks.Async{Queue: 10, Workers: 1, OnFailure: failed.note}))
		calls := map[string]int{}
		webhooks.On(receiver, func(ctx context.Context, _ webhooks.UserJoinedServer) error {
			delivery, _ := webhooks.DeliveryFrom(ctx)
			calls[delivery.ID]++
			deadline, ok := ctx.Deadline()
			require.True(t, ok)
			require.GreaterOrEqual(t, time.Until(deadline), 5*time.Second, "the callback has half a lease at least")
			if delivery.ID == "msg_0" {
				pass(11 * time.Second)
			}
			return nil
		})
		for i := range 3 {
			require.Equal(t, http.StatusOK, answer(receiver, identified(t, fmt.Sprint("msg_", i))))
		}
		pass(10*time.Second + time.Millisecond)
		require.Equal(t, http.StatusOK, answer(receiver, identified(t, "msg_1")), "the lease ran out in the queue")
		require.Equal(t, http.StatusConflict, answer(receiver, identified(t, "msg_1")))
		require.NoError(t, receiver.Shutdown(t.Context()))
		require.Equal(t, map[string]int{"msg_0": 1, "msg_1": 1, "msg_2": 1}, calls)
		require.Empty(t, failed.list, "the place in the queue that a repeat took over is no failure")
	})
}

// TestAsyncLeaseHalfGone renews a lease before the callback would have too
// little of it.
func TestAsyncLeaseHalfGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		receiver := newReceiver(t, acceptStandard, webhooks.WithLease(10*time.Second),
			webhooks.WithAsync(webhooks.Async{Queue: 10, Workers: 1}))
		var left []time.Duration
		webhooks.On(receiver, func(ctx context.Context, _ webhooks.UserJoinedServer) error {
			deadline, _ := ctx.Deadline()
			left = append(left, time.Until(deadline))
			pass(3 * time.Second)
			return nil
		})
		for i := range 3 {
			require.Equal(t, http.StatusOK, answer(receiver, identified(t, fmt.Sprint("msg_", i))))
		}
		require.NoError(t, receiver.Shutdown(t.Context()))
		require.Equal(t, []time.Duration{10 * time.Second, 7 * time.Second, 10 * time.Second}, left)
	})
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
	require.Equal(t, http.StatusOK, answer(receiver, identified(t, "msg_0")))
	require.Equal(t, http.StatusOK, answer(receiver, identified(t, "msg_1")))
	require.NoError(t, receiver.Shutdown(t.Context()))
	require.Equal(t, 2, calls)
	require.Len(t, failed.list, 1)
	require.ErrorIs(t, failed.list["msg_0"], webhooks.ErrCallback)
}

// TestShutdownOfSync has nothing to wait for.
func TestShutdownOfSync(t *testing.T) {
	t.Parallel()
	require.NoError(t, newReceiver(t, acceptKey).Shutdown(t.Context()))
}

// TestMemoryDeduper holds, forgets and is bounded.
func TestMemoryDeduper(t *testing.T) {
	t.Parallel()
	_, err := webhooks.NewMemoryDeduper(0, time.Hour)
	require.Error(t, err)
	_, err = webhooks.NewMemoryDeduper(1, 0)
	require.Error(t, err)

	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		store, err := webhooks.NewMemoryDeduper(3, time.Hour)
		require.NoError(t, err)
		claim := func(key string) webhooks.Claim {
			claim, err := store.Claim(ctx, key, time.Minute)
			require.NoError(t, err)
			return claim
		}
		first := claim("a")
		require.Equal(t, webhooks.Claimed, first.State)
		require.Equal(t, webhooks.Claim{State: webhooks.InFlight}, claim("a"))

		pass(time.Minute)
		second := claim("a")
		require.Equal(t, webhooks.Claimed, second.State, "the lease ran out")
		require.Error(t, store.Commit(ctx, "a", first.Token), "its claim is lost")
		require.NoError(t, store.Release(ctx, "a", first.Token), "and releases nothing")
		require.Equal(t, webhooks.InFlight, claim("a").State)
		require.NoError(t, store.Commit(ctx, "a", second.Token))
		require.Equal(t, webhooks.Claim{State: webhooks.Committed}, claim("a"))
		require.Error(t, store.Commit(ctx, "a", second.Token))
		require.Error(t, store.Commit(ctx, "a", ""))
		require.NoError(t, store.Release(ctx, "a", ""))
		require.NoError(t, store.Release(ctx, "a", second.Token))
		require.Equal(t, webhooks.Committed, claim("a").State, "what is committed stays")
		require.Error(t, store.Commit(ctx, "nowhere", "token"))

		pass(time.Hour)
		released := claim("a")
		require.Equal(t, webhooks.Claimed, released.State, "forgotten")
		require.NoError(t, store.Release(ctx, "a", released.Token))

		// Bounded: what is committed makes room, oldest first.
		for _, key := range []string{"1", "2", "3"} {
			require.NoError(t, store.Commit(ctx, key, claim(key).Token))
		}
		claim("4")
		require.Equal(t, webhooks.Committed, claim("2").State)
		require.Equal(t, webhooks.Claimed, claim("1").State, "forgotten early")
		claim("5")

		// What is in flight does not, until its lease has run out.
		_, err = store.Claim(ctx, "6", time.Minute)
		require.Error(t, err)
		pass(time.Minute)
		require.Equal(t, webhooks.Claimed, claim("6").State)
	})
}

// TestMemoryDeduperRoom forgets a claim that has run out before anything that
// is committed, and one behind a longer claim when nothing else is left.
func TestMemoryDeduperRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, err := webhooks.NewMemoryDeduper(2, time.Hour)
		require.NoError(t, err)
		claim := func(key string, lease time.Duration) webhooks.Claim {
			claim, err := store.Claim(t.Context(), key, lease)
			require.NoError(t, err)
			return claim
		}
		claim("dead", time.Second)
		require.NoError(t, store.Commit(t.Context(), "done", claim("done", time.Second).Token))
		pass(time.Minute)
		require.Equal(t, webhooks.Claimed, claim("long", time.Minute).State)
		require.Equal(t, webhooks.Committed, claim("done", time.Second).State, "the dead claim made room")

		require.Equal(t, webhooks.Claimed, claim("short", time.Second).State)
		pass(time.Second)
		require.Equal(t, webhooks.Claimed, claim("next", time.Second).State, "short has run out behind long")
		require.Equal(t, webhooks.InFlight, claim("long", time.Second).State)
	})
}

// TestConcurrentSenders has 200 senders deliver at once: every tenth delivery
// is repeated, some of them while the first is in flight, some callbacks fail,
// and everybody repeats what is not acknowledged. Every event's callback
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
			[]webhooks.ReceiverOption{acceptKey, acceptEncrypted(webhooks.AES256CBC), webhooks.WithBodyDigestDedupe()},
			[]webhooks.SenderOption{sendKey, sendEncrypted(webhooks.AES256CBC)},
		},
	} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			concurrentSenders(t, newReceiver(t, one.accept...), one.send...)
		})
	}
}

const senders, eventsEach = 200, 5

// traffic is what the callbacks and the senders share.
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

// callback fails the first time for some, and for some waits for a repeat.
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

// deliver sends one event until it is acknowledged, and its repeats.
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

// insist repeats a delivery until it is acknowledged.
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

// expect delivers once and counts the status it has to be answered with.
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
