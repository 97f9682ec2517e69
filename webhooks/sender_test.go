package webhooks_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/webhooks"
	"github.com/returningai/returningai-go/webhooks/webhookstest"
)

// hookPath is the part of a hook's URL that makes it secret.
const hookPath = "/hooks/incoming/5ecret-hook-0123456789"

// recordedHook is a hook that keeps what it gets and answers from a script.
type recordedHook struct {
	headers []http.Header
	bodies  []string
	answers []func(w http.ResponseWriter)
}

func (h *recordedHook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	data, _ := io.ReadAll(r.Body)
	h.headers, h.bodies = append(h.headers, r.Header), append(h.bodies, string(data))
	if number := len(h.bodies); number <= len(h.answers) {
		h.answers[number-1](w)
	}
}

// status answers with a status and headers.
func status(code int, headers ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(code)
	}
}

// text answers with a status, a type and a body.
func text(code int, contentType, body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

// hookSender starts a hook and makes a sender for it.
func hookSender(t *testing.T, hook http.Handler, options ...webhooks.SenderOption) *webhooks.Sender {
	t.Helper()
	base, client := serve(t, hook)
	return newSender(t, base+hookPath, append([]webhooks.SenderOption{webhooks.WithHTTPClient(client)}, options...)...)
}

var message = webhooks.SendMessageParams{ChannelID: "c1", Message: "gg", Sender: "bot@example.com"}

// failureOf returns err as the error that every failure of a sender is.
func failureOf(t *testing.T, err error) *webhooks.SendError {
	t.Helper()
	failure, ok := errors.AsType[*webhooks.SendError](err)
	require.True(t, ok, "%T", err)
	return failure
}

// TestSendBodies sends the body that each kind of hook takes.
func TestSendBodies(t *testing.T) {
	t.Parallel()
	hook := &recordedHook{}
	sender := hookSender(t, hook, sendKey)
	ctx := t.Context()
	forum := message
	forum.ForumTopicID = "t1"
	require.NoError(t, sender.SendMessage(ctx, message))
	require.NoError(t, sender.SendMessage(ctx, forum))
	require.NoError(t, sender.UpdateUserFields(ctx, webhooks.UpdateUserFieldsParams{User: "ada", Fields: map[string]any{"level": 3, "vip": true, "note": nil}}))
	require.NoError(t, sender.UpdateCurrency(ctx, webhooks.UpdateCurrencyParams{User: "ada", Amount: "0.10", Operation: webhooks.CurrencyAdd}))
	require.NoError(t, sender.UpdateCurrency(ctx, webhooks.UpdateCurrencyParams{User: "ada", Currency: "gems", Amount: "12345678901234567890", Operation: "multiply"}))
	require.NoError(t, sender.Send(ctx, json.RawMessage(`{"custom": [1, 2]}`)))
	require.NoError(t, sender.Send(ctx, struct {
		Count int `json:"count,omitempty"`
	}{}))
	require.Equal(t, []string{
		`{"channelId":"c1","message":"gg","sender":"bot@example.com"}`,
		`{"channelId":"c1","message":"gg","sender":"bot@example.com","forumTopicId":"t1"}`,
		`{"user":"ada","fields":{"level":3,"note":null,"vip":true}}`,
		`{"user":"ada","amount":0.10,"operation":"add"}`,
		`{"user":"ada","currency":"gems","amount":12345678901234567890,"operation":"multiply"}`,
		`{"custom":[1,2]}`,
		`{}`,
	}, hook.bodies)
	for _, header := range hook.headers {
		require.Equal(t, webhookstest.APIKey, header.Get("x-api-key"))
		require.Equal(t, "application/json", header.Get("Content-Type"))
		require.NotEmpty(t, header.Get("User-Agent"))
		require.NotContains(t, header, "X-Encrypted")
		require.NotContains(t, header, "Idempotency-Key", "net/http would repeat the request by itself")
	}
}

// TestSendSecured sends what a receiver with every check accepts.
func TestSendSecured(t *testing.T) {
	t.Parallel()
	for _, mode := range []webhooks.Cipher{webhooks.AES256CBC, webhooks.AES256GCM} {
		receiver := newReceiver(t, acceptKey, acceptHMAC, acceptStandard, acceptEncrypted(mode))
		var got []string
		webhooks.On(receiver, func(_ context.Context, event webhooks.Unknown) error {
			got = append(got, string(event.Raw))
			return nil
		})
		sender := hookSender(t, receiver, sendKey, sendHMAC, sendStandard, sendEncrypted(mode),
			webhooks.WithHeader("X-Community", secret.New("c")), webhooks.WithUserAgent("test/1"))
		for range 2 {
			require.NoError(t, sender.SendMessage(t.Context(), message))
		}
		want := mustJSON(t, message)
		require.Equal(t, []string{want, want}, got, "each message has an id of its own")
	}
}

// TestFreshIV never uses an IV twice.
func TestFreshIV(t *testing.T) {
	t.Parallel()
	hook := &recordedHook{}
	sender := hookSender(t, hook, sendEncrypted(webhooks.AES256GCM))
	seen := map[string]bool{}
	for range 50 {
		require.NoError(t, sender.SendMessage(t.Context(), message))
	}
	for i, body := range hook.bodies {
		var envelope struct{ IV, Data, Tag string }
		require.NoError(t, json.Unmarshal([]byte(body), &envelope))
		require.Len(t, envelope.IV, 24)
		require.Len(t, envelope.Tag, 32)
		seen[envelope.IV] = true
		require.Equal(t, "true", hook.headers[i].Get("x-encrypted"))
	}
	require.Len(t, seen, 50)
}

// TestLocalRefusals refuses before the network, and names field and rule.
func TestLocalRefusals(t *testing.T) {
	t.Parallel()
	hook := &recordedHook{}
	sender := hookSender(t, hook, sendKey)
	ctx := t.Context()
	for _, one := range []struct {
		err      error
		problems []string
	}{
		{sender.SendMessage(ctx, webhooks.SendMessageParams{}), []string{"ChannelID: is required", "Message: is required", "Sender: is required"}},
		{sender.SendMessage(ctx, webhooks.SendMessageParams{ChannelID: "c", Message: "\xff", Sender: "s"}), []string{"Message: is not valid UTF-8"}},
		{sender.UpdateUserFields(ctx, webhooks.UpdateUserFieldsParams{}), []string{"User: is required", "Fields: needs at least one field"}},
		{sender.UpdateUserFields(ctx, webhooks.UpdateUserFieldsParams{User: "u", Fields: map[string]any{"": 1}}), []string{"Fields: a field has no name"}},
		{sender.UpdateUserFields(ctx, webhooks.UpdateUserFieldsParams{User: "u", Fields: map[string]any{"a": func() {}}}), []string{"body: cannot be written as JSON"}},
		{sender.UpdateCurrency(ctx, webhooks.UpdateCurrencyParams{}), []string{"User: is required", "Amount: must be a JSON number", "Operation: is required"}},
		{sender.UpdateCurrency(ctx, webhooks.UpdateCurrencyParams{User: "u", Amount: "ten", Operation: "add"}), []string{"Amount: must be a JSON number"}},
		{sender.Send(ctx, json.RawMessage(`{`)), []string{"body: cannot be written as JSON"}},
	} {
		failure := failureOf(t, one.err)
		require.ErrorIs(t, one.err, webhooks.ErrInvalid)
		require.Equal(t, one.problems, failure.Problems())
		require.Contains(t, one.err.Error(), strings.Join(one.problems, "; "))
		require.Zero(t, failure.Attempts)
		require.False(t, failure.MaybeApplied())
	}
	require.Empty(t, hook.bodies)

	badID := hookSender(t, hook, sendStandard, webhooks.WithMessageID(func() string { return "a b" }))
	require.ErrorContains(t, badID.SendMessage(ctx, message), "WithMessageID")
}

// TestAnswers judges what a hook answers, and never posts twice what may have
// been taken.
func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		name   string
		answer func(http.ResponseWriter)
		want   error // nil: taken
		maybe  bool
		text   string // of the server
	}{
		{"200, empty", status(200), nil, false, ""},
		{"201", status(201), nil, false, ""},
		{"204", status(204), nil, false, ""},
		{"200, text", text(200, "text/plain", "ok"), nil, false, ""},
		{"200, broken JSON", text(200, "application/json", `{"a"`), nil, false, ""},
		{"200, an unknown word", text(200, "application/json", `{"status":"queued"}`), nil, false, ""},
		{"200, with a malformed Retry-After", status(200, "Retry-After", "soon"), nil, false, ""},
		{"200, status says error", text(200, "application/json", `{"status":"error","message":"no such channel"}`), webhooks.ErrRejected, false, "no such channel"},
		{"200, meta.success says no", text(200, "application/json", `{"meta":{"success":false,"message":"no"}}`), webhooks.ErrRejected, false, "no"},
		{"200, meta.status says failed", text(200, "application/json", `{"meta":{"status":"Failed","devMessage":"dev"}}`), webhooks.ErrRejected, false, "dev"},
		{"200, error is true", text(200, "application/json", `{"error":true,"message":"off"}`), webhooks.ErrRejected, false, "off"},
		{"200, success is false", text(200, "application/json", `{"success":false}`), webhooks.ErrRejected, false, ""},
		{"200, HTML", text(200, "text/html; charset=utf-8", "<html>"), webhooks.ErrUnexpectedResponse, true, ""},
		{"400", text(400, "application/json", `{"error":"bad channel"}`), webhooks.ErrInvalid, false, "bad channel"},
		{"401", text(401, "application/json", `{"error":{"message":"bad key"}}`), webhooks.ErrUnauthorized, false, "bad key"},
		{"403", status(403), webhooks.ErrForbidden, false, ""},
		{"404", text(404, "text/html", "<html>"), webhooks.ErrNotFound, false, ""},
		{"408", status(408), webhooks.ErrInvalid, true, ""},
		{"409", status(409), webhooks.ErrConflict, false, ""},
		{"410", status(410), webhooks.ErrNotFound, false, ""},
		{"418", status(418), webhooks.ErrInvalid, false, ""},
		{"500", status(500), webhooks.ErrServer, true, ""},
		{"502", text(502, "text/html", "<html>"), webhooks.ErrServer, true, ""},
		{"503 with Retry-After", status(503, "Retry-After", "1"), webhooks.ErrServer, true, ""},
		{"301", status(301, "Location", "https://elsewhere.example/x"), webhooks.ErrRedirect, false, ""},
		{"302", status(302, "Location", "/other"), webhooks.ErrRedirect, false, ""},
		{"303", status(303, "Location", "/other"), webhooks.ErrRedirect, false, ""},
		{"307", status(307, "Location", "/other"), webhooks.ErrRedirect, false, ""},
		{"308", status(308, "Location", "/other"), webhooks.ErrRedirect, false, ""},
		{"307 without a target", status(307), webhooks.ErrRedirect, false, ""},
		{"799", status(799), webhooks.ErrServer, true, ""},
	} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			hook := &recordedHook{answers: []func(http.ResponseWriter){one.answer}}
			err := hookSender(t, hook, sendKey).SendMessage(t.Context(), message)
			require.Len(t, hook.bodies, 1, "the hook is called once")
			if one.want == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, one.want)
			failure := failureOf(t, err)
			require.Equal(t, one.maybe, failure.MaybeApplied())
			require.Equal(t, one.text, failure.Message)
			require.Equal(t, 1, failure.Attempts)
			require.Equal(t, "sendMessage", failure.Operation)
		})
	}
}

