package returningai

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/returningai/returningai-go/secret"
)

// Authenticator puts a credential on a request. It is called for every
// attempt, after all middleware, and only for requests to the origin that the
// family is configured with.
//
// The header is the attempt's own: what Authenticate adds or replaces in it is
// taken to be secret and is kept out of everything that the client shows. An
// error ends the call before anything is sent.
type Authenticator interface {
	Authenticate(ctx context.Context, header http.Header) error
}

// Refresher is an [Authenticator] that can replace a credential that the
// server refused.
type Refresher interface {
	Authenticator
	// Refused is told the header that an answer of 401 refused, and reports
	// whether another attempt would carry another credential. It is asked
	// once a call.
	Refused(header http.Header) bool
}

// The headers that carry the credentials.
const (
	apiKeyHeader          = "X-API-Key"
	communityAPIKeyHeader = "apiKey"
	bearerHeader          = "Authorization"
	bearerPrefix          = "Bearer "
)

// APIKey returns an authenticator that sends key in the header X-API-Key, as
// the System family wants it.
func APIKey(key string) (Authenticator, error) { return newFixedHeader(apiKeyHeader, "", key) }

// Bearer returns an authenticator that sends token as a bearer token, as the
// Integration and Application families want it.
func Bearer(token string) (Authenticator, error) {
	return newFixedHeader(bearerHeader, bearerPrefix, token)
}

// fixedHeader sends one header that never changes.
type fixedHeader struct {
	name  string
	value secret.Text
}

func newFixedHeader(name, prefix, text string) (Authenticator, error) {
	if err := checkCredential(text); err != nil {
		return nil, err
	}
	return &fixedHeader{name: name, value: secret.New(prefix + text)}, nil
}

// checkCredential refuses what no header can carry. The error never shows the
// credential.
func checkCredential(text string) error {
	switch {
	case strings.TrimSpace(text) == "":
		return errors.New("the credential must not be empty")
	case strings.TrimSpace(text) != text:
		return errors.New("the credential must not begin or end with white space")
	case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return errors.New("the credential must not contain line breaks or control characters")
	}
	return nil
}

func (h *fixedHeader) Authenticate(_ context.Context, header http.Header) error {
	header.Set(h.name, h.value.Reveal())
	return nil
}

// Token is a bearer token and, where it is known, the time of its end.
type Token struct {
	Value secret.Text
	// Expiry is when the token ends; zero when it is not known. It is replaced
	// half a minute before.
	Expiry time.Time
}

// BearerSource returns an authenticator that fetches its bearer token from
// source when it needs one: at first use, when the token is about to expire,
// and once a call when the server answers 401.
//
// However many calls wait for a token, source runs once for all of them. It
// runs under a context with the values of the call that began it, but without
// its end, since others wait for the same token, and with a limit of 30
// seconds. An error of it fails the calls that wait, and is not kept.
func BearerSource(source func(ctx context.Context) (Token, error)) (Authenticator, error) {
	if source == nil {
		return nil, errors.New("the source must not be nil")
	}
	return &bearerSource{source: source}, nil
}

const (
	tokenMargin  = 30 * time.Second
	tokenTimeout = 30 * time.Second
)

type bearerSource struct {
	source func(context.Context) (Token, error)

	mu      sync.Mutex
	token   Token
	waiting *tokenFetch // nil while no fetch is under way
}

// tokenFetch is one run of the source, and those who wait for it.
type tokenFetch struct {
	done  chan struct{} // closed when token and err are set
	token Token
	err   error
}

func (b *bearerSource) Authenticate(ctx context.Context, header http.Header) error {
	token, err := b.current(ctx)
	if err != nil {
		return err
	}
	header.Set(bearerHeader, bearerPrefix+token.Value.Reveal())
	return nil
}

// Refused implements [Refresher]: the token is dropped, unless another call
// has replaced it meanwhile.
func (b *bearerSource) Refused(header http.Header) bool {
	refused := secret.New(strings.TrimPrefix(header.Get(bearerHeader), bearerPrefix))
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.token.Value.Equal(refused) {
		b.token = Token{}
	}
	return true
}

// current returns a token that is good for now, fetching one if need be.
func (b *bearerSource) current(ctx context.Context) (Token, error) {
	b.mu.Lock()
	if !b.token.Value.IsZero() && (b.token.Expiry.IsZero() || time.Until(b.token.Expiry) > tokenMargin) {
		defer b.mu.Unlock()
		return b.token, nil
	}
	fetch := b.waiting
	if fetch == nil {
		fetch = &tokenFetch{done: make(chan struct{})}
		b.waiting = fetch
		go b.fetch(context.WithoutCancel(ctx), fetch)
	}
	b.mu.Unlock()
	select {
	case <-fetch.done:
		return fetch.token, fetch.err
	case <-ctx.Done():
		return Token{}, context.Cause(ctx)
	}
}

// fetch runs the source once, for everyone who waits.
func (b *bearerSource) fetch(ctx context.Context, fetch *tokenFetch) {
	ctx, cancel := context.WithTimeout(ctx, tokenTimeout)
	defer cancel()
	fetch.token, fetch.err = b.run(ctx)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.token, b.waiting = fetch.token, nil
	close(fetch.done)
}

// run calls the source. A panic there must not end a program from a goroutine
// that its author never started.
func (b *bearerSource) run(ctx context.Context) (token Token, err error) {
	defer func() {
		if recovered := recover(); recovered != nil {
			token, err = Token{}, errors.New("the bearer source panicked")
		}
	}()
	if token, err = b.source(ctx); err != nil {
		if ctx.Err() != nil { // our limit, which is not the caller's deadline
			return Token{}, fmt.Errorf("the bearer source took longer than %v: %w", tokenTimeout, ErrTimeout)
		}
		return Token{}, fmt.Errorf("the bearer source failed: %w", err)
	}
	if err := checkCredential(token.Value.Reveal()); err != nil {
		return Token{}, fmt.Errorf("the bearer source answered a token that cannot be used: %w", err)
	}
	return token, nil
}
