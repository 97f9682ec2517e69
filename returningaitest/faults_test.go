package returningaitest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/returningaitest"
)

// statuses sends a request so many times and lists the statuses of the responses.
func statuses(t *testing.T, r request, times int) []int {
	t.Helper()
	var got []int
	for range times {
		got = append(got, mustSend(t, r).status)
	}
	return got
}

func TestFaultsInOrder(t *testing.T) {
	t.Parallel()
	const list = "integration.channels.list"
	for name, test := range map[string]struct {
		faults []returningaitest.Fault
		want   []int
	}{
		"once": {
			[]returningaitest.Fault{{Operation: list, Response: returningaitest.Status(500)}},
			[]int{500, 200, 200, 200, 200},
		},
		"several times": {
			[]returningaitest.Fault{{Operation: list, Times: 3, Response: returningaitest.Status(500)}},
			[]int{500, 500, 500, 200, 200},
		},
		"always": {
			[]returningaitest.Fault{{Times: returningaitest.Always, Response: returningaitest.Status(500)}},
			[]int{500, 500, 500, 500, 500},
		},
		"after some": {
			[]returningaitest.Fault{{After: 2, Times: 2, Response: returningaitest.Status(500)}},
			[]int{200, 200, 500, 500, 200},
		},
		"one after the other": {
			[]returningaitest.Fault{
				{Response: returningaitest.Status(503)},
				{After: 1, Response: returningaitest.Status(500)},
				{Operation: list, Response: returningaitest.Status(429)},
			},
			[]int{503, 200, 500, 429, 200},
		},
		"another operation": {
			[]returningaitest.Fault{{Operation: "integration.messages.send", Times: returningaitest.Always, Response: returningaitest.Status(500)}},
			[]int{200, 200, 200, 200, 200},
		},
		"behind one that does not match": {
			[]returningaitest.Fault{
				{Operation: "integration.messages.send", Response: returningaitest.Status(500)},
				{Operation: list, Response: returningaitest.Status(502)},
			},
			[]int{502, 200, 200, 200, 200},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := returningaitest.NewServer(t)
			srv.Inject(test.faults...)
			require.Equal(t, test.want, statuses(t, listChannels(srv), 5))
			var logged []int
			for _, r := range srv.RequestsTo(list) {
				logged = append(logged, r.Status)
			}
			require.Equal(t, test.want, logged)
		})
	}
}

func TestFaultsOnUnknownRoutes(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	srv.Inject(returningaitest.Fault{Times: returningaitest.Always, Response: returningaitest.Status(503)})
	require.Equal(t, 503, mustSend(t, request{method: http.MethodGet, url: srv.URL(returningaitest.System) + "/nowhere"}).status)
	require.Equal(t, 503, mustSend(t, listChannels(srv)).status)
	srv.ClearFaults()
	require.Equal(t, 200, mustSend(t, listChannels(srv)).status)
}

func TestFaultsInvalidPanic(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	answer := returningaitest.Status(500)
	for want, fault := range map[string]returningaitest.Fault{
		`Inject: operation "integration.nothing" is unknown`:   {Operation: "integration.nothing", Response: answer},
		"Inject: After is negative: -1":                        {After: -1, Response: answer},
		"Inject: Times is negative: -2":                        {Times: -2, Response: answer},
		"Inject: Delay is negative: -1s":                       {Delay: -time.Second},
		"Inject: the fault has neither a Delay nor a Response": {Times: 1},
		"Inject: CutBeforeReading cannot be Applied":           {Applied: true, Response: returningaitest.CutBeforeReading()},
	} {
		require.PanicsWithValue(t, "returningaitest: "+want, func() { srv.Inject(fault) })
	}
	for want, make := range map[string]func(){
		"Failure: status 199 is not between 200 and 999":                func() { returningaitest.Status(199) },
		"Raw: status 1000 is not between 200 and 999":                   func() { returningaitest.HTML(1000) },
		"EchoCredential: status 0 is not between 200 and 999":           func() { returningaitest.EchoCredential(0) },
		"Redirect: status 200 is not between 300 and 399":               func() { returningaitest.Redirect(200, "/") },
		"Oversized: 0 bytes are not positive":                           func() { returningaitest.Oversized(0) },
		"With: a connection that is cut before reading has no response": func() { returningaitest.CutBeforeReading().With("A", "b") },
	} {
		require.PanicsWithValue(t, "returningaitest: "+want, make)
	}
	require.Equal(t, 200, mustSend(t, listChannels(srv)).status, "nothing was injected")
}