// TestRedirectLeaksNothing never calls where a redirect points to.
func TestRedirectLeaksNothing(t *testing.T) {
	t.Parallel()
	var called atomic.Bool
	elsewhere, _ := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called.Store(true) }))
	for _, code := range []int{301, 302, 303, 307, 308} {
		hook := &recordedHook{answers: []func(http.ResponseWriter){status(code, "Location", elsewhere+"/x")}}
		base, client := serve(t, hook)
		client.CheckRedirect = func(*http.Request, []*http.Request) error { return nil }
		sender := newSender(t, base+hookPath, sendKey, webhooks.WithHTTPClient(client))
		require.ErrorIs(t, sender.SendMessage(t.Context(), message), webhooks.ErrRedirect)
		require.NotNil(t, client.CheckRedirect, "the client given is left alone")
	}
	require.False(t, called.Load())
}

// TestNoAnswer posts once when the answer is lost, and says that it may have
// been taken.
func TestNoAnswer(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	sender := hookSender(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		panic(http.ErrAbortHandler)
	}), sendKey)
	err := sender.SendMessage(t.Context(), message)
	require.True(t, failureOf(t, err).MaybeApplied())
	require.Contains(t, err.Error(), "may have been applied")
	require.EqualValues(t, 1, calls.Load())
}

