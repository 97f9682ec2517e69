package faults_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/testkit/calls"
	"github.com/returningai/returningai-go/testkit/faults"
	"github.com/returningai/returningai-go/webhooks"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	apiKey      = "key_1d7e0c55b2a94f36"
	bearerToken = "tok_88f2ab9c41d05e77"
	hookSecret  = "hok_5b0d93e61a7f42c8"
	maxAttempts = 3
	// shortTimeout is for the faults that run into the timeout of an attempt,
	// longTimeout for all others. timeBound is well below the latter, so that it
	// shows a fault that ends with the timeout and should not.
	shortTimeout = 150 * time.Millisecond
	longTimeout  = time.Minute
	timeBound    = 20 * time.Second
)

// sixOperations are of six kinds: a read over GET, a read over POST, a write
// that is not idempotent, an idempotent one, an upload, and the GET that is not
// idempotent.
var sixOperations = []string{
	"integration.channels.list", "integration.users.info", "integration.messages.send",
	"system.badges.delete", "integration.users.bulkUpdate", "system.auth.secureAuth",
}

// TestFaultMatrix performs operations, and the webhook sender, against every
// fault, on a new connection and on one that was used before. FAULTS=all takes
// every operation.
func TestFaultMatrix(t *testing.T) {
	t.Parallel()
	table := slices.Concat(lostFaults(), http2Faults(), statusFaults(), contentFaults())
	require.Greater(t, len(table), 40)
	for _, op := range returningai.Operations() {
		if os.Getenv("FAULTS") == "all" || slices.Contains(sixOperations, op.ID) {
			perform(t, table, cell{op: op, call: calls.Of(op.ID)[0].Do})
		}
	}
	perform(t, table, cell{op: returningai.Operation{ID: "webhooks.send"}})
}

// perform runs a call against every fault.
func perform(t *testing.T, table []fault, cell cell) {
	t.Helper()
	t.Run(cell.op.ID, func(t *testing.T) {
		t.Parallel()
		for _, fault := range table {
			for _, warm := range []bool{false, true} {
				cell.fault, cell.warm = fault, warm
				if problems := cell.run(t); len(problems) > 0 {
					t.Errorf("%s, warm %v:\n\t%s", fault.name, warm, strings.Join(problems, "\n\t"))
				}
			}
		}
	})
}

// cell is one operation under one fault.
type cell struct {
	op    returningai.Operation
	call  func(context.Context, *returningai.Client, calls.Known) (any, error) // nil for the webhook sender
	fault fault
	warm  bool
}

// run performs the call, and returns what is wrong with its outcome.
func (c cell) run(t *testing.T) []string {
	t.Helper()
	var address string
	var seen func() int
	if c.fault.respond2 != nil {
		server := faults.NewServer2(t, c.fault.respond2)
		address, seen = server.URL, server.Seen
	} else {
		server := faults.NewServer(t, c.fault.respond)
		address, seen = server.URL, server.Seen
	}
	timeout := longTimeout
	if errors.Is(c.fault.class, returningai.ErrTimeout) {
		timeout = shortTimeout
	}
	transport, watch := newTransport(), &witness{}
	defer transport.CloseIdleConnections()
	client := newClient(t, address, transport, append(watch.options(), returningai.WithAttemptTimeout(timeout))...)
	if c.warm {
		warmUp(t, client)
	}
	if c.call == nil {
		c.call = send(newSender(t, address, transport, watch, timeout))
	}
	began := time.Now()
	_, err := c.call(watch.context(t.Context()), client, calls.Example())
	problems := c.judge(err, seen())
	if took := time.Since(began); took > timeBound {
		problems = append(problems, fmt.Sprintf("took %v", took))
	}
	return append(problems, watch.leaks(err)...)
}

// newSender returns a webhook sender over the same connections as the client.
func newSender(t *testing.T, address string, transport *http.Transport, watch *witness, timeout time.Duration) *webhooks.Sender {
	t.Helper()
	sender, err := webhooks.NewSender(secret.New(address+"/hooks/"+hookSecret), webhooks.WithAPIKey(apiKey),
		webhooks.WithHTTPClient(&http.Client{Transport: transport}), webhooks.WithLogger(watch.logger()),
		webhooks.WithAttemptTimeout(timeout), webhooks.WithMaxResponseBytes(64<<10))
	require.NoError(t, err)
	return sender
}

func send(sender *webhooks.Sender) func(context.Context, *returningai.Client, calls.Known) (any, error) {
	return func(ctx context.Context, _ *returningai.Client, known calls.Known) (any, error) {
		return nil, sender.SendMessage(ctx, webhooks.SendMessageParams{ChannelID: known[calls.ChannelID], Message: "gg", Sender: "bot"})
	}
}

// judge compares the outcome with what the table expects.
func (c cell) judge(err error, seen int) []string {
	if c.fault.success && c.firstContact() {
		c.fault.success, c.fault.repeat, c.fault.applied = false, never, true
	}
	if c.flat() {
		c.fault.class, c.fault.applied = nil, true
	}
	again := c.sentAgain()
	if c.fault.success {
		if err != nil && !errors.Is(err, returningai.ErrUnexpectedResponse) || seen != 2 { // the data may not fit
			return []string{fmt.Sprintf("want success with the second request, got %v after %d", err, seen)}
		}
		return nil
	}
	if err == nil {
		return []string{"no error"}
	}
	status, attempts := counted(err)
	var problems []string
	expect := func(what string, got, want any) {
		if got != want {
			problems = append(problems, fmt.Sprintf("%s is %v, want %v: %v", what, got, want, err))
		}
	}
	expect("MaybeApplied", returningai.MaybeApplied(err), c.fault.applied && !c.op.ReadsOnly)
	expect("status", status, c.fault.status)
	if c.fault.class != nil {
		expect("class "+c.fault.class.Error(), errors.Is(err, c.fault.class), true)
	}
	expect("deadline of the caller", errors.Is(err, context.DeadlineExceeded), false)
	want := 1
	if again {
		want = maxAttempts
	}
	expect("attempts", attempts, want)
	if errors.Is(c.fault.class, returningai.ErrTimeout) {
		want = min(want, seen) // a slow machine may not get to read a request in time
	}
	if !c.op.Idempotent || c.fault.repeat == never {
		expect("requests", seen, min(want, 1))
	} else if seen < want || seen > 2*want { // net/http may replay each
		problems = append(problems, fmt.Sprintf("%d requests in %d attempts", seen, want))
	}
	return problems
}

