package returningai_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/secret"
)

func TestCredentialsThatCannotBe(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"k":              "",
		"a-token":        "",
		"Bearer":         "",
		"Bearers-token":  "",
		`mid"dle`:        "",
		"":               "must not be empty",
		" \t":            "must not be empty",
		" token":         "begin or end with white space",
		"token\n":        "begin or end with white space",
		"to\nken":        "line breaks",
		"to\x00ken":      "line breaks",
		"\ufefftoken":    "byte order mark",
		"Bearer token":   `without "Bearer"`,
		"bEARER token":   `without "Bearer"`,
		"Basic token":    "must not contain white space",
		"to\u00a0ken":    "must not contain white space",
		`"token`:         "quotes",
		"token'":         "quotes",
		"`token`":        "quotes",
		"a\"":            "quotes",
		"Bearer\u2003to": "must not contain white space",
	} {
		_, keyErr := returningai.New(returningai.WithAPIKey(text))
		_, tokenErr := returningai.New(returningai.WithBearer(text))
		for _, err := range []error{keyErr, tokenErr} {
			if want == "" {
				require.NoError(t, err, "%q", text)
			} else {
				require.ErrorContains(t, err, want, "%q", text)
			}
		}
	}
}

// bearer returns an authenticator, what it sends now, or why it does not, and how
// often its source has run.
func bearer(t *testing.T, source func(ctx context.Context, run int) (string, time.Duration, error)) (returningai.Authenticator, func() string, *atomic.Int64) {
	t.Helper()
	runs := &atomic.Int64{}
	authenticator, err := returningai.BearerSource(func(ctx context.Context) (returningai.Token, error) {
		text, good, err := source(ctx, int(runs.Add(1)))
		token := returningai.Token{Value: secret.New(text)}
		if good > 0 {
			token.Expiry = time.Now().Add(good)
		}
		return token, err
	})
	require.NoError(t, err)
	return authenticator, func() string {
		header := http.Header{}
		if err := authenticator.Authenticate(t.Context(), header); err != nil {
			return err.Error()
		}
		return header.Get("Authorization")
	}, runs
}

func TestTokenIsUsedToItsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, send, runs := bearer(t, func(_ context.Context, run int) (string, time.Duration, error) {
			if run > 1 {
				elapse(25 * time.Second)
			}
			return fmt.Sprint("token-", run), time.Minute, nil
		})
		require.Equal(t, "Bearer token-1", send())
		elapse(30*time.Second - 1)
		require.Equal(t, "Bearer token-1", send())
		synctest.Wait()
		require.EqualValues(t, 1, runs.Load())
		elapse(time.Nanosecond)
		at := time.Now()
		require.Equal(t, "Bearer token-1", send())
		synctest.Wait()
		require.EqualValues(t, 2, runs.Load(), "half a minute before")
		require.Equal(t, at, time.Now(), "nobody waits")
		elapse(25 * time.Second)
		synctest.Wait()
		require.Equal(t, "Bearer token-2", send())
	})
}

// TestCallsWaitOnlyOnceTheTokenHasEnded for a source that is slow.
func TestCallsWaitOnlyOnceTheTokenHasEnded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, send, _ := bearer(t, func(_ context.Context, run int) (string, time.Duration, error) {
			if run > 1 {
				elapse(10 * time.Second)
			}
			return fmt.Sprint("token-", run), time.Minute, nil
		})
		require.Equal(t, "Bearer token-1", send())
		elapse(time.Minute - 1)
		at := time.Now()
		require.Equal(t, "Bearer token-1", send())
		require.Equal(t, at, time.Now())
		elapse(time.Nanosecond)
		require.Equal(t, "Bearer token-2", send())
		require.Equal(t, 10*time.Second, time.Since(at), "from the run that began before")
	})
}

func TestFailedRefreshKeepsTheToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, send, _ := bearer(t, func(_ context.Context, run int) (string, time.Duration, error) {
			if run == 2 {
				return "", 0, errors.New("vault is sealed")
			}
			return fmt.Sprint("token-", run), time.Minute, nil
		})
		require.Equal(t, "Bearer token-1", send())
		elapse(35 * time.Second)
		require.Equal(t, "Bearer token-1", send())
		synctest.Wait()
		require.Equal(t, "Bearer token-1", send(), "the second run has failed")
		synctest.Wait()
		require.Equal(t, "Bearer token-3", send())
	})
}

func TestRefusalOfAnOldTokenKeepsTheNewOne(t *testing.T) {
	t.Parallel()
	authenticator, send, _ := bearer(t, func(_ context.Context, run int) (string, time.Duration, error) {
		return fmt.Sprint("token-", run), 0, nil
	})
	refresher, ok := authenticator.(interface{ Refused(header http.Header) bool })
	require.True(t, ok)
	old := http.Header{"Authorization": {send()}}
	require.True(t, refresher.Refused(old))
	require.Equal(t, "Bearer token-2", send())
	require.True(t, refresher.Refused(old), "of a call that was slow")
	require.Equal(t, "Bearer token-2", send())
}

