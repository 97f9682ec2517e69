package returningai

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/returningai/returningai-go/internal/rest"
	"github.com/returningai/returningai-go/internal/retry"
)

// attempt is one request of a call: it is authenticated, sent and answered in
// full before the retry policy sees what came of it.
type attempt struct {
	call *call

	response   *rest.Response // nil when there was none
	err        error          // nil when there was an answer
	tooLarge   bool           // the answer's body was over the limit, and left unread
	redirectTo string         // host that the answer redirects to

	handed     atomic.Bool // the request went to the innermost transport
	asked, got atomic.Bool // the transport asked for a connection, and got one
	bodyErr    atomic.Pointer[error]
	sentHeader http.Header
}

// sourcePatience is how long an attempt that has ended waits for a Read of the
// upload's source that is still under way. A source that blocks for good must
// not keep the call from returning.
const sourcePatience = 500 * time.Millisecond

// do sends the request and reads the answer.
func (a *attempt) do(parent context.Context) {
	ctx, restart, stop := attemptContext(parent, a.call.core.settings.attemptTimeout)
	defer stop()
	ctx = context.WithValue(ctx, attemptKey{}, a)
	a.response, a.err = a.send(ctx, restart)
	if upload := a.call.payload.upload; upload != nil {
		// The transport may answer while it still reads. The source is the
		// caller's again when the call returns, and the next attempt's before.
		upload.Release(sourcePatience)
	}
	if a.err != nil {
		a.err = a.explain(parent, ctx, a.err)
	}
}

// send performs the exchange under the context of the attempt.
func (a *attempt) send(ctx context.Context, restart func()) (*rest.Response, error) {
	response, err := a.call.core.sender.Do(a.call.newRequest(ctx, a, restart))
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	limit := a.call.core.settings.maxAnswerBytes
	body, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	switch {
	case err != nil && refusal(response.StatusCode):
		// The status says all there is to know: nothing was done.
		body = nil
	case err != nil:
		return nil, err
	}
	if a.tooLarge = int64(len(body)) > limit; a.tooLarge {
		body = nil
	}
	return &rest.Response{
		Status: response.StatusCode, Header: response.Header, Body: body,
		Sent: a.sentHeader, Host: rest.HostOf(a.call.url),
	}, nil
}

// refusal reports whether a status alone proves that nothing was done.
func refusal(status int) bool {
	return status >= http.StatusBadRequest && status < http.StatusInternalServerError && status != http.StatusRequestTimeout
}

// sent reports whether anything of the request may have reached the server.
// A transport that fires no trace counts as one that sent it, unless the error
// proves that it never had a connection.
func (a *attempt) sent() bool {
	switch {
	case !a.handed.Load():
		return false
	case a.asked.Load():
		return a.got.Load()
	}
	return !retry.IsDialError(a.err)
}

// explain turns the error of an attempt into one that is safe to show, tells
// our own timeout from the caller's, and puts the error of a body's source
// before what the transport made of it.
func (a *attempt) explain(parent, ctx context.Context, err error) error {
	if source := a.bodyErr.Load(); source != nil {
		return retry.Final{Err: *source}
	}
	final, marked := errors.AsType[retry.Final](err)
	err = withoutURL(err)
	switch {
	case parent.Err() != nil:
		// The caller's context is reported by the call.
	case errors.Is(context.Cause(ctx), ErrTimeout):
		return ErrTimeout
	case marked:
		return retry.Final{Err: a.safe(withoutURL(final.Err))}
	case errors.Is(err, context.DeadlineExceeded):
		// The Timeout of the user's client: not the caller's deadline, and not
		// to be taken for it.
		return ErrTimeout
	}
	return a.safe(err)
}

// safe wraps an error so that its text can be shown.
func (a *attempt) safe(err error) error {
	return &attemptError{a.call.shown(err.Error()), err}
}

// withoutURL takes every url.Error off, whose text holds the whole URL.
func withoutURL(err error) error {
	for {
		wrapped, ok := errors.AsType[*url.Error](err)
		if !ok {
			return err
		}
		err = wrapped.Err
	}
}

// attemptContext limits an attempt. The limit starts again with each call of
// restart, for uploads that make progress.
func attemptContext(parent context.Context, timeout time.Duration) (ctx context.Context, restart, stop func()) {
	if timeout == 0 {
		return parent, func() {}, func() {}
	}
	ctx, cancel := context.WithCancelCause(parent)
	timer := time.AfterFunc(timeout, func() { cancel(ErrTimeout) })
	restart = func() {
		if ctx.Err() == nil {
			timer.Reset(timeout)
		}
	}
	stop = func() {
		timer.Stop()
		cancel(nil)
	}
	return ctx, restart, stop
}

type attemptKey struct{}

// authTransport puts the credential on the request: after all middleware, on
// a header of its own, and only when the request still goes where the family
// was configured to go.
type authTransport struct{ next http.RoundTripper }

func (t *authTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	a, ok := request.Context().Value(attemptKey{}).(*attempt)
	if !ok {
		return refuse(request, errors.New("middleware must pass on the context of the request"))
	}
	call := a.call
	if originOf(request.URL) != call.base.origin || request.Host != "" && !strings.EqualFold(request.Host, request.URL.Host) {
		return refuse(request, errors.New("middleware must not change scheme, host or port of the request"))
	}
	request = request.Clone(request.Context())
	if !call.op.Idempotent {
		// net/http itself replays requests that carry one of these on a dead
		// connection.
		request.Header.Del("Idempotency-Key")
		request.Header.Del("X-Idempotency-Key")
	}
	if err := call.authenticate(request); err != nil {
		return refuse(request, err)
	}
	if ctx := request.Context(); ctx.Err() != nil {
		return refuse(request, context.Cause(ctx))
	}
	// Only now, so that requests of middleware and of bearer sources, which may
	// run under the same context, say nothing about this one.
	request = request.WithContext(httptrace.WithClientTrace(request.Context(), &httptrace.ClientTrace{
		GetConn: func(string) { a.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { a.got.Store(true) },
	}))
	a.sentHeader = request.Header
	a.handed.Store(true)
	response, err := t.next.RoundTrip(request)
	if response != nil && response.StatusCode/100 == 3 && response.Header.Get("Location") != "" {
		a.redirectTo = redirectHost(request.URL, response.Header.Get("Location"))
		// http.Client would print a Location that it cannot parse.
		response.Header.Del("Location")
	}
	return response, err
}

// refuse ends an attempt before it is sent. As every RoundTripper, it closes
// the body.
func refuse(request *http.Request, err error) (*http.Response, error) {
	if request.Body != nil {
		_ = request.Body.Close() // nothing was read of it
	}
	return nil, retry.Final{Err: err}
}

// authenticate applies the credential, and remembers what it is, so that it
// can be taken out of whatever is shown later.
func (c *call) authenticate(request *http.Request) error {
	if c.authenticator == nil {
		return nil
	}
	before := request.Header.Clone()
	if err := c.authenticator.Authenticate(request.Context(), request.Header); err != nil {
		return err
	}
	for name, values := range request.Header {
		for _, value := range values {
			if !slices.Contains(before[name], value) {
				c.scrubber.AddHeader(value)
			}
		}
	}
	return nil
}

func redirectHost(from *url.URL, location string) string {
	target, err := from.Parse(location)
	if err != nil || target.Host == "" {
		return "an address that cannot be read"
	}
	return target.Host
}