// faultCase is the effect of a fault on the sending of one message.
type faultCase struct {
	fault   returningaitest.Fault
	status  int
	header  http.Header // that must be there
	body    string      // the regular expression it matches
	applied bool        // the message was sent
}

func TestFaultsOnTheWire(t *testing.T) {
	t.Parallel()
	const success = `\{"status":"success","message":"Message has been sent successfully"\}`
	for name, test := range map[string]faultCase{
		"status": {
			fault:  returningaitest.Fault{Response: returningaitest.Status(502)},
			status: 502, body: `^\{"status":"error","message":"Bad Gateway"\}$`,
			header: http.Header{"Content-Type": {"application/json; charset=utf-8"}},
		},
		"status, after it took effect": {
			fault:  returningaitest.Fault{Applied: true, Response: returningaitest.Status(502)},
			status: 502, body: `Bad Gateway`, applied: true,
		},
		"failure with a message": {
			fault:  returningaitest.Fault{Response: returningaitest.Failure(409, "taken")},
			status: 409, body: `^\{"status":"error","message":"taken"\}$`,
		},
		"failure inside 200": {
			fault:  returningaitest.Fault{Response: returningaitest.Failure(200, "no")},
			status: 200, body: `^\{"status":"error","message":"no"\}$`,
		},
		"retry after": {
			fault:  returningaitest.Fault{Response: returningaitest.RetryAfter(429, "9223372037")},
			status: 429, body: `Too Many Requests`, header: http.Header{"Retry-After": {"9223372037"}},
		},
		"nonsense in retry after": {
			fault:  returningaitest.Fault{Response: returningaitest.RetryAfter(503, "-1.5 soon")},
			status: 503, body: `Service Unavailable`, header: http.Header{"Retry-After": {"-1.5 soon"}},
		},
		"a header of any name": {
			fault:  returningaitest.Fault{Response: returningaitest.Status(500).With("X-Request-Id", "abc").With("x-b", "1").With("X-B", "2")},
			status: 500, body: `Internal`, header: http.Header{"X-Request-Id": {"abc"}, "X-B": {"2"}},
		},
		"a header on the operation's own response": {
			fault:  returningaitest.Fault{Response: returningaitest.Response{}.With("X-Late", "yes")},
			status: 200, body: "^" + success + "$", header: http.Header{"X-Late": {"yes"}}, applied: true,
		},
		"301": redirectCase(301), "302": redirectCase(302), "303": redirectCase(303), "307": redirectCase(307), "308": redirectCase(308),
		"HTML 200": {
			fault:  returningaitest.Fault{Response: returningaitest.HTML(200)},
			status: 200, body: `^<!DOCTYPE html>.*<h1>200 OK</h1>`, header: http.Header{"Content-Type": {"text/html; charset=utf-8"}},
		},
		"HTML 502, after it took effect": {
			fault:  returningaitest.Fault{Applied: true, Response: returningaitest.HTML(502)},
			status: 502, body: `<h1>502 Bad Gateway</h1>`, applied: true,
		},
		"raw": {
			fault:  returningaitest.Fault{Response: returningaitest.Raw(299, "text/csv", "a,b")},
			status: 299, body: `^a,b$`, header: http.Header{"Content-Type": {"text/csv"}},
		},
		"empty": {
			fault:  returningaitest.Fault{Applied: true, Response: returningaitest.Empty(200)},
			status: 200, body: `^$`, header: http.Header{"Content-Length": {"0"}, "Content-Type": nil}, applied: true,
		},
		"no content": {
			fault:  returningaitest.Fault{Applied: true, Response: returningaitest.NoContent()},
			status: 204, body: `^$`, header: http.Header{"Content-Length": nil, "Content-Type": nil}, applied: true,
		},
		"malformed JSON": {
			fault:  returningaitest.Fault{Response: returningaitest.MalformedJSON()},
			status: 200, body: `^\{"status"="success",`, applied: true,
		},
		"truncated JSON": {
			fault:  returningaitest.Fault{Response: returningaitest.TruncatedJSON()},
			status: 200, body: `^\{"status":"success","messa[^}]*$`, applied: true,
		},
		"trailing garbage": {
			fault:  returningaitest.Fault{Response: returningaitest.TrailingGarbage()},
			status: 200, body: "^" + success + "\n<!-- served by a gateway -->$", applied: true,
		},
		"oversized": {
			fault:  returningaitest.Fault{Response: returningaitest.Oversized(100_000)},
			status: 200, body: "^ +" + success + "$", header: http.Header{"Content-Length": nil}, applied: true,
		},
		"only late": {
			fault:  returningaitest.Fault{Delay: time.Millisecond},
			status: 200, body: success, applied: true,
		},
		"late and failed": {
			fault:  returningaitest.Fault{Delay: time.Millisecond, Response: returningaitest.Status(504)},
			status: 504, body: `Gateway Timeout`,
		},
		"late after it took effect": {
			fault:  returningaitest.Fault{Applied: true, Delay: time.Millisecond},
			status: 200, body: success, applied: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := returningaitest.NewServer(t)
			test.fault.Operation = "integration.messages.send"
			srv.Inject(test.fault)
			start := time.Now()
			got := mustSend(t, sendMessage(srv))
			require.GreaterOrEqual(t, time.Since(start), test.fault.Delay)
			require.Equal(t, test.status, got.status)
			require.Regexp(t, "(?s)"+test.body, got.body)
			for name, values := range test.header {
				require.Equal(t, values, got.header[name], name)
			}
			require.Equal(t, test.applied, len(srv.Messages()) == 1)
			require.Equal(t, test.status, srv.Requests()[0].Status)
			require.Equal(t, 200, mustSend(t, sendMessage(srv)).status)
		})
	}
}

