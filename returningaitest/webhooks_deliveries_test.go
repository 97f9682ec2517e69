package returningaitest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/webhooks"
)

// visits is a webhook that reports visits, and waits as little as can be
// between attempts.
func visits(url string) returningaitest.Webhook {
	return returningaitest.Webhook{
		URL: url, Events: []returningaitest.WebhookEvent{returningaitest.EventUserVisited}, RetryWait: time.Nanosecond,
	}
}

// statusesOf lists those of the attempts of a delivery.
func statusesOf(delivery returningaitest.Delivery) []int {
	var all []int
	for _, attempt := range delivery.Attempts {
		all = append(all, attempt.Status)
	}
	return all
}

// untilGivenUp waits until the sender of a request goes away, which a server
// sees when the body is read.
func untilGivenUp(r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

func TestDeliveriesRetried(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answers  []int
		attempts int
		want     []int
		state    returningaitest.DeliveryState
	}{
		"at once":              {[]int{204}, 0, []int{204}, returningaitest.DeliveryDelivered},
		"in the end":           {[]int{500, 503, 409, 429, 200}, 0, []int{500, 503, 409, 429, 200}, returningaitest.DeliveryDelivered},
		"in vain":              {[]int{502, 408, 425, 599, 500, 200}, 0, []int{502, 408, 425, 599, 500}, returningaitest.DeliveryFailed},
		"not configured":       {[]int{500, 200}, 1, []int{500}, returningaitest.DeliveryFailed},
		"refused":              {[]int{400, 200}, 0, []int{400}, returningaitest.DeliveryFailed},
		"refused later":        {[]int{500, 413, 200}, 0, []int{500, 413}, returningaitest.DeliveryFailed},
		"redirects are an end": {[]int{302, 200}, 0, []int{302}, returningaitest.DeliveryFailed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var count atomic.Int64
			webhook := visits(listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", r.URL.Path)
				w.WriteHeader(test.answers[count.Add(1)-1])
			})))
			webhook.Attempts, webhook.Signature = test.attempts, standard
			srv := newReporter(t, webhook)
			srv.VisitServer("bot")
			delivery := settle(t, srv)[0]
			require.Equal(t, test.state, delivery.State)
			require.Equal(t, test.want, statusesOf(delivery))
			for _, attempt := range delivery.Attempts {
				require.Equal(t, march, attempt.Time)
				require.Equal(t, delivery.ID, attempt.Header.Get("webhook-id"))
				require.Equal(t, string(delivery.Payload), string(attempt.Body))
			}
		})
	}
}

// TestDeliveriesWithoutResponse meet a receiver that is slow, cuts off, and is
// gone.
func TestDeliveriesWithoutResponse(t *testing.T) {
	t.Parallel()
	var count atomic.Int64
	webhook := visits(listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch count.Add(1) {
		case 1:
			untilGivenUp(r)
		case 2:
			panic(http.ErrAbortHandler)
		case 3:
			w.Header().Set("Content-Length", "9") // and nothing follows
		}
	})))
	webhook.Timeout = 100 * time.Millisecond
	srv := newReporter(t, webhook, visits("http://127.0.0.1:1/hidden"))
	srv.VisitServer("bot")
	deliveries := settle(t, srv)
	require.Equal(t, returningaitest.DeliveryDelivered, deliveries[0].State)
	require.Equal(t, []int{0, 0, 0, 200}, statusesOf(deliveries[0]))
	require.ErrorIs(t, deliveries[0].Attempts[0].Err, context.DeadlineExceeded)
	require.Error(t, deliveries[0].Attempts[1].Err)
	require.Error(t, deliveries[0].Attempts[2].Err)
	require.NoError(t, deliveries[0].Attempts[3].Err)
	require.Equal(t, returningaitest.DeliveryFailed, deliveries[1].State)
	require.Equal(t, []int{0, 0, 0, 0, 0}, statusesOf(deliveries[1]))
	require.ErrorContains(t, deliveries[1].Attempts[0].Err, "refused")
	require.NotContains(t, deliveries[1].Attempts[0].Err.Error(), "hidden")
}

