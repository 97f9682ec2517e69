package returningai

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/returningai/returningai-go/internal/rest"
	"github.com/returningai/returningai-go/internal/scrub"
	"github.com/returningai/returningai-go/internal/transport"
	"github.com/returningai/returningai-go/internal/wire"
)

// core performs the calls of all services. It implements [rest.Caller].
type core struct {
	config         *config
	transport      *transport.Transport
	authenticators map[Family]Authenticator
	bases          map[Family]base
	hosts          map[string]base
	header         http.Header // of every request
	jsonHeader     http.Header // of every request with a body of JSON
}

const jsonType = "application/json"

// Call implements [rest.Caller]. It resolves what the operation needs, hands the
// call to the transport, and tells hooks, logger and capture of the outcome.
func (c *core) Call(ctx context.Context, op *rest.Operation, request *rest.Request) error {
	call := &call{core: c, op: c.moved(op), request: request}
	if ctx == nil {
		return call.done(context.Background(), nil, call.refuse(rest.Problems{{Field: "ctx", Rule: "must not be nil"}}))
	}
	ctx = call.started(ctx)
	prepared, refused := call.prepare(ctx)
	if refused != nil {
		return call.done(ctx, nil, refused)
	}
	result := c.transport.Do(ctx, prepared)
	return call.done(ctx, result, call.newError(result))
}

// moved returns the operation under the family that WithOperationFamily chose.
func (c *core) moved(op *rest.Operation) *rest.Operation {
	family, moved := c.config.families[op.ID]
	if !moved {
		return op
	}
	copied := *op
	copied.Family = rest.Family(family)
	return &copied
}

// call is an operation and what was asked of it. It is used by one goroutine.
type call struct {
	core    *core
	op      *rest.Operation
	request *rest.Request
	began   time.Time
}

// prepare does everything that can be done, and refused, before anything is
// sent.
func (c *call) prepare(ctx context.Context) (*transport.Call, *Error) {
	route := c.op
	if replaced, ok := c.core.config.routes[c.op.ID]; ok {
		route = replaced
	}
	target, problems := c.request.Target(c.op, route)
	if len(problems) > 0 {
		return nil, c.refuse(problems)
	}
	base, refused := c.base()
	if refused != nil {
		return nil, refused
	}
	family := Family(c.op.Family)
	authenticator := c.core.authenticators[family]
	if authenticator == nil && !c.op.Anonymous {
		credential := familyCredentials[family]
		return nil, c.fail("no "+credential.name+" for the "+string(family)+" family: give "+credential.option+" to New", ErrNoCredential)
	}
	address, err := url.Parse(base.url + target)
	if err != nil || address.Scheme != base.address.Scheme || address.Host != base.address.Host {
		return nil, c.refuse(rest.Problems{{Field: "path", Rule: "must stay under the base URL"}})
	}
	body, contentType, refused := c.body(ctx)
	if refused != nil {
		return nil, refused
	}
	prepared := &transport.Call{
		Method: route.Method, URL: address, Header: c.header(address, contentType), Body: body,
		Idempotent: c.op.Idempotent, ReadsOnly: c.op.ReadsOnly(), Secret: c.op.Secret,
		Secrets: c, Content: c.request,
	}
	if authenticator != nil {
		prepared.Authenticator = authenticator
	}
	if c.watched() {
		prepared.Observer = c
	}
	return prepared, nil
}

// base returns where the call goes.
func (c *call) base() (base, *Error) {
	if c.op.Family == rest.CommunityHost {
		return c.communityHost()
	}
	found, ok := c.core.bases[Family(c.op.Family)]
	if !ok {
		return base{}, c.fail("no base URL for the "+string(c.op.Family)+" family in this environment: give WithBaseURL to New", ErrInvalid)
	}
	return found, nil
}

// communityHost returns the configured community host that the call names.
// Without a name there must be just one.
func (c *call) communityHost() (base, *Error) {
	hosts := c.core.hosts
	if c.request.Host == "" && len(hosts) == 1 {
		for _, only := range hosts {
			return only, nil
		}
	}
	rule := "must be one of those given to WithCommunityHost"
	switch {
	case len(hosts) == 0:
		rule = "cannot be chosen: no community host is configured, give WithCommunityHost to New"
	case c.request.Host == "":
		rule = "must name one of the hosts given to WithCommunityHost"
	default:
		// It may be spelled as it was given to WithCommunityHost.
		named, err := parseHost(c.request.Host, true)
		found, ok := hosts[named.host()]
		if err == nil && ok && (named.address.Scheme == found.address.Scheme || !strings.Contains(c.request.Host, "://")) {
			return found, nil
		}
	}
	return base{}, c.refuse(rest.Problems{{Field: "Host", Rule: rule}})
}

// body makes the body of the request. A source that can be checked beforehand
// is.
func (c *call) body(ctx context.Context) (transport.Body, string, *Error) {
	switch {
	case c.request.Upload != nil:
		return c.upload(ctx, *c.request.Upload)
	case c.request.Body == nil:
		return transport.Body{}, "", nil
	}
	data, err := wire.Encode(c.request.Body)
	if err != nil {
		return transport.Body{}, "", c.refuse(rest.Problems{{Field: "body", Rule: "must be writable: " + err.Error()}})
	}
	return transport.Body{Data: data}, jsonType, nil
}

func (c *call) upload(ctx context.Context, upload rest.Upload) (transport.Body, string, *Error) {
	if upload.Check != nil && ctx.Err() == nil {
		size, err := upload.Check(ctx)
		switch {
		case ctx.Err() != nil: // the transport reports it
		case err != nil:
			rule := "must be readable and well-formed: " + transport.Clean(err.Error(), 500)
			return transport.Body{}, "", c.refuse(rest.Problems{{Field: upload.Source, Rule: rule}}, err)
		default:
			upload.Size = size
		}
	}
	frame, err := upload.Frame()
	if err != nil {
		return transport.Body{}, "", c.refuse(rest.Problems{{Field: "body", Rule: "must be writable: " + err.Error()}})
	}
	return transport.Body{Stream: frame, Length: frame.Length, Once: upload.Once}, frame.ContentType, nil
}

// header returns the header of the request, without the credential. The
// transport does not change it, so most calls share one.
func (c *call) header(address *url.URL, contentType string) http.Header {
	shared := c.core.header
	if contentType == jsonType {
		shared = c.core.jsonHeader
	}
	if len(c.request.Header) == 0 && c.request.Upload == nil && c.op.Family != rest.CommunityHost {
		return shared
	}
	header := maps.Clone(shared)
	for name, values := range c.request.Header {
		header[http.CanonicalHeaderKey(name)] = values
	}
	if contentType != "" {
		header["Content-Type"] = []string{contentType}
	}
	if c.op.Family == rest.CommunityHost {
		header.Set("hostname", address.Host) // Secure Auth wants it
	}
	return header
}

// AddSecrets implements [transport.Secrets]: the credentials of all families, since
// a gateway in front of one may echo what another was sent, and the secrets of the
// request.
func (c *call) AddSecrets(scrubber *scrub.Scrubber) {
	for _, authenticator := range c.core.authenticators {
		if holder, ok := authenticator.(holder); ok {
			scrubber.AddHeader(holder.held().Reveal())
		}
	}
	for _, values := range c.core.config.headers {
		for _, value := range values {
			scrubber.AddHeader(value)
		}
	}
	for _, text := range c.request.Secrets {
		scrubber.Add(text.Reveal())
	}
}
