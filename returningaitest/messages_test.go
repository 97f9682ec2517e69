package returningaitest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/returningaitest"
)

func TestChannelsListed(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t, returningaitest.WithoutSeed())
	empty := mustSend(t, listChannels(srv))
	require.JSONEq(t, `{"status":"success","data":[]}`, empty.body)

	open := srv.AddChannel(returningaitest.Channel{Topic: "general"})
	forum := srv.AddChannel(returningaitest.Channel{ID: "64f1c0ffee0000000000abcd", Topic: "help", Type: returningaitest.ChannelForum})
	got := mustSend(t, listChannels(srv))

	require.Equal(t, http.StatusOK, got.status)
	require.Regexp(t, "^[0-9a-f]{24}$", open.ID)
	require.JSONEq(t, toJSON(map[string]any{"status": "success", "data": []any{
		map[string]any{"_id": open.ID, "topic": "general", "channelType": "open"},
		map[string]any{"_id": forum.ID, "topic": "help", "channelType": "forum"},
	}}), got.body)
}

func TestMessagesStored(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	srv := returningaitest.NewServer(t, returningaitest.WithClock(func() time.Time { return now }))
	channel := srv.AddChannel(returningaitest.Channel{Topic: "arena"})
	forum := srv.AddChannel(returningaitest.Channel{Topic: "help", Type: returningaitest.ChannelForum, ForumTopicIDs: []string{"topic-1"}})

	sent := mustSend(t, post(srv, "/messages/send", toJSON(map[string]any{
		"channelId": channel.ID, "message": "gg", "sender": "bot@example.com", "forumTopicId": "ignored", "more": 1,
	})))
	require.Equal(t, http.StatusOK, sent.status)
	require.Equal(t, "success", sent.fields["status"])
	require.NotEmpty(t, sent.fields["message"])
	require.NotContains(t, sent.fields, "data")

	inForum := mustSend(t, post(srv, "/messages/send", toJSON(map[string]any{
		"channelId": forum.ID, "message": "how?", "sender": "player-one", "forumTopicId": "topic-1",
	})))
	require.Equal(t, http.StatusOK, inForum.status)
	question := srv.Messages()[1]

	replied := mustSend(t, post(srv, "/messages/reply", toJSON(map[string]any{
		"messageId": question.ID, "message": "so", "sender": "bot",
	})))
	require.Equal(t, http.StatusOK, replied.status)
	reacted := mustSend(t, post(srv, "/messages/react", toJSON(map[string]any{
		"messageId": question.ID, "emoji": ":sparkling_heart:", "sender": "player-two@example.com",
	})))
	require.Equal(t, http.StatusOK, reacted.status)

	messages := srv.Messages()
	require.Len(t, messages, 3)
	require.Equal(t, returningaitest.Message{
		ID: messages[0].ID, ChannelID: channel.ID, Text: "gg", Sender: "bot", SentAt: now,
	}, messages[0])
	require.Equal(t, returningaitest.Message{
		ID: question.ID, ChannelID: forum.ID, ForumTopicID: "topic-1", Text: "how?", Sender: "player-one", SentAt: now,
		Reactions: []returningaitest.Reaction{{Emoji: ":sparkling_heart:", Sender: "player-two"}},
	}, messages[1])
	require.Equal(t, returningaitest.Message{
		ID: messages[2].ID, ChannelID: forum.ID, ForumTopicID: "topic-1", Text: "so", Sender: "bot", ReplyTo: question.ID, SentAt: now,
	}, messages[2])
}

func TestMessagesInvalid(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	open := srv.AddChannel(returningaitest.Channel{Topic: "arena"}).ID
	forum := srv.AddChannel(returningaitest.Channel{Topic: "help", Type: returningaitest.ChannelForum, ForumTopicIDs: []string{"topic-1"}}).ID
	require.Equal(t, http.StatusOK, mustSend(t, sendMessage(srv)).status)
	message := srv.Messages()[0].ID

	for name, test := range map[string]struct {
		path    string
		body    map[string]any
		status  int
		message string
	}{
		"send without anything":     {"/messages/send", map[string]any{}, 400, "channelId is required; message is required; sender is required"},
		"send with an empty text":   {"/messages/send", map[string]any{"channelId": open, "message": "", "sender": "bot"}, 400, "message is required"},
		"send with a null":          {"/messages/send", map[string]any{"channelId": nil, "message": "gg", "sender": "bot"}, 400, "channelId is required"},
		"send with a number":        {"/messages/send", map[string]any{"channelId": open, "message": 7, "sender": "bot"}, 400, "message must be of type string"},
		"send in the wrong case":    {"/messages/send", map[string]any{"channelID": open, "message": "gg", "sender": "bot"}, 400, "channelId is required"},
		"send to no channel":        {"/messages/send", map[string]any{"channelId": "nowhere", "message": "gg", "sender": "bot"}, 404, "channel not found"},
		"send by nobody":            {"/messages/send", map[string]any{"channelId": open, "message": "gg", "sender": "nobody"}, 404, "sender not found"},
		"send to a forum, no topic": {"/messages/send", map[string]any{"channelId": forum, "message": "gg", "sender": "bot"}, 400, "forumTopicId is required for a forum channel"},
		"send to an unknown topic":  {"/messages/send", map[string]any{"channelId": forum, "message": "gg", "sender": "bot", "forumTopicId": "x"}, 404, "forum topic not found"},
		"reply without anything":    {"/messages/reply", map[string]any{}, 400, "messageId is required; message is required; sender is required"},
		"reply to no message":       {"/messages/reply", map[string]any{"messageId": "x", "message": "so", "sender": "bot"}, 404, "message not found"},
		"reply by nobody":           {"/messages/reply", map[string]any{"messageId": message, "message": "so", "sender": "nobody"}, 404, "sender not found"},
		"reaction without anything": {"/messages/react", map[string]any{}, 400, "messageId is required; emoji is required; sender is required"},
		"reaction to no message":    {"/messages/react", map[string]any{"messageId": "x", "emoji": ":tada:", "sender": "bot"}, 404, "message not found"},
		"reaction by nobody":        {"/messages/react", map[string]any{"messageId": message, "emoji": ":tada:", "sender": "nobody"}, 404, "sender not found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := mustSend(t, post(srv, test.path, toJSON(test.body)))
			require.Equal(t, test.status, got.status)
			require.JSONEq(t, toJSON(map[string]any{"status": "error", "message": test.message}), got.body)
		})
	}
	t.Cleanup(func() {
		messages := srv.Messages()
		require.Len(t, messages, 1, "what is refused has no effect")
		require.Empty(t, messages[0].Reactions)
	})
}
