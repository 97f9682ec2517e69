package returningai_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/secret"
)

// tokens is a bearer source that counts.
type tokens struct {
	fetched atomic.Int64
	next    func(n int64) (returningai.Token, error)
}

func (s *tokens) fetch(context.Context) (returningai.Token, error) { return s.next(s.fetched.Add(1)) }

func numbered(n int64) (returningai.Token, error) {
	return returningai.Token{Value: secret.New(fmt.Sprint("token-", n))}, nil
}

func TestBearerSourceRunsOnceForAllCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := &tokens{next: func(n int64) (returningai.Token, error) {
			time.Sleep(time.Second) //nolint:forbidigo // the clock is the test's own
			return numbered(n)
		}}
		authenticator, err := returningai.BearerSource(source.fetch)
		require.NoError(t, err)
		var group sync.WaitGroup
		for range 100 {
			group.Go(func() {
				header := http.Header{}
				if err := authenticator.Authenticate(t.Context(), header); err != nil || header.Get("Authorization") != "Bearer token-1" {
					t.Error(err, header)
				}
			})
		}
		group.Wait()
		require.EqualValues(t, 1, source.fetched.Load())
	})
}

func TestCanceledCallDoesNotEndFetch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fetches := 0
		authenticator, err := returningai.BearerSource(func(ctx context.Context) (returningai.Token, error) {
			fetches++
			select {
			case <-time.After(time.Second):
				return numbered(1)
			case <-ctx.Done():
				return returningai.Token{}, ctx.Err()
			}
		})
		require.NoError(t, err)
		first, cancel := context.WithCancel(t.Context())
		result := make(chan error, 1)
		go func() { result <- authenticator.Authenticate(first, http.Header{}) }()
		synctest.Wait()
		cancel()
		require.ErrorIs(t, <-result, context.Canceled)
		require.NoError(t, authenticator.Authenticate(t.Context(), http.Header{}))
		require.Equal(t, 1, fetches)
	})
}

func TestTokenReplacedBeforeExpiry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := &tokens{next: func(n int64) (returningai.Token, error) {
			token, err := numbered(n)
			token.Expiry = time.Now().Add(5 * time.Minute)
			return token, err
		}}
		authenticator, err := returningai.BearerSource(source.fetch)
		require.NoError(t, err)
		for _, step := range []struct {
			wait time.Duration
			want string
		}{{0, "token-1"}, {4*time.Minute + 29*time.Second, "token-1"}, {2 * time.Second, "token-1"}, {0, "token-2"}} {
			time.Sleep(step.wait) //nolint:forbidigo // the clock is the test's own
			header := http.Header{}
			require.NoError(t, authenticator.Authenticate(t.Context(), header))
			require.Equal(t, "Bearer "+step.want, header.Get("Authorization"))
			synctest.Wait() // for the fetch, which nobody waits for while the old token is valid
		}
		require.EqualValues(t, 2, source.fetched.Load())
	})
}

func TestRefusedTokenReplacedOnce(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		good     int64 // number of the token that the server takes
		attempts int   // that the policy allows
		requests int
		failure  error
	}{
		"the second is good":   {2, 2, 2, nil},
		"none is good":         {9, 3, 2, returningai.ErrUnauthorized},
		"the first is already": {1, 2, 1, nil},
		"one attempt":          {2, 1, 1, returningai.ErrUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := returningaitest.NewServer(t)
			good, _ := numbered(test.good)
			srv.AddToken(returningaitest.Token{Text: good.Value.Reveal(), Permissions: []returningaitest.Permission{returningaitest.EveryPermission}})
			source := &tokens{next: numbered}
			client := srv.Client(returningai.WithBearerSource(source.fetch),
				returningai.WithRetryPolicy(returningai.RetryPolicy{MaxAttempts: test.attempts, BudgetBurst: 1}))
			err := send(t.Context(), client)
			if test.failure == nil {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, test.failure)
				require.False(t, failed(t, err).MaybeApplied())
			}
			require.Len(t, srv.RequestsTo(sendOperation), test.requests)
			require.EqualValues(t, test.requests, source.fetched.Load())
			if test.failure != nil {
				_ = send(t.Context(), client) // with the next token, good or not
				require.Greater(t, source.fetched.Load(), int64(test.requests), "a refused token is dropped, retried or not")
			}
		})
	}
}

func TestFailingBearerSourceSendsNothing(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	reason := errors.New("vault is sealed")
	for name, source := range map[string]func(context.Context) (returningai.Token, error){
		"error": func(context.Context) (returningai.Token, error) { return returningai.Token{}, reason },
		"empty": func(context.Context) (returningai.Token, error) { return returningai.Token{}, nil },
		"panic": func(context.Context) (returningai.Token, error) { panic("boom") },
	} {
		failure := failed(t, send(t.Context(), srv.Client(returningai.WithBearerSource(source))))
		require.False(t, failure.MaybeApplied(), name)
		require.ErrorContains(t, failure, "the bearer source", name)
		if name == "error" {
			require.ErrorIs(t, failure, reason)
		}
	}
	require.Empty(t, srv.Requests())
}

// signer is an authenticator of a user's own.
type signer struct{ count int }

func (s *signer) Authenticate(_ context.Context, header http.Header) error {
	s.count++
	header.Set("Authorization", fmt.Sprint("Bearer signed-", s.count))
	return nil
}

func TestAuthenticatorRunsForEachAttempt(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	srv.AddToken(returningaitest.Token{Text: "signed-2", Permissions: []returningaitest.Permission{returningaitest.EveryPermission}})
	srv.Inject(returningaitest.Fault{Response: returningaitest.Status(503)})
	authenticator := &signer{}
	require.NoError(t, list(t.Context(), srv.Client(quick(), returningai.WithAuthenticator(returningai.FamilyIntegration, authenticator))))
	require.Equal(t, 2, authenticator.count)
}

func TestHelpNamesCredentialAndPermission(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	narrow := srv.AddToken(returningaitest.Token{})
	failure := failed(t, send(t.Context(), srv.Client(returningai.WithBearer(narrow))))
	require.ErrorIs(t, failure, returningai.ErrForbidden)
	require.ErrorContains(t, failure, "bearer token")
	require.ErrorContains(t, failure, `"sendMessage"`)
	require.ErrorContains(t, failure, "assumed")
	srv.Inject(returningaitest.Fault{Response: returningaitest.Status(http.StatusUnauthorized)})
	failure = failed(t, callSystem(t.Context(), srv.Client()))
	require.ErrorIs(t, failure, returningai.ErrUnauthorized)
	require.ErrorContains(t, failure, "API key given by WithAPIKey")
}

func TestAuthenticatorPrintedWhileInUse(t *testing.T) {
	t.Parallel()
	source := &tokens{next: func(n int64) (returningai.Token, error) {
		token, err := numbered(n)
		token.Expiry = time.Now().Add(time.Second) // always about to expire
		return token, err
	}}
	authenticator, err := returningai.BearerSource(source.fetch)
	require.NoError(t, err)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 50 {
				if err := authenticator.Authenticate(t.Context(), http.Header{}); err != nil {
					t.Error(err)
				}
				_ = fmt.Sprintf("%v %+v %#v %s %d", authenticator, struct{ A returningai.Authenticator }{authenticator}, []any{authenticator},
					struct{ a returningai.Authenticator }{authenticator}, struct{ a any }{&authenticator})
			}
		})
	}
	group.Wait()
}
