package webhooks_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/webhooks"
	"github.com/returningai/returningai-go/webhooks/webhookstest"
)

// TestNewRequest makes a request of what serverless platforms pass.
func TestNewRequest(t *testing.T) {
	t.Parallel()
	signed := webhookstest.Request(t, path, joined, sendStandard, sendKey)
	body, err := io.ReadAll(signed.Body)
	require.NoError(t, err)
	single, lists := map[string]string{}, map[string][]string{}
	for name, values := range signed.Header {
		single[strings.ToLower(name)] = values[0]
		lists[strings.ToUpper(name)] = values
	}
	receiver := newReceiver(t, acceptStandard, acceptKey, acceptURL, webhooks.WithEventKind("/a b", webhooks.KindUserVisitedServer))
	for name, request := range map[string]*http.Request{
		"single values, lower case": webhooks.NewRequest("POST", path, "secret="+urlKey, single, body),
		"lists, upper case":         webhooks.NewRequest("POST", path, "secret="+urlKey, lists, body),
		"an http.Header":            webhooks.NewRequest("POST", path, "secret="+urlKey, signed.Header, body),
	} {
		delivery, err := receiver.Parse(request)
		require.NoError(t, err, name)
		require.NotEmpty(t, delivery.ID)
	}
	_, err = receiver.Parse(webhooks.NewRequest("GET", path, "secret="+urlKey, single, body))
	require.ErrorIs(t, err, webhooks.ErrMethod)
	_, err = receiver.Parse(webhooks.NewRequest("POST", path, "", single, body))
	require.ErrorIs(t, err, webhooks.ErrMissingCredential)
	twice := map[string]string{"x-api-key": webhookstest.APIKey, "X-Api-Key": webhookstest.APIKey}
	_, err = newReceiver(t, acceptKey).Parse(webhooks.NewRequest("POST", path, "", twice, []byte("{}")))
	require.ErrorIs(t, err, webhooks.ErrMissingCredential, "once in either case")

	key := map[string]string{"x-api-key": webhookstest.APIKey}
	delivery, err := newReceiver(t, acceptKey, webhooks.WithEventKind("/a b", webhooks.KindUserVisitedServer)).
		Parse(webhooks.NewRequest("POST", "/a b", "", key, []byte("{}")))
	require.NoError(t, err)
	require.Equal(t, webhooks.KindUserVisitedServer, delivery.Event.Base().Kind)

	small := newReceiver(t, acceptKey, webhooks.WithMaxBodyBytes(10))
	_, err = small.Parse(webhooks.NewRequest("POST", path, "", key, []byte(`{"a":"bcd"}`)))
	require.ErrorIs(t, err, webhooks.ErrTooLarge)
	_, err = small.Parse(webhooks.NewRequest("POST", path, "", key, []byte(`{"a":"bc"}`)))
	require.NoError(t, err)
}

// TestRequestWithoutURL is parsed.
func TestRequestWithoutURL(t *testing.T) {
	t.Parallel()
	request := &http.Request{Method: http.MethodPost, Header: http.Header{"X-Api-Key": {webhookstest.APIKey}}, Body: io.NopCloser(strings.NewReader("{}"))}
	_, err := newReceiver(t, acceptKey).Parse(request)
	require.NoError(t, err)
	_, err = newReceiver(t, acceptURL).Parse(&http.Request{Method: http.MethodPost})
	require.ErrorIs(t, err, webhooks.ErrMissingCredential)
	odd := webhookstest.Request(t, path, joined, sendKey)
	odd.RequestURI = "no path"
	_, err = newReceiver(t, acceptKey).Parse(odd)
	require.NoError(t, err)
}

