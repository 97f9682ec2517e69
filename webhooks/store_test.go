package webhooks_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/webhooks"
)

// scriptedStore is a memory deduper whose calls a test can watch, delay and
// make fail.
type scriptedStore struct {
	*webhooks.MemoryDeduper

	mu     sync.Mutex
	calls  []string
	before func(ctx context.Context, call string) error // fails the call unperformed
	after  func(call string) error                      // loses the response
}

var errStore = errors.New("store: connection reset")

func newScriptedStore(t *testing.T) *scriptedStore {
	t.Helper()
	memory, err := webhooks.NewMemoryDeduper(10_000, 24*time.Hour)
	require.NoError(t, err)
	return &scriptedStore{MemoryDeduper: memory}
}

func (s *scriptedStore) run(ctx context.Context, call string, perform func() error) error {
	s.mu.Lock()
	s.calls = append(s.calls, call)
	before := s.before
	s.mu.Unlock()
	if before != nil {
		if err := before(ctx, call); err != nil {
			return err
		}
	}
	err := perform()
	if s.after != nil {
		err = errors.Join(err, s.after(call))
	}
	return err
}

func (s *scriptedStore) seen() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.calls...)
}

func (s *scriptedStore) Claim(ctx context.Context, key, token string, lease time.Duration) (state webhooks.ClaimState, err error) {
	err = s.run(ctx, "Claim", func() (err error) {
		state, err = s.MemoryDeduper.Claim(ctx, key, token, lease)
		return err
	})
	return state, err
}

func (s *scriptedStore) Renew(ctx context.Context, key, token string, lease time.Duration) error {
	return s.run(ctx, "Renew", func() error { return s.MemoryDeduper.Renew(ctx, key, token, lease) })
}

func (s *scriptedStore) Commit(ctx context.Context, key, token string) error {
	return s.run(ctx, "Commit", func() error { return s.MemoryDeduper.Commit(ctx, key, token) })
}

func (s *scriptedStore) Release(ctx context.Context, key, token string) error {
	return s.run(ctx, "Release", func() error { return s.MemoryDeduper.Release(ctx, key, token) })
}

// times fails one call that many times.
func times(call string, count int, fail func() error) func(ctx context.Context, called string) error {
	var mu sync.Mutex
	return func(_ context.Context, called string) error {
		mu.Lock()
		defer mu.Unlock()
		if called != call || count == 0 {
			return nil
		}
		count--
		return fail()
	}
}

