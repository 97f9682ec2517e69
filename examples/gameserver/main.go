// Command gameserver is a game server whose awards survive crashes and outages:
// outbox.go is there to be copied. A match of 200 players earns badges and coins.
//
//   - An award is written to disk with the change of the game that earned it, and
//     sent from there. It is sent again only if it was certainly not applied.
//   - An award in doubt is parked: the API cannot tell whether a user got a badge.
//     -list shows what is parked.
//   - Coins are published as absolute totals, which can be sent again freely.
//
// To see it work, without an account:
//
//	go run . -demo
//
// With an account it reads RETURNINGAI_API_KEY and RETURNINGAI_TOKEN, a bearer token
// with permission bulkUpdateUser. The match awards badges to the user numbers from
// 2000 on: let Play read your own players.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/returningai/returningai-go"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, arguments []string, out io.Writer) (err error) {
	flags := flag.NewFlagSet("gameserver", flag.ContinueOnError)
	path := flags.String("db", "game.db", "file of the game and its outbox")
	badges := flags.String("badges", "", "ids of the badges for the levels, separated by commas")
	count := flags.Int("players", 200, "players in the match")
	pace := flags.Duration("pace", 500*time.Millisecond, "average time between two wins of a player")
	list := flags.Bool("list", false, "list the parked awards and end")
	drain := flags.Bool("drain", false, "send what is pending and end")
	demo := flags.Bool("demo", false, "play for a few seconds on a fake server that has an outage")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if *demo {
		return runDemo(ctx, out, 2*time.Second)
	}
	client, err := returningai.New(returningai.FromEnv(), returningai.WithUserAgent("gameserver/1.0"))
	if err != nil {
		return err
	}
	game, err := openFile(*path, client, strings.Split(*badges, ","))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, game.db.Close()) }()
	switch {
	case *list:
		return printParked(game.outbox, out)
	case *drain:
		return drainAll(ctx, game)
	}
	return serve(ctx, game, *count, *pace, slog.New(slog.NewTextHandler(out, nil)))
}

// openFile opens the database that the process has for itself.
func openFile(path string, client *returningai.Client, badges []string) (*Game, error) {
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: time.Second})
	if err != nil {
		return nil, err
	}
	db.MaxBatchDelay = time.Millisecond // a sender waits for it twice for each award
	game, err := OpenGame(db, client, badges)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return game, nil
}

func drainAll(ctx context.Context, game *Game) error {
	return errors.Join(game.outbox.Run(ctx, workers, true), game.Publish(ctx))
}

// workers is how many awards are sent at a time, and so the number of awards that
// a crash or an outage can leave in doubt.
const workers = 4

// serve plays, sends and publishes until ctx ends or one of them fails.
func serve(ctx context.Context, game *Game, count int, pace time.Duration, logger *slog.Logger) error {
	running, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var group sync.WaitGroup
	for _, part := range []func() error{
		func() error { return game.Play(running, count, pace) },
		func() error { return game.outbox.Run(running, workers, false) },
		func() error { return publish(running, game, logger) },
	} {
		group.Go(func() {
			if err := part(); err != nil {
				cancel(err)
			}
		})
	}
	group.Wait()
	if cause := context.Cause(running); !errors.Is(cause, context.Cause(ctx)) {
		return cause
	}
	return nil // the end that was asked for
}

// publish publishes the totals once a second.
func publish(ctx context.Context, game *Game, logger *slog.Logger) error {
	for ctx.Err() == nil {
		if err := game.Publish(ctx); err != nil && ctx.Err() == nil {
			logger.WarnContext(ctx, "totals not published, trying again", slog.Any("error", err))
		}
		sleep(ctx, time.Second)
	}
	return nil
}

func printParked(outbox *Outbox, out io.Writer) error {
	awards, err := outbox.Parked()
	if err != nil {
		return err
	}
	for _, award := range awards {
		if _, err := fmt.Fprintf(out, "badge %s for user %s: %s\n", award.BadgeID, award.UserID, award.Problem); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(out, "%d parked\n", len(awards))
	return err
}
