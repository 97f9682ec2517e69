package webhooks_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/webhooks"
	"github.com/returningai/returningai-go/webhooks/webhookstest"
)

// hookPath is the part of a hook's URL that makes it secret.
const hookPath = "/hooks/incoming/5ecret-hook-0123456789"

// recordedHook is a hook that keeps what it gets and responds from a script.
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

// status responds with a status and headers.
func status(code int, headers ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(code)
	}
}

// text responds with a status, a type and a body.
func text(code int, contentType, body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

// says responds with a success whose body is JSON.
func says(body string) func(http.ResponseWriter) { return text(200, "application/json", body) }

// cutOff responds with a success that breaks off.
func cutOff(w http.ResponseWriter) {
	w.Header().Set("Content-Length", "50")
	text(200, "text/plain", "ok")(w)
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
	require.NoError(t, sender.UpdateUserFields(ctx, webhooks.UpdateUserFieldsParams{User: "ada", Fields: map[string]any{"level": 3, "vip": true, "note": nil, "score": json.Number("1.50")}}))
	require.NoError(t, sender.UpdateCurrency(ctx, webhooks.UpdateCurrencyParams{User: "ada", Amount: "0.10", Operation: webhooks.CurrencyAdd}))
	require.NoError(t, sender.UpdateCurrency(ctx, webhooks.UpdateCurrencyParams{User: "ada", Currency: "gems", Amount: "12345678901234567890", Operation: "multiply"}))
	require.NoError(t, sender.Send(ctx, json.RawMessage(`{"custom": [1, 2]}`)))
	require.NoError(t, sender.Send(ctx, struct {
		Count int    `json:"count,omitzero"`
		Text  string `json:"text"`
	}{Text: "<&é>"}))
	require.Equal(t, []string{
		`{"channelId":"c1","message":"gg","sender":"bot@example.com"}`,
		`{"channelId":"c1","message":"gg","sender":"bot@example.com","forumTopicId":"t1"}`,
		`{"user":"ada","fields":{"level":3,"note":null,"score":1.50,"vip":true}}`,
		`{"user":"ada","amount":0.10,"operation":"add"}`,
		`{"user":"ada","currency":"gems","amount":12345678901234567890,"operation":"multiply"}`,
		`{"custom":[1,2]}`,
		`{"text":"<&é>"}`,
	}, hook.bodies)
	for _, header := range hook.headers {
		require.Equal(t, webhookstest.APIKey, header.Get("x-api-key"))
		require.Equal(t, "application/json", header.Get("Content-Type"))
		require.Equal(t, "returningai-go-webhooks", header.Get("User-Agent"))
		require.NotContains(t, header, "X-Encrypted")
		require.NotContains(t, header, "Idempotency-Key", "net/http would repeat the request by itself")
	}
}

// TestUserAgent sends the name that it was given.
func TestUserAgent(t *testing.T) {
	t.Parallel()
	hook := &recordedHook{}
	require.NoError(t, hookSender(t, hook, webhooks.WithUserAgent("my-bot/1.0 (test)")).SendMessage(t.Context(), message))
	require.Equal(t, "my-bot/1.0 (test)", hook.headers[0].Get("User-Agent"))
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
			webhooks.WithHeader("X-Community", "c"), webhooks.WithUserAgent("test/1"))
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

const htmlPage = "the response is an HTML page, not a JSON object"

const unknownStatus = "the API never responds with this status"

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
		{sender.SendMessage(ctx, webhooks.SendMessageParams{}), []string{"ChannelID must not be empty", "Message must not be empty", "Sender must not be empty"}},
		{sender.SendMessage(ctx, webhooks.SendMessageParams{ChannelID: "c", Message: "\xff", Sender: "s"}), []string{"Message must be valid UTF-8", "body must be writable as JSON: invalid JSON at byte 27 (at /message)"}},
		{sender.UpdateUserFields(ctx, webhooks.UpdateUserFieldsParams{}), []string{"User must not be empty", "Fields must have at least one field"}},
		{sender.UpdateUserFields(ctx, webhooks.UpdateUserFieldsParams{User: "u", Fields: map[string]any{"": 1}}), []string{"Fields must not have a field without a name"}},
		{sender.UpdateUserFields(ctx, webhooks.UpdateUserFieldsParams{User: "u", Fields: map[string]any{"a": func() {}}}), []string{"body must be writable as JSON: "}},
		{sender.UpdateCurrency(ctx, webhooks.UpdateCurrencyParams{}), []string{"User must not be empty", "Amount must be a JSON number", "Operation must not be empty"}},
		{sender.UpdateCurrency(ctx, webhooks.UpdateCurrencyParams{User: "u", Amount: "ten", Operation: "add"}), []string{"Amount must be a JSON number"}},
		{sender.Send(ctx, json.RawMessage(`{`)), []string{"body must be writable as JSON: "}},
	} {
		failure := failureOf(t, one.err)
		require.ErrorIs(t, one.err, webhooks.ErrInvalid)
		var problems []string
		for _, problem := range failure.Problems() {
			problems = append(problems, problem.Field+" "+problem.Rule)
		}
		require.Len(t, problems, len(one.problems))
		for i, problem := range one.problems {
			require.Contains(t, problems[i], problem)
		}
		require.Contains(t, one.err.Error(), strings.Join(one.problems, "; "))
		require.Zero(t, failure.Attempts)
		require.False(t, failure.MaybeApplied())
	}
	require.Empty(t, hook.bodies)

	// A secret that reached the encoder as a value was sent as "[redacted]".
	token := secret.New("5ecret-token")
	err := sender.UpdateUserFields(ctx, webhooks.UpdateUserFieldsParams{User: "u", Fields: map[string]any{"token": token}})
	require.ErrorContains(t, err, "/fields/token")
	require.NotContains(t, err.Error(), "5ecret-token")
	require.ErrorIs(t, sender.Send(ctx, []any{token}), webhooks.ErrInvalid)
	require.Empty(t, hook.bodies)
	require.NoError(t, sender.Send(ctx, map[string]any{"amount": json.Number("12.50")}))
	require.JSONEq(t, `{"amount":12.50}`, hook.bodies[0])
	hook.bodies = nil

	//nolint:staticcheck // nil is what is refused
	err = hookSender(t, hook).Send(nil, "hello")
	require.ErrorIs(t, err, webhooks.ErrInvalid)
	require.Equal(t, []webhooks.Problem{{"ctx", "must not be nil"}}, failureOf(t, err).Problems())
	require.Empty(t, hook.bodies)

	for _, id := range []string{"", "a b", strings.Repeat("i", 257)} {
		badID := hookSender(t, hook, sendStandard, webhooks.WithMessageID(func() string { return id }))
		require.ErrorContains(t, badID.SendMessage(ctx, message), "WithMessageID: made an id that is empty, too long or not printable ASCII")
	}
	require.Empty(t, hook.bodies)
}

