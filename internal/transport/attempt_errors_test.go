package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/internal/scrub"
)

func TestErrorOfAnAttempt(t *testing.T) {
	t.Parallel()
	own := errors.New("connection reset")
	for name, test := range map[string]struct {
		err      error
		canceled bool // the call is
		late     bool // the attempt is
		want     error
		final    bool
	}{
		"the transport's":                 {own, false, false, own, false},
		"the call is canceled":            {own, true, false, context.Canceled, false},
		"the call is canceled, and late":  {own, true, true, context.Canceled, false},
		"the attempt is late":             {own, false, true, ErrTimeout, false},
		"the user's client is late":       {context.DeadlineExceeded, false, false, ErrTimeout, false},
		"no credential":                   {&refusal{own}, false, false, own, true},
		"the credential's source is late": {&refusal{context.DeadlineExceeded}, false, false, context.DeadlineExceeded, true},
	} {
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		if test.late {
			cancel(ErrTimeout)
		}
		a := newAttempter(t, newCall(t, "GET"), nil)
		if test.canceled {
			ended, end := context.WithCancel(t.Context())
			end()
			a.ctx = ended
		}
		var result outcome
		a.explain(ctx, &result, nil, test.err)
		require.ErrorIs(t, result.err, test.want, name)
		require.Equal(t, errors.Is(test.want, ErrTimeout), errors.Is(result.err, ErrTimeout), name)
		require.Equal(t, test.final, result.final, name)
	}
}

// TestErrorThatMayQuoteTheServer shows no quotes: they may hold a token.
func TestErrorThatMayQuoteTheServer(t *testing.T) {
	t.Parallel()
	seen, unseen := &exchange{netHTTP: true}, &exchange{netHTTP: true}
	seen.gotConn(httptrace.GotConnInfo{})
	err := errors.New(`a header "the-token"`)
	for name, test := range map[string]struct {
		made   []*exchange
		err    error
		hidden bool
	}{
		"no exchange":            {nil, err, false},
		"no connection":          {[]*exchange{unseen}, err, false},
		"a connection":           {[]*exchange{seen}, err, true},
		"the last one":           {[]*exchange{unseen, seen}, err, true},
		"the first one":          {[]*exchange{seen, unseen}, err, true},
		"no credential the next": {[]*exchange{seen}, &refusal{err}, false},
	} {
		var result outcome
		newAttempter(t, newCall(t, "GET"), nil).explain(t.Context(), &result, test.made, test.err)
		require.ErrorIs(t, result.err, err, name)
		require.Equal(t, !test.hidden, strings.Contains(result.err.Error(), "the-token"), name)
	}
}

func TestErrorWithURL(t *testing.T) {
	t.Parallel()
	err := &url.Error{Op: "Get", URL: "https://api.example/?key=1", Err: io.ErrUnexpectedEOF}
	require.Equal(t, io.ErrUnexpectedEOF, newAttempter(t, newCall(t, "GET"), nil).safe(err, true))
}

// secrets are the secrets of a call beside its credential.
type secrets []string

func (s secrets) AddSecrets(scrubber *scrub.Scrubber) {
	for _, text := range s {
		scrubber.Add(text)
	}
}

func TestSecretsOfAllAttempts(t *testing.T) {
	t.Parallel()
	call := newCall(t, "GET")
	call.Secrets = secrets{"parameter-secret"}
	a := newAttempter(t, call, nil)
	sent := func(before, sent http.Header) []*exchange { return []*exchange{{before: before, sent: sent}} }
	a.conclude(&outcome{}, sent(http.Header{"Accept": {"application/json"}}, http.Header{
		"Accept": {"application/json"}, "Authorization": {"Bearer first-token"},
	}), nil)
	a.conclude(&outcome{}, sent(http.Header{"X-Key": {"public-part"}}, http.Header{
		"X-Key": {"public-part", "second-token"}, "Authorization": {"Bearer third-token"},
	}), nil)
	a.conclude(&outcome{}, sent(http.Header{"X-Key": {"replaced"}}, http.Header{"X-Key": {"fourth-token"}}), nil)
	for _, text := range []string{"parameter-secret", "first-token", "second-token", "third-token", "fourth-token"} {
		require.Equal(t, "a [redacted] b", a.shown("a "+text+" b"))
	}
	for _, text := range []string{"application/json", "public-part"} {
		require.Equal(t, text, a.shown(text), "it was no credential")
	}
}

func TestShownIsBoundedAndScrubbed(t *testing.T) {
	t.Parallel()
	const longest = 8 << 10
	call := newCall(t, "GET")
	call.Secrets = secrets{"the-secret-key"}
	a := newAttempter(t, call, nil)
	for name, test := range map[string]struct{ text, want string }{
		"at the limit":             {strings.Repeat("é", 500), strings.Repeat("é", 500)},
		"over the limit":           {strings.Repeat("é", 501), strings.Repeat("é", 500) + "…"},
		"the end of a long text":   {strings.Repeat(" ", longest-10) + "the-secret", "the-secret"},
		"the cut goes through one": {strings.Repeat(" ", longest-10) + "the-secret-key", "[redacted]"},
		"what is cut off":          {strings.Repeat(" ", longest-1) + "abc", "a"},
	} {
		require.Equal(t, test.want, a.shown(test.text), name)
	}
}