// TestDeliveryJSON carries a delivery through a queue, with each JSON package.
func TestDeliveryJSON(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, acceptStandard, acceptEncrypted(webhooks.AES256GCM), webhooks.AllowPlaintext(), webhooks.WithEventName("boarded", webhooks.KindUserJoinedServer))
	marshal := map[string]func(any) ([]byte, error){"encoding/json": json.Marshal, "v2": func(v any) ([]byte, error) { return jsonv2.Marshal(v) }}
	unmarshal := map[string]func([]byte, any) error{"encoding/json": json.Unmarshal, "v2": func(b []byte, v any) error { return jsonv2.Unmarshal(b, v) }}
	for _, body := range []string{
		string(joined), string(webhookstest.Body(webhooks.KindStoreItemPurchased)), `{"event":"boarded","user":{"id":7}}`,
		`{"event":"dragon_slain"}`, `[{}]`, `{}`, `{"event":"user_joins_server","username":"<&>"}`,
		"{\"event\":\"user_joins_server\",\"username\":\"caf\xe9\"}", `{"event":"user_joins_server","username":"\ud83d"}`,
		`{"event":"user_joins_server","username":"a","username":"b"}`,
	} {
		request := webhookstest.Request(t, path, json.RawMessage(`{}`), sendStandard)
		signBody(t, request, body)
		delivery, err := receiver.Parse(request)
		require.NoError(t, err, body)
		for writer, write := range marshal {
			for reader, read := range unmarshal {
				data, err := write(delivery)
				require.NoError(t, err, "%s %s", writer, body)
				var back webhooks.Delivery
				require.NoError(t, read(data, &back), "%s %s %s", writer, reader, data)
				require.Equal(t, delivery.ID, back.ID)
				require.Equal(t, delivery.DedupeKey, back.DedupeKey)
				require.Equal(t, delivery.Matches, back.Matches)
				require.True(t, delivery.Timestamp.Equal(back.Timestamp))
				require.IsType(t, delivery.Event, back.Event)
				require.Equal(t, delivery.Event.Base().Kind, back.Event.Base().Kind)
				require.Equal(t, delivery.Event.Base().Name, back.Event.Base().Name)
				if joined, ok := delivery.Event.(webhooks.UserJoinedServer); ok {
					require.Equal(t, joined.User, back.Event.(webhooks.UserJoinedServer).User)
				}
			}
		}
	}
	readable, err := receiver.Parse(webhookstest.Request(t, path, joined, sendStandard))
	require.NoError(t, err)
	data, err := json.Marshal(readable)
	require.NoError(t, err)
	require.Contains(t, string(data), `"event":{"event":"user_joins_server"`, "a queue shows it")
	_, err = json.Marshal(webhooks.Delivery{})
	require.ErrorContains(t, err, "it has no event")
	for _, data := range []string{`{}`, `{"event":7}`, `[]`, `{"eventRaw":"AA=="}`, `{"eventRaw":7}`, `{"event":{},"id":7}`} {
		require.Error(t, json.Unmarshal([]byte(data), &webhooks.Delivery{}), data)
	}

	// A delivery that comes back is dispatched once.
	calls := 0
	webhooks.On(receiver, func(context.Context, webhooks.UserJoinedServer) error { calls++; return nil })
	delivery, err := receiver.Parse(identified(t, "msg_1"))
	require.NoError(t, err)
	data, err = json.Marshal(delivery)
	require.NoError(t, err)
	for range 2 {
		var back webhooks.Delivery
		require.NoError(t, json.Unmarshal(data, &back))
		require.NoError(t, receiver.Dispatch(t.Context(), &back))
	}
	require.Equal(t, 1, calls)
}

// signBody replaces a body and its signature.
func signBody(t *testing.T, request *http.Request, body string) {
	t.Helper()
	key := "webhookstest-secret-of-32-bytes-"
	signed := request.Header.Get("Webhook-Id") + "." + request.Header.Get("Webhook-Timestamp") + "." + body
	webhookstest.SetBody(request, []byte(body))
	request.Header.Set("Webhook-Signature", "v1,"+base64MAC(key, signed))
}

