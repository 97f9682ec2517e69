package webhooks_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/webhooks"
	"github.com/returningai/returningai-go/webhooks/webhookstest"
)

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
