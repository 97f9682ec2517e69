package main

import (
	"context"
	"errors"
	"fmt"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/returningaitest"
)

func (d *demo) listChannels(ctx context.Context, client *returningai.Client) error {
	d.say("Channels of the community:")
	channels, err := client.Integration.Channels.List(ctx)
	if err != nil {
		return err
	}
	for _, channel := range channels {
		d.say("  # %s (%s) %s", channel.Topic, channel.Type, channel.ID)
	}
	return nil
}

func (d *demo) post(ctx context.Context, client *returningai.Client, channel, sender string) error {
	d.say("\nPosting a message:")
	return client.Integration.Messages.Send(ctx, integration.SendMessageParams{
		ChannelID: channel, Message: "gg, everyone!", Sender: sender,
	})
}

func (d *demo) answer(ctx context.Context, client *returningai.Client, message, sender string) error {
	d.say("\nReplying and reacting to it:")
	err := client.Integration.Messages.Reply(ctx, integration.ReplyParams{MessageID: message, Message: "well played", Sender: sender})
	if err != nil {
		return err
	}
	return client.Integration.Messages.React(ctx, integration.ReactParams{MessageID: message, Emoji: ":sparkling_heart:", Sender: sender})
}

// refused shows a token that lacks a permission: the error names both.
func (d *demo) refused(ctx context.Context, client *returningai.Client, server *returningaitest.Server, channel, sender string) error {
	d.say("\nPosting with a token that may not:")
	narrow, err := client.With(returningai.WithBearer(server.AddToken(returningaitest.Token{})))
	if err != nil {
		return err
	}
	err = narrow.Integration.Messages.Send(ctx, integration.SendMessageParams{ChannelID: channel, Message: "hello?", Sender: sender})
	if !errors.Is(err, returningai.ErrForbidden) {
		return fmt.Errorf("the token should have been refused, and was not: %w", err)
	}
	d.say("  %v", err)
	return nil
}

// throttled shows a call that gets 429 and is retried.
func (d *demo) throttled(ctx context.Context, client *returningai.Client, server *returningaitest.Server, channel, sender string) error {
	d.say("\nPosting while the server is busy (429 means that it did nothing, so a repeat is safe):")
	server.Inject(returningaitest.Fault{Operation: returningai.OperationIntegrationMessagesSend, Response: returningaitest.RetryAfter(429, "1")})
	before := len(server.Messages())
	var response returningai.Response
	ctx = returningai.CaptureResponse(ctx, &response)
	err := client.Integration.Messages.Send(ctx, integration.SendMessageParams{ChannelID: channel, Message: "once", Sender: sender})
	if err != nil {
		return err
	}
	d.say("  posted %d message in %d attempts", len(server.Messages())-before, response.Attempts)
	return nil
}
