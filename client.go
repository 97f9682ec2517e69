package returningai

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/returningai/returningai-go/application"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/internal/rest"
	"github.com/returningai/returningai-go/system"
)

// Client performs the operations of the API, through its services. It is
// immutable and safe for concurrent use; make one with [New] and share it.
type Client struct {
	// System holds single sign-on, accounts, servers, channels, roles and
	// badges, under the community's API key.
	System *system.Services
	// Application holds the users of a community, its user fields and the
	// histories of their values, under a bearer token.
	Application *application.Services
	// Integration holds users, messages, channels and user API keys, under a
	// bearer token.
	Integration *integration.Services

	core *core
}

// New returns a client. Every option that cannot be used is reported, by its
// name; the error then matches [ErrInvalid].
//
// A client without any credential is valid: calls that need one are refused
// with [ErrNoCredential] before anything is sent.
func New(options ...Option) (*Client, error) {
	return newClient(defaultSettings(), options)
}

// With derives a client that has all of this one's settings and the given
// options on top. The original is not changed. Both share connections, the
// rate limit and the retry budget, unless an option replaces them.
func (c *Client) With(options ...Option) (*Client, error) {
	return newClient(c.core.settings.clone(), options)
}

func newClient(settings *settings, options []Option) (*Client, error) {
	err := settings.apply(options)
	bases, baseErr := settings.bases()
	hosts, hostErr := settings.hosts()
	authenticators, credentialErr := settings.credentials()
	sender, transport, senderErr := settings.sender()
	if err := errors.Join(err, baseErr, hostErr, credentialErr, senderErr); err != nil {
		return nil, err
	}
	core := &core{
		settings: settings, authenticators: authenticators,
		bases: bases, hosts: hosts, sender: sender, transport: transport,
	}
	return &Client{
		System:      system.New(core, settings.keyInLoginURL),
		Application: application.New(core, settings.community),
		Integration: integration.New(core),
		core:        core,
	}, nil
}

