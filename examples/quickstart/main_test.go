package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/returningaitest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestOffline(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, (&demo{out: &out}).offline(t.Context()))
	for _, line := range []string{
		"# general (open)",
		"GET  /channels          attempt 1 -> 200",
		"POST /messages/send     attempt 1 -> 200",
		"POST /messages/reply    attempt 1 -> 200",
		"POST /messages/react    attempt 1 -> 200",
		"POST /messages/send     attempt 1 -> 403",
		`"sendMessage"`,
		"POST /messages/send     attempt 1 -> 429",
		"waiting 1.",
		"POST /messages/send     attempt 2 -> 200",
		"posted 1 message in 2 attempts",
		`received  {"`,
		`verified  by Standard Webhooks, decrypted with the key "aes"`,
		"Player One in #general: hello, bot!",
		"bot: hello, Player One!",
		"Player One has 25 coins",
	} {
		require.Contains(t, out.String(), line)
	}
}

// TestPageStaysOpen presses Ctrl-C once the example asks for it.
func TestPageStaysOpen(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	out := &untilWritten{text: "press Ctrl-C", do: cancel}
	var status int
	shown := &demo{out: out, show: func(_ context.Context, url string) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		require.NoError(t, err)
		response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
		require.NoError(t, err)
		status = response.StatusCode
		require.NoError(t, response.Body.Close())
		return errors.New("there is no browser")
	}}
	require.NoError(t, shown.offline(ctx))
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, out.String(), "Open it yourself: there is no browser")
	require.Contains(t, out.String(), "Player One has 25 coins")
}

// untilWritten does something once a text is written.
type untilWritten struct {
	bytes.Buffer

	text string
	do   func()
}

func (u *untilWritten) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte(u.text)) {
		u.do()
	}
	return u.Buffer.Write(line)
}

// TestConversation delivers the webhook twice, and looks at
// what passed between the two.
func TestConversation(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	client := srv.Client()
	t.Cleanup(client.CloseIdleConnections)
	srv.InjectDelivery(returningaitest.DeliveryFault{Repeat: 2, Times: returningaitest.Always})
	var out bytes.Buffer
	require.NoError(t, (&demo{out: &out}).conversation(t.Context(), client, srv))

	messages, deliveries := srv.Messages(), srv.Deliveries()
	require.Len(t, messages, 2, "no reply to duplicates, nor to the bot's own message")
	require.Equal(t, messages[0].ID, messages[1].ReplyTo)
	require.Len(t, deliveries, 2)
	for _, delivery := range deliveries {
		require.Equal(t, returningaitest.DeliveryDelivered, delivery.State)
		require.Len(t, delivery.Attempts, 3)
		require.NotContains(t, string(delivery.Attempts[0].Body), "message")
	}
	paid := srv.RequestsTo("webhooks.incoming.updateCurrency")
	require.Len(t, paid, 1)
	require.Equal(t, "true", paid[0].Header.Get("x-encrypted"))
	require.NotContains(t, string(paid[0].Body), "coins")
	require.InDelta(t, 25, srv.Users()[1].Coins, 0)
}

// TestConversationFails when no webhook comes, the message is refused, the bot
// may not reply, or the payment fails.
func TestConversationFails(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{returningai.OperationIntegrationMessagesSend, returningai.OperationIntegrationMessagesReply, "webhooks.incoming.updateCurrency"} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			srv := returningaitest.NewServer(t)
			client := srv.Client()
			t.Cleanup(client.CloseIdleConnections)
			srv.Inject(returningaitest.Fault{Operation: operation, Response: returningaitest.Status(http.StatusForbidden)})
			require.ErrorContains(t, (&demo{out: io.Discard}).conversation(t.Context(), client, srv), "403")
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := next(ctx, nil)
	require.EqualError(t, err, "no webhook arrived: context canceled")
}

func TestLivePostsToGivenChannelOnly(t *testing.T) {
	srv := returningaitest.NewServer(t)
	t.Setenv(returningai.EnvToken, srv.Token())
	t.Setenv(returningai.EnvIntegrationURL, srv.URL(returningaitest.Integration))
	var out bytes.Buffer
	require.NoError(t, (&demo{out: &out}).live(t.Context(), "", ""))
	require.Empty(t, srv.Messages())
	require.Contains(t, out.String(), "Give -channel and -sender")
	require.NoError(t, (&demo{out: &out}).live(t.Context(), srv.Channels()[0].ID, srv.Users()[0].Email))
	require.Len(t, srv.Messages(), 1)
	require.NotContains(t, out.String(), srv.Token())

	t.Setenv(returningai.EnvToken, "")
	require.ErrorIs(t, (&demo{out: &out}).live(t.Context(), "", ""), returningai.ErrNoCredential)
}
