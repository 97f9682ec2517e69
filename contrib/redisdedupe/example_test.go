package redisdedupe_test

import (
	"log"
	"os"

	"github.com/redis/go-redis/v9"

	"github.com/returningai/returningai-go/contrib/redisdedupe"
	"github.com/returningai/returningai-go/webhooks"
)

// Several processes share the record of deliveries.
func ExampleNew() {
	client := redis.NewClient(&redis.Options{Addr: "localhost:6379", ContextTimeoutEnabled: true})
	deduper, err := redisdedupe.New(client, redisdedupe.Options{WhenDown: redisdedupe.Refuse})
	if err != nil {
		log.Fatal(err)
	}
	receiver, err := webhooks.NewReceiver(
		webhooks.WithStandardWebhooks(webhooks.NewSecret("2026", os.Getenv("WEBHOOK_SECRET"))),
		webhooks.WithDeduper(deduper),
	)
	if err != nil {
		log.Fatal(err)
	}
	_ = receiver // http.Handle("POST /hooks/returningai", receiver)
}
