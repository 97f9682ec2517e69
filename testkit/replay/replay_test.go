package replay

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/system"
	"github.com/returningai/returningai-go/webhooks"
)

// calls are requests that must not be processed twice, with and without a body.
var calls = map[string]func(context.Context, *returningai.Client) error{
	"POST with a body": func(ctx context.Context, client *returningai.Client) error {
		return client.Integration.Messages.Send(ctx, integration.SendMessageParams{ChannelID: "c", Message: "m", Sender: "s"})
	},
	"GET without a body": func(ctx context.Context, client *returningai.Client) error {
		_, err := client.System.Auth.SecureLogin(ctx, system.SecureLoginParams{Username: "u"})
		return err
	},
	"POST without a body": func(ctx context.Context, client *returningai.Client) error {
		return client.Call(ctx, returningai.CallParams{Family: returningai.FamilyIntegration, Method: http.MethodPost, Path: "/x"}, nil)
	},
}

func newClient(t *testing.T, s *server, options ...returningai.Option) *returningai.Client {
	t.Helper()
	policy := returningai.DefaultRetryPolicy()
	policy.MinWait, policy.MaxWait, policy.BudgetBurst = 0, 0, -1
	client, err := returningai.New(append([]returningai.Option{
		returningai.WithHTTPClient(s.client), returningai.WithRetryPolicy(policy),
		returningai.WithBaseURL(returningai.FamilyIntegration, s.url), returningai.WithCommunityHost(s.url),
		returningai.WithAPIKey("key"), returningai.WithBearer("token"),
	}, options...)...)
	require.NoError(t, err)
	return client
}

var faults = map[bool]map[string]fault{
	false: {"response lost": closeAfter},
	true: {
		"response lost": closeAfter, "PROTOCOL_ERROR": resetProtocol, "INTERNAL_ERROR": resetInternal,
		"REFUSED_STREAM": resetRefused, "GOAWAY, lower": goAwayLower, "GOAWAY, same": goAwaySame,
	},
}

func TestNotProcessedTwice(t *testing.T) {
	t.Parallel()
	for overHTTP2, faults := range faults {
		for faultName, fault := range faults {
			for callName, call := range calls {
				for _, reused := range []bool{false, true} {
					t.Run(fmt.Sprintf("HTTP/2 %v, %s, %s, reused %v", overHTTP2, faultName, callName, reused), func(t *testing.T) {
						t.Parallel()
						s := newServer(t, overHTTP2)
						client := newClient(t, s)
						if reused {
							require.NoError(t, call(t.Context(), client))
						}
						for range 20 {
							s.expect(fault)
							check(t, s, call(t.Context(), client), fault, reused)
							s.expect()
							require.NoError(t, call(t.Context(), client), "the client still works")
							reused = true
						}
					})
				}
			}
		}
	}
}

// check compares the outcome of a call with what the server did. Before an origin
// has responded over HTTP/2, a safe replay may be given up.
func check(t *testing.T, s *server, err error, fault fault, reused bool) {
	t.Helper()
	processed, refused := s.counts()
	require.LessOrEqual(t, processed, 1)
	switch {
	case fault.processed():
		require.Error(t, err)
		require.Equal(t, 1, processed)
		require.True(t, returningai.MaybeApplied(err), err)
	case reused || err == nil:
		require.NoError(t, err)
		require.Equal(t, 1, processed)
		require.Equal(t, 1, refused)
	}
}

func TestSenderIsNotReplayed(t *testing.T) {
	t.Parallel()
	for overHTTP2, faults := range faults {
		for name, fault := range faults {
			t.Run(fmt.Sprintf("HTTP/2 %v, %s", overHTTP2, name), func(t *testing.T) {
				t.Parallel()
				s := newServer(t, overHTTP2)
				sender, err := webhooks.NewSender(secret.New(s.url+"/hook-secret"), webhooks.WithHTTPClient(s.client))
				require.NoError(t, err)
				require.NoError(t, sender.Send(t.Context(), "hello"))
				s.expect(fault)
				check(t, s, sender.Send(t.Context(), "hello"), fault, true)
			})
		}
	}
}

func TestIdempotencyKeyWithoutReplay(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	client := newClient(t, s, returningai.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			r.Header.Set("Idempotency-Key", "42")
			return next.RoundTrip(r)
		})
	}))
	for _, call := range calls {
		require.NoError(t, call(t.Context(), client))
		s.expect(closeAfter)
		check(t, s, call(t.Context(), client), closeAfter, true)
		require.Contains(t, strings.ToLower(s.requests[0]), "\r\nidempotency-key: 42\r\n")
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

func TestRequestsLikeNetHTTP(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	client := newClient(t, s)
	for name, call := range calls {
		s.expect()
		require.NoError(t, call(t.Context(), client))
		ours := s.requests[0]
		head, body, _ := strings.Cut(ours, "\r\n\r\n")
		lines := strings.Split(head, "\r\n")
		method, rest, _ := strings.Cut(lines[0], " ")
		path, _, _ := strings.Cut(rest, " ")
		request, err := http.NewRequestWithContext(t.Context(), method, s.url+path, nil)
		if body != "" {
			request, err = http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
		}
		require.NoError(t, err)
		for _, line := range lines[1:] {
			if name, value, _ := strings.Cut(line, ": "); name != "Host" && name != "Content-Length" && name != "Accept-Encoding" {
				request.Header.Set(name, value)
			}
		}
		s.expect()
		response, err := s.client.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, s.requests[0], ours, name)
		if method == http.MethodPost && body == "" {
			require.Contains(t, ours, "\r\nContent-Length: 0\r\n")
		}
	}
}
