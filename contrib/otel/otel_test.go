package returningaiotel_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/returningai/returningai-go"
	returningaiotel "github.com/returningai/returningai-go/contrib/otel"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/webhooks"
	"github.com/returningai/returningai-go/webhooks/webhookstest"
)

// recorder keeps spans and metrics in memory.
type recorder struct {
	spans     *tracetest.InMemoryExporter
	tracers   *sdktrace.TracerProvider
	reader    *metric.ManualReader
	telemetry *returningaiotel.Telemetry
}

func newRecorder(t *testing.T) *recorder {
	t.Helper()
	spans, reader := tracetest.NewInMemoryExporter(), metric.NewManualReader()
	r := &recorder{spans: spans, tracers: sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans)), reader: reader}
	telemetry, err := returningaiotel.New(
		returningaiotel.WithTracerProvider(r.tracers),
		returningaiotel.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(reader))),
	)
	require.NoError(t, err)
	r.telemetry = telemetry
	return r
}

func (r *recorder) client(srv *returningaitest.Server) *returningai.Client {
	policy := returningai.DefaultRetryPolicy()
	policy.MinWait, policy.MaxWait = time.Microsecond, time.Millisecond
	return srv.Client(append(r.telemetry.Options(), returningai.WithRetryPolicy(policy))...)
}

// attributes returns the attributes of a span by their names.
func attributes(list []attribute.KeyValue) map[string]any {
	found := map[string]any{}
	for _, pair := range list {
		found[string(pair.Key)] = pair.Value.AsInterface()
	}
	return found
}

const userID = "1101"

func badge(srv *returningaitest.Server) string { return srv.Badges()[0].ID }

func TestSpansOfACall(t *testing.T) {
	t.Parallel()
	srv, r := returningaitest.NewServer(t), newRecorder(t)
	ctx, parent := r.tracers.Tracer("test").Start(t.Context(), "parent")
	_, err := r.client(srv).System.Badges.Award(ctx, badge(srv), userID)
	require.NoError(t, err)
	parent.End()

	spans := r.spans.GetSpans()
	require.Len(t, spans, 3)
	attempt, call := spans[0], spans[1]
	require.Equal(t, "system.badges.award", call.Name)
	require.Equal(t, trace.SpanKindInternal, call.SpanKind)
	require.Equal(t, parent.SpanContext().SpanID(), call.Parent.SpanID())
	require.Equal(t, map[string]any{
		"returningai.operation": "system.badges.award", "returningai.family": "system", "returningai.request_id": "fake-1",
	}, attributes(call.Attributes))

	require.Equal(t, "POST /badges/{id}/award", attempt.Name)
	require.Equal(t, trace.SpanKindClient, attempt.SpanKind)
	require.Equal(t, call.SpanContext.SpanID(), attempt.Parent.SpanID())
	found := attributes(attempt.Attributes)
	require.Positive(t, found["server.port"])
	delete(found, "server.port")
	require.Equal(t, map[string]any{
		"http.request.method": "POST", "url.template": "/badges/{id}/award", "server.address": "127.0.0.1",
		"http.response.status_code": int64(200),
	}, found)
	require.Equal(t, fmt.Sprintf("00-%s-%s-01", attempt.SpanContext.TraceID(), attempt.SpanContext.SpanID()),
		srv.Requests()[0].Header.Get("traceparent"), "the trace reaches the server")
}

