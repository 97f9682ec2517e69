package webhooks

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// APIKeyHeader is the header that a shared key travels in. That Returning.AI
// reads it on incoming hooks is documented.
//
// Certainty: that Returning.AI sends it with events is assumed.
const APIKeyHeader = "X-Api-Key"

const (
	// maxHeaderValue bounds a header value that a verifier reads, in bytes.
	maxHeaderValue = 4096
	// maxQuery bounds the query that a URL secret is looked for in, in bytes.
	maxQuery = 8192
)

// Match names the verifier and the secret that a delivery matched.
type Match struct {
	Verifier string // such as "key header"
	SecretID string // the id of the [Secret]
}

// Verifier proves where a delivery comes from. It is a [ReceiverOption]: every
// verifier given to [NewReceiver] must pass, and [AnyOf] makes alternatives.
//
// A verifier proves who sent the request, or also that the body is what they
// sent. [WithHMAC], [WithStandardWebhooks], [WithSvix] and [VerifierBodyFunc]
// prove both; [WithKeyHeader], [WithURLSecret] and [VerifierFunc] prove the
// sender only.
type Verifier struct {
	option string
	build  func() (verifier, error)
}

func (v Verifier) applyReceiver(config *receiverConfig) error {
	built, err := v.verifier()
	config.verifiers = append(config.verifiers, built)
	return err
}

// verifier builds what the Verifier describes; its errors name the option.
func (v Verifier) verifier() (verifier, error) {
	if v.build == nil {
		return nil, errors.New("an empty Verifier: use the functions that make one")
	}
	built, err := v.build()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", v.option, err)
	}
	return built, nil
}

// inbound is the part of a request that verifiers see before its body is read: nothing
// of it is trusted yet.
type inbound struct {
	header    http.Header
	path      string
	rawQuery  string
	now       time.Time
	tolerance time.Duration
}

// proof is the result of a verifier.
type proof struct {
	matches   []Match
	id        string    // delivery id that the signature covers
	idFrom    string    // the verifier that the id comes from
	timestamp time.Time // time that the signature covers
}

// verifier checks a delivery in two steps, so that a request without the right
// header costs no body.
type verifier interface {
	name() string
	proves() proves
	// checkHead checks everything but the body, and returns the rest.
	checkHead(in *inbound) (bodyCheck, error)
}

// bodyCheck is the check that remains when the body has been read.
type bodyCheck func(body []byte) (proof, error)

// proves is what a verifier establishes beside the sender.
type proves struct{ body, id bool }

// refuse adds the verifier's name to a sentinel.
func refuse(reason error, name string) error { return fmt.Errorf("%w (%s)", reason, name) }

// senderProof is the proof of a verifier that reads nothing of the body.
func senderProof(name, secretID string) bodyCheck {
	return func([]byte) (proof, error) { return proof{matches: []Match{{name, secretID}}}, nil }
}

// single returns the value of a header that occurs exactly once, neither empty
// nor oversized.
func (in *inbound) single(header string) (string, bool) {
	values := in.header.Values(header)
	if len(values) != 1 || values[0] == "" || len(values[0]) > maxHeaderValue {
		return "", false
	}
	return values[0], true
}

// checkHeaderName refuses an invalid header name.
func checkHeaderName(name string) error {
	const others = "!#$%&'*+-.^_`|~"
	for _, letter := range []byte(name) {
		lower := letter | 0x20
		if (lower < 'a' || lower > 'z') && (letter < '0' || letter > '9') && !strings.Contains(others, string(letter)) {
			return errors.New("header: not a header name")
		}
	}
	if name == "" {
		return errors.New("header: is empty")
	}
	return nil
}

// WithKeyHeader accepts deliveries that carry one of the secrets in a header,
// usually [APIKeyHeader]. The header must occur exactly once.
//
// It proves that the sender knows the secret, and nothing about the body:
// anyone who sees one request can send others, or replay it.
func WithKeyHeader(header string, secrets ...Secret) Verifier {
	return Verifier{"WithKeyHeader", func() (verifier, error) {
		accepted, err := named(secrets, checkShared)
		if err := errors.Join(checkHeaderName(header), err); err != nil {
			return nil, err
		}
		return keyHeader{header: header, accepted: newDigests(accepted)}, nil
	}}
}

