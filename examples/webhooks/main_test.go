package main

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/webhooks"
	"github.com/returningai/returningai-go/webhooks/webhookstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestDemo receives, refuses, finishes and ends.
func TestDemo(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, runDemo(t.Context(), &out))
	for _, line := range []string{
		"msg=receiving url=http://127.0.0.1:",
		"delivered user_joins_server, encrypted: status 200 OK",
		"welcome, Ada!",
		"ada in general: good game",
		"ada bought Golden frame (order ORD1001)",
		`nothing to do for "create_analysis"`,
		"delivered user_joins_server, not encrypted: status 401 Unauthorized",
		"msg=ended clean=true",
	} {
		require.Contains(t, out.String(), line)
	}
	require.Equal(t, 1, strings.Count(out.String(), "welcome, Ada!"))
	require.NotContains(t, out.String(), webhookstest.APIKey)
	require.NotContains(t, out.String(), webhookstest.AESKey)
}

// TestAgainstTheFake receives what the fake server reports, with a cipher that
// is not the SDK's.
func TestAgainstTheFake(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	var out bytes.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	urls, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- serve(ctx, "localhost:0", demoEnvironment, &lockedWriter{out: &out}, func(url string) { urls <- url })
		close(urls)
	}()
	srv.SendWebhooks(returningaitest.Webhook{
		URL: <-urls, Key: webhookstest.APIKey,
		Encryption: returningaitest.Encryption{Mode: returningaitest.AES256GCM, Key: webhookstest.AESKey},
		Events:     []returningaitest.WebhookEvent{returningaitest.EventItemPurchased, returningaitest.EventUserVisited},
	})
	srv.PurchaseItem("player-one", returningaitest.Purchase{Item: "Golden frame"})
	srv.VisitServer("player-one")
	require.NoError(t, srv.WaitForDeliveries(ctx))
	cancel()
	require.NoError(t, <-ended)
	for _, delivery := range srv.Deliveries() {
		require.Equal(t, returningaitest.DeliveryDelivered, delivery.State)
	}
	require.Contains(t, out.String(), "player-one bought Golden frame (order ORD1001)")
	require.Contains(t, out.String(), `nothing to do for "user_visits_server"`)
}

// TestSetup refuses to start without a key, with a wrong one, or where
// something else listens.
func TestSetup(t *testing.T) {
	t.Parallel()
	environment := func(pairs map[string]string) func(string) string {
		return func(name string) string { return pairs[name] }
	}
	var out bytes.Buffer
	err := serve(t.Context(), "localhost:0", environment(nil), &out, nil)
	require.ErrorContains(t, err, "WithKeyHeader: secret 1: is empty")
	err = serve(t.Context(), "localhost:0", environment(map[string]string{
		"RETURNINGAI_WEBHOOK_KEY": webhookstest.APIKey, "RETURNINGAI_WEBHOOK_AES_KEY": "short",
	}), &out, nil)
	require.ErrorContains(t, err, "an AES-256 key is exactly 32 bytes")

	listener, err := net.Listen("tcp", "localhost:0")
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	err = serve(t.Context(), listener.Addr().String(), demoEnvironment, &out, nil)
	require.ErrorContains(t, err, "address already in use")
	require.NotContains(t, out.String(), "receiving")
}

// TestRotation starts with two keys, and ends when its context does.
func TestRotation(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	err := serve(ctx, "localhost:0", func(name string) string {
		return map[string]string{
			"RETURNINGAI_WEBHOOK_KEY": webhookstest.APIKey, "RETURNINGAI_WEBHOOK_KEY_OLD": "the-key-before-it-1234",
		}[name]
	}, &out, func(string) { cancel() })
	require.NoError(t, err)
	require.Contains(t, out.String(), "msg=ended clean=true")
}

// TestServerFails finishes what was acknowledged when the server fails, and
// returns the server's error.
func TestServerFails(t *testing.T) {
	t.Parallel()
	out := &gatedWriter{gate: make(chan struct{})}
	logger := slog.New(slog.NewTextHandler(out, nil))
	receiver, err := newReceiver(demoEnvironment, out, logger)
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "localhost:0")
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() { ended <- receive(t.Context(), listener, receiver, logger) }()

	request, err := webhookstest.NewRequest("http://"+listener.Addr().String()+hookPath, webhookstest.Body(webhooks.KindUserJoinedServer),
		webhooks.WithAPIKey(webhookstest.APIKey), webhooks.WithEncryption(webhooks.AES256GCM, secret.New(webhookstest.AESKey)))
	require.NoError(t, err)
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	answer, err := client.Do(request.WithContext(t.Context()))
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, http.StatusOK, answer.StatusCode)

	require.NoError(t, listener.Close())
	require.ErrorIs(t, <-ended, net.ErrClosed)
	require.Contains(t, out.text.String(), "welcome, Ada!")
	require.Contains(t, out.text.String(), "msg=ended clean=false")
}

// gatedWriter holds the callback up until the end has begun.
type gatedWriter struct {
	gate chan struct{}
	mu   sync.Mutex
	text bytes.Buffer
}

func (w *gatedWriter) Write(data []byte) (int, error) {
	switch {
	case bytes.Contains(data, []byte("welcome")):
		<-w.gate
	case bytes.Contains(data, []byte("msg=ending")):
		close(w.gate)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(data)
}
