package webhooks_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/webhooks"
	"github.com/returningai/returningai-go/webhooks/webhookstest"
)

// operationFailed is an error as the SDK's operations return.
type operationFailed struct{ maybeApplied, idempotent bool }

func (e operationFailed) Error() string      { return "operation failed" }
func (e operationFailed) MaybeApplied() bool { return e.maybeApplied }
func (e operationFailed) Idempotent() bool   { return e.idempotent }

var (
	lostReply = operationFailed{maybeApplied: true}
	errNoUser = operationFailed{}
	lostField = operationFailed{maybeApplied: true, idempotent: true}
)

// TestCallbackErrors acknowledges a delivery whose callback may have acted, and
// asks for the others again.
func TestCallbackErrors(t *testing.T) {
	t.Parallel()
	const again, done = http.StatusInternalServerError, http.StatusOK
	for _, one := range []struct {
		name   string
		err    error
		status int
	}{
		{"nothing was done", errNoUser, again},
		{"another error", io.EOF, again},
		{"idempotent", lostField, again},
		{"in doubt", lostReply, done},
		{"wrapped", fmt.Errorf("reply: %w", lostReply), done},
		{"not wrapped", fmt.Errorf("reply: %v", lostReply), again}, //nolint:errorlint // on purpose
		{"joined", errors.Join(io.EOF, errNoUser, fmt.Errorf("x: %w", lostReply)), done},
		{"joined with %w", fmt.Errorf("%w and %w", lostField, lostReply), done},
		{"joined, none in doubt", errors.Join(io.EOF, errNoUser, lostField), again},
		{"DeliverAgain", webhooks.DeliverAgain(lostReply), again},
		{"DeliverAgain, wrapped", fmt.Errorf("x: %w", webhooks.DeliverAgain(fmt.Errorf("y: %w", lostReply))), again},
		{"DeliverAgain for one part only", errors.Join(webhooks.DeliverAgain(lostReply), lostReply), done},
		{"DeliverAgain of nothing", webhooks.DeliverAgain(nil), done},
	} {
		for setup, options := range map[string][]webhooks.ReceiverOption{
			"deduper": {acceptStandard}, "no deduper": {acceptKey},
		} {
			t.Run(one.name+", "+setup, func(t *testing.T) {
				t.Parallel()
				log := newBuffer()
				receiver := newReceiver(t, append(options, webhooks.WithLogger(slog.New(slog.NewTextHandler(log, nil))))...)
				calls := 0
				webhooks.On(receiver, func(context.Context, webhooks.UserJoinedServer) error { calls++; return one.err })
				request := webhookstest.Request(t, path, joined, sendKey, sendStandard)
				second, err := webhookstest.Again(request)
				require.NoError(t, err)
				require.Equal(t, one.status, serveOnce(receiver, request))
				logged := one.status == done && one.err != nil
				require.Equal(t, logged, containsAll(log.String(), "level=ERROR", "in doubt"), log.String())
				require.Equal(t, one.status, serveOnce(receiver, second))
				if one.status == done && setup == "deduper" {
					require.Equal(t, 1, calls, "committed")
				} else {
					require.Equal(t, 2, calls)
				}
			})
		}
	}
	require.ErrorIs(t, webhooks.DeliverAgain(lostReply), lostReply)
	require.EqualError(t, webhooks.DeliverAgain(lostReply), "operation failed")
	require.NoError(t, webhooks.DeliverAgain(nil))
}

// TestWithInDoubt decides about deliveries in doubt, before they are committed
// and with time left.
func TestWithInDoubt(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		name     string
		callback error
		decide   func() error
		status   int
		calls    []string
	}{
		{"decided as done", lostReply, func() error { return nil }, 200, []string{"Claim", "decide", "Commit"}},
		{"decided as not done", lostReply, func() error { return io.EOF }, 500, []string{"Claim", "decide", "Release"}},
		{"panics", lostReply, func() error { panic("no") }, 500, []string{"Claim", "decide", "Release"}},
		{"not asked", io.EOF, func() error { return nil }, 500, []string{"Claim", "Release"}},
		{"DeliverAgain", webhooks.DeliverAgain(lostReply), func() error { return nil }, 500, []string{"Claim", "Release"}},
		{"in doubt itself", lostReply, func() error { return lostReply }, 500, []string{"Claim", "decide", "Release"}},
	} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			store := newScriptedStore(t)
			receiver := newReceiver(t, acceptStandard, webhooks.WithDeduper(store),
				webhooks.WithInDoubt(func(ctx context.Context, delivery *webhooks.Delivery, err error) error {
					store.calls = append(store.calls, "decide")
					require.NoError(t, ctx.Err())
					require.Equal(t, "msg_1", delivery.ID)
					require.ErrorIs(t, err, lostReply)
					return one.decide()
				}))
			webhooks.On(receiver, func(context.Context, webhooks.UserJoinedServer) error { return one.callback })
			require.Equal(t, one.status, serveOnce(receiver, identified(t, "msg_1")))
			require.Equal(t, one.calls, store.seen())
		})
	}
	_, err := webhooks.NewReceiver(acceptKey, webhooks.WithInDoubt(nil))
	require.ErrorContains(t, err, "WithInDoubt: is nil")
}

// TestSenderInCallback treats a message that the hook may have taken as in doubt,
// and one that it refused as not done.
func TestSenderInCallback(t *testing.T) {
	t.Parallel()
	for answer, want := range map[int]int{http.StatusBadGateway: http.StatusOK, http.StatusBadRequest: http.StatusInternalServerError} {
		sender := hookSender(t, &recordedHook{answers: []func(http.ResponseWriter){status(answer)}})
		receiver := newReceiver(t, acceptStandard)
		webhooks.On(receiver, func(ctx context.Context, _ webhooks.UserJoinedServer) error { return sender.SendMessage(ctx, message) })
		require.Equal(t, want, serveOnce(receiver, identified(t, "msg_1")))
	}
}