// counted returns the status and the attempts of a failed call or message.
func counted(err error) (status, attempts int) {
	if failure, ok := errors.AsType[*returningai.Error](err); ok {
		return failure.StatusCode, failure.Attempts
	}
	if failure, ok := errors.AsType[*webhooks.SendError](err); ok {
		return failure.StatusCode, failure.Attempts
	}
	return -1, -1
}

// firstContact reports whether the call cannot know yet that the host speaks
// HTTP/2. On Go 1.26 it is then left in doubt, since net/http would replay it
// after a reset, too, that proves nothing. Warming up does not teach the sender.
func (c cell) firstContact() bool {
	unknown := !c.warm && c.fault.doubtful || c.warm && c.op.ID == "webhooks.send"
	return unknown && !c.op.Idempotent && strings.HasPrefix(runtime.Version(), "go1.26")
}

// flat reports whether a status stands inside a response of Secure Auth, whose
// envelope has none.
func (c cell) flat() bool {
	return c.op.Family == returningai.FamilyCommunityHost && strings.HasSuffix(c.fault.name, " inside")
}

// sentAgain reports whether the call is sent again.
func (c cell) sentAgain() bool {
	return c.fault.repeat == always || c.fault.repeat == idempotent && c.op.Idempotent
}

// newClient returns a client that finds every family at one address.
func newClient(t *testing.T, address string, transport *http.Transport, options ...returningai.Option) *returningai.Client {
	t.Helper()
	policy := returningai.DefaultRetryPolicy()
	policy.MaxAttempts, policy.MinWait, policy.MaxWait = maxAttempts, time.Microsecond, time.Millisecond
	client, err := returningai.New(append([]returningai.Option{
		returningai.WithBaseURL(returningai.FamilySystem, address), returningai.WithBaseURL(returningai.FamilyIntegration, address),
		returningai.WithBaseURL(returningai.FamilyApplication, address), returningai.WithCommunityHost(address),
		returningai.WithAPIKey(apiKey), returningai.WithBearer(bearerToken), returningai.WithRetryPolicy(policy),
		returningai.WithMaxResponseBytes(64 << 10),
		returningai.WithHTTPClient(&http.Client{Transport: transport}),
	}, options...)...)
	require.NoError(t, err)
	return client
}

func newTransport() *http.Transport {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = faults.ClientTLS()
	transport.ForceAttemptHTTP2 = true
	transport.MaxResponseHeaderBytes = 1 << 20
	return transport
}

func warmUp(t *testing.T, client *returningai.Client) {
	t.Helper()
	require.NoError(t, client.Call(t.Context(), returningai.CallParams{Family: returningai.FamilyIntegration, Method: http.MethodGet, Path: faults.WarmPath}, nil))
}

// witness keeps everything that a call shows: hooks, log and captured response.
type witness struct {
	mu       sync.Mutex
	texts    []string
	logged   bytes.Buffer
	captured returningai.Response
}

func (w *witness) options() []returningai.Option {
	return []returningai.Option{
		returningai.WithLogger(w.logger()),
		returningai.WithHooks(returningai.Hooks{
			Attempt: func(_ context.Context, info returningai.AttemptInfo) { w.note(info.Err) },
			Retry:   func(_ context.Context, info returningai.RetryInfo) { w.text(info.Reason) },
			Done:    func(_ context.Context, info returningai.DoneInfo) { w.note(info.Err) },
		}),
	}
}

func (w *witness) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(&w.logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func (w *witness) context(ctx context.Context) context.Context {
	return returningai.CaptureResponse(ctx, &w.captured)
}

func (w *witness) text(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.texts = append(w.texts, text)
}

// note keeps the texts of an error and of all that it gives out.
func (w *witness) note(err error) {
	if err == nil {
		return
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%q"} {
		w.text(fmt.Sprintf(format, err))
	}
	switch wrapped := err.(type) { //nolint:errorlint // it walks the tree
	case interface{ Unwrap() error }:
		w.note(wrapped.Unwrap())
	case interface{ Unwrap() []error }:
		for _, cause := range wrapped.Unwrap() {
			w.note(cause)
		}
	}
}

// leaks returns the secrets that were shown.
func (w *witness) leaks(err error) []string {
	w.note(err)
	w.text(w.logged.String())
	for _, text := range w.texts {
		for _, private := range []string{apiKey, bearerToken, hookSecret, secretMark, "://127.0.0.1"} {
			if strings.Contains(text, private) {
				return []string{fmt.Sprintf("shows %s: %.300s", private, text)}
			}
		}
	}
	if shown := fmt.Sprint(w.captured.Header) + string(w.captured.Body); strings.Contains(shown, apiKey) || strings.Contains(shown, bearerToken) {
		return []string{"the captured response shows a credential"}
	}
	return nil
}
