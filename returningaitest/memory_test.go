package returningaitest_test

import (
	"errors"
	"io"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/returningaitest"
)

// A Retry-After of half a minute takes no real time in a bubble.
func TestInMemoryRetryAfterTakesNoRealTime(t *testing.T) {
	t.Parallel()
	real := time.Now()
	synctest.Test(t, func(t *testing.T) {
		srv := returningaitest.NewServer(t, returningaitest.WithInMemoryNetwork())
		client := srv.Client()
		defer client.CloseIdleConnections()
		srv.Inject(returningaitest.Fault{
			Operation: "integration.channels.list", Times: 2,
			Response: returningaitest.RetryAfter(http.StatusTooManyRequests, "30"),
		})
		before := time.Now()
		channels, err := client.Integration.Channels.List(t.Context())
		require.NoError(t, err)
		require.Len(t, channels, 3)
		require.GreaterOrEqual(t, time.Since(before), time.Minute, "in the bubble")
		require.Len(t, srv.RequestsTo("integration.channels.list"), 3)
	})
	require.Less(t, time.Since(real), 30*time.Second)
}

func TestInMemoryNetworkErrors(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		response returningaitest.Response
		want     error
	}{
		"cut":          {returningaitest.CutBeforeResponse(), io.EOF},
		"reset":        {returningaitest.CutBeforeResponse().Reset(), syscall.ECONNRESET},
		"cut body":     {returningaitest.CutMidBody(), io.ErrUnexpectedEOF},
		"unread reset": {returningaitest.CutBeforeReading().Reset(), syscall.ECONNRESET},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, option := range []returningaitest.Option{returningaitest.WithInMemoryNetwork(), nil} {
				srv := returningaitest.NewServer(t, option)
				transport := srv.Transport()
				t.Cleanup(transport.CloseIdleConnections)
				srv.Inject(returningaitest.Fault{Response: test.response})
				_, err := sendWith(t, &http.Client{Transport: transport}, listChannels(srv))
				require.ErrorIs(t, err, test.want)
			}
		})
	}
}

func TestTransportReachesOnlyTheServer(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t, returningaitest.WithInMemoryNetwork())
	_, err := sendWith(t, &http.Client{Transport: srv.Transport()}, request{method: http.MethodGet, url: "http://127.0.0.1:65000/"})
	require.ErrorContains(t, err, "the address is not the server's")
}

func TestRefusedConnections(t *testing.T) {
	t.Parallel()
	for name, option := range map[string]returningaitest.Option{"sockets": nil, "memory": returningaitest.WithInMemoryNetwork()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := returningaitest.NewServer(t, option)
			transport := srv.Transport()
			t.Cleanup(transport.CloseIdleConnections)
			client := &http.Client{Transport: transport}
			_, err := sendWith(t, client, listChannels(srv))
			require.NoError(t, err)

			accept, acceptToo := srv.RefuseConnections(returningaitest.Integration), srv.RefuseConnections(returningaitest.Integration)
			require.Eventually(t, func() bool {
				_, err := sendWith(t, client, listChannels(srv))
				return errors.Is(err, syscall.ECONNREFUSED)
			}, time.Minute, time.Millisecond, "once the idle connection is closed")
			accept()
			accept()
			_, err = sendWith(t, client, listChannels(srv))
			require.ErrorIs(t, err, syscall.ECONNREFUSED, "the second call is in force")
			_, err = sendWith(t, client, request{method: http.MethodGet, url: srv.URL(returningaitest.System) + "/channels"})
			require.NoError(t, err, "other families are up")
			acceptToo()
			got, err := sendWith(t, client, listChannels(srv))
			require.NoError(t, err)
			require.Equal(t, http.StatusOK, got.status)

			accept = srv.RefuseConnections(returningaitest.Integration)
			srv.Close()
			accept() // of a closed server does nothing
		})
	}
}

// A call that got no connection was certainly not applied: the client retries
// it until the server is up again.
func TestSDKRetriesRefusedConnections(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := returningaitest.NewServer(t, returningaitest.WithInMemoryNetwork())
		policy := returningai.DefaultRetryPolicy()
		policy.MaxAttempts = 10
		client := srv.Client(returningai.WithRetryPolicy(policy))
		defer client.CloseIdleConnections()
		accept := srv.RefuseConnections(returningaitest.Integration)
		time.AfterFunc(100*time.Millisecond, accept)
		err := client.Integration.Messages.Send(t.Context(), integration.SendMessageParams{
			ChannelID: srv.Channels()[0].ID, Message: "gg", Sender: "bot",
		})
		require.NoError(t, err)
		require.Len(t, srv.Messages(), 1)
	})
}