// TestParseEvent types a body, and copies it.
func TestParseEvent(t *testing.T) {
	t.Parallel()
	raw := append([]byte(nil), joined...)
	event, err := webhooks.ParseEvent(raw)
	require.NoError(t, err)
	raw[2] = '!'
	require.Equal(t, "ada", event.(webhooks.UserJoinedServer).User.Username)
	require.Equal(t, string(joined), string(event.Base().Raw))
	for _, list := range []string{`[]`, `["a"]`, `["event","user_joins_server"]`} {
		event, err = webhooks.ParseEvent([]byte(list))
		require.NoError(t, err)
		require.IsType(t, webhooks.Unknown{}, event)
	}
	for _, body := range []string{"", "7", `"x"`, "{", "{}{}", "[] x", "{\"a\":1", "nul",
		`{"event":"us`, `{"event`, `{"event":"a",`, `{"event":"a","`, `{"event":"a",}`, `{"event":tru}`, `{"event":"\x"}`, `{"a":1]`, `["a"`, `["a"}`, `["a":"b"}`} {
		_, err := webhooks.ParseEvent([]byte(body))
		require.ErrorIs(t, err, webhooks.ErrMalformed, body)
	}
}

// TestFlush flushes through the middleware, in the way that older handlers do.
func TestFlush(t *testing.T) {
	t.Parallel()
	recorder, flushed := httptest.NewRecorder(), false
	newReceiver(t, acceptKey).Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if flusher, ok := w.(http.Flusher); ok {
			flusher.Flush()
			flushed = recorder.Flushed
		}
	})).ServeHTTP(recorder, webhookstest.Request(t, path, joined, sendKey))
	require.True(t, flushed)
	require.Equal(t, http.StatusOK, recorder.Code)
}

// TestMiddlewareStatus commits a delivery below 400, and releases it from there
// on. The status that was sent first counts.
func TestMiddlewareStatus(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{200: "Commit", 302: "Commit", 399: "Commit", 400: "Release", 401: "Release", 500: "Release"} {
		store := newScriptedStore(t)
		handler := newReceiver(t, acceptStandard, webhooks.WithDeduper(store)).Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			w.WriteHeader(http.StatusInternalServerError) // too late
		}))
		require.Equal(t, status, serveOnce(handler, identified(t, "msg_1")))
		require.Equal(t, []string{"Claim", want}, store.seen(), status)
	}
	write := func(w http.ResponseWriter) { _, _ = io.WriteString(w, "text") }
	flush := func(w http.ResponseWriter) { w.(http.Flusher).Flush() }
	fail := func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadRequest) }
	for name, one := range map[string]struct {
		first, second func(http.ResponseWriter)
		status        int
		want          string
	}{
		"400 after a body":  {write, fail, http.StatusOK, "Commit"},
		"a body after 400":  {fail, write, http.StatusBadRequest, "Release"},
		"400 after a flush": {flush, fail, http.StatusOK, "Commit"},
		"a flush after 400": {fail, flush, http.StatusBadRequest, "Release"},
	} {
		store := newScriptedStore(t)
		handler := newReceiver(t, acceptStandard, webhooks.WithDeduper(store)).Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			one.first(w)
			one.second(w)
		}))
		require.Equal(t, one.status, serveOnce(handler, identified(t, "msg_1")), name)
		require.Equal(t, []string{"Claim", one.want}, store.seen(), name)
	}
}

// TestBodyBounds reads as much as it may, well inside and outside the bound.
func TestBodyBounds(t *testing.T) {
	t.Parallel()
	const bound = 200_000
	receiver := newReceiver(t, acceptKey, webhooks.WithMaxBodyBytes(bound))
	for _, announced := range []bool{true, false} {
		for _, one := range []struct {
			size int
			want error
		}{{2, nil}, {1000, nil}, {70_000, nil}, {bound - 1, nil}, {bound, nil}, {bound + 1, webhooks.ErrTooLarge}, {2 * bound, webhooks.ErrTooLarge}, {10 * bound, webhooks.ErrTooLarge}} {
			text := "{" + strings.Repeat(" ", one.size-2) + "}"
			request := webhookstest.Request(t, path, joined, sendKey)
			webhookstest.SetBody(request, []byte(text))
			read := &countingReader{inner: strings.NewReader(text)}
			request.Body = io.NopCloser(read)
			if !announced {
				request.ContentLength = -1
			}
			delivery, err := receiver.Parse(request)
			require.ErrorIs(t, err, one.want, one.size)
			require.LessOrEqual(t, read.count, bound+1, "no more is read")
			if err == nil {
				require.Equal(t, text, string(delivery.Event.Base().Raw))
			}
		}
	}
	// A body that breaks off is not handled, even after a whole object.
	for _, text := range []string{"{}", "{", ""} {
		request := webhookstest.Request(t, path, joined, sendKey)
		request.Body = io.NopCloser(io.MultiReader(strings.NewReader(text), broken{}))
		_, err := receiver.Parse(request)
		require.ErrorIs(t, err, webhooks.ErrMalformed)
	}
}