// errNone stands for a failure that has no sentinel.
var errNone = errors.New("no sentinel")

// TestAnswers judges the responses of a hook, and never posts twice what may have
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
		{"200, JSON that is empty", text(200, "application/json", "\n"), nil, false, ""},
		{"200, broken JSON", text(200, "application/json", `{"a"`), webhooks.ErrUnexpectedResponse, true, ""},
		{"200, a list", says(`[{"success":false}]`), nil, false, ""},
		{"200, a broken list", says(`[1`), webhooks.ErrUnexpectedResponse, true, ""},
		{"200, cut off", cutOff, io.ErrUnexpectedEOF, true, "unexpected EOF"},
		{"200, an unknown word", text(200, "application/json", `{"status":"queued"}`), nil, false, ""},
		{"200, with a malformed Retry-After", status(200, "Retry-After", "soon"), nil, false, ""},
		{"200, status says error", text(200, "application/json", `{"status":"error","message":"no such channel"}`), webhooks.ErrRejected, true, "no such channel"},
		{"200, meta.success says no", text(200, "application/json", `{"meta":{"success":false,"message":"no"}}`), webhooks.ErrRejected, true, "no"},
		{"200, meta.status says failed", text(200, "application/json", `{"meta":{"status":"Failed","devMessage":"dev"}}`), webhooks.ErrRejected, true, "dev"},
		{"200, error is true", text(200, "application/json", `{"error":true,"message":"off"}`), webhooks.ErrRejected, true, "off"},
		{"200, success is false", text(200, "application/json", `{"success":false}`), webhooks.ErrRejected, true, ""},
		{"200, success is the text false", says(`{"success":"False"}`), webhooks.ErrRejected, true, ""},
		{"200, error is a text", says(`{"error":"no such channel"}`), webhooks.ErrRejected, true, "no such channel"},
		{"200, error is an object", says(`{"error":{"message":"no such user"}}`), webhooks.ErrRejected, true, "no such user"},
		{"200, meta.statusCode is 404", says(`{"meta":{"statusCode":404},"message":"no"}`), webhooks.ErrRejected, false, "no"},
		{"200, meta.statusCode is 408", says(`{"meta":{"statusCode":408}}`), webhooks.ErrRejected, true, ""},
		{"200, meta.statusCode is the text 500", says(`{"meta":{"statusCode":"500"}}`), webhooks.ErrRejected, true, ""},
		{"200, statusCode is 400", says(`{"statusCode":400}`), webhooks.ErrInvalid, false, ""},
		{"200, status says rejected", says(`{"status":" Rejected "}`), webhooks.ErrRejected, true, ""},
		{"200, meta.status says invalid", says(`{"meta":{"status":"invalid"}}`), webhooks.ErrRejected, true, ""},
		{"200, all is well", says(`{"status":"success","success":true,"error":false,"meta":{"status":"OK","statusCode":200,"success":"true"}}`), nil, false, ""},
		{"200, an error that is none", says(`{"error":"","meta":{"statusCode":201}}`), nil, false, ""},
		{"200, an error of null", says(`{"error":null,"meta":null}`), nil, false, ""},
		{"200, an error without members", says(`{"error":{}}`), nil, false, ""},
		{"200, no errors", says(`{"error":[]}`), nil, false, ""},
		{"200, HTML", text(200, "text/html; charset=utf-8", "<html>"), webhooks.ErrUnexpectedResponse, true, ""},
		{"400", text(400, "application/json", `{"error":"bad channel"}`), webhooks.ErrInvalid, false, "bad channel"},
		{"401", text(401, "application/json", `{"error":{"message":"bad key"}}`), webhooks.ErrUnauthorized, false, "bad key"},
		{"403", status(403), webhooks.ErrForbidden, false, ""},
		{"404", text(404, "text/html", "<html>"), webhooks.ErrNotFound, false, htmlPage},
		{"408", status(408), errNone, true, ""},
		{"409", status(409), webhooks.ErrConflict, false, ""},
		{"410", status(410), webhooks.ErrNotFound, false, ""},
		{"418", status(418), errNone, false, ""},
		{"422", text(422, "application/json", `{"message":"no such user"}`), errNone, false, "no such user"},
		{"500", status(500), webhooks.ErrServer, true, ""},
		{"502", text(502, "text/html", "<html>"), webhooks.ErrServer, true, htmlPage},
		{"503 with Retry-After", status(503, "Retry-After", "1"), webhooks.ErrServer, true, ""},
		{"301", status(301, "Location", "https://elsewhere.example/x"), webhooks.ErrRedirect, true, ""},
		{"302", status(302, "Location", "/other"), webhooks.ErrRedirect, true, ""},
		{"303", status(303, "Location", "/other"), webhooks.ErrRedirect, true, ""},
		{"307", status(307, "Location", "/other"), webhooks.ErrRedirect, false, ""},
		{"308", status(308, "Location", "/other"), webhooks.ErrRedirect, false, ""},
		{"304", status(304), webhooks.ErrUnexpectedResponse, true, unknownStatus},
		{"307 without a target", status(307), webhooks.ErrUnexpectedResponse, false, unknownStatus},
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
			failure := failureOf(t, err)
			if errors.Is(one.want, errNone) {
				require.Empty(t, failure.Unwrap())
				require.NotErrorIs(t, err, webhooks.ErrInvalid)
			} else {
				require.ErrorIs(t, err, one.want)
			}
			if errors.Is(one.want, webhooks.ErrUnexpectedResponse) {
				require.NotErrorIs(t, err, webhooks.ErrRejected, "it says nothing of the message")
			}
			require.Equal(t, one.maybe, failure.MaybeApplied())
			if one.text != "" || !errors.Is(err, webhooks.ErrRedirect) && !errors.Is(err, webhooks.ErrUnexpectedResponse) {
				require.Equal(t, one.text, failure.Message)
			}
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

