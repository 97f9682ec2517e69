package console_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/returningaitest/console"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake is a server with a console.
type fake struct {
	*returningaitest.Server

	origin string
}

func newFake(t *testing.T, pages func(*returningaitest.Server) http.Handler, options ...returningaitest.Option) fake {
	t.Helper()
	srv := returningaitest.NewServer(t, append(options, returningaitest.WithAddress("127.0.0.1:0"), returningaitest.WithPages(pages))...)
	return fake{srv, srv.URL(returningaitest.CommunityHost)}
}

// do sends a request to the console and returns the status and the body.
func (f fake) do(t *testing.T, method, path, body string, header http.Header) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, f.origin+path, strings.NewReader(body))
	require.NoError(t, err)
	request.Header = header.Clone()
	if header.Get("Host") != "" {
		request.Host = header.Get("Host")
	}
	response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(text)
}

var jsonHeader = http.Header{"Content-Type": {"application/json"}}

// must sends JSON and reads the result.
func (f fake) must(t *testing.T, method, path, body string) any {
	t.Helper()
	status, text := f.do(t, method, path, body, jsonHeader)
	require.Equal(t, http.StatusOK, status, text)
	var result any
	require.NoError(t, json.Unmarshal([]byte(text), &result))
	return result
}

// status calls an operation of the API.
func (f fake) status(t *testing.T) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.URL(returningaitest.Integration)+"/channels", http.NoBody)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+f.Token())
	response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode
}

func TestOnlyOwnHostOriginAndJSON(t *testing.T) {
	t.Parallel()
	f := newFake(t, console.New)
	_, host, _ := strings.Cut(f.origin, "http://")
	_, port, _ := strings.Cut(host, ":")
	for name, test := range map[string]struct {
		method string
		header http.Header
		want   int
	}{
		"JSON":                {"POST", http.Header{"Content-Type": {"application/json"}}, 200},
		"JSON with charset":   {"POST", http.Header{"Content-Type": {"application/json; charset=utf-8"}}, 200},
		"own origin":          {"POST", http.Header{"Content-Type": {"application/json"}, "Origin": {f.origin}}, 200},
		"localhost":           {"POST", http.Header{"Content-Type": {"application/json"}, "Host": {"localhost:" + port}, "Origin": {"http://localhost:" + port}}, 200},
		"IPv6":                {"POST", http.Header{"Content-Type": {"application/json"}, "Host": {"[::1]:" + port}}, 200},
		"rebound name":        {"POST", http.Header{"Content-Type": {"application/json"}, "Host": {"evil.example:" + port}}, 403},
		"rebound name reads":  {"GET", http.Header{"Host": {"evil.example"}}, 403},
		"name with IP inside": {"POST", http.Header{"Content-Type": {"application/json"}, "Host": {"127.0.0.1.evil.example:" + port}}, 403},
		"other origin":        {"POST", http.Header{"Content-Type": {"application/json"}, "Origin": {"http://evil.example"}}, 403},
		"other port":          {"POST", http.Header{"Content-Type": {"application/json"}, "Origin": {"http://127.0.0.1:1"}}, 403},
		"other scheme":        {"POST", http.Header{"Content-Type": {"application/json"}, "Origin": {"https://" + host}}, 403},
		"opaque origin":       {"POST", http.Header{"Content-Type": {"application/json"}, "Origin": {"null"}}, 403},
		"two origins":         {"POST", http.Header{"Content-Type": {"application/json"}, "Origin": {f.origin, "http://evil.example"}}, 403},
		"other origin reads":  {"GET", http.Header{"Origin": {"http://evil.example"}}, 403},
		"form":                {"POST", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, 415},
		"text":                {"POST", http.Header{"Content-Type": {"text/plain"}}, 415},
		"no content type":     {"POST", http.Header{}, 415},
		"delete without JSON": {"DELETE", http.Header{}, 415},
	} {
		path := map[string]string{"POST": "/_control/reset", "GET": "/_control/state", "DELETE": "/_control/faults"}[test.method]
		status, body := f.do(t, test.method, path, "{}", test.header)
		require.Equal(t, test.want, status, "%s: %s", name, body)
	}
	require.Empty(t, f.Requests(), "the console is not part of the log")
}

