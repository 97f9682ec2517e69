package returningai_test

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
)

// limited is a transport in memory that takes so many requests a second, and
// refuses the rest with 429 and a Retry-After.
type limited struct {
	perSecond  int
	retryAfter string

	mu     sync.Mutex
	second int64
	taken  int // in this second
	done   int // in all
	asked  int
}

func (l *limited) RoundTrip(request *http.Request) (*http.Response, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if request.Body != nil {
		_ = request.Body.Close() // of a reader in memory
	}
	if now := time.Now().Unix(); now != l.second {
		l.second, l.taken = now, 0
	}
	l.asked++
	next := &scripted{answers: []answer{{status: 429, header: http.Header{"Retry-After": {l.retryAfter}}}}}
	if l.taken < l.perSecond {
		l.taken++
		l.done++
		next = &scripted{}
	}
	return next.RoundTrip(request)
}

// failures performs calls at the same time and returns how many failed.
func failures(t *testing.T, client *returningai.Client, calls int) int64 {
	t.Helper()
	var failed atomic.Int64
	var group sync.WaitGroup
	for range calls {
		group.Go(func() {
			if err := send(t.Context(), client); err != nil {
				failed.Add(1)
				t.Log(err)
			}
		})
	}
	group.Wait()
	return failed.Load()
}

func TestBurstFinishesDespiteRateLimit(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ calls, perSecond, asked int }{
		"60 calls, 10 a second":  {60, 10, 150},
		"200 calls, 50 a second": {200, 50, 500},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := &limited{perSecond: test.perSecond, retryAfter: "1"}
				began := time.Now()
				require.Zero(t, failures(t, inMemory(t, server), test.calls))
				require.Equal(t, test.calls, server.done)
				require.LessOrEqual(t, server.asked, test.asked, "the gate keeps calls from being refused over and over")
				require.LessOrEqual(t, time.Since(began), 2*time.Minute)
				t.Logf("%d requests in %v", server.asked, time.Since(began))
			})
		})
	}
}

func Test429DoesNotSpendBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for range 100 {
			transport := &scripted{answers: []answer{{status: 429, header: http.Header{"Retry-After": {"0"}}}, {}}}
			require.NoError(t, send(t.Context(), inMemory(t, transport)))
		}
		client := inMemory(t, &everyOther{})
		for range 100 {
			require.NoError(t, send(t.Context(), client), "429 does not spend the budget")
		}
	})
}

// everyOther refuses every other request with 429.
type everyOther struct{ scripted }

func (e *everyOther) RoundTrip(request *http.Request) (*http.Response, error) {
	e.answers = []answer{{}}
	if e.count%2 == 0 {
		e.answers = []answer{{status: 429, header: http.Header{"Retry-After": {"0"}}}}
	}
	return e.scripted.RoundTrip(request)
}

// refuseOnce lets a client be refused, so that its gate is closed for 30 s.
func refuseOnce(t *testing.T, client *returningai.Client) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	require.ErrorIs(t, send(ctx, client), returningai.ErrRetryAfterTooLong)
}

func TestHeldCallsThatCannotWaitFailAtOnce(t *testing.T) {
	t.Parallel()
	once := returningai.DefaultRetryPolicy()
	once.MaxAttempts = 1
	for name, test := range map[string]struct {
		option  returningai.Option
		timeout time.Duration
		sent    int
		waited  time.Duration
		failure error
	}{
		"a deadline that is too early": {nil, 29 * time.Second, 1, 0, returningai.ErrRateLimited},
		"a later deadline":             {nil, 31 * time.Second, 2, 30 * time.Second, nil},
		"one attempt":                  {returningai.WithRetryPolicy(once), time.Hour, 1, 0, returningai.ErrRateLimited},
		"another credential":           {returningai.WithBearer("other"), 29 * time.Second, 2, 0, nil},
		"no gate":                      {returningai.WithoutRateLimitGate(), 29 * time.Second, 2, 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				transport := &scripted{answers: []answer{{status: 429, header: http.Header{"Retry-After": {"30"}}}, {}}}
				client := inMemory(t, transport)
				refuseOnce(t, client)
				if test.option != nil {
					var err error
					client, err = client.With(test.option)
					require.NoError(t, err)
				}
				ctx, cancel := context.WithTimeout(t.Context(), test.timeout)
				defer cancel()
				began := time.Now()
				err := send(ctx, client)
				require.Equal(t, test.sent, transport.sent())
				require.Equal(t, test.waited, time.Since(began))
				if test.failure == nil {
					require.NoError(t, err)
					return
				}
				failure := failed(t, err)
				require.ErrorIs(t, failure, test.failure)
				require.Zero(t, failure.Attempts)
				require.False(t, failure.MaybeApplied())
				require.ErrorContains(t, failure, "held back after 429")
			})
		})
	}
}

func TestCanceledHeldCallMakesRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := inMemory(t, &scripted{answers: []answer{{status: 429, header: http.Header{"Retry-After": {"30"}}}, {}}})
		refuseOnce(t, client)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(10*time.Second, cancel)
		began := time.Now()
		require.ErrorIs(t, send(ctx, client), context.Canceled)
		require.Equal(t, 10*time.Second, time.Since(began))
		require.NoError(t, send(t.Context(), client))
		require.Equal(t, 30*time.Second, time.Since(began))
	})
}

func TestGateWaitsWithinRateLimitWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		policy := returningai.DefaultRetryPolicy()
		policy.RateLimitWait = 20 * time.Second
		transport := &scripted{answers: []answer{{status: 429, header: http.Header{"Retry-After": {"30"}}}, {}}}
		client := inMemory(t, transport, returningai.WithRetryPolicy(policy))
		began := time.Now()
		require.ErrorContains(t, send(t.Context(), client), "waited too long for the rate limit")
		require.ErrorIs(t, send(t.Context(), client), returningai.ErrRateLimited)
		require.Zero(t, time.Since(began))
		require.Equal(t, 1, transport.sent())
	})
}