// TestDeliveryDelays: no wait is shorter than it was set to be.
func TestDeliveryDelays(t *testing.T) {
	t.Parallel()
	const wait, delay = 20 * time.Millisecond, 30 * time.Millisecond
	webhook := visits(listen(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
	})))
	webhook.Attempts, webhook.RetryWait = 3, wait
	srv := returningaitest.NewServer(t)
	srv.SendWebhooks(webhook)
	srv.InjectDelivery(returningaitest.DeliveryFault{Delay: delay})
	before := time.Now()
	srv.VisitServer("bot")
	attempts := settle(t, srv)[0].Attempts
	require.Len(t, attempts, 3)
	require.GreaterOrEqual(t, attempts[0].Time.Sub(before), delay)
	require.GreaterOrEqual(t, attempts[1].Time.Sub(attempts[0].Time), wait)
	require.GreaterOrEqual(t, attempts[2].Time.Sub(attempts[1].Time), 2*wait)
}

// TestAlterOneAttempt changes a body in place, and a list of events that
// was handed in.
func TestAlterOneAttempt(t *testing.T) {
	t.Parallel()
	webhook := visits(listen(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
	})))
	webhook.Attempts = 2
	srv := newReporter(t, webhook)
	webhook.Events[0] = returningaitest.EventUserJoined
	srv.InjectDelivery(returningaitest.DeliveryFault{Alter: func(_ http.Header, body []byte) []byte {
		body[0]++
		return body
	}})
	srv.VisitServer("bot")
	delivery := settle(t, srv)[0]
	require.Equal(t, byte('{'), delivery.Payload[0])
	for _, attempt := range delivery.Attempts {
		require.Equal(t, byte('{'+1), attempt.Body[0])
	}
}

// TestOneURLInOrder registers a URL again while a delivery to it is
// under way.
func TestOneURLInOrder(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}, 9), make(chan struct{})
	webhook := visits(listen(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		entered <- struct{}{}
		<-release
	})))
	webhook.Timeout = time.Minute
	srv := newReporter(t, webhook)
	let := sync.OnceFunc(func() { close(release) })
	t.Cleanup(let)
	srv.VisitServer("bot")
	<-entered
	srv.SendWebhooks(webhook)
	srv.VisitServer("bot")
	beside := newInbox(t, acceptKey)
	after := visits(beside.url)
	after.Key = hookKey
	srv.SendWebhooks(after)
	srv.VisitServer("bot")
	require.Eventually(t, func() bool { return len(beside.received()) == 1 }, time.Minute, time.Millisecond)
	require.Empty(t, entered, "the rest waits for the first")
	let()
	settle(t, srv)
	require.Len(t, entered, 4)
}

// TestDuplicatesHandledOnce delivers again what the receiver of the SDK knows
// already, and what its callback failed at.
func TestDuplicatesHandledOnce(t *testing.T) {
	t.Parallel()
	receiver, err := webhooks.NewReceiver(acceptStandard, webhooks.WithClock(func() time.Time { return march }))
	require.NoError(t, err)
	var calls atomic.Int64
	webhooks.On(receiver, func(context.Context, webhooks.UserVisitedServer) error {
		if calls.Add(1) == 1 {
			return errors.New("not yet")
		}
		return nil
	})
	webhook := visits(listen(t, receiver))
	webhook.Signature = standard
	srv := newReporter(t, webhook)
	srv.InjectDelivery(returningaitest.DeliveryFault{Repeat: 2, Event: returningaitest.EventUserVisited})
	srv.VisitServer("bot")
	srv.VisitServer("bot")
	deliveries := settle(t, srv)
	require.Equal(t, []int{500, 200, 200, 200}, statusesOf(deliveries[0]))
	require.Equal(t, []int{200}, statusesOf(deliveries[1]), "the fault is used up, and another event is no repeat")
	require.Equal(t, int64(3), calls.Load())
	require.NotEqual(t, deliveries[0].ID, deliveries[1].ID)
}