func TestOnlyThisMachineWithoutToken(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	for remote, want := range map[string]int{
		"127.0.0.1:5": 200, "[::1]:5": 200, "[::ffff:127.0.0.1]:5": 200, "192.0.2.7:5": 403, "pipe": 403,
	} {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1/_control/state", http.NoBody)
		request.RemoteAddr = remote
		recorder := httptest.NewRecorder()
		console.New(srv).ServeHTTP(recorder, request)
		require.Equal(t, want, recorder.Code, remote)
	}
}

func TestToken(t *testing.T) {
	t.Parallel()
	f := newFake(t, console.WithToken("open sesame", "fake.internal"))
	for name, test := range map[string]struct {
		path   string
		header http.Header
		want   int
	}{
		"none":           {"/_control/state", http.Header{}, 401},
		"wrong":          {"/_control/state", http.Header{"Authorization": {"Bearer open"}}, 401},
		"bearer":         {"/_control/state", http.Header{"Authorization": {"Bearer open sesame"}}, 200},
		"known name":     {"/_control/state", http.Header{"Authorization": {"Bearer open sesame"}, "Host": {"FAKE.internal:80"}}, 200},
		"unknown name":   {"/_control/state", http.Header{"Authorization": {"Bearer open sesame"}, "Host": {"evil.example"}}, 403},
		"cookie":         {"/_control/state", http.Header{"Cookie": {`fakeserver_token="open sesame"`}}, 200},
		"wrong cookie":   {"/_control/state", http.Header{"Cookie": {"fakeserver_token=other"}}, 401},
		"query":          {"/_control/state?token=open+sesame", http.Header{}, 401},
		"page":           {"/_ui", http.Header{}, 401},
		"page's query":   {"/_ui?token=open+sesame", http.Header{}, 303},
		"script":         {"/_ui/page.js", http.Header{}, 401},
		"with a console": {"/_control/events", http.Header{}, 401},
	} {
		status, body := f.do(t, http.MethodGet, test.path, "", test.header)
		require.Equal(t, test.want, status, "%s: %s", name, body)
	}
	require.Panics(t, func() { console.WithToken("") })
}

func TestFaults(t *testing.T) {
	t.Parallel()
	f := newFake(t, console.New)
	f.must(t, "POST", "/_control/faults", `{"operation":"integration.channels.list","status":429,"retryAfter":"7","times":2}`)
	listed := f.must(t, "GET", "/_control/faults", "").([]any)
	require.Equal(t, map[string]any{
		"number": 1.0, "operation": "integration.channels.list", "fault": "429 Too Many Requests", "left": 2.0,
	}, listed[0])
	require.Equal(t, http.StatusTooManyRequests, f.status(t))
	f.must(t, "DELETE", "/_control/faults/1", "")
	require.Equal(t, http.StatusOK, f.status(t))
	requests := f.must(t, "GET", "/_control/requests?after=0&operation=integration.channels.list", "").([]any)
	require.Len(t, requests, 2)
	require.Equal(t, "429 Too Many Requests", requests[0].(map[string]any)["fault"])
	require.Len(t, f.must(t, "GET", "/_control/requests?after=1", ""), 1)

	f.must(t, "POST", "/_control/faults", `{"status":503,"times":-1,"for":"1h"}`)
	require.NotEmpty(t, f.must(t, "GET", "/_control/faults", "").([]any)[0].(map[string]any)["until"])
	f.must(t, "DELETE", "/_control/faults", "")
	require.Empty(t, f.must(t, "GET", "/_control/faults", ""))
	for _, body := range []string{
		`{"cut":"reading"}`, `{"cut":"response","reset":true,"applied":true}`, `{"cut":"body"}`, `{"body":"html","status":502}`,
		`{"body":"malformed"}`, `{"body":"truncated"}`, `{"body":"garbage"}`, `{"body":"empty","status":204}`, `{"delay":"1ms"}`, `{"status":500,"message":"broken"}`,
	} {
		f.must(t, "POST", "/_control/faults", body)
	}
	require.Len(t, f.Faults(), 10)
}

