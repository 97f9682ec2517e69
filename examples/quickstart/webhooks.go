package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/webhooks"
)

const (
	bot    = "bot"
	player = "player-one"
)

// credentials are what both sides of the webhooks know. Yours come from the settings
// of your community.
type credentials struct{ aes, signing, hook string }

func newCredentials() credentials {
	return credentials{
		aes:     (rand.Text() + rand.Text())[:32],
		signing: base64.StdEncoding.EncodeToString([]byte(rand.Text())),
		hook:    rand.Text(),
	}
}

// conversation closes the loop: a player says something through the API, the
// webhook brings it to the bot, encrypted and signed, and the bot replies.
func (d *demo) conversation(ctx context.Context, client *returningai.Client, server *returningaitest.Server) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	talk := &conversation{demo: d, client: client, server: server, keys: newCredentials()}
	arrived := make(chan *webhooks.Delivery, 1)
	receiver, err := newReceiver(talk.keys, arrived)
	if err != nil {
		return err
	}
	url, stop, err := listen(ctx, receiver)
	if err != nil {
		return err
	}
	return errors.Join(talk.run(ctx, url, arrived), stop())
}

// conversation is the state that its steps share.
type conversation struct {
	*demo
	client *returningai.Client
	server *returningaitest.Server
	keys   credentials
}

// newReceiver returns the bot's receiver: it passes on the messages of others.
func newReceiver(keys credentials, arrived chan<- *webhooks.Delivery) (*webhooks.Receiver, error) {
	receiver, err := webhooks.NewReceiver(
		webhooks.WithStandardWebhooks(webhooks.NewSecret("signing", keys.signing)),
		webhooks.WithDecryption(webhooks.AES256GCM, webhooks.NewSecret("aes", keys.aes)),
	)
	if err != nil {
		return nil, err
	}
	webhooks.On(receiver, func(ctx context.Context, event webhooks.MessagePosted) error {
		if event.Sender.Username == bot { // it must not reply to itself
			return nil
		}
		delivery, _ := webhooks.DeliveryFrom(ctx)
		select {
		case arrived <- delivery:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	return receiver, nil
}

// listen serves on loopback until stop is called.
func listen(ctx context.Context, handler http.Handler) (url string, stop func() error, err error) {
	var configuration net.ListenConfig
	listener, err := configuration.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	return "http://" + listener.Addr().String(), func() error {
		err := server.Close()
		if cause := <-ended; !errors.Is(cause, http.ErrServerClosed) {
			err = errors.Join(err, cause)
		}
		return err
	}, nil
}

// run posts the player's message, to which the bot replies.
func (c *conversation) run(ctx context.Context, url string, arrived <-chan *webhooks.Delivery) error {
	c.server.SendWebhooks(returningaitest.Webhook{
		URL:        url,
		Events:     []returningaitest.WebhookEvent{returningaitest.EventMessagePosted},
		Encryption: returningaitest.Encryption{Mode: returningaitest.AES256GCM, Key: c.keys.aes},
		Signature:  returningaitest.Signature{Method: returningaitest.StandardWebhooks, Secret: c.keys.signing},
	})
	c.say("\nA player says hello, and a webhook tells the bot:")
	err := c.client.Integration.Messages.Send(ctx, integration.SendMessageParams{
		ChannelID: c.server.Channels()[0].ID, Message: "hello, bot!", Sender: player,
	})
	if err != nil {
		return err
	}
	delivery, err := next(ctx, arrived)
	if err != nil {
		return err
	}
	if err := c.server.WaitForDeliveries(ctx); err != nil {
		return err
	}
	c.say("  received  %.56s…", c.server.Deliveries()[0].Attempts[0].Body)
	c.say("  verified  by %s, decrypted with the key %q", delivery.Matches[0].Verifier, delivery.KeyID)
	heard, ok := delivery.Event.(webhooks.MessagePosted)
	if !ok {
		return fmt.Errorf("an event of the kind %q is no message", delivery.Event.Base().Kind)
	}
	return c.respond(ctx, heard)
}

// next waits for a delivery.
func next(ctx context.Context, arrived <-chan *webhooks.Delivery) (*webhooks.Delivery, error) {
	select {
	case delivery := <-arrived:
		return delivery, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("no webhook arrived: %w", context.Cause(ctx))
	}
}

// respond replies through the API, and pays through an incoming hook.
func (c *conversation) respond(ctx context.Context, heard webhooks.MessagePosted) error {
	c.say("  %s in #%s: %s", heard.Sender.DisplayName, heard.Channel.Topic, heard.Message)
	c.say("\nThe bot replies, and gives 25 coins through an incoming hook that wants a key and encryption:")
	err := c.client.Integration.Messages.Reply(ctx, integration.ReplyParams{
		MessageID: heard.MessageID, Message: "hello, " + heard.Sender.DisplayName + "!", Sender: bot,
	})
	if err != nil {
		return err
	}
	if err := c.pay(ctx, heard.Sender.Username); err != nil {
		return err
	}
	messages := c.server.Messages()
	c.say("  %s: %s", bot, messages[len(messages)-1].Text)
	c.say("  %s has %v coins", heard.Sender.DisplayName, c.server.Users()[1].Coins)
	return c.server.WaitForDeliveries(ctx) // of the reply, which the bot hears too
}

func (c *conversation) pay(ctx context.Context, user string) error {
	c.server.ProtectHook(returningaitest.HookUpdateCurrency, returningaitest.HookProtection{
		Key:        c.keys.hook,
		Encryption: returningaitest.Encryption{Mode: returningaitest.AES256GCM, Key: c.keys.aes},
	})
	hook, err := webhooks.NewSender(secret.New(c.server.HookURL(returningaitest.HookUpdateCurrency)),
		webhooks.WithAPIKey(c.keys.hook),
		webhooks.WithEncryption(webhooks.AES256GCM, secret.New(c.keys.aes)),
	)
	if err != nil {
		return err
	}
	defer hook.CloseIdleConnections()
	return hook.UpdateCurrency(ctx, webhooks.UpdateCurrencyParams{
		User: user, Currency: "coins", Amount: "25", Operation: webhooks.CurrencyAdd,
	})
}
