package returningaitest

import (
	"net/http"
	"slices"
	"time"
)

func (s *Server) messagesRoutes() []*route {
	return []*route{{
		operation:  "integration.messages.send",
		family:     Integration,
		method:     http.MethodPost,
		pattern:    "/messages/send",
		permission: PermissionSendMessage,
		serve:      s.sendMessage,
	}, {
		operation:  "integration.messages.reply",
		family:     Integration,
		method:     http.MethodPost,
		pattern:    "/messages/reply",
		permission: PermissionReplyMessage,
		serve:      s.replyToMessage,
	}, {
		operation: "integration.messages.react", // its permission is not known
		family:    Integration,
		method:    http.MethodPost,
		pattern:   "/messages/react",
		serve:     s.reactToMessage,
	}}
}

// Message is a message of the community.
type Message struct {
	ID           string // 24 hex characters
	ChannelID    string
	ForumTopicID string // in a forum channel; elsewhere empty
	Text         string
	Sender       string // the username, also when the email was sent
	ReplyTo      string // ID of the message it replies to; else empty
	SentAt       time.Time
	Reactions    []Reaction
}

// Reaction is an emoji on a message.
type Reaction struct {
	Emoji  string // such as ":sparkling_heart:"
	Sender string // the username, also when the email was sent
}

// messageStore holds the messages in the order they were sent.
type messageStore struct {
	all  []*Message
	byID map[string]*Message
}

// post keeps a message that was checked, and reports it. The caller holds the
// lock.
func (s *Server) post(message Message) {
	messages := &s.state.messages
	if messages.byID == nil {
		messages.byID = map[string]*Message{}
	}
	messages.all = append(messages.all, &message)
	messages.byID[message.ID] = &message
	s.emitMessage(message)
}

// Messages returns a copy of the messages that were sent, oldest first. The
// API answers no message ids: a test finds them here.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	copies := make([]Message, 0, len(s.state.messages.all))
	for _, message := range s.state.messages.all {
		copied := *message
		copied.Reactions = slices.Clone(message.Reactions)
		copies = append(copies, copied)
	}
	return copies
}

// sendMessage posts a message. Assumed: 404 for a channel, a forum topic or a
// sender that does not exist, 400 for a forum message without a topic, and
// that a topic sent to another kind of channel is ignored.
func (s *Server) sendMessage(c *call) (result, error) {
	body, err := c.members()
	if err != nil {
		return result{}, err
	}
	channelID := needed[string](body, "channelId")
	text := needed[string](body, "message")
	sender := needed[string](body, "sender")
	topicID, _ := given[string](body, "forumTopicId")
	if err := body.problem(); err != nil {
		return result{}, err
	}
	channel := s.state.channels.find(channelID)
	if channel == nil {
		return result{}, refuse(http.StatusNotFound, "channel not found")
	}
	if topicID, err = channel.topicFor(topicID); err != nil {
		return result{}, err
	}
	user, err := s.sender(sender)
	if err != nil {
		return result{}, err
	}
	s.post(Message{
		ID: s.newID(), ChannelID: channel.ID, ForumTopicID: topicID, Text: text, Sender: user.Username, SentAt: c.now,
	})
	return result{message: "Message has been sent successfully"}, nil
}

// topicFor checks the forum topic of a message to the channel and returns the
// one that the message is kept with.
func (c *Channel) topicFor(topicID string) (string, error) {
	switch {
	case c.Type != ChannelForum:
		return "", nil
	case topicID == "":
		return "", refuse(http.StatusBadRequest, "forumTopicId is required for a forum channel")
	case len(c.ForumTopicIDs) > 0 && !slices.Contains(c.ForumTopicIDs, topicID):
		return "", refuse(http.StatusNotFound, "forum topic not found")
	}
	return topicID, nil
}

// replyToMessage posts a message to where another one stands. Assumed: 404 for
// a message or sender that does not exist.
func (s *Server) replyToMessage(c *call) (result, error) {
	body, err := c.members()
	if err != nil {
		return result{}, err
	}
	messageID := needed[string](body, "messageId")
	text := needed[string](body, "message")
	sender := needed[string](body, "sender")
	if err := body.problem(); err != nil {
		return result{}, err
	}
	original, user, err := s.messageAndSender(messageID, sender)
	if err != nil {
		return result{}, err
	}
	s.post(Message{
		ID: s.newID(), ChannelID: original.ChannelID, ForumTopicID: original.ForumTopicID, Text: text,
		Sender: user.Username, ReplyTo: original.ID, SentAt: c.now,
	})
	return result{message: "Reply has been sent successfully"}, nil
}

// reactToMessage puts an emoji on a message. Assumed: 404 for a message or
// sender that does not exist, and that the same reaction twice counts twice.
func (s *Server) reactToMessage(c *call) (result, error) {
	body, err := c.members()
	if err != nil {
		return result{}, err
	}
	messageID := needed[string](body, "messageId")
	emoji := needed[string](body, "emoji")
	sender := needed[string](body, "sender")
	if err := body.problem(); err != nil {
		return result{}, err
	}
	message, user, err := s.messageAndSender(messageID, sender)
	if err != nil {
		return result{}, err
	}
	message.Reactions = append(message.Reactions, Reaction{Emoji: emoji, Sender: user.Username})
	return result{message: "Reaction has been added successfully"}, nil
}

func (s *Server) messageAndSender(messageID, sender string) (*Message, *User, error) {
	message := s.state.messages.byID[messageID]
	if message == nil {
		return nil, nil, refuse(http.StatusNotFound, "message not found")
	}
	user, err := s.sender(sender)
	return message, user, err
}

func (s *Server) sender(usernameOrEmail string) (*User, error) {
	user := s.state.users.named(usernameOrEmail)
	if user == nil || !user.active() {
		return nil, refuse(http.StatusNotFound, "sender not found")
	}
	return user, nil
}