// TestTimeout bounds an attempt, and repeats nothing that was sent.
func TestTimeout(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	var calls atomic.Int64
	sender := hookSender(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		calls.Add(1)
		<-release
	}), sendKey, webhooks.WithTimeout(50*time.Millisecond))
	err := sender.SendMessage(t.Context(), message)
	close(release)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.True(t, failureOf(t, err).MaybeApplied())
	require.EqualValues(t, 1, calls.Load())
}

// roundTripper is a transport made of a function.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

// scripted is a sender whose transport answers from a script, without a
// network, for the tests that control time.
func scripted(t *testing.T, attempt func(number int, request *http.Request) (*http.Response, error), options ...webhooks.SenderOption) (*webhooks.Sender, *int) {
	t.Helper()
	attempts := new(int)
	transport := roundTripper(func(request *http.Request) (*http.Response, error) {
		*attempts++
		return attempt(*attempts, request)
	})
	options = append([]webhooks.SenderOption{webhooks.WithHTTPClient(&http.Client{Transport: transport})}, options...)
	return newSender(t, "https://hooks.example.com"+hookPath, options...), attempts
}

// reply is an answer for scripted.
func reply(code int, headers ...string) *http.Response {
	recorder := httptest.NewRecorder()
	status(code, headers...)(recorder)
	return recorder.Result()
}