// TestTamperedDeliveriesRefused alters and ages what the receiver of the SDK
// verifies.
func TestTamperedDeliveriesRefused(t *testing.T) {
	t.Parallel()
	inbox := newInbox(t, acceptStandard, webhooks.WithDecryption(webhooks.AES256GCM, webhooks.NewSecret("", aesKey)))
	webhook := visits(inbox.url)
	webhook.Signature, webhook.Encryption = standard, returningaitest.Encryption{Mode: returningaitest.AES256GCM, Key: aesKey}
	srv := newReporter(t, webhook)
	faults := []returningaitest.DeliveryFault{
		{Age: 6 * time.Minute},
		{Age: -6 * time.Minute},
		{Alter: func(_ http.Header, body []byte) []byte { return append(body, ' ') }},
		{Alter: func(header http.Header, body []byte) []byte { header.Set("Webhook-Id", "msg_other"); return body }},
		{Alter: func(header http.Header, body []byte) []byte { header.Del("Webhook-Signature"); return body }},
		{Age: 4 * time.Minute, Alter: func(header http.Header, body []byte) []byte { header.Del("X-Encrypted"); return body }},
	}
	srv.InjectDelivery(faults...)
	srv.InjectDelivery(returningaitest.DeliveryFault{Event: returningaitest.EventUserJoined, Times: returningaitest.Always, Repeat: 9})
	for range len(faults) + 1 {
		srv.VisitServer("bot")
	}
	for i, delivery := range settle(t, srv) {
		want := http.StatusUnauthorized
		if i >= len(faults)-1 {
			want = http.StatusOK
		}
		require.Equal(t, []int{want}, statusesOf(delivery), "fault %d", i)
	}
	require.Len(t, inbox.received(), 2)
}

// TestDeliveriesInOrder fills the queue of a receiver that is stuck, beside
// one that is not.
func TestDeliveriesInOrder(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}, 1), make(chan struct{})
	var mu sync.Mutex
	var orders []string
	receiver, err := webhooks.NewReceiver(acceptKey)
	require.NoError(t, err)
	webhooks.On(receiver, func(_ context.Context, event webhooks.StoreItemPurchased) error {
		select {
		case entered <- struct{}{}:
		default:
		}
		<-release
		mu.Lock()
		defer mu.Unlock()
		orders = append(orders, event.OrderID)
		return nil
	})
	quick := newInbox(t, acceptKey)
	blocked, beside := visits(listen(t, receiver)), visits(quick.url)
	blocked.Events, blocked.Timeout = []returningaitest.WebhookEvent{returningaitest.EventItemPurchased}, time.Minute
	blocked.Key, beside.Key = hookKey, hookKey
	srv := newReporter(t, blocked, beside)
	let := sync.OnceFunc(func() { close(release) })
	t.Cleanup(let)
	buy := func() { srv.PurchaseItem("bot", returningaitest.Purchase{Item: "Hat"}) }
	buy()
	<-entered // so that it does not wait any more
	const waiting = 1_000
	for range waiting {
		buy()
	}
	srv.VisitServer("bot")
	require.Eventually(t, func() bool { return len(quick.received()) == 1 }, time.Minute, time.Millisecond, "another URL does not wait")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("no patience"))
	require.ErrorContains(t, srv.WaitForDeliveries(ctx), "pending: no patience")
	let()

	var got []string
	states := map[returningaitest.DeliveryState]int{}
	for _, delivery := range settle(t, srv) {
		states[delivery.State]++
	}
	require.Equal(t, map[returningaitest.DeliveryState]int{returningaitest.DeliveryDelivered: 1 + waiting + 1}, states)
	for _, purchase := range srv.Purchases()[:1+waiting] {
		got = append(got, purchase.OrderID)
	}
	require.Equal(t, got, orders)
}

// TestDeliveryLogLimit keeps what the log's limit says.
func TestDeliveryLogLimit(t *testing.T) {
	t.Parallel()
	inbox := newInbox(t, acceptKey)
	for _, limit := range []int{0, 1, 3} {
		srv := returningaitest.NewServer(t, returningaitest.WithRequestLogLimit(limit))
		webhook := visits(inbox.url)
		webhook.Key = hookKey
		srv.SendWebhooks(webhook)
		for range 10 {
			srv.VisitServer("bot")
		}
		var numbers []int64
		for _, delivery := range settle(t, srv) {
			require.Equal(t, returningaitest.DeliveryDelivered, delivery.State)
			numbers = append(numbers, delivery.Number)
			delivery.Payload[0], delivery.Attempts[0].Body[0] = 'X', 'X'
			delivery.Attempts[0].Header.Set("X-Api-Key", "changed")
		}
		require.Equal(t, []int64{8, 9, 10}[3-limit:], append([]int64{}, numbers...))
		for _, delivery := range srv.Deliveries() {
			require.True(t, bytes.HasPrefix(delivery.Payload, []byte("{")), "copies")
			require.Equal(t, string(delivery.Payload), string(delivery.Attempts[0].Body))
			require.Equal(t, hookKey, delivery.Attempts[0].Header.Get("X-Api-Key"))
		}
	}
}

