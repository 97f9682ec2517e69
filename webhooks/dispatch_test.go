package webhooks_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/webhooks"
	"github.com/returningai/returningai-go/webhooks/webhookstest"
)

// serveOnce runs a handler on a recorder, for the tests that control time.
func serveOnce(handler http.Handler, request *http.Request) int {
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder.Code
}

// identified is a delivery with an authenticated id.
func identified(t *testing.T, id string) *http.Request {
	t.Helper()
	return webhookstest.Request(t, path, joined, sendStandard, webhooks.WithMessageID(func() string { return id }))
}

// TestCallbacks calls the callback of the type, or else the one for all.
func TestCallbacks(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, acceptKey)
	var calls []string
	note := func(name string) { calls = append(calls, name) }
	webhooks.On(receiver, func(_ context.Context, event webhooks.UserJoinedServer) error {
		note("joined " + event.User.Username)
		return nil
	})
	webhooks.On(receiver, func(ctx context.Context, event webhooks.MessagePosted) error {
		delivery, ok := webhooks.DeliveryFrom(ctx)
		require.True(t, ok)
		require.Equal(t, event, delivery.Event)
		note("message " + event.Message)
		return nil
	})
	webhooks.On(receiver, func(_ context.Context, event webhooks.Event) error {
		note("other " + string(event.Base().Kind))
		return nil
	})
	base, client := serve(t, receiver)
	for _, kind := range []webhooks.Kind{webhooks.KindUserJoinedServer, webhooks.KindMessagePostedToChannel, webhooks.KindAnalysisUpdated} {
		status, text := do(t, client, webhookstest.Request(t, base+path, webhookstest.Body(kind), sendKey))
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, "OK\n", text)
	}
	status, _ := do(t, client, webhookstest.Request(t, base+path, map[string]string{"event": "dragon_slain"}, sendKey))
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, []string{"joined ada", "message good game", "other update_analysis", "other dragon_slain"}, calls)
}

// TestNoCallback acknowledges what nobody asked for, and says so in the log.
func TestNoCallback(t *testing.T) {
	t.Parallel()
	log := newBuffer()
	receiver := newReceiver(t, acceptKey, webhooks.WithLogger(slog.New(slog.NewTextHandler(log, nil))))
	require.Equal(t, http.StatusOK, serveOnce(receiver, webhookstest.Request(t, path, joined, sendKey)))
	require.Contains(t, log.String(), "no callback for its type")
	require.Contains(t, log.String(), "webhook.kind=user_joins_server")
}

// TestOnPanics reports mistakes in the program at once.
func TestOnPanics(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, acceptKey)
	callback := func(context.Context, webhooks.UserJoinedServer) error { return nil }
	webhooks.On(receiver, callback)
	require.PanicsWithValue(t, "webhooks: On: webhooks.UserJoinedServer has a callback already", func() { webhooks.On(receiver, callback) })
	require.PanicsWithValue(t, "webhooks: On: nil receiver or callback", func() { webhooks.On(nil, callback) })
	require.PanicsWithValue(t, "webhooks: On: nil receiver or callback", func() { webhooks.On(&webhooks.Receiver{}, callback) })
	require.PanicsWithValue(t, "webhooks: On: nil receiver or callback", func() {
		webhooks.On[webhooks.MessagePosted](receiver, nil)
	})
	require.PanicsWithValue(t, "webhooks: On: *webhooks.MessagePosted is not a type of event", func() {
		webhooks.On(receiver, func(context.Context, *webhooks.MessagePosted) error { return nil })
	})
	require.Equal(t, http.StatusUnauthorized, serveOnce(receiver, plain(t, path, "{}")))
	require.PanicsWithValue(t, "webhooks: On: called after the first delivery", func() {
		webhooks.On(receiver, func(context.Context, webhooks.MessagePosted) error { return nil })
	})
	require.Panics(t, func() { receiver.Middleware(nil) })
	dispatched := newReceiver(t, acceptKey)
	require.Error(t, dispatched.Dispatch(t.Context(), nil))
	require.Panics(t, func() { webhooks.On(dispatched, callback) })
}

// TestMethodNotAllowed names the method that is.
func TestMethodNotAllowed(t *testing.T) {
	t.Parallel()
	recorder := httptest.NewRecorder()
	newReceiver(t, acceptKey).ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, path, nil))
	require.Equal(t, http.StatusMethodNotAllowed, recorder.Code)
	require.Equal(t, http.MethodPost, recorder.Header().Get("Allow"))
	require.Equal(t, "nosniff", recorder.Header().Get("X-Content-Type-Options"))
}

