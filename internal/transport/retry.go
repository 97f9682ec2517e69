package transport

import (
	"context"
	"errors"
	"math"
	"net/http"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	"golang.org/x/time/rate"
)

// run is one call under way: go-retryablehttp loops and waits, this type says
// what an attempt is and whether there is another one. The engine is made for
// each call, since its callbacks get nothing by which to find a call's state.
type run struct {
	judgment
	*limits
	observer Observer
	engine   retryablehttp.Client
	client   http.Client

	result    Result        // of the call
	number    int           // of attempts so far
	wait      time.Duration // before the next attempt
	counted   Attempt       // the counters of the policy
	refreshed bool          // the credential was replaced once
	noTurn    bool          // the rate limit or the gate let no further attempt through
}

// limits are what bounds the attempts of all calls.
type limits struct {
	policy  Policy
	budget  *Budget // nil is unlimited
	limiter *rate.Limiter
	gates   *Gates
}

// end returns the result of the call.
func (r *run) end(failure *Failure) *Result {
	r.result = Result{Failure: failure, Attempts: r.number, of: &r.judgment}
	return &r.result
}

// prepare makes the engine, and the request that it sends.
func (r *run) prepare(client http.Client) (*retryablehttp.Request, error) {
	r.client = client
	// It has no CloseIdleConnections, which the engine calls whenever it gives
	// up: others use those connections.
	r.client.Transport = r
	r.engine = retryablehttp.Client{
		HTTPClient:   &r.client,
		RetryMax:     math.MaxInt32, // next decides
		CheckRetry:   r.next,
		Backoff:      r.backoff,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	return r.request()
}

// request makes the engine's request, without host and header: http.Client would
// copy the header for redirects, which are not followed, and the URL because of the
// host. What an attempt sends has both, see forMiddleware and authenticated.
func (r *run) request() (*retryablehttp.Request, error) {
	plain := &http.Request{
		Method: r.call.Method, URL: r.call.URL, Header: http.Header{},
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	request := &retryablehttp.Request{Request: plain.WithContext(r.ctx)}
	if data := r.call.Body.Data; len(data) > 0 {
		return request, request.SetBody(data)
	}
	return request, nil // each attempt opens a stream, which ends with it
}

// RoundTrip performs one attempt, when the client's rate limit and the gate let
// it.
func (r *run) RoundTrip(request *http.Request) (*http.Response, error) {
	pass, err := r.waitForTurn()
	if err != nil {
		r.noTurn = true
		if r.number == 0 { // else the outcome is that of the attempt before
			r.last = outcome{err: err}
		}
		return nil, err
	}
	var response *http.Response
	r.number++
	began := time.Now()
	r.last, response = r.attempt(request)
	if pass != nil {
		pass(r.last.status() == http.StatusTooManyRequests)
	}
	r.observer.Attempted(r.ctx, AttemptInfo{
		Number: r.number, Status: r.last.status(), Duration: time.Since(began), Err: r.last.err,
	})
	if response == nil {
		return nil, r.last.err
	}
	return response, nil
}

// waitForTurn waits for the rate limit of the client, and for the gate that a
// 429 has closed.
func (r *run) waitForTurn() (pass func(refused bool), err error) {
	if err := r.takeTurn(r.ctx); err != nil {
		if r.ctx.Err() == nil {
			r.reason = ReasonNoTurn
		}
		return nil, err
	}
	patience := r.policy.RateLimitWait - r.counted.Waited
	if r.policy.MaxAttempts == 1 {
		patience = 0
	}
	pass, waited, err := r.gates.enter(r.ctx, r.call, max(patience, 0))
	r.counted.Waited += waited
	if errors.Is(err, errHeld) {
		r.reason = ReasonHeld
	}
	return pass, err
}

// errNoTurn matches context.DeadlineExceeded: it is the caller's deadline that
// leaves no turn.
var errNoTurn = &shielded{text: "the rate limit leaves no turn before the deadline", cause: context.DeadlineExceeded}

// takeTurn waits until the client's own rate limit allows another attempt.
func (l *limits) takeTurn(ctx context.Context) error {
	if l.limiter == nil {
		return nil
	}
	err := l.limiter.Wait(ctx)
	if err == nil || ctx.Err() != nil {
		return err
	}
	return errNoTurn
}

// next records the last attempt, and decides whether there is another.
func (r *run) next(context.Context, *http.Response, error) (bool, error) {
	if r.noTurn {
		return false, nil
	}
	attempt := r.describeAttempt()
	r.responseLost = r.responseLost || attempt.Sent && r.last.response == nil
	r.maybeApplied = r.maybeApplied || inDoubt(r.call, &r.last)
	replaced := attempt.Status == http.StatusUnauthorized && r.refuseCredential() && r.policy.MaxAttempts > 1
	if r.ctx.Err() != nil {
		return false, nil //nolint:nilerr // the call reports it
	}
	deadline, _ := r.ctx.Deadline()
	decision := Decision{Again: true, Reason: ReasonCredential}
	if !replaced || r.refreshed || !attempt.Replayable {
		decision = r.policy.Decide(attempt, time.Now(), deadline, r.budget)
	} else {
		r.refreshed = true
	}
	if !decision.Again {
		r.reason = decision.Reason
		return false, nil
	}
	r.wait = decision.Wait
	if attempt.rateLimited() {
		r.counted.Waited += decision.Wait
	}
	r.observer.Retrying(r.ctx, RetryInfo{Attempt: r.number, Wait: decision.Wait, Reason: decision.Reason})
	return true, nil
}

func (r *run) backoff(time.Duration, time.Duration, int, *http.Response) time.Duration { return r.wait }

// describeAttempt describes the last attempt to the policy.
func (r *run) describeAttempt() Attempt {
	attempt := Attempt{
		Idempotent: r.call.Idempotent, Replayable: !r.call.Body.Once,
		Sent: r.last.sent, Final: r.last.final, Err: r.last.err,
	}
	if response := r.last.response; response != nil {
		attempt.Status = response.Status
		attempt.RetryAfter = ParseRetryAfter(response.Header, time.Now())
	}
	if attempt.rateLimited() {
		r.counted.RateLimited++
		if wait, named := attempt.RetryAfter.Wait(); named {
			r.gates.close(r.call, min(wait, r.policy.RetryAfterCap))
		}
	} else {
		r.counted.Failed++
	}
	attempt.Failed, attempt.RateLimited, attempt.Waited = r.counted.Failed, r.counted.RateLimited, r.counted.Waited
	return attempt
}

// ended reports whether the context of the call ended it.
func (r *run) ended(err error) bool {
	return r.ctx.Err() != nil && (r.last.err != nil || errors.Is(err, r.ctx.Err()))
}
