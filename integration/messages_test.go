package integration_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/internal/golden"
	"github.com/returningai/returningai-go/returningaitest"
)

// messageCalls performs each operation of the service with full parameters.
func messageCalls(channelID, messageID, sender string) map[string]func(context.Context, *returningai.Client) error {
	return map[string]func(context.Context, *returningai.Client) error{
		"integration.messages.send": func(ctx context.Context, client *returningai.Client) error {
			return client.Integration.Messages.Send(ctx, integration.SendMessageParams{
				ChannelID: channelID, Message: "gg <3 – ünïcode", Sender: sender, ForumTopicID: "topic-1",
			})
		},
		"integration.messages.reply": func(ctx context.Context, client *returningai.Client) error {
			return client.Integration.Messages.Reply(ctx, integration.ReplyParams{
				MessageID: messageID, Message: "well played", Sender: sender,
			})
		},
		"integration.messages.react": func(ctx context.Context, client *returningai.Client) error {
			return client.Integration.Messages.React(ctx, integration.ReactParams{
				MessageID: messageID, Emoji: ":sparkling_heart:", Sender: sender,
			})
		},
	}
}

func TestMessagesSendWhatTheContractSays(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	client := srv.Client()
	channel, sender := srv.Channels()[0].ID, srv.Users()[0].Username
	require.NoError(t, client.Integration.Messages.Send(t.Context(), integration.SendMessageParams{
		ChannelID: channel, Message: "hello", Sender: sender,
	}))
	original := srv.Messages()[0]
	require.Equal(t, "hello", original.Text)
	srv.ResetRequests()

	for operation, call := range messageCalls(channel, original.ID, sender) {
		require.NoError(t, call(t.Context(), client), operation)
		requests := srv.RequestsTo(operation)
		require.Len(t, requests, 1, operation)
		golden.Request(t, requests[0])
	}

	messages := srv.Messages()
	require.Len(t, messages, 3)
	for _, message := range messages[1:] {
		if message.ReplyTo != "" {
			require.Equal(t, original.ID, message.ReplyTo)
			require.Equal(t, "well played", message.Text)
		}
	}
	require.Equal(t, []returningaitest.Reaction{{Emoji: ":sparkling_heart:", Sender: sender}}, messages[0].Reactions)
}

func TestMessagesRefuseWhatIsMissingBeforeSending(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	messages := srv.Client().Integration.Messages
	for operation, refused := range map[string]struct {
		err    error
		fields []string
	}{
		"integration.messages.send":  {messages.Send(t.Context(), integration.SendMessageParams{Message: " "}), []string{"ChannelID", "Message", "Sender"}},
		"integration.messages.reply": {messages.Reply(t.Context(), integration.ReplyParams{}), []string{"MessageID", "Message", "Sender"}},
		"integration.messages.react": {messages.React(t.Context(), integration.ReactParams{}), []string{"MessageID", "Emoji", "Sender"}},
	} {
		failure, ok := errors.AsType[*returningai.Error](refused.err)
		require.True(t, ok, operation)
		require.ErrorIs(t, failure, returningai.ErrInvalid)
		require.Equal(t, operation, failure.Operation)
		var fields []string
		for _, problem := range failure.Problems() {
			fields = append(fields, problem.Field)
			require.Equal(t, "must not be empty", problem.Rule)
		}
		require.Equal(t, refused.fields, fields, operation)
		require.False(t, failure.MaybeApplied())
	}
	require.Empty(t, srv.Requests())
}

func TestMessagesErrorsHaveTheirCategory(t *testing.T) {
	t.Parallel()
	for status, category := range map[int]error{
		http.StatusBadRequest:          returningai.ErrInvalid,
		http.StatusUnauthorized:        returningai.ErrUnauthorized,
		http.StatusForbidden:           returningai.ErrForbidden,
		http.StatusNotFound:            returningai.ErrNotFound,
		http.StatusConflict:            returningai.ErrConflict,
		http.StatusInternalServerError: returningai.ErrServer,
	} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			srv := returningaitest.NewServer(t)
			for operation, call := range messageCalls("c", "m", "s") {
				srv.Inject(returningaitest.Fault{Operation: operation, Response: returningaitest.Status(status)})
				err := call(t.Context(), srv.Client())
				require.ErrorIs(t, err, category, operation)
				require.Len(t, srv.RequestsTo(operation), 1, operation)
			}
		})
	}
}

func TestMessagesToAForumNeedATopic(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	forum := srv.AddChannel(returningaitest.Channel{Topic: "questions", Type: returningaitest.ChannelForum})
	err := srv.Client().Integration.Messages.Send(t.Context(), integration.SendMessageParams{
		ChannelID: forum.ID, Message: "how?", Sender: srv.Users()[0].Email,
	})
	require.ErrorIs(t, err, returningai.ErrInvalid)
	require.ErrorContains(t, err, "forumTopicId")
	require.Empty(t, srv.Messages())
}
