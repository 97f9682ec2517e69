package dedupetest

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"time"

	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/webhooks"
	"github.com/returningai/returningai-go/webhooks/webhookstest"
)

// receiver makes a receiver on a handle of the store.
func (s *store) receiver(deduper webhooks.Deduper, call func(ctx context.Context, id string) error) *webhooks.Receiver {
	s.Helper()
	receiver, err := webhooks.NewReceiver(
		webhooks.WithStandardWebhooks(webhooks.NewSecret("", webhookstest.StandardSecret)),
		webhooks.WithDeduper(deduper),
		webhooks.WithLease(2*time.Second),
	)
	s.succeeds("NewReceiver", err)
	webhooks.On(receiver, func(ctx context.Context, _ webhooks.UserJoinedServer) error {
		delivery, _ := webhooks.DeliveryFrom(ctx)
		return call(ctx, delivery.ID)
	})
	return receiver
}

// deliver gives a receiver the delivery with an id, and returns the status.
func (s *store) deliver(receiver *webhooks.Receiver, id string) int {
	request, err := webhookstest.NewRequest("/hooks", webhookstest.Body(webhooks.KindUserJoinedServer),
		webhooks.WithStandardWebhooksSignature(secret.New(webhookstest.StandardSecret)),
		webhooks.WithMessageID(func() string { return id }))
	if err != nil {
		s.Error(err)
		return 0
	}
	recorder := httptest.NewRecorder()
	receiver.ServeHTTP(recorder, request)
	return recorder.Code
}

// status fails the test unless a delivery gets the status.
func (s *store) status(receiver *webhooks.Receiver, id string, want int) {
	s.Helper()
	if got := s.deliver(receiver, id); got != want {
		s.Fatalf("status %d, want %d", got, want)
	}
}

// twoReceivers deliver everything to both receivers at once, until it is
// acknowledged.
func twoReceivers(s *store) {
	const deliveries = 20
	prefix := rand.Text()
	var mu sync.Mutex
	done := map[string]int{}
	work := func(_ context.Context, id string) error {
		mu.Lock()
		defer mu.Unlock()
		done[id]++
		return nil
	}
	receivers := []*webhooks.Receiver{s.receiver(s.one, work), s.receiver(s.two, work)}
	var wg sync.WaitGroup
	for i := range deliveries {
		id := prefix + "-" + string(rune('a'+i))
		for _, receiver := range receivers {
			wg.Go(func() {
				for began := time.Now(); time.Since(began) < patience; <-time.After(time.Millisecond) {
					switch status := s.deliver(receiver, id); status {
					case http.StatusOK:
						return
					case http.StatusConflict:
					default:
						s.Errorf("status %d", status)
						return
					}
				}
				s.Errorf("%s was never acknowledged", id)
			})
		}
	}
	wg.Wait()
	for id, times := range done {
		if times != 1 {
			s.Errorf("%s was handled %d times", id, times)
		}
	}
	if len(done) != deliveries {
		s.Errorf("%d of %d deliveries were handled", len(done), deliveries)
	}
}

func panicComesBack(s *store) {
	var calls atomic.Int32
	work := func(context.Context, string) error {
		if calls.Add(1) == 1 {
			panic("the first time")
		}
		return nil
	}
	id := rand.Text()
	one, two := s.receiver(s.one, work), s.receiver(s.two, work)
	s.status(one, id, http.StatusInternalServerError)
	s.status(two, id, http.StatusOK)
	s.status(one, id, http.StatusOK)
	if calls.Load() != 2 {
		s.Fatalf("%d calls, want 2", calls.Load())
	}
}

// slowCallback takes longer than the lease lasts: it is renewed.
func slowCallback(s *store) {
	entered, proceed := make(chan struct{}), make(chan struct{})
	var calls atomic.Int32
	work := func(ctx context.Context, _ string) error {
		if calls.Add(1) == 1 {
			close(entered)
			<-proceed
		}
		return ctx.Err()
	}
	id := rand.Text()
	one, two := s.receiver(s.one, work), s.receiver(s.two, work)
	first := make(chan int, 1)
	go func() { first <- s.deliver(one, id) }()
	<-entered
	<-time.After(3 * time.Second)
	s.status(two, id, http.StatusConflict)
	close(proceed)
	if got := <-first; got != http.StatusOK {
		s.Fatalf("status %d of the slow delivery", got)
	}
	s.status(two, id, http.StatusOK)
	if calls.Load() != 1 {
		s.Fatalf("%d calls, want 1", calls.Load())
	}
}
