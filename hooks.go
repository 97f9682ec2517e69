package returningai

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/returningai/returningai-go/internal/transport"
)

// Hooks are functions that are called during a call, for metrics and traces.
// Any of them may be nil. They run on the goroutine of the call and must be
// safe for concurrent use, as calls are. No hook gets an id, a query, a body or
// a credential.
type Hooks struct {
	// Start is called first. The call goes on with the context that it returns,
	// so that spans nest; returning nil keeps the given one.
	Start func(ctx context.Context, call CallInfo) context.Context
	// Attempt is called after each attempt.
	Attempt func(ctx context.Context, attempt AttemptInfo)
	// Retry is called before the wait for another attempt.
	Retry func(ctx context.Context, retry RetryInfo)
	// Done is called once, at the end of the call.
	Done func(ctx context.Context, done DoneInfo)
}

// CallInfo describes the operation of a call.
type CallInfo struct {
	Operation  string // id, such as [OperationSystemBadgesAward], or "" for [Client.Call]
	Family     Family
	Method     string // HTTP method
	Route      string // path template, "" for [Client.Call]
	Idempotent bool
}

// AttemptInfo describes the outcome of an attempt.
type AttemptInfo struct {
	Call       CallInfo
	Number     int // 1 for the first
	StatusCode int // 0 without a response
	Duration   time.Duration
	Err        error // nil with a response, of whatever status
}

// RetryInfo describes a retry, before its wait.
type RetryInfo struct {
	Call    CallInfo
	Attempt int           // number of the attempt that failed
	Wait    time.Duration // until the next one
	Reason  string        // such as "status" or "nothing was sent"
}

// DoneInfo describes the outcome of a call.
type DoneInfo struct {
	Call       CallInfo
	Attempts   int
	StatusCode int // of the last response, 0 without one
	RequestID  string
	Duration   time.Duration
	Err        error // an [*Error], or nil
}

// Response is the last response of a call, for [CaptureResponse].
type Response struct {
	// StatusCode is the HTTP status of the last response, 0 without one.
	StatusCode int
	// Header is the header of the last response, without cookies and without
	// the client's credentials.
	Header http.Header
	// Body is the body of the last response, cut to 1 MiB, without the client's
	// credentials. It is empty for operations whose response holds a secret.
	Body []byte
	// RequestID is the id that the server gave the last request, if any.
	RequestID string
	// Attempts counts the requests that were tried.
	Attempts int
}

// capturedBody is how many bytes of a body CaptureResponse keeps.
const capturedBody = 1 << 20

// CaptureResponse returns a context under which a call stores its last response
// in response, whether the call succeeds or fails:
//
//	var response returningai.Response
//	channels, err := client.Integration.Channels.List(returningai.CaptureResponse(ctx, &response))
//
// Give each call a response of its own, and read it when the call has returned.
// A nil response captures nothing.
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

// captureOf returns the capture of a context, or nil.
func captureOf(ctx context.Context) *capture {
	captured, _ := ctx.Value(captureKey{}).(*capture)
	return captured
}

// watched reports whether hooks or a logger watch the call.
func (c *call) watched() bool { return len(c.core.config.hooks) > 0 || c.core.config.logger != nil }

func (c *call) info() CallInfo {
	info := CallInfo{
		Operation: c.op.ID, Family: Family(c.op.Family), Method: c.op.Method,
		Idempotent: c.op.Idempotent,
	}
	if c.op.ID != "" {
		info.Route = c.op.RoutePath()
	}
	return info
}

// started calls the Start hooks.
func (c *call) started(ctx context.Context) context.Context {
	if !c.watched() {
		return ctx
	}
	c.began = time.Now()
	for _, hooks := range c.core.config.hooks {
		if hooks.Start == nil {
			continue
		}
		if started := hooks.Start(ctx, c.info()); started != nil {
			ctx = started
		}
	}
	return ctx
}

// Attempted implements [transport.Observer].
func (c *call) Attempted(ctx context.Context, attempt transport.AttemptInfo) {
	for _, hooks := range c.core.config.hooks {
		if hooks.Attempt != nil {
			hooks.Attempt(ctx, AttemptInfo{
				Call: c.info(), Number: attempt.Number, StatusCode: attempt.Status,
				Duration: attempt.Duration, Err: attempt.Err,
			})
		}
	}
}

// Retrying implements [transport.Observer].
func (c *call) Retrying(ctx context.Context, retry transport.RetryInfo) {
	for _, hooks := range c.core.config.hooks {
		if hooks.Retry != nil {
			hooks.Retry(ctx, RetryInfo{Call: c.info(), Attempt: retry.Attempt, Wait: retry.Wait, Reason: string(retry.Reason)})
		}
	}
	c.log(ctx, slog.LevelInfo, "returningai: retrying", func() []slog.Attr {
		return []slog.Attr{
			slog.Int("http.request.resend_count", retry.Attempt),
			slog.Duration("wait", retry.Wait),
			slog.String("reason", string(retry.Reason)),
		}
	})
}

// done tells capture, hooks and logger of the outcome, and returns the error of
// the call. A call that was refused has no result.
func (c *call) done(ctx context.Context, result *transport.Result, failure *Error) error {
	if captured := captureOf(ctx); captured != nil {
		captured.store(newResponse(result))
	}
	if c.watched() {
		done := DoneInfo{Call: c.info(), Duration: time.Since(c.began)}
		if result != nil {
			done.Attempts, done.StatusCode, done.RequestID = result.Attempts, result.Status(), result.RequestID()
		}
		if failure != nil {
			done.Err = failure
		}
		c.tell(ctx, done)
	}
	if failure == nil {
		return nil // not a typed nil
	}
	return failure
}

func newResponse(result *transport.Result) Response {
	if result == nil {
		return Response{}
	}
	return Response{
		StatusCode: result.Status(), Header: result.Header(), Body: bytes.Clone(result.Body(capturedBody)),
		RequestID: result.RequestID(), Attempts: result.Attempts,
	}
}

func (c *call) tell(ctx context.Context, done DoneInfo) {
	for _, hooks := range c.core.config.hooks {
		if hooks.Done != nil {
			hooks.Done(ctx, done)
		}
	}
	level := slog.LevelDebug
	if done.Err != nil {
		level = slog.LevelWarn
	}
	c.log(ctx, level, "returningai: call done", func() []slog.Attr {
		attributes := []slog.Attr{
			slog.Int("http.response.status_code", done.StatusCode),
			slog.Int("http.request.resend_count", max(done.Attempts-1, 0)),
			slog.Duration("duration", done.Duration),
		}
		if done.RequestID != "" {
			attributes = append(attributes, slog.String("returningai.request_id", done.RequestID))
		}
		if done.Err != nil {
			attributes = append(attributes,
				slog.String("error.type", errorType(done.Err)), slog.String("error.message", done.Err.Error()))
		}
		return attributes
	})
}

// log writes a record, unless the logger would discard it.
func (c *call) log(ctx context.Context, level slog.Level, message string, attributes func() []slog.Attr) {
	logger := c.core.config.logger
	if logger == nil || !logger.Enabled(ctx, level) {
		return
	}
	info := c.info()
	logger.LogAttrs(ctx, level, message, append([]slog.Attr{ //nolint:sloglint // both callers give a constant
		slog.String("returningai.operation", info.Operation),
		slog.String("returningai.family", string(info.Family)),
		slog.String("http.request.method", info.Method),
		slog.String("url.template", info.Route),
	}, attributes()...)...)
}

// errorType names the category of an error, for the attribute error.type: one of
// a small set of words.
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
