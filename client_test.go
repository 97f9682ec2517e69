package returningai_test

import (
	"context"
	"errors"
	"go/ast"
	"net/http"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/application"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/system"
)

func TestInvalidOptionsAreNamed(t *testing.T) {
	t.Parallel()
	_, err := returningai.New(
		returningai.WithAPIKey(""),
		returningai.WithBearer(" token"),
		returningai.WithBearerSource(nil),
		returningai.WithAuthenticator("other", nil),
		returningai.WithBaseURL("other", "https://host"),
		returningai.WithBaseURL(returningai.FamilySystem, "http://plain.example"),
		returningai.WithBaseURL(returningai.FamilyIntegration, "ftp://host"),
		returningai.WithBaseURL(returningai.FamilyApplication, "relative"),
		returningai.WithCommunityHost("host/path", ""),
		returningai.WithCommunityHost(),
		returningai.WithHTTPClient(nil),
		returningai.WithMiddleware(nil),
		returningai.WithUserAgent("two\nlines"),
		returningai.WithAttemptTimeout(-1),
		returningai.WithRetryPolicy(returningai.RetryPolicy{}),
		returningai.WithRateLimit(0, 1),
		returningai.WithLogger(nil),
		returningai.WithMaxResponseBytes(0),
		returningai.WithRoute("no.such.operation", http.MethodGet, "/x"),
		nil,
	)
	require.ErrorIs(t, err, returningai.ErrInvalid)
	for _, name := range []string{
		"WithAPIKey", "WithBearer:", "WithBearerSource", "WithAuthenticator", "WithBaseURL",
		"WithBaseURL(system): it must be https", "WithBaseURL(integration): its scheme", "WithBaseURL(application): it must be an absolute",
		"WithCommunityHost: it must be a host", "WithCommunityHost: it must be an absolute", "WithCommunityHost: no host",
		"WithHTTPClient", "WithMiddleware", "WithUserAgent", "WithAttemptTimeout", "WithRetryPolicy: MaxAttempts",
		"WithRateLimit", "WithLogger", "WithMaxResponseBytes", "WithRoute", "option 20",
	} {
		require.ErrorContains(t, err, name)
	}
}

func TestPlainHTTPOnlyForLoopbackOrByOption(t *testing.T) {
	t.Parallel()
	for address, allowed := range map[string]bool{
		"https://host.example/v1":     true,
		"http://127.0.0.1:3333":       true,
		"http://127.8.8.8":            true,
		"http://[::1]:80/v1/":         true,
		"http://localhost:3333/v1":    true,
		"https://user@host.example":   false,
		"http://host.example":         false,
		"http://localhost.evil.com":   false,
		"http://127.0.0.1.evil.com":   false,
		"http://10.0.0.1":             false,
		"https://host.example/v1/../": false,
		"https://host.example/#":      false,
		"https://host.example/?":      false,
		"https://:443/":               false,
	} {
		_, err := returningai.New(returningai.WithBaseURL(returningai.FamilySystem, address))
		require.Equal(t, allowed, err == nil, address)
	}
	_, err := returningai.New(returningai.WithInsecureHTTP(), returningai.WithBaseURL(returningai.FamilySystem, "http://host.example"))
	require.NoError(t, err)
}

func TestMissingCredentialSendsNothing(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	client, err := returningai.New(
		returningai.WithBaseURL(returningai.FamilyIntegration, srv.URL(returningaitest.Integration)),
		returningai.WithBaseURL(returningai.FamilySystem, srv.URL(returningaitest.System)))
	require.NoError(t, err)
	failure := failed(t, list(t.Context(), client))
	require.ErrorIs(t, failure, returningai.ErrNoCredential)
	require.ErrorContains(t, failure, "WithBearer")
	require.Zero(t, failure.StatusCode)
	require.Zero(t, failure.Attempts)
	require.ErrorContains(t, callSystem(t.Context(), client), "WithAPIKey")
	require.Empty(t, srv.Requests())
}

