// Package returningaiotel records the calls of a client, and the webhooks that
// arrive, with OpenTelemetry:
//
//	telemetry, err := returningaiotel.New()
//	client, err := returningai.New(append(telemetry.Options(), returningai.FromEnv())...)
//	http.Handle("POST /hooks/returningai", telemetry.Handler(receiver))
//
// A call is a span named after its operation, as in system.badges.award. Each
// attempt of it is a client span below that, named after method and route
// template. Names and attributes follow the conventions for HTTP, with one
// exception: url.full is never recorded, since URLs hold ids. No id, query, header
// or body is recorded, and errors are the client's own texts, which show none.
//
// The metrics are http.client.request.duration, of the attempts, and
// returningai.client.call.duration, of the calls with their waits.
package returningaiotel

import (
	"context"
	"net/http"
	"strconv"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/returningai/returningai-go"
)

const scope = "github.com/returningai/returningai-go/contrib/otel"

// Telemetry records calls and webhooks. Make it with [New]. It is safe for
// concurrent use.
type Telemetry struct {
	tracer     trace.Tracer
	propagator propagation.TextMapPropagator
	requests   metric.Float64Histogram
	calls      metric.Float64Histogram
}

// Option configures [New].
type Option func(*config)

type config struct {
	tracers    trace.TracerProvider
	meters     metric.MeterProvider
	propagator propagation.TextMapPropagator
}

// WithTracerProvider sets where spans go. The default is the global provider.
func WithTracerProvider(provider trace.TracerProvider) Option {
	return func(c *config) { c.tracers = provider }
}

// WithMeterProvider sets where metrics go. The default is the global provider.
func WithMeterProvider(provider metric.MeterProvider) Option {
	return func(c *config) { c.meters = provider }
}

// WithPropagator sets how a trace travels in headers. The default is the header
// traceparent of the W3C.
func WithPropagator(propagator propagation.TextMapPropagator) Option {
	return func(c *config) { c.propagator = propagator }
}

// New returns what records. It fails if the meter refuses the instruments.
func New(options ...Option) (*Telemetry, error) {
	settings := config{otel.GetTracerProvider(), otel.GetMeterProvider(), propagation.TraceContext{}}
	for _, option := range options {
		option(&settings)
	}
	version := returningai.Version
	meter := settings.meters.Meter(scope, metric.WithInstrumentationVersion(version))
	requests, err := meter.Float64Histogram("http.client.request.duration", metric.WithUnit("s"),
		metric.WithDescription("Duration of HTTP client requests."), metric.WithExplicitBucketBoundaries(buckets...))
	if err != nil {
		return nil, err
	}
	calls, err := meter.Float64Histogram("returningai.client.call.duration", metric.WithUnit("s"),
		metric.WithDescription("Duration of calls, with their retries and waits."), metric.WithExplicitBucketBoundaries(buckets...))
	return &Telemetry{
		tracer:     settings.tracers.Tracer(scope, trace.WithInstrumentationVersion(version)),
		propagator: settings.propagator, requests: requests, calls: calls,
	}, err
}

// buckets are those that the conventions advise for durations of requests.
var buckets = []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}

// Options returns the options that make a client record its calls and send its
// traces on.
func (t *Telemetry) Options() []returningai.Option {
	return []returningai.Option{
		returningai.WithHooks(returningai.Hooks{Start: t.start, Attempt: t.attempt, Retry: retry, Done: t.done}),
		returningai.WithMiddleware(t.middleware),
	}
}

// call is what the hooks and the middleware of a call share. Its attempts are made
// one after the other.
type call struct {
	info    returningai.CallInfo
	attempt trace.Span // nil while none is under way
	server  []attribute.KeyValue
}

type callKey struct{}

func callOf(ctx context.Context) *call {
	found, _ := ctx.Value(callKey{}).(*call)
	return found
}

func (t *Telemetry) start(ctx context.Context, info returningai.CallInfo) context.Context {
	ctx, _ = t.tracer.Start(ctx, operation(info), trace.WithAttributes(
		attribute.String("returningai.operation", operation(info)),
		attribute.String("returningai.family", string(info.Family)),
	))
	return context.WithValue(ctx, callKey{}, &call{info: info})
}

