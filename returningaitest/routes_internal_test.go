package returningaitest

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// newProbe starts a server with operations of the test's own: what the core
// does for every service is shown without one.
func newProbe(t *testing.T, opts ...Option) *Server {
	t.Helper()
	srv := NewServer(t, opts...)
	srv.mu.Lock()
	defer srv.mu.Unlock()
	for _, family := range families {
		name := strings.ToLower(family.String())
		srv.routes = append(srv.routes,
			&route{
				operation: name + ".probe.get", family: family, method: http.MethodGet, pattern: "/probe/{first}/and/{second}",
				serve: func(c *call) (result, error) {
					return result{
						message: "fetched",
						data:    map[string]any{"path": c.path, "query": c.query, "bearer": c.token != nil},
						meta:    map[string]any{"total": 7},
					}, nil
				},
			},
			&route{
				operation: name + ".probe.literal", family: family, method: http.MethodGet, pattern: "/probe/one/and/{second}",
				serve: func(*call) (result, error) {
					return result{status: http.StatusCreated, data: map[string]any{"literal": true}}, nil
				},
			},
			&route{
				operation: name + ".probe.put", family: family, method: http.MethodPut, pattern: "/probe/{id}/and/{other}",
				serve: func(*call) (result, error) { return result{}, refuse(http.StatusConflict, "taken") },
			},
			&route{
				operation: name + ".probe.fail", family: family, method: http.MethodPost, pattern: "/fail", anonymous: true,
				serve: func(*call) (result, error) { return result{}, errors.New("the fake broke") },
			},
		)
	}
	return srv
}

// reply is what came back.
type reply struct {
	status int
	header http.Header
	body   string
}

// ask sends a request with the family's default credential.
func ask(t *testing.T, srv *Server, family Family, method, path string) reply {
	t.Helper()
	credential := srv.APIKey()
	if family.credentialHeader() == "Authorization" {
		credential = "Bearer " + srv.Token()
	}
	return askWith(t, srv, family, method, path, http.Header{family.credentialHeader(): {credential}})
}

func askWith(t *testing.T, srv *Server, family Family, method, path string, header http.Header) reply {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, srv.URL(family)+path, http.NoBody)
	require.NoError(t, err)
	request.Header = header
	response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return reply{status: response.StatusCode, header: response.Header, body: string(body)}
}

func TestEnvelopes(t *testing.T) {
	t.Parallel()
	srv := newProbe(t)
	for family, want := range map[Family]struct{ get, literal, conflict, notFound, broken string }{
		System: {
			get:      `{"meta":{"success":true,"message":"fetched","devMessage":"fetched"},"body":{"path":{"first":"x","second":"y"},"query":{"q":["1"]},"bearer":false}}`,
			literal:  `{"meta":{"success":true,"message":"","devMessage":""},"body":{"literal":true}}`,
			conflict: `{"meta":{"success":false,"message":"taken","devMessage":"taken"}}`,
			notFound: `{"meta":{"success":false,"message":"route not found","devMessage":"route not found"}}`,
			broken:   `{"meta":{"success":false,"message":"the fake broke","devMessage":"the fake broke"}}`,
		},
		Integration: {
			get:      `{"status":"success","message":"fetched","total":7,"data":{"path":{"first":"x","second":"y"},"query":{"q":["1"]},"bearer":true}}`,
			literal:  `{"status":"success","data":{"literal":true}}`,
			conflict: `{"status":"error","message":"taken"}`,
			notFound: `{"status":"error","message":"route not found"}`,
			broken:   `{"status":"error","message":"the fake broke"}`,
		},
		Application: {
			get:      `{"meta":{"status":"success","statusCode":200,"total":7},"message":"fetched","data":{"path":{"first":"x","second":"y"},"query":{"q":["1"]},"bearer":true}}`,
			literal:  `{"meta":{"status":"success","statusCode":201},"data":{"literal":true}}`,
			conflict: `{"meta":{"status":"error","statusCode":409},"message":"taken"}`,
			notFound: `{"meta":{"status":"error","statusCode":404},"message":"route not found"}`,
			broken:   `{"meta":{"status":"error","statusCode":500},"message":"the fake broke"}`,
		},
		CommunityHost: {
			get:      `{"error":false,"path":{"first":"x","second":"y"},"query":{"q":["1"]},"bearer":false}`,
			literal:  `{"error":false,"literal":true}`,
			conflict: `{"error":true,"message":"taken"}`,
			notFound: `{"error":true,"message":"route not found"}`,
			broken:   `{"error":true,"message":"the fake broke"}`,
		},
	} {
		t.Run(family.String(), func(t *testing.T) {
			t.Parallel()
			check := func(method, path string, status int, want string) {
				t.Helper()
				got := ask(t, srv, family, method, path)
				require.Equal(t, status, got.status)
				require.Equal(t, "application/json; charset=utf-8", got.header.Get("Content-Type"))
				require.Regexp(t, "^fake-[0-9]+$", got.header.Get("X-Request-Id"))
				require.JSONEq(t, want, got.body)
			}
			check(http.MethodGet, "/probe/x/and/y?q=1", http.StatusOK, want.get)
			check(http.MethodGet, "/probe/one/and/y", http.StatusCreated, want.literal)
			check(http.MethodPut, "/probe/x/and/y", http.StatusConflict, want.conflict)
			check(http.MethodGet, "/nowhere", http.StatusNotFound, want.notFound)
			check(http.MethodPost, "/fail", http.StatusInternalServerError, want.broken)
		})
	}
}