func TestProductionBaseURLs(t *testing.T) {
	t.Parallel()
	transport := httpmock.NewMockTransport()
	for address, body := range map[string]string{
		"https://rai-api.returning.ai/api/v1/badges":                                  `{"meta":{"success":true},"body":[]}`,
		"https://integration.returning.ai/apis/v1/channels":                           `{"status":"success","data":[]}`,
		"https://application.returning.ai/apis/v1/communities/c/user-fields":          `{"meta":{"status":"success"},"data":[]}`,
		"=~^https://community\\.example/api/secureAuth\\?action=login&userId=player$": `{"error":false,"loginUrl":"https://community.example/v2/app/loginApi/k/2?token=t","sessionId":"s"}`,
	} {
		transport.RegisterResponder(http.MethodGet, address, httpmock.NewStringResponder(http.StatusOK, body))
	}
	client := inMemory(t, transport, returningai.WithCommunity("c"), returningai.WithCommunityHost("community.example"))
	_, err := client.System.Badges.List(t.Context())
	require.NoError(t, err)
	require.NoError(t, list(t.Context(), client))
	_, err = client.Application.UserFields.List(t.Context(), application.CommunityParams{})
	require.NoError(t, err)
	_, err = client.System.Auth.SecureLogin(t.Context(), system.SecureLoginParams{Username: "player"})
	require.NoError(t, err)
	require.Equal(t, 4, transport.GetTotalCallCount())
}

func TestEnvironmentWithoutFamily(t *testing.T) {
	t.Parallel()
	client, err := returningai.New(returningai.WithEnvironment(returningai.Staging()), returningai.WithAPIKey("key"))
	require.NoError(t, err)
	failure := failed(t, callSystem(t.Context(), client))
	require.ErrorIs(t, failure, returningai.ErrInvalid)
	require.ErrorContains(t, failure, "WithBaseURL")
}

func TestFromEnv(t *testing.T) {
	srv := returningaitest.NewServer(t)
	t.Setenv(returningai.EnvToken, srv.Token())
	t.Setenv(returningai.EnvAPIKey, srv.APIKey())
	t.Setenv(returningai.EnvIntegrationURL, srv.URL(returningaitest.Integration))
	t.Setenv(returningai.EnvSystemURL, "https://system.invalid")

	client, err := returningai.New(returningai.FromEnv(), returningai.WithBaseURL(returningai.FamilySystem, srv.URL(returningaitest.System)))
	require.NoError(t, err)
	require.NoError(t, list(t.Context(), client))
	require.ErrorIs(t, callSystem(t.Context(), client), returningai.ErrNotFound, "the explicit base URL beats the variable")

	client, err = returningai.New(returningai.WithBearer("explicit"), returningai.FromEnv())
	require.NoError(t, err)
	require.ErrorIs(t, list(t.Context(), client), returningai.ErrUnauthorized, "the explicit token beats the variable")

	t.Setenv(returningai.EnvToken, "two\nlines")
	_, err = returningai.New(returningai.FromEnv())
	require.ErrorContains(t, err, returningai.EnvToken)
	require.NotContains(t, err.Error(), "two")

	_, err = returningai.New()
	require.NoError(t, err, "nothing is read implicitly")
}

func TestWithLeavesOriginalUnchanged(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	original := srv.Client()
	derived, err := original.With(returningai.WithBearer("wrong"), returningai.WithUserAgent("bot/1"), returningai.WithMiddleware(
		func(next http.RoundTripper) http.RoundTripper { return next }))
	require.NoError(t, err)
	require.ErrorIs(t, list(t.Context(), derived), returningai.ErrUnauthorized)
	require.NoError(t, list(t.Context(), original))
	requests := srv.Requests()
	require.Regexp(t, `^bot/1 returningai-go/\d`, requests[0].Header.Get("User-Agent"))
	require.Regexp(t, `^returningai-go/\d`, requests[1].Header.Get("User-Agent"))
	derived, err = original.With(returningai.WithRoute(listOperation, http.MethodGet, "/elsewhere"),
		returningai.WithBaseURL(returningai.FamilySystem, "https://elsewhere.example"))
	require.NoError(t, err)
	require.ErrorIs(t, list(t.Context(), derived), returningai.ErrNotFound)
	require.NoError(t, list(t.Context(), original))
	require.ErrorIs(t, callSystem(t.Context(), original), returningai.ErrNotFound)
	_, err = original.With(returningai.WithBearer(""))
	require.ErrorIs(t, err, returningai.ErrInvalid)
}

func TestMiddlewareOrder(t *testing.T) {
	t.Parallel()
	var order []string
	wrap := func(name string) returningai.Middleware {
		return func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(r *http.Request) (*http.Response, error) {
				order = append(order, name)
				return next.RoundTrip(r)
			})
		}
	}
	srv := returningaitest.NewServer(t)
	require.NoError(t, list(t.Context(), srv.Client(returningai.WithMiddleware(wrap("a"), wrap("b")), returningai.WithMiddleware(wrap("c")))))
	require.Equal(t, []string{"a", "b", "c"}, order)
}

