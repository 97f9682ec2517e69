package returningai_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/secret"
)

// refusing is a transport to a host that refuses connections.
func refusing() *http.Transport {
	return &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	}}
}

// side makes a request of its own under the context of an attempt.
func side(ctx context.Context, transport http.RoundTripper, address string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

func TestSideRequestsDoNotCount(t *testing.T) {
	t.Parallel()
	t.Run("a failed one does not prove that nothing was sent", func(t *testing.T) {
		t.Parallel()
		transport := &scripted{answers: []answer{{err: io.ErrUnexpectedEOF}}}
		client := inMemory(t, transport, quick(), returningai.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(r *http.Request) (*http.Response, error) {
				_ = side(r.Context(), refusing(), "http://metrics.invalid/") // it fails, on purpose
				return next.RoundTrip(r)
			})
		}))
		failure := failed(t, send(t.Context(), client))
		require.Equal(t, 1, transport.sent())
		require.True(t, failure.MaybeApplied())
	})
	t.Run("a successful one does not prove that something was", func(t *testing.T) {
		t.Parallel()
		srv := returningaitest.NewServer(t)
		transport := &http.Transport{}
		t.Cleanup(transport.CloseIdleConnections)
		client, err := returningai.New(quick(), returningai.WithHTTPClient(&http.Client{Transport: refusing()}),
			returningai.WithBearerSource(func(ctx context.Context) (returningai.Token, error) {
				return returningai.Token{Value: secret.New("t0ken")}, side(ctx, transport, srv.URL(returningaitest.System))
			}))
		require.NoError(t, err)
		failure := failed(t, send(t.Context(), client))
		require.Equal(t, 3, failure.Attempts)
		require.False(t, failure.MaybeApplied())
	})
	t.Run("an ended context is no sent request", func(t *testing.T) {
		t.Parallel()
		srv := returningaitest.NewServer(t)
		client := srv.Client(returningai.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(r *http.Request) (*http.Response, error) {
				ctx, cancel := context.WithCancel(r.Context())
				cancel()
				return next.RoundTrip(r.WithContext(ctx))
			})
		}))
		failure := failed(t, send(t.Context(), client))
		require.False(t, failure.MaybeApplied())
		require.Empty(t, srv.Requests())
	})
}

func TestBearerSourceURLNotShown(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	client := &http.Client{Transport: refusing()}
	fetch := func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://auth.invalid/token?client_secret=in-the-query", nil)
		if err != nil {
			return err
		}
		_, err = client.Do(request) //nolint:bodyclose // it never answers
		return fmt.Errorf("fetching: %w", err)
	}
	for _, option := range []returningai.Option{
		returningai.WithBearerSource(func(ctx context.Context) (returningai.Token, error) { return returningai.Token{}, fetch(ctx) }),
		returningai.WithAuthenticator(returningai.FamilyIntegration, authenticate(fetch)),
	} {
		failure := failed(t, send(t.Context(), srv.Client(option)))
		require.NotContains(t, failure.Error(), "in-the-query")
		require.ErrorContains(t, failure, "connection refused")
	}
}

type authenticate func(context.Context) error

func (a authenticate) Authenticate(ctx context.Context, _ http.Header) error { return a(ctx) }

func TestPasswordScrubbedInEveryEscape(t *testing.T) {
	t.Parallel()
	for password, echoed := range map[string]string{
		"hunter 2":    `the password hunter 2 is weak`,
		"a%41+b":      `the password a%41+b is weak`,
		`q"uo\te&<`:   `the password q\"uo\\te\u0026\u003c is weak`,
		"qass":        `the password qass and qassqass are weak`,
		"pässwörd ☃!": `the password p%C3%A4ssw%c3%b6rd+%E2%98%83! is weak`,
	} {
		srv := returningaitest.NewServer(t)
		srv.Inject(raw(http.StatusBadRequest, `{"message":"`+echoed+`"}`))
		_, err := srv.Client().Integration.Users.Create(t.Context(), integration.CreateUserParams{
			FirstName: "A", LastName: "B", Username: "c", DisplayName: "d", Email: "e@example.com",
			Password: secret.New(password), ConfirmPassword: secret.New(password),
		})
		failure := failed(t, err)
		require.Regexp(t, `^the password (\[redacted\] is weak|\[redacted\] and \[redacted\]\[redacted\] are weak)$`, failure.Message, password)
	}
}

func TestOverlappingSecretsScrubbed(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	client := srv.Client(returningai.WithAPIKey("prefix-suffix"), returningai.WithBearer("prefix"))
	for range 20 {
		srv.Inject(raw(http.StatusBadRequest, `{"message":"[prefix-suffix] [prefix] [prefi] redacted"}`))
		require.Equal(t, "[[redacted]] [[redacted]] [prefi] redacted", failed(t, list(t.Context(), client)).Message)
	}
}