func TestSpansOfRetriesAndFailures(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		faults   []returningaitest.Fault
		attempts []string // error.type of each, "" for none
		failure  string   // error.type of the call
	}{
		"retried": {[]returningaitest.Fault{{Response: returningaitest.Status(503)}}, []string{"503", ""}, ""},
		"lost response, retried": {
			[]returningaitest.Fault{{Response: returningaitest.CutBeforeResponse()}}, []string{"_OTHER", ""}, "",
		},
		"refused": {[]returningaitest.Fault{{Response: returningaitest.Status(403)}}, []string{"403"}, "403"},
		"attempts used up": {
			[]returningaitest.Fault{{Response: returningaitest.Status(503), Times: 3}}, []string{"503", "503", "503"}, "503",
		},
		"HTML": {[]returningaitest.Fault{{Response: returningaitest.HTML(200)}}, []string{""}, "unexpected_response"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv, r := returningaitest.NewServer(t), newRecorder(t)
			srv.Inject(test.faults...)
			_, err := r.client(srv).System.Badges.List(t.Context())
			spans := r.spans.GetSpans()
			require.Len(t, spans, len(test.attempts)+1)
			call := spans[len(spans)-1]
			require.Len(t, call.Events, len(test.attempts)-1, "one for each retry")
			for i, want := range test.attempts {
				found := attributes(spans[i].Attributes)
				if want == "" {
					require.NotContains(t, found, "error.type")
					require.Equal(t, codes.Unset, spans[i].Status.Code)
				} else {
					require.Equal(t, want, found["error.type"])
					require.Equal(t, codes.Error, spans[i].Status.Code)
				}
				if i == 0 {
					require.NotContains(t, found, "http.request.resend_count")
				} else {
					require.EqualValues(t, i, found["http.request.resend_count"])
				}
			}
			if test.failure == "" {
				require.NoError(t, err)
				require.Equal(t, codes.Unset, call.Status.Code)
				return
			}
			require.Equal(t, err.Error(), call.Status.Description)
			require.Equal(t, test.failure, attributes(call.Attributes)["error.type"])
			require.Equal(t, false, attributes(call.Attributes)["returningai.maybe_applied"])
		})
	}
}

func TestCallRefusedBeforeSending(t *testing.T) {
	t.Parallel()
	r := newRecorder(t)
	client, err := returningai.New(r.telemetry.Options()...)
	require.NoError(t, err)
	_, err = client.System.Badges.List(t.Context())
	require.ErrorIs(t, err, returningai.ErrNoCredential)
	spans := r.spans.GetSpans()
	require.Len(t, spans, 1)
	require.Equal(t, "no_credential", attributes(spans[0].Attributes)["error.type"])
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	srv, r := returningaitest.NewServer(t), newRecorder(t)
	srv.Inject(returningaitest.Fault{Response: returningaitest.Status(503)})
	_, err := r.client(srv).System.Badges.List(t.Context())
	require.NoError(t, err)
	var collected metricdata.ResourceMetrics
	require.NoError(t, r.reader.Collect(t.Context(), &collected))
	counts := map[string]uint64{}
	for _, scope := range collected.ScopeMetrics {
		for _, instrument := range scope.Metrics {
			require.Equal(t, "s", instrument.Unit)
			histogram, ok := instrument.Data.(metricdata.Histogram[float64])
			require.True(t, ok)
			for _, point := range histogram.DataPoints {
				found := attributes(point.Attributes.ToSlice())
				counts[fmt.Sprint(instrument.Name, " ", found["http.response.status_code"], " ", found["url.template"], found["returningai.operation"])] += point.Count
			}
		}
	}
	require.Equal(t, map[string]uint64{
		"http.client.request.duration 503 /badges<nil>":                  1,
		"http.client.request.duration 200 /badges<nil>":                  1,
		"returningai.client.call.duration <nil> <nil>system.badges.list": 1,
	}, counts)
}

