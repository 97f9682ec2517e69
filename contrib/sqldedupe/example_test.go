package sqldedupe_test

import (
	"context"
	"database/sql"
	"log"
	"os"

	"github.com/returningai/returningai-go/contrib/sqldedupe"
	"github.com/returningai/returningai-go/webhooks"
)

// Several processes share the record of deliveries in PostgreSQL. The program
// imports a driver such as pgx.
func ExampleNew() {
	db, err := sql.Open("pgx", os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	deduper, err := sqldedupe.New(db, sqldedupe.Options{Dialect: sqldedupe.PostgreSQL, WhenDown: sqldedupe.Refuse})
	if err != nil {
		log.Fatal(err)
	}
	if err := deduper.CreateTable(context.Background()); err != nil {
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