// TestThrottled waits as long as the server asks, and signs anew.
func TestThrottled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var times, ids, bodies []string
		sender, attempts := scripted(t, func(number int, request *http.Request) (*http.Response, error) {
			times, ids = append(times, request.Header.Get("Webhook-Timestamp")), append(ids, request.Header.Get("Webhook-Id"))
			body, err := io.ReadAll(request.Body)
			require.NoError(t, err)
			bodies = append(bodies, string(body))
			if number == 1 {
				return reply(429, "Retry-After", "7"), nil
			}
			return reply(200), nil
		}, sendStandard, sendEncrypted(webhooks.AES256CBC))
		start := time.Now()
		require.NoError(t, sender.SendMessage(t.Context(), message))
		require.Equal(t, 7*time.Second, time.Since(start))
		require.Equal(t, 2, *attempts)
		require.NotEqual(t, times[0], times[1], "the time of the attempt")
		require.Equal(t, ids[0], ids[1], "the id of the message")
		require.Equal(t, bodies[0], bodies[1])
	})
}

// TestThrottledForLong gives up, and says how long the server asked for.
func TestThrottledForLong(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct {
		after    string
		timeout  time.Duration
		want     error
		wait     time.Duration
		attempts int
	}{
		"a day":              {"86400", time.Hour, webhooks.ErrRetryAfterTooLong, 24 * time.Hour, 1},
		"beyond any time":    {"9223372037", time.Hour, webhooks.ErrRetryAfterTooLong, 1<<63 - 1, 1},
		"past the deadline":  {"30", 10 * time.Second, webhooks.ErrRetryAfterTooLong, 30 * time.Second, 1},
		"negative, so none":  {"-5", time.Hour, webhooks.ErrRateLimited, 0, 3},
		"malformed, so none": {"soon", time.Hour, webhooks.ErrRateLimited, 0, 3},
		"none":               {"", time.Hour, webhooks.ErrRateLimited, 0, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sender, attempts := scripted(t, func(int, *http.Request) (*http.Response, error) {
					return reply(429, "Retry-After", one.after), nil
				})
				ctx, cancel := context.WithTimeout(t.Context(), one.timeout)
				defer cancel()
				err := sender.SendMessage(ctx, message)
				require.ErrorIs(t, err, one.want)
				require.ErrorIs(t, err, webhooks.ErrRateLimited)
				failure := failureOf(t, err)
				require.Equal(t, one.wait, failure.RetryAfter)
				require.Equal(t, 429, failure.Status)
				require.Equal(t, one.attempts, failure.Attempts)
				require.Equal(t, one.attempts, *attempts)
				require.False(t, failure.MaybeApplied(), "429 means that it was not taken")
			})
		})
	}
}