func TestOversizedResponses(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	own := mustSend(t, listChannels(srv)).body
	for _, size := range []int64{1, 32 << 10, 100_000} {
		srv.Inject(returningaitest.Fault{Response: returningaitest.Oversized(size)})
		got := mustSend(t, listChannels(srv))
		require.Equal(t, strings.Repeat(" ", int(size))+own, got.body)
		require.Equal(t, "success", got.fields["status"])
	}
	// A client that has enough ends it: this would take hours otherwise.
	srv.Inject(returningaitest.Fault{Response: returningaitest.Oversized(1 << 50)})
	list := listChannels(srv)
	outgoing, err := http.NewRequestWithContext(t.Context(), list.method, list.url, http.NoBody)
	require.NoError(t, err)
	outgoing.Header = list.header
	response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(outgoing)
	require.NoError(t, err)
	_, err = io.CopyN(io.Discard, response.Body, 1<<20)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	srv.Close()
}

func redirectCase(status int) faultCase {
	const target = "https://elsewhere.example/a?b"
	return faultCase{
		fault:  returningaitest.Fault{Response: returningaitest.Redirect(status, target)},
		status: status, body: `^$`, header: http.Header{"Location": {target}},
	}
}

func TestFailureEnvelopes(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	for family, want := range map[returningaitest.Family]string{
		returningaitest.System:        `{"meta":{"success":false,"message":"no","devMessage":"no"}}`,
		returningaitest.Integration:   `{"status":"error","message":"no"}`,
		returningaitest.Application:   `{"meta":{"status":"error","statusCode":200},"message":"no"}`,
		returningaitest.CommunityHost: `{"error":true,"message":"no"}`,
	} {
		srv.Inject(returningaitest.Fault{Response: returningaitest.Failure(200, "no")})
		got := mustSend(t, request{method: http.MethodGet, url: srv.URL(family) + "/anything"})
		require.Equal(t, http.StatusOK, got.status)
		require.JSONEq(t, want, got.body)
	}
}

