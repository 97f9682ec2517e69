package integration_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/returningaitest"
)

func TestMessagesRequiredParams(t *testing.T) {
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

func TestMessageToForumNeedsTopic(t *testing.T) {
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
