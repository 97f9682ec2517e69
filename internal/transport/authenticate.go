package transport

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
)

// authenticate is the stage between the middleware and the transport. It sets
// the credential last, and only on a request that still goes to the origin of
// the call.
type authenticate struct {
	next http.RoundTripper
	// netHTTP tells that next is an *http.Transport, whose traces and replays
	// are known.
	netHTTP bool
	// protocols holds the major version of HTTP that each host last spoke.
	protocols sync.Map
}

func newAuthenticate(next http.RoundTripper) *authenticate {
	_, netHTTP := next.(*http.Transport)
	return &authenticate{next: next, netHTTP: netHTTP}
}

// RoundTrip performs one exchange of an attempt. Middleware may make several.
func (a *authenticate) RoundTrip(request *http.Request) (*http.Response, error) {
	attempt, ok := request.Context().Value(exchangesKey{}).(*exchanges)
	if !ok {
		return refuse(request, errors.New("middleware must pass on the context of the request"))
	}
	return a.send(request.Context(), request, request.Header, attempt)
}

// send performs an exchange: the request with this header and a credential.
func (a *authenticate) send(ctx context.Context, request *http.Request, header http.Header, attempt *exchanges) (*http.Response, error) {
	exchange, err := a.begin(ctx, request, header, attempt.call)
	if err != nil {
		return refuse(request, err)
	}
	attempt.add(exchange)
	response, err := a.next.RoundTrip(a.authenticated(ctx, request, attempt.call, exchange))
	exchange.finish(err)
	if response == nil {
		return nil, exchange.explain(err)
	}
	a.learn(attempt.call.URL.Host, response.ProtoMajor)
	// The transport's own copy of the request holds the credential, which is
	// none of the middleware's business.
	response.Request = request
	return response, err
}

// begin checks where a request goes, and gets its credential.
func (a *authenticate) begin(ctx context.Context, request *http.Request, before http.Header, call *Call) (*exchange, error) {
	if !sameOrigin(request.URL, call.URL) || request.Host != "" && !strings.EqualFold(request.Host, request.URL.Host) {
		return nil, errors.New("middleware must not change scheme, host or port of the request")
	}
	header := before.Clone()
	if header == nil {
		header = http.Header{}
	}
	if call.Authenticator != nil {
		if err := call.Authenticator.Authenticate(ctx, header); err != nil {
			return nil, err
		}
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return &exchange{address: *request.URL, before: before, sent: header, netHTTP: a.netHTTP}, nil
}

// authenticated returns the request as it goes to the transport: with the
// credential, traced, and guarded.
func (a *authenticate) authenticated(ctx context.Context, request *http.Request, call *Call, exchange *exchange) *http.Request {
	authenticated := request.WithContext(exchange.trace(ctx))
	authenticated.URL, authenticated.Host = &exchange.address, cmp.Or(request.Host, request.URL.Host)
	authenticated.Header = exchange.sent
	protocol, _ := a.protocols.Load(call.URL.Host)
	if call.Idempotent && protocol == 1 {
		return authenticated // net/http replays once, at once
	}
	return exchange.guardReplays(authenticated, call.Idempotent, protocol == 2)
}

// learn remembers which protocol a host speaks.
func (a *authenticate) learn(host string, protocol int) {
	if known, _ := a.protocols.Load(host); known != protocol {
		a.protocols.Store(host, protocol)
	}
}

// refuse ends an attempt before it is sent. As every RoundTripper, it closes
// the body.
func refuse(request *http.Request, err error) (*http.Response, error) {
	if request.Body != nil {
		_ = request.Body.Close() // nothing was read of it
	}
	return nil, &refusal{err}
}