// TestStoreFails responds 503 when the store cannot tell, whatever its errors
// wrap, and stands by the callback when only the record of it fails.
func TestStoreFails(t *testing.T) {
	t.Parallel()
	away := func() error { return errStore }
	for _, one := range []struct {
		name     string
		before   func(context.Context, string) error
		after    func(string) error
		callback error
		status   int
		calls    []string
		logged   string
	}{
		{"Claim fails once", times("Claim", 1, away), nil, nil, 200, []string{"Claim", "Claim", "Commit"}, ""},
		{"Claim fails", times("Claim", 9, away), nil, nil, 503, []string{"Claim", "Claim"}, "dedupe store: Claim: store: connection reset"},
		{"Claim fails as a callback", times("Claim", 9, func() error { return webhooks.ErrCallback }), nil, nil, 503, []string{"Claim", "Claim"}, ""},
		{"Claim fails as a bad body", times("Claim", 9, func() error { return fmt.Errorf("x: %w", webhooks.ErrMalformed) }), nil, nil, 503, []string{"Claim", "Claim"}, ""},
		{"Claim panics", times("Claim", 9, func() error { panic("secret text") }), nil, nil, 503, []string{"Claim", "Claim"}, "panic: string"},
		{"Claim panics as the runtime does", times("Claim", 9, func() error { return []error{}[len(errStore.Error())] }), nil, nil, 503, []string{"Claim", "Claim"}, "index out of range"},
		{"the response of Claim is lost", nil, lose("Claim"), nil, 200, []string{"Claim", "Claim", "Commit"}, ""},
		{"every response of Claim is lost", nil, func(call string) error {
			if call == "Claim" {
				return errStore
			}
			return nil
		}, nil, 503, []string{"Claim", "Claim"}, "dedupe store: Claim: store: connection reset"},
		{"Commit fails once", times("Commit", 1, away), nil, nil, 200, []string{"Claim", "Commit", "Commit"}, ""},
		{"Commit fails", times("Commit", 9, away), nil, nil, 200, []string{"Claim", "Commit", "Commit", "Commit"}, "dedupe store: Commit: store: connection reset"},
		{"the response of Commit is lost", nil, lose("Commit"), nil, 200, []string{"Claim", "Commit", "Commit"}, ""},
		{"Commit panics", times("Commit", 9, func() error { panic(errStore) }), nil, nil, 200, []string{"Claim", "Commit", "Commit", "Commit"}, "panic: *errors.errorString"},
		{"the claim is lost at Commit", times("Commit", 9, func() error { return webhooks.ErrClaimLost }), nil, nil, 200, []string{"Claim", "Commit"}, "claim on the delivery is lost"},
		{"Release fails once", times("Release", 1, away), nil, io.EOF, 500, []string{"Claim", "Release", "Release"}, ""},
		{"Release fails", times("Release", 9, away), nil, io.EOF, 500, []string{"Claim", "Release", "Release", "Release"}, "dedupe store: Release: store: connection reset"},
	} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			log := newBuffer()
			store := newScriptedStore(t)
			store.before, store.after = one.before, one.after
			receiver := newReceiver(t, acceptStandard, webhooks.WithDeduper(store), webhooks.WithLogger(slog.New(slog.NewTextHandler(log, nil))))
			webhooks.On(receiver, func(context.Context, webhooks.UserJoinedServer) error { return one.callback })
			require.Equal(t, one.status, serveOnce(receiver, identified(t, "msg_1")))
			require.Equal(t, one.calls, store.seen())
			require.Contains(t, log.String(), one.logged)
			require.NotContains(t, log.String(), "secret text")
			if one.logged == "" && one.status < 500 {
				require.Empty(t, log.String())
			}
		})
	}
}

// lose loses the first response of a call, which was performed.
func lose(call string) func(string) error {
	fail := times(call, 1, func() error { return errStore })
	return func(called string) error { return fail(context.Background(), called) }
}

// oddStore returns a state that does not exist.
type oddStore struct{ webhooks.Deduper }

func (oddStore) Claim(context.Context, string, string, time.Duration) (webhooks.ClaimState, error) {
	return 9, nil
}

// TestUnknownClaimState responds 503.
func TestUnknownClaimState(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, acceptStandard, webhooks.WithDeduper(oddStore{}))
	require.Equal(t, http.StatusServiceUnavailable, serveOnce(receiver, identified(t, "msg_1")))
}

// TestStoreHangs bounds every call of the store.
func TestStoreHangs(t *testing.T) {
	t.Parallel()
	for call, want := range map[string]struct {
		status int
		length time.Duration
	}{
		"Claim":   {503, 6 * time.Second},
		"Commit":  {200, 9 * time.Second},
		"Release": {500, 9 * time.Second},
	} {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := newScriptedStore(t)
				store.before = func(ctx context.Context, called string) error {
					if called != call {
						return nil
					}
					<-ctx.Done()
					return ctx.Err()
				}
				receiver := newReceiver(t, acceptStandard, webhooks.WithDeduper(store))
				webhooks.On(receiver, func(context.Context, webhooks.UserJoinedServer) error {
					if call == "Release" {
						return errStore
					}
					return nil
				})
				start := time.Now()
				require.Equal(t, want.status, serveOnce(receiver, identified(t, "msg_1")))
				require.Equal(t, want.length, time.Since(start))
			})
		})
	}
}

