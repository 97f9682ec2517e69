package returningai

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/returningai/returningai-go/internal/transport"
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
	// Refused gets the header of a request that the server refused with 401. It
	// drops the credential, and reports whether another attempt would carry
	// another one.
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

// checkCredential refuses what cannot be a credential. The error never shows it.
func checkCredential(text string) error {
	switch {
	case strings.TrimSpace(text) == "":
		return errors.New("the credential must not be empty")
	case strings.TrimSpace(text) != text:
		return errors.New("the credential must not begin or end with white space")
	case !isHeaderValue(text):
		return errors.New("the credential must not contain line breaks, control characters or a byte order mark")
	case len(text) > len(bearerPrefix) && strings.EqualFold(text[:len(bearerPrefix)], bearerPrefix):
		return errors.New(`the credential must be given without "Bearer"`)
	case strings.ContainsFunc(text, unicode.IsSpace):
		return errors.New("the credential must not contain white space")
	case strings.ContainsAny(text[:1]+text[len(text)-1:], "\"'`"):
		return errors.New("the credential must not stand in quotes")
	}
	return nil
}

func (h *fixedHeader) Authenticate(_ context.Context, header http.Header) error {
	header.Set(h.name, h.value.Reveal())
	return nil
}

// Format implements [fmt.Formatter]: every verb shows the header's name.
func (h *fixedHeader) Format(state fmt.State, _ rune) {
	// A formatter has no way to report a failed write.
	_, _ = io.WriteString(state, "returningai.Authenticator("+h.name+")")
}

// Token is a bearer token and, where it is known, the time of its end.
type Token struct {
	Value secret.Text
	// Expiry is when the token ends; zero when it is not known. It is replaced
	// half a minute before.
	Expiry time.Time
}

// BearerSource returns an authenticator that gets its bearer token from source:
// at first use, half a minute before the token expires, and when the server
// responds 401.
//
// However many calls wait for a token, source runs once for all of them. It gets
// the first caller's context values but not its cancellation, and has 30
// seconds; after that the calls that wait fail with [ErrTimeout], and the next
// call starts it again. While the old token is valid, calls use it and do not
// wait.
func BearerSource(source func(ctx context.Context) (Token, error)) (Authenticator, error) {
	if source == nil {
		return nil, errors.New("the source must not be nil")
	}
	return &bearerSource{&bearerState{source: source}}, nil
}

const (
	tokenMargin  = 30 * time.Second
	tokenTimeout = 30 * time.Second
)

var errSourceOverdue = fmt.Errorf("the bearer source took longer than %v: %w", tokenTimeout, ErrTimeout)

// bearerSource keeps its state behind a second pointer: fmt follows one when a
// verb does not fit, and would read what the lock guards.
type bearerSource struct{ *bearerState }

type bearerState struct {
	source func(context.Context) (Token, error)

	mu      sync.Mutex
	token   Token
	waiting *tokenFetch // nil while no fetch is under way
}

// tokenFetch is one run of the source, and those who wait for it.
type tokenFetch struct {
	overdue <-chan struct{} // closed when the run has taken too long
	done    chan struct{}   // closed when token and err are set
	token   Token
	err     error
}

// usable reports whether the token can be sent for at least margin from now.
func (t Token) usable(margin time.Duration) bool {
	return !t.Value.IsZero() && (t.Expiry.IsZero() || time.Until(t.Expiry) > margin)
}

// Format implements [fmt.Formatter]: every verb shows what it is.
func (b *bearerSource) Format(state fmt.State, _ rune) {
	// A formatter has no way to report a failed write.
	_, _ = io.WriteString(state, "returningai.Authenticator(bearer source)")
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
	held, fetch := b.tokenOrFetch(ctx)
	if fetch == nil || held.usable(0) {
		return held, nil
	}
	select {
	case <-fetch.done:
		return fetch.token, fetch.err
	case <-fetch.overdue:
		return b.late(fetch)
	case <-ctx.Done():
		return Token{}, context.Cause(ctx)
	}
}

// tokenOrFetch returns the token that is held, and the fetch of the next one
// when it is time for that.
func (b *bearerSource) tokenOrFetch(ctx context.Context) (Token, *tokenFetch) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.token.usable(tokenMargin) {
		return b.token, nil
	}
	if b.waiting == nil || b.waiting.isOverdue() {
		// The source's own calls are not captured for the caller.
		ctx, cancel := context.WithTimeout(context.WithValue(context.WithoutCancel(ctx), captureKey{}, nil), tokenTimeout)
		b.waiting = &tokenFetch{overdue: ctx.Done(), done: make(chan struct{})}
		go b.fetch(ctx, cancel, b.waiting)
	}
	return b.token, b.waiting
}

func (f *tokenFetch) isOverdue() bool {
	select {
	case <-f.overdue:
		return true
	default:
		return false
	}
}

// late returns the result of a fetch whose time is up: it may have come just in
// time. If not, the next call starts a fetch of its own.
func (b *bearerSource) late(fetch *tokenFetch) (Token, error) {
	select {
	case <-fetch.done:
		return fetch.token, fetch.err
	default:
		return Token{}, errSourceOverdue
	}
}

// fetch runs the source once, for everyone who waits. It publishes the result
// also when the source ends the goroutine, and a late one if it is needed.
func (b *bearerSource) fetch(ctx context.Context, cancel context.CancelFunc, fetch *tokenFetch) {
	fetch.err = errors.New("the bearer source panicked or ended its goroutine")
	defer func() {
		_ = recover() // must not end a program from a goroutine that its author never started
		b.mu.Lock()
		defer b.mu.Unlock()
		if fetch.err == nil && (b.waiting == fetch || !b.token.usable(0)) {
			b.token = fetch.token
		}
		if b.waiting == fetch {
			b.waiting = nil
		}
		close(fetch.done)
		cancel()
	}()
	fetch.token, fetch.err = b.run(ctx)
}

// run calls the source.
func (b *bearerSource) run(ctx context.Context) (Token, error) {
	token, err := b.source(ctx)
	switch {
	case err != nil && ctx.Err() != nil: // our limit, which is not the caller's deadline
		return Token{}, errSourceOverdue
	case err != nil:
		return Token{}, fmt.Errorf("the bearer source failed: %w", transport.WithoutURL(err))
	}
	if err := checkCredential(token.Value.Reveal()); err != nil {
		return Token{}, fmt.Errorf("the bearer source returned an invalid token: %w", err)
	}
	return token, nil
}

// holder is an authenticator that knows its credential before it is sent.
type holder interface{ held() secret.Text }

func (h *fixedHeader) held() secret.Text { return h.value }

func (b *bearerSource) held() secret.Text {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.token.Value
}