func TestScrubbingIsLinear(t *testing.T) {
	t.Parallel()
	// Patterns that backtrack or simulate automata take minutes for this one.
	key := strings.Repeat("a", 4000) + "b"
	srv := returningaitest.NewServer(t)
	srv.Inject(raw(http.StatusInternalServerError, `{"message":"`+strings.Repeat("a", 8<<20)+`"}`))
	failure := failed(t, send(t.Context(), srv.Client(returningai.WithBearer(key))))
	body := failure.Body()
	require.LessOrEqual(t, len(body), 64<<10)
	require.Greater(t, len(body), 32<<10)
	require.LessOrEqual(t, cap(body), 128<<10, "an error does not keep the whole response")
}

func TestTokenNotShownInPart(t *testing.T) {
	t.Parallel()
	token := strings.Repeat("0123456789", 100)
	srv := returningaitest.NewServer(t)
	srv.Inject(raw(http.StatusBadRequest, `{"message":"`+strings.Repeat(token, 100)+`"}`))
	failure := failed(t, send(t.Context(), srv.Client(returningai.WithBearer(token))))
	require.NotContains(t, failure.Error(), "0123")
	require.NotContains(t, string(failure.Body()), "0123")
}

func TestUnreadable4xxKeepsStatus(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	client := srv.Client(quick(), returningai.WithMaxResponseBytes(1<<10))
	srv.Inject(raw(http.StatusNotFound, strings.Repeat(" ", 1<<12)))
	require.ErrorIs(t, send(t.Context(), client), returningai.ErrNotFound, "too large to be read")

	for status, maybe := range map[int]bool{http.StatusForbidden: false, http.StatusBadGateway: true} {
		body := &brokenBody{}
		failure := failed(t, send(t.Context(), inMemory(t, roundTripper(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Header: http.Header{}, Body: body}, nil
		}))))
		require.Equal(t, maybe, failure.MaybeApplied(), status)
		require.Equal(t, !maybe, errors.Is(failure, returningai.ErrForbidden), status)
		require.True(t, body.closed)
	}
}

type brokenBody struct{ closed bool }

func (*brokenBody) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func (b *brokenBody) Close() error {
	b.closed = true
	return nil
}

func TestCallEncodesAsEncodingJSON(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	type body struct {
		Count int           `json:"count,omitempty"`
		On    bool          `json:"on,omitempty"`
		Tags  []string      `json:"tags"`
		Wait  time.Duration `json:"wait"`
		Text  string
	}
	type result struct {
		Name    string
		Count   int
		Default string
	}
	params := returningai.CallParams{Family: returningai.FamilyIntegration, Method: http.MethodGet, Path: "/channels", Body: body{Wait: 1, Text: "<&>"}}
	for answered, want := range map[string]result{
		`{"name":"a","count":2}`:   {"a", 2, "kept"},
		`{"name":"a","count":"2"}`: {"a", 2, "kept"},
		`null`:                     {"", 0, "kept"},
	} {
		srv.Inject(raw(http.StatusOK, `{"status":"success","data":`+answered+`}`))
		got := result{Default: "kept"}
		require.NoError(t, srv.Client().Call(t.Context(), params, &got))
		require.Equal(t, want, got)
	}
	require.Equal(t, `{"tags":null,"wait":1,"Text":"<&>"}`, string(srv.Requests()[0].Body)) //nolint:testifylint // its spelling matters

	var data json.RawMessage
	srv.Inject(raw(http.StatusOK, `{"status":"success","data":{"a":1.0}}`))
	require.NoError(t, srv.Client().Call(t.Context(), params, &data))
	require.JSONEq(t, `{"a":1.0}`, string(data))
	params.Body = map[string]string{"bad": "\xff"}
	require.Equal(t, "Body", failed(t, srv.Client().Call(t.Context(), params, nil)).Problems()[0].Field)
}

func TestOptionsOverrideFromEnv(t *testing.T) {
	srv := returningaitest.NewServer(t)
	t.Setenv(returningai.EnvIntegrationURL, "https://environment.invalid")
	t.Setenv(returningai.EnvToken, "two\nlines")
	client, err := returningai.New(returningai.WithBearer(srv.Token()), returningai.FromEnv())
	require.NoError(t, err, "a variable that is not used may be malformed")
	t.Setenv(returningai.EnvToken, "changed meanwhile")
	derived, err := client.With(returningai.WithEnvironment(returningai.Environment{Integration: srv.URL(returningaitest.Integration)}))
	require.NoError(t, err)
	require.NoError(t, list(t.Context(), derived))
	require.Len(t, srv.Requests(), 1)
}

