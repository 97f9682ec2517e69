// Command webhooks is a webhook receiver to copy: it verifies, decrypts and
// dispatches what Returning.AI sends, acknowledges first and calls back
// afterwards, and drains its queue before it ends. A crash loses what is queued:
// omit WithAsync where that matters.
//
// To see it work, without any setup:
//
//	go run ./examples/webhooks -demo
//
// To receive, put a proxy that speaks HTTPS in front of it and set
//
//	RETURNINGAI_WEBHOOK_KEY      the key that is sent in x-api-key
//	RETURNINGAI_WEBHOOK_KEY_OLD  optional: the key before it, while you rotate
//	RETURNINGAI_WEBHOOK_AES_KEY  optional: the 32 characters that encrypt, in AES-256-GCM
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/returningai/returningai-go/webhooks"
)

func main() {
	address := flag.String("listen", "localhost:8080", "address to listen on")
	demo := flag.Bool("demo", false, "deliver a few events to itself and end")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends it at once

	run := func() error { return serve(ctx, *address, os.Getenv, os.Stdout, nil) }
	if *demo {
		run = func() error { return runDemo(ctx, os.Stdout) }
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// newReceiver sets the receiver up from the environment. Add what to do with
// events here. Without WithAsync, an error of a callback makes the sender deliver
// the event again, from the start: make one call in it that must not be done
// twice, or record each step, and wrap errors with %w.
func newReceiver(getenv func(string) string, out io.Writer, logger *slog.Logger) (*webhooks.Receiver, error) {
	keys := []webhooks.Secret{webhooks.NewSecret("current", getenv("RETURNINGAI_WEBHOOK_KEY"))}
	if old := getenv("RETURNINGAI_WEBHOOK_KEY_OLD"); old != "" {
		keys = append(keys, webhooks.NewSecret("old", old))
	}
	options := []webhooks.ReceiverOption{
		webhooks.WithKeyHeader(webhooks.APIKeyHeader, keys...),
		webhooks.WithLogger(logger),
		webhooks.WithAsync(webhooks.Async{
			Queue:   1000,
			Workers: 4,
			OnFailure: func(ctx context.Context, delivery *webhooks.Delivery, err error) {
				// It was acknowledged, so it does not come again: keep it.
				logger.ErrorContext(ctx, "event lost", slog.Any("kind", delivery.Event.Base().Kind), slog.Any("error", err))
			},
		}),
	}
	if key := getenv("RETURNINGAI_WEBHOOK_AES_KEY"); key != "" {
		options = append(options, webhooks.WithDecryption(webhooks.AES256GCM, webhooks.NewSecret("current", key)))
	}
	receiver, err := webhooks.NewReceiver(options...)
	if err != nil {
		return nil, err
	}

	webhooks.On(receiver, func(_ context.Context, event webhooks.UserJoinedServer) error {
		_, err := fmt.Fprintf(out, "welcome, %s!\n", event.User.DisplayName)
		return err
	})
	webhooks.On(receiver, func(_ context.Context, event webhooks.MessagePosted) error {
		_, err := fmt.Fprintf(out, "%s in %s: %s\n", event.Sender.Username, event.Channel.Topic, event.Message)
		return err
	})
	webhooks.On(receiver, func(_ context.Context, event webhooks.StoreItemPurchased) error {
		_, err := fmt.Fprintf(out, "%s bought %s (order %s)\n", event.Buyer.Username, event.Item.Name, event.OrderID)
		return err
	})
	webhooks.On(receiver, func(_ context.Context, event webhooks.Event) error {
		_, err := fmt.Fprintf(out, "nothing to do for %q\n", event.Base().Kind)
		return err
	})
	return receiver, nil
}

// hookPath is where deliveries arrive.
const hookPath = "/hooks/returningai"

// shutdownTime is how long requests and queued work get to finish.
const shutdownTime = 20 * time.Second

// serve receives until ctx ends. It tells ready, unless that is nil, the URL
// that it receives at.
func serve(ctx context.Context, address string, getenv func(string) string, out io.Writer, ready func(url string)) error {
	logger := slog.New(slog.NewTextHandler(out, nil))
	receiver, err := newReceiver(getenv, out, logger)
	if err != nil {
		return err
	}
	var configuration net.ListenConfig
	listener, err := configuration.Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	url := "http://" + listener.Addr().String() + hookPath
	logger.InfoContext(ctx, "receiving", slog.String("url", url))
	if ready != nil {
		ready(url)
	}
	return receive(ctx, listener, receiver, logger)
}

// receive takes deliveries from listener until ctx ends or the server fails,
// and finishes what it has taken.
func receive(ctx context.Context, listener net.Listener, receiver *webhooks.Receiver, logger *slog.Logger) error {
	mux := http.NewServeMux()
	mux.Handle(hookPath, receiver)
	server := &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      15 * time.Second,
		IdleTimeout:       time.Minute,
	}
	serving, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		ended <- server.Serve(listener)
		cancel()
	}()
	<-serving.Done()
	logger.InfoContext(ctx, "ending")
	// The server first, so that nothing new arrives, then what is queued. Also
	// when the server has failed: what it acknowledged does not come again.
	limited, cancelLimited := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancelLimited()
	err := errors.Join(server.Shutdown(limited), receiver.Shutdown(limited))
	if failed := <-ended; !errors.Is(failed, http.ErrServerClosed) {
		err = errors.Join(failed, err)
	}
	logger.InfoContext(ctx, "ended", slog.Bool("clean", err == nil))
	return err
}