// TestStatusCode maps errors of others to 500, also those that wrap ours.
func TestStatusCode(t *testing.T) {
	t.Parallel()
	require.Equal(t, 200, webhooks.StatusCode(nil))
	require.Equal(t, 500, webhooks.StatusCode(io.EOF))
	require.Equal(t, 500, webhooks.StatusCode(errors.Join(webhooks.ErrVerification, webhooks.ErrCallback)))
	require.Equal(t, 503, webhooks.StatusCode(webhooks.ErrUnavailable))
	require.Equal(t, 409, webhooks.StatusCode(webhooks.ErrInFlight))
}

// TestRespond writes a status, and a body and headers that are fixed.
func TestRespond(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		err    error
		status int
		name   string // of a further header
		value  string
	}{
		{nil, http.StatusOK, "", ""},
		{webhooks.ErrMethod, http.StatusMethodNotAllowed, "Allow", "POST"},
		{webhooks.ErrInFlight, http.StatusConflict, "Retry-After", "10"},
		{webhooks.ErrUnavailable, http.StatusServiceUnavailable, "Retry-After", "10"},
		{io.EOF, http.StatusInternalServerError, "", ""},
	} {
		recorder := httptest.NewRecorder()
		webhooks.Respond(recorder, one.err)
		want := http.Header{"Content-Type": {"text/plain; charset=utf-8"}, "X-Content-Type-Options": {"nosniff"}, "Cache-Control": {"no-store"}}
		if one.name != "" {
			want.Set(one.name, one.value)
		}
		require.Equal(t, one.status, recorder.Code)
		require.Equal(t, want, recorder.Header())
		require.Equal(t, http.StatusText(one.status)+"\n", recorder.Body.String())
	}
}

// TestDispatchOfNothing refuses what Parse never returns.
func TestDispatchOfNothing(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, acceptKey)
	require.ErrorIs(t, receiver.Dispatch(t.Context(), nil), webhooks.ErrMalformed)
	require.ErrorIs(t, receiver.Dispatch(t.Context(), &webhooks.Delivery{}), webhooks.ErrMalformed)
}

// TestFailedCallback gets 500, keeps the error reachable and lets the
// sender repeat.
func TestFailedCallback(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, acceptStandard)
	failure, calls := errors.New("database away"), 0
	webhooks.On(receiver, func(context.Context, webhooks.UserJoinedServer) error {
		if calls++; calls < 3 {
			return failure
		}
		return nil
	})
	delivery, err := receiver.Parse(identified(t, "msg_1"))
	require.NoError(t, err)
	err = receiver.Dispatch(t.Context(), delivery)
	require.ErrorIs(t, err, webhooks.ErrCallback)
	require.ErrorIs(t, err, failure)

	require.Equal(t, http.StatusInternalServerError, serveOnce(receiver, identified(t, "msg_1")))
	require.Equal(t, http.StatusOK, serveOnce(receiver, identified(t, "msg_1")))
	require.Equal(t, http.StatusOK, serveOnce(receiver, identified(t, "msg_1")), "a repeat of what is done")
	require.Equal(t, 3, calls)
}

// TestPanic gets 500, releases the claim, and logs neither body nor value.
func TestPanic(t *testing.T) {
	t.Parallel()
	for name, panics := range map[string]func(webhooks.UserJoinedServer){
		"with the event":  func(event webhooks.UserJoinedServer) { panic(event) },
		"with text of it": func(event webhooks.UserJoinedServer) { panic("cannot greet " + event.User.Email) },
		"with an error":   func(event webhooks.UserJoinedServer) { panic(errors.New(string(event.Raw))) },
		"of the runtime":  func(event webhooks.UserJoinedServer) { _ = event.Raw[len(event.Raw)] },
		"to abort":        func(webhooks.UserJoinedServer) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log, calls := newBuffer(), 0
			receiver := newReceiver(t, acceptStandard, webhooks.WithLogger(slog.New(slog.NewJSONHandler(log, nil))))
			webhooks.On(receiver, func(_ context.Context, event webhooks.UserJoinedServer) error {
				if calls++; calls == 1 {
					panics(event)
				}
				return nil
			})
			base, client := serve(t, receiver)
			request := webhookstest.Request(t, base+path, joined, sendStandard)
			again, err := webhookstest.Again(request)
			require.NoError(t, err)
			status, text := do(t, client, request)
			require.Equal(t, http.StatusInternalServerError, status)
			require.Equal(t, "Internal Server Error\n", text)
			require.Contains(t, log.String(), "webhook callback panicked")
			require.Contains(t, log.String(), "dispatch_test.go", "the log says where")
			require.NotContains(t, log.String(), "ada@example.com")

			status, _ = do(t, client, again)
			require.Equal(t, http.StatusOK, status, "the claim was released")
		})
	}
}