func TestExtremeSettings(t *testing.T) {
	t.Parallel()
	_, err := returningai.New(returningai.WithRetryPolicy(returningai.RetryPolicy{MaxAttempts: 5, MaxWait: time.Second}))
	require.ErrorContains(t, err, "BudgetBurst")

	srv := returningaitest.NewServer(t)
	unlimited := returningai.RetryPolicy{MaxAttempts: 3, BudgetBurst: -1}
	client := srv.Client(returningai.WithRetryPolicy(unlimited), returningai.WithMaxResponseBytes(math.MaxInt64))
	srv.Inject(returningaitest.Fault{Response: returningaitest.Status(http.StatusBadGateway), Times: 60})
	for range 20 {
		require.ErrorIs(t, list(t.Context(), client), returningai.ErrServer)
	}
	require.Len(t, srv.Requests(), 60)
	require.NoError(t, list(returningai.CaptureResponse(t.Context(), nil), client))
}

func TestValidTokenUsedAfterFailedRefresh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := &tokens{next: func(n int64) (returningai.Token, error) {
			if n > 1 {
				return returningai.Token{}, errors.New("the vault is sealed")
			}
			return returningai.Token{Value: secret.New("token-1"), Expiry: time.Now().Add(time.Minute)}, nil
		}}
		authenticator, err := returningai.BearerSource(source.fetch)
		require.NoError(t, err)
		require.NoError(t, authenticator.Authenticate(t.Context(), http.Header{}))
		time.Sleep(40 * time.Second) //nolint:forbidigo // the clock is the test's own
		header := http.Header{}
		require.NoError(t, authenticator.Authenticate(t.Context(), header))
		require.Equal(t, "Bearer token-1", header.Get("Authorization"))
		time.Sleep(30 * time.Second) //nolint:forbidigo // the clock is the test's own
		require.ErrorContains(t, authenticator.Authenticate(t.Context(), http.Header{}), "the vault is sealed")
	})
}

func TestMisbehavingBearerSource(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		authenticator, err := returningai.BearerSource(func(context.Context) (returningai.Token, error) {
			runtime.Goexit()
			return returningai.Token{}, nil
		})
		require.NoError(t, err)
		require.ErrorContains(t, authenticator.Authenticate(t.Context(), http.Header{}), "ended its goroutine")

		release := make(chan struct{})
		authenticator, err = returningai.BearerSource(func(context.Context) (returningai.Token, error) {
			<-release // whatever the context says
			return numbered(1)
		})
		require.NoError(t, err)
		began := time.Now()
		require.ErrorIs(t, authenticator.Authenticate(t.Context(), http.Header{}), returningai.ErrTimeout)
		require.Equal(t, 30*time.Second, time.Since(began))
		close(release)
		synctest.Wait()
		require.NoError(t, authenticator.Authenticate(t.Context(), http.Header{}))
	})
}

func TestBearerSourceDoesNotCaptureResponse(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	inner := srv.Client()
	client := srv.Client(returningai.WithBearerSource(func(ctx context.Context) (returningai.Token, error) {
		return returningai.Token{Value: secret.New("wrong")}, list(ctx, inner)
	}))
	var response returningai.Response
	require.ErrorIs(t, send(returningai.CaptureResponse(t.Context(), &response), client), returningai.ErrUnauthorized)
	require.Equal(t, http.StatusUnauthorized, response.StatusCode)
	require.Len(t, srv.RequestsTo(listOperation), 2, "at first, and once for the refresh")
}

func TestRefreshCallsRetryHook(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	var reasons []string
	source := &tokens{next: numbered}
	client := srv.Client(returningai.WithBearerSource(source.fetch), returningai.WithHooks(returningai.Hooks{
		Retry: func(_ context.Context, retry returningai.RetryInfo) { reasons = append(reasons, retry.Reason) },
	}))
	require.ErrorIs(t, list(t.Context(), client), returningai.ErrUnauthorized)
	require.Equal(t, []string{"credential replaced"}, reasons)
}

func TestResponseKeptWhenRateLimitLeavesNoTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		transport := &scripted{answers: []answer{{status: http.StatusServiceUnavailable}}}
		failure := failed(t, list(ctx, inMemory(t, transport, returningai.WithRateLimit(0.001, 1))))
		require.ErrorIs(t, failure, returningai.ErrServer)
		require.Equal(t, http.StatusServiceUnavailable, failure.StatusCode)
		require.Equal(t, 1, failure.Attempts)
	})
}

func TestErrorValueShowsNoFields(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	srv.Inject(raw(http.StatusBadRequest, `{"message":"no","email":"private@example.com"}`))
	failure := failed(t, list(t.Context(), srv.Client()))
	require.Contains(t, string(failure.Body()), "private@example.com")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		require.NotContains(t, fmt.Sprintf(verb, *failure), "private@example.com")
	}
}
