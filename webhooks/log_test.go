package webhooks_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/webhooks"
	"github.com/returningai/returningai-go/webhooks/webhookstest"
)

// logTo logs everything, without the time.
func logTo(log *buffer) webhooks.Option {
	return webhooks.WithLogger(slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, attr slog.Attr) slog.Attr {
			if attr.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return attr
		},
	})))
}

// TestOutcomeInLog logs one line for each request, with what is known of the
// delivery.
func TestOutcomeInLog(t *testing.T) {
	t.Parallel()
	const known = ` webhook.kind=user_joins_server webhook.id=msg_1 webhook.key_id=current ` +
		`webhook.verified.verifier="Standard Webhooks" webhook.verified.secret_id=standard`
	for name, want := range map[string]string{
		"done":      `DEBUG msg="webhook delivery accepted" http.response.status_code=200` + known,
		"failed":    `ERROR msg="webhook delivery failed" http.response.status_code=500 error.message="webhooks: callback failed: EOF"` + known,
		"in flight": `WARN msg="webhook delivery refused" http.response.status_code=409 error.message="webhooks: the same delivery is in flight"` + known,
		"refused": `WARN msg="webhook delivery refused" http.response.status_code=401 ` +
			`error.message="webhooks: not verified: credential missing, duplicated or malformed (Standard Webhooks)"`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := newBuffer()
			receiver := newReceiver(t, acceptStandard, acceptEncrypted(webhooks.AES256GCM), logTo(log))
			request := func() *http.Request {
				return webhookstest.Request(t, path, joined, sendStandard, sendEncrypted(webhooks.AES256GCM), webhooks.WithMessageID(func() string { return "msg_1" }))
			}
			webhooks.On(receiver, func(context.Context, webhooks.UserJoinedServer) error {
				switch name {
				case "failed":
					return io.EOF
				case "in flight":
					serveOnce(receiver, request())
				}
				return nil
			})
			sent := request()
			if name == "refused" {
				sent.Header.Del("Webhook-Signature")
			}
			serveOnce(receiver, sent)
			first, _, _ := strings.Cut(log.String(), "\n")
			require.Equal(t, "level="+want, first)
		})
	}
}

// TestAsyncOutcomeInLog logs the outcome of a queued delivery, and nothing of
// an OnFailure that is not set.
func TestAsyncOutcomeInLog(t *testing.T) {
	t.Parallel()
	log := newBuffer()
	receiver := newReceiver(t, acceptStandard, logTo(log), webhooks.WithAsync(webhooks.Async{Queue: 1, Workers: 1}))
	webhooks.On(receiver, func(context.Context, webhooks.UserJoinedServer) error { return io.EOF })
	require.Equal(t, http.StatusOK, serveOnce(receiver, identified(t, "msg_1")))
	require.NoError(t, receiver.Shutdown(t.Context()))
	require.Equal(t, 1, strings.Count(log.String(), "webhook delivery accepted"))
	require.Equal(t, 1, strings.Count(log.String(), `error.message="webhooks: callback failed: EOF" webhook.kind=user_joins_server webhook.id=msg_1`))
	require.Equal(t, 2, strings.Count(log.String(), "\n"))
}

// TestMiddlewareInLog logs what the middleware refuses, and where a handler
// panicked. The server's own log has the rest.
func TestMiddlewareInLog(t *testing.T) {
	t.Parallel()
	log := newBuffer()
	handler := newReceiver(t, acceptStandard, logTo(log)).Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("no") }))
	require.Equal(t, http.StatusUnauthorized, serveOnce(handler, plain(t, path, "{}")))
	require.Equal(t, http.StatusInternalServerError, serveOnce(handler, identified(t, "msg_1")))
	refused, panicked, _ := strings.Cut(log.String(), "\n")
	require.True(t, containsAll(refused, "webhook delivery refused", "http.response.status_code=401"), refused)
	require.True(t, containsAll(panicked, "webhook callback panicked", "webhook.id=msg_1", "log_test.go"), panicked)
}

// TestSenderInLog logs each attempt, each retry and the outcome.
func TestSenderInLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := newBuffer()
		sender, _ := scripted(t, func(number int, _ *http.Request) (*http.Response, error) {
			return reply([]int{429, 200, 400}[number-1], "Retry-After", "0"), nil
		}, logTo(log))
		require.NoError(t, sender.SendMessage(t.Context(), message))
		require.Error(t, sender.Send(t.Context(), "x"))
		text := regexp.MustCompile(`(duration|wait)=\S+`).ReplaceAllString(log.String(), "$1=…")
		require.Equal(t, []string{
			`level=DEBUG msg="webhooks: attempt done" webhook.operation=sendMessage http.response.status_code=429 webhook.attempt=1 duration=…`,
			`level=INFO msg="webhooks: retrying" webhook.operation=sendMessage http.request.resend_count=1 wait=… reason=status`,
			`level=DEBUG msg="webhooks: attempt done" webhook.operation=sendMessage http.response.status_code=200 webhook.attempt=2 duration=…`,
			`level=DEBUG msg="webhooks: message done" webhook.operation=sendMessage http.response.status_code=200 http.request.resend_count=1 error.message=""`,
			`level=DEBUG msg="webhooks: attempt done" webhook.operation=send http.response.status_code=400 webhook.attempt=1 duration=…`,
			`level=WARN msg="webhooks: message done" webhook.operation=send http.response.status_code=400 http.request.resend_count=0 error.message="webhooks: send: 400 Bad Request"`,
		}, strings.Split(strings.TrimSpace(text), "\n"))

		log = newBuffer()
		idle := newSender(t, "https://hooks.example.com"+hookPath, logTo(log))
		require.Error(t, idle.Send(t.Context(), func() {}))
		require.Empty(t, log.String(), "nothing was sent")
	})
}

// TestKindInLog shows one bounded line of a kind, whatever the sender makes of
// it.
func TestKindInLog(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]string{
		strings.Repeat("k", 64):         strings.Repeat("k", 64),
		strings.Repeat("k", 65):         strings.Repeat("k", 64),
		strings.Repeat("k", 250_000):    strings.Repeat("k", 64),
		strings.Repeat("é", 31) + "xyz": strings.Repeat("é", 31) + "xy",
		strings.Repeat("é", 31) + "xé":  strings.Repeat("é", 31) + "x",
		"a\nlevel=ERROR\x1b[31m\u2028b": `"a level=ERROR [31m b"`,
	} {
		log := newBuffer()
		receiver := newReceiver(t, acceptKey, webhooks.WithBodyDigestDedupe(), logTo(log))
		require.Equal(t, http.StatusOK, serveOnce(receiver, webhookstest.Request(t, path, map[string]string{"type": kind}, sendKey)))
		require.Equal(t, 2, strings.Count(log.String(), "webhook.kind="+want+" webhook.verified."), kind)
		require.Equal(t, 2, strings.Count(log.String(), "\n"))
	}
}