type keyHeader struct {
	header   string
	accepted digests
}

func (k keyHeader) name() string   { return "key header" }
func (k keyHeader) proves() proves { return proves{} }

func (k keyHeader) checkHead(in *inbound) (bodyCheck, error) {
	key, ok := in.single(k.header)
	if !ok {
		return nil, refuse(ErrMissingCredential, k.name())
	}
	id, ok := k.accepted.match(key)
	if !ok {
		return nil, refuse(ErrWrongCredential, k.name())
	}
	return senderProof(k.name(), id), nil
}

// WithURLSecret accepts deliveries whose URL carries one of the secrets in a
// query parameter: for senders that can be given a URL and nothing else. The
// parameter must be in the query exactly once; a form value does not count.
// A secret may not contain characters that URLs change, such as + & % and ;.
//
// Like [WithKeyHeader] it says nothing about the body, and URLs end up in the
// logs of proxies: prefer any of the other verifiers.
func WithURLSecret(parameter string, secrets ...Secret) Verifier {
	return Verifier{"WithURLSecret", func() (verifier, error) {
		accepted, err := named(secrets, checkURLSecret)
		if parameter == "" {
			err = errors.Join(errors.New("parameter: is empty"), err)
		}
		if err != nil {
			return nil, err
		}
		return urlSecret{parameter: parameter, accepted: newDigests(accepted)}, nil
	}}
}

type urlSecret struct {
	parameter string
	accepted  digests
}

func (u urlSecret) name() string   { return "URL secret" }
func (u urlSecret) proves() proves { return proves{} }

func (u urlSecret) checkHead(in *inbound) (bodyCheck, error) {
	if len(in.rawQuery) > maxQuery {
		return nil, refuse(ErrMissingCredential, u.name())
	}
	// Its error quotes the query, so it is dropped.
	query, err := url.ParseQuery(in.rawQuery)
	if err != nil || len(query[u.parameter]) != 1 {
		return nil, refuse(ErrMissingCredential, u.name())
	}
	id, ok := u.accepted.match(query.Get(u.parameter))
	if !ok {
		return nil, refuse(ErrWrongCredential, u.name())
	}
	return senderProof(u.name(), id), nil
}

// VerifierFunc accepts deliveries that verify returns nil for: for senders
// with another proof. It counts as a proof of the sender
// only, since it does not see the body. The name is shown in logs and in
// [Match]. The query of a request whose query is malformed is empty.
//
// After a panic, the response is 503.
func VerifierFunc(name string, verify func(header http.Header, query url.Values) error) Verifier {
	return Verifier{"VerifierFunc", func() (verifier, error) {
		if name == "" || verify == nil {
			return nil, errors.New("the name is empty or the function is nil")
		}
		return customVerifier{called: name, head: verify}, nil
	}}
}

// VerifierBodyFunc accepts deliveries that verify returns nil for. It counts as
// a proof of the body, such as [AES256CBC] needs: it must check a signature of
// the raw body, which is passed as it was received.
//
// The [Proof] may hold a delivery id and a time, if the signature covers them.
// The time is checked against [WithTolerance], and the id makes duplicates
// recognisable. After a panic, the response is 503.
func VerifierBodyFunc(name string, verify func(header http.Header, rawBody []byte) (Proof, error)) Verifier {
	return Verifier{"VerifierBodyFunc", func() (verifier, error) {
		if name == "" || verify == nil {
			return nil, errors.New("the name is empty or the function is nil")
		}
		return customVerifier{called: name, body: verify}, nil
	}}
}

// Proof is the result of a function of [VerifierBodyFunc]. Every field is
// optional, and must be covered by the signature.
type Proof struct {
	ID        string    // printable ASCII without spaces, at most 256 bytes
	Timestamp time.Time // when the delivery was signed
	SecretID  string    // which secret matched
}

type customVerifier struct {
	called string
	head   func(http.Header, url.Values) error // or body
	body   func(http.Header, []byte) (Proof, error)
}

func (c customVerifier) name() string   { return c.called }
func (c customVerifier) proves() proves { return proves{body: c.body != nil, id: c.body != nil} }

