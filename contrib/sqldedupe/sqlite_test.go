//go:build deep

package sqldedupe_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // the driver

	"github.com/returningai/returningai-go/contrib/sqldedupe"
	"github.com/returningai/returningai-go/webhooks"
	"github.com/returningai/returningai-go/webhooks/dedupetest"
)

// file is the environment variable by which a child process finds the database.
const file = "SQLDEDUPE_TEST_FILE"

var onSQLite = sqldedupe.Options{Dialect: sqldedupe.SQLite, WhenDown: sqldedupe.Refuse}

func openSQLite(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(2000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// newDeduper makes a deduper whose table exists.
func newDeduper(t *testing.T, db *sql.DB, options sqldedupe.Options) *sqldedupe.Deduper {
	t.Helper()
	deduper, err := sqldedupe.New(db, options)
	require.NoError(t, err)
	require.NoError(t, deduper.CreateTable(t.Context()))
	return deduper
}

// TestSQLiteConformance keeps the promises of a Deduper, each handle with
// connections of its own.
func TestSQLiteConformance(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "hooks.db")
	dedupetest.Run(t, func(t *testing.T) webhooks.Deduper { return newDeduper(t, openSQLite(t, path), onSQLite) })
}

// TestSQLiteProcessKilled has two processes share a file, and kills one.
//
//nolint:paralleltest // the processes run this test alone
func TestSQLiteProcessKilled(t *testing.T) {
	path := os.Getenv(file)
	if path == "" {
		path = filepath.Join(t.TempDir(), "hooks.db")
	}
	dedupetest.RunKilled(t, func(t *testing.T) webhooks.Deduper { return newDeduper(t, openSQLite(t, path), onSQLite) }, file+"="+path)
}

// TestSweep deletes what has expired, and nothing else.
func TestSweep(t *testing.T) {
	t.Parallel()
	options := onSQLite
	options.Table = "swept"
	db := openSQLite(t, filepath.Join(t.TempDir(), "hooks.db"))
	deduper := newDeduper(t, db, options)
	require.Equal(t, 24*time.Hour, deduper.Retention())
	for key, lease := range map[string]time.Duration{"short": 0, "long": time.Hour} {
		_, err := deduper.Claim(t.Context(), key, "token", lease)
		require.NoError(t, err)
	}
	require.NoError(t, deduper.Commit(t.Context(), "done", "token"))
	require.Eventually(t, func() bool {
		swept, err := deduper.Sweep(context.Background()) //nolint:usetesting // may run after the test
		return err == nil && swept == 1
	}, 20*time.Second, 10*time.Millisecond)
	var rows int
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT count(*) FROM swept").Scan(&rows))
	require.Equal(t, 2, rows)
}

// TestDown refuses or works while the database is away, as chosen.
func TestDown(t *testing.T) {
	t.Parallel()
	db := openSQLite(t, filepath.Join(t.TempDir(), "hooks.db"))
	failures := 0
	options := sqldedupe.Options{Dialect: sqldedupe.SQLite, WhenDown: sqldedupe.Refuse, OnError: func(error) { failures++ }}
	strict := newDeduper(t, db, options)
	options.WhenDown = sqldedupe.Work
	open := newDeduper(t, db, options)
	require.NoError(t, db.Close())
	ctx := t.Context()
	_, err := strict.Claim(ctx, "key", "token", time.Minute)
	require.Error(t, err)
	require.Error(t, strict.Renew(ctx, "key", "token", time.Minute))
	require.Error(t, strict.Commit(ctx, "key", "token"))
	require.Error(t, strict.Release(ctx, "key", "token"))
	require.Equal(t, 4, failures)
	state, err := open.Claim(ctx, "key", "token", time.Minute)
	require.NoError(t, err)
	require.Equal(t, webhooks.Claimed, state)
	require.NoError(t, open.Renew(ctx, "key", "token", time.Minute))
	require.NoError(t, open.Commit(ctx, "key", "token"))
	require.NoError(t, open.Release(ctx, "key", "token"))
	require.Equal(t, 8, failures)
}

// TestRefused names the option that is missing or wrong.
func TestRefused(t *testing.T) {
	t.Parallel()
	db := openSQLite(t, filepath.Join(t.TempDir(), "hooks.db"))
	for text, change := range map[string]func(o *sqldedupe.Options){
		"Dialect: choose":      func(o *sqldedupe.Options) { o.Dialect = 0 },
		"WhenDown: choose":     func(o *sqldedupe.Options) { o.WhenDown = 3 },
		"OnError: is required": func(o *sqldedupe.Options) { o.WhenDown = sqldedupe.Work },
		"Retention: must be":   func(o *sqldedupe.Options) { o.Retention = time.Second - 1 },
		"Table: must be":       func(o *sqldedupe.Options) { o.Table = "a; DROP TABLE b" },
	} {
		options := onSQLite
		change(&options)
		_, err := sqldedupe.New(db, options)
		require.ErrorContains(t, err, text)
		require.True(t, strings.HasPrefix(err.Error(), "sqldedupe: "))
	}
	_, err := sqldedupe.New(nil, onSQLite)
	require.ErrorContains(t, err, "db is nil")
	for _, table := range []string{"a", "b.c", "_a1"} {
		_, err := sqldedupe.New(db, sqldedupe.Options{Dialect: sqldedupe.SQLite, WhenDown: sqldedupe.Refuse, Table: table})
		require.NoError(t, err)
	}
}
