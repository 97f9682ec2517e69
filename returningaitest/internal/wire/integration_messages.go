package wire

import "github.com/returningai/returningai-go/returningaitest/internal/community"

func listIntegrationChannels(c *Call) Result {
	return Result{data: showAll(c.Community.Channels.All(), func(ch *community.Channel) map[string]any {
		return map[string]any{"_id": ch.ID, "topic": ch.Topic, "channelType": ch.Type}
	})}
}

// sendMessage posts a message. Assumed: 404 for a channel, a forum topic or a
// sender that does not exist, 400 for a forum message without a topic, and
// that other channels ignore a topic.
func sendMessage(c *Call) Result {
	f := c.fields()
	message := community.Message{ChannelID: required[string](f, "channelId"), Text: required[string](f, "message"), Sender: required[string](f, "sender")}
	update(f, "forumTopicId", &message.ForumTopicID)
	f.check()
	return done("Message has been sent successfully", c.Community.SendMessage(message))
}

// reply posts a message to the channel of another one. Assumed: 404 for a
// message, its channel or a sender that does not exist.
func reply(c *Call) Result {
	f := c.fields()
	messageID, text, sender := required[string](f, "messageId"), required[string](f, "message"), required[string](f, "sender")
	f.check()
	original := check(c.Community.Messages.Find(messageID))
	return done("Reply has been sent successfully", c.Community.Reply(original, text, sender))
}

// react adds an emoji to a message. Assumed: 404 for a message or sender that
// does not exist, and that the same reaction twice counts twice.
func react(c *Call) Result {
	f := c.fields()
	messageID, emoji, sender := required[string](f, "messageId"), required[string](f, "emoji"), required[string](f, "sender")
	f.check()
	message, user := check(c.Community.Messages.Find(messageID)), check(c.Community.Users.Sender(sender))
	message.Reactions = append(message.Reactions, community.Reaction{Emoji: emoji, Sender: user.Username})
	return Result{message: "Reaction has been added successfully"}
}
