package webhooks_test

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"time"

	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/webhooks"
	"github.com/returningai/returningai-go/webhooks/webhookstest"
)

// welcome returns a receiver with a callback that prints whom it welcomes.
func welcome(options ...webhooks.ReceiverOption) http.Handler {
	receiver, err := webhooks.NewReceiver(options...)
	if err != nil {
		panic(err)
	}
	webhooks.On(receiver, func(_ context.Context, event webhooks.UserJoinedServer) error {
		fmt.Println("welcome,", event.User.DisplayName)
		return nil
	})
	return receiver
}

// Standard Webhooks sign an id, a time and the body.
func ExampleWithStandardWebhooks() {
	receiver := welcome(webhooks.WithStandardWebhooks(webhooks.NewSecret("2026", webhookstest.StandardSecret)))
	fmt.Println(deliver(receiver, webhooks.KindUserJoinedServer,
		webhooks.WithStandardWebhooksSignature(secret.New(webhookstest.StandardSecret))))
	fmt.Println("unsigned:", deliver(receiver, webhooks.KindUserJoinedServer))
	// Output:
	// welcome, Ada
	// 200
	// unsigned: 401
}

// A sender that uses the headers of Svix.
func ExampleWithSvix() {
	receiver, err := webhooks.NewReceiver(webhooks.WithSvix(webhooks.NewSecret("2026", webhookstest.StandardSecret)))
	fmt.Println(receiver != nil, err)
	// Output: true <nil>
}

// A signature that covers a time, an id and the body, in hex.
func ExampleWithHMAC() {
	format := webhooks.HMAC{
		Header: "X-Signature", Prefix: "v1=",
		Signed: "{id}.{timestamp}.{body}", IDHeader: "X-Delivery", TimestampHeader: "X-Timestamp",
	}
	const key = "a key of at least sixteen bytes"
	receiver := welcome(webhooks.WithHMAC(format, webhooks.NewSecret("2026", key)))
	fmt.Println(deliver(receiver, webhooks.KindUserJoinedServer, webhooks.WithHMACSignature(format, secret.New(key))))
	// Output:
	// welcome, Ada
	// 200
}

// A shared key in a header proves the sender, not the body.
func ExampleWithKeyHeader() {
	receiver := welcome(webhooks.WithKeyHeader(webhooks.APIKeyHeader, webhooks.NewSecret("2026", webhookstest.APIKey)))
	fmt.Println(deliver(receiver, webhooks.KindUserJoinedServer, webhooks.WithAPIKey(webhookstest.APIKey)))
	// Output:
	// welcome, Ada
	// 200
}

// A sender that can be given a URL and nothing else.
func ExampleWithURLSecret() {
	const key = "a-key-of-at-least-sixteen-bytes"
	receiver := welcome(webhooks.WithURLSecret("key", webhooks.NewSecret("2026", key)))
	request, err := webhookstest.NewRequest("/hooks/returningai?key="+key, webhookstest.Body(webhooks.KindUserJoinedServer))
	if err != nil {
		fmt.Println(err)
		return
	}
	recorder := httptest.NewRecorder()
	receiver.ServeHTTP(recorder, request)
	fmt.Println(recorder.Code)
	// Output:
	// welcome, Ada
	// 200
}

// A proof that only this program knows. Compare secrets in constant time.
func ExampleVerifierFunc() {
	basic := webhooks.VerifierFunc("basic auth", func(header http.Header, _ url.Values) error {
		request := http.Request{Header: header}
		user, password, _ := request.BasicAuth()
		if user != "hooks" || subtle.ConstantTimeCompare([]byte(password), []byte("s3cret")) == 0 {
			return errors.New("wrong user or password")
		}
		return nil
	})
	receiver := welcome(basic)
	authorization := "Basic " + base64.StdEncoding.EncodeToString([]byte("hooks:s3cret"))
	fmt.Println(deliver(receiver, webhooks.KindUserJoinedServer, webhooks.WithHeader("Authorization", authorization)))
	fmt.Println(deliver(receiver, webhooks.KindUserJoinedServer))
	// Output:
	// welcome, Ada
	// 200
	// 401
}

