package returningaitest_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/returningaitest"
)

var everyFamily = []returningaitest.Family{
	returningaitest.System, returningaitest.Integration, returningaitest.Application, returningaitest.CommunityHost,
}

func TestOriginsOfFamilies(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	origins := map[string]bool{}
	for family, basePath := range map[returningaitest.Family]string{
		returningaitest.System:        "/api/v1",
		returningaitest.Integration:   "/apis/v1",
		returningaitest.Application:   "/apis/v1",
		returningaitest.CommunityHost: "",
	} {
		base, err := url.Parse(srv.URL(family))
		require.NoError(t, err)
		require.Equal(t, basePath, base.Path, family)
		require.Equal(t, "127.0.0.1", base.Hostname())
		origins[base.Host] = true

		got := mustSend(t, request{method: http.MethodGet, url: srv.URL(family) + "/nowhere"})
		require.Equal(t, http.StatusNotFound, got.status)
		require.Equal(t, family, srv.Requests()[len(srv.Requests())-1].Family)
	}
	require.Len(t, origins, 4)
	require.PanicsWithValue(t, "returningaitest: family: Family(9) is unknown", func() { srv.URL(9) })
}

func TestFamilyNames(t *testing.T) {
	t.Parallel()
	require.Equal(t, "[System Integration Application CommunityHost]", fmt.Sprint(everyFamily))
}

func TestSeed(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	types := map[string]bool{}
	for _, channel := range srv.Channels() {
		types[channel.Type] = true
	}
	require.Equal(t, map[string]bool{"open": true, "forum": true}, types)
	require.NotEmpty(t, srv.Users())
	require.Equal(t, srv.Channels(), srv.Channels())

	empty := returningaitest.NewServer(t, returningaitest.WithoutSeed())
	require.Empty(t, empty.Channels())
	require.Empty(t, empty.Users())
	require.Equal(t, http.StatusOK, mustSend(t, listChannels(empty)).status, "credentials are there all the same")
}

func TestStateReturnedAsCopies(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	topics := []string{"one"}
	channel := srv.AddChannel(returningaitest.Channel{Topic: "help", Type: returningaitest.ChannelForum, ForumTopicIDs: topics})
	topics[0] = "changed"
	last := func() returningaitest.Channel { return srv.Channels()[len(srv.Channels())-1] }
	last().ForumTopicIDs[0] = "changed"
	require.Equal(t, channel.ID, last().ID)
	require.Equal(t, []string{"one"}, last().ForumTopicIDs)

	require.Equal(t, http.StatusOK, mustSend(t, sendMessage(srv)).status)
	require.Equal(t, http.StatusOK, mustSend(t, post(srv, "/messages/react", toJSON(map[string]any{
		"messageId": srv.Messages()[0].ID, "emoji": ":tada:", "sender": "bot",
	}))).status)
	srv.Messages()[0].Reactions[0].Emoji = "changed"
	require.Equal(t, ":tada:", srv.Messages()[0].Reactions[0].Emoji)
}

func TestAddUserDefaultsAndDuplicates(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	srv := returningaitest.NewServer(t, returningaitest.WithoutSeed(), returningaitest.WithClock(func() time.Time { return now }))
	given := srv.AddUser(returningaitest.User{Username: "zoe", UserID: "1102"})
	first := srv.AddUser(returningaitest.User{Username: "one", Email: "one@example.com"})
	require.Regexp(t, "^[0-9a-f]{24}$", first.ID)
	require.Equal(t, "1103", first.UserID, "1102 is taken")
	require.Equal(t, now, first.JoinedAt)
	require.Equal(t, []returningaitest.User{given, first}, srv.Users())

	for problem, user := range map[string]returningaitest.User{
		"AddUser: Username is empty": {},
		"AddUser: Username is taken": {Username: "one"},
		"AddUser: Email is taken":    {Username: "two", Email: "one@example.com"},
		"AddUser: ID is taken":       {Username: "two", ID: first.ID},
		"AddUser: UserID is taken":   {Username: "two", UserID: "1102"},
	} {
		require.PanicsWithValue(t, "returningaitest: "+problem, func() { srv.AddUser(user) })
	}
	require.PanicsWithValue(t, "returningaitest: AddChannel: Topic is empty", func() { srv.AddChannel(returningaitest.Channel{}) })
	channel := srv.AddChannel(returningaitest.Channel{Topic: "general"})
	require.PanicsWithValue(t, fmt.Sprintf("returningaitest: AddChannel: ID %q is taken", channel.ID), func() { srv.AddChannel(channel) })
}

func TestInvalidOptions(t *testing.T) {
	t.Parallel()
	_, err := returningaitest.Start(
		returningaitest.WithClock(nil),
		returningaitest.WithMaxBody(0),
		returningaitest.WithRequestLogLimit(-1),
		returningaitest.WithRateLimit(0, time.Second),
		returningaitest.WithRateLimit(1, 0),
		nil,
	)
	require.EqualError(t, err, strings.Join([]string{
		"returningaitest: WithClock: the clock is nil",
		"WithMaxBody: 0 is not positive",
		"WithRequestLogLimit: -1 is negative",
		"WithRateLimit: 0 requests in 1s: both must be positive",
		"WithRateLimit: 1 requests in 0s: both must be positive",
	}, "\n"))
}