func (c customVerifier) checkHead(in *inbound) (bodyCheck, error) {
	if c.body != nil {
		return func(body []byte) (proof, error) { return c.checkBody(in, body) }, nil
	}
	query, err := url.ParseQuery(in.rawQuery)
	if err != nil {
		query = url.Values{}
	}
	var refused error
	if err := guard(func() { refused = c.head(in.header, query) }); err != nil {
		return nil, unavailable("verifier "+c.called, err)
	}
	if refused != nil {
		return nil, refuse(ErrWrongCredential, c.called)
	}
	return senderProof(c.called, ""), nil
}

func (c customVerifier) checkBody(in *inbound, body []byte) (proof, error) {
	var found Proof
	var refused error
	if err := guard(func() { found, refused = c.body(in.header, slices.Clone(body)) }); err != nil {
		return proof{}, unavailable("verifier "+c.called, err)
	}
	switch {
	case refused != nil:
		return proof{}, refuse(ErrWrongCredential, c.called)
	case !isDeliveryID(found.ID):
		return proof{}, refuse(ErrMissingCredential, c.called)
	case !found.Timestamp.IsZero() && !in.recent(found.Timestamp):
		return proof{}, refuse(ErrTimestamp, c.called)
	}
	return proof{
		matches: []Match{{c.called, found.SecretID}},
		id:      found.ID, idFrom: c.called, timestamp: found.Timestamp,
	}, nil
}

// recent reports whether a signed time is within the tolerance.
func (in *inbound) recent(at time.Time) bool {
	return !at.Before(in.now.Add(-in.tolerance)) && !at.After(in.now.Add(in.tolerance))
}

// AnyOf accepts a delivery that any one of the verifiers accepts, where
// verifiers side by side must all pass. Only the first that passes counts: an
// id or a time that another one would have authenticated is not used. It proves
// the body only if every one of the verifiers does.
func AnyOf(verifiers ...Verifier) Verifier {
	return Verifier{"AnyOf", func() (verifier, error) {
		var problems []error
		if len(verifiers) == 0 {
			problems = append(problems, errors.New("needs at least one verifier"))
		}
		built := make(anyOf, len(verifiers))
		for i, one := range verifiers {
			var err error
			built[i], err = one.verifier()
			problems = append(problems, err)
		}
		return built, errors.Join(problems...)
	}}
}

type anyOf []verifier

func (a anyOf) name() string {
	names := make([]string, len(a))
	for i, one := range a {
		names[i] = one.name()
	}
	return "any of " + strings.Join(names, ", ")
}

func (a anyOf) proves() proves {
	all := proves{body: true, id: true}
	for _, one := range a {
		all.body, all.id = all.body && one.proves().body, all.id && one.proves().id
	}
	return all
}

func (a anyOf) checkHead(in *inbound) (bodyCheck, error) {
	var rest []bodyCheck
	var failures alternatives
	for _, one := range a {
		check, err := one.checkHead(in)
		if err != nil {
			failures = append(failures, err)
			continue
		}
		rest = append(rest, check)
	}
	if len(rest) == 0 {
		return nil, failures
	}
	return func(body []byte) (proof, error) {
		failed := slices.Clone(failures)
		for _, check := range rest {
			found, err := check(body)
			if err == nil {
				return found, nil
			}
			failed = append(failed, err)
		}
		return proof{}, failed
	}, nil
}

// allOf is the conjunction: the proofs of all verifiers together.
type allOf []verifier

// proves reports what at least one of the verifiers does.
func (a allOf) proves() proves {
	var found proves
	for _, one := range a {
		found.body, found.id = found.body || one.proves().body, found.id || one.proves().id
	}
	return found
}

func (a allOf) checkHead(in *inbound) (bodyCheck, error) {
	rest := make([]bodyCheck, len(a))
	for i, one := range a {
		var err error
		if rest[i], err = one.checkHead(in); err != nil {
			return nil, err
		}
	}
	return func(body []byte) (proof, error) {
		var all proof
		for _, check := range rest {
			found, err := check(body)
			if err != nil {
				return proof{}, err
			}
			all.matches = append(all.matches, found.matches...)
			if found.id != "" {
				all.id, all.idFrom = found.id, found.idFrom
			}
			if !found.timestamp.IsZero() {
				all.timestamp = found.timestamp
			}
		}
		return all, nil
	}, nil
}
