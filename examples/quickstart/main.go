// Quickstart lists channels, posts a message, a reply and a reaction, shows
// what the client makes of a refused and of a throttled call, and lets a bot
// answer what an encrypted webhook brings it.
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
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	returningai "github.com/returningai/returningai-go"
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
	if err := d.throttled(ctx, client, server, channel, sender); err != nil {
		return err
	}
	return d.conversation(ctx, client, server)
}
