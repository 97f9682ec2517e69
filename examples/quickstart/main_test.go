package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/returningaitest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestOffline(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, (&demo{out: &out}).offline(t.Context()))
	for _, line := range []string{
		"# general (open)",
		"GET  /channels          attempt 1 -> 200",
		"POST /messages/send     attempt 1 -> 200",
		"POST /messages/reply    attempt 1 -> 200",
		"POST /messages/react    attempt 1 -> 200",
		"POST /messages/send     attempt 1 -> 403",
		`"sendMessage"`,
		"POST /messages/send     attempt 1 -> 429",
		"waiting 1s",
		"POST /messages/send     attempt 2 -> 200",
		"posted 1 message in 2 attempts",
	} {
		require.Contains(t, out.String(), line)
	}
}

func TestLivePostsOnlyWhereItIsTold(t *testing.T) {
	srv := returningaitest.NewServer(t)
	t.Setenv(returningai.EnvToken, srv.Token())
	t.Setenv(returningai.EnvIntegrationURL, srv.URL(returningaitest.Integration))
	var out bytes.Buffer
	require.NoError(t, (&demo{out: &out}).live(t.Context(), "", ""))
	require.Empty(t, srv.Messages())
	require.Contains(t, out.String(), "Give -channel and -sender")
	require.NoError(t, (&demo{out: &out}).live(t.Context(), srv.Channels()[0].ID, srv.Users()[0].Email))
	require.Len(t, srv.Messages(), 1)
	require.NotContains(t, out.String(), srv.Token())

	t.Setenv(returningai.EnvToken, "")
	require.ErrorIs(t, (&demo{out: &out}).live(t.Context(), "", ""), returningai.ErrNoCredential)
}