type countingReader struct {
	inner io.Reader
	count int
}

func (r *countingReader) Read(data []byte) (int, error) {
	n, err := r.inner.Read(data)
	r.count += n
	return n, err
}

// TestSecretBounds accepts and refuses secrets to the byte.
func TestSecretBounds(t *testing.T) {
	t.Parallel()
	key := func(text string) webhooks.ReceiverOption {
		return webhooks.WithKeyHeader("X-Key", webhooks.NewSecret("", text))
	}
	for text, wrong := range map[string]string{
		strings.Repeat("k", 16):          "",
		strings.Repeat("k", 15):          "is shorter than 16 bytes",
		strings.Repeat("k", 1000):        "",
		"key-with-a-\x00-in-the-middle":  "holds a line break or a NUL",
		"key-with-a-nul-at-the-end\x00":  "holds a line break or a NUL",
		"key-with-a-return-\r-inside-it": "holds a line break or a NUL",
		"key with a space inside it":     "",
		"key-with-a-space-at-the-end ":   "starts or ends with white space",
	} {
		_, err := webhooks.NewReceiver(key(text))
		if wrong == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, wrong)
		}
	}
	standard := func(size int) webhooks.ReceiverOption {
		return webhooks.WithStandardWebhooks(webhooks.NewSecret("", "whsec_"+base64Of(strings.Repeat("k", size))))
	}
	_, err := webhooks.NewReceiver(standard(23))
	require.ErrorContains(t, err, "is shorter than 24 bytes")
	newReceiver(t, standard(24))
	for _, async := range []webhooks.Async{{Queue: 0, Workers: 1}, {Queue: 1, Workers: 0}, {Queue: -1, Workers: 1}, {}} {
		_, err := webhooks.NewReceiver(acceptKey, webhooks.WithAsync(async))
		require.ErrorContains(t, err, "Queue and Workers must be at least 1")
	}
	newReceiver(t, acceptKey, webhooks.WithAsync(webhooks.Async{Queue: 1, Workers: 1}))
	for _, tolerance := range []time.Duration{1, time.Second, 24 * time.Hour} {
		newReceiver(t, acceptKey, webhooks.WithTolerance(tolerance))
	}
}

// TestIDBounds takes ids of 1 to 256 printable characters.
func TestIDBounds(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, acceptStandard)
	for _, id := range []string{"x", "!", "~", strings.Repeat("i", 255), strings.Repeat("i", 256)} {
		delivery, err := receiver.Parse(identified(t, id))
		require.NoError(t, err)
		require.Equal(t, id, delivery.ID)
	}
	for _, id := range []string{"", " ", "a b", "a\x7f", "\x1f", strings.Repeat("i", 257), strings.Repeat("i", 300)} {
		request := identified(t, "x")
		request.Header.Set("Webhook-Id", id)
		key := "webhookstest-secret-of-32-bytes-"
		request.Header.Set("Webhook-Signature", "v1,"+base64MAC(key, id+"."+request.Header.Get("Webhook-Timestamp")+"."+string(joined)))
		_, err := receiver.Parse(request)
		require.ErrorIs(t, err, webhooks.ErrMissingCredential, id)
	}
}