// TestCancelledWait ends at once, with the cause.
func TestCancelledWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sender, attempts := scripted(t, func(int, *http.Request) (*http.Response, error) { return reply(429, "Retry-After", "50"), nil })
		ctx, cancel := context.WithCancelCause(t.Context())
		cause := errors.New("shutting down")
		time.AfterFunc(3*time.Second, func() { cancel(cause) })
		start := time.Now()
		err := sender.SendMessage(ctx, message)
		require.Equal(t, 3*time.Second, time.Since(start))
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, cause)
		require.ErrorIs(t, err, webhooks.ErrRateLimited)
		require.Equal(t, 1, *attempts)
	})
}

// TestNotSent tries again when nothing can have been sent.
func TestNotSent(t *testing.T) {
	t.Parallel()
	refused := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	reset := &net.OpError{Op: "read", Err: errors.New("connection reset")}
	for name, one := range map[string]struct {
		errs     []error
		attempts int
		maybe    bool
	}{
		"refused, then taken": {[]error{refused}, 2, false},
		"no such host":        {[]error{&net.DNSError{Err: "no such host"}, refused}, 3, false},
		"refused for good":    {[]error{refused, refused, refused}, 3, false},
		"reset":               {[]error{reset}, 1, true},
		"refused, then reset": {[]error{refused, reset}, 2, true},
		"end of the body":     {[]error{io.ErrUnexpectedEOF}, 1, true},
		"an error of its own": {[]error{errors.New("transport says no")}, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sender, attempts := scripted(t, func(number int, _ *http.Request) (*http.Response, error) {
					if number <= len(one.errs) {
						return nil, one.errs[number-1]
					}
					return reply(200), nil
				})
				err := sender.SendMessage(t.Context(), message)
				require.Equal(t, one.attempts, *attempts)
				if one.attempts > len(one.errs) {
					require.NoError(t, err)
					return
				}
				require.ErrorIs(t, err, one.errs[len(one.errs)-1])
				require.Equal(t, one.maybe, failureOf(t, err).MaybeApplied())
			})
		})
	}
}

// TestNobodyListens finds out by the trace of a real transport that nothing was
// sent.
func TestNobodyListens(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	sender := newSender(t, "http://"+address+hookPath, webhooks.WithMaxAttempts(1))
	failure := failureOf(t, sender.SendMessage(t.Context(), message))
	require.False(t, failure.MaybeApplied())
	require.Equal(t, 1, failure.Attempts)
	sender.CloseIdleConnections()
}

// TestCancelledSend has the cause of the caller in the error.
func TestCancelledSend(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("shutting down")
	sender, attempts := scripted(t, func(_ int, request *http.Request) (*http.Response, error) {
		cancel(cause)
		<-request.Context().Done()
		return nil, request.Context().Err()
	})
	err := sender.SendMessage(ctx, message)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, cause)
	require.True(t, failureOf(t, err).MaybeApplied())
	require.Equal(t, 1, *attempts)
}

// TestSwitchedProtocols takes a status below 200 for no answer of a hook.
func TestSwitchedProtocols(t *testing.T) {
	t.Parallel()
	sender, _ := scripted(t, func(int, *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 101, Header: http.Header{}, Body: http.NoBody}, nil
	})
	err := sender.SendMessage(t.Context(), message)
	require.ErrorIs(t, err, webhooks.ErrUnexpectedResponse)
	require.True(t, failureOf(t, err).MaybeApplied())
}

// TestRetryBudget stops repeating when an outage lasts.
func TestRetryBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sender, attempts := scripted(t, func(int, *http.Request) (*http.Response, error) { return reply(429), nil })
		for range 100 {
			require.Error(t, sender.SendMessage(t.Context(), message))
		}
		require.Less(t, *attempts, 125, "100 calls, and 10 repeats and a tenth")
	})
}

// TestBoundedAnswer reads no more of an answer than it may, and keeps the
// status.
func TestBoundedAnswer(t *testing.T) {
	t.Parallel()
	hook := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.Copy(w, io.LimitReader(spaces{}, 1<<20))
	})
	err := hookSender(t, hook, webhooks.WithMaxAnswer(1000)).SendMessage(t.Context(), message)
	require.ErrorIs(t, err, webhooks.ErrInvalid)
	require.Len(t, failureOf(t, err).Body(), 1000)

	long := &recordedHook{answers: []func(http.ResponseWriter){text(400, "application/json", mustJSON(t, map[string]string{"message": "line\n" + strings.Repeat("é", 1000)}))}}
	failure := failureOf(t, hookSender(t, long).SendMessage(t.Context(), message))
	require.LessOrEqual(t, len(failure.Message), 510)
	require.NotContains(t, failure.Message, "\n")
	require.NotContains(t, failure.Message, "\ufffd")
}

