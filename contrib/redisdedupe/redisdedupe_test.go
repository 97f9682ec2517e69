//go:build deep

package redisdedupe_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/contrib/redisdedupe"
	"github.com/returningai/returningai-go/webhooks"
	"github.com/returningai/returningai-go/webhooks/dedupetest"
)

// address is the environment variable by which a child process finds the
// server.
const address = "REDISDEDUPE_TEST_ADDRESS"

// server is a redis-server of this test.
type server struct {
	address, directory string
	process            *exec.Cmd
}

// newServer starts a server on a free loopback port, which keeps everything on
// disk.
func newServer(t *testing.T) *server {
	t.Helper()
	made := &server{address: net.JoinHostPort("127.0.0.1", freePort(t)), directory: t.TempDir()}
	made.start(t)
	t.Cleanup(made.kill)
	return made
}

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

func (s *server) start(t *testing.T) {
	t.Helper()
	_, port, err := net.SplitHostPort(s.address)
	require.NoError(t, err)
	s.process = exec.Command("redis-server", "--bind", "127.0.0.1", "--port", port, "--dir", s.directory, //nolint:noctx // killed below
		"--appendonly", "yes", "--appendfsync", "always", "--save", "")
	require.NoError(t, s.process.Start(), "the package redis-server of Debian")
	client := connect(t, s.address)
	require.Eventually(t, func() bool { return client.Ping(context.Background()).Err() == nil }, 20*time.Second, 20*time.Millisecond) //nolint:usetesting // outlives a subtest
}

func (s *server) kill() {
	_ = s.process.Process.Kill()
	_ = s.process.Wait()
}

func connect(t *testing.T, address string) *redis.Client {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: address, ContextTimeoutEnabled: true, MaxRetries: -1})
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func newDeduper(t *testing.T, address string, options redisdedupe.Options) webhooks.Deduper {
	t.Helper()
	deduper, err := redisdedupe.New(connect(t, address), options)
	require.NoError(t, err)
	return deduper
}

var refuse = redisdedupe.Options{WhenDown: redisdedupe.Refuse}

// TestConformance keeps the promises of a Deduper on a real server.
func TestConformance(t *testing.T) {
	t.Parallel()
	running := newServer(t)
	dedupetest.Run(t, func(t *testing.T) webhooks.Deduper { return newDeduper(t, running.address, refuse) })
}

// TestProcessKilled has two processes share the store, and kills one.
//
//nolint:paralleltest // the processes run this test alone
func TestProcessKilled(t *testing.T) {
	at := os.Getenv(address)
	if at == "" {
		at = newServer(t).address
	}
	dedupetest.RunKilled(t, func(t *testing.T) webhooks.Deduper { return newDeduper(t, at, refuse) }, address+"="+at)
}

// TestServerKilled refuses or works while the server is down, as chosen, and
// remembers afterwards what was done before.
func TestServerKilled(t *testing.T) {
	t.Parallel()
	running := newServer(t)
	ctx, failures := t.Context(), 0
	strict := newDeduper(t, running.address, redisdedupe.Options{WhenDown: redisdedupe.Refuse, OnError: func(error) { failures++ }})
	open := newDeduper(t, running.address, redisdedupe.Options{WhenDown: redisdedupe.Work, OnError: func(error) { failures++ }})
	state, err := strict.Claim(ctx, "done", "token", time.Minute)
	require.NoError(t, err)
	require.Equal(t, webhooks.Claimed, state)
	require.NoError(t, strict.Commit(ctx, "done", "token"))
	_, err = strict.Claim(ctx, "claimed", "token", time.Minute)
	require.NoError(t, err)

	running.kill()
	_, err = strict.Claim(ctx, "done", "other", time.Minute)
	require.Error(t, err)
	require.NotErrorIs(t, err, webhooks.ErrClaimLost)
	require.Error(t, strict.Renew(ctx, "claimed", "token", time.Minute))
	require.Error(t, strict.Commit(ctx, "claimed", "token"))
	require.Error(t, strict.Release(ctx, "claimed", "token"))
	require.Equal(t, 4, failures)
	state, err = open.Claim(ctx, "done", "other", time.Minute)
	require.NoError(t, err)
	require.Equal(t, webhooks.Claimed, state)
	require.NoError(t, open.Renew(ctx, "done", "other", time.Minute))
	require.NoError(t, open.Commit(ctx, "done", "other"))
	require.NoError(t, open.Release(ctx, "done", "other"))
	require.Equal(t, 8, failures)

	running.start(t)
	for _, deduper := range []webhooks.Deduper{strict, open} {
		state, err = deduper.Claim(ctx, "done", "other", time.Minute)
		require.NoError(t, err)
		require.Equal(t, webhooks.Committed, state)
		require.ErrorIs(t, deduper.Commit(ctx, "claimed", "other"), webhooks.ErrClaimLost)
		require.ErrorIs(t, deduper.Renew(ctx, "claimed", "other", time.Minute), webhooks.ErrClaimLost)
	}
	require.NoError(t, strict.Commit(ctx, "claimed", "token"), "the claim was kept")
	require.Equal(t, 8, failures)
}