func TestInvalidCalls(t *testing.T) {
	t.Parallel()
	f := newFake(t, console.New)
	for _, test := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"POST", "/_control/faults", `{}`, 400, "does nothing"},
		{"POST", "/_control/faults", `{"operation":"nothing","status":500}`, 400, `Inject: operation \"nothing\" is unknown`},
		{"POST", "/_control/faults", `{"status":199}`, 400, "status 199"},
		{"POST", "/_control/faults", `{"status":500,"times":-2}`, 400, "Times is negative"},
		{"POST", "/_control/faults", `{"status":500,"cut":"body"}`, 400, "set one of"},
		{"POST", "/_control/faults", `{"cut":"tail"}`, 400, "cut must be"},
		{"POST", "/_control/faults", `{"body":"xml"}`, 400, "body must be"},
		{"POST", "/_control/faults", `{"delay":"soon"}`, 400, "invalid duration"},
		{"POST", "/_control/faults", `{"cut":"reading","retryAfter":"1"}`, 400, "has no response"},
		{"POST", "/_control/faults", `{"stauts":500}`, 400, "unknown field"},
		{"POST", "/_control/faults", `{"status":500}{}`, 400, "something follows"},
		{"POST", "/_control/faults", `[`, 400, "not valid"},
		{"DELETE", "/_control/faults/9", ``, 404, "there is no fault"},
		{"DELETE", "/_control/faults/x", ``, 404, "there is no fault"},
		{"GET", "/_control/requests?after=x", ``, 400, "after must be"},
		{"POST", "/_control/users/visit", `{"user":"nobody"}`, 400, "VisitServer: there is no user"},
		{"POST", "/_control/users/purchase", `{"username":"bot"}`, 400, "PurchaseItem: Item is empty"},
		{"POST", "/_control/users/join", `{"username":"bot"}`, 400, "AddUser: Username is taken"},
		{"POST", "/_control/seed", `{"users":[{}]}`, 400, "Username is empty"},
		{"POST", "/_control/seed", `{"hookPaths":{"sendMessage":"/a"}}`, 400, "only be set when the server starts"},
		{"POST", "/_control/webhooks", `{"url":"ftp://x"}`, 400, "URL is not"},
		{"POST", "/_control/webhooks", `{"url":"http://x","encrypt":"rot13"}`, 400, "gcm or cbc"},
		{"POST", "/_control/webhooks", `{"url":"http://x","sign":"rsa"}`, 400, "standard or hmac"},
		{"POST", "/_control/deliveries/faults", `{}`, 400, "neither Delay"},
		{"GET", "/_control/verification-code?email=bot@example.com", ``, 404, "no code"},
		{"GET", "/_control/hooks/other", ``, 400, "unknown"},
		{"GET", "/_control/nothing", ``, 404, ""},
		{"PUT", "/_control/reset", `{}`, 405, ""},
	} {
		status, body := f.do(t, test.method, test.path, test.body, jsonHeader)
		require.Equal(t, test.status, status, "%s %s: %s", test.path, test.body, body)
		require.Contains(t, body, test.want, test.path)
	}
	require.Empty(t, f.Faults())
}