// TestResponseLost posts once when the response is lost, and says that it may have
// been taken.
func TestResponseLost(t *testing.T) {
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

// TestTimeout bounds an attempt, and retries nothing that was sent.
func TestTimeout(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	var calls atomic.Int64
	sender := hookSender(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		calls.Add(1)
		<-release
	}), sendKey, webhooks.WithAttemptTimeout(50*time.Millisecond))
	err := sender.SendMessage(t.Context(), message)
	close(release)
	require.ErrorIs(t, err, webhooks.ErrTimeout)
	require.NotErrorIs(t, err, context.DeadlineExceeded, "the caller's context has no deadline")
	require.True(t, failureOf(t, err).MaybeApplied())
	require.EqualValues(t, 1, calls.Load())
}

// TestBoundedResponse reads no more of a response than the limit, and keeps the
// status.
func TestBoundedResponse(t *testing.T) {
	t.Parallel()
	hook := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.Copy(w, io.LimitReader(spaces{}, 1<<20))
	})
	err := hookSender(t, hook, webhooks.WithMaxResponseBytes(1000)).SendMessage(t.Context(), message)
	require.ErrorIs(t, err, webhooks.ErrInvalid)
	require.Len(t, failureOf(t, err).Body(), 1000)

	long := &recordedHook{answers: []func(http.ResponseWriter){text(400, "application/json", mustJSON(t, map[string]string{"message": "line\n" + strings.Repeat("é", 1000)}))}}
	failure := failureOf(t, hookSender(t, long).SendMessage(t.Context(), message))
	require.LessOrEqual(t, utf8.RuneCountInString(failure.Message), 501)
	require.NotContains(t, failure.Message, "\n")
	require.NotContains(t, failure.Message, "\ufffd")
}

// TestConnectionReuse keeps one connection over responses of every kind.
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
	sender.CloseIdleConnections()
	_ = sender.Send(t.Context(), "x")
	require.EqualValues(t, 2, opened.Load())
}

// TestHalfFilledErrors prints errors that nobody filled.
func TestHalfFilledErrors(t *testing.T) {
	t.Parallel()
	var none *webhooks.SendError
	require.Equal(t, "<nil>", none.Error())
	require.False(t, none.MaybeApplied())
	require.Empty(t, none.Unwrap())
	require.Nil(t, none.Problems())
	require.Nil(t, none.Body())
	require.NotErrorIs(t, none, webhooks.ErrServer)
	require.Equal(t, "webhooks: : 500 Internal Server Error", (&webhooks.SendError{StatusCode: 500}).Error())
	require.Equal(t, "<nil>", fmt.Sprint(none))
	require.Equal(t, `"webhooks: : 500 Internal Server Error"`, fmt.Sprintf("%q", webhooks.SendError{StatusCode: 500}))
}
