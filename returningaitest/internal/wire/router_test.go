package wire

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/returningaitest/internal/community"
)

// probe is a router with operations of the test's own, and a community.
type probe struct {
	*Router

	community  *community.Community
	key, token string
}

func newProbe(t *testing.T) *probe {
	t.Helper()
	keys := community.NewKeyring()
	p := &probe{Router: NewRouter(), key: keys.AddAPIKey(""), token: keys.AddToken(community.Token{Permissions: []community.Permission{community.EveryPermission}})}
	p.community = community.New(keys, time.Now, func(community.Event) {})
	for _, family := range Families() {
		name := strings.ToLower(family.String())
		for _, probed := range []route{
			{name + ".probe.get", family, "GET /probe/{first}/and/{second}", noPermission, func(c *Call) Result {
				return Result{message: "fetched", data: map[string]any{"path": c.Path, "query": c.Query}, meta: map[string]any{"total": 7}}
			}},
			{name + ".probe.literal", family, "GET /probe/one/and/{second}", noPermission, func(*Call) Result {
				return Result{status: http.StatusCreated, data: map[string]any{"literal": true}}
			}},
			{name + ".probe.put", family, "PUT /probe/{id}/and/{other}", noPermission, func(*Call) Result {
				return refused(http.StatusConflict, "taken")
			}},
			{name + ".probe.fail", family, "POST /fail", anonymous, func(*Call) Result {
				return done("", errors.New("the fake broke"))
			}},
		} {
			p.add(probed)
		}
	}
	require.NoError(t, p.register())
	return p
}

// ask sends a request with the family's default credential.
func (p *probe) ask(family Family, method, target string) Reply {
	credential := p.key
	if family.CredentialHeader() == "Authorization" {
		credential = "Bearer " + p.token
	}
	return p.askWith(family, method, target, http.Header{family.CredentialHeader(): {credential}})
}

func (p *probe) askWith(family Family, method, target string, header http.Header) Reply {
	path, rawQuery, _ := strings.Cut(target, "?")
	route, values, err := p.Match(family, method, family.BasePath()+path)
	if err != nil {
		return family.Refused(err, nil)
	}
	query, err := url.ParseQuery(rawQuery)
	if err != nil {
		return route.Refused(Refuse(http.StatusBadRequest, "the query is malformed"))
	}
	c := &Call{Community: p.community, Settings: &Settings{}, Path: values, Query: query, Header: header}
	token, err := route.Authenticate(c)
	if err == nil {
		err = route.Authorize(token)
	}
	if err != nil {
		return route.Refused(err)
	}
	return route.Serve(c)
}

func TestEnvelopes(t *testing.T) {
	t.Parallel()
	srv := newProbe(t)
	for family, want := range map[Family]struct{ get, literal, conflict, notFound, broken string }{
		System: {
			get:      `{"meta":{"success":true,"message":"fetched","devMessage":"fetched"},"body":{"path":{"first":"x","second":"y"},"query":{"q":["1"]}}}`,
			literal:  `{"meta":{"success":true,"message":"","devMessage":""},"body":{"literal":true}}`,
			conflict: `{"meta":{"success":false,"message":"taken","devMessage":"taken"}}`,
			notFound: `{"meta":{"success":false,"message":"route not found","devMessage":"route not found"}}`,
			broken:   `{"meta":{"success":false,"message":"the fake broke","devMessage":"the fake broke"}}`,
		},
		Integration: {
			get:      `{"status":"success","message":"fetched","total":7,"data":{"path":{"first":"x","second":"y"},"query":{"q":["1"]}}}`,
			literal:  `{"status":"success","data":{"literal":true}}`,
			conflict: `{"status":"error","message":"taken"}`,
			notFound: `{"status":"error","message":"route not found"}`,
			broken:   `{"status":"error","message":"the fake broke"}`,
		},
		Application: {
			get:      `{"meta":{"status":"success","statusCode":200,"total":7},"message":"fetched","data":{"path":{"first":"x","second":"y"},"query":{"q":["1"]}}}`,
			literal:  `{"meta":{"status":"success","statusCode":201},"data":{"literal":true}}`,
			conflict: `{"meta":{"status":"error","statusCode":409},"message":"taken"}`,
			notFound: `{"meta":{"status":"error","statusCode":404},"message":"route not found"}`,
			broken:   `{"meta":{"status":"error","statusCode":500},"message":"the fake broke"}`,
		},
		CommunityHost: {
			get:      `{"error":false,"path":{"first":"x","second":"y"},"query":{"q":["1"]}}`,
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
				got := srv.ask(family, method, path)
				require.Equal(t, status, got.Status)
				require.JSONEq(t, want, string(got.Body))
			}
			check(http.MethodGet, "/probe/x/and/y?q=1", http.StatusOK, want.get)
			check(http.MethodGet, "/probe/one/and/y", http.StatusCreated, want.literal)
			check(http.MethodPut, "/probe/x/and/y", http.StatusConflict, want.conflict)
			check(http.MethodGet, "/nowhere", http.StatusNotFound, want.notFound)
			check(http.MethodPost, "/fail", http.StatusInternalServerError, want.broken)
		})
	}
}

