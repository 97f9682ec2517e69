package returningaitest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/returningaitest"
)

func TestInvalidBodies(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t, returningaitest.WithMaxBody(500))
	good := sendMessage(srv).body
	for name, test := range map[string]struct {
		contentType string
		body        string
		status      int
		message     string
	}{
		"with a charset":    {"application/json; charset=utf-8", good, 200, ""},
		"white space":       {"application/json", " " + good + "\n", 200, ""},
		"no content type":   {"", good, 400, "the content type is not application/json"},
		"another type":      {"application/x-www-form-urlencoded", good, 400, "the content type is not application/json"},
		"a broken type":     {"application/json;;", good, 400, "the content type is not application/json"},
		"empty":             {"application/json", "", 400, "the body is not a JSON object"},
		"malformed":         {"application/json", good[1:], 400, "the body is not a JSON object"},
		"truncated":         {"application/json", good[:len(good)-1], 400, "the body is not a JSON object"},
		"null":              {"application/json", "null", 400, "the body is not a JSON object"},
		"an array":          {"application/json", "[" + good + "]", 400, "the body is not a JSON object"},
		"trailing garbage":  {"application/json", good + "x", 400, "something follows the JSON object in the body"},
		"two objects":       {"application/json", good + good, 400, "something follows the JSON object in the body"},
		"as long as may be": {"application/json", good + strings.Repeat(" ", 500-len(good)), 200, ""},
		"too long":          {"application/json", good + strings.Repeat(" ", 501-len(good)), 413, "the body is longer than 500 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			message := sendMessage(srv)
			message.header.Set("Content-Type", test.contentType)
			message.body = test.body
			got := mustSend(t, message)
			require.Equal(t, test.status, got.status, got.body)
			if test.message != "" {
				require.Equal(t, test.message, got.fields["message"])
			}
		})
	}
	t.Cleanup(func() { require.Len(t, srv.Messages(), 3) })
}

func TestInvalidBodiesOfAllOperations(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	for _, path := range []string{"/messages/send", "/messages/reply", "/messages/react"} {
		got := mustSend(t, post(srv, path, "[]"))
		require.Equal(t, http.StatusBadRequest, got.status, path)
		require.JSONEq(t, `{"status":"error","message":"the body is not a JSON object"}`, got.body)
	}
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	srv := returningaitest.NewServer(t,
		returningaitest.WithClock(func() time.Time { return now }), returningaitest.WithRateLimit(2, 10*time.Second))
	other := listChannels(srv)
	other.header = bearer(srv.AddToken(returningaitest.Token{}))

	require.Equal(t, []int{200, 200}, statuses(t, listChannels(srv), 2))
	now = now.Add(2500 * time.Millisecond)
	limited := mustSend(t, sendMessage(srv))
	require.Equal(t, http.StatusTooManyRequests, limited.status)
	require.Equal(t, "8", limited.header.Get("Retry-After"), "7.5 s are left")
	require.JSONEq(t, `{"status":"error","message":"too many requests"}`, limited.body)
	require.Empty(t, srv.Messages())
	require.Equal(t, 200, mustSend(t, other).status, "each credential has its own share")

	now = now.Add(7500*time.Millisecond - 1)
	require.Equal(t, "1", mustSend(t, listChannels(srv)).header.Get("Retry-After"))
	now = now.Add(1)
	require.Equal(t, []int{200, 200, 429}, statuses(t, listChannels(srv), 3))
}