// A signature in a format of its own, such as one that a library checks.
func ExampleVerifierBodyFunc() {
	check := func(http.Header, []byte) (id string, signed time.Time, err error) { // the library's
		return "delivery-1", time.Now(), nil
	}
	receiver := welcome(webhooks.VerifierBodyFunc("library", func(header http.Header, rawBody []byte) (webhooks.Proof, error) {
		id, signed, err := check(header, rawBody)
		return webhooks.Proof{ID: id, Timestamp: signed}, err
	}))
	for range 2 { // the second one is a duplicate
		fmt.Println(deliver(receiver, webhooks.KindUserJoinedServer))
	}
	// Output:
	// welcome, Ada
	// 200
	// 200
}

// While the sender changes from a key to a signature, either is accepted.
func ExampleAnyOf() {
	receiver := welcome(webhooks.AnyOf(
		webhooks.WithStandardWebhooks(webhooks.NewSecret("2026", webhookstest.StandardSecret)),
		webhooks.WithKeyHeader(webhooks.APIKeyHeader, webhooks.NewSecret("2025", webhookstest.APIKey)),
	))
	fmt.Println(deliver(receiver, webhooks.KindUserJoinedServer, webhooks.WithAPIKey(webhookstest.APIKey)))
	// Output:
	// welcome, Ada
	// 200
}

// A store that several processes share; this one serves one process. While the
// store fails, FailOpen handles deliveries without a record.
func ExampleDeduper() {
	memory, err := webhooks.NewMemoryDeduper(100_000, 24*time.Hour) // or of contrib/redisdedupe, contrib/sqldedupe
	if err != nil {
		fmt.Println(err)
		return
	}
	receiver := welcome(
		webhooks.WithKeyHeader(webhooks.APIKeyHeader, webhooks.NewSecret("2026", webhookstest.APIKey)),
		webhooks.WithBodyDigestDedupe(),
		webhooks.WithDeduper(webhooks.FailOpen(memory, func(err error) { fmt.Println("store:", err) })),
	)
	for range 2 {
		fmt.Println(deliver(receiver, webhooks.KindUserJoinedServer, webhooks.WithAPIKey(webhookstest.APIKey)))
	}
	// Output:
	// welcome, Ada
	// 200
	// 200
}

// A sender that names events in another way, and one hook that names none.
func ExampleWithEventName() {
	receiver := welcome(
		webhooks.WithKeyHeader(webhooks.APIKeyHeader, webhooks.NewSecret("2026", webhookstest.APIKey)),
		webhooks.WithKindFields("eventName"),
		webhooks.WithEventName("member.joined", webhooks.KindUserJoinedServer),
		webhooks.WithEventKind("/hooks/joined", webhooks.KindUserJoinedServer),
	)
	for target, body := range map[string]string{
		"/hooks":        `{"eventName": "member.joined", "user": {"displayName": "Ada"}}`,
		"/hooks/joined": `{"user": {"displayName": "Bob"}}`,
	} {
		request, err := webhookstest.NewRequest(target, json.RawMessage(body), webhooks.WithAPIKey(webhookstest.APIKey))
		if err != nil {
			fmt.Println(err)
			return
		}
		receiver.ServeHTTP(httptest.NewRecorder(), request)
	}
	// Unordered output:
	// welcome, Ada
	// welcome, Bob
}

// An envelope with names that are not among the usual ones.
func ExampleWithEnvelopeNames() {
	receiver := welcome(
		webhooks.WithDecryption(webhooks.AES256GCM, webhooks.NewSecret("2026", webhookstest.AESKey)),
		webhooks.WithEnvelopeNames(webhooks.EnvelopeNames{IV: []string{"n"}, Ciphertext: []string{"c"}, Tag: []string{"t"}}),
	)
	fmt.Println(deliver(receiver, webhooks.KindUserJoinedServer,
		webhooks.WithEncryption(webhooks.AES256GCM, secret.New(webhookstest.AESKey)),
		webhooks.WithEnvelope(webhooks.Envelope{IVName: "n", CiphertextName: "c", TagName: "t", Encoding: webhooks.Base64}),
	))
	// Output:
	// welcome, Ada
	// 200
}

