package webhooks_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/webhooks"
	"github.com/returningai/returningai-go/webhooks/webhookstest"
)

// deliver gives a handler a delivery, as Returning.AI would over the network,
// and returns the status.
func deliver(handler http.Handler, kind webhooks.Kind, options ...webhooks.SenderOption) int {
	request, err := webhookstest.NewRequest("/hooks/returningai", webhookstest.Body(kind), options...)
	if err != nil {
		return 0
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder.Code
}

// A receiver with a callback for each type of event that matters.
func ExampleNewReceiver() {
	receiver, err := webhooks.NewReceiver(
		webhooks.WithKeyHeader(webhooks.APIKeyHeader, webhooks.NewSecret("2026", webhookstest.APIKey)),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	webhooks.On(receiver, func(_ context.Context, event webhooks.UserJoinedServer) error {
		fmt.Println("welcome,", event.User.DisplayName)
		return nil
	})
	webhooks.On(receiver, func(_ context.Context, event webhooks.StoreItemPurchased) error {
		fmt.Println(event.Buyer.Username, "bought", event.Item.Name, "for", event.Item.Price)
		return nil
	})
	webhooks.On(receiver, func(_ context.Context, event webhooks.Event) error {
		fmt.Println("something else:", event.Base().Kind)
		return nil
	})

	// In a program: http.Handle("/hooks/returningai", receiver)
	key := webhooks.WithAPIKey(webhookstest.APIKey)
	fmt.Println(deliver(receiver, webhooks.KindUserJoinedServer, key))
	fmt.Println(deliver(receiver, webhooks.KindStoreItemPurchased, key))
	fmt.Println(deliver(receiver, webhooks.KindAnalysisCreated, key))
	fmt.Println(deliver(receiver, webhooks.KindUserJoinedServer))
	// Output:
	// welcome, Ada
	// 200
	// ada bought Golden frame for 250
	// 200
	// something else: create_analysis
	// 200
	// 401
}

// To change a secret without losing a delivery, accept both until the sender
// uses the new one.
func ExampleNewSecret_rotation() {
	const oldKey, newKey = "hook-key-of-2025-abcdef", "hook-key-of-2026-ghijkl"
	receiver, err := webhooks.NewReceiver(webhooks.WithKeyHeader(webhooks.APIKeyHeader,
		webhooks.NewSecret("2026", newKey),
		webhooks.NewSecret("2025", oldKey),
	))
	if err != nil {
		fmt.Println(err)
		return
	}
	webhooks.On(receiver, func(ctx context.Context, _ webhooks.UserJoinedServer) error {
		delivery, _ := webhooks.DeliveryFrom(ctx)
		fmt.Println("matched", delivery.Matches[0].SecretID)
		return nil
	})
	for _, key := range []string{oldKey, newKey} {
		deliver(receiver, webhooks.KindUserJoinedServer, webhooks.WithAPIKey(key))
	}
	// Output:
	// matched 2025
	// matched 2026
}

// AES-256-GCM authenticates by itself; AES-256-CBC needs a verifier beside it.
func ExampleWithDecryption() {
	aesKey := webhooks.NewSecret("2026", webhookstest.AESKey)
	_, err := webhooks.NewReceiver(webhooks.WithDecryption(webhooks.AES256CBC, aesKey))
	fmt.Println("CBC alone is refused:", err != nil)

	receiver, err := webhooks.NewReceiver(webhooks.WithDecryption(webhooks.AES256GCM, aesKey))
	if err != nil {
		fmt.Println(err)
		return
	}
	webhooks.On(receiver, func(_ context.Context, event webhooks.MessagePosted) error {
		fmt.Printf("%s in %s: %s\n", event.Sender.Username, event.Channel.Topic, event.Message)
		return nil
	})
	fmt.Println(deliver(receiver, webhooks.KindMessagePostedAnywhere,
		webhooks.WithEncryption(webhooks.AES256GCM, secret.New(webhookstest.AESKey))))
	fmt.Println("in plaintext:", deliver(receiver, webhooks.KindMessagePostedAnywhere))
	// Output:
	// CBC alone is refused: true
	// ada in general: good game
	// 200
	// in plaintext: 401
}

// A reply whose response was lost may have been posted. Look for it, instead of
// replying twice.
func ExampleWithInDoubt() {
	posted := map[string]bool{} // what the community shows
	reply := func(messageID string) error {
		posted[messageID] = true
		return lostResponse{}
	}
	receiver, err := webhooks.NewReceiver(
		webhooks.WithStandardWebhooks(webhooks.NewSecret("2026", webhookstest.StandardSecret)),
		webhooks.WithInDoubt(func(_ context.Context, delivery *webhooks.Delivery, err error) error {
			message, ok := delivery.Event.(webhooks.MessagePosted)
			if ok && posted[message.MessageID] {
				fmt.Println("the reply is there")
				return nil
			}
			return err // deliver again
		}),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	webhooks.On(receiver, func(_ context.Context, event webhooks.MessagePosted) error {
		if err := reply(event.MessageID); err != nil {
			return fmt.Errorf("reply: %w", err)
		}
		return nil
	})
	fmt.Println(deliver(receiver, webhooks.KindMessagePostedAnywhere,
		webhooks.WithStandardWebhooksSignature(secret.New(webhookstest.StandardSecret))))
	// Output:
	// the reply is there
	// 200
}

// lostResponse is an error as the operations of the SDK return.
type lostResponse struct{}

func (lostResponse) Error() string      { return "the response was lost" }
func (lostResponse) MaybeApplied() bool { return true }
func (lostResponse) Idempotent() bool   { return false }

// Acknowledge at once, work afterwards, and finish before the program ends.
func ExampleWithAsync() {
	receiver, err := webhooks.NewReceiver(
		webhooks.WithStandardWebhooks(webhooks.NewSecret("2026", webhookstest.StandardSecret)),
		webhooks.WithAsync(webhooks.Async{
			Queue:   1000,
			Workers: 4,
			OnFailure: func(_ context.Context, delivery *webhooks.Delivery, err error) {
				// The sender was told that all is well: keep it yourself.
				fmt.Println("lost", delivery.Event.Base().Kind, err)
			},
		}),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	webhooks.On(receiver, func(_ context.Context, event webhooks.UserJoinedServer) error {
		fmt.Println("slowly welcoming", event.User.Username)
		return nil
	})
	fmt.Println("status", deliver(receiver, webhooks.KindUserJoinedServer,
		webhooks.WithStandardWebhooksSignature(secret.New(webhookstest.StandardSecret))))

	// In a program: after http.Server.Shutdown.
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := receiver.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	// Unordered output:
	// status 200
	// slowly welcoming ada
}

// Parse is for programs that dispatch and respond in their own way.
func ExampleReceiver_Parse() {
	receiver, err := webhooks.NewReceiver(
		webhooks.WithKeyHeader(webhooks.APIKeyHeader, webhooks.NewSecret("2026", webhookstest.APIKey)),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		delivery, err := receiver.Parse(r)
		if err == nil {
			switch event := delivery.Event.(type) {
			case webhooks.UserVisitedServer:
				fmt.Println("visited:", event.User.Username)
			case webhooks.Unknown:
				fmt.Println("unknown:", event.Name)
			}
		}
		webhooks.Respond(w, err)
	})
	fmt.Println(deliver(handler, webhooks.KindUserVisitedServer, webhooks.WithAPIKey(webhookstest.APIKey)))
	// Output:
	// visited: ada
	// 200
}

// Middleware puts the receiver before your handler, or a framework's.
func ExampleReceiver_Middleware() {
	receiver, err := webhooks.NewReceiver(
		webhooks.WithKeyHeader(webhooks.APIKeyHeader, webhooks.NewSecret("2026", webhookstest.APIKey)),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	handler := receiver.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		delivery, _ := webhooks.DeliveryFrom(r.Context())
		fmt.Println("verified by", delivery.Matches[0].Verifier)
		w.WriteHeader(http.StatusNoContent)
	}))
	fmt.Println(deliver(handler, webhooks.KindUserVisitedServer, webhooks.WithAPIKey(webhookstest.APIKey)))
	// Output:
	// verified by key header
	// 204
}

// A sender calls one hook, with the key and the encryption that it demands.
func ExampleNewSender() {
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println("encrypted:", r.Header.Get("X-Encrypted"))
		if r.Header.Get("X-Api-Key") != webhookstest.APIKey {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	defer hook.Close()

	// The URL is issued in the admin interface, and as secret as the key.
	sender, err := webhooks.NewSender(secret.New(hook.URL+"/incoming/0123456789abcdef"),
		webhooks.WithAPIKey(webhookstest.APIKey),
		webhooks.WithEncryption(webhooks.AES256GCM, secret.New(webhookstest.AESKey)),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sender.CloseIdleConnections()
	ctx := context.Background()
	err = sender.SendMessage(ctx, webhooks.SendMessageParams{
		ChannelID: "64b7f0c2a1d3e4f5a6b7c803", Message: "gg", Sender: "bot@example.com",
	})
	fmt.Println("sent:", err == nil)

	err = sender.UpdateCurrency(ctx, webhooks.UpdateCurrencyParams{User: "ada", Amount: "25"})
	fmt.Println(err)
	// Output:
	// encrypted: true
	// sent: true
	// webhooks: updateCurrency: Operation must not be empty
}

// Whether to send again is a matter of whether the hook may have acted.
func ExampleSendError() {
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadGateway)
	}))
	defer hook.Close()
	sender, err := webhooks.NewSender(secret.New(hook.URL + "/incoming/0123456789abcdef"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sender.CloseIdleConnections()
	err = sender.UpdateCurrency(context.Background(), webhooks.UpdateCurrencyParams{
		User: "ada", Amount: "25", Operation: webhooks.CurrencyAdd,
	})
	if failure, ok := errors.AsType[*webhooks.SendError](err); ok && failure.MaybeApplied() {
		fmt.Println("do not pay twice:", err)
	}
	// Output:
	// do not pay twice: webhooks: updateCurrency: 502 Bad Gateway [the change may have been applied]
}
