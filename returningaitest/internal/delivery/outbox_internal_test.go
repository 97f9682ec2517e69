package delivery

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/returningaitest/internal/community"
)

// newOutbox returns an outbox with one webhook for purchases.
func newOutbox(t *testing.T, url string, logLimit int) *Outbox {
	t.Helper()
	o := NewOutbox(time.Now, logLimit, func() {})
	t.Cleanup(o.Close)
	require.NoError(t, o.Add(Webhook{URL: url, Events: []community.EventName{community.EventItemPurchased}, Timeout: time.Minute}))
	return o
}

func purchase(number int) community.Event {
	return community.Event{
		Name: community.EventItemPurchased, At: time.Now(), User: &community.User{Username: "bot"},
		Purchase: &community.Purchase{OrderID: fmt.Sprintf("ORD%d", number)},
	}
}

// TestTenThousandDeliveriesToSlowReceiver loses nothing, keeps the order, and
// leaves no goroutine, queue or payload behind. It measures the process, so it
// does not run in parallel.
func TestTenThousandDeliveriesToSlowReceiver(t *testing.T) { //nolint:paralleltest // it measures the process
	const sent, logged = 10_000, 100
	release := make(chan struct{})
	var received []string // by one delivery at a time
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		<-release
		body, _ := io.ReadAll(r.Body)
		received = append(received, string(body))
	}))
	t.Cleanup(receiver.Close)
	o := newOutbox(t, receiver.URL, logged)
	before, heap := runtime.NumGoroutine(), heapInUse()
	for number := range sent {
		o.Report(purchase(number))
	}
	require.LessOrEqual(t, runtime.NumGoroutine()-before, 10, "one loop and one connection, however many wait")
	close(release)
	require.NoError(t, o.Wait(t.Context()))

	require.Len(t, received, sent)
	for number, body := range received {
		require.Contains(t, body, fmt.Sprintf(`"orderId":"ORD%d"`, number))
	}
	o.loops.Wait()
	require.Empty(t, o.queues)
	require.Len(t, o.Deliveries(), logged)
	require.LessOrEqual(t, len(o.log), 2*logged)
	received = nil
	require.Less(t, heapInUse(), heap+4<<20, "bytes in use afterwards")
}

func heapInUse() uint64 {
	runtime.GC()
	runtime.GC() // what finalizers and pools held
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

func TestDeliveriesBeyondLimitDropped(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}, 10), make(chan struct{})
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		entered <- struct{}{}
		<-release
	}))
	t.Cleanup(receiver.Close)
	o := newOutbox(t, receiver.URL, 10)
	o.most = 2
	o.Report(purchase(0))
	<-entered // the first does not wait any more
	for number := range 3 {
		o.Report(purchase(1 + number))
	}
	close(release)
	require.NoError(t, o.Wait(t.Context()))
	var states []State
	for _, made := range o.Deliveries() {
		states = append(states, made.State)
	}
	require.Equal(t, []State{Delivered, Delivered, Delivered, Dropped}, states)
}
