package transport

import (
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

type exchangesKey struct{}

// exchanges are the HTTP exchanges of one attempt. They travel in its context,
// since middleware stands between the attempt and the authentication; it makes
// none, one or several of them, also at once.
type exchanges struct {
	call *Call

	mu    sync.Mutex
	made  []*exchange
	first [1]*exchange // room for what is nearly always the only one
}

func (e *exchanges) add(made *exchange) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.made == nil {
		e.made = e.first[:0]
	}
	e.made = append(e.made, made)
}

func (e *exchanges) all() []*exchange {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clip(e.made)
}

// exchange is one request that was handed to the transport. Its hooks run on
// the transport's goroutines.
type exchange struct {
	address      url.URL     // its own: transports may change it, against their contract
	before, sent http.Header // without and with the credential
	netHTTP      bool        // the transport is an *http.Transport
	hooks        httptrace.ClientTrace

	connRequested atomic.Bool
	connObtained  atomic.Bool
	wroteHeaders  atomic.Bool
	maybeHTTP2    atomic.Bool // the connection may speak HTTP/2
	ended         atomic.Bool
	processed     atomic.Bool // the server may have processed the request
	prevented     atomic.Bool // net/http was about to replay it
	// cancel ends the exchange when a second connection is asked for, nil where
	// that is harmless.
	cancel context.CancelCauseFunc
}

// trace returns a context under which the transport tells the exchange what it
// does.
func (e *exchange) trace(ctx context.Context) context.Context {
	e.hooks = httptrace.ClientTrace{GetConn: e.getConn, GotConn: e.gotConn, WroteHeaders: e.wrote}
	return httptrace.WithClientTrace(ctx, &e.hooks)
}

// finish notes what the transport returned.
func (e *exchange) finish(err error) {
	e.ended.Store(true)
	e.processed.Store(err == nil || e.mayBeProcessed(err))
}

// maySent reports whether the server may have processed the request, also
// while the exchange is still under way.
func (e *exchange) maySent() bool { return !e.ended.Load() || e.processed.Load() }

// mayBeProcessed reports whether an error leaves that open.
func (e *exchange) mayBeProcessed(err error) bool {
	switch {
	case notProcessed(err):
		return false
	case e.connObtained.Load():
		return true // maybe one that another request asked for
	case e.connRequested.Load(), e.netHTTP:
		return false // there was none, or it failed before it asked for one
	}
	return !isDialError(err)
}

// responseSeen reports whether a server could have put something into an error
// of this exchange.
func (e *exchange) responseSeen() bool {
	return !e.connRequested.Load() && !e.netHTTP || e.connObtained.Load()
}

// invalidRequest reports whether net/http refused the request for what it
// holds: it would refuse it again.
func (e *exchange) invalidRequest(err error) bool {
	return e.netHTTP && !e.connRequested.Load() && strings.HasPrefix(err.Error(), "net/http: invalid ")
}

// explain marks the errors that another attempt meets again.
func (e *exchange) explain(err error) error {
	switch {
	case err == nil:
		return nil
	case e.prevented.Load():
		return errReplayPrevented
	case e.invalidRequest(err):
		return &refusal{err}
	}
	return err
}

// guardReplays returns a request, made of the exchange's own, that net/http cannot
// send again once it may have been processed. net/http does so by itself, which is
// welcome where nothing was processed, with
//
//   - a request with an Idempotency-Key, and a GET, whose response was lost on a
//     reused HTTP/1 connection;
//   - on Go 1.26, a request whose HTTP/2 stream the server reset with
//     PROTOCOL_ERROR; idempotent operations are guarded, too, since it would send
//     them again without a wait or an end.
func (e *exchange) guardReplays(request *http.Request, idempotent, overHTTP2 bool) *http.Request {
	if e.netHTTP && !idempotent {
		respell(request.Header, "Idempotency-Key")
		respell(request.Header, "X-Idempotency-Key")
	}
	hasBody := request.Body != nil && request.Body != http.NoBody
	switch {
	case overHTTP2 && (hasBody || replaysProtocolErrors && !idempotent):
		// Without GetBody, the text of the error shows whether a retry is safe,
		// and net/http does not wait for seconds before it sends a refused request
		// again. A body in place of none costs a POST its "content-length: 0".
		request.GetBody = nil
		if !hasBody {
			request.Body = io.NopCloser(strings.NewReader(""))
		}
	case !hasBody:
		// The end of the attempt's context, above this one, releases it.
		ctx, cancel := context.WithCancelCause(request.Context())
		e.cancel = cancel
		return request.WithContext(ctx)
	case request.GetBody != nil:
		getBody := request.GetBody
		request.GetBody = func() (io.ReadCloser, error) {
			if e.wroteHeaders.Load() && (e.unsafeHTTP2() || !e.netHTTP) {
				e.prevented.Store(true)
				return nil, errReplayPrevented
			}
			return getBody()
		}
	}
	return request
}

// getConn is called when the transport looks for a connection.
func (e *exchange) getConn(string) {
	e.connRequested.Store(true)
	e.preventReplay()
}

// preventReplay ends the exchange if headers were written before: the transport is
// about to send them again.
func (e *exchange) preventReplay() {
	if e.cancel != nil && e.wroteHeaders.Load() && (e.unsafeHTTP2() || !e.maybeHTTP2.Load()) {
		e.prevented.Store(true)
		e.cancel(errReplayPrevented)
	}
}

// unsafeHTTP2 reports whether the transport may replay a request over HTTP/2 that
// was processed. Newer versions of net/http do so only if it was not; what another
// transport does is not known.
func (e *exchange) unsafeHTTP2() bool {
	return (replaysProtocolErrors || !e.netHTTP) && e.maybeHTTP2.Load()
}

func (e *exchange) gotConn(info httptrace.GotConnInfo) {
	e.connObtained.Store(true)
	e.maybeHTTP2.Store(speaksHTTP2(info.Conn))
	e.preventReplay() // of two requests that share a new connection, one sees no getConn
	if e.prevented.Load() && !e.maybeHTTP2.Load() {
		// An idle connection won the race against the cancellation. Nobody else
		// uses it.
		_ = info.Conn.Close()
	}
}

func (e *exchange) wrote() { e.wroteHeaders.Store(true) }
