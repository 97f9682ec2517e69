package main

import (
	"bytes"
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/returningaitest"
)

// fixture is a directory of files, and a community with the users in them.
type fixture struct {
	srv     *returningaitest.Server
	dir     string
	out     bytes.Buffer
	options []returningai.Option
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{srv: returningaitest.NewServer(t), dir: t.TempDir()}
	f.options = []returningai.Option{
		returningai.WithBearer(f.srv.Token()),
		returningai.WithBaseURL(returningai.FamilyIntegration, f.srv.URL(returningaitest.Integration)),
	}
	f.write(t, "one.csv", "email,xp\nplayer-one@example.com,10\nplayer-two@example.com,20\n")
	f.write(t, "two.csv", "email,coins_op,coins\nplayer-one@example.com,overwrite,7\n")
	db, err := sql.Open("sqlite", f.path("players.db"))
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), `CREATE TABLE players (email TEXT, score INTEGER);
		INSERT INTO players VALUES ('player-one@example.com', 99), ('player-two@example.com', 98)`)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	return f
}

func (f *fixture) path(name string) string { return filepath.Join(f.dir, name) }

func (f *fixture) write(t *testing.T, name, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(f.path(name), []byte(text), 0o600))
}

func (f *fixture) run(t *testing.T, arguments ...string) error {
	t.Helper()
	for i, argument := range arguments {
		if filepath.Ext(argument) != "" {
			arguments[i] = f.path(argument)
		}
	}
	return run(t.Context(), append([]string{
		"-journal", f.path("journal"), "-query", "SELECT email, score AS xp FROM players",
	}, arguments...), &f.out, f.options...)
}

func (f *fixture) user(t *testing.T, name string) returningaitest.User {
	t.Helper()
	f.srv.RunBulkJobs()
	for _, user := range f.srv.Users() {
		if user.Username == name {
			return user
		}
	}
	require.Fail(t, "there is no user "+name)
	return returningaitest.User{}
}

func TestFilesAndDatabase(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	require.NoError(t, f.run(t, "one.csv", "two.csv"))
	require.InDelta(t, 10, f.user(t, "player-one").XP, 0)
	require.InDelta(t, 7, f.user(t, "player-one").Coins, 0)
	require.NoError(t, f.run(t, "players.db"))
	require.InDelta(t, 99, f.user(t, "player-one").XP, 0)
	require.InDelta(t, 98, f.user(t, "player-two").XP, 0)
	require.Contains(t, f.out.String(), "one.csv 100%", "the bar")
	require.Contains(t, f.out.String(), "Bulk update user process is queued")
}

func TestResumeAfterFailure(t *testing.T) {
	t.Parallel()
	const operation = returningai.OperationIntegrationUsersBulkUpdate
	for name, test := range map[string]struct {
		response returningaitest.Response
		inDoubt  bool
	}{
		"certainly not applied": {returningaitest.Status(403), false},
		"response lost":         {returningaitest.CutBeforeResponse(), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.srv.Inject(returningaitest.Fault{Operation: operation, After: 1, Response: test.response, Applied: test.inDoubt})
			require.Error(t, f.run(t, "one.csv", "two.csv"))
			if test.inDoubt {
				require.ErrorContains(t, f.run(t, "one.csv", "two.csv"), "it may have arrived")
				require.Len(t, f.srv.BulkJobs(), 2, "nothing was sent again")
				require.NoError(t, f.run(t, "-resend", "one.csv", "two.csv"))
				require.Len(t, f.srv.BulkJobs(), 3)
			} else {
				require.NoError(t, f.run(t, "one.csv", "two.csv"))
				require.Len(t, f.srv.BulkJobs(), 2)
			}
			require.Contains(t, f.out.String(), "one.csv: queued before, skipped")
			f.write(t, "one.csv", "email,xp\nplayer-one@example.com,11\n")
			require.NoError(t, f.run(t, "one.csv"), "its content is new")
			require.InDelta(t, 11, f.user(t, "player-one").XP, 0)
		})
	}
}

func TestInvalidFileNotSent(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.write(t, "bad.csv", "email,xp\nplayer-one@example.com\n")
	require.ErrorContains(t, f.run(t, "bad.csv"), "CSV line 2")
	require.ErrorContains(t, f.run(t, "missing.csv"), "missing.csv")
	require.Empty(t, f.srv.RequestsTo(returningai.OperationIntegrationUsersBulkUpdate))
}