func TestEveryFamilyHasItsCredential(t *testing.T) {
	t.Parallel()
	srv := newProbe(t)
	key, token := srv.APIKey(), "Bearer "+srv.Token()
	added := srv.AddAPIKey("")
	headers := map[string]http.Header{
		"none":    {},
		"key":     {"X-Api-Key": {key}},
		"added":   {"X-Api-Key": {added}},
		"apiKey":  {"Apikey": {key}},
		"bearer":  {"Authorization": {token}},
		"wrong":   {"X-Api-Key": {"wrong"}, "Apikey": {"wrong"}, "Authorization": {"Bearer wrong"}},
		"several": {"X-Api-Key": {key, key}, "Apikey": {key, key}, "Authorization": {token, token}},
	}
	for family, accepted := range map[Family][]string{
		System:        {"key", "added"},
		Integration:   {"bearer"},
		Application:   {"bearer"},
		CommunityHost: {"apiKey"},
	} {
		var worked []string
		for _, name := range []string{"none", "key", "added", "apiKey", "bearer", "wrong", "several"} {
			got := askWith(t, srv, family, http.MethodGet, "/probe/x/and/y", headers[name])
			if got.status == http.StatusOK {
				worked = append(worked, name)
				continue
			}
			require.Equal(t, http.StatusUnauthorized, got.status)
		}
		require.Equal(t, accepted, worked, family)

		got := askWith(t, srv, family, http.MethodPost, "/fail", http.Header{})
		require.Equal(t, http.StatusInternalServerError, got.status, "anonymous operations run")
		got = askWith(t, srv, family, http.MethodPost, "/fail", headers["wrong"])
		require.Equal(t, http.StatusUnauthorized, got.status, "but not with a wrong credential")
	}
}

func TestRouting(t *testing.T) {
	t.Parallel()
	srv := newProbe(t)
	for path, want := range map[string]struct {
		method, allow string
		status        int
	}{
		"/probe/x/and/y":           {http.MethodHead, "", 200},
		"/probe/a%2Fb/and/%3Fc":    {http.MethodGet, "", 200},
		"/prob%65/x/and/y":         {http.MethodGet, "", 200},
		"/probe/ /and/y":           {http.MethodGet, "", 200}, // escaped by net/http's client
		"/probe/x/and/z":           {http.MethodDelete, "GET, PUT", 405},
		"/probe/one/and/w":         {http.MethodPost, "GET, PUT", 405},
		"/probe//and/y":            {http.MethodGet, "", 404},
		"/probe/./and/y":           {http.MethodGet, "", 404},
		"/probe/%2e%2E/and/y":      {http.MethodGet, "", 404},
		"/probe/x/and/y/":          {http.MethodGet, "", 404},
		"//probe/x/and/y":          {http.MethodGet, "", 404},
		"/probe/x":                 {http.MethodGet, "", 404},
		"/PROBE/x/and/y":           {http.MethodGet, "", 404},
		"":                         {http.MethodGet, "", 404},
		"/probe/x/and/y?bad=%zz":   {http.MethodGet, "", 400},
		"/probe/x/and/y?bad=1;b=2": {http.MethodGet, "", 400},
	} {
		t.Run(want.method+" "+path, func(t *testing.T) {
			t.Parallel()
			got := ask(t, srv, Integration, want.method, path)
			require.Equal(t, want.status, got.status, got.body)
			require.Equal(t, want.allow, got.header.Get("Allow"))
		})
	}
	got := ask(t, srv, Integration, http.MethodGet, "/probe/a%2Fb/and/%3Fc%25")
	require.Contains(t, got.body, `"path":{"first":"a/b","second":"?c%"}`)
	got = askWith(t, srv, Integration, http.MethodGet, "/../../api/v1/channels", http.Header{})
	require.Equal(t, http.StatusNotFound, got.status)
}