func TestGivenHTTPClientUnchanged(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	given := &http.Client{Timeout: time.Minute}
	require.NoError(t, list(t.Context(), srv.Client(returningai.WithHTTPClient(given))))
	require.Equal(t, http.Client{Timeout: time.Minute}, *given)
}

func TestReplacedDefaultTransportIsUsed(t *testing.T) { //nolint:paralleltest // it replaces a global
	srv := returningaitest.NewServer(t)
	standard := http.DefaultTransport
	defer func() { http.DefaultTransport = standard }()
	var used atomic.Int64
	http.DefaultTransport = roundTripper(func(r *http.Request) (*http.Response, error) {
		used.Add(1)
		return standard.RoundTrip(r)
	})
	require.NoError(t, list(t.Context(), srv.Client()))
	require.NoError(t, list(t.Context(), srv.Client(returningai.WithHTTPClient(&http.Client{}))))
	require.EqualValues(t, 2, used.Load())
	standard.(*http.Transport).CloseIdleConnections() //nolint:forcetypeassert // nobody else replaced it
}

// newTransport returns a transport of the test's own, whose connections
// nobody else uses.
func newTransport(t *testing.T) returningai.Option {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(transport.CloseIdleConnections)
	return returningai.WithHTTPClient(&http.Client{Transport: transport})
}

func TestConnectionsAreReused(t *testing.T) {
	t.Parallel()
	// net/http gives a connection up when the machine is so busy that the
	// goroutine that wrote to it is not heard of for 50 ms, so a second try is
	// allowed. A client that leaks connections opens dozens in each.
	connections := 0
	for range 3 {
		if connections = connectionsOf100Calls(t); connections == 1 {
			return
		}
	}
	require.Equal(t, 1, connections)
}

func connectionsOf100Calls(t *testing.T) int {
	t.Helper()
	srv := returningaitest.NewServer(t)
	client := srv.Client(newTransport(t), returningai.WithRetryPolicy(returningai.RetryPolicy{MaxAttempts: 1}))
	statuses := []int{200, 201, 204, 301, 400, 401, 403, 404, 409, 429, 500, 502, 503}
	for i := range 100 {
		if status := statuses[i%len(statuses)]; status != 200 {
			srv.Inject(returningaitest.Fault{Response: returningaitest.Raw(status, "text/html", strings.Repeat("<p>", 10_000))})
		}
		_ = list(t.Context(), client) // most of them fail, on purpose
	}
	require.Len(t, srv.Requests(), 100)
	return srv.Connections(returningaitest.Integration)
}

func TestParallelCallsReuseConnections(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	client := srv.Client() // on the transport that all clients share
	const parallel = 32
	srv.Inject(returningaitest.Fault{Delay: 100 * time.Millisecond, Times: returningaitest.Always})
	for range 3 {
		var group sync.WaitGroup
		for range parallel {
			group.Go(func() { _ = list(t.Context(), client) })
		}
		group.Wait()
	}
	require.Len(t, srv.Requests(), 3*parallel)
	// net/http keeps 2 idle connections a host by default: 92 would be opened.
	require.Less(t, srv.Connections(returningaitest.Integration), 2*parallel)
}

func TestFailingCallKeepsOtherConnections(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	client := srv.Client(newTransport(t), quick())
	require.NoError(t, list(t.Context(), client))
	srv.Inject(returningaitest.Fault{Response: returningaitest.Status(500), Times: 3})
	require.Error(t, list(t.Context(), client))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, list(ctx, client), context.Canceled)
	require.NoError(t, list(t.Context(), client))
	require.Equal(t, 1, srv.Connections(returningaitest.Integration))

	client.CloseIdleConnections()
	require.NoError(t, list(t.Context(), client))
	require.Equal(t, 2, srv.Connections(returningaitest.Integration))
}

func TestClientSharedByGoroutines(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	client := srv.Client(newTransport(t), quick(), returningai.WithHooks(returningai.Hooks{}))
	params := integration.SendMessageParams{ChannelID: srv.Channels()[0].ID, Message: "gg", Sender: srv.Users()[0].Username}
	shared := failed(t, client.Integration.Messages.Send(t.Context(), integration.SendMessageParams{}))
	var group sync.WaitGroup
	for i := range 100 {
		group.Go(func() {
			if i%10 == 0 {
				srv.Inject(returningaitest.Fault{Operation: listOperation, Response: returningaitest.RetryAfter(429, "0")})
			}
			_ = list(t.Context(), client) // a budget of repeats is shared, too
			if err := client.Integration.Messages.Send(t.Context(), params); err != nil {
				t.Error(err)
			}
			_, _ = shared.Error(), shared.Problems()
			derived, err := client.With(returningai.WithUserAgent("bot"))
			if err != nil || list(t.Context(), derived) == nil && len(client.Integration.Messages.Send(t.Context(), integration.SendMessageParams{}).Error()) == 0 {
				t.Error(err)
			}
		})
	}
	group.Wait()
	require.Len(t, srv.Messages(), 100)
}