// TestOverdueSource is one whose first run takes a minute.
func TestOverdueSource(t *testing.T) {
	t.Parallel()
	const late = "the bearer source took longer than 30s: attempt timed out"
	for name, test := range map[string]struct {
		first  error         // of the first run
		second time.Duration // of the second run
		wait   time.Duration // until the first has ended
		early  string        // what a call sends after the second run has begun
		after  string        // and after the first has ended
		runs   int
	}{
		"a new token is not replaced": {nil, 0, 30 * time.Second, "Bearer token-2", "Bearer token-2", 2},
		"a late token is used":        {nil, time.Hour, time.Second, late, "Bearer token-1", 2},
		"a late error is not":         {errors.New("late"), 45 * time.Second, time.Second, late, "Bearer token-3", 3},
		"one run at a time":           {errors.New("late"), 29 * time.Second, time.Second, "Bearer token-2", "Bearer token-2", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, send, runs := bearer(t, func(_ context.Context, run int) (string, time.Duration, error) {
					switch run {
					case 1:
						elapse(time.Minute)
						return "token-1", 0, test.first
					case 2:
						elapse(test.second)
					}
					return fmt.Sprint("token-", run), 0, nil
				})
				require.Equal(t, late, send())
				elapse(time.Second)
				require.Equal(t, test.early, send())
				elapse(test.wait)
				synctest.Wait()
				require.Equal(t, test.after, send())
				require.EqualValues(t, test.runs, runs.Load())
				elapse(2 * time.Hour)
			})
		})
	}
}

// TestRunUnderWayIsJoined also after an earlier one has ended late.
func TestRunUnderWayIsJoined(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, send, runs := bearer(t, func(_ context.Context, run int) (string, time.Duration, error) {
			switch run {
			case 1:
				elapse(40 * time.Second)
				return "", 0, errors.New("late")
			case 2:
				elapse(20 * time.Second)
			}
			return fmt.Sprint("token-", run), 0, nil
		})
		require.Contains(t, send(), "took longer") // 30 s
		second := make(chan string, 1)
		go func() { second <- send() }()
		elapse(11 * time.Second)
		require.Equal(t, "Bearer token-2", send())
		require.Equal(t, "Bearer token-2", <-second)
		require.EqualValues(t, 2, runs.Load())
	})
}

// TestSourceThatObeysItsLimit does not fail with the caller's deadline.
func TestSourceThatObeysItsLimit(t *testing.T) {
	t.Parallel()
	for range 20 { // what a call notices first is random
		synctest.Test(t, func(t *testing.T) {
			authenticator, _, _ := bearer(t, func(ctx context.Context, _ int) (string, time.Duration, error) {
				<-ctx.Done()
				return "", 0, ctx.Err()
			})
			err := authenticator.Authenticate(t.Context(), http.Header{})
			require.ErrorIs(t, err, returningai.ErrTimeout)
			require.NotErrorIs(t, err, context.DeadlineExceeded)
		})
	}
}

func TestRetryPolicyBounds(t *testing.T) {
	t.Parallel()
	require.Equal(t, returningai.RetryPolicy{
		MaxAttempts: 3, MinWait: 250 * time.Millisecond, MaxWait: 8 * time.Second, RetryAfterCap: time.Minute,
		RateLimitWait: 2 * time.Minute, BudgetBurst: 10, BudgetRatio: 0.1,
	}, returningai.DefaultRetryPolicy())
	for name, test := range map[string]struct {
		change func(*returningai.RetryPolicy)
		want   string
	}{
		"the default":            {func(*returningai.RetryPolicy) {}, ""},
		"no waits":               {func(p *returningai.RetryPolicy) { *p = returningai.RetryPolicy{MaxAttempts: 1} }, ""},
		"equal waits":            {func(p *returningai.RetryPolicy) { p.MinWait = p.MaxWait }, ""},
		"no bound":               {func(p *returningai.RetryPolicy) { p.BudgetBurst, p.BudgetRatio = -1, 0 }, ""},
		"one, two attempts":      {func(p *returningai.RetryPolicy) { p.BudgetBurst, p.MaxAttempts = 1, 2 }, ""},
		"no attempt":             {func(p *returningai.RetryPolicy) { p.MaxAttempts = 0 }, "MaxAttempts"},
		"a negative wait":        {func(p *returningai.RetryPolicy) { p.MinWait = -1 }, "MinWait"},
		"the least above most":   {func(p *returningai.RetryPolicy) { p.MinWait = p.MaxWait + 1 }, "MinWait"},
		"a negative Retry-After": {func(p *returningai.RetryPolicy) { p.RetryAfterCap = -1 }, "RetryAfterCap"},
		"a negative rate limit":  {func(p *returningai.RetryPolicy) { p.RateLimitWait = -1 }, "RateLimitWait"},
		"no burst":               {func(p *returningai.RetryPolicy) { p.BudgetBurst, p.MaxAttempts = 0, 2 }, "BudgetBurst"},
		"a negative ratio":       {func(p *returningai.RetryPolicy) { p.BudgetRatio = -0.1 }, "BudgetRatio"},
	} {
		policy := returningai.DefaultRetryPolicy()
		test.change(&policy)
		_, err := returningai.New(returningai.WithRetryPolicy(policy))
		if test.want == "" {
			require.NoError(t, err, name)
		} else {
			require.ErrorContains(t, err, test.want, name)
		}
	}
}

func TestAuthenticatorsPrintTheirKind(t *testing.T) {
	t.Parallel()
	key, err := returningai.APIKey("k3y-s3cr3t")
	require.NoError(t, err)
	token, err := returningai.Bearer("t0k-s3cr3t")
	require.NoError(t, err)
	source, send, _ := bearer(t, func(context.Context, int) (string, time.Duration, error) { return "s0urce-s3cr3t", 0, nil })
	require.Equal(t, "Bearer s0urce-s3cr3t", send())
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d"} {
		for authenticator, want := range map[returningai.Authenticator]string{
			key: "X-API-Key", token: "Authorization", source: "bearer source",
		} {
			require.Equal(t, "returningai.Authenticator("+want+")", fmt.Sprintf(verb, authenticator))
		}
	}
}