// TestCloseEndsDeliveries closes a server while deliveries are under way, wait
// for another attempt, are delayed and are queued.
func TestCloseEndsDeliveries(t *testing.T) {
	t.Parallel()
	entered := make(chan struct{}, 1)
	hanging := visits(listen(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		entered <- struct{}{}
		untilGivenUp(r)
	})))
	waiting := visits(listen(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
	})))
	waiting.RetryWait = time.Hour
	delayed := visits(listen(t, http.NotFoundHandler()))
	srv := newReporter(t, hanging, waiting)
	srv.InjectDelivery(returningaitest.DeliveryFault{Repeat: 3})
	srv.VisitServer("bot")
	<-entered
	require.Eventually(t, func() bool { return len(srv.Deliveries()[1].Attempts) == 1 }, time.Minute, time.Millisecond)
	srv.VisitServer("bot") // waits for the first
	srv.SendWebhooks(delayed)
	srv.InjectDelivery(returningaitest.DeliveryFault{Times: returningaitest.Always, Delay: time.Hour})
	srv.VisitServer("bot")
	srv.Close()
	deliveries := settle(t, srv)
	require.Len(t, deliveries, 7)
	for _, delivery := range deliveries {
		require.Equal(t, returningaitest.DeliveryFailed, delivery.State)
	}
	require.Len(t, deliveries[0].Attempts, 1, "what it would repeat ends, too")
	require.ErrorIs(t, deliveries[0].Attempts[0].Err, context.Canceled)
	require.Equal(t, []int{500}, statusesOf(deliveries[1]))
	require.Empty(t, deliveries[6].Attempts)
	srv.VisitServer("bot")
	require.Len(t, srv.Deliveries(), 7, "nothing is reported any more")
}

// TestWebhooksUnderLoad lets many clients and events meet, for the race
// detector.
func TestWebhooksUnderLoad(t *testing.T) {
	t.Parallel()
	inbox := newInbox(t, acceptStandard)
	srv := newReporter(t, returningaitest.Webhook{URL: inbox.url, Signature: standard, Events: everyEvent})
	const workers, rounds = 8, 10
	var group sync.WaitGroup
	for worker := range workers {
		group.Go(func() {
			for range rounds {
				srv.InjectDelivery(returningaitest.DeliveryFault{Repeat: 1})
				srv.VisitServer("bot")
				srv.PurchaseItem("bot", returningaitest.Purchase{Item: fmt.Sprint("item ", worker)})
				_, _ = send(t, sendMessage(srv))
				_ = srv.Deliveries()
			}
		})
	}
	group.Wait()
	settle(t, srv)
	require.Len(t, inbox.received(), 4*workers*rounds, "each once, repeats or not")
}

// TestWaitForDeliveriesOfCallbacks waits for what a bot sets off when it is called.
func TestWaitForDeliveriesOfCallbacks(t *testing.T) {
	t.Parallel()
	receiver, err := webhooks.NewReceiver(acceptKey)
	require.NoError(t, err)
	const chain = 5
	var calls atomic.Int64
	var srv *returningaitest.Server
	webhooks.On(receiver, func(context.Context, webhooks.UserVisitedServer) error {
		if calls.Add(1) < chain {
			srv.VisitServer("bot")
		}
		return nil
	})
	webhook := visits(listen(t, receiver))
	webhook.Key = hookKey
	srv = newReporter(t, webhook)
	srv.VisitServer("bot")
	require.Len(t, settle(t, srv), chain)
	require.True(t, slices.IsSortedFunc(srv.Deliveries(), func(a, b returningaitest.Delivery) int { return int(a.Number - b.Number) }))
}
