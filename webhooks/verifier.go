package webhooks

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// APIKeyHeader is the header that a shared key travels in. That Returning.AI
// reads it on incoming hooks is documented; that it sends it is assumed.
const APIKeyHeader = "X-Api-Key"

const (
	// maxHeaderValue bounds a header value that a verifier reads, in bytes.
	maxHeaderValue = 4096
	// maxQuery bounds the query that a URL secret is looked for in, in bytes.
	maxQuery = 8192
)

// Match says which secret of which verifier a delivery matched.
type Match struct {
	Verifier string // such as "key header"
	SecretID string // the id of the [Secret]
}

// Verifier proves where a delivery comes from. It is a [ReceiverOption]: every
// verifier given to [NewReceiver] must pass, and [AnyOf] makes alternatives.
type Verifier struct {
	option string
	build  func() (verifier, error)
}

func (v Verifier) applyReceiver(config *receiverConfig) error {
	built, err := v.verifier()
	if err == nil {
		config.verifiers = append(config.verifiers, built)
	}
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

// inbound is what verifiers see of a request: nothing of it is trusted yet.
type inbound struct {
	header    http.Header
	rawQuery  string
	body      []byte
	now       time.Time
	tolerance time.Duration
}

// proof is what a verifier established.
type proof struct {
	matches   []Match
	id        string    // delivery id that the signature covers
	timestamp time.Time // time that the signature covers
}

type verifier interface {
	verify(in *inbound) (proof, error)
	name() string
}

// refuse adds the verifier's name to a sentinel.
func refuse(reason error, name string) (proof, error) {
	return proof{}, fmt.Errorf("%w (%s)", reason, name)
}

// matched is the proof of a verifier that authenticates no more than itself.
func matched(name, secretID string) proof {
	return proof{matches: []Match{{Verifier: name, SecretID: secretID}}}
}

// single returns the value of a header that stands there exactly once, neither
// empty nor oversized.
func (in *inbound) single(header string) (string, bool) {
	values := in.header.Values(header)
	if len(values) != 1 || values[0] == "" || len(values[0]) > maxHeaderValue {
		return "", false
	}
	return values[0], true
}

// checkHeaderName refuses what is no header name.
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
// usually [APIKeyHeader]. The header must be there exactly once.
//
// It proves that the sender knows the secret, and says nothing of the body:
// whoever sees one request can send others.
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

func (k keyHeader) name() string { return "key header" }

func (k keyHeader) verify(in *inbound) (proof, error) {
	key, ok := in.single(k.header)
	if !ok {
		return refuse(ErrMissingCredential, k.name())
	}
	id, ok := k.accepted.match(key)
	if !ok {
		return refuse(ErrWrongCredential, k.name())
	}
	return matched(k.name(), id), nil
}

// WithURLSecret accepts deliveries whose URL carries one of the secrets in a
// query parameter: for senders that can be given a URL and nothing else. The
// parameter must be in the query exactly once; a form value does not count.
//
// Like [WithKeyHeader] it says nothing of the body, and URLs end up in the
// logs of proxies: prefer any of the other verifiers.
func WithURLSecret(parameter string, secrets ...Secret) Verifier {
	return Verifier{"WithURLSecret", func() (verifier, error) {
		accepted, err := named(secrets, checkShared)
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

func (u urlSecret) name() string { return "URL secret" }

func (u urlSecret) verify(in *inbound) (proof, error) {
	if len(in.rawQuery) > maxQuery {
		return refuse(ErrMissingCredential, u.name())
	}
	// Its error quotes the query, so it is dropped.
	query, err := url.ParseQuery(in.rawQuery)
	if err != nil || len(query[u.parameter]) != 1 {
		return refuse(ErrMissingCredential, u.name())
	}
	id, ok := u.accepted.match(query.Get(u.parameter))
	if !ok {
		return refuse(ErrWrongCredential, u.name())
	}
	return matched(u.name(), id), nil
}

// AnyOf accepts a delivery that any one of the verifiers accepts, where
// verifiers side by side must all pass. Only the first that passes counts: an
// id or a time that another one would have authenticated is not used.
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

func (a anyOf) verify(in *inbound) (proof, error) {
	var failures alternatives
	for _, one := range a {
		found, err := one.verify(in)
		if err == nil {
			return found, nil
		}
		failures = append(failures, err)
	}
	return proof{}, failures
}

// verifyAll is the conjunction: the proofs of all verifiers together.
func verifyAll(verifiers []verifier, in *inbound) (proof, error) {
	var all proof
	for _, one := range verifiers {
		found, err := one.verify(in)
		if err != nil {
			return proof{}, err
		}
		all.matches = append(all.matches, found.matches...)
		if found.id != "" {
			all.id, all.timestamp = found.id, found.timestamp
		}
	}
	return all, nil
}
