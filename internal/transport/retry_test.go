package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// reply is what a scripted transport returns: a status, or an error.
type reply struct {
	status int
	header http.Header
	err    error
	before func()
}

// script is a transport that returns replies in turn, the last one again and again.
type script struct {
	replies []reply
	sent    []*http.Request
	bodies  []string
}

func (s *script) RoundTrip(request *http.Request) (*http.Response, error) {
	next := s.replies[min(len(s.sent), len(s.replies)-1)]
	s.sent = append(s.sent, request)
	body := ""
	if request.Body != nil {
		data, err := io.ReadAll(request.Body)
		if err != nil {
			return nil, err
		}
		body = string(data)
	}
	s.bodies = append(s.bodies, body)
	if next.before != nil {
		next.before()
	}
	if next.err != nil {
		return nil, next.err
	}
	response := newResponse(next.status, "")
	maps.Copy(response.Header, next.header)
	return response, nil
}

// watcher is an observer that writes down what it sees.
type watcher struct {
	seen     []string
	retrying func()
}

func (w *watcher) Attempted(_ context.Context, a AttemptInfo) {
	w.seen = append(w.seen, fmt.Sprintf("%d: %d %v", a.Number, a.Status, a.Err))
}

func (w *watcher) Retrying(_ context.Context, r RetryInfo) {
	w.seen = append(w.seen, fmt.Sprintf("after %d: %s", r.Attempt, r.Reason))
	if w.retrying != nil {
		w.retrying()
	}
}

// perform performs a call with a transport of its own.
func perform(t *testing.T, script *script, call *Call, change func(*Config)) *Result {
	t.Helper()
	config := Config{
		Client: &http.Client{Transport: script}, MaxResponseBytes: 1 << 10, Policy: policy, Gates: NewGates(),
		Describe: func([]byte) string { return "" },
	}
	if change != nil {
		change(&config)
	}
	made, err := New(config)
	require.NoError(t, err)
	return made.Do(t.Context(), call)
}

func tooMany(after string) reply { return reply{429, http.Header{"Retry-After": {after}}, nil, nil} }

func TestAttemptsOfACall(t *testing.T) {
	t.Parallel()
	lost, refused := errors.New("connection reset"), &refusal{errors.New("no token")}
	few := func(c *Config) { c.Policy.MaxAttempts = 2 }
	one := func(c *Config) { c.Policy.MaxAttempts = 1 }
	for name, test := range map[string]struct {
		replies    []reply
		idempotent bool
		change     func(*Config)
		seen       []string // by the observer
		category   error
		maybe      bool
		reason     Reason
	}{
		"success":          {[]reply{{status: 200}}, false, nil, []string{"1: 200 <nil>"}, nil, false, ""},
		"a lost write":     {[]reply{{err: lost}}, false, nil, []string{"1: 0 connection reset"}, errAny, true, ReasonUnsafe},
		"a refused one":    {[]reply{{status: 400}}, true, nil, []string{"1: 400 <nil>"}, ErrInvalid, false, ReasonFinal},
		"final":            {[]reply{{err: refused}}, true, nil, []string{"1: 0 no token"}, errAny, true, ReasonFinal},
		"lost, then found": {[]reply{{err: lost}, {status: 200}}, true, nil, []string{"1: 0 connection reset", "after 1: response lost", "2: 200 <nil>"}, nil, false, ""},
		"lost, then refused": {
			[]reply{{err: lost}, {status: 404}}, true, nil,
			[]string{"1: 0 connection reset", "after 1: response lost", "2: 404 <nil>"}, ErrNotFound, true, ReasonFinal,
		},
		"refused, then lost": {
			[]reply{{status: 429}, {err: lost}}, false, nil,
			[]string{"1: 429 <nil>", "after 1: status", "2: 0 connection reset"}, errAny, true, ReasonUnsafe,
		},
		"exhausted": {
			[]reply{{status: 503}}, true, few,
			[]string{"1: 503 <nil>", "after 1: status", "2: 503 <nil>"}, ErrServer, true, ReasonExhausted,
		},
		"429 counts apart": {
			[]reply{{status: 429}, {status: 429}, {status: 503}, {status: 200}}, true, few,
			[]string{"1: 429 <nil>", "after 1: status", "2: 429 <nil>", "after 2: status", "3: 503 <nil>", "after 3: status", "4: 200 <nil>"}, nil, false, "",
		},
		"no retries":      {[]reply{{status: 429}}, true, one, []string{"1: 429 <nil>"}, ErrRateLimited, false, ReasonExhausted},
		"budget":          {[]reply{{status: 503}}, true, func(c *Config) { c.Budget = NewBudget(0, 0) }, []string{"1: 503 <nil>"}, ErrServer, true, ReasonBudget},
		"an earned retry": {[]reply{{status: 503}, {status: 200}}, true, func(c *Config) { c.Budget = &Budget{burst: 1, ratio: 1} }, []string{"1: 503 <nil>", "after 1: status", "2: 200 <nil>"}, nil, false, ""},
		"too long a wait": {[]reply{tooMany("61")}, true, nil, []string{"1: 429 <nil>"}, ErrRateLimited, false, ReasonRetryAfterTooLong},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				call, seen := newCall(t, "PUT"), &watcher{}
				call.Idempotent, call.Observer = test.idempotent, seen
				result := perform(t, &script{replies: test.replies}, call, test.change)
				require.Equal(t, test.seen, seen.seen)
				require.Equal(t, test.category == nil, result.Failure == nil)
				if result.Failure == nil {
					return
				}
				require.Equal(t, test.maybe, result.Failure.MaybeApplied)
				require.Equal(t, test.reason, result.Failure.Reason)
				if !errors.Is(test.category, errAny) {
					require.Equal(t, test.category, result.Failure.Category)
				}
			})
		})
	}
}

