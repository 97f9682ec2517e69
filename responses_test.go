package returningai_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/returningaitest"
)

func raw(status int, body string) returningaitest.Fault {
	return returningaitest.Fault{Response: returningaitest.Raw(status, "application/json", body)}
}

func TestUnexpectedResponses(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]returningaitest.Fault{
		"an HTML page":        {Response: returningaitest.HTML(200)},
		"malformed JSON":      {Response: returningaitest.MalformedJSON()},
		"truncated JSON":      {Response: returningaitest.TruncatedJSON()},
		"trailing garbage":    {Response: returningaitest.TrailingGarbage()},
		"too large":           {Response: returningaitest.Oversized(1 << 20)},
		"plain text":          raw(200, "OK"),
		"a bare list":         raw(200, `[]`),
		"a number":            raw(200, `1`),
		"null":                raw(200, `null`),
		"two objects":         raw(200, `{"status":"success"}{"status":"success"}`),
		"an unknown status":   raw(304, ``),
		"an unexpected range": raw(300, `{"status":"success"}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := returningaitest.NewServer(t)
			client := srv.Client(quick(), returningai.WithMaxResponseBytes(1<<16))
			srv.Inject(fault)
			failure := failed(t, list(t.Context(), client))
			require.ErrorIs(t, failure, returningai.ErrUnexpectedResponse)
			require.False(t, failure.MaybeApplied(), "it only reads")
			require.NotContains(t, failure.Error(), "invalid character")
			srv.Inject(fault)
			failure = failed(t, send(t.Context(), client))
			require.ErrorIs(t, failure, returningai.ErrUnexpectedResponse)
			require.True(t, failure.MaybeApplied(), "the server does not say that it did not")
			require.Len(t, srv.RequestsTo(sendOperation), 1)
		})
	}
}

func TestResponsesWithoutData(t *testing.T) {
	t.Parallel()
	// A write that is called a success is one, whatever is echoed. A list that
	// is not there is no empty list: it may have moved to another name.
	for name, test := range map[string]struct {
		fault     returningaitest.Fault
		listFails bool
	}{
		"204":                    {returningaitest.Fault{Response: returningaitest.NoContent()}, false},
		"200 with an empty body": {returningaitest.Fault{Response: returningaitest.Empty(200)}, true},
		"a status only":          {raw(200, `{"status":"success"}`), true},
		"a message only":         {raw(200, `{"message":"done"}`), true},
		"data of null":           {raw(200, `{"status":"success","data":null}`), false},
		"body of null":           {raw(200, `{"meta":{"success":true},"body":null}`), false},
		"data under a new name":  {raw(200, `{"status":"success","channels":[{"_id":"c"}]}`), true},
		"data that is unasked":   {raw(200, `{"status":"success","data":{"x":1}}`), true},
		"unknown members":        {raw(201, `{"status":"success","data":[],"took":3}`), false},
		"a byte order mark":      {raw(200, "\ufeff{\"status\":\"success\",\"data\":[]}"), false},
		"an echoed action":       {raw(200, `{"action":"delete","user":"u"}`), true},
		"an empty object":        {raw(200, `{}`), true},
		"odd paging":             {raw(200, `{"meta":{"status":"success","limit":"all","message":{}},"data":[]}`), false},
		"an odd message":         {raw(200, `{"status":"success","message":{"text":"done"},"data":[]}`), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := returningaitest.NewServer(t)
			srv.Inject(test.fault, test.fault)
			channels, err := srv.Client().Integration.Channels.List(t.Context())
			require.Equal(t, test.listFails, err != nil, err)
			require.Empty(t, channels)
			require.NoError(t, send(t.Context(), srv.Client()))
		})
	}
}

func TestFailuresInsideHTTP200(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body     string
		message  string
		category error
		maybe    bool
	}{
		"status":              {`{"status":"error","message":"no such channel"}`, "no such channel", nil, true},
		"status of a boolean": {`{"status":false,"message":"no"}`, "no", nil, true},
		"meta.success":        {`{"meta":{"success":false,"message":"m","devMessage":"d"}}`, "m", nil, true},
		"meta.success text":   {`{"meta":{"success":"false","devMessage":"d"}}`, "d", nil, true},
		"meta.status":         {`{"meta":{"status":"fail","statusCode":404},"message":"gone"}`, "gone", returningai.ErrNotFound, false},
		"meta.statusCode":     {`{"meta":{"status":"success","statusCode":500},"message":"oops"}`, "oops", returningai.ErrServer, true},
		"error":               {`{"error":true,"message":"denied"}`, "denied", nil, true},
		"error text":          {`{"error":"denied"}`, "denied", nil, true},
		"error object":        {`{"error":{"message":"denied"}}`, "denied", nil, true},
		"a list of messages":  {`{"meta":{"success":false,"message":["title is taken"]}}`, "title is taken", nil, true},
		"status of an object": {`{"status":{"ok":false},"message":"no"}`, "no", nil, true},
		"odd data":            {`{"status":"error","message":"no","data":"none"}`, "no", nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := returningaitest.NewServer(t)
			srv.Inject(raw(200, test.body), raw(200, test.body))
			for _, err := range []error{list(t.Context(), srv.Client()), send(t.Context(), srv.Client())} {
				failure := failed(t, err)
				require.Equal(t, http.StatusOK, failure.StatusCode)
				require.Equal(t, test.message, failure.Message)
				require.NotErrorIs(t, failure, returningai.ErrUnexpectedResponse)
				if test.category != nil {
					require.ErrorIs(t, failure, test.category)
				}
				require.Equal(t, test.maybe && failure.Operation == sendOperation, failure.MaybeApplied())
			}
		})
	}
}

func TestMessagesOfErrorResponses(t *testing.T) {
	t.Parallel()
	for body, message := range map[string]string{
		`{"message":"a","meta":{"message":"b"},"error":"c"}`:    "a",
		`{"meta":{"message":"b","devMessage":"d"},"error":"c"}`: "b",
		`{"meta":{"devMessage":"d"},"error":"c"}`:               "d",
		`{"error":"c"}`:                        "c",
		`{"error":{"message":"e"}}`:            "e",
		`{"message":["first","second"]}`:       "first",
		`{"message":404}`:                      "404",
		`{"message":{"deep":1}}`:               "",
		`{}`:                                   "",
		``:                                     "",
		"\ufeff{\"message\":\"marked\"}":       "marked",
		`<html>secret`:                         "the response is an HTML page, not a JSON object",
		`Bad Gateway`:                          "the response is text, not a JSON object",
		`"text"`:                               "the response is another JSON value, not a JSON object",
		`{"message":`:                          "the response is malformed JSON",
		`{"message":"two\nlines\u0000\u202e"}`: "two lines",
	} {
		t.Run(body, func(t *testing.T) {
			t.Parallel()
			srv := returningaitest.NewServer(t)
			srv.Inject(raw(http.StatusBadRequest, body))
			failure := failed(t, list(t.Context(), srv.Client()))
			require.ErrorIs(t, failure, returningai.ErrInvalid)
			require.Equal(t, message, failure.Message)
		})
	}
}

func TestLongMessagesAreCut(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	long := make([]byte, 100_000)
	for i := range long {
		long[i] = 'x'
	}
	srv.Inject(raw(http.StatusBadRequest, fmt.Sprintf(`{"message":%q}`, long)))
	failure := failed(t, list(t.Context(), srv.Client()))
	require.Len(t, []rune(failure.Message), 501)
	require.Len(t, failure.Body(), 64<<10)
}

func TestMalformedHeadersDoNotFailCall(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{
		"Retry-After": "in a while", "X-RateLimit-Remaining": "lots", "X-RateLimit-Reset": "1.7e99", "Content-Type": "nonsense/;;",
		"Date": "today", "Content-Language": "\xff",
	} {
		srv := returningaitest.NewServer(t)
		answer := returningaitest.Raw(200, "application/json", `{"status":"success"}`).With(name, value)
		srv.Inject(returningaitest.Fault{Response: answer, Applied: true})
		require.NoError(t, send(t.Context(), srv.Client()), name)
		require.Len(t, srv.RequestsTo(sendOperation), 1)
	}
}
