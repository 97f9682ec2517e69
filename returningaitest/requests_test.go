package returningaitest_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/returningaitest"
)

func TestRequestLog(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	srv := returningaitest.NewServer(t, returningaitest.WithClock(func() time.Time { return now }))
	message := sendMessage(srv)
	message.url += "?tag=a%20b&tag=c"
	mustSend(t, message)
	mustSend(t, request{method: http.MethodPut, url: srv.URL(returningaitest.System) + "/no%2Fwhere/%41?x"})

	requests := srv.Requests()
	require.Len(t, requests, 2)
	first := requests[0]
	require.NotEmpty(t, first.RemoteAddr)
	require.Equal(t, "Bearer "+srv.Token(), first.Header.Get("Authorization"))
	require.Equal(t, "application/json", first.Header.Get("Content-Type"))
	require.Positive(t, first.Duration)
	first.RemoteAddr, first.Header, first.Duration = "", nil, 0
	require.Equal(t, returningaitest.Request{
		Number: 1, Operation: "integration.messages.send", Family: returningaitest.Integration, Method: http.MethodPost,
		Host: hostOf(srv, returningaitest.Integration),
		Path: "/apis/v1/messages/send", RawQuery: "tag=a%20b&tag=c", Query: map[string][]string{"tag": {"a b", "c"}},
		Body: []byte(message.body), BodySize: int64(len(message.body)), ContentLength: int64(len(message.body)),
		Connection: 1, NewConnection: true, Time: now, Status: http.StatusOK,
	}, first)
	second := requests[1]
	require.Equal(t, int64(2), second.Number)
	require.Empty(t, second.Operation)
	require.Equal(t, "/api/v1/no%2Fwhere/%41", second.Path)
	require.Equal(t, "x", second.RawQuery)
	require.Equal(t, http.StatusNotFound, second.Status)

	require.Len(t, srv.RequestsTo("integration.messages.send"), 1)
	require.Empty(t, srv.RequestsTo("integration.channels.list"))
	require.PanicsWithValue(t, `returningaitest: RequestsTo: operation "integration.chanels.list" is unknown`, func() {
		srv.RequestsTo("integration.chanels.list")
	})
	srv.ResetRequests()
	require.Empty(t, srv.Requests())
	mustSend(t, listChannels(srv))
	require.Equal(t, int64(3), srv.Requests()[0].Number)
}

func TestRequestLogCopies(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	message := sendMessage(srv)
	message.url += "?a=b"
	mustSend(t, message)
	changed := srv.Requests()[0]
	changed.Body[0] = 'X'
	changed.Header["Authorization"][0] = "X"
	changed.Query["a"][0] = "X"
	kept := srv.Requests()[0]
	require.Equal(t, message.body, string(kept.Body))
	require.Equal(t, "Bearer "+srv.Token(), kept.Header.Get("Authorization"))
	require.Equal(t, "b", kept.Query.Get("a"))
}

func TestRequestLogLimit(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{0, 1, 3} {
		srv := returningaitest.NewServer(t, returningaitest.WithRequestLogLimit(limit))
		var numbers []int64
		for range 10 {
			mustSend(t, listChannels(srv))
		}
		for _, logged := range srv.Requests() {
			numbers = append(numbers, logged.Number)
			require.Equal(t, http.StatusOK, logged.Status)
		}
		require.Equal(t, []int64{8, 9, 10}[3-limit:], append([]int64{}, numbers...))
	}
}

func TestRequestLogChunked(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	message := sendMessage(srv)
	outgoing, err := http.NewRequestWithContext(t.Context(), message.method, message.url, io.MultiReader(strings.NewReader(message.body)))
	require.NoError(t, err)
	outgoing.Header = message.header
	transport := &http.Transport{DisableKeepAlives: true}
	response, err := transport.RoundTrip(outgoing)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, int64(-1), srv.Requests()[0].ContentLength)
	require.Equal(t, message.body, string(srv.Requests()[0].Body))
}

func TestRequestRedacted(t *testing.T) {
	t.Parallel()
	const secret = "hush-hush"
	srv := returningaitest.NewServer(t)
	mustSend(t, request{
		method: http.MethodPost,
		url:    srv.URL(returningaitest.Integration) + "/channels?key=" + secret,
		header: http.Header{
			"X-API-Key":     {secret},
			"apiKey":        {secret},
			"Authorization": {"Bearer " + secret},
			"Cookie":        {secret},
			"X-Harmless":    {"shown"},
		},
		body: `{"password":"` + secret + `"}`,
	})
	logged := srv.Requests()[0]
	require.Contains(t, string(logged.Body), secret)
	require.Contains(t, logged.Header.Get("X-API-Key"), secret)
	requirePrintsWithout(t, logged, secret)
	shown := fmt.Sprint(logged)
	require.Contains(t, shown, "request 1: POST /apis/v1/channels (no operation, Integration)")
	require.Contains(t, shown, "X-Harmless:[shown]")
	require.Contains(t, shown, "X-Api-Key:[[redacted]]")
	require.Contains(t, shown, "body of 24 bytes, status 405")
}