func TestRequestOfACall(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body   Body
		length int64
		want   string
	}{
		"none":              {Body{}, 0, ""},
		"empty":             {Body{Data: []byte{}}, 0, ""},
		"one byte":          {Body{Data: []byte("x")}, 1, "x"},
		"data":              {Body{Data: []byte(`{"a":1}`)}, 7, `{"a":1}`},
		"a stream":          {Body{Stream: &stream{text: "text"}, Length: 4}, 4, "text"},
		"an unknown length": {Body{Stream: &stream{text: "text"}, Length: -1}, -1, "text"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server, call := &script{replies: []reply{{status: 503}, {status: 200}}}, newCall(t, "PUT")
				call.Idempotent, call.Body = true, test.body
				require.Nil(t, perform(t, server, call, nil).Failure)
				require.Equal(t, []string{test.want, test.want}, server.bodies)
				for _, request := range server.sent {
					require.Equal(t, "PUT", request.Method)
					require.Equal(t, "https://api.example/v1/things?q=1", request.URL.String())
					require.Equal(t, "HTTP/1.1", fmt.Sprintf("HTTP/%d.%d", request.ProtoMajor, request.ProtoMinor))
					require.Equal(t, test.length, request.ContentLength)
					if test.want == "" {
						require.True(t, request.Body == nil || request.Body == http.NoBody, "a POST says Content-Length: 0")
					}
				}
			})
		})
	}
}

// TestMiddlewareCannotMoveTheOrigin that requests are held to.
func TestMiddlewareCannotMoveTheOrigin(t *testing.T) {
	t.Parallel()
	server, call := &script{replies: []reply{{status: 200}}}, newCall(t, "GET")
	call.Authenticator = setsHeader{}
	result := perform(t, server, call, func(c *Config) {
		c.Middleware = []func(http.RoundTripper) http.RoundTripper{func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(r *http.Request) (*http.Response, error) {
				r.URL.Host, r.Host = "evil.example", ""
				return next.RoundTrip(r)
			})
		}}
	})
	require.ErrorContains(t, result.Failure.Causes[0], "middleware must not change")
	require.Empty(t, server.sent)
	require.Equal(t, "api.example", call.URL.Host)
}

// exchanging is an Authenticator with another credential after each refusal.
type exchanging struct{ keys []string }

func (e *exchanging) Authenticate(_ context.Context, header http.Header) error {
	header.Set("X-API-Key", e.keys[0])
	return nil
}

func (e *exchanging) Refused(header http.Header) bool {
	if header.Get("X-API-Key") == e.keys[0] && len(e.keys) > 1 {
		e.keys = e.keys[1:]
		return true
	}
	return false
}

func TestRefusedCredentialIsReplacedOnce(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		keys     []string
		statuses []int
		max      int
		once     bool // the body can be read once
		sent     []string
		left     []string
		failed   bool
	}{
		"replaced":             {[]string{"a", "b", "c"}, []int{401, 200}, 2, false, []string{"a", "b"}, []string{"b", "c"}, false},
		"refused again":        {[]string{"a", "b", "c"}, []int{401}, 5, false, []string{"a", "b"}, []string{"c"}, true},
		"no other one":         {[]string{"a"}, []int{401}, 5, false, []string{"a"}, []string{"a"}, true},
		"no retries":           {[]string{"a", "b"}, []int{401}, 1, false, []string{"a"}, []string{"b"}, true},
		"a body that is spent": {[]string{"a", "b"}, []int{401}, 5, true, []string{"a"}, []string{"b"}, true},
		"another status":       {[]string{"a", "b"}, []int{403}, 5, false, []string{"a"}, []string{"a", "b"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server, call, seen := &script{}, newCall(t, "POST"), &watcher{}
				for _, status := range test.statuses {
					server.replies = append(server.replies, reply{status: status})
				}
				credentials := &exchanging{test.keys}
				call.Authenticator, call.Observer, call.Body.Once = credentials, seen, test.once
				began := time.Now()
				result := perform(t, server, call, func(c *Config) { c.Policy.MaxAttempts = test.max })
				require.Equal(t, test.failed, result.Failure != nil)
				var sent []string
				for _, request := range server.sent {
					sent = append(sent, request.Header.Get("X-API-Key"))
				}
				require.Equal(t, test.sent, sent)
				require.Equal(t, test.left, credentials.keys, "a refused one is dropped in any case")
				require.Zero(t, time.Since(began))
				if len(sent) > 1 {
					require.Contains(t, seen.seen, "after 1: credential replaced")
				}
			})
		})
	}
}