// CloseIdleConnections closes the connections that are not in use. Unless
// [WithHTTPClient] brought a transport of its own, they are shared by all
// clients of the program.
func (c *Client) CloseIdleConnections() {
	if closer, ok := c.core.transport.(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}

// Format implements [fmt.Formatter]: whatever the verb, a client shows its
// version and nothing that it holds.
func (c Client) Format(state fmt.State, _ rune) {
	// A formatter has no way to report a failed write.
	_, _ = io.WriteString(state, "returningai.Client("+Version+")")
}

// CallParams describes a request to an operation that this package does not
// know.
type CallParams struct {
	// Family decides the base URL and the credential: System, Integration or
	// Application.
	Family Family
	// Method is GET, HEAD, POST, PUT, PATCH or DELETE.
	Method string
	// Path is the path under the family's base URL, with one slash at its
	// beginning. Escape ids in it with url.PathEscape. It may hold a query, and
	// no dot segments, scheme, host or fragment.
	Path string
	// Query is added to the path.
	Query url.Values
	// Body is sent as JSON, unless nil.
	Body any
	// Idempotent allows to repeat the request after an answer was lost. GET
	// and HEAD always may be.
	Idempotent bool
}

// Call performs an operation that this package does not know: with the
// family's credential, and the same retries, errors and observation as any
// other. The body is written, and the data of the answer, freed from the
// family's envelope, is read into out, as encoding/json does; leniently where
// the types do not fit. A nil out ignores the data, and a *json.RawMessage gets
// it as it came. Errors name the method and the family only.
func (c *Client) Call(ctx context.Context, params CallParams, out any) error {
	get := params.Method == http.MethodGet || params.Method == http.MethodHead
	op := &rest.Operation{
		Family: rest.Family(params.Family), Method: params.Method, Path: params.Path,
		Idempotent: params.Idempotent || get,
	}
	request := rest.Request{Query: params.Query, Problems: params.problems()}
	if params.Body != nil {
		body, err := rest.EncodeForeign(params.Body)
		if err != nil {
			request.Problems.Add("Body", "must be writable as JSON: "+err.Error())
		}
		request.Body = body
	}
	if value := reflect.ValueOf(out); out != nil && (value.Kind() != reflect.Pointer || value.IsNil()) {
		request.Problems.Add("out", "must be nil or a pointer that is not nil")
	}
	if len(request.Problems) > 0 {
		op.Path = "/" // nothing may be made of a path that is refused
	}
	return rest.DoInto(ctx, c.core, op, request, out)
}

func (p CallParams) problems() rest.Problems {
	var problems rest.Problems
	if !hasBaseURL(p.Family) {
		problems.Add("Family", "must be FamilySystem, FamilyIntegration or FamilyApplication")
	}
	if err := rest.CheckMethod(p.Method); err != nil {
		problems.Add("Method", err.Error())
	}
	if err := rest.CheckRoute(p.Path); err != nil {
		problems.Add("Path", err.Error())
	} else if len(rest.Placeholders(p.Path)) > 0 {
		problems.Add("Path", "must not hold placeholders: write the values, escaped")
	}
	return problems
}

// hasBaseURL reports whether family is one that has a base URL of its own.
func hasBaseURL(family Family) bool {
	return slices.Contains([]Family{FamilySystem, FamilyIntegration, FamilyApplication}, family)
}

// familyCredentials says what authenticates a family, for the errors that
// name it.
var familyCredentials = map[Family]struct{ name, option string }{
	FamilySystem:        {"API key", "WithAPIKey"},
	FamilyCommunityHost: {"API key", "WithAPIKey"},
	FamilyIntegration:   {"bearer token", "WithBearer or WithBearerSource"},
	FamilyApplication:   {"bearer token", "WithBearer or WithBearerSource"},
}

// core performs the calls of all services. It implements [rest.Caller].
type core struct {
	settings       *settings
	authenticators map[Family]Authenticator
	bases          map[Family]base
	hosts          map[string]base
	sender         *http.Client
	transport      http.RoundTripper // the innermost one
}

// Call implements [rest.Caller].
func (c *core) Call(ctx context.Context, op *rest.Operation, request *rest.Request) error {
	route := op
	if replaced, ok := c.settings.routes[op.ID]; ok {
		route = replaced
	}
	if family, moved := c.settings.families[op.ID]; moved {
		copied := *op
		copied.Family = rest.Family(family)
		op = &copied
	}
	call := &call{core: c, op: op, route: route, request: request}
	return call.run(ctx)
}

// sender returns the HTTP client that attempts are sent with, and its
// innermost transport: a copy of the user's client, around whose transport
// stand the authentication and then the middleware.
func (s *settings) sender() (*http.Client, http.RoundTripper, error) {
	var sender http.Client
	if s.httpClient != nil {
		sender = *s.httpClient
	}
	innermost := sender.Transport
	if innermost == nil {
		innermost = defaultTransport()
	}
	var transport http.RoundTripper = &authTransport{next: innermost}
	for _, wrap := range slices.Backward(s.middleware) {
		if transport = wrap(transport); transport == nil {
			return nil, nil, &optionError{"WithMiddleware", errors.New("middleware returned nil")}
		}
	}
	sender.Transport = transport
	sender.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &sender, innermost, nil
}

// defaultTransport returns the transport that all clients without one of
// their own share: a tuned clone of the standard one. A program that replaced
// the standard transport by one of another type, for tracing or tests, means
// it to be used.
func defaultTransport() http.RoundTripper {
	if _, standard := http.DefaultTransport.(*http.Transport); !standard && http.DefaultTransport != nil {
		return http.DefaultTransport
	}
	return sharedTransport()
}

var sharedTransport = sync.OnceValue(func() *http.Transport {
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSHandshakeTimeout: 10 * time.Second}
	if standard, ok := http.DefaultTransport.(*http.Transport); ok {
		transport = standard.Clone()
	}
	transport.MaxIdleConns = 256
	transport.MaxIdleConnsPerHost = 64 // 2 by default: a busy server would dial all the time
	transport.IdleConnTimeout = 90 * time.Second
	transport.ForceAttemptHTTP2 = true
	return transport
})