// TestGoexit releases the claim of a callback that ends its goroutine.
func TestGoexit(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, acceptStandard)
	calls := 0
	webhooks.On(receiver, func(context.Context, webhooks.UserJoinedServer) error {
		if calls++; calls == 1 {
			goexit()
		}
		return nil
	})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		serveOnce(receiver, identified(t, "msg_1"))
	}()
	<-ended
	require.Equal(t, http.StatusOK, serveOnce(receiver, identified(t, "msg_1")))
	require.Equal(t, 2, calls)
}

// TestInFlight responds 409 to a duplicate while the first is being handled,
// however long that takes.
func TestInFlight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		receiver := newReceiver(t, acceptStandard)
		var entered int
		webhooks.On(receiver, func(ctx context.Context, _ webhooks.UserJoinedServer) error {
			if entered++; entered == 1 {
				pass(45 * time.Second)
			}
			return ctx.Err()
		})
		first := make(chan int, 1)
		request := identified(t, "msg_1")
		again, err := webhookstest.Again(request)
		require.NoError(t, err)
		go func() { first <- serveOnce(receiver, request) }()
		synctest.Wait()
		require.Equal(t, http.StatusConflict, serveOnce(receiver, identified(t, "msg_1")))
		require.Equal(t, http.StatusOK, serveOnce(receiver, identified(t, "msg_2")), "another one is free")
		pass(44 * time.Second)
		require.Equal(t, http.StatusConflict, serveOnce(receiver, identified(t, "msg_1")), "the lease was renewed")
		require.Equal(t, http.StatusOK, <-first)
		require.Equal(t, http.StatusOK, serveOnce(receiver, again))
		require.Equal(t, 2, entered)
	})
}

// TestReplay calls back once for the same signed request, also when it is
// replayed at the edge of the tolerance.
func TestReplay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		receiver := newReceiver(t, acceptStandard)
		calls := 0
		webhooks.On(receiver, func(context.Context, webhooks.UserJoinedServer) error { calls++; return nil })
		request := identified(t, "msg_1")
		for _, wait := range []time.Duration{0, time.Second, 4 * time.Minute} {
			pass(wait)
			again, err := webhookstest.Again(request)
			require.NoError(t, err)
			require.Equal(t, http.StatusOK, serveOnce(receiver, again))
		}
		require.Equal(t, 1, calls)
		pass(time.Minute)
		again, err := webhookstest.Again(request)
		require.NoError(t, err)
		require.Equal(t, http.StatusUnauthorized, serveOnce(receiver, again), "too old by now")
	})
}

// TestNoKey passes on every arrival that nothing tells from a duplicate.
func TestNoKey(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, acceptKey)
	calls := 0
	webhooks.On(receiver, func(ctx context.Context, _ webhooks.UserJoinedServer) error {
		calls++
		delivery, _ := webhooks.DeliveryFrom(ctx)
		require.Empty(t, delivery.DedupeKey)
		return nil
	})
	for range 3 {
		require.Equal(t, http.StatusOK, serveOnce(receiver, webhookstest.Request(t, path, joined, sendKey)))
	}
	require.Equal(t, 3, calls)
}

// TestBodyDigest recognises a duplicate by its decrypted body and its hook, whatever
// its IV.
func TestBodyDigest(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, acceptEncrypted(webhooks.AES256GCM), webhooks.WithBodyDigestDedupe(),
		webhooks.WithEventKind("/visits", webhooks.KindUserVisitedServer))
	var calls []webhooks.Kind
	webhooks.On(receiver, func(_ context.Context, event webhooks.Event) error {
		calls = append(calls, event.Base().Kind)
		return nil
	})
	for _, target := range []string{path, path, "/visits", "/visits", path} {
		require.Equal(t, http.StatusOK, serveOnce(receiver, webhookstest.Request(t, target, joined, sendEncrypted(webhooks.AES256GCM))))
	}
	require.Equal(t, []webhooks.Kind{webhooks.KindUserJoinedServer, webhooks.KindUserJoinedServer}, calls, "once for each hook")
}