func TestEchoCredential(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	for family, header := range map[returningaitest.Family]string{
		returningaitest.System:        "X-API-Key",
		returningaitest.Integration:   "Authorization",
		returningaitest.Application:   "Authorization",
		returningaitest.CommunityHost: "apiKey",
	} {
		srv.Inject(returningaitest.Fault{Response: returningaitest.EchoCredential(401)})
		sent := http.Header{}
		sent.Set(header, "Bearer hush-hush")
		got := mustSend(t, request{method: http.MethodGet, url: srv.URL(family) + "/anything", header: sent})
		require.Equal(t, http.StatusUnauthorized, got.status)
		require.Contains(t, got.body, "the credential Bearer hush-hush is not welcome")
		require.Equal(t, "Bearer hush-hush", got.header.Get("X-Request-Id"))
	}
}

func TestConnectionsCut(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault     returningaitest.Fault
		err       error
		status    int  // that the client saw, and the log has
		read      bool // the server read the body
		applied   bool
		truncated bool
	}{
		"before reading":                {fault: returningaitest.Fault{Response: returningaitest.CutBeforeReading()}},
		"before reading, reset":         {fault: returningaitest.Fault{Response: returningaitest.CutBeforeReading().Reset()}, err: syscall.ECONNRESET},
		"before the response":           {fault: returningaitest.Fault{Response: returningaitest.CutBeforeResponse()}, err: io.EOF, read: true},
		"before the response, reset":    {fault: returningaitest.Fault{Response: returningaitest.CutBeforeResponse().Reset()}, err: syscall.ECONNRESET, read: true},
		"before the response, late":     {fault: returningaitest.Fault{Delay: time.Millisecond, Response: returningaitest.CutBeforeResponse()}, err: io.EOF, read: true},
		"the response is lost":          {fault: returningaitest.Fault{Applied: true, Response: returningaitest.CutBeforeResponse()}, err: io.EOF, read: true, applied: true},
		"the response is lost, reset":   {fault: returningaitest.Fault{Applied: true, Response: returningaitest.CutBeforeResponse().Reset()}, err: syscall.ECONNRESET, read: true, applied: true},
		"in the middle of the response": {fault: returningaitest.Fault{Response: returningaitest.CutMidBody()}, err: io.ErrUnexpectedEOF, status: 200, read: true, applied: true, truncated: true},
		"in the middle, with headers":   {fault: returningaitest.Fault{Response: returningaitest.CutMidBody().With("X-A", "b")}, err: io.ErrUnexpectedEOF, status: 200, read: true, applied: true, truncated: true},
		"in the middle, reset":          {fault: returningaitest.Fault{Response: returningaitest.CutMidBody().Reset()}, err: syscall.ECONNRESET, status: 200, read: true, applied: true, truncated: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := returningaitest.NewServer(t)
			test.fault.Operation = "integration.messages.send"
			srv.Inject(test.fault)
			message := sendMessage(srv)
			got, err := send(t, message)
			require.Error(t, err)
			if test.err != nil {
				require.ErrorIs(t, err, test.err)
			}
			require.Equal(t, test.status, got.status)
			if test.truncated {
				require.Regexp(t, `^\{"status":"success","messa[^}]*$`, got.body)
			}
			require.Equal(t, test.applied, len(srv.Messages()) == 1)
			logged := srv.RequestsTo("integration.messages.send")
			require.Len(t, logged, 1, "cut requests count")
			require.Equal(t, test.status, logged[0].Status)
			if test.read {
				require.Equal(t, message.body, string(logged[0].Body))
			} else {
				require.Empty(t, logged[0].Body)
			}
			require.Equal(t, 200, mustSend(t, message).status, "the next one is served")
		})
	}
}

