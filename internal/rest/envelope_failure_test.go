package rest_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/internal/rest"
)

// replying is a caller whose server sends a status and a body, and which keeps what
// the operation makes of it.
type replying struct {
	status  int
	body    string
	failure *rest.Failure
}

func (a *replying) Call(_ context.Context, _ *rest.Operation, request *rest.Request) error {
	a.failure = request.Accept(&rest.Response{Status: a.status, Body: []byte(a.body)})
	return nil
}

func TestFailureInside200(t *testing.T) {
	t.Parallel()
	const said = "the response says that it failed"
	for body, want := range map[string]*rest.Failure{
		`{"status":"success"}`:                           nil,
		`{"status":"SUCCESS","meta":{"success":"true"}}`: nil,
		`{"status":null,"error":null,"meta":null}`:       nil,
		`{"error":false,"meta":{"statusCode":399}}`:      nil,
		`{"error":"","meta":{"statusCode":"201"}}`:       nil,
		`{"error":{},"meta":{"success":null}}`:           nil,
		`{"status":"error"}`:                             {Message: said},
		`{"status":500}`:                                 {Message: said},
		`{"meta":{"status":"error"}}`:                    {Message: said},
		`{"meta":{"success":false}}`:                     {Message: said},
		`{"meta":{"success":"false"}}`:                   {Message: said},
		`{"meta":{"success":"no"}}`:                      {Message: said},
		`{"error":true}`:                                 {Message: said},
		`{"error":{"code":1}}`:                           {Message: said},
		`{"meta":{"statusCode":400}}`:                    {Status: 400, Message: said},
		`{"meta":{"statusCode":"401"}}`:                  {Status: 401, Message: said},
		`{"status":"error","meta":{"statusCode":200}}`:   {Message: said},
		`{"status":"error","message":"no, thanks"}`:      {Message: "no, thanks"},
		`{"status":"error","data":[`:                     nil, // it is not JSON, see below
		"{\"status\":\"error\",\"x\":\"\xff\"}":          {Message: said},
	} {
		server := &replying{status: 200, body: body}
		_, err := rest.Do[rest.Empty](t.Context(), server, &rest.Operation{Method: "POST"}, rest.Request{})
		require.NoError(t, err)
		if body == `{"status":"error","data":[` {
			require.True(t, server.failure.Unreadable)
			require.Error(t, server.failure.Cause)
			continue
		}
		require.Equal(t, want, server.failure, body)
	}
}

func TestFailureOfCommunityHost(t *testing.T) {
	t.Parallel()
	op := &rest.Operation{Family: rest.CommunityHost, Method: "POST"}
	for body, want := range map[string]rest.Failure{
		`{"error":false,"_id":"a"}`:           {},
		`{"_id":"a"}`:                         {},
		`{"error":true,"message":"no"}`:       {Message: "no"},
		`{"error":"true"}`:                    {Message: "true"},
		`{"_id":"a"`:                          {Unreadable: true, Message: "the response is not what the operation returns"},
		`{"error":false,"_id":"a","count":{}`: {Unreadable: true, Message: "the response is not what the operation returns"},
		`[]`:                                  {Unreadable: true, Message: "the response is another JSON value, not a JSON object"},
	} {
		server := &replying{status: 200, body: body}
		data, err := rest.Do[item](t.Context(), server, op, rest.Request{})
		require.NoError(t, err)
		if want == (rest.Failure{}) {
			require.Nil(t, server.failure, body)
			require.Equal(t, "a", data.ID)
			continue
		}
		require.NotNil(t, server.failure, body)
		server.failure.Cause = nil
		require.Equal(t, want, *server.failure, body)
	}
	server := &replying{status: 200, body: `{"error":true,"message":"no"`}
	_, _ = rest.Do[item](t.Context(), server, op, rest.Request{})
	require.True(t, server.failure.Unreadable, "half a response says nothing")

	server = &replying{status: 200, body: `{"list":1}`}
	_, err := rest.Do[struct {
		List []int `json:"list"`
	}](t.Context(), server, op, rest.Request{})
	require.NoError(t, err)
	require.NotNil(t, server.failure)
	require.True(t, server.failure.Unreadable)
	require.Error(t, server.failure.Cause)
}

func TestResponsesWithoutData(t *testing.T) {
	t.Parallel()
	read := &rest.Operation{Method: "GET", Idempotent: true}
	head := &rest.Operation{Method: "HEAD", Idempotent: true}
	write := &rest.Operation{Method: "POST"}
	one := func(s *replying, op *rest.Operation) { _, _ = rest.Do[item](t.Context(), s, op, rest.Request{}) }
	list := func(s *replying, op *rest.Operation) { _, _ = rest.Do[[]item](t.Context(), s, op, rest.Request{}) }
	none := func(s *replying, op *rest.Operation) { _, _ = rest.Do[rest.Empty](t.Context(), s, op, rest.Request{}) }
	for name, test := range map[string]struct {
		do      func(*replying, *rest.Operation)
		op      *rest.Operation
		status  int
		body    string
		message string // "" for a success
	}{
		"an object, 204":      {one, read, 204, "", "the response is empty"},
		"an object, 200":      {one, read, 200, "", "the response is empty"},
		"a list, 204":         {list, read, 204, "", ""},
		"a list, 200":         {list, read, 200, "", "the response is empty"},
		"HEAD, 200":           {one, head, 200, "", ""},
		"a write, 204":        {one, write, 204, "", ""},
		"nothing, 200":        {none, read, 200, "", ""},
		"nothing, {}":         {none, read, 200, "{}", ""},
		"an object, {}":       {one, read, 200, "{}", "the response has no data"},
		"a list, {}":          {list, read, 200, "{}", "the response has no data"},
		"a list, null":        {list, read, 200, `{"data":null}`, ""},
		"a list, odd, null":   {list, read, 200, "{\"data\":null,\"x\":\"\xff\"}", ""},
		"an object, odd, {}":  {one, read, 200, "{\"x\":\"\xff\"}", "the response has no data"},
		"an object, null":     {one, read, 200, `{"data":null}`, "the response has no data"},
		"an object, odd null": {one, read, 200, "{\"data\":null,\"x\":\"\xff\"}", "the response has no data"},
	} {
		server := &replying{status: test.status, body: test.body}
		test.do(server, test.op)
		if test.message == "" {
			require.Nil(t, server.failure, name)
			continue
		}
		require.Equal(t, &rest.Failure{Unreadable: true, Message: test.message}, server.failure, name)
	}
}

func TestUnreadableData(t *testing.T) {
	t.Parallel()
	server := &replying{status: 200, body: `{"status":"success","data":[]}`}
	_, err := rest.Do[item](t.Context(), server, getThing, rest.Request{})
	require.NoError(t, err)
	require.True(t, server.failure.Unreadable)
	require.Error(t, server.failure.Cause)
}

// TestPlaceOfLenientPageIsKept though it stands behind the odd field.
func TestPlaceOfLenientPageIsKept(t *testing.T) {
	t.Parallel()
	server := &replying{status: 200, body: `{"data":[{"_id":"a","count":"2"}],"nextCursor":"b","meta":{"total":2}}`}
	page, err := rest.List[item](t.Context(), server, getThing, rest.Request{Path: []string{"1", "2"}})
	require.NoError(t, err)
	require.Nil(t, server.failure)
	require.Equal(t, []item{{ID: "a", Count: 2}}, page.Items)
	require.Equal(t, "b", page.NextCursor)
	require.Equal(t, 2, *page.Total)
}
