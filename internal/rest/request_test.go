package rest_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/internal/rest"
)

func TestPlaceholders(t *testing.T) {
	t.Parallel()
	for path, want := range map[string][]string{
		"":            nil,
		"/a":          nil,
		"{a}":         {"a"},
		"/{a}":        {"a"},
		"/{aZ09}/b":   {"aZ09"},
		"{a}{b}/{A}":  {"a", "b", "A"},
		"/{z}/{Z}":    {"z", "Z"},
		"/{b}?q={a}":  {"b", "a"},
		"{{a}}":       {"a"},
		"/{}":         nil,
		"/{1a}":       nil,
		"/{a_b}":      nil,
		"/{a:}/{a/}":  nil,
		"/{@}/{[}":    nil,
		"/{`}/{{}":    nil,
		"/{é}/{aé}":   nil,
		"/{a":         nil,
		"/{":          nil,
		"/{ab":        nil,
		"/{ab/{c}":    {"c"},
		"/a}/xb}/{d}": {"d"},
	} {
		require.Equal(t, want, rest.Placeholders(path), path)
	}
}

func TestCheckRoute(t *testing.T) {
	t.Parallel()
	for route, want := range map[string]string{
		"/":                     "",
		"/a/{b}?c={d}&e=f%20g":  "",
		"/a!b/...":              "",
		"/a\u0080":              "",
		"/a?x=..&y=/../&z=a://": "",
		"":                      "begin with a slash",
		"a":                     "begin with a slash",
		"?/a":                   "begin with a slash",
		"//evil.example":        "single slash",
		"/a b":                  "spaces or control",
		"/a?b c":                "spaces or control",
		"/a\x7f":                "spaces or control",
		"/a\x00":                "spaces or control",
		`/\evil.example`:        "backslash",
		"/a#b":                  "fragment",
		"/a?b#c":                "fragment",
		"/https://evil.example": "scheme",
		"/{a":                   "braces",
		"/a?b={}":               "braces",
		"/a%":                   "percent-encoded",
		"/a?b=%zz":              "query must be encoded",
		"/a/../b":               "dot segments",
		"/./a":                  "dot segments",
		"/%2e%2E/a":             "dot segments",
		"/a/%2e":                "dot segments",
		"/a%2f..%2fb":           "dot segments",
		"/a%5c..%5cb":           "dot segments",
	} {
		err := rest.CheckRoute(route)
		if want == "" {
			require.NoError(t, err, route)
			continue
		}
		require.ErrorContains(t, err, want, route)
	}
}

func TestReplaceRouteChecks(t *testing.T) {
	t.Parallel()
	op := &rest.Operation{Path: "/things/{thingId}/{part}"}
	for path, fits := range map[string]bool{
		"/{part}/{thingId}":         true,
		"/{thingId}/{part}":         true,
		"//evil/{thingId}/{part}":   false,
		"/../{thingId}/{part}":      false,
		"/{thingId}/{thingId}":      false,
		"/{thingId}/{part}/{third}": false,
	} {
		_, err := op.ReplaceRoute("GET", path)
		require.Equal(t, fits, err == nil, path)
	}
	_, err := op.ReplaceRoute("CONNECT", "/{part}/{thingId}")
	require.ErrorContains(t, err, "the method must be")
}

// TestPathValuesAreEscapedAsSuch also where one of several stands in the query.
func TestPathValuesAreEscapedAsSuch(t *testing.T) {
	t.Parallel()
	op := &rest.Operation{ID: "test.parts", Path: "/{a}/{b}?q={c}"}
	request := rest.Request{Path: []string{"1 +", "2 +", "3 +"}}
	target, problems := request.Target(op, op)
	require.Empty(t, problems)
	require.Equal(t, "/1%20+/2%20+?q=3+%2B", target)
	one := &rest.Operation{Path: "/a/{b}/c"}
	target, problems = (&rest.Request{Path: []string{"d"}}).Target(one, one)
	require.Empty(t, problems)
	require.Equal(t, "/a/d/c", target)
	for _, values := range [][]string{nil, {"1", "2"}, {"1", "2", "3", "4"}} {
		message := "rest: test.parts has 3 placeholders and got " + string(rune('0'+len(values))) + " values"
		require.PanicsWithValue(t, message, func() { _, _ = (&rest.Request{Path: values}).Target(op, op) })
	}
}

func TestNamesOfParameters(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"channelId": "ChannelID", "apiKeyId": "APIKeyID", "name": "Name", "idea": "Idea", "api": "API"} {
		require.Equal(t, want, rest.GoName(name))
	}
	for family, want := range map[rest.Family]string{rest.System: "UserID", rest.Integration: "UserObjectID"} {
		op := &rest.Operation{Family: family, Path: "/{userId}"}
		_, problems := (&rest.Request{Path: []string{""}}).Target(op, op)
		require.Equal(t, rest.Problems{{Field: want, Rule: "must not be empty"}}, problems)
	}
}

func TestRequestWithoutReader(t *testing.T) {
	t.Parallel()
	require.Nil(t, (&rest.Request{}).Accept(&rest.Response{Status: http.StatusOK}))
	data, err := rest.Do[item](t.Context(), deaf{}, getThing, rest.Request{})
	require.NoError(t, err)
	require.Zero(t, data, "nobody read a response")
}

// deaf is a caller that reads no response.
type deaf struct{}

func (deaf) Call(context.Context, *rest.Operation, *rest.Request) error { return nil }

func TestReadsOnly(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		op   rest.Operation
		want bool
	}{
		{rest.Operation{Method: "GET", Idempotent: true}, true},
		{rest.Operation{Method: "HEAD", Idempotent: true}, true},
		{rest.Operation{Method: "GET"}, false}, // it does something
		{rest.Operation{Method: "POST", Idempotent: true, Reads: true}, true},
		{rest.Operation{Method: "PUT", Idempotent: true}, false},
		{rest.Operation{Method: "POST", Reads: true}, false},
	} {
		require.Equal(t, test.want, test.op.ReadsOnly(), test.op)
	}
}