// TestConnectionReuse keeps one connection over answers of every kind.
func TestConnectionReuse(t *testing.T) {
	t.Parallel()
	var opened atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		text([]int{200, 400, 401, 404, 500}[int(r.ContentLength)%5], "application/json", `{"message":"hello"}`)(w)
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	sender := newSender(t, server.URL+hookPath, webhooks.WithHTTPClient(server.Client()))
	for i := range 50 {
		_ = sender.Send(t.Context(), strings.Repeat("x", i))
	}
	require.EqualValues(t, 1, opened.Load())
}

// TestRefusedSenders refuses what cannot work or is not safe, without quoting
// the URL.
func TestRefusedSenders(t *testing.T) {
	t.Parallel()
	const good = "https://hooks.example.com" + hookPath
	for _, one := range []struct {
		url     string
		options []webhooks.SenderOption
		text    string
	}{
		{"", nil, "url: is empty"},
		{"https://hooks.example.com/%zz" + hookPath, nil, "url: is not a URL"},
		{"https://hooks.example.com" + hookPath + "\n", nil, "url: is not a URL"},
		{hookPath, nil, "url: must start with https://"},
		{"ftp://hooks.example.com" + hookPath, nil, "url: must start with https://"},
		{"https://" + hookPath, nil, "url: has no host"},
		{"https://user:hunter2@hooks.example.com" + hookPath, nil, "url: holds a user"},
		{good + "#x", nil, "url: holds a fragment"},
		{"http://hooks.example.com" + hookPath, nil, "url: plain http is refused"},
		{"http://127.0.0.1.example.com" + hookPath, nil, "url: plain http is refused"},
		{"http://localhost.example.com" + hookPath, nil, "url: plain http is refused"},
		{good, []webhooks.SenderOption{nil}, "an option is nil"},
		{good, []webhooks.SenderOption{webhooks.WithAPIKey(secret.Text{})}, "WithAPIKey: is empty"},
		{good, []webhooks.SenderOption{webhooks.WithAPIKey(secret.New("key\r\nHost: evil"))}, "WithAPIKey: holds a line break"},
		{good, []webhooks.SenderOption{sendKey, sendKey}, "WithAPIKey: given twice"},
		{good, []webhooks.SenderOption{webhooks.WithHeader("a b", secret.New("v"))}, "WithHeader: header: not a header name"},
		{good, []webhooks.SenderOption{webhooks.WithHeader("idempotency-key", secret.New("v"))}, "WithHeader: header: is set by the sender itself"},
		{good, []webhooks.SenderOption{webhooks.WithHeader("x-encrypted", secret.New("false"))}, "WithHeader: header: is set by the sender itself"},
		{good, []webhooks.SenderOption{webhooks.WithEncryption(0, secret.New(webhookstest.AESKey))}, "WithEncryption: mode: neither"},
		{good, []webhooks.SenderOption{webhooks.WithEncryption(webhooks.AES256CBC, secret.New("short"))}, "WithEncryption: an AES-256 key is exactly 32 bytes"},
		{good, []webhooks.SenderOption{sendEncrypted(webhooks.AES256CBC), sendEncrypted(webhooks.AES256GCM)}, "WithEncryption: given twice"},
		{good, []webhooks.SenderOption{webhooks.WithEnvelope(webhooks.Envelope{AppendTag: true})}, "WithEnvelope: there is no WithEncryption"},
		{good, []webhooks.SenderOption{sendEncrypted(webhooks.AES256CBC), webhooks.WithEnvelope(webhooks.Envelope{AppendTag: true, IVSize: 12})}, "AppendTag: AES-256-CBC has no tag"},
		{good, []webhooks.SenderOption{sendEncrypted(webhooks.AES256CBC), webhooks.WithEnvelope(webhooks.Envelope{IVSize: 12})}, "IVSize: AES-256-CBC takes 16 bytes"},
		{good, []webhooks.SenderOption{sendEncrypted(webhooks.AES256GCM), webhooks.WithEnvelope(webhooks.Envelope{IVSize: 8})}, "IVSize: neither 12 nor 16"},
		{good, []webhooks.SenderOption{sendEncrypted(webhooks.AES256GCM), webhooks.WithEnvelope(webhooks.Envelope{Layout: 9, Carrier: 9, Encoding: 9})}, "Layout: not one of the constants\nenvelope: Carrier: not one of the constants\nenvelope: Encoding: not one of the constants"},
		{good, []webhooks.SenderOption{sendEncrypted(webhooks.AES256GCM), webhooks.WithEnvelope(webhooks.Envelope{Carrier: webhooks.CarrierString})}, "Carrier: LayoutFields"},
		{good, []webhooks.SenderOption{sendEncrypted(webhooks.AES256GCM), webhooks.WithEnvelope(webhooks.Envelope{IVName: "data"})}, "two parts have the same name"},
		{good, []webhooks.SenderOption{webhooks.WithHMACSignature(webhooks.HMAC{}, secret.New(hmacKey))}, "WithHMACSignature: header: is empty"},
		{good, []webhooks.SenderOption{webhooks.WithHMACSignature(hmacFormat, secret.New("short"))}, "WithHMACSignature: is shorter than 16 bytes"},
		{good, []webhooks.SenderOption{webhooks.WithHMACSignature(webhooks.HMAC{Header: "Host"}, secret.New(hmacKey))}, "WithHMACSignature: header: is set by the sender itself"},
		{good, []webhooks.SenderOption{webhooks.WithStandardWebhooksSignature(secret.New("whsec_"))}, "WithStandardWebhooksSignature: is shorter"},
		{good, []webhooks.SenderOption{webhooks.WithMessageID(nil)}, "WithMessageID: is nil"},
		{good, []webhooks.SenderOption{webhooks.WithHTTPClient(nil)}, "WithHTTPClient: is nil"},
		{good, []webhooks.SenderOption{webhooks.WithTimeout(0)}, "WithTimeout: must be"},
		{good, []webhooks.SenderOption{webhooks.WithMaxAttempts(0)}, "WithMaxAttempts: must be"},
		{good, []webhooks.SenderOption{webhooks.WithRetryAfterCap(-1)}, "WithRetryAfterCap: must not"},
		{good, []webhooks.SenderOption{webhooks.WithMaxAnswer(0)}, "WithMaxAnswer: must be"},
		{good, []webhooks.SenderOption{webhooks.WithUserAgent("a\nb")}, "WithUserAgent: is empty or"},
		{good, []webhooks.SenderOption{webhooks.WithClock(nil)}, "WithClock: is nil"},
		{good, []webhooks.SenderOption{webhooks.WithLogger(nil)}, "WithLogger: is nil"},
	} {
		sender, err := webhooks.NewSender(secret.New(one.url), one.options...)
		require.ErrorContains(t, err, one.text)
		require.Nil(t, sender)
		require.NotContains(t, err.Error(), "5ecret")
		require.NotContains(t, err.Error(), "hunter2")
	}
	for _, url := range []string{"http://localhost:1/x", "http://127.0.0.53/x", "http://[::1]:80/x", "HTTPS://example.com/x"} {
		newSender(t, url)
	}
	newSender(t, "http://hooks.example.com/x", webhooks.AllowPlainHTTP(), webhooks.WithRetryAfterCap(0), webhooks.WithMaxAttempts(1))
}

