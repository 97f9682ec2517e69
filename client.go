package returningai

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"

	"github.com/returningai/returningai-go/application"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/internal/rest"
	"github.com/returningai/returningai-go/internal/wire"
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

// New returns a client. It reports every invalid option by its name; the error
// then matches [ErrInvalid].
//
// A client without any credential is valid: calls that need one fail with
// [ErrNoCredential] before anything is sent.
func New(options ...Option) (*Client, error) {
	return newClient(defaultConfig(), options)
}

// With derives a client that has all of this one's settings and the given
// options on top. The original does not change. Both share connections, the
// rate limit and the retry budget, unless an option replaces them.
func (c *Client) With(options ...Option) (*Client, error) {
	return newClient(c.core.config.clone(), options)
}

func newClient(config *config, options []Option) (*Client, error) {
	core, err := newCore(config, options)
	if err != nil {
		return nil, err
	}
	return &Client{
		System:      system.New(core, config.keyInLoginURL),
		Application: application.New(core, config.community),
		Integration: integration.New(core),
		core:        core,
	}, nil
}

// newCore applies the options and makes of the result what calls need.
func newCore(config *config, options []Option) (*core, error) {
	optionErr := config.apply(options)
	bases, baseErr := config.bases()
	hosts, hostErr := config.hosts()
	authenticators, credentialErr := config.credentials()
	transport, transportErr := config.transport()
	if err := errors.Join(optionErr, baseErr, hostErr, credentialErr, transportErr); err != nil {
		return nil, err
	}
	header := config.header()
	jsonHeader := header.Clone()
	jsonHeader.Set("Content-Type", jsonType)
	return &core{
		config: config, transport: transport, authenticators: authenticators,
		bases: bases, hosts: hosts, header: header, jsonHeader: jsonHeader,
	}, nil
}

// CloseIdleConnections closes the connections that are not in use. Unless
// [WithHTTPClient] brought a transport of its own, they are shared by all
// clients of the program.
func (c *Client) CloseIdleConnections() { c.core.transport.CloseIdleConnections() }

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
	// beginning. Escape ids in it with url.PathEscape. It may have a query, but
	// no dot segments, scheme, host or fragment.
	Path string
	// Query is added to the path.
	Query url.Values
	// Body is sent as JSON, unless nil.
	Body any
	// Idempotent allows to retry the request after a response was lost. GET and
	// HEAD always are.
	Idempotent bool
}

// Call performs an operation that this package does not know: with the
// family's credential, and the same retries, errors and hooks as any other. The
// body is written as encoding/json does. The data of the response, without the
// family's envelope, is read into out in the same way, leniently where the types
// do not fit. A nil out ignores the data, and a *json.RawMessage gets it as it
// came. Errors name the method and the family only.
func (c *Client) Call(ctx context.Context, params CallParams, out any) error {
	get := params.Method == http.MethodGet || params.Method == http.MethodHead
	op := &rest.Operation{
		Family: rest.Family(params.Family), Method: params.Method, Path: params.Path,
		Idempotent: params.Idempotent || get,
	}
	request := rest.Request{Query: params.Query, Problems: params.problems()}
	if params.Body != nil {
		body, err := wire.Encode(params.Body)
		if err != nil {
			request.Problems.Add("Body", "must be writable as JSON: "+err.Error())
		}
		request.Body = json.RawMessage(body)
	}
	if value := reflect.ValueOf(out); out != nil && (value.Kind() != reflect.Pointer || value.IsNil()) {
		request.Problems.Add("out", "must be nil or a pointer that is not nil")
	}
	if len(request.Problems) > 0 {
		op.Path = "/" // keep the invalid path out of error messages
	}
	if out == nil {
		_, err := rest.Do[rest.Empty](ctx, c.core, op, request)
		return err
	}
	_, err := rest.DoResponse(ctx, c.core, op, request, rest.ReadInto(out))
	return err
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
