package returningai

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/returningai/returningai-go/internal/rest"
)

// Hooks are functions that are called as a call proceeds, for metrics and
// traces. Any of them may be nil. They run on the goroutine of the call and
// must be safe for concurrent use, as calls are. None of them is given an id,
// a query, a body or a credential.
type Hooks struct {
	// Start is called before anything else. The call goes on with the context
	// that it returns, so that spans nest; returning nil keeps the given one.
	Start func(ctx context.Context, call CallInfo) context.Context
	// Attempt is called after every attempt.
	Attempt func(ctx context.Context, attempt AttemptInfo)
	// Retry is called before the wait for another attempt.
	Retry func(ctx context.Context, retry RetryInfo)
	// Done is called once, when the outcome of the call is known.
	Done func(ctx context.Context, done DoneInfo)
}

// CallInfo says which operation a call performs.
type CallInfo struct {
	Operation  string // id of the operation, "" for [Client.Call]
	Family     Family
	Method     string // HTTP method
	Route      string // path template, "" for [Client.Call]
	Idempotent bool
}

// AttemptInfo says what an attempt came to.
type AttemptInfo struct {
	Call       CallInfo
	Number     int // 1 for the first
	StatusCode int // 0 when there was no answer
	Duration   time.Duration
	Err        error // nil when there was an answer, of whatever status
}

// RetryInfo says why and when a call is attempted again.
type RetryInfo struct {
	Call    CallInfo
	Attempt int           // number of the attempt that failed
	Wait    time.Duration // until the next one
	Reason  string        // such as "status" or "nothing was sent"
}

// DoneInfo says what a call came to.
type DoneInfo struct {
	Call       CallInfo
	Attempts   int
	StatusCode int // of the last answer, 0 when there was none
	RequestID  string
	Duration   time.Duration
	Err        error // an [*Error], or nil
}

// Response is what [CaptureResponse] captures of a call.
type Response struct {
	// StatusCode is the HTTP status of the last answer, 0 when there was none.
	StatusCode int
	// Header is the header of the last answer, without cookies and without the
	// client's credentials.
	Header http.Header
	// RequestID is the id that the server gave the last answer, if any.
	RequestID string
	// Attempts counts the requests that were tried.
	Attempts int
}

// CaptureResponse returns a context under which a call stores what its last
// answer was in response, whether the call succeeds or not:
//
//	var response returningai.Response
//	channels, err := client.Integration.Channels.List(returningai.CaptureResponse(ctx, &response))
//
// Give every call a response of its own: read it when the call has returned. A
// nil response captures nothing.
func CaptureResponse(ctx context.Context, response *Response) context.Context {
	if response == nil {
		return ctx
	}
	return context.WithValue(ctx, captureKey{}, &capture{response: response})
}

type captureKey struct{}

type capture struct {
	mu       sync.Mutex // calls that share a context by mistake must not race
	response *Response
}

func (c *capture) store(response Response) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*c.response = response
}

// observer tells the hooks, the logger and the capture of one call.
type observer struct {
	hooks  []Hooks
	logger *slog.Logger
	info   CallInfo
	began  time.Time
}

func newObserver(settings *settings, op *rest.Operation) *observer {
	info := CallInfo{
		Operation: op.ID, Family: Family(op.Family), Method: op.Method,
		Idempotent: op.Idempotent,
	}
	if op.ID != "" {
		info.Route = op.RoutePath()
	}
	return &observer{hooks: settings.hooks, logger: settings.logger, info: info, began: time.Now()}
}

func (o *observer) start(ctx context.Context) context.Context {
	for _, hooks := range o.hooks {
		if hooks.Start == nil {
			continue
		}
		if started := hooks.Start(ctx, o.info); started != nil {
			ctx = started
		}
	}
	return ctx
}

func (o *observer) attempt(ctx context.Context, attempt AttemptInfo) {
	attempt.Call = o.info
	for _, hooks := range o.hooks {
		if hooks.Attempt != nil {
			hooks.Attempt(ctx, attempt)
		}
	}
}

func (o *observer) retry(ctx context.Context, retry RetryInfo) {
	retry.Call = o.info
	for _, hooks := range o.hooks {
		if hooks.Retry != nil {
			hooks.Retry(ctx, retry)
		}
	}
	if o.logger != nil {
		o.logger.LogAttrs(ctx, slog.LevelInfo, "returningai: trying again", append(o.attributes(),
			slog.Int("http.request.resend_count", retry.Attempt),
			slog.Duration("wait", retry.Wait),
			slog.String("reason", retry.Reason))...)
	}
}

func (o *observer) done(ctx context.Context, done DoneInfo) {
	done.Call, done.Duration = o.info, time.Since(o.began)
	for _, hooks := range o.hooks {
		if hooks.Done != nil {
			hooks.Done(ctx, done)
		}
	}
	if o.logger == nil {
		return
	}
	level, attributes := slog.LevelDebug, append(o.attributes(),
		slog.Int("http.response.status_code", done.StatusCode),
		slog.Int("http.request.resend_count", max(done.Attempts-1, 0)),
		slog.Duration("duration", done.Duration))
	if done.Err != nil {
		level = slog.LevelWarn
		attributes = append(attributes, slog.String("error.type", errorType(done.Err)))
	}
	o.logger.LogAttrs(ctx, level, "returningai: call done", attributes...)
}

func (o *observer) attributes() []slog.Attr {
	return []slog.Attr{
		slog.String("returningai.operation", o.info.Operation),
		slog.String("returningai.family", string(o.info.Family)),
		slog.String("http.request.method", o.info.Method),
		slog.String("url.template", o.info.Route),
	}
}

// errorType names the category of an error, as the attribute error.type wants
// it: a word of a small set.
func errorType(err error) string {
	for _, category := range []error{
		ErrNoCredential, ErrRetryAfterTooLong, ErrUnauthorized, ErrForbidden, ErrNotFound, ErrConflict,
		ErrInvalid, ErrRateLimited, ErrServer, ErrRedirect, ErrUnexpectedResponse, ErrTimeout,
		context.Canceled, context.DeadlineExceeded,
	} {
		if errors.Is(err, category) {
			return category.Error()
		}
	}
	return "other"
}