func TestDelayEndsWithClient(t *testing.T) {
	t.Parallel()
	for name, applied := range map[string]bool{"before it takes effect": false, "after it took effect": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := returningaitest.NewServer(t)
			srv.Inject(returningaitest.Fault{Delay: time.Hour, Applied: applied})
			message := sendMessage(srv)
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			outgoing, err := http.NewRequestWithContext(ctx, message.method, message.url, strings.NewReader(message.body))
			require.NoError(t, err)
			outgoing.Header = message.header
			gaveUp := errors.New("gave up")
			done := make(chan error, 1)
			go func() {
				_, err := (&http.Transport{}).RoundTrip(outgoing) //nolint:bodyclose // never answered
				done <- err
			}()
			require.Eventually(t, func() bool {
				logged := srv.Requests()
				return len(logged) == 1 && len(logged[0].Body) > 0 && applied == (len(srv.Messages()) == 1)
			}, time.Minute, time.Millisecond)
			cancel(gaveUp)
			require.ErrorIs(t, <-done, gaveUp)
			srv.Close() // returns although the delay is an hour
			require.Equal(t, 0, srv.Requests()[0].Status)
			require.Equal(t, applied, len(srv.Messages()) == 1)
		})
	}
}

func TestZeroFault(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	srv.Inject(returningaitest.Fault{}, returningaitest.Fault{Response: returningaitest.Status(http.StatusTeapot)})
	require.Len(t, srv.Faults(), 1)
	require.Equal(t, http.StatusTeapot, mustSend(t, listChannels(srv)).status)
	require.Equal(t, http.StatusOK, mustSend(t, listChannels(srv)).status)
	logged := srv.Requests()
	require.Equal(t, []string{"418 I'm a teapot", ""}, []string{logged[0].Fault, logged[1].Fault})
}

func TestFaultForPeriod(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	srv := returningaitest.NewServer(t, returningaitest.WithClock(func() time.Time { return now }))
	teapot := returningaitest.Fault{Response: returningaitest.Status(http.StatusTeapot)}
	srv.Inject(teapot.For(time.Minute))
	require.Equal(t, now.Add(time.Minute), srv.Faults()[0].Until)
	for _, step := range []struct {
		after time.Duration
		want  int
	}{{0, http.StatusTeapot}, {time.Minute - 1, http.StatusTeapot}, {1, http.StatusOK}} {
		now = now.Add(step.after)
		require.Equal(t, step.want, mustSend(t, listChannels(srv)).status)
	}
	require.Empty(t, srv.Faults())

	teapot.Times = 1
	srv.Inject(teapot.For(time.Minute))
	require.Equal(t, http.StatusTeapot, mustSend(t, listChannels(srv)).status)
	require.Equal(t, http.StatusOK, mustSend(t, listChannels(srv)).status, "Times still counts")
	require.PanicsWithValue(t, "returningaitest: Inject: For is negative: -1ns", func() { srv.Inject(teapot.For(-1)) })
}

func TestRemoveFault(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	fault := func(status int) returningaitest.Fault {
		return returningaitest.Fault{Times: returningaitest.Always, Response: returningaitest.Status(status)}
	}
	remove := srv.Inject(fault(http.StatusTeapot), fault(http.StatusGone))
	srv.Inject(fault(http.StatusBadGateway))
	require.True(t, srv.RemoveFault(srv.Faults()[0].Number))
	require.Equal(t, http.StatusGone, mustSend(t, listChannels(srv)).status)
	remove()
	require.Equal(t, http.StatusBadGateway, mustSend(t, listChannels(srv)).status)
	require.False(t, srv.RemoveFault(1), "it is gone")
}

func TestFaultString(t *testing.T) {
	t.Parallel()
	for want, fault := range map[string]returningaitest.Fault{
		"429 Too Many Requests": {Response: returningaitest.RetryAfter(http.StatusTooManyRequests, "1")},
		"after 2s":              {Delay: 2 * time.Second},
		"cut before the response, applied, after 1s": {Response: returningaitest.CutBeforeResponse(), Applied: true, Delay: time.Second},
		"another header": {Response: returningaitest.Response{}.With("A", "b")},
	} {
		require.Equal(t, want, fault.String())
	}
}
