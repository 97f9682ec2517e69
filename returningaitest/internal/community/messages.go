package community

import (
	"slices"
	"time"
)

// Message is a message of the community.
type Message struct {
	ID           string     `json:"id,omitzero"` // 24 hex digits
	ChannelID    string     `json:"channelId"`
	ForumTopicID string     `json:"forumTopicId,omitzero"` // in a forum channel
	Text         string     `json:"text"`
	Sender       string     `json:"sender"`           // the username, also if the email was sent
	ReplyTo      string     `json:"replyTo,omitzero"` // ID of the message it replies to
	SentAt       time.Time  `json:"sentAt,omitzero"`
	Reactions    []Reaction `json:"reactions,omitzero"`
}

// Reaction is an emoji on a message.
type Reaction struct {
	Emoji  string `json:"emoji"`  // such as ":sparkling_heart:"
	Sender string `json:"sender"` // the username, also if the email was sent
}

func (m *Message) clone() Message {
	copied := *m
	copied.Reactions = slices.Clone(m.Reactions)
	return copied
}

// AddMessage adds a message that was there all along: no event reports it. It
// may reply to any message that is there.
func (c *Community) AddMessage(message Message) (Message, error) {
	return c.Messages.copyOf(c.addMessage(message))
}

// SendMessage posts a message.
func (c *Community) SendMessage(message Message) error {
	kept, err := c.addMessage(message)
	if err == nil {
		c.reportMessage(kept)
	}
	return err
}

func (c *Community) addMessage(message Message) (*Message, error) {
	channel, err := c.Channels.Find(message.ChannelID)
	if err != nil {
		return nil, err
	}
	if message.ForumTopicID, err = channel.topicFor(message.ForumTopicID); err != nil {
		return nil, err
	}
	user, err := c.Users.Sender(message.Sender)
	if err != nil {
		return nil, err
	}
	if message.Sender = user.Username; message.SentAt.IsZero() {
		message.SentAt = c.Now()
	}
	return c.Messages.add(message, c.NewID)
}

// Reply posts a message to the channel and topic of another one.
func (c *Community) Reply(original *Message, text, sender string) error {
	return c.SendMessage(Message{
		ChannelID: original.ChannelID, ForumTopicID: original.ForumTopicID, Text: text, Sender: sender, ReplyTo: original.ID,
	})
}

// MessageCounts are what a user has posted.
type MessageCounts struct{ Messages, Replies, Reactions int }

// CountMessages counts what a user has posted.
func (c *Community) CountMessages(username string) MessageCounts {
	var counts MessageCounts
	for _, message := range c.Messages.all {
		switch {
		case message.Sender != username:
		case message.ReplyTo == "":
			counts.Messages++
		default:
			counts.Replies++
		}
		for _, reaction := range message.Reactions {
			if reaction.Sender == username {
				counts.Reactions++
			}
		}
	}
	return counts
}