// A layout that no Envelope describes. A real hook would read it; this one only
// shows it.
func ExampleWithEnvelopeFunc() {
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		fmt.Println(r.Header.Get("Content-Type"), r.Header.Get("X-Encrypted"))
	}))
	defer hook.Close()
	sender, err := webhooks.NewSender(secret.New(hook.URL),
		webhooks.WithEncryption(webhooks.AES256GCM, secret.New(webhookstest.AESKey)),
		webhooks.WithEnvelopeFunc(func(iv, ciphertext, tag []byte) ([]byte, string, error) {
			return append(append(append([]byte{1}, iv...), ciphertext...), tag...), "application/octet-stream", nil
		}),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sender.CloseIdleConnections()
	fmt.Println(sender.Send(context.Background(), map[string]any{"player": "ada", "gold": 250}))
	// Output:
	// application/octet-stream true
	// <nil>
}

// A hook that maps other names takes any JSON, signed here.
func ExampleSender_Send() {
	const key = "a key of at least sixteen bytes"
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		fmt.Println("signed:", r.Header.Get("X-Signature-256") != "")
	}))
	defer hook.Close()
	sender, err := webhooks.NewSender(secret.New(hook.URL),
		webhooks.WithHMACSignature(webhooks.HMAC{Header: "X-Signature-256", Prefix: "sha256="}, secret.New(key)),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sender.CloseIdleConnections()
	fmt.Println(sender.Send(context.Background(), map[string]any{"player": "ada", "gold": 250}))
	// Output:
	// signed: true
	// <nil>
}

// A queue carries deliveries from the handler to a worker.
func ExampleReceiver_Dispatch() {
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
	queue := make(chan []byte, 1) // on disk in a program
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		delivery, err := receiver.Parse(r)
		if err == nil {
			var message []byte
			message, err = json.Marshal(delivery)
			queue <- message
		}
		webhooks.Respond(w, err)
	})
	fmt.Println(deliver(handler, webhooks.KindUserJoinedServer, webhooks.WithAPIKey(webhookstest.APIKey)))

	var delivery webhooks.Delivery
	if err := json.Unmarshal(<-queue, &delivery); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(receiver.Dispatch(context.Background(), &delivery))
	// Output:
	// 200
	// welcome, Ada
	// <nil>
}

// A serverless function gets the parts of a request.
func ExampleNewRequest() {
	receiver, err := webhooks.NewReceiver(
		webhooks.WithKeyHeader(webhooks.APIKeyHeader, webhooks.NewSecret("2026", webhookstest.APIKey)),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	header := map[string]string{"x-api-key": webhookstest.APIKey, "content-type": "application/json"}
	request := webhooks.NewRequest(http.MethodPost, "/hooks/returningai", "", header, []byte(`{"event": "user_joins_server"}`))
	delivery, err := receiver.Parse(request)
	if err == nil {
		fmt.Println(delivery.Event.Base().Kind)
		err = receiver.Dispatch(context.Background(), delivery)
	}
	fmt.Println(webhooks.StatusCode(err))
	// Output:
	// user_joins_server
	// 200
}

// A callback whose every step can be done twice asks for another delivery.
func ExampleDeliverAgain() {
	receiver, err := webhooks.NewReceiver(
		webhooks.WithKeyHeader(webhooks.APIKeyHeader, webhooks.NewSecret("2026", webhookstest.APIKey)),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	webhooks.On(receiver, func(context.Context, webhooks.StoreItemPurchased) error {
		publishTotal := func() error { return lostResponse{} } // a total, not a change
		return webhooks.DeliverAgain(publishTotal())
	})
	fmt.Println(deliver(receiver, webhooks.KindStoreItemPurchased, webhooks.WithAPIKey(webhookstest.APIKey)))
	// Output: 500
}
