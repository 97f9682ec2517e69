// Quickstart lists channels, posts a message, a reply and a reaction, shows
// what the client makes of a refused and of a throttled call, and lets a bot
// reply to the message of an encrypted webhook.
//
//	go run ./examples/quickstart
//
// runs on the built-in fake server: no account is needed and nothing leaves
// the machine. With -ui it opens the fake's page in a browser, and serves it
// until you press Ctrl-C. With -live it uses the real service, with the token in the
// environment variable RETURNINGAI_TOKEN. It then only lists the channels,
// unless -channel and -sender say where to post, and as whom.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/returningaitest/console"
)

func main() {
	live := flag.Bool("live", false, "use the real service, with the token in "+returningai.EnvToken)
	channel := flag.String("channel", "", "with -live: id of the channel to post in")
	ui := flag.Bool("ui", false, "open the page of the fake server in a browser")
	sender := flag.String("sender", "", "with -live: username or email to post as")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	demo := &demo{out: os.Stdout}
	if *ui {
		demo.show = openBrowser
	}
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

type demo struct {
	out  io.Writer
	show func(ctx context.Context, url string) error // opens the page; nil runs without it
}

func (d *demo) say(format string, arguments ...any) {
	_, _ = fmt.Fprintf(d.out, format+"\n", arguments...) // to a terminal
}

// live shows what the token may do. It posts only in the given channel.
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
	server, err := d.start(ctx)
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
	if err := d.conversation(ctx, client, server); err != nil || d.show == nil {
		return err
	}
	d.say("\nThe page stays until you press Ctrl-C.")
	<-ctx.Done()
	return nil
}

// start starts the fake, and shows its page if there is to be one.
func (d *demo) start(ctx context.Context) (*returningaitest.Server, error) {
	if d.show == nil {
		return returningaitest.Start()
	}
	server, err := returningaitest.Start(returningaitest.WithAddress("127.0.0.1:0"), returningaitest.WithPages(console.New))
	if err != nil {
		return nil, err
	}
	page := server.URL(returningaitest.CommunityHost) + "/_ui"
	d.say("The page is at %s\n", page)
	if err := d.show(ctx, page); err != nil {
		d.say("Open it yourself: %v\n", err)
	}
	return server, nil
}

// openBrowser opens a URL of this program.
func openBrowser(ctx context.Context, url string) error {
	switch runtime.GOOS {
	case "darwin":
		return exec.CommandContext(ctx, "open", url).Start()
	case "windows":
		return exec.CommandContext(ctx, "rundll32", "url.dll,FileProtocolHandler", url).Start()
	}
	return exec.CommandContext(ctx, "xdg-open", url).Start()
}
