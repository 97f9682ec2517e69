package main

import (
	"net/http"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/returningaitest"
)

// TestOutboxSettles shows where an award is after each outcome of its request.
func TestOutboxSettles(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault   returningaitest.Fault
		pending int
		problem string
	}{
		"success":                      {},
		"lost response":                {returningaitest.Fault{Applied: true, Response: returningaitest.CutBeforeResponse()}, 0, "in doubt: "},
		"503":                          {returningaitest.Fault{Response: returningaitest.Status(http.StatusServiceUnavailable)}, 0, "in doubt: "},
		"404":                          {returningaitest.Fault{Response: returningaitest.Status(http.StatusNotFound)}, 0, "refused: "},
		"400":                          {returningaitest.Fault{Response: returningaitest.Status(http.StatusBadRequest)}, 0, "refused: "},
		"401, a new key will be given": {returningaitest.Fault{Response: returningaitest.Status(http.StatusUnauthorized)}, 1, ""},
		"429 beyond the cap":           {returningaitest.Fault{Response: returningaitest.RetryAfter(http.StatusTooManyRequests, "3600")}, 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := returningaitest.NewServer(t)
			user := srv.AddUser(returningaitest.User{UserID: "2000", Username: "player"})
			badge := srv.AddBadge(returningaitest.Badge{Title: "Level 1"})
			db, err := bolt.Open(filepath.Join(t.TempDir(), "game.db"), 0o600, nil)
			require.NoError(t, err)
			defer func() { require.NoError(t, db.Close()) }()
			game, err := OpenGame(db, srv.Client(), []string{badge.ID})
			require.NoError(t, err)
			require.NoError(t, game.win(Player{UserID: user.UserID}, 1, true))

			if name != "success" {
				test.fault.Operation = returningai.OperationSystemBadgesAward
				srv.Inject(test.fault)
			}
			key, award, err := game.outbox.take()
			require.NoError(t, err)
			require.NoError(t, game.outbox.settle(key, award, game.outbox.send(t.Context(), award)))
			awards, err := game.outbox.Parked()
			require.NoError(t, err)
			if test.problem == "" {
				require.Empty(t, awards)
			} else {
				require.Len(t, awards, 1)
				require.Contains(t, awards[0].Problem, test.problem)
			}
			require.NoError(t, db.View(func(tx *bolt.Tx) error {
				require.Equal(t, test.pending, tx.Bucket(pending).Stats().KeyN)
				require.Zero(t, tx.Bucket(sending).Stats().KeyN)
				return nil
			}))
		})
	}
}

// TestOutboxParksInFlight takes an award and opens the outbox again.
func TestOutboxParksInFlight(t *testing.T) {
	t.Parallel()
	db, err := bolt.Open(filepath.Join(t.TempDir(), "game.db"), 0o600, nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	outbox, err := OpenOutbox(db, nil, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(func(tx *bolt.Tx) error { return outbox.Put(tx, Award{UserID: "2000", BadgeID: "b"}) }))
	_, _, err = outbox.take()
	require.NoError(t, err)

	again, err := OpenOutbox(db, nil, nil)
	require.NoError(t, err)
	awards, err := again.Parked()
	require.NoError(t, err)
	require.Equal(t, []Award{{UserID: "2000", BadgeID: "b", Problem: "in doubt: the process ended while it was sent"}}, awards)
}