func TestOperationsMatchContract(t *testing.T) {
	t.Parallel()
	operations := returningai.Operations()
	require.True(t, slices.IsSortedFunc(operations, func(a, b returningai.Operation) int { return strings.Compare(a.ID, b.ID) }))
	for _, operation := range operations {
		require.NotEmpty(t, operation.RouteCertainty, operation.ID)
		require.NotEmpty(t, operation.BodyCertainty, operation.ID)
		require.Equal(t, operation.Permission == "", operation.PermissionCertainty == "", operation.ID)
		if operation.ReadsOnly {
			require.True(t, operation.Idempotent, operation.ID)
		}
	}
	index := slices.IndexFunc(operations, func(operation returningai.Operation) bool { return operation.ID == sendOperation })
	require.Equal(t, returningai.Operation{
		ID: sendOperation, GoMethod: "Integration.Messages.Send", Family: returningai.FamilyIntegration,
		Method: http.MethodPost, Path: "/messages/send", Permission: "sendMessage",
		RouteCertainty: returningai.CertaintyDocumented, BodyCertainty: returningai.CertaintyDocumented, PermissionCertainty: returningai.CertaintyAssumed,
		Docs: "https://dev.returning.ai/api-15023884",
	}, operations[index])
}

func TestServicesAreExported(t *testing.T) {
	t.Parallel()
	// An unexported service type hides its methods from the documentation.
	client := reflect.TypeFor[returningai.Client]()
	for _, family := range reflect.VisibleFields(client) {
		if !family.IsExported() {
			continue
		}
		require.True(t, ast.IsExported(family.Type.Elem().Name()), family.Name)
		services := reflect.VisibleFields(family.Type.Elem())
		require.NotEmpty(t, services)
		for _, service := range services {
			require.True(t, service.IsExported(), service.Name)
			require.True(t, ast.IsExported(service.Type.Elem().Name()), service.Name)
			require.Positive(t, service.Type.NumMethod(), service.Name)
		}
	}
	// Every operation is a method that the documentation shows.
	for _, operation := range returningai.Operations() {
		path := strings.Split(operation.GoMethod, ".")
		require.Len(t, path, 3, operation.ID)
		family, ok := client.FieldByName(path[0])
		require.True(t, ok, operation.ID)
		service, ok := family.Type.Elem().FieldByName(path[1])
		require.True(t, ok, operation.ID)
		_, ok = service.Type.MethodByName(path[2])
		require.True(t, ok, operation.ID)
	}
}

func TestLinkedModules(t *testing.T) {
	t.Parallel()
	allowed := []string{
		"github.com/returningai/returningai-go", "github.com/hashicorp/go-retryablehttp", "github.com/hashicorp/go-cleanhttp",
		"github.com/google/go-querystring", "github.com/go-json-experiment/json", "golang.org/x/time",
	}
	output, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", ".").Output()
	require.NoError(t, err)
	modules := strings.Fields(string(output))
	slices.Sort(modules)
	slices.Sort(allowed)
	require.Equal(t, allowed, slices.Compact(modules))
}

func TestNilContextRefused(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	failure := failed(t, list(nil, srv.Client())) //nolint:staticcheck // that is what it tests
	require.ErrorIs(t, failure, returningai.ErrInvalid)
	require.Equal(t, "ctx", failure.Problems()[0].Field)
}

func TestHalfFilledErrorsDoNotPanic(t *testing.T) {
	t.Parallel()
	var none *returningai.Error
	require.Equal(t, "<nil>", none.Error())
	require.Empty(t, none.Problems())
	require.Empty(t, none.Body())
	require.False(t, none.MaybeApplied())
	require.NotErrorIs(t, none, returningai.ErrServer)
	require.NotEmpty(t, (&returningai.Error{}).Error())
	require.NotErrorIs(t, errors.Join(&returningai.Error{StatusCode: 500}), context.Canceled)
}