// TestSecretsStayHidden prints everything that holds a secret in every way, in
// every failure, also when the server echoes what it got.
func TestSecretsStayHidden(t *testing.T) {
	t.Parallel()
	hidden := []string{webhookstest.APIKey, webhookstest.AESKey, hmacKey, webhookstest.StandardSecret, "5ecret-hook", urlKey, "header-secret"}
	log := newBuffer()
	check := func(t *testing.T, values ...any) {
		t.Helper()
		for _, value := range values {
			for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
				printed := fmt.Sprintf(format, value) + fmt.Sprintf(format, []any{value}) + fmt.Sprintf(format, struct{ inner any }{value})
				for _, text := range hidden {
					require.NotContains(t, printed, text, format)
					require.NotContains(t, printed, fmt.Sprintf("%x", text), format)
					require.NotContains(t, printed, strings.Trim(fmt.Sprint([]byte(text)), "[]"), format)
				}
			}
			slog.New(slog.NewTextHandler(log, nil)).Info("value", "value", value)
			slog.New(slog.NewJSONHandler(log, nil)).Info("value", "value", value)
			if data, err := json.Marshal(value); err == nil {
				for _, text := range hidden {
					require.NotContains(t, string(data), text)
				}
			}
		}
		for _, text := range hidden {
			require.NotContains(t, log.String(), text)
		}
	}
	logger := webhooks.WithLogger(slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})))

	receiver := newReceiver(t, acceptKey, acceptURL, acceptHMAC, acceptStandard, acceptEncrypted(webhooks.AES256CBC), logger)
	check(t, receiver, *receiver, webhooks.Receiver{}, acceptKey, webhooks.NewSecret("id", webhookstest.APIKey), []webhooks.ReceiverOption{acceptKey, acceptEncrypted(webhooks.AES256GCM)})
	require.Equal(t, "webhooks.Receiver(key header, URL secret, HMAC, Standard Webhooks, AES-256-CBC)", fmt.Sprint(receiver))
	for _, change := range []func(*http.Request){
		func(*http.Request) {},
		func(r *http.Request) { r.Header.Del("X-Api-Key") },
		func(r *http.Request) { r.Header.Set("X-Signature-256", "sha256=00") },
		func(r *http.Request) { r.Header.Set("Webhook-Id", "x") },
		func(r *http.Request) { r.URL.RawQuery += "&%zz" },
	} {
		request := webhookstest.Request(t, path+"?secret="+urlKey, joined, sendKey, sendHMAC, sendStandard, sendEncrypted(webhooks.AES256CBC))
		change(request)
		answer(receiver, request)
	}

	options := []webhooks.SenderOption{
		sendKey, sendHMAC, sendStandard, sendEncrypted(webhooks.AES256GCM), webhooks.WithHeader("X-More", secret.New("header-secret")), logger,
	}
	for name, hook := range map[string]func(w http.ResponseWriter, r *http.Request){
		"echo": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Location", "https://elsewhere.example"+r.RequestURI)
			w.WriteHeader(400)
			_, _ = io.WriteString(w, mustJSON(t, map[string]any{
				"message": "no " + r.RequestURI + " for " + r.Header.Get("X-Api-Key") + " and " + r.Header.Get("X-More"),
				"url":     "http://" + r.Host + r.RequestURI,
			}))
		},
		"redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere"+r.RequestURI, 307) },
		"cut":      func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"429":      func(w http.ResponseWriter, _ *http.Request) { status(429, "Retry-After", "86400")(w) },
		"HTML":     func(w http.ResponseWriter, r *http.Request) { text(502, "text/html", "<p>"+r.RequestURI)(w) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base, client := serve(t, http.HandlerFunc(hook))
			sender, err := webhooks.NewSender(secret.New(base+hookPath+"?token="+urlKey), append(options, webhooks.WithHTTPClient(client))...)
			require.NoError(t, err)
			failure := failureOf(t, sender.SendMessage(t.Context(), message))
			check(t, sender, *sender, failure, failure.Message, failure.Error(), string(failure.Body()))
		})
	}

	// Transports of others may put anything into their errors.
	leaky, _ := scripted(t, func(_ int, request *http.Request) (*http.Response, error) {
		return nil, fmt.Errorf("cannot reach %s with %s", request.URL, request.Header.Get("X-Api-Key"))
	}, options...)
	failure := failureOf(t, leaky.SendMessage(t.Context(), message))
	check(t, failure, failure.Error())

	// The client itself fails with the URL in its text.
	timeout, _ := scripted(t, func(_ int, request *http.Request) (*http.Response, error) {
		<-request.Context().Done()
		return nil, request.Context().Err()
	}, append(options, webhooks.WithTimeout(time.Nanosecond))...)
	check(t, failureOf(t, timeout.SendMessage(t.Context(), message)))
}

// TestHalfFilledErrors prints errors that nobody filled.
func TestHalfFilledErrors(t *testing.T) {
	t.Parallel()
	var none *webhooks.SendError
	require.Equal(t, "webhooks: no error", none.Error())
	require.False(t, none.MaybeApplied())
	require.NoError(t, none.Unwrap())
	require.Nil(t, none.Problems())
	require.Nil(t, none.Body())
	require.NotErrorIs(t, none, webhooks.ErrServer)
	require.Equal(t, "webhooks: : 500 Internal Server Error", (&webhooks.SendError{Status: 500}).Error())
	require.Equal(t, `"webhooks: no error"`, fmt.Sprintf("%q", none))
}
