package integration

import (
	"context"

	"github.com/returningai/returningai-go/internal/rest"
)

// MessagesService sends messages, replies and reactions.
//
// The API takes no idempotency key: a message that is sent twice is posted
// twice. The client therefore sends each at most once, unless it is certain
// that it never arrived. If MaybeApplied of the error reports true, the message
// may have been posted.
type MessagesService struct{ caller rest.Caller }

// SendMessageParams holds a message to a channel.
type SendMessageParams struct {
	// ChannelID is the channel to post in. Required.
	ChannelID string `json:"channelId"`
	// Message is the text. Required.
	Message string `json:"message"`
	// Sender is the username or the email of the user who posts. Required.
	Sender string `json:"sender"`
	// ForumTopicID is the topic to post in. Required for a forum channel.
	ForumTopicID string `json:"forumTopicId,omitzero"`
}

func (p SendMessageParams) problems() (problems rest.Problems) {
	problems.Require("ChannelID", p.ChannelID)
	problems.Require("Message", p.Message)
	problems.Require("Sender", p.Sender)
	return problems
}

var messagesSend = rest.Define(rest.Operation{
	ID: "integration.messages.send", GoMethod: "Integration.Messages.Send",
	Family: rest.Integration, Method: "POST", Path: "/messages/send",
	Permission: "sendMessage", Docs: rest.DocsPage("api-15023884"),
	RouteCertainty: rest.Documented, BodyCertainty: rest.Documented, PermissionCertainty: rest.Assumed,
})

// Send posts a message in a channel as a user.
//
// Key: bearer token with permission sendMessage.
// Retried: only if nothing was sent, or on 429.
// After MaybeApplied: the API offers no way to check. The message webhook reports posted messages. See docs/after-maybe-applied.md.
// Operation: integration.messages.send
// API docs: https://dev.returning.ai/api-15023884
// Certainty: permission is assumed.
func (s *MessagesService) Send(ctx context.Context, params SendMessageParams) error {
	_, err := rest.Do[rest.Empty](ctx, s.caller, messagesSend, rest.Request{Body: params, Problems: params.problems()})
	return err
}

// ReplyParams holds a reply to a message.
type ReplyParams struct {
	// MessageID is the message to reply to. Required.
	MessageID string `json:"messageId"`
	// Message is the text. Required.
	Message string `json:"message"`
	// Sender is the username or the email of the user who replies. Required.
	Sender string `json:"sender"`
}

func (p ReplyParams) problems() (problems rest.Problems) {
	problems.Require("MessageID", p.MessageID)
	problems.Require("Message", p.Message)
	problems.Require("Sender", p.Sender)
	return problems
}

var messagesReply = rest.Define(rest.Operation{
	ID: "integration.messages.reply", GoMethod: "Integration.Messages.Reply",
	Family: rest.Integration, Method: "POST", Path: "/messages/reply",
	Permission:     "replyMessage",
	RouteCertainty: rest.Observed, BodyCertainty: rest.Observed, PermissionCertainty: rest.Assumed,
})

// Reply posts a reply to a message as a user.
//
// Key: bearer token with permission replyMessage.
// Retried: only if nothing was sent, or on 429.
// After MaybeApplied: the API offers no way to check. The message webhook reports posted messages. See docs/after-maybe-applied.md.
// Operation: integration.messages.reply
// Certainty: path, parameters and response are observed in a public client; permission is assumed.
func (s *MessagesService) Reply(ctx context.Context, params ReplyParams) error {
	_, err := rest.Do[rest.Empty](ctx, s.caller, messagesReply, rest.Request{Body: params, Problems: params.problems()})
	return err
}

// ReactParams holds a reaction to a message.
type ReactParams struct {
	// MessageID is the message to react to. Required.
	MessageID string `json:"messageId"`
	// Emoji is the short name between colons, as in ":sparkling_heart:".
	// Required.
	Emoji string `json:"emoji"`
	// Sender is the username or the email of the user who reacts. Required.
	Sender string `json:"sender"`
}

func (p ReactParams) problems() (problems rest.Problems) {
	problems.Require("MessageID", p.MessageID)
	problems.Require("Emoji", p.Emoji)
	problems.Require("Sender", p.Sender)
	return problems
}

var messagesReact = rest.Define(rest.Operation{
	ID: "integration.messages.react", GoMethod: "Integration.Messages.React",
	Family: rest.Integration, Method: "POST", Path: "/messages/react",
	RouteCertainty: rest.Observed, BodyCertainty: rest.Observed,
})

// React adds a reaction to a message as a user. Which permission it needs is not
// known.
//
// Key: bearer token.
// Retried: only if nothing was sent, or on 429.
// After MaybeApplied: the API offers no way to check. See docs/after-maybe-applied.md.
// Operation: integration.messages.react
// Certainty: path, parameters and response are observed in a public client.
func (s *MessagesService) React(ctx context.Context, params ReactParams) error {
	_, err := rest.Do[rest.Empty](ctx, s.caller, messagesReact, rest.Request{Body: params, Problems: params.problems()})
	return err
}
