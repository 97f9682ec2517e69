// Package retry is the retry policy of the SDK, without an HTTP engine: what
// may be repeated, how long to wait before, and how many repeats a client may
// spend. The root drives it through go-retryablehttp (see the engine package),
// the webhook sender through a short loop of its own.
package retry

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

// Policy says how often and how patiently a request is repeated.
type Policy struct {
	MaxAttempts   int           // attempts in all, the first included; at least 1
	MinWait       time.Duration // upper bound of the wait before the second attempt
	MaxWait       time.Duration // upper bound of any wait that the server did not name
	RetryAfterCap time.Duration // longest Retry-After that is waited for
	// RetryUnavailable repeats a request that is not idempotent on 503 with a
	// Retry-After header. Off by default: a 503 does not prove that nothing
	// was done.
	RetryUnavailable bool
}

// Attempt is what one attempt at a request came to.
type Attempt struct {
	Number     int  // 1 for the first
	Idempotent bool // the request may be repeated after an answer was lost
	Repeatable bool // the body can be sent again
	Sent       bool // something of the request may have reached the server
	Status     int  // 0 when there was no answer
	Err        error
	RetryAfter Delay
}

// Reason says why a decision was made. It is for logs and hooks.
type Reason string

// The reasons of a [Decision].
const (
	ReasonFinal             Reason = "final"                // nothing to repeat
	ReasonExhausted         Reason = "attempts exhausted"   // MaxAttempts reached
	ReasonUnsafe            Reason = "may have been sent"   // repeating could act twice
	ReasonBody              Reason = "body not repeatable"  // a one-shot body
	ReasonRetryAfterTooLong Reason = "retry-after too long" // beyond the cap or the deadline
	ReasonDeadline          Reason = "deadline too close"   // the wait would outlive the context
	ReasonBudget            Reason = "retry budget spent"
	ReasonStatus            Reason = "status"           // repeated for the status answered
	ReasonNotSent           Reason = "nothing was sent" // repeated: it never got there
	ReasonConnection        Reason = "connection"       // repeated: idempotent, the answer was lost
)

// Decision is what to do after an attempt.
type Decision struct {
	Again  bool
	Wait   time.Duration
	Reason Reason
}

// Decide says whether the request is repeated and after which wait. It is
// pure but for the jitter and the budget it spends; budget may be nil. A
// deadline of zero is none.
func (p Policy) Decide(attempt Attempt, now, deadline time.Time, budget *Budget) Decision {
	reason, again := p.repeatable(attempt)
	if !again {
		return Decision{Reason: reason}
	}
	wait := Backoff(p.MinWait, p.MaxWait, attempt.Number)
	if after, named := attempt.RetryAfter.Wait(); named {
		if after > p.RetryAfterCap || outlives(now, after, deadline) {
			return Decision{Reason: ReasonRetryAfterTooLong}
		}
		wait = after
	}
	switch {
	case attempt.Number >= p.MaxAttempts:
		return Decision{Reason: ReasonExhausted}
	case outlives(now, wait, deadline):
		return Decision{Reason: ReasonDeadline}
	case !budget.Spend():
		return Decision{Reason: ReasonBudget}
	}
	return Decision{Again: true, Wait: wait, Reason: reason}
}

// repeatable says whether what happened allows a repeat at all.
func (p Policy) repeatable(attempt Attempt) (Reason, bool) {
	reason := ReasonStatus
	switch {
	case attempt.Status != 0 && !retryStatus(attempt.Status):
		return ReasonFinal, false
	case attempt.Status != 0:
		_, named := attempt.RetryAfter.Wait()
		refused := attempt.Status == http.StatusTooManyRequests ||
			p.RetryUnavailable && named && attempt.Status == http.StatusServiceUnavailable
		if !attempt.Idempotent && !refused {
			return ReasonUnsafe, false
		}
	case final(attempt.Err):
		return ReasonFinal, false
	case !attempt.Sent:
		reason = ReasonNotSent
	case !attempt.Idempotent:
		return ReasonUnsafe, false
	default:
		reason = ReasonConnection
	}
	if !attempt.Repeatable {
		return ReasonBody, false
	}
	return reason, true
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

// Final marks an error that no repeat can cure, such as a credential that
// could not be had.
type Final struct{ Err error }

func (f Final) Error() string { return f.Err.Error() }

// Unwrap returns the error that was marked.
func (f Final) Unwrap() error { return f.Err }

// final reports whether a transport error is one that another attempt meets
// again: our own marks, an ended context, a certificate that is not trusted.
func final(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) {
		return true
	}
	_, marked := errors.AsType[Final](err)
	return marked || IsCertificateError(err)
}

// IsCertificateError reports whether err says that the server's certificate
// was not accepted.
func IsCertificateError(err error) bool {
	_, verification := errors.AsType[*tls.CertificateVerificationError](err)
	_, authority := errors.AsType[x509.UnknownAuthorityError](err)
	_, hostname := errors.AsType[x509.HostnameError](err)
	_, invalid := errors.AsType[x509.CertificateInvalidError](err)
	return verification || authority || hostname || invalid
}

// IsDialError reports whether err proves that no connection was made: for
// transports that fire no trace.
func IsDialError(err error) bool {
	if operation, ok := errors.AsType[*net.OpError](err); ok && operation.Op == "dial" {
		return true
	}
	_, dns := errors.AsType[*net.DNSError](err)
	return dns
}

// Backoff returns a full-jitter wait before attempt number+1: a random time
// up to min doubled with every attempt, never above max.
func Backoff(min, max time.Duration, number int) time.Duration {
	ceiling := min
	for range number - 1 {
		if ceiling >= max/2 {
			ceiling = max
			break
		}
		ceiling *= 2
	}
	ceiling = clamp(ceiling, max)
	if ceiling <= 0 {
		return 0
	}
	return time.Duration(rand.Uint64N(uint64(ceiling) + 1)) //nolint:gosec // both fit
}

func clamp(wait, max time.Duration) time.Duration {
	if wait > max {
		return max
	}
	return wait
}

// outlives reports whether a wait from now ends after the deadline.
func outlives(now time.Time, wait time.Duration, deadline time.Time) bool {
	return !deadline.IsZero() && wait >= deadline.Sub(now)
}
