// Command bot is a chat bot to copy: it replies to messages that start with
// !roll. Register its address, https://…/hooks/returningai, as a webhook for new
// messages: for messages anywhere, or for one channel, but not for both, since
// each of them delivers every message.
//
//	RETURNINGAI_TOKEN            bearer token with permission replyMessage
//	BOT_USER                     username or email of the bot's account
//	RETURNINGAI_SIGNING_SECRET   of Standard Webhooks, or else
//	RETURNINGAI_WEBHOOK_KEY      the key that is sent in x-api-key
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/webhooks"
)

func main() {
	handler, err := newHandler(os.Getenv, returningai.FromEnv())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	server := &http.Server{Addr: cmp.Or(os.Getenv("BOT_LISTEN"), "localhost:8080"), Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() {
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
		defer cancel()
		_ = server.Shutdown(limited) // deliveries that were cut off come again
	})
	fmt.Println("listening on", server.Addr)
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// newHandler serves the bot.
func newHandler(getenv func(string) string, options ...returningai.Option) (http.Handler, error) {
	user := getenv("BOT_USER")
	if user == "" {
		return nil, errors.New("BOT_USER is not set")
	}
	client, err := returningai.New(options...)
	if err != nil {
		return nil, err
	}
	receiver, err := webhooks.NewReceiver(append(proof(getenv), webhooks.WithLogger(slog.New(slog.NewTextHandler(os.Stderr, nil))))...)
	if err != nil {
		return nil, err
	}
	// An error means: not done, deliver again. If the reply may have been posted
	// although the call failed, the receiver does not ask for the delivery again,
	// since that could post the reply twice: it logs the error.
	webhooks.On(receiver, func(ctx context.Context, event webhooks.MessagePosted) error {
		text := reply(user, event)
		if text == "" {
			return nil
		}
		return client.Integration.Messages.Reply(ctx, integration.ReplyParams{
			MessageID: event.MessageID, Message: text, Sender: user,
		})
	})
	// Acknowledge other events, so that they are not delivered again.
	webhooks.On(receiver, func(context.Context, webhooks.Event) error { return nil })

	router := chi.NewRouter()
	router.Use(middleware.Recoverer)
	router.Method(http.MethodPost, "/hooks/returningai", receiver)
	return router, nil
}

// proof returns how deliveries prove where they come from. Both ways tell
// duplicates: the first by a signed id, the second by the digest of the body,
// which holds the id of the message.
func proof(getenv func(string) string) []webhooks.ReceiverOption {
	if secret := getenv("RETURNINGAI_SIGNING_SECRET"); secret != "" {
		return []webhooks.ReceiverOption{webhooks.WithStandardWebhooks(webhooks.NewSecret("current", secret))}
	}
	return []webhooks.ReceiverOption{
		webhooks.WithKeyHeader(webhooks.APIKeyHeader, webhooks.NewSecret("current", getenv("RETURNINGAI_WEBHOOK_KEY"))),
		webhooks.WithBodyDigestDedupe(),
	}
}

// reply returns what the bot says to a message, "" for nothing. It ignores its
// own messages, which the webhook reports as well: otherwise it could reply to
// itself for ever.
func reply(user string, event webhooks.MessagePosted) string {
	own := strings.EqualFold(event.Sender.Username, user) || strings.EqualFold(event.Sender.Email, user)
	if own || !strings.HasPrefix(event.Message, "!roll") {
		return ""
	}
	// It begins with what makes a bot react, to show that this bot does not.
	return fmt.Sprintf("!roll: %s rolled a %d", event.Sender.DisplayName, 1+rand.IntN(6))
}
