package returningai_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/returningaitest"
)

func TestHooksOfCall(t *testing.T) {
	t.Parallel()
	type key struct{}
	srv := returningaitest.NewServer(t)
	srv.Inject(returningaitest.Fault{Response: returningaitest.Status(503)})
	var events []string
	var done returningai.DoneInfo
	follow := func(ctx context.Context, event string) { events = append(events, event+" "+ctx.Value(key{}).(string)) }
	client := srv.Client(quick(), returningai.WithHooks(returningai.Hooks{
		Start: func(ctx context.Context, call returningai.CallInfo) context.Context {
			require.Equal(t, returningai.CallInfo{
				Operation: listOperation, Family: returningai.FamilyIntegration,
				Method: http.MethodGet, Route: "/channels", Idempotent: true,
			}, call)
			return context.WithValue(ctx, key{}, "span")
		},
		Attempt: func(ctx context.Context, info returningai.AttemptInfo) {
			follow(ctx, map[int]string{503: "failed attempt", 200: "attempt"}[info.StatusCode])
			require.NoError(t, info.Err)
		},
		Retry: func(ctx context.Context, info returningai.RetryInfo) {
			follow(ctx, "retry for "+info.Reason)
			require.Equal(t, 1, info.Attempt)
		},
		Done: func(ctx context.Context, info returningai.DoneInfo) {
			follow(ctx, "done")
			done = info
		},
	}), returningai.WithHooks(returningai.Hooks{ // nil keeps the context of the others
		Start: func(context.Context, returningai.CallInfo) context.Context { return nil },
	}))
	require.NoError(t, list(t.Context(), client))
	require.Equal(t, []string{"failed attempt span", "retry for status span", "attempt span", "done span"}, events)
	require.NoError(t, done.Err)
	require.Equal(t, 2, done.Attempts)
	require.Equal(t, 200, done.StatusCode)
	require.NotEmpty(t, done.RequestID)
	require.Positive(t, done.Duration)
}

func TestHooksOfFailureInsideHTTP200(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	srv.Inject(returningaitest.Fault{Response: returningaitest.Raw(200, "application/json", `{"status":"error","message":"no"}`)})
	var seen error
	client := srv.Client(returningai.WithHooks(returningai.Hooks{Done: func(_ context.Context, info returningai.DoneInfo) { seen = info.Err }}))
	err := list(t.Context(), client)
	require.Error(t, err)
	require.Equal(t, err, seen)
}

func TestLogRecords(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	var logged bytes.Buffer
	client := srv.Client(quick(), returningai.WithLogger(slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	srv.Inject(returningaitest.Fault{Response: returningaitest.Status(503)})
	require.NoError(t, list(t.Context(), client))
	require.Error(t, client.Integration.Messages.Send(t.Context(), integration.SendMessageParams{ChannelID: "private-id", Message: "private text", Sender: "private@example.com"}))
	require.Error(t, client.Integration.Messages.Send(t.Context(), integration.SendMessageParams{}))

	var records []map[string]any
	for decoder := json.NewDecoder(bytes.NewReader(logged.Bytes())); decoder.More(); {
		var record map[string]any
		require.NoError(t, decoder.Decode(&record))
		records = append(records, record)
	}
	require.Len(t, records, 4)
	for i, want := range []map[string]any{
		{"level": "INFO", "returningai.operation": listOperation, "reason": "status", "http.request.resend_count": 1.0},
		{"level": "DEBUG", "http.request.method": "GET", "url.template": "/channels", "http.response.status_code": 200.0, "http.request.resend_count": 1.0},
		{"level": "WARN", "returningai.operation": sendOperation, "http.response.status_code": 404.0, "error.type": "not found",
			"error.message": "returningai: integration.messages.send: 404 Not Found: channel not found [request fake-3]", "returningai.request_id": "fake-3"},
		{"level": "WARN", "error.type": "invalid", "http.response.status_code": 0.0, "http.request.resend_count": 0.0,
			"error.message": "returningai: integration.messages.send: ChannelID must not be empty; Message must not be empty; Sender must not be empty"},
	} {
		for name, value := range want {
			require.Equal(t, value, records[i][name], "%s of record %d", name, i)
		}
	}
	for _, private := range []string{"private", srv.Token(), "127.0.0.1"} {
		require.NotContains(t, logged.String(), private)
	}
}

func TestCaptureResponse(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	srv.Inject(returningaitest.Fault{Response: returningaitest.Status(404).With("X-Region", "eu").With("Set-Cookie", "a=b")})
	var response returningai.Response
	require.ErrorIs(t, list(returningai.CaptureResponse(t.Context(), &response), srv.Client()), returningai.ErrNotFound)
	require.Equal(t, 404, response.StatusCode)
	require.Equal(t, "eu", response.Header.Get("X-Region"))
	require.Empty(t, response.Header.Get("Set-Cookie"))
	require.Equal(t, 1, response.Attempts)

	require.Error(t, srv.Client().Integration.Messages.Send(returningai.CaptureResponse(t.Context(), &response), integration.SendMessageParams{}))
	require.Equal(t, returningai.Response{}, response, "nothing was sent")
}
