package returningaiotel_test

import (
	"context"
	"fmt"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	returningaiotel "github.com/returningai/returningai-go/contrib/otel"
	"github.com/returningai/returningai-go/returningaitest"
)

// A program gives its own providers, or sets the global ones and gives none. The
// fake server stands in for the service here.
func Example() {
	spans := tracetest.NewInMemoryExporter()
	telemetry, err := returningaiotel.New(returningaiotel.WithTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))))
	if err != nil {
		panic(err)
	}
	srv, err := returningaitest.Start()
	if err != nil {
		panic(err)
	}
	defer srv.Close()
	client := srv.Client(telemetry.Options()...) // or returningai.New(append(telemetry.Options(), …)...)

	if _, err := client.System.Badges.Award(context.Background(), srv.Badges()[0].ID, "1102"); err != nil {
		panic(err)
	}
	for _, span := range spans.GetSpans() {
		fmt.Println(span.Name)
	}
	// Output:
	// POST /badges/{id}/award
	// system.badges.award
}