// TestRenewal renews the lease while the callback runs, and cancels the
// callback when that does not work.
func TestRenewal(t *testing.T) {
	t.Parallel()
	lost := func() error { return webhooks.ErrClaimLost }
	away := func() error { return errStore }
	for _, one := range []struct {
		name    string
		before  func(context.Context, string) error
		status  int
		length  time.Duration // until the callback ends, of 30 seconds
		renewed int
		logged  string
	}{
		{"all is well", nil, 200, 30 * time.Second, 8, ""},
		{"the store fails for a while", times("Renew", 5, away), 200, 30 * time.Second, 12, "Renew: store: connection reset"},
		{"the store is slow, then fails", slowThenAway(), 500, 10*time.Second + 10*time.Second/3, 6, "Renew: store: connection reset"},
		{"the store fails", times("Renew", 99, away), 500, 10 * time.Second, 7, "Renew: store: connection reset"},
		{"the store panics", times("Renew", 99, func() error { panic("no") }), 500, 10 * time.Second, 7, "Renew: panic: string"},
		{"the claim is lost", times("Renew", 1, lost), 500, 10 * time.Second / 3, 1, ""},
		{"the store hangs", func(ctx context.Context, call string) error {
			if call == "Renew" {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		}, 500, 10 * time.Second, 2, "Renew: context deadline exceeded"},
		{"the store hangs and does not listen", func(_ context.Context, call string) error {
			if call == "Renew" {
				pass(20 * time.Second)
				return errStore
			}
			return nil
		}, 500, 10 * time.Second, 1, ""},
	} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := newScriptedStore(t)
				store.before = one.before
				log := newBuffer()
				receiver := newReceiver(t, acceptStandard, webhooks.WithDeduper(store), webhooks.WithLogger(slog.New(slog.NewTextHandler(log, nil))))
				var length time.Duration
				webhooks.On(receiver, func(ctx context.Context, _ webhooks.UserJoinedServer) error {
					start := time.Now()
					select {
					case <-time.After(30 * time.Second):
					case <-ctx.Done():
					}
					length = time.Since(start)
					if ctx.Err() != nil {
						require.ErrorIs(t, context.Cause(ctx), webhooks.ErrClaimLost)
					}
					return ctx.Err()
				})
				require.Equal(t, one.status, serveOnce(receiver, identified(t, "msg_1")))
				require.InDelta(t, one.length, length, float64(time.Millisecond))
				renewals := 0
				for _, call := range store.seen() {
					if call == "Renew" {
						renewals++
					}
				}
				require.InDelta(t, one.renewed, renewals, 1)
				require.Contains(t, log.String(), one.logged)
				require.Equal(t, one.logged != "", strings.Contains(log.String(), "dedupe store failed"))
				pass(time.Minute) // nothing renews what has ended
			})
		})
	}
}

// slowThenAway renews once, in two seconds, and never again.
func slowThenAway() func(context.Context, string) error {
	calls := 0
	return func(_ context.Context, call string) error {
		if call != "Renew" {
			return nil
		}
		if calls++; calls == 1 {
			pass(2 * time.Second)
			return nil
		}
		return errStore
	}
}

