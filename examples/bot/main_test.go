package main

import (
	"context"
	"encoding/base64"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/returningaitest"
)

// proofs are the two ways to set the bot up, and the sender's part in each.
var proofs = map[string]struct {
	environment map[string]string
	webhook     returningaitest.Webhook
}{
	"Standard Webhooks": {
		map[string]string{"RETURNINGAI_SIGNING_SECRET": signing},
		returningaitest.Webhook{Signature: returningaitest.Signature{Method: returningaitest.StandardWebhooks, Secret: signing}},
	},
	"key and body digest": {
		map[string]string{"RETURNINGAI_WEBHOOK_KEY": key}, returningaitest.Webhook{Key: key},
	},
}

const key = "a key of at least sixteen bytes"

var signing = "whsec_" + base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcdef"))

// start runs the bot against a fake server that delivers each message twice.
func start(t *testing.T, user string, environment map[string]string, webhook returningaitest.Webhook) *returningaitest.Server {
	t.Helper()
	srv := returningaitest.NewServer(t)
	handler, err := newHandler(func(name string) string {
		if name == "BOT_USER" {
			return user
		}
		return environment[name]
	}, returningai.WithBearer(srv.Token()), returningai.WithBaseURL(returningai.FamilyIntegration, srv.URL(returningaitest.Integration)))
	require.NoError(t, err)
	bot := httptest.NewServer(handler)
	t.Cleanup(bot.Close)
	webhook.URL, webhook.Events = bot.URL+"/hooks/returningai", []returningaitest.WebhookEvent{returningaitest.EventMessagePosted}
	srv.SendWebhooks(webhook)
	srv.InjectDelivery(returningaitest.DeliveryFault{Times: returningaitest.Always, Repeat: 1})
	return srv
}

// say posts a message and waits until the bot has done all that follows from it.
func say(t *testing.T, srv *returningaitest.Server, sender, text string) {
	t.Helper()
	require.NoError(t, srv.Client().Integration.Messages.Send(t.Context(), integration.SendMessageParams{
		ChannelID: srv.Channels()[0].ID, Message: text, Sender: sender,
	}))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	require.NoError(t, srv.WaitForDeliveries(ctx))
}

func replies(srv *returningaitest.Server) (texts []string) {
	for _, message := range srv.Messages() {
		if message.Sender == "bot" && message.ReplyTo != "" {
			texts = append(texts, message.Text)
		}
	}
	return texts
}

// TestOneReply delivers each message twice, and the bot's own messages to it.
func TestOneReply(t *testing.T) {
	t.Parallel()
	for name, proof := range proofs {
		for _, user := range []string{"bot", "bot@example.com"} {
			t.Run(name+", "+user, func(t *testing.T) {
				t.Parallel()
				srv := start(t, user, proof.environment, proof.webhook)
				say(t, srv, "player-one", "!roll")
				require.Len(t, replies(srv), 1)
				require.Contains(t, replies(srv)[0], "!roll: Player One rolled a ")
				require.Len(t, srv.Deliveries(), 2, "of the message and of the reply")
				require.Len(t, srv.Deliveries()[0].Attempts, 2, "twice each")
				say(t, srv, "bot", "!roll")
				say(t, srv, "player-one", "gg")
				require.Len(t, replies(srv), 1, "neither to itself nor to anything else")
			})
		}
	}
}

// TestCallbackErrorDeliversAgain and the reply is posted once in any case.
func TestCallbackErrorDeliversAgain(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		response returningaitest.Response
		applied  bool
	}{
		"certainly not applied": {returningaitest.Status(403), false},
		"response lost":         {returningaitest.CutBeforeResponse(), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proof := proofs["Standard Webhooks"]
			srv := start(t, "bot", proof.environment, proof.webhook)
			srv.Inject(returningaitest.Fault{Operation: returningai.OperationIntegrationMessagesReply, Response: test.response, Applied: test.applied})
			say(t, srv, "player-one", "!roll")
			require.Len(t, replies(srv), 1)
		})
	}
}

func TestSetupErrors(t *testing.T) {
	t.Parallel()
	_, err := newHandler(func(string) string { return "" })
	require.EqualError(t, err, "BOT_USER is not set")
	_, err = newHandler(func(name string) string { return map[string]string{"BOT_USER": "bot"}[name] })
	require.ErrorContains(t, err, "WithKeyHeader")
}
