package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/webhooks"
	"github.com/returningai/returningai-go/webhooks/webhookstest"
)

// This file is for the demonstration: leave it out when you copy the receiver.

// demoEnvironment is the setup of the demonstration.
func demoEnvironment(name string) string {
	return map[string]string{
		"RETURNINGAI_WEBHOOK_KEY":     webhookstest.APIKey,
		"RETURNINGAI_WEBHOOK_AES_KEY": webhookstest.AESKey,
	}[name]
}

// runDemo starts the receiver, delivers events as Returning.AI might, and ends
// it.
func runDemo(ctx context.Context, out io.Writer) error {
	out = &lockedWriter{out: out}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	urls := make(chan string, 1)
	ended := make(chan error, 1)
	go func() {
		ended <- serve(ctx, "localhost:0", demoEnvironment, out, func(url string) { urls <- url })
	}()
	select {
	case err := <-ended:
		return err
	case url := <-urls:
		err := deliverDemo(ctx, url, out)
		stop()
		return errors.Join(err, <-ended)
	}
}

// deliverDemo delivers events, and one that is not encrypted.
func deliverDemo(ctx context.Context, url string, out io.Writer) error {
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	deliver := func(what string, request *http.Request) error {
		answer, err := client.Do(request.WithContext(ctx))
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "delivered %s: status %s\n", what, answer.Status)
		return errors.Join(err, answer.Body.Close())
	}
	options := []webhooks.SenderOption{
		webhooks.WithAPIKey(webhookstest.APIKey),
		webhooks.WithEncryption(webhooks.AES256GCM, secret.New(webhookstest.AESKey)),
	}
	for _, kind := range []webhooks.Kind{
		webhooks.KindUserJoinedServer, webhooks.KindMessagePostedAnywhere, webhooks.KindStoreItemPurchased, webhooks.KindAnalysisCreated,
	} {
		request, err := webhookstest.NewRequest(url, webhookstest.Body(kind), options...)
		if err == nil {
			err = deliver(string(kind)+", encrypted", request)
		}
		if err != nil {
			return err
		}
	}
	// With the right key, but not encrypted: a downgrade is refused.
	request, err := webhookstest.NewRequest(url, webhookstest.Body(webhooks.KindUserJoinedServer), options[0])
	if err == nil {
		err = deliver(string(webhooks.KindUserJoinedServer)+", not encrypted", request)
	}
	return err
}

// lockedWriter lets the receiver and the demonstration write by turns.
type lockedWriter struct {
	mu  sync.Mutex
	out io.Writer
}

func (w *lockedWriter) Write(data []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.out.Write(data)
}
