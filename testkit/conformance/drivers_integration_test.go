package conformance_test

import (
	"context"

	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/returningaitest"
)

var integrationDrivers = map[string]driver{
	"integration.channels.list": read(func(ctx context.Context, c *community) ([]integration.Channel, error) {
		return c.Integration.Channels.List(ctx)
	}),
	"integration.messages.send": send(func(ctx context.Context, c *community) error {
		forum := c.fake.AddChannel(returningaitest.Channel{Topic: "questions", Type: returningaitest.ChannelForum})
		return c.Integration.Messages.Send(ctx, integration.SendMessageParams{
			ChannelID: forum.ID, Message: "gg", Sender: c.sender(), ForumTopicID: "topic-1",
		})
	}),
	"integration.messages.reply": send(func(ctx context.Context, c *community) error {
		return c.Integration.Messages.Reply(ctx, integration.ReplyParams{
			MessageID: c.message(ctx), Message: "well played", Sender: c.sender(),
		})
	}),
	"integration.messages.react": send(func(ctx context.Context, c *community) error {
		return c.Integration.Messages.React(ctx, integration.ReactParams{
			MessageID: c.message(ctx), Emoji: ":sparkling_heart:", Sender: c.sender(),
		})
	}),
}

func (c *community) player() returningaitest.User { return c.fake.Users()[1] }

func (c *community) sender() string { return c.fake.Users()[0].Username }

// message returns the id of a message that was just posted, "" when posting
// failed, which the next call then shows.
func (c *community) message(ctx context.Context) string {
	err := c.Integration.Messages.Send(ctx, integration.SendMessageParams{
		ChannelID: c.fake.Channels()[0].ID, Message: "hello", Sender: c.sender(),
	})
	if err != nil {
		return ""
	}
	return c.fake.Messages()[0].ID
}