// TestDuplicateLogged says in the log that a delivery is a duplicate.
func TestDuplicateLogged(t *testing.T) {
	t.Parallel()
	log := newBuffer()
	receiver := newReceiver(t, acceptStandard, webhooks.WithLogger(slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	const said = "webhook delivery is a duplicate"
	require.Equal(t, http.StatusOK, serveOnce(receiver, identified(t, "msg_1")))
	require.NotContains(t, log.String(), said)
	require.Equal(t, http.StatusOK, serveOnce(receiver, identified(t, "msg_1")))
	require.Contains(t, log.String(), said)
}

// TestCrashHoldsBackForSeconds claims a delivery and dies; the next attempts
// meet the lease for 10 seconds at most, and are told when to come back.
func TestCrashHoldsBackForSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newScriptedStore(t)
		dying := newReceiver(t, acceptStandard, webhooks.WithDeduper(store))
		var died atomic.Bool
		store.before = func(_ context.Context, call string) error {
			if died.Load() && call != "Claim" {
				return errStore // the process that would renew is gone
			}
			return nil
		}
		webhooks.On(dying, func(ctx context.Context, _ webhooks.UserJoinedServer) error {
			died.Store(true)
			<-ctx.Done()
			return ctx.Err()
		})
		go serveOnce(dying, identified(t, "msg_1"))
		synctest.Wait()
		start, calls := time.Now(), 0
		restarted := newReceiver(t, acceptStandard, webhooks.WithDeduper(store.MemoryDeduper))
		webhooks.On(restarted, func(context.Context, webhooks.UserJoinedServer) error { calls++; return nil })
		recorder := httptest.NewRecorder()
		restarted.ServeHTTP(recorder, identified(t, "msg_1"))
		require.Equal(t, http.StatusConflict, recorder.Code)
		require.Equal(t, "10", recorder.Header().Get("Retry-After"))
		pass(10 * time.Second)
		require.Equal(t, http.StatusOK, serveOnce(restarted, identified(t, "msg_1")))
		require.Less(t, time.Since(start), 20*time.Second)
		require.Equal(t, 1, calls)
	})
}

// TestScope works on the same id under another hook or verifier, and in a
// second receiver on the same store only for another hook.
func TestScope(t *testing.T) {
	t.Parallel()
	store := newScriptedStore(t)
	var calls []string
	note := func(receiver *webhooks.Receiver) *webhooks.Receiver {
		webhooks.On(receiver, func(ctx context.Context, _ webhooks.Event) error {
			delivery, _ := webhooks.DeliveryFrom(ctx)
			require.Regexp(t, "^[0-9a-f]{64}$", delivery.DedupeKey)
			calls = append(calls, delivery.DedupeKey)
			return nil
		})
		return receiver
	}
	first := note(newReceiver(t, acceptStandard, webhooks.WithDeduper(store)))
	second := note(newReceiver(t, acceptStandard, webhooks.WithDeduper(store)))
	svix := note(newReceiver(t, webhooks.WithSvix(standardSecret), webhooks.WithDeduper(store)))
	to := func(path string) *http.Request {
		request := identified(t, "msg_1")
		request.URL.Path = path
		return request
	}
	for _, receiver := range []*webhooks.Receiver{first, second} {
		for _, path := range []string{"/joined", "/visited", "/joined"} {
			require.Equal(t, http.StatusOK, serveOnce(receiver, to(path)))
		}
	}
	require.Len(t, calls, 2)
	request := to("/joined")
	for _, name := range []string{"Id", "Timestamp", "Signature"} {
		request.Header.Set("Svix-"+name, request.Header.Get("Webhook-"+name))
	}
	require.Equal(t, http.StatusOK, serveOnce(svix, request))
	require.Len(t, calls, 3, "another verifier")

	mounted := http.StripPrefix("/v2", first)
	for _, path := range []string{"/v2/joined", "/joined"} {
		request := to(path)
		request.RequestURI = path + "?x=1"
		mounted := mounted
		if !strings.HasPrefix(path, "/v2") {
			mounted = first
		}
		require.Equal(t, http.StatusOK, serveOnce(mounted, request))
	}
	require.Len(t, calls, 4, "the path that was called counts, not the one behind StripPrefix")

	for _, one := range [][2]string{{"/ab", "c"}, {"/a", "bc"}} {
		request := identified(t, one[1])
		request.URL.Path = one[0]
		require.Equal(t, http.StatusOK, serveOnce(first, request))
	}
	require.Len(t, calls, 6, "where the path ends and the id begins counts")
}

