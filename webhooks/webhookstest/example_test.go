package webhookstest_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"

	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/webhooks"
	"github.com/returningai/returningai-go/webhooks/webhookstest"
)

// A receiver under test gets a signed delivery, and then the same again. In a
// test, Request saves the error.
func ExampleNewRequest() {
	receiver, err := webhooks.NewReceiver(
		webhooks.WithStandardWebhooks(webhooks.NewSecret("test", webhookstest.StandardSecret)),
	)
	if err != nil {
		log.Fatal(err)
	}
	webhooks.On(receiver, func(_ context.Context, event webhooks.UserJoinedServer) error {
		fmt.Println("welcome,", event.User.DisplayName)
		return nil
	})

	request, err := webhookstest.NewRequest("/hooks/returningai", webhookstest.Body(webhooks.KindUserJoinedServer),
		webhooks.WithStandardWebhooksSignature(secret.New(webhookstest.StandardSecret)))
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		recorder := httptest.NewRecorder()
		receiver.ServeHTTP(recorder, request)
		fmt.Println(recorder.Code)
		if request, err = webhookstest.Again(request); err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// welcome, Ada
	// 200
	// 200
}

// A body that was changed on the way is refused.
func ExampleSetBody() {
	receiver, err := webhooks.NewReceiver(
		webhooks.WithStandardWebhooks(webhooks.NewSecret("test", webhookstest.StandardSecret)),
	)
	if err != nil {
		log.Fatal(err)
	}
	request, err := webhookstest.NewRequest("/hooks/returningai", webhookstest.Body(webhooks.KindStoreItemPurchased),
		webhooks.WithStandardWebhooksSignature(secret.New(webhookstest.StandardSecret)))
	if err != nil {
		log.Fatal(err)
	}
	webhookstest.SetBody(request, []byte(`{"event":"purchased_store_item","price":0}`))
	recorder := httptest.NewRecorder()
	receiver.ServeHTTP(recorder, request)
	fmt.Println(recorder.Code)
	// Output: 401
}

// Every layout of an encrypted body is read.
func ExampleEnvelopes() {
	receiver, err := webhooks.NewReceiver(
		webhooks.WithDecryption(webhooks.AES256GCM, webhooks.NewSecret("test", webhookstest.AESKey)),
	)
	if err != nil {
		log.Fatal(err)
	}
	read := 0
	webhooks.On(receiver, func(context.Context, webhooks.UserJoinedServer) error {
		read++
		return nil
	})
	envelopes := webhookstest.Envelopes(webhooks.AES256GCM)
	for _, envelope := range envelopes {
		request, err := webhookstest.NewRequest("/hooks/returningai", webhookstest.Body(webhooks.KindUserJoinedServer),
			webhooks.WithEncryption(webhooks.AES256GCM, secret.New(webhookstest.AESKey)), webhooks.WithEnvelope(envelope))
		if err != nil {
			log.Fatal(err)
		}
		receiver.ServeHTTP(httptest.NewRecorder(), request)
	}
	fmt.Println(read == len(envelopes))
	// Output: true
}
