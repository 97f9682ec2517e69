package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"time"
)

// Policy sets how often and how long a request is retried.
type Policy struct {
	MaxAttempts   int           // the first included; 1 turns retries off, after 429 too
	MinWait       time.Duration // upper bound of the wait before the second attempt
	MaxWait       time.Duration // upper bound of a wait that the server did not name
	RetryAfterCap time.Duration // longest Retry-After that is waited for
	// RateLimitWait bounds the sum of a call's waits after 429.
	RateLimitWait time.Duration
	// RetryUnavailable retries operations that are not idempotent on 503 with a
	// Retry-After header. A 503 does not prove that nothing was done.
	RetryUnavailable bool
}

// maxRateLimitRetries is how often one call is retried after 429.
const maxRateLimitRetries = 8

// Attempt describes the latest attempt of a call to the policy.
type Attempt struct {
	Idempotent bool // the request may be sent again after a response was lost
	Replayable bool // the body can be sent again
	Sent       bool // something of the request may have been processed
	Final      bool // another attempt meets the same error
	Status     int  // 0 without a response
	Err        error
	RetryAfter Delay

	// What the call did so far, this attempt included.
	Failed      int           // attempts that did not end in 429
	RateLimited int           // attempts that did
	Waited      time.Duration // after 429
}

// Reason is why a call is retried, or why not. It is shown in errors, logs
// and hooks.
type Reason string

// The reasons to stop.
const (
	ReasonFinal             Reason = "a retry cannot help"
	ReasonExhausted         Reason = "attempts used up"
	ReasonUnsafe            Reason = "may have been applied"
	ReasonBody              Reason = "body cannot be sent again"
	ReasonRetryAfterTooLong Reason = "Retry-After too long"
	ReasonRateLimitWait     Reason = "waited too long for the rate limit"
	ReasonDeadline          Reason = "deadline too close"
	ReasonBudget            Reason = "retry budget used up"
	ReasonNoTurn            Reason = "no turn before the deadline"
	ReasonHeld              Reason = "held back after 429"
)

// The reasons to retry.
const (
	ReasonStatus     Reason = "status"
	ReasonNotSent    Reason = "nothing was sent"
	ReasonConnection Reason = "response lost"
	ReasonCredential Reason = "credential replaced"
)

// Decision is what to do after an attempt.
type Decision struct {
	Again  bool
	Wait   time.Duration
	Reason Reason
}

// Decide decides whether a call is retried and after which wait. Apart from the
// random part of the wait and the budget, which it spends, it is pure. A nil
// budget is unlimited, a zero deadline never ends.
func (p Policy) Decide(attempt Attempt, now, deadline time.Time, budget *Budget) Decision {
	reason, again := p.retryable(attempt)
	if !again {
		return Decision{Reason: reason}
	}
	after, named := attempt.RetryAfter.Wait()
	if named && (after > p.RetryAfterCap || outlives(now, after, deadline)) {
		return Decision{Reason: ReasonRetryAfterTooLong}
	}
	wait := p.wait(attempt, now, deadline)
	switch {
	case p.exhausted(attempt):
		return Decision{Reason: ReasonExhausted}
	case outlives(now, wait, deadline):
		return Decision{Reason: ReasonDeadline}
	case attempt.rateLimited() && attempt.Waited+wait > p.RateLimitWait:
		return Decision{Reason: ReasonRateLimitWait}
	case !attempt.rateLimited() && !budget.Spend():
		return Decision{Reason: ReasonBudget}
	}
	return Decision{Again: true, Wait: wait, Reason: reason}
}

func (a Attempt) rateLimited() bool { return a.Status == http.StatusTooManyRequests }

// exhausted reports whether the call has had its attempts. Those that the
// server refused with 429 count apart.
func (p Policy) exhausted(attempt Attempt) bool {
	if attempt.rateLimited() {
		return p.MaxAttempts == 1 || attempt.RateLimited > maxRateLimitRetries
	}
	return attempt.Failed >= p.MaxAttempts
}

// wait returns how long to wait: the longer of backoff and Retry-After, the
// latter plus up to a quarter, so that clients do not return simultaneously.
func (p Policy) wait(attempt Attempt, now, deadline time.Time) time.Duration {
	number := attempt.Failed
	if attempt.rateLimited() {
		number = attempt.RateLimited
	}
	wait := Backoff(p.MinWait, p.MaxWait, number)
	after, named := attempt.RetryAfter.Wait()
	if !named {
		return wait
	}
	wait = max(wait, after)
	if jittered := wait + random(wait/4); !outlives(now, jittered, deadline) {
		return jittered
	}
	return after
}

// retryable reports whether the outcome of an attempt allows a retry at all.
func (p Policy) retryable(attempt Attempt) (Reason, bool) {
	reason := ReasonStatus
	switch {
	case attempt.Status != 0 && !retryStatus(attempt.Status):
		return ReasonFinal, false
	case attempt.Status != 0:
		if !attempt.Idempotent && !p.refusal(attempt) {
			return ReasonUnsafe, false
		}
	case attempt.Final || isFinal(attempt.Err):
		return ReasonFinal, false
	case !attempt.Sent:
		reason = ReasonNotSent
	case !attempt.Idempotent:
		return ReasonUnsafe, false
	default:
		reason = ReasonConnection
	}
	if !attempt.Replayable {
		return ReasonBody, false
	}
	return reason, true
}

// refusal reports whether a status says that the request was not processed.
func (p Policy) refusal(attempt Attempt) bool {
	_, named := attempt.RetryAfter.Wait()
	return attempt.rateLimited() || p.RetryUnavailable && named && attempt.Status == http.StatusServiceUnavailable
}

// retryStatus lists the statuses that another attempt may cure.
func retryStatus(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests,
		http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// isFinal reports whether a transport error is one that another attempt meets
// again: an ended context, or a certificate that is not trusted.
func isFinal(err error) bool {
	return err == nil || errors.Is(err, context.Canceled) || isCertificateError(err)
}

// isCertificateError reports whether the server's certificate was not accepted.
func isCertificateError(err error) bool {
	_, verification := errors.AsType[*tls.CertificateVerificationError](err)
	_, authority := errors.AsType[x509.UnknownAuthorityError](err)
	_, hostname := errors.AsType[x509.HostnameError](err)
	_, invalid := errors.AsType[x509.CertificateInvalidError](err)
	return verification || authority || hostname || invalid
}

// isDialError reports whether err proves that no connection was made, for
// transports that fire no trace.
func isDialError(err error) bool {
	if operation, ok := errors.AsType[*net.OpError](err); ok && operation.Op == "dial" {
		return true
	}
	_, dns := errors.AsType[*net.DNSError](err)
	return dns
}

// Backoff returns a full-jitter wait before attempt number+1: a random time up
// to least doubled with every attempt, never above most.
func Backoff(least, most time.Duration, number int) time.Duration {
	ceiling := least
	for range number - 1 {
		if ceiling >= most/2 {
			ceiling = most
			break
		}
		ceiling *= 2
	}
	return random(min(ceiling, most))
}

// random returns a duration from 0 to limit.
func random(limit time.Duration) time.Duration {
	if limit <= 0 {
		return 0
	}
	return time.Duration(rand.Uint64N(uint64(limit) + 1)) //nolint:gosec // both fit
}

// outlives reports whether a wait from now ends after the deadline.
func outlives(now time.Time, wait time.Duration, deadline time.Time) bool {
	return !deadline.IsZero() && wait >= deadline.Sub(now)
}