// TestRefusedDedupers refuses stores that cannot work, and ones that forget
// before a replay is too old.
func TestRefusedDedupers(t *testing.T) {
	t.Parallel()
	short, err := webhooks.NewMemoryDeduper(10, 10*time.Minute-time.Second)
	require.NoError(t, err)
	enough, err := webhooks.NewMemoryDeduper(10, 10*time.Minute)
	require.NoError(t, err)
	for text, store := range map[string]webhooks.Deduper{
		"WithDeduper: is nil":  (*webhooks.MemoryDeduper)(nil),
		"WithDeduper: is zero": &webhooks.MemoryDeduper{},
		"WithDeduper: its retention is below twice the tolerance": short,
	} {
		_, err := webhooks.NewReceiver(acceptStandard, webhooks.WithDeduper(store))
		require.ErrorContains(t, err, text)
	}
	newReceiver(t, acceptStandard, webhooks.WithDeduper(enough))
	newReceiver(t, acceptStandard, webhooks.WithTolerance(24*time.Hour)) // the default store follows
}

// leases notes for how long keys are claimed.
type leases struct {
	*webhooks.MemoryDeduper
	seen []time.Duration
}

func (l *leases) Claim(ctx context.Context, key, token string, lease time.Duration) (webhooks.ClaimState, error) {
	l.seen = append(l.seen, lease)
	return l.MemoryDeduper.Claim(ctx, key, token, lease)
}

// TestWithLease claims for 10 seconds, or for as long as it was told.
func TestWithLease(t *testing.T) {
	t.Parallel()
	store := &leases{MemoryDeduper: newScriptedStore(t).MemoryDeduper}
	serveOnce(newReceiver(t, acceptStandard, webhooks.WithDeduper(store)), identified(t, "msg_1"))
	serveOnce(newReceiver(t, acceptStandard, webhooks.WithDeduper(store), webhooks.WithLease(time.Second)), identified(t, "msg_2"))
	require.Equal(t, []time.Duration{10 * time.Second, time.Second}, store.seen)
}

// TestNoIDWarning says at construction that duplicates are not recognised.
func TestNoIDWarning(t *testing.T) {
	t.Parallel()
	headFunc := webhooks.VerifierFunc("mine", func(http.Header, url.Values) error { return nil })
	bodyFunc := webhooks.VerifierBodyFunc("mine", func(http.Header, []byte) (webhooks.Proof, error) { return webhooks.Proof{}, nil })
	for name, one := range map[string]struct {
		options []webhooks.ReceiverOption
		warns   bool
	}{
		"key":                  {[]webhooks.ReceiverOption{acceptKey}, true},
		"GCM":                  {[]webhooks.ReceiverOption{acceptEncrypted(webhooks.AES256GCM)}, true},
		"HMAC":                 {[]webhooks.ReceiverOption{acceptHMAC}, true},
		"function":             {[]webhooks.ReceiverOption{headFunc}, true},
		"body function":        {[]webhooks.ReceiverOption{bodyFunc}, false},
		"standard or key":      {[]webhooks.ReceiverOption{webhooks.AnyOf(acceptStandard, acceptKey)}, true},
		"key or standard":      {[]webhooks.ReceiverOption{webhooks.AnyOf(acceptKey, acceptStandard)}, true},
		"standard or function": {[]webhooks.ReceiverOption{webhooks.AnyOf(acceptStandard, bodyFunc)}, false},
		"standard and key":     {[]webhooks.ReceiverOption{acceptStandard, acceptKey}, false},
		"key, with the digest": {[]webhooks.ReceiverOption{acceptKey, webhooks.WithBodyDigestDedupe()}, false},
		"standard":             {[]webhooks.ReceiverOption{acceptStandard}, false},
		"key and standard":     {[]webhooks.ReceiverOption{acceptKey, acceptStandard}, false},
	} {
		log := newBuffer()
		newReceiver(t, append(one.options, webhooks.WithLogger(slog.New(slog.NewTextHandler(log, nil))))...)
		require.Equal(t, one.warns, strings.Contains(log.String(), "duplicates are not recognised"), name)
	}
}