// TestHangs ends a call with its context when the server does not respond.
func TestHangs(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	client := redis.NewClient(&redis.Options{
		Addr: listener.Addr().String(), ContextTimeoutEnabled: true, MaxRetries: -1,
		ReadTimeout: -1, // none: nothing but the context ends the call
	})
	defer func() { _ = client.Close() }()
	deduper, err := redisdedupe.New(client, refuse)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = deduper.Claim(ctx, "key", "token", time.Minute)
	timeout, ok := errors.AsType[net.Error](err)
	require.True(t, ok && timeout.Timeout(), "%v", err)
}

// TestRetention remembers for as long as it was told.
func TestRetention(t *testing.T) {
	t.Parallel()
	running := newServer(t)
	deduper := newDeduper(t, running.address, redisdedupe.Options{WhenDown: redisdedupe.Refuse, Retention: time.Hour, Prefix: "mine:"})
	require.NoError(t, deduper.Commit(t.Context(), "key", "token"))
	left, err := connect(t, running.address).PTTL(t.Context(), "mine:key").Result()
	require.NoError(t, err)
	require.InDelta(t, time.Hour, left, float64(time.Minute))
	remembers, ok := deduper.(interface{ Retention() time.Duration })
	require.True(t, ok)
	require.Equal(t, time.Hour, remembers.Retention())
}

// TestRefused names the option that is missing or wrong.
func TestRefused(t *testing.T) {
	t.Parallel()
	client := connect(t, "127.0.0.1:1")
	deaf := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1"})
	deafCluster := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{"127.0.0.1:1"}})
	defer func() { _, _ = deaf.Close(), deafCluster.Close() }()
	for text, make := range map[string]func() (webhooks.Deduper, error){
		"client is nil":         func() (webhooks.Deduper, error) { return redisdedupe.New(nil, refuse) },
		"ContextTimeoutEnabled": func() (webhooks.Deduper, error) { return redisdedupe.New(deaf, refuse) },
		"or a hanging Redis":    func() (webhooks.Deduper, error) { return redisdedupe.New(deafCluster, refuse) },
		"WhenDown: choose":      func() (webhooks.Deduper, error) { return redisdedupe.New(client, redisdedupe.Options{}) },
		"OnError: is required": func() (webhooks.Deduper, error) {
			return redisdedupe.New(client, redisdedupe.Options{WhenDown: redisdedupe.Work})
		},
		"Retention: must be": func() (webhooks.Deduper, error) {
			return redisdedupe.New(client, redisdedupe.Options{WhenDown: redisdedupe.Refuse, Retention: time.Second - 1})
		},
	} {
		_, err := make()
		require.ErrorContains(t, err, text)
		require.True(t, strings.HasPrefix(err.Error(), "redisdedupe: "))
	}
}