func TestDeleteAfterLostResponse(t *testing.T) {
	t.Parallel()
	lost := reply{err: errors.New("connection reset")}
	for name, test := range map[string]struct {
		replies []reply
		success bool
	}{
		"lost":                 {[]reply{lost, {status: 404}}, true},
		"lost, then a failure": {[]reply{lost, {status: 503}, {status: 404}}, true},
		"a failure":            {[]reply{{status: 503}, {status: 404}}, false},
		"not sent":             {[]reply{{err: streamError{Code: 7}}, {status: 404}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				call := newCall(t, "DELETE")
				call.Idempotent = true
				require.Equal(t, test.success, perform(t, &script{replies: test.replies}, call, nil).Failure == nil)
			})
		})
	}
}

// TestWaitsOfACall are those that the policy decided on.
func TestWaitsOfACall(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		replies        []reply
		least, longest time.Duration
		reason         Reason
	}{
		"as the server asks":  {[]reply{tooMany("8"), {status: 200}}, 8 * time.Second, 10 * time.Second, ""},
		"each time":           {[]reply{tooMany("8"), tooMany("8"), {status: 200}}, 16 * time.Second, 20 * time.Second, ""},
		"up to two minutes":   {[]reply{tooMany("60")}, 60 * time.Second, 75 * time.Second, ReasonRateLimitWait},
		"not after a failure": {[]reply{{503, http.Header{"Retry-After": {"60"}}, nil, nil}, {503, http.Header{"Retry-After": {"60"}}, nil, nil}, {status: 200}}, 120 * time.Second, 150 * time.Second, ""},
		"429 after failures":  {[]reply{{503, http.Header{"Retry-After": {"60"}}, nil, nil}, tooMany("60"), {status: 200}}, 120 * time.Second, 150 * time.Second, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				call := newCall(t, "GET")
				call.Idempotent = true
				began := time.Now()
				result := perform(t, &script{replies: test.replies}, call, nil)
				require.GreaterOrEqual(t, time.Since(began), test.least)
				require.LessOrEqual(t, time.Since(began), test.longest)
				require.Equal(t, test.reason != "", result.Failure != nil)
				if result.Failure != nil {
					require.Equal(t, test.reason, result.Failure.Reason)
				}
			})
		})
	}
}

func TestEndlessRefusalsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		result := perform(t, &script{replies: []reply{tooMany("0")}}, newCall(t, "POST"), nil)
		require.Equal(t, 1+maxRateLimitRetries, result.Attempts)
		require.Equal(t, ReasonExhausted, result.Failure.Reason)
	})
}

// TestCallCanceledDuringAnAttempt is not retried, and succeeds if that did.
func TestCallCanceledDuringAnAttempt(t *testing.T) {
	t.Parallel()
	lost := errors.New("connection reset")
	for name, test := range map[string]struct {
		reply   reply
		message string
	}{
		"a success": {reply{status: 200}, ""},
		"a failure": {reply{status: 503}, ""},
		"lost":      {reply{err: lost}, "the context was canceled"},
	} {
		for range 20 { // the engine chooses at random what it notices first
			ctx, cancel := context.WithCancel(t.Context())
			test.reply.before = cancel
			made, err := New(Config{
				Client: &http.Client{Transport: &script{replies: []reply{test.reply}}}, Policy: policy,
				Describe: func([]byte) string { return "" },
			})
			require.NoError(t, err)
			call, seen := newCall(t, "GET"), &watcher{}
			call.Idempotent, call.Observer = true, seen
			result := made.Do(ctx, call)
			require.Equal(t, 1, result.Attempts, name)
			require.Len(t, seen.seen, 1, name)
			switch test.reply.status {
			case http.StatusOK:
				require.Nil(t, result.Failure)
			case http.StatusServiceUnavailable:
				require.Equal(t, ErrServer, result.Failure.Category)
			default:
				require.Equal(t, test.message, result.Failure.Message)
				require.Equal(t, []error{context.Canceled}, result.Failure.Causes)
			}
		}
	}
}
