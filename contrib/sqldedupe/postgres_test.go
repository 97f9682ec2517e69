//go:build deep

package sqldedupe_test

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver
	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/contrib/sqldedupe"
	"github.com/returningai/returningai-go/webhooks"
	"github.com/returningai/returningai-go/webhooks/dedupetest"
)

// source is the environment variable by which a child process finds the server.
const source = "SQLDEDUPE_TEST_SOURCE"

var onPostgres = sqldedupe.Options{Dialect: sqldedupe.PostgreSQL, WhenDown: sqldedupe.Refuse}

// cluster is a PostgreSQL server of this test.
type cluster struct {
	programs, directory, port string
	process                   *exec.Cmd
}

// newCluster starts a server on a free loopback port. It refuses to run as
// root, so it then runs as nobody.
func newCluster(t *testing.T) *cluster {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	require.NoError(t, err)
	require.NotEmpty(t, found, "the package postgresql of Debian")
	directory, err := os.MkdirTemp("/tmp", "sqldedupe") //nolint:usetesting // the parents of t.TempDir are not nobody's
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(directory) })
	made := &cluster{programs: filepath.Dir(found[0]), directory: directory, port: freePort(t)}
	if os.Getuid() == 0 {
		require.NoError(t, os.Chown(directory, nobody, nobody))
	}
	output, err := made.command("initdb", "-D", directory+"/data", "-U", "hooks", "-A", "trust", "-N").CombinedOutput()
	require.NoError(t, err, string(output))
	made.start(t)
	t.Cleanup(made.kill)
	return made
}

const nobody = 65534

// freePort returns a loopback port below those that the system gives to
// outgoing connections, which could take it while the server starts.
func freePort(t *testing.T) string {
	t.Helper()
	for range 100 {
		port := strconv.Itoa(20000 + rand.IntN(10000))
		if listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port)); err == nil {
			require.NoError(t, listener.Close())
			return port
		}
	}
	require.Fail(t, "no port is free")
	return ""
}

func (c *cluster) command(program string, arguments ...string) *exec.Cmd {
	command := exec.Command(filepath.Join(c.programs, program), arguments...) //nolint:noctx // killed below
	command.Dir = c.directory
	if os.Getuid() == 0 {
		command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	return command
}

func (c *cluster) start(t *testing.T) {
	t.Helper()
	c.process = c.command("postgres", "-D", c.directory+"/data", "-p", c.port, "-h", "127.0.0.1", "-k", c.directory)
	require.NoError(t, c.process.Start())
	db := c.open(t)
	require.Eventually(t, func() bool { return db.PingContext(context.Background()) == nil }, 60*time.Second, 50*time.Millisecond) //nolint:usetesting // may outlive the test
}

// kill kills the server as the end of the power would. Its children notice.
func (c *cluster) kill() {
	_ = c.process.Process.Kill()
	_ = c.process.Wait()
}

func (c *cluster) source() string { return "postgres://hooks@127.0.0.1:" + c.port + "/postgres" }

func (c *cluster) open(t *testing.T) *sql.DB { return openPostgres(t, c.source()) }

func openPostgres(t *testing.T, source string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", source)
	require.NoError(t, err)
	db.SetMaxOpenConns(5)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// TestPostgresConformance keeps the promises of a Deduper.
func TestPostgresConformance(t *testing.T) {
	t.Parallel()
	running := newCluster(t)
	newDeduper(t, running.open(t), onPostgres)
	dedupetest.Run(t, func(t *testing.T) webhooks.Deduper {
		deduper, err := sqldedupe.New(running.open(t), onPostgres)
		require.NoError(t, err)
		return deduper
	})
}

// TestPostgresProcessKilled has two processes share a server, and kills one.
//
//nolint:paralleltest // the processes run this test alone
func TestPostgresProcessKilled(t *testing.T) {
	at := os.Getenv(source)
	if at == "" {
		running := newCluster(t)
		newDeduper(t, running.open(t), onPostgres)
		at = running.source()
	}
	dedupetest.RunKilled(t, func(t *testing.T) webhooks.Deduper {
		deduper, err := sqldedupe.New(openPostgres(t, at), onPostgres)
		require.NoError(t, err)
		return deduper
	}, source+"="+at)
}

// TestPostgresKilled refuses or works while the server is down, as chosen, and
// remembers afterwards what was done before.
func TestPostgresKilled(t *testing.T) {
	t.Parallel()
	running := newCluster(t)
	ctx := t.Context()
	strict := newDeduper(t, running.open(t), onPostgres)
	failures := 0
	open := newDeduper(t, running.open(t), sqldedupe.Options{
		Dialect: sqldedupe.PostgreSQL, WhenDown: sqldedupe.Work, OnError: func(error) { failures++ },
	})
	_, err := strict.Claim(ctx, "done", "token", time.Minute)
	require.NoError(t, err)
	require.NoError(t, strict.Commit(ctx, "done", "token"))
	_, err = strict.Claim(ctx, "claimed", "token", time.Hour)
	require.NoError(t, err)

	running.kill()
	_, err = strict.Claim(ctx, "done", "other", time.Minute)
	require.Error(t, err)
	require.Error(t, strict.Commit(ctx, "claimed", "token"))
	state, err := open.Claim(ctx, "done", "other", time.Minute)
	require.NoError(t, err)
	require.Equal(t, webhooks.Claimed, state)
	require.Equal(t, 1, failures)

	running.start(t)
	state, err = open.Claim(ctx, "done", "other", time.Minute)
	require.NoError(t, err)
	require.Equal(t, webhooks.Committed, state)
	require.ErrorIs(t, strict.Commit(ctx, "claimed", "other"), webhooks.ErrClaimLost)
	require.NoError(t, strict.Commit(ctx, "claimed", "token"), "the claim was kept")
}