func TestFamilyCredentials(t *testing.T) {
	t.Parallel()
	srv := newProbe(t)
	key, token := srv.key, "Bearer "+srv.token
	added := srv.community.Keys.AddAPIKey("")
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
			got := srv.askWith(family, http.MethodGet, "/probe/x/and/y", headers[name])
			if got.Status == http.StatusOK {
				worked = append(worked, name)
				continue
			}
			require.Equal(t, http.StatusUnauthorized, got.Status)
		}
		require.Equal(t, accepted, worked, family)

		got := srv.askWith(family, http.MethodPost, "/fail", http.Header{})
		require.Equal(t, http.StatusInternalServerError, got.Status, "anonymous operations run")
		got = srv.askWith(family, http.MethodPost, "/fail", headers["wrong"])
		require.Equal(t, http.StatusUnauthorized, got.Status, "but not with a wrong credential")
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
		"/probe/x/and/z":           {http.MethodDelete, "GET, HEAD, PUT", 405},
		"/probe/one/and/w":         {http.MethodPost, "GET, HEAD, PUT", 405},
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
			got := srv.ask(Integration, want.method, path)
			require.Equal(t, want.status, got.Status, string(got.Body))
			require.Equal(t, want.allow, got.Header.Get("Allow"))
		})
	}
	got := srv.ask(Integration, http.MethodGet, "/probe/a%2Fb/and/%3Fc%25")
	require.Contains(t, string(got.Body), `"path":{"first":"a/b","second":"?c%"}`)
	got = srv.askWith(Integration, http.MethodGet, "/../../api/v1/channels", http.Header{})
	require.Equal(t, http.StatusNotFound, got.Status)
}

func TestMoveRoute(t *testing.T) {
	t.Parallel()
	srv := newProbe(t)
	require.NoError(t, srv.Move("integration.probe.get", "/v2/{second}/{first}"))
	got := srv.ask(Integration, http.MethodGet, "/v2/b/a")
	require.Equal(t, http.StatusOK, got.Status)
	require.Contains(t, string(got.Body), `"path":{"first":"a","second":"b"}`)
	got = srv.ask(Integration, http.MethodGet, "/probe/x/and/y")
	require.Equal(t, http.StatusMethodNotAllowed, got.Status, "the PUT is still there")
	require.NoError(t, srv.Move("integration.channels.list", "/elsewhere"))
	require.Equal(t, http.StatusNotFound, srv.ask(Integration, http.MethodGet, "/channels").Status)

	require.NoError(t, srv.MoveFamily("integration.channels.list", System))
	require.Equal(t, http.StatusNotFound, srv.ask(Integration, http.MethodGet, "/elsewhere").Status)
	require.Equal(t, http.StatusOK, srv.ask(System, http.MethodGet, "/elsewhere").Status)
}

