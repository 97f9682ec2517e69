package returningai_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/secret"
)

func Example() {
	client, err := returningai.New(returningai.WithBearer(os.Getenv("RETURNINGAI_TOKEN")))
	if err != nil {
		log.Fatal(err)
	}
	err = client.Integration.Messages.Send(context.Background(), integration.SendMessageParams{
		ChannelID: "65f0c0ffee65f0c0ffee0001", Message: "gg", Sender: "bot@example.com",
	})
	if err != nil {
		log.Fatal(err)
	}
}

// Tell apart what to do about a failure.
func ExampleError() {
	srv, err := returningaitest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	srv.Inject(returningaitest.Fault{Response: returningaitest.CutBeforeResponse()})

	err = srv.Client().Integration.Messages.Send(context.Background(), integration.SendMessageParams{
		ChannelID: srv.Channels()[0].ID, Message: "gg", Sender: srv.Users()[0].Username,
	})
	var failure *returningai.Error
	switch {
	case err == nil:
		fmt.Println("sent")
	case errors.Is(err, returningai.ErrRateLimited):
		fmt.Println("try again later")
	case errors.Is(err, returningai.ErrForbidden):
		fmt.Println("the token lacks a permission")
	case errors.As(err, &failure) && failure.MaybeApplied():
		fmt.Println("it may have been posted: look before sending it again")
	default:
		fmt.Println("not sent")
	}
	// Output: it may have been posted: look before sending it again
}

// Reach an operation that this package does not know yet.
func ExampleClient_Call() {
	srv, err := returningaitest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()

	var channels []struct {
		Topic string `json:"topic"`
	}
	err = srv.Client().Call(context.Background(), returningai.CallParams{
		Family: returningai.FamilyIntegration, Method: http.MethodGet, Path: "/channels",
	}, &channels)
	fmt.Println(channels[0].Topic, err)
	// Output: general <nil>
}

// Correct a route that is assumed, and turned out to be another one.
func ExampleWithRoute() {
	_, err := returningai.New(
		returningai.WithBearer("token"),
		returningai.WithRoute(returningai.OperationIntegrationChannelsList, http.MethodGet, "/v2/channels?archived=false"),
	)
	fmt.Println(err)
	// Output: <nil>
}

// Fetch the token from wherever it is kept, and again when it is refused.
func ExampleWithBearerSource() {
	client, err := returningai.New(returningai.WithBearerSource(func(context.Context) (returningai.Token, error) {
		text, err := os.ReadFile("/run/secrets/returningai")
		return returningai.Token{Value: secret.New(string(text)), Expiry: time.Now().Add(time.Hour)}, err
	}))
	fmt.Println(client, err)
	// Output: returningai.Client(0.1.0) <nil>
}

// See the server's response to a single call.
func ExampleCaptureResponse() {
	srv, err := returningaitest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	srv.Inject(returningaitest.Fault{Response: returningaitest.RetryAfter(429, "0")})

	var response returningai.Response
	_, err = srv.Client().Integration.Channels.List(returningai.CaptureResponse(context.Background(), &response))
	fmt.Println(response.StatusCode, response.Attempts, err)
	// Output: 200 2 <nil>
}