func TestRoutesMove(t *testing.T) {
	t.Parallel()
	srv := newProbe(t)
	srv.MoveRoute("integration.probe.get", "/v2/{second}/{first}")
	got := ask(t, srv, Integration, http.MethodGet, "/v2/b/a")
	require.Equal(t, http.StatusOK, got.status)
	require.Contains(t, got.body, `"path":{"first":"a","second":"b"}`)
	require.Len(t, srv.RequestsTo("integration.probe.get"), 1)
	got = ask(t, srv, Integration, http.MethodGet, "/probe/x/and/y")
	require.Equal(t, http.StatusMethodNotAllowed, got.status, "the PUT is still there")
	srv.MoveRoute("integration.channels.list", "/elsewhere")
	got = ask(t, srv, Integration, http.MethodGet, "/channels")
	require.Equal(t, http.StatusNotFound, got.status)

	for _, bad := range []string{"", "elsewhere", "/a?b", "/a#b", "//a", "/a/", "/../a", "/{id}"} {
		require.Panics(t, func() { srv.MoveRoute("integration.channels.list", bad) }, bad)
	}
	require.PanicsWithValue(t, `returningaitest: MoveRoute: operation "nothing" is unknown`, func() { srv.MoveRoute("nothing", "/a") })
	require.PanicsWithValue(t, `returningaitest: MoveRoute: path "/{id}" has the placeholders ["id"], operation integration.probe.get needs ["first" "second"]`,
		func() { srv.MoveRoute("integration.probe.get", "/{id}") })
}

func TestFieldsAreRenamed(t *testing.T) {
	t.Parallel()
	srv := newProbe(t, WithoutSeed())
	srv.AddChannel(Channel{ID: "64f1c0ffee0000000000abcd", Topic: "general"})
	srv.RenameField("integration.channels.list", "topic", "title")
	srv.RenameField("integration.channels.list", "status", "outcome")
	got := ask(t, srv, Integration, http.MethodGet, "/channels")
	require.JSONEq(t, `{"outcome":"success","data":[{"_id":"64f1c0ffee0000000000abcd","title":"general","channelType":"open"}]}`, got.body)

	srv.RenameField("application.probe.put", "statusCode", "code")
	got = ask(t, srv, Application, http.MethodPut, "/probe/x/and/y")
	require.JSONEq(t, `{"meta":{"status":"error","code":409},"message":"taken"}`, got.body)
	got = ask(t, srv, Application, http.MethodGet, "/probe/x/and/y")
	require.Contains(t, got.body, "statusCode", "other operations stay")
	require.PanicsWithValue(t, `returningaitest: RenameField: operation "nothing" is unknown`, func() { srv.RenameField("nothing", "a", "b") })
}

func TestRouteTableIsSound(t *testing.T) {
	t.Parallel()
	srv := NewServer(t)
	seen, operations := map[string]bool{}, map[string]bool{}
	for _, route := range srv.routes {
		prefix := strings.ToLower(route.family.String()) + "."
		if route.family == CommunityHost {
			prefix = "system."
		}
		require.True(t, strings.HasPrefix(route.operation, prefix), route.operation)
		require.True(t, strings.HasPrefix(route.pattern, "/"), route.operation)
		require.NotNil(t, route.serve, route.operation)
		require.False(t, operations[route.operation], "%s is there twice", route.operation)
		operations[route.operation] = true
		shape := route.family.String() + route.method
		for segment := range strings.SplitSeq(route.pattern, "/") {
			if _, ok := placeholder(segment); ok {
				segment = "{}"
			}
			shape += "/" + segment
		}
		require.False(t, seen[shape], "%s hides behind another route", route.operation)
		seen[shape] = true
	}
}

// An id that clients escape as one segment arrives as it was, whatever is in
// it; what would change the path never matches.
func FuzzMatchPath(f *testing.F) {
	for _, id := range []string{"1102", "a/b", "a?x=1", "#", "..", ".", "%2e%2e", "", "ü", "a b", "\x00", "%", "{id}"} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		values, ok := matchPath("/users/{id}/keys", "/users/"+url.PathEscape(id)+"/keys")
		require.Equal(t, id != "" && id != "." && id != "..", ok)
		if ok {
			require.Equal(t, map[string]string{"id": id}, values)
		}
		matchPath("/users/{id}/keys", id) // raw: must not panic
	})
}

func FuzzMembers(f *testing.F) {
	for _, body := range []string{`{}`, `{"a":"b"}`, `{"a":null}`, `{"a":""}`, `null`, `[]`, `{"a":1}{}`, `{"a":`, "\xff", `{"a":"b","a":3}`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		c := &call{header: http.Header{"Content-Type": {"application/json"}}, body: body}
		members, err := c.members()
		if err != nil {
			refused, ok := errors.AsType[*refusal](err)
			require.True(t, ok)
			require.Equal(t, http.StatusBadRequest, refused.status)
			return
		}
		text := needed[string](members, "a")
		_, _ = given[int](members, "a")
		if members.problem() == nil {
			require.NotEmpty(t, text)
		}
	})
}
