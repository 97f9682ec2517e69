// Package transport performs calls: it sends requests, retries them, and judges
// what comes back. The client and the webhook sender use it. It knows no public
// type, and nothing of the API.
//
// A call passes these stages, from the outside to the inside:
//
//	retry         retry.go, policy.go   go-retryablehttp loops, the policy decides
//	attempt       attempt.go            one timeout, which covers reading the body
//	middleware    chain.go              the user's, before any credential is set
//	authenticate  authenticate.go       origin, credential, trace, replays
//	send                                the user's transport, or [Default]
//	judge         failure.go            what the outcome means
package transport

import (
	"context"
	"net/http"
	"time"

	"golang.org/x/time/rate"
)

// Config is what a Transport is made of.
type Config struct {
	Client           *http.Client // is copied; nil for the default
	Middleware       []func(http.RoundTripper) http.RoundTripper
	AttemptTimeout   time.Duration // 0 for none
	MaxResponseBytes int64
	Policy           Policy
	Budget           *Budget // nil is unlimited
	Limiter          *rate.Limiter
	Gates            *Gates // nil holds nothing back after a 429
	// Describe returns what the body of a failure says.
	Describe func(body []byte) string
}

// Transport performs calls. It is safe for concurrent use.
type Transport struct {
	limits
	client    http.Client
	chain     chain
	innermost http.RoundTripper
	timeouts  timeouts
	maxBody   int64
	describe  func([]byte) string
}

// New assembles the chain.
func New(config Config) (*Transport, error) {
	t := &Transport{
		limits:   limits{config.Policy, config.Budget, config.Limiter, config.Gates},
		timeouts: timeouts{idle: config.AttemptTimeout}, maxBody: config.MaxResponseBytes, describe: config.Describe,
	}
	if config.Client != nil {
		t.client = *config.Client
	}
	// Kept here, so that its end cannot be taken for the caller's deadline.
	t.timeouts.total, t.client.Timeout = t.client.Timeout, 0
	t.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	t.innermost = t.client.Transport
	if t.innermost == nil {
		t.innermost = Default()
	}
	var err error
	t.chain, err = newChain(newAuthenticate(t.innermost), config.Middleware)
	return t, err
}

// CloseIdleConnections closes the idle connections of the innermost transport.
func (t *Transport) CloseIdleConnections() {
	if closer, ok := t.innermost.(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}

// Do performs a call. The result is never nil.
func (t *Transport) Do(ctx context.Context, call *Call) *Result {
	r := &run{limits: &t.limits, observer: call.Observer}
	r.attempter = attempter{
		ctx: ctx, call: call, chain: t.chain, timeouts: t.timeouts, maxBody: t.maxBody,
	}
	r.describeBody = t.describe
	if r.observer == nil {
		r.observer = silent{}
	}
	if ctx.Err() != nil {
		return r.end(r.canceled(ctx))
	}
	request, err := r.prepare(t.client)
	if err != nil {
		return r.end(r.fail(nil, "the request could not be made", err))
	}
	t.budget.Earn()
	response, err := r.engine.Do(request)
	if response != nil {
		_ = response.Body.Close() // it was read
	}
	if r.ended(err) {
		return r.end(r.canceled(ctx))
	}
	return r.end(r.judge())
}