// TestSharedDeduper serves two receivers from one store.
func TestSharedDeduper(t *testing.T) {
	t.Parallel()
	store, err := webhooks.NewMemoryDeduper(10, time.Hour)
	require.NoError(t, err)
	calls := 0
	for range 2 {
		receiver := newReceiver(t, acceptStandard, webhooks.WithDeduper(store))
		webhooks.On(receiver, func(context.Context, webhooks.UserJoinedServer) error { calls++; return nil })
		require.Equal(t, http.StatusOK, serveOnce(receiver, identified(t, "msg_1")))
	}
	require.Equal(t, 1, calls)
}

// TestMiddleware lets a handler of the user's work on the delivery.
func TestMiddleware(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, acceptStandard, acceptEncrypted(webhooks.AES256GCM))
	statuses := []int{http.StatusTeapot, http.StatusAccepted}
	calls := 0
	var kinds []webhooks.Kind
	var bodies []string
	var problems error
	handler := receiver.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if delivery, ok := webhooks.DeliveryFrom(r.Context()); ok {
			kinds = append(kinds, delivery.Event.Base().Kind)
		}
		raw, err := io.ReadAll(r.Body)
		bodies = append(bodies, string(raw))
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(statuses[calls])
		calls++
		problems = errors.Join(problems, err, http.NewResponseController(w).Flush())
	}))
	base, client := serve(t, handler)
	request := webhookstest.Request(t, base+path, joined, sendStandard, sendEncrypted(webhooks.AES256GCM))
	for _, want := range []int{http.StatusTeapot, http.StatusAccepted, http.StatusOK} {
		again, err := webhookstest.Again(request)
		require.NoError(t, err)
		status, _ := do(t, client, again)
		require.Equal(t, want, status)
	}
	require.Equal(t, 2, calls, "the third was a repeat of what is done")
	require.NoError(t, problems)
	require.Equal(t, []webhooks.Kind{webhooks.KindUserJoinedServer, webhooks.KindUserJoinedServer}, kinds)
	for _, body := range bodies {
		require.Contains(t, body, `"iv"`, "the body as it was received")
	}
	status, _ := do(t, client, plain(t, base+path, "{}"))
	require.Equal(t, http.StatusUnauthorized, status)
}

// TestMiddlewareStatuses commits what the handler acknowledges without a status, or
// not at all.
func TestMiddlewareStatuses(t *testing.T) {
	t.Parallel()
	for name, handle := range map[string]func(http.ResponseWriter){
		"nothing": func(http.ResponseWriter) {},
		"a body":  func(w http.ResponseWriter) { _, _ = io.WriteString(w, "done") },
	} {
		calls := 0
		handler := newReceiver(t, acceptStandard).Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			calls++
			handle(w)
		}))
		require.Equal(t, http.StatusOK, serveOnce(handler, identified(t, "msg_1")), name)
		require.Equal(t, http.StatusOK, serveOnce(handler, identified(t, "msg_1")), name)
		require.Equal(t, 1, calls, name)
	}
}

// TestMiddlewarePanic gets 500 while that is possible, else a response that is cut;
// the delivery can be retried either way.
func TestMiddlewarePanic(t *testing.T) {
	t.Parallel()
	for name, panics := range map[string]func(http.ResponseWriter){
		"before the response": func(http.ResponseWriter) { panic("ada@example.com") },
		"in the response": func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusOK)
			panic("ada@example.com")
		},
		"to abort": func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log, calls := newBuffer(), 0
			receiver := newReceiver(t, acceptStandard, webhooks.WithLogger(slog.New(slog.NewTextHandler(log, nil))))
			base, client := serve(t, receiver.Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if calls++; calls == 1 {
					panics(w)
				}
			})))
			request := webhookstest.Request(t, base+path, joined, sendStandard)
			again, err := webhookstest.Again(request)
			require.NoError(t, err)
			response, err := client.Do(request)
			if name == "before the response" {
				require.NoError(t, err)
				require.Equal(t, http.StatusInternalServerError, response.StatusCode)
				require.NoError(t, response.Body.Close())
			} else {
				require.Error(t, err)
			}
			require.NotContains(t, log.String(), "ada@example.com")
			status, _ := do(t, client, again)
			require.Equal(t, http.StatusOK, status)
			require.Equal(t, 2, calls)
		})
	}
}