// operation names a call, also one of [returningai.Client.Call].
func operation(info returningai.CallInfo) string {
	if info.Operation == "" {
		return "returningai.call"
	}
	return info.Operation
}

// middleware starts the span of an attempt and puts it into the request. The hook
// for attempts ends it, when the response was read.
func (t *Telemetry) middleware(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		current := callOf(request.Context())
		if current == nil {
			return next.RoundTrip(request)
		}
		current.server = serverOf(request)
		ctx, span := t.tracer.Start(request.Context(), spanName(current.info), trace.WithSpanKind(trace.SpanKindClient),
			trace.WithAttributes(append(requestAttributes(current.info), current.server...)...))
		current.attempt = span
		request = request.Clone(request.Context()) // the context must stay
		t.propagator.Inject(ctx, propagation.HeaderCarrier(request.Header))
		return next.RoundTrip(request)
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

// spanName is the method and the route template, as the conventions want it.
func spanName(info returningai.CallInfo) string {
	if info.Route == "" {
		return info.Method
	}
	return info.Method + " " + info.Route
}

func requestAttributes(info returningai.CallInfo) []attribute.KeyValue {
	attributes := []attribute.KeyValue{attribute.String("http.request.method", info.Method)}
	if info.Route != "" {
		attributes = append(attributes, attribute.String("url.template", info.Route))
	}
	return attributes
}

func serverOf(request *http.Request) []attribute.KeyValue {
	port, err := strconv.Atoi(request.URL.Port())
	if err != nil {
		port = map[string]int{"http": 80, "https": 443}[request.URL.Scheme]
	}
	return []attribute.KeyValue{attribute.String("server.address", request.URL.Hostname()), attribute.Int("server.port", port)}
}

func (t *Telemetry) attempt(ctx context.Context, info returningai.AttemptInfo) {
	current := callOf(ctx)
	if current == nil || current.attempt == nil {
		return // it never reached the middleware: nothing was sent
	}
	outcome := responseAttributes(info.StatusCode, info.Err)
	span := current.attempt
	current.attempt = nil
	span.SetAttributes(outcome...)
	if info.Number > 1 {
		span.SetAttributes(attribute.Int("http.request.resend_count", info.Number-1))
	}
	if info.Err != nil || info.StatusCode >= http.StatusBadRequest {
		span.SetStatus(codes.Error, "")
	}
	span.End()
	attributes := append(append(requestAttributes(info.Call), current.server...), outcome...)
	t.requests.Record(ctx, info.Duration.Seconds(), metric.WithAttributes(attributes...))
}

// retry marks the wait before another attempt.
func retry(ctx context.Context, info returningai.RetryInfo) {
	trace.SpanFromContext(ctx).AddEvent("retry", trace.WithAttributes(
		attribute.String("returningai.retry.reason", info.Reason),
		attribute.Float64("returningai.retry.wait", info.Wait.Seconds()),
	))
}

func (t *Telemetry) done(ctx context.Context, info returningai.DoneInfo) {
	span := trace.SpanFromContext(ctx)
	attributes := []attribute.KeyValue{attribute.String("returningai.operation", operation(info.Call))}
	if info.Err != nil {
		attributes = append(attributes, errorType(info.StatusCode, info.Err))
		span.SetAttributes(attributes[1:]...)
		span.SetAttributes(attribute.Bool("returningai.maybe_applied", returningai.MaybeApplied(info.Err)))
		span.SetStatus(codes.Error, info.Err.Error())
	}
	if info.RequestID != "" {
		span.SetAttributes(attribute.String("returningai.request_id", info.RequestID))
	}
	span.End()
	t.calls.Record(ctx, info.Duration.Seconds(), metric.WithAttributes(attributes...))
}

func responseAttributes(status int, err error) []attribute.KeyValue {
	var attributes []attribute.KeyValue
	if status != 0 {
		attributes = append(attributes, attribute.Int("http.response.status_code", status))
	}
	if err != nil || status >= http.StatusBadRequest {
		attributes = append(attributes, errorType(status, err))
	}
	return attributes
}