// TestContextsEnd ends the context of each call of the user's code with the call:
// what it has left running may wait for that.
func TestContextsEnd(t *testing.T) {
	t.Parallel()
	store, contexts := newScriptedStore(t), map[string]context.Context{}
	store.before = func(ctx context.Context, call string) error {
		contexts[call] = ctx
		return nil
	}
	receiver := newReceiver(t, acceptStandard, webhooks.WithDeduper(store), webhooks.WithInDoubt(func(ctx context.Context, _ *webhooks.Delivery, _ error) error {
		contexts["decision"] = ctx
		return nil
	}))
	webhooks.On(receiver, func(ctx context.Context, _ webhooks.UserJoinedServer) error {
		contexts["callback"] = ctx
		return lostReply
	})
	require.Equal(t, http.StatusOK, serveOnce(receiver, identified(t, "msg_1")))
	for _, name := range []string{"Claim", "callback", "decision", "Commit"} {
		require.ErrorIs(t, contexts[name].Err(), context.Canceled, name)
	}
}

// TestCallbackTimeout ends the callback's context, not that of the decision
// about what it left in doubt.
func TestCallbackTimeout(t *testing.T) {
	t.Parallel()
	for length, options := range map[time.Duration][]webhooks.ReceiverOption{
		time.Minute:     nil,
		3 * time.Second: {webhooks.WithCallbackTimeout(3 * time.Second)},
	} {
		synctest.Test(t, func(t *testing.T) {
			decided := false
			receiver := newReceiver(t, append(options, acceptStandard,
				webhooks.WithInDoubt(func(ctx context.Context, _ *webhooks.Delivery, err error) error {
					decided = true
					pass(2 * time.Second)
					require.ErrorIs(t, err, context.DeadlineExceeded)
					return ctx.Err()
				}))...)
			start := time.Now()
			webhooks.On(receiver, func(ctx context.Context, _ webhooks.UserJoinedServer) error {
				<-ctx.Done()
				return errors.Join(lostReply, ctx.Err())
			})
			require.Equal(t, http.StatusOK, serveOnce(receiver, identified(t, "msg_1")))
			require.Equal(t, length+2*time.Second, time.Since(start))
			require.True(t, decided)
		})
	}
	for _, timeout := range []time.Duration{0, -1} {
		_, err := webhooks.NewReceiver(acceptKey, webhooks.WithCallbackTimeout(timeout))
		require.ErrorContains(t, err, "WithCallbackTimeout: must be")
	}
	_, err := webhooks.NewReceiver(acceptKey, webhooks.WithLease(time.Second-1))
	require.ErrorContains(t, err, "WithLease: must be")
	newReceiver(t, acceptKey, webhooks.WithLease(time.Second), webhooks.WithCallbackTimeout(1))
}

// TestHangup lets a callback finish when the sender has gone.
func TestHangup(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]func(*webhooks.Receiver, func(context.Context) error) http.Handler{
		"callback": func(receiver *webhooks.Receiver, work func(context.Context) error) http.Handler {
			webhooks.On(receiver, func(ctx context.Context, _ webhooks.UserJoinedServer) error { return work(ctx) })
			return receiver
		},
		"middleware": func(receiver *webhooks.Receiver, work func(context.Context) error) http.Handler {
			return receiver.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if work(r.Context()) != nil {
					w.WriteHeader(http.StatusInternalServerError)
				}
			}))
		},
	} {
		store := newScriptedStore(t)
		ctx, hangUp := context.WithCancel(context.WithValue(t.Context(), keyOf("tenant"), "one"))
		served := handler(newReceiver(t, acceptStandard, webhooks.WithDeduper(store)), func(ctx context.Context) error {
			hangUp()
			require.Equal(t, "one", ctx.Value(keyOf("tenant")), "the values stay")
			return ctx.Err()
		})
		require.Equal(t, http.StatusOK, serveOnce(served, identified(t, "msg_1").WithContext(ctx)), name)
		require.Equal(t, []string{"Claim", "Commit"}, store.seen(), name)
	}
}

type keyOf string

// TestAsyncInDoubt reports a delivery in doubt to OnFailure, unless WithInDoubt
// decides.
func TestAsyncInDoubt(t *testing.T) {
	t.Parallel()
	decide := webhooks.WithInDoubt(func(context.Context, *webhooks.Delivery, error) error { return nil })
	for name, options := range map[string][]webhooks.ReceiverOption{"logged": nil, "decided": {decide}} {
		var failed failures
		store := newScriptedStore(t)
		receiver := newReceiver(t, append(options, acceptStandard, webhooks.WithDeduper(store),
			webhooks.WithAsync(webhooks.Async{Queue: 1, Workers: 1, OnFailure: failed.note}))...)
		webhooks.On(receiver, func(context.Context, webhooks.UserJoinedServer) error { return lostReply })
		require.Equal(t, http.StatusOK, serveOnce(receiver, identified(t, "msg_1")))
		require.NoError(t, receiver.Shutdown(t.Context()))
		require.Equal(t, []string{"Claim", "Commit"}, store.seen())
		if name == "decided" {
			require.Empty(t, failed.list)
		} else {
			require.ErrorIs(t, failed.list["msg_1"], lostReply)
		}
	}
}
