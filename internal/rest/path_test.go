package rest_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/internal/rest"
)

var getThing = &rest.Operation{
	ID: "test.things.get", Family: rest.Integration, Method: "GET",
	Path: "/things/{thingId}/parts?userId={userId}", Idempotent: true,
}

func TestTargetEscapesEveryValue(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ id, user, want string }{
		"plain":          {"1102", "u", "/things/1102/parts?userId=u"},
		"a slash":        {"a/b", "a/b", "/things/a%2Fb/parts?userId=a%2Fb"},
		"a query":        {"a?x=1", "a?x=1&y", "/things/a%3Fx=1/parts?userId=a%3Fx%3D1%26y"},
		"a fragment":     {"#", "#", "/things/%23/parts?userId=%23"},
		"escaped dots":   {"%2e%2e", "%2e%2e", "/things/%252e%252e/parts?userId=%252e%252e"},
		"three dots":     {"...", "..", ""},
		"unicode":        {"ünï/☃", "☃ é", "/things/%C3%BCn%C3%AF%2F%E2%98%83/parts?userId=%E2%98%83+%C3%A9"},
		"a line break":   {"a\r\nb", "a\r\nb", "/things/a%0D%0Ab/parts?userId=a%0D%0Ab"},
		"a backslash":    {`..\..`, `\`, `/things/..%5C../parts?userId=%5C`},
		"a semicolon":    {"a;b", "a;b", "/things/a%3Bb/parts?userId=a%3Bb"},
		"a placeholder":  {"{userId}", "{thingId}", "/things/%7BuserId%7D/parts?userId=%7BthingId%7D"},
		"not UTF-8":      {"\xff", "\xff", "/things/%FF/parts?userId=%FF"},
		"ten kilobytes":  {strings.Repeat("x", 10_000), "u", "/things/" + strings.Repeat("x", 10_000) + "/parts?userId=u"},
		"a colon":        {"a:b@c", "a:b@c", "/things/a:b@c/parts?userId=a%3Ab%40c"},
		"a dollar":       {"$1", "${1}", "/things/$1/parts?userId=%24%7B1%7D"},
		"a null byte":    {"a\x00", "a\x00", "/things/a%00/parts?userId=a%00"},
		"a space":        {" ", " ", "/things/%20/parts?userId=+"},
		"a percent sign": {"100%", "100%", "/things/100%25/parts?userId=100%25"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request := rest.Request{Path: []string{test.id, test.user}}
			target, problems := request.Target(getThing, getThing)
			if test.want == "" {
				require.NotEmpty(t, problems)
				return
			}
			require.Empty(t, problems)
			require.Equal(t, test.want, target)
		})
	}
}

func TestTargetRefusesDotSegments(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"", ".", ".."} {
		request := rest.Request{Path: []string{id, "u"}, Problems: rest.Problems{{Field: "Name", Rule: "must be there"}}}
		_, problems := request.Target(getThing, getThing)
		require.Len(t, problems, 2)
		require.Equal(t, "Name", problems[0].Field)
		require.Equal(t, "ThingID", problems[1].Field)
	}
}

func TestTargetOfReplacedRoute(t *testing.T) {
	t.Parallel()
	route, err := getThing.ReplaceRoute("POST", "/users/{userId}/v2/{thingId}?all=1")
	require.NoError(t, err)
	request := rest.Request{Path: []string{"t", "u"}, Query: url.Values{"page": {"2"}}}
	target, problems := request.Target(getThing, route)
	require.Empty(t, problems)
	require.Equal(t, "/users/u/v2/t?all=1&page=2", target)

	for _, path := range []string{"/users/{userId}", "/{thingId}/{userId}/{userId}", "/{thingId}/{user}", "/{thingId}/{userId}/{}"} {
		_, err := getThing.ReplaceRoute("GET", path)
		require.Error(t, err, path)
	}
}

func TestTargetEncodesTypedQueries(t *testing.T) {
	t.Parallel()
	op := &rest.Operation{ID: "test.things.list", Path: "/things"}
	type filter struct {
		Page  int    `url:"page,omitempty"`
		Order string `url:"sort,omitempty"`
	}
	request := rest.Request{Query: filter{Page: 2, Order: "name:desc&x"}}
	target, problems := request.Target(op, op)
	require.Empty(t, problems)
	require.Equal(t, "/things?page=2&sort=name%3Adesc%26x", target)

	request = rest.Request{Query: filter{}}
	target, _ = request.Target(op, op)
	require.Equal(t, "/things", target)
}

func TestProblems(t *testing.T) {
	t.Parallel()
	var problems rest.Problems
	problems.Require("A", "x")
	problems.Require("B", " \t")
	problems.Length("C", "ä☃", 1, 2)
	problems.Length("D", "abc", 1, 2)
	require.Equal(t, rest.Problems{
		{Field: "B", Rule: "must not be empty"},
		{Field: "D", Rule: "must be 1 to 2 characters long, not 3"},
	}, problems)
}

func FuzzPathValues(f *testing.F) {
	for _, seed := range []string{"a/b", "a?x=1", "#", "..", "%2e%2e", "", "☃", "\r\n", `\`, "//evil", "@evil"} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, id, user string) {
		request := rest.Request{Path: []string{id, user}}
		target, problems := request.Target(getThing, getThing)
		if len(problems) > 0 {
			require.Contains(t, []string{"", ".", ".."}, map[bool]string{true: id, false: user}[problems[0].Field == "ThingID"])
			return
		}
		parsed, err := url.Parse("https://host.example/base" + target)
		require.NoError(t, err)
		require.Equal(t, "https", parsed.Scheme)
		require.Equal(t, "host.example", parsed.Host)
		require.Empty(t, parsed.Fragment)
		segments := strings.Split(parsed.EscapedPath(), "/")
		require.Len(t, segments, 5)
		value, err := url.PathUnescape(segments[3])
		require.NoError(t, err)
		require.Equal(t, id, value)
		require.Equal(t, url.Values{"userId": {user}}, parsed.Query())
	})
}

func FuzzRoutes(f *testing.F) {
	for _, seed := range []string{"/a", "//evil", "/a/../b", "/%2e%2e/", "/a?x=1", "/a#b", `/\evil`, "/{x}", "https://evil", "/a%", "/ ", "/;x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, route string) {
		if rest.CheckRoute(route) != nil || len(rest.Placeholders(route)) > 0 {
			return
		}
		base, err := url.Parse("https://host.example/base")
		require.NoError(t, err)
		parsed, err := url.Parse(base.String() + route)
		require.NoError(t, err)
		require.Equal(t, base.Host, parsed.Host)
		require.Equal(t, base.Scheme, parsed.Scheme)
		require.Nil(t, parsed.User)
		// Whoever normalises the path stays under the base.
		require.True(t, strings.HasPrefix(base.ResolveReference(parsed).Path, base.Path+"/"), parsed.Path)
	})
}