func TestMoveReportsConflicts(t *testing.T) {
	t.Parallel()
	srv := newProbe(t)
	for path, want := range map[string]string{
		"":              "is not clean",
		"elsewhere":     "is not clean",
		"/a?b":          "is not clean",
		"/a#b":          "is not clean",
		"//a":           "is not clean",
		"/a/":           "is not clean",
		"/../a":         "is not clean",
		"/{id}":         `has the placeholders ["id"]`,
		"/messages":     "",
		"/a{b":          "the path does not work",
		"/channels/all": "",
	} {
		err := srv.Move("integration.channels.list", path)
		if want == "" {
			require.NoError(t, err, path)
			continue
		}
		require.ErrorContains(t, err, want, path)
	}
	require.NoError(t, srv.Move("integration.channels.list", "/channels"))
	require.ErrorContains(t, srv.Move("nothing", "/a"), `operation "nothing" is unknown`)

	require.ErrorContains(t, srv.Move("integration.users.info", "/users/filter"), "conflicts with pattern")
	require.ErrorContains(t, srv.MoveFamily("integration.channels.list", System), "conflicts with pattern")
	require.Equal(t, http.StatusOK, srv.ask(Integration, http.MethodGet, "/channels").Status, "the old path stays")
}

func TestRenameField(t *testing.T) {
	t.Parallel()
	srv := newProbe(t)
	_, err := srv.community.AddChannel(community.Channel{ID: "64f1c0ffee0000000000abcd", Topic: "general"})
	require.NoError(t, err)
	require.NoError(t, srv.Rename("integration.channels.list", "topic", "title"))
	require.NoError(t, srv.Rename("integration.channels.list", "status", "outcome"))
	got := srv.ask(Integration, http.MethodGet, "/channels")
	require.JSONEq(t, `{"outcome":"success","data":[{"_id":"64f1c0ffee0000000000abcd","title":"general","channelType":"open"}]}`, string(got.Body))

	require.NoError(t, srv.Rename("application.probe.put", "statusCode", "code"))
	got = srv.ask(Application, http.MethodPut, "/probe/x/and/y")
	require.JSONEq(t, `{"meta":{"status":"error","code":409},"message":"taken"}`, string(got.Body))
	got = srv.ask(Application, http.MethodGet, "/probe/x/and/y")
	require.Contains(t, string(got.Body), "statusCode", "other operations stay")
	require.ErrorContains(t, srv.Rename("nothing", "a", "b"), `operation "nothing" is unknown`)
}

func TestRouteTable(t *testing.T) {
	t.Parallel()
	operations := map[string]bool{}
	for _, route := range NewRouter().routes {
		prefix := strings.ToLower(route.Family.String()) + "."
		if route.Family == CommunityHost {
			prefix = "system."
		}
		require.True(t, strings.HasPrefix(route.Operation, prefix), route.Operation)
		require.NotNil(t, route.serve, route.Operation)
		require.False(t, operations[route.Operation], "%s is there twice", route.Operation)
		operations[route.Operation] = true
	}
	require.Len(t, operations, 59)
}

// An id that clients escape as one segment arrives as it was, whatever it
// holds; an id that would change the path never matches.
func FuzzMatchPath(f *testing.F) {
	router := NewRouter()
	for _, id := range []string{"1102", "/", "a//b", "a/../b", "a/b", "a?x=1", "#", "..", ".", "%2e%2e", "", "ü", "a b", "\x00", "%", "{id}", "\xff"} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		_, values, err := router.Match(Integration, http.MethodGet, "/apis/v1/users/"+url.PathEscape(id)+"/api-keys")
		// The mux takes an escaped slash alone for the end of a path.
		require.Equal(t, slices.Contains([]string{"", ".", "..", "/"}, id), err != nil)
		if err == nil {
			require.Equal(t, map[string]string{"userId": id}, values)
		}
		_, _, _ = router.Match(Integration, http.MethodGet, id) // raw: must not panic
	})
}

func FuzzFields(f *testing.F) {
	for _, body := range []string{`{}`, `{"a":"b"}`, `{"a":null}`, `{"a":""}`, `null`, `[]`, `{"a":1}{}`, `{"a":`, "\xff", `{"a":"b","a":3}`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var text string
		_, err := (&Route{serve: func(c *Call) Result {
			read := c.fields()
			text = required[string](read, "a")
			_, _ = optional[int](read, "a")
			read.check()
			return Result{}
		}}).run(&Call{Header: http.Header{"Content-Type": {"application/json"}}, Body: body})
		if err == nil {
			require.NotEmpty(t, text)
			return
		}
		refused, ok := errors.AsType[*Refusal](err)
		require.True(t, ok)
		require.Equal(t, http.StatusBadRequest, refused.Status)
	})
}