func TestControlCommunity(t *testing.T) {
	t.Parallel()
	f := newFake(t, console.New)
	received := make(chan string, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		received <- r.Header.Get("X-Api-Key") + " " + string(body)
	}))
	t.Cleanup(receiver.Close)
	f.must(t, "POST", "/_control/webhooks", `{"url":"`+receiver.URL+`","key":"hook-key"}`)
	f.must(t, "POST", "/_control/deliveries/faults", `{"event":"user_visits_server","repeat":1}`)
	require.Equal(t, "1104", f.must(t, "POST", "/_control/users/join", `{"username":"zoe"}`).(map[string]any)["userId"])
	f.must(t, "POST", "/_control/users/visit", `{"user":"zoe"}`)
	f.must(t, "POST", "/_control/users/purchase", `{"username":"zoe","item":"Hat","price":3}`)
	require.NoError(t, f.WaitForDeliveries(t.Context()))
	for _, want := range []string{"user_joins_server", "user_visits_server", "user_visits_server", "purchased_store_item"} {
		got := <-received
		require.Contains(t, got, want)
		require.True(t, strings.HasPrefix(got, "hook-key {"))
	}
	require.Len(t, f.must(t, "GET", "/_control/deliveries", ""), 3)

	f.must(t, "POST", "/_control/seed", `{"users":[{"username":"ada","email":"ada@example.com"}],"logins":[{"email":"ada@example.com","password":"p","verificationCode":"42"}]}`)
	require.Equal(t, "42", f.must(t, "GET", "/_control/verification-code?email=ada@example.com", "").(map[string]any)["code"])
	state := f.must(t, "GET", "/_control/state", "").(map[string]any)
	require.InDelta(t, 5, state["users"].(map[string]any)["total"], 0)
	require.Equal(t, f.HookURL(returningaitest.HookSendMessage), f.must(t, "GET", "/_control/hooks/sendMessage", "").(map[string]any)["url"])
	require.Equal(t, f.Token(), f.must(t, "GET", "/_control/environment", "").(map[string]any)["RETURNINGAI_TOKEN"])
	require.Len(t, f.must(t, "GET", "/_control/operations", ""), 59)
	require.Contains(t, f.must(t, "GET", "/_control", "").(map[string]any)["calls"], "POST /_control/reset")
	require.InDelta(t, 0, f.must(t, "POST", "/_control/bulk-jobs/run", "{}").(map[string]any)["run"], 0)

	f.must(t, "POST", "/_control/reset", "{}")
	require.Len(t, f.Users(), 3)
	require.Empty(t, f.must(t, "GET", "/_control/deliveries", ""))
}

func TestConnectionsRefusedForPeriod(t *testing.T) {
	t.Parallel()
	f := newFake(t, console.New)
	f.must(t, "POST", "/_control/faults", `{"refuse":"50ms"}`)
	require.Eventually(t, func() bool {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.origin+"/_control/state", http.NoBody)
		require.NoError(t, err)
		response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
		return err == nil && response.Body.Close() == nil
	}, time.Minute, 5*time.Millisecond)
}

// event is a server-sent event.
type event struct{ name, data string }

// follow reads the stream of events.
func (f fake) follow(t *testing.T) <-chan event {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, f.origin+"/_control/events", http.NoBody)
	require.NoError(t, err)
	response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request) //nolint:bodyclose // the goroutine below closes it
	require.NoError(t, err)
	require.Equal(t, "text/event-stream", response.Header.Get("Content-Type"))
	events := make(chan event, 1000)
	go func() {
		defer response.Body.Close()
		defer close(events)
		lines := bufio.NewReader(response.Body)
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			if name, isName := strings.CutPrefix(strings.TrimSpace(line), "event: "); isName {
				data, _ := lines.ReadString('\n')
				events <- event{name, strings.TrimPrefix(strings.TrimSpace(data), "data: ")}
			}
		}
	}()
	return events
}

