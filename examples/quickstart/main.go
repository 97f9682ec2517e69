// Quickstart lists channels, posts a message, a reply and a reaction, and
// shows what the client makes of a refused and of a throttled call.
//
//	go run ./examples/quickstart
//
// runs on the built-in fake server: no account is needed and nothing leaves
// the machine. With -live it uses the real service, with the token in the
// environment variable RETURNINGAI_TOKEN. It then only lists the channels,
// unless -channel and -sender say where to post, and as whom.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/returningaitest"
)

func main() {
	live := flag.Bool("live", false, "use the real service, with the token in "+returningai.EnvToken)
	channel := flag.String("channel", "", "with -live: id of the channel to post in")
	sender := flag.String("sender", "", "with -live: username or email to post as")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	demo := &demo{out: os.Stdout}
	run := demo.offline
	if *live {
		run = func(ctx context.Context) error { return demo.live(ctx, *channel, *sender) }
	}
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		stop()
		os.Exit(1)
	}
}

type demo struct{ out io.Writer }

func (d *demo) say(format string, arguments ...any) {
	_, _ = fmt.Fprintf(d.out, format+"\n", arguments...) // to a terminal
}

// live shows what the token may do. It posts only where it is told to.
func (d *demo) live(ctx context.Context, channel, sender string) error {
	client, err := returningai.New(returningai.FromEnv(), d.wire())
	if err != nil {
		return err
	}
	if err := d.listChannels(ctx, client); err != nil {
		return err
	}
	if channel == "" || sender == "" {
		d.say("\nGive -channel and -sender to post a message.")
		return nil
	}
	return d.post(ctx, client, channel, sender)
}

// offline shows the same and more, on a server of its own.
func (d *demo) offline(ctx context.Context) error {
	server, err := returningaitest.Start()
	if err != nil {
		return err
	}
	defer server.Close()
	client := server.Client(d.wire())
	defer client.CloseIdleConnections()

	channel, sender := server.Channels()[0].ID, server.Users()[0].Username
	if err := d.listChannels(ctx, client); err != nil {
		return err
	}
	if err := d.post(ctx, client, channel, sender); err != nil {
		return err
	}
	if err := d.answer(ctx, client, server.Messages()[0].ID, sender); err != nil {
		return err
	}
	if err := d.refused(ctx, client, server, channel, sender); err != nil {
		return err
	}
	return d.throttled(ctx, client, server, channel, sender)
}

// wire prints every attempt as it happens: hooks see no id, body or secret.
func (d *demo) wire() returningai.Option {
	return returningai.WithHooks(returningai.Hooks{
		Attempt: func(_ context.Context, attempt returningai.AttemptInfo) {
			outcome := fmt.Sprint(attempt.StatusCode)
			if attempt.Err != nil {
				outcome = attempt.Err.Error()
			}
			d.say("  %-4s %-18s attempt %d -> %s", attempt.Call.Method, attempt.Call.Route, attempt.Number, outcome)
		},
		Retry: func(_ context.Context, retry returningai.RetryInfo) {
			d.say("  waiting %v before trying again", retry.Wait)
		},
	})
}

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

// throttled shows a call that is told to come back later, and does.
func (d *demo) throttled(ctx context.Context, client *returningai.Client, server *returningaitest.Server, channel, sender string) error {
	d.say("\nPosting while the server is busy (429 means that it did nothing, so a repeat is safe):")
	server.Inject(returningaitest.Fault{Operation: "integration.messages.send", Answer: returningaitest.RetryAfter(429, "1")})
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
