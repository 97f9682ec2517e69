package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/returningai/returningai-go/returningaitest"
)

// This file is for the demonstration and the tests: leave it out when you copy the
// game server.

const (
	playerCount = 200
	levelCount  = 100
)

// populate adds the players to a fake server, and a badge for each level.
func populate(srv *returningaitest.Server) (badges []string) {
	for i := range playerCount {
		number := strconv.Itoa(2000 + i)
		srv.AddUser(returningaitest.User{UserID: number, Username: "player-" + number, Email: "player-" + number + "@example.com"})
	}
	for level := range levelCount {
		badges = append(badges, srv.AddBadge(returningaitest.Badge{Title: fmt.Sprintf("Level %d", level+1)}).ID)
	}
	return badges
}

// runDemo plays before, during and after an outage, sends what is pending, and
// lists what is in doubt.
func runDemo(ctx context.Context, out io.Writer, period time.Duration) (err error) {
	srv, err := returningaitest.Start()
	if err != nil {
		return err
	}
	defer srv.Close()
	directory, err := os.MkdirTemp("", "gameserver")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(directory)) }()
	game, err := openFile(filepath.Join(directory, "game.db"), srv.Client(), populate(srv))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, game.db.Close()) }()

	playing, stop := context.WithTimeout(ctx, 3*period)
	defer stop()
	outage := time.AfterFunc(period, func() {
		srv.Inject(returningaitest.Fault{Applied: true, Response: returningaitest.CutBeforeResponse()}.For(period))
	})
	defer outage.Stop()
	if err := serve(playing, game, playerCount, period/4, slog.New(slog.NewTextHandler(out, nil))); err != nil {
		return err
	}
	if err := drainAll(ctx, game); err != nil {
		return err
	}
	applied := 0
	for _, member := range srv.Members() {
		applied += len(member.Badges)
	}
	if _, err := fmt.Fprintf(out, "%d awards applied; the outage left these in doubt:\n", applied); err != nil {
		return err
	}
	return printParked(game.outbox, out)
}