// A message that the SDK sends, a fault and its effect appear in the stream.
func TestStreamFollowsTheServer(t *testing.T) {
	t.Parallel()
	f := newFake(t, console.New)
	events := f.follow(t)
	var seen []event // an event may come before another that is waited for first
	until := func(name, text string) string {
		isWanted := func(e event) bool { return e.name == name && strings.Contains(e.data, text) }
		for !slices.ContainsFunc(seen, isWanted) {
			received, ok := <-events
			require.True(t, ok, "the stream ended before %s", text)
			seen = append(seen, received)
		}
		return seen[slices.IndexFunc(seen, isWanted)].data
	}
	until("state", "player-one")
	client := f.Client()
	t.Cleanup(client.CloseIdleConnections)
	const text = "<img src=x onerror=alert(1)>\n\nevent: forged"
	require.NoError(t, client.Integration.Messages.Send(t.Context(), integration.SendMessageParams{
		ChannelID: f.Channels()[0].ID, Message: text, Sender: "bot",
	}))
	var state struct {
		Messages struct{ Shown []returningaitest.Message }
	}
	require.NoError(t, json.Unmarshal([]byte(until("state", "onerror")), &state))
	require.Equal(t, text, state.Messages.Shown[0].Text)
	until("requests", `"operation":"integration.messages.send"`)
	f.must(t, "POST", "/_control/faults", `{"status":503}`)
	until("state", `"503 Service Unavailable"`)
	require.Equal(t, http.StatusServiceUnavailable, f.status(t))
	until("requests", `"fault":"503 Service Unavailable"`)

	f.Close()
	for range events { // ends with the server
	}
}

// A request that waits is shown when it arrives, and again when it is over.
func TestStreamShowsRequestsInFlight(t *testing.T) {
	t.Parallel()
	f := newFake(t, console.New)
	events := f.follow(t)
	f.must(t, "POST", "/_control/faults", `{"delay":"1h"}`)
	client := f.Client()
	t.Cleanup(client.CloseIdleConnections)
	ctx, giveUp := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := client.Integration.Channels.List(ctx)
		done <- err
	}()
	next := func() string {
		for received := range events {
			if received.name == "requests" {
				return received.data
			}
		}
		return "the stream ended"
	}
	require.Contains(t, next(), `"status":0,"microseconds":0,"fault":"after 1h0m0s"`)
	giveUp()
	require.ErrorIs(t, <-done, context.Canceled)
	require.NotContains(t, next(), `"microseconds":0,`)
}

func TestPage(t *testing.T) {
	t.Parallel()
	f := newFake(t, console.New)
	for path, want := range map[string]string{"/_ui": "<title>Fake Returning.AI</title>", "/_ui/page.js": "EventSource", "/_ui/page.css": "prefers-color-scheme"} {
		status, body := f.do(t, http.MethodGet, path, "", http.Header{})
		require.Equal(t, http.StatusOK, status, path)
		require.Contains(t, body, want)
	}
	script, err := os.ReadFile("page/page.js")
	require.NoError(t, err)
	for _, unsafe := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("} {
		require.NotContains(t, string(script), unsafe, "text must not become markup")
	}
}

// docs/fakeserver.md lists the calls that there are, and its bodies work.
func TestDocumentation(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/fakeserver.md")
	require.NoError(t, err)
	f := newFake(t, console.New)
	var documented []any
	for _, found := range regexp.MustCompile("(?m)^\\| `((?:GET|POST|DELETE) /_control[^`]*)`").FindAllStringSubmatch(string(text), -1) {
		documented = append(documented, found[1])
	}
	calls := slices.DeleteFunc(f.must(t, "GET", "/_control", "").(map[string]any)["calls"].([]any), func(call any) bool { return call == "GET /_ui" })
	require.ElementsMatch(t, calls, documented)

	bodies := regexp.MustCompile(`(?m)^control -d '(.*)' \$base(/\S+)$`).FindAllStringSubmatch(string(text), -1)
	require.Len(t, bodies, 13)
	for _, body := range bodies {
		if !strings.Contains(body[1], "refuse") {
			f.must(t, "POST", "/_control"+body[2], body[1])
		}
	}
	_, seed, _ := strings.Cut(string(text), "```json\n")
	seed, _, _ = strings.Cut(seed, "```")
	parsed, err := returningaitest.ParseSeed([]byte(seed))
	require.NoError(t, err)
	newFake(t, console.New, returningaitest.WithSeed(parsed))
}