// testProbe is a testing.TB that notes what NewServer does with it.
type testProbe struct {
	testing.TB
	fatal    []any
	cleanups []func()
}

func (p *testProbe) Helper()          {}
func (p *testProbe) Cleanup(f func()) { p.cleanups = append(p.cleanups, f) }
func (p *testProbe) Fatal(args ...any) {
	p.fatal = args
	panic(p) // a real one ends the goroutine
}

func TestNewServerWithTB(t *testing.T) {
	t.Parallel()
	bad := &testProbe{}
	require.PanicsWithValue(t, bad, func() { returningaitest.NewServer(bad, returningaitest.WithMaxBody(0)) })
	require.EqualError(t, bad.fatal[0].(error), "returningaitest: WithMaxBody: 0 is not positive")
	require.Empty(t, bad.cleanups)

	good := &testProbe{}
	srv := returningaitest.NewServer(good)
	require.Equal(t, http.StatusOK, mustSend(t, listChannels(srv)).status)
	for _, cleanup := range good.cleanups {
		cleanup()
	}
	_, err := send(t, listChannels(srv))
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
}

func TestCloseEndsRequestsInFlight(t *testing.T) {
	t.Parallel()
	srv, err := returningaitest.Start()
	require.NoError(t, err)
	address := hostOf(srv, returningaitest.Integration)

	silent, err := net.Dial("tcp", address) // never sends anything
	require.NoError(t, err)
	defer silent.Close()
	half, err := net.Dial("tcp", address) // never finishes its body
	require.NoError(t, err)
	defer half.Close()
	_, err = io.WriteString(half, "POST /apis/v1/messages/send HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
	require.NoError(t, err)

	srv.Inject(returningaitest.Fault{Operation: "integration.channels.list", Times: returningaitest.Always, Delay: time.Hour})
	late := make(chan error, 1)
	list := listChannels(srv)
	go func() {
		_, err := send(t, list)
		late <- err
	}()
	require.Eventually(t, func() bool { return len(srv.Requests()) == 2 }, time.Minute, time.Millisecond)

	srv.Close()
	srv.Close() // again does nothing
	require.Error(t, <-late)
	for _, conn := range []net.Conn{silent, half} {
		_, err = bufio.NewReader(conn).ReadByte()
		require.Error(t, err, "the server's end is closed")
		require.NotErrorIs(t, err, net.ErrClosed, "not ours")
	}
	require.Empty(t, srv.Messages())
}

func TestConnectionsReusedAndCounted(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	// A connection of our own: whether it stays open is the server's doing only.
	conn, err := net.Dial("tcp", hostOf(srv, returningaitest.Integration))
	require.NoError(t, err)
	defer conn.Close()
	answers := bufio.NewReader(conn)
	for status := 200; status <= 503; status += 3 {
		srv.Inject(returningaitest.Fault{Response: returningaitest.Status(status)})
		list := listChannels(srv)
		outgoing, err := http.NewRequestWithContext(t.Context(), list.method, list.url, http.NoBody)
		require.NoError(t, err)
		outgoing.Header = list.header
		require.NoError(t, outgoing.Write(conn))
		response, err := http.ReadResponse(answers, outgoing)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, status, response.StatusCode)
		require.False(t, response.Close)
	}
	require.Equal(t, 1, srv.Connections(returningaitest.Integration))
	require.Equal(t, 0, srv.Connections(returningaitest.System))
	for i, logged := range srv.Requests() {
		require.Equal(t, int64(1), logged.Connection)
		require.Equal(t, i == 0, logged.NewConnection)
	}
	mustSend(t, listChannels(srv))
	last := srv.Requests()[len(srv.Requests())-1]
	require.Equal(t, int64(2), last.Connection)
	require.True(t, last.NewConnection)
	require.Equal(t, 2, srv.Connections(returningaitest.Integration))
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t, returningaitest.WithRequestLogLimit(20))
	const workers, rounds = 8, 10
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for range rounds {
				srv.Inject(returningaitest.Fault{Operation: "integration.channels.list", Response: returningaitest.Status(500)})
				token := srv.AddToken(returningaitest.Token{})
				_, _ = send(t, listChannels(srv))
				_, _ = send(t, sendMessage(srv))
				srv.Revoke(token)
				srv.AddChannel(returningaitest.Channel{Topic: "more"})
				srv.Requests()
				srv.Users()
			}
		})
	}
	group.Wait()
	require.Len(t, srv.Messages(), workers*rounds)
	require.Len(t, srv.Channels(), 3+workers*rounds)
}

func TestServerRedacted(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		require.Equal(t, "returningaitest.Server", fmt.Sprintf(verb, srv))
	}
}
