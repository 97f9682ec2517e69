package webhooks_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/webhooks"
	"github.com/returningai/returningai-go/webhooks/webhookstest"
)

// troubledAPI carries requests to the API, and delays or loses the response of
// the first one.
type troubledAPI struct {
	inner http.RoundTripper
	delay time.Duration
	lose  bool
	calls atomic.Int32
}

func (a *troubledAPI) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := a.inner.RoundTrip(request)
	if err != nil || a.calls.Add(1) > 1 {
		return response, err
	}
	<-time.After(a.delay)
	if a.lose {
		return nil, fmt.Errorf("read: connection reset by peer, after %w", response.Body.Close())
	}
	return response, nil
}

// TestOneReply has a bot reply to a message once, whatever befalls it. It hears
// its own reply, too.
func TestOneReply(t *testing.T) {
	t.Parallel()
	for name, trouble := range map[string]*troubledAPI{
		"no trouble":                              {},
		"a slow API and an impatient sender":      {delay: 1500 * time.Millisecond},
		"a lost response":                         {lose: true},
		"a lost response and an impatient sender": {delay: 1500 * time.Millisecond, lose: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := returningaitest.NewServer(t)
			trouble.inner = &http.Transport{}
			t.Cleanup(trouble.inner.(*http.Transport).CloseIdleConnections)
			client := srv.Client(returningai.WithHTTPClient(&http.Client{Transport: trouble}))
			receiver := newReceiver(t, acceptStandard)
			webhooks.On(receiver, func(ctx context.Context, event webhooks.MessagePosted) error {
				if event.Sender.Username == "bot" {
					return nil // its own
				}
				err := client.Integration.Messages.Reply(ctx, integration.ReplyParams{
					MessageID: event.MessageID, Message: "hello!", Sender: "bot",
				})
				if err != nil {
					return fmt.Errorf("reply: %w", err)
				}
				return nil
			})
			base, _ := serve(t, receiver)
			srv.SendWebhooks(returningaitest.Webhook{
				URL: base + path, Events: []returningaitest.WebhookEvent{returningaitest.EventMessagePosted},
				Signature: returningaitest.Signature{Method: returningaitest.StandardWebhooks, Secret: webhookstest.StandardSecret},
				Timeout:   300 * time.Millisecond, Attempts: 10, RetryWait: 50 * time.Millisecond,
			})
			require.NoError(t, srv.Client().Integration.Messages.Send(t.Context(), integration.SendMessageParams{
				ChannelID: srv.Channels()[0].ID, Message: "hello, bot!", Sender: "player-one",
			}))
			require.NoError(t, srv.WaitForDeliveries(t.Context()))
			require.Len(t, srv.Messages(), 2, "the message and one reply")
			deliveries := srv.Deliveries()
			require.Len(t, deliveries, 2)
			for _, delivery := range deliveries {
				require.Equal(t, returningaitest.DeliveryDelivered, delivery.State)
			}
		})
	}
}

// eventsOfSender is how many events each sender of TestCopies has. The tests in
// .ci/deep set it to 1,000.
func eventsOfSender(t *testing.T) int {
	t.Helper()
	set := os.Getenv("WEBHOOKS_TEST_EVENTS")
	if set == "" {
		return 20
	}
	count, err := strconv.Atoi(set)
	require.NoError(t, err)
	return count
}

// TestCopies has 200 senders deliver up to five copies of each event at once.
// Every fifth event fails the first time. Each is done once.
func TestCopies(t *testing.T) {
	t.Parallel()
	const senders, mostCopies = 200, 5
	events := eventsOfSender(t)
	store, err := webhooks.NewMemoryDeduper(2*senders*events, time.Hour)
	require.NoError(t, err)
	receiver := newReceiver(t, acceptStandard, webhooks.WithDeduper(store))
	attempts, done := make([]atomic.Int32, senders*events), make([]atomic.Int32, senders*events)
	webhooks.On(receiver, func(_ context.Context, event webhooks.StoreItemPurchased) error {
		number := event.Item.Quantity
		if attempts[number].Add(1) == 1 && number%5 == 0 {
			return errStore
		}
		done[number].Add(1)
		return nil
	})
	var odd atomic.Int32
	insist := func(number int) {
		body := fmt.Sprintf(`{"event":"purchased_store_item","quantity":%d}`, number)
		id, stamp := fmt.Sprint("event-", number), fmt.Sprint(time.Now().Unix())
		header := map[string]string{
			"webhook-id": id, "webhook-timestamp": stamp,
			"webhook-signature": "v1," + base64MAC("webhookstest-secret-of-32-bytes-", id+"."+stamp+"."+body),
		}
		for {
			recorder := httptest.NewRecorder()
			receiver.ServeHTTP(recorder, webhooks.NewRequest("POST", path, "", header, []byte(body)))
			switch recorder.Code {
			case http.StatusOK:
				return
			case http.StatusConflict, http.StatusInternalServerError:
				runtime.Gosched()
			default:
				odd.Add(1)
				return
			}
		}
	}
	var wg sync.WaitGroup
	for sender := range senders {
		wg.Go(func() {
			for event := range events {
				number := sender*events + event
				var copies sync.WaitGroup
				for range number%mostCopies + 1 {
					copies.Go(func() { insist(number) })
				}
				copies.Wait()
			}
		})
	}
	wg.Wait()
	require.Zero(t, odd.Load())
	for number := range done {
		require.EqualValues(t, 1, done[number].Load(), "event %d", number)
	}
}
