package returningaiotel

import (
	"net/http"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Handler records the deliveries to a handler, such as a webhooks.Receiver, as
// server spans. If a delivery has a traceparent header, its span continues that
// trace, and the calls that a callback makes with its context are part of it.
//
// The header is read before the delivery is verified: anybody can name a trace. The
// path and the query are not recorded, since they may hold a secret; the route is
// that of an http.ServeMux.
func (t *Telemetry) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		ctx := t.propagator.Extract(request.Context(), propagation.HeaderCarrier(request.Header))
		name, attributes := request.Method, []attribute.KeyValue{attribute.String("http.request.method", request.Method)}
		if route := routeOf(request.Pattern); route != "" {
			name += " " + route
			attributes = append(attributes, attribute.String("http.route", route))
		}
		ctx, span := t.tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(attributes...))
		defer span.End()
		response := &responseWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(response, request.WithContext(ctx))
		span.SetAttributes(attribute.Int("http.response.status_code", response.status))
		if response.status >= http.StatusInternalServerError {
			span.SetAttributes(attribute.String("error.type", strconv.Itoa(response.status)))
			span.SetStatus(codes.Error, "")
		}
	})
}

// routeOf returns the path of a pattern such as "POST example.com/hooks/{name}".
func routeOf(pattern string) string {
	return pattern[max(strings.Index(pattern, "/"), 0):]
}

// responseWriter notes the status.
type responseWriter struct {
	http.ResponseWriter

	status int
}

func (w *responseWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for [http.ResponseController].
func (w *responseWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