// TestOtelhttpAloneRecordsURLs shows why this package exists: the usual transport
// records the full URL, with the ids in it.
func TestOtelhttpAloneRecordsURLs(t *testing.T) {
	t.Parallel()
	srv, r := returningaitest.NewServer(t), newRecorder(t)
	ids := badge(srv)
	plain := srv.Client(returningai.WithHTTPClient(&http.Client{
		Transport: otelhttp.NewTransport(http.DefaultTransport, otelhttp.WithTracerProvider(r.tracers)),
	}))
	_, err := plain.System.Badges.Award(t.Context(), ids, userID)
	require.NoError(t, err)
	require.Contains(t, attributes(r.spans.GetSpans()[0].Attributes)["url.full"], ids)

	r.spans.Reset()
	client := r.client(srv)
	_, err = client.System.Badges.Award(t.Context(), ids, userID)
	require.NoError(t, err)
	_, err = client.System.Roles.ListByUser(t.Context(), "4711")
	require.Error(t, err)
	err = client.Call(t.Context(), returningai.CallParams{Family: returningai.FamilySystem, Method: "GET", Path: "/x/4711?user=4711"}, nil)
	require.Error(t, err)
	var shown string // without ids and times of spans, whose digits may be any
	for _, span := range r.spans.GetSpans() {
		shown += fmt.Sprint(span.Name, span.Attributes, span.Status, span.Events)
	}
	for _, secret := range []string{ids, userID, "4711", srv.APIKey(), "url.full"} {
		require.NotContains(t, shown, secret)
	}
}

// TestDeliveryContinuesTrace lets a callback make a call.
func TestDeliveryContinuesTrace(t *testing.T) {
	t.Parallel()
	srv, r := returningaitest.NewServer(t), newRecorder(t)
	receiver, err := webhooks.NewReceiver(webhooks.WithKeyHeader(webhooks.APIKeyHeader, webhooks.NewSecret("test", webhookstest.APIKey)))
	require.NoError(t, err)
	client := r.client(srv)
	webhooks.On(receiver, func(ctx context.Context, event webhooks.MessagePosted) error {
		return client.Integration.Messages.Send(ctx, integration.SendMessageParams{ChannelID: srv.Channels()[0].ID, Message: "hi", Sender: "bot"})
	})
	mux := http.NewServeMux()
	mux.Handle("POST /hooks/{name}", r.telemetry.Handler(receiver))

	const traceID, spanID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	deliver := func(path, key string) int {
		request, err := webhookstest.NewRequest("http://localhost"+path, webhookstest.Body(webhooks.KindMessagePostedAnywhere), webhooks.WithAPIKey(key))
		require.NoError(t, err)
		request.Header.Set("traceparent", "00-"+traceID+"-"+spanID+"-01")
		recorder := httptest.NewRecorder()
		mux.ServeHTTP(recorder, request)
		return recorder.Code
	}
	require.Equal(t, http.StatusOK, deliver("/hooks/a-secret-name?key=secret", webhookstest.APIKey))
	spans := r.spans.GetSpans()
	require.Len(t, spans, 3, "attempt, call, delivery")
	delivery := spans[2]
	require.Equal(t, "POST /hooks/{name}", delivery.Name)
	require.Equal(t, trace.SpanKindServer, delivery.SpanKind)
	require.Equal(t, spanID, delivery.Parent.SpanID().String())
	require.Equal(t, map[string]any{
		"http.request.method": "POST", "http.route": "/hooks/{name}", "http.response.status_code": int64(200),
	}, attributes(delivery.Attributes))
	for _, span := range spans {
		require.Equal(t, traceID, span.SpanContext.TraceID().String())
	}

	r.spans.Reset()
	srv.Inject(returningaitest.Fault{Response: returningaitest.Status(403)})
	require.Equal(t, http.StatusInternalServerError, deliver("/hooks/x", webhookstest.APIKey))
	failed := r.spans.GetSpans()[2]
	require.Equal(t, codes.Error, failed.Status.Code)
	require.Equal(t, "500", attributes(failed.Attributes)["error.type"])

	r.spans.Reset()
	require.Equal(t, http.StatusUnauthorized, deliver("/hooks/x", "not the key, and long enough"))
	require.Equal(t, codes.Unset, r.spans.GetSpans()[0].Status.Code, "the sender's fault")
}
