package rest_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/internal/rest"
)

// responding is a caller whose server sends the same body to every request.
type responding string

func (r responding) Call(_ context.Context, _ *rest.Operation, request *rest.Request) error {
	failure := request.Accept(&rest.Response{Status: http.StatusOK, Body: []byte(r), Host: "example.com", Sent: http.Header{"Apikey": {"k"}}})
	if failure != nil {
		return failedWith{failure}
	}
	return nil
}

type failedWith struct{ *rest.Failure }

func (f failedWith) Error() string {
	if f.Cause != nil {
		return f.Message + ": " + f.Cause.Error()
	}
	return f.Message
}

func TestDoResponseJudgesResponses(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	for name, test := range map[string]struct {
		body    string
		failure *rest.Failure // of check
		want    string        // message, "" for success
		checked bool
	}{
		"accepted":   {`{"meta":{"success":true,"message":"m"},"body":"yes"}`, nil, "", true},
		"lenient":    {"{\"meta\":{\"success\":true,\"message\":\"m\"},\"x\":\"\xff\",\"body\":\"yes\"}", nil, "", true},
		"refused":    {`{"meta":{"success":true,"message":"m"},"body":"no"}`, &rest.Failure{Message: "I say no", Cause: cause}, "I say no: cause", true},
		"failed":     {`{"meta":{"success":false,"message":"not today"}}`, nil, "not today", false},
		"unreadable": {`<html>`, nil, "the response is an HTML page, not a JSON object", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checked := false
			data, err := rest.DoResponse(t.Context(), responding(test.body), &rest.Operation{Family: rest.System}, rest.Request{},
				func(result *rest.Result[string]) *rest.Failure {
					checked = true
					require.Equal(t, "example.com", result.Response.Host)
					require.Equal(t, "k", result.Response.Sent.Get("apiKey"))
					require.Equal(t, "m", result.Message())
					*result.Data += ", changed"
					return test.failure
				})
			require.Equal(t, test.checked, checked)
			if test.want == "" {
				require.NoError(t, err)
				require.Equal(t, "yes, changed", data)
				return
			}
			require.EqualError(t, err, test.want)
			require.Empty(t, data)
			failed, ok := errors.AsType[failedWith](err)
			require.True(t, ok)
			if test.failure != nil {
				require.Same(t, test.failure, failed.Failure)
			}
		})
	}
}

// item is a response type.
type item struct {
	ID    string                     `json:"_id" alias:"id"`
	Count int                        `json:"count"`
	Extra map[string]json.RawMessage `json:",embed"`
}

func TestDoReadsData(t *testing.T) {
	t.Parallel()
	read := &rest.Operation{Family: rest.Integration, Method: "GET", Idempotent: true}
	write := &rest.Operation{Family: rest.Integration, Method: "POST"}
	for name, test := range map[string]struct {
		op   *rest.Operation
		body string
		want item
		fail string
	}{
		"strict":                {read, `{"status":"success","data":{"_id":"a","count":2}}`, item{ID: "a", Count: 2}, ""},
		"a numeric id":          {read, `{"status":"success","data":{"_id":7}}`, item{ID: "7"}, ""},
		"an alias":              {read, `{"status":"success","data":{"id":"a"}}`, item{ID: "a", Extra: map[string]json.RawMessage{"id": []byte(`"a"`)}}, ""},
		"lenient, an alias":     {read, `{"status":"success","data":{"id":"a","count":"2"}}`, item{ID: "a", Count: 2, Extra: map[string]json.RawMessage{"id": []byte(`"a"`)}}, ""},
		"an odd field":          {read, `{"status":"success","data":{"_id":"a","count":[]}}`, item{ID: "a", Extra: map[string]json.RawMessage{"count": []byte(`[]`)}}, ""},
		"no data":               {read, `{"status":"success"}`, item{}, "the response has no data"},
		"null":                  {read, `{"status":"success","data":null}`, item{}, "the response has no data"},
		"a list":                {read, `{"status":"success","data":[]}`, item{}, "the response is not what the operation returns: JSON array does not fit a Go rest_test.item"},
		"malformed":             {read, `{"status":"success","data":{`, item{}, "the response is not what the operation returns: invalid JSON at byte 28 (at /data)"},
		"a failure, odd data":   {read, `{"status":"error","message":"no","data":[]}`, item{}, "no"},
		"a write without data":  {write, `{"status":"success"}`, item{}, ""},
		"a write with null":     {write, `{"status":"success","data":null}`, item{}, ""},
		"a write, a blank body": {write, ` `, item{}, ""},
		"a read, a blank body":  {read, ` `, item{}, "the response is empty"},
		"data before status":    {read, `{"data":{"_id":"a"},"status":"success"}`, item{ID: "a"}, ""},
		"body and data":         {read, `{"body":{"_id":"b"},"data":{"_id":"a"}}`, item{ID: "a"}, ""},
		"a status in the data":  {read, `{"status":"success","data":{"_id":"a","status":"error","error":true}}`, item{ID: "a", Extra: map[string]json.RawMessage{"status": []byte(`"error"`), "error": []byte(`true`)}}, ""},
		"a list as meta":        {read, `{"meta":[{"success":false}],"data":{"_id":"a"}}`, item{ID: "a"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := rest.Do[item](t.Context(), responding(test.body), test.op, rest.Request{})
			require.Equal(t, test.want, got)
			if test.fail == "" {
				require.NoError(t, err)
			} else {
				require.EqualError(t, err, test.fail)
			}
		})
	}
}

func FuzzDo(f *testing.F) {
	for _, seed := range []string{
		`{"status":"success","data":{"_id":"a","count":2}}`, `{"meta":{"success":true,"page":"1"},"body":{"id":7}}`, `{"data":[{"count":{}}]}`,
		`{"data":{"results":[{"_id":1}],"pagination":{"total":2}},"next_cursor":3}`, "\ufeff{\"data\":\"\xff\"}", `{"error":"no"}`, `{"data":null}`, `{`, ``,
	} {
		f.Add([]byte(seed))
	}
	read := &rest.Operation{Family: rest.Integration, Method: "GET", Idempotent: true}
	f.Fuzz(func(t *testing.T, body []byte) {
		one, err := rest.Do[item](t.Context(), responding(body), read, rest.Request{})
		if err != nil {
			require.Zero(t, one)
			require.NotEmpty(t, err.Error())
		}
		page, err := rest.List[item](t.Context(), responding(body), read, rest.Request{})
		if err != nil {
			require.Zero(t, page)
		}
	})
}
