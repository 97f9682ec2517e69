package system_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/system"
	"github.com/returningai/returningai-go/testkit/calls"
)

func newSecret(text string) secret.Text { return secret.New(text) }

const secureAuth = "system.auth.secureAuth"

func secureLogin(ctx context.Context, client *returningai.Client) (system.SecureLogin, error) {
	return client.System.Auth.SecureLogin(ctx, system.SecureLoginParams{Username: "player-one"})
}

// hostOf is the community host of a server, as a call names it.
func hostOf(srv *returningaitest.Server) string {
	return strings.TrimPrefix(srv.URL(returningaitest.CommunityHost), "http://")
}

func TestSecureLogin(t *testing.T) {
	t.Parallel()
	srv := newCommunity(t)
	login, err := secureLogin(t.Context(), srv.Client())
	require.NoError(t, err)
	address, err := url.Parse(login.LoginURL.Reveal())
	require.NoError(t, err)
	require.Equal(t, hostOf(srv), address.Host)
	require.Regexp(t, "^/v2/app/loginApi/[^/]+/2$", address.Path)
	require.NotEmpty(t, address.Query().Get("token"))
	require.False(t, login.SessionID.IsZero())
	require.Equal(t, "false", login.Extra["error"].Reveal())

	request := srv.RequestsTo(secureAuth)[0]
	require.Equal(t, srv.APIKey(), request.Header.Get("apiKey"))
	require.Equal(t, hostOf(srv), request.Header.Get("hostname"))
	require.Empty(t, request.Header.Get("Authorization"))
	require.Empty(t, request.Header.Get("X-API-Key"))
}

func TestSecureLoginCreatesUser(t *testing.T) {
	t.Parallel()
	srv := newCommunity(t)
	auth := srv.Client().System.Auth
	_, err := auth.SecureLogin(t.Context(), system.SecureLoginParams{Username: "newcomer"})
	require.ErrorIs(t, err, returningai.ErrNotFound)
	newcomer := system.SecureLoginParams{
		Username: "newcomer", Email: "n@example.com", FirstName: "New", LastName: "Comer", DisplayName: "Newcomer",
	}
	_, err = auth.SecureLogin(t.Context(), newcomer)
	require.NoError(t, err)
	users := srv.Users()
	require.Equal(t, "newcomer", users[len(users)-1].Username)
	require.Equal(t, "Comer", users[len(users)-1].LastName)
	newcomer.Username = "another"
	_, err = auth.SecureLogin(t.Context(), newcomer)
	require.ErrorIs(t, err, returningai.ErrConflict)
	require.Len(t, srv.Users(), len(users))
}

func TestSecureLoginHosts(t *testing.T) {
	t.Parallel()
	srv, other := newCommunity(t), newCommunity(t)
	login := func(client *returningai.Client, host string) error {
		return second(client.System.Auth.SecureLogin(t.Context(), system.SecureLoginParams{Host: host, Username: "player-one"}))
	}
	for _, host := range []string{
		hostOf(other), "community.example.com", "127.0.0.1", "https://" + hostOf(srv), "http://" + hostOf(other), ":", "://", "%",
		hostOf(srv) + "/v2", hostOf(srv) + "?a=b", hostOf(srv) + "#", hostOf(srv) + "@" + hostOf(other), hostOf(other) + "@" + hostOf(srv),
	} {
		failure := failed(t, login(srv.Client(), host))
		require.ErrorIs(t, failure, returningai.ErrInvalid)
		require.Equal(t, "Host", failure.Problems()[0].Field)
		require.Contains(t, failure.Problems()[0].Rule, "WithCommunityHost")
		require.NotContains(t, failure.Error(), hostOf(other))
	}
	none, err := returningai.New(returningai.WithAPIKey("k"))
	require.NoError(t, err)
	require.ErrorContains(t, login(none, ""), "no community host is configured")
	require.Empty(t, srv.Requests())
	require.Empty(t, other.Requests())

	both := srv.Client(
		returningai.WithCommunityHost(other.URL(returningaitest.CommunityHost)),
		returningai.WithAPIKey(other.APIKey()),
	)
	require.ErrorContains(t, login(both, ""), "must name one")
	require.NoError(t, login(both, hostOf(other)))
	require.NoError(t, login(both, other.URL(returningaitest.CommunityHost)))
	require.Empty(t, srv.Requests())
	require.Len(t, other.RequestsTo(secureAuth), 2)
}

func TestSecureLoginNotRetried(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string]returningaitest.Response{
		"unread": returningaitest.CutBeforeReading(), "without a response": returningaitest.CutBeforeResponse(),
		"reset": returningaitest.CutBeforeReading().Reset(), "in the middle": returningaitest.CutMidBody(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := newCommunity(t)
			client := srv.Client(quick(), returningai.WithHTTPClient(&http.Client{Transport: &http.Transport{}}))
			defer client.CloseIdleConnections()
			_, err := secureLogin(t.Context(), client) // leaves a connection, on which net/http would replay a GET
			require.NoError(t, err)
			srv.Inject(returningaitest.Fault{Operation: secureAuth, Times: returningaitest.Always, Response: cut})
			_, err = secureLogin(t.Context(), client)
			require.True(t, failed(t, err).MaybeApplied())
			require.Len(t, srv.RequestsTo(secureAuth), 2)
		})
	}
}

// loginResponse responses single sign-on with a login URL of the test's choice.
func loginResponse(srv *returningaitest.Server, loginURL string) {
	quoted, _ := json.Marshal(loginURL)
	srv.Inject(returningaitest.Fault{Operation: secureAuth, Response: returningaitest.Raw(200, "application/json",
		`{"error":false,"loginUrl":`+string(quoted)+`,"sessionId":"s3cr3t-session"}`)})
}

func TestLoginURLOnOtherHostFails(t *testing.T) {
	t.Parallel()
	srv := newCommunity(t)
	host := hostOf(srv)
	_, port, _ := strings.Cut(host, ":")
	for name, test := range map[string]struct{ loginURL, why string }{
		"none":             {"", "no login URL"},
		"other host":       {"https://evil.example/v2/s3cr3t", "not on the requested host"},
		"other port":       {"http://127.0.0.1:1/v2/s3cr3t", "not on the requested host"},
		"no port":          {"https://127.0.0.1/v2/s3cr3t", "not on the requested host"},
		"other loopback":   {"http://localhost:" + port + "/s3cr3t", "not on the requested host"},
		"prefix of a host": {"https://" + host + ".evil.example/s3cr3t", "cannot be parsed"},
		"user":             {"http://s3cr3t@" + host + "/", "user or password"},
		"host as a user":   {"https://" + host + "@evil.example/s3cr3t", "user or password"},
		"plain http":       {"http://evil.example/s3cr3t", "not https"},
		"other scheme":     {"javascript://" + host + "/%0as3cr3t", "not https"},
		"no scheme":        {"//" + host + "/s3cr3t", "not https"},
		"relative":         {"/v2/app/loginApi/s3cr3t", "cannot be parsed"},
		"opaque":           {"https:" + host + "/s3cr3t", "cannot be parsed"},
		"backslash":        {`http://` + host + `\@evil.example/s3cr3t`, "cannot be parsed"},
		"backslash later":  {`http://` + host + `/\s3cr3t`, "cannot be parsed"},
		"control":          {"http://" + host + "/\ns3cr3t", "cannot be parsed"},
		"nonsense":         {"s3cr3t", "cannot be parsed"},
	} {
		loginResponse(srv, test.loginURL)
		var done error
		hooks := returningai.Hooks{Done: func(_ context.Context, info returningai.DoneInfo) { done = info.Err }}
		login, err := secureLogin(t.Context(), srv.Client(returningai.WithHooks(hooks), returningai.WithAPIKeyInLoginURL()))
		failure := failed(t, err)
		require.ErrorIs(t, failure, returningai.ErrUnexpectedResponse, name)
		require.ErrorContains(t, failure, test.why, name)
		require.True(t, failure.MaybeApplied(), name)
		require.Equal(t, http.StatusOK, failure.StatusCode, name)
		require.Equal(t, err, done, name)
		require.Zero(t, login, name)
		require.Empty(t, failure.Body(), name)
		require.NotContains(t, fmt.Sprintf("%+v %#v", failure, failure), "s3cr3t", name)
		require.NotContains(t, failure.Error(), "evil", name)
	}
}

func TestLoginURLUnchanged(t *testing.T) {
	t.Parallel()
	srv := newCommunity(t)
	host := hostOf(srv)
	for _, loginURL := range []string{
		"http://" + host + "/v2/app/loginApi/k%2Fe+y/2?token=a%2Bb&host=x#f",
		"HTTPS://" + host + "/",
		"https://" + host,
		"https://" + host + "/v2/app/loginApi",
		"https://" + host + "/v2/app/loginApi/undefined1/2",
		"https://" + host + "/v2/app/undefined/2?token=undefined",
	} {
		loginResponse(srv, loginURL)
		login, err := secureLogin(t.Context(), srv.Client(returningai.WithAPIKeyInLoginURL()))
		require.NoError(t, err)
		require.Equal(t, loginURL, login.LoginURL.Reveal())
		require.Equal(t, "s3cr3t-session", login.SessionID.Reveal())
	}
}

// canned responses every request with the same JSON.
type canned string

func (c canned) RoundTrip(request *http.Request) (*http.Response, error) {
	recorder := &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Request: request,
		Body: nopCloser{strings.NewReader(string(c))},
	}
	return recorder, nil
}

type nopCloser struct{ *strings.Reader }

func (nopCloser) Close() error { return nil }

func TestLoginURLOfPublicHost(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		host, loginURL string
		accepted       bool
	}{
		{"community.example.com", "https://community.example.com/v2", true},
		{"community.example.com", "https://Community.Example.COM:443/v2", true},
		{"community.example.com:443", "https://community.example.com/v2", true},
		{"community.example.com:8443", "https://community.example.com:8443/v2", true},
		{"http://community.example.com", "https://community.example.com/v2", true},
		{"http://community.example.com", "http://community.example.com/v2", false},
		{"community.example.com", "http://community.example.com/v2", false},
		{"community.example.com", "https://community.example.com:8443/v2", false},
		{"community.example.com:8443", "https://community.example.com/v2", false},
		{"community.example.com", "https://www.community.example.com/v2", false},
		{"community.example.com", "https://community.example.com.evil.example/v2", false},
		{"[::1]:8443", "https://[::1]:8443/v2", true},
		{"[::1]", "https://[::1]:443/v2", true},
	} {
		client, err := returningai.New(
			returningai.WithAPIKey("k"), returningai.WithCommunityHost(test.host), returningai.WithInsecureHTTP(),
			returningai.WithHTTPClient(&http.Client{Transport: canned(`{"error":false,"loginUrl":"` + test.loginURL + `"}`)}),
		)
		require.NoError(t, err)
		login, err := client.System.Auth.SecureLogin(t.Context(), system.SecureLoginParams{Host: test.host, Username: "u"})
		if !test.accepted {
			require.ErrorIs(t, err, returningai.ErrUnexpectedResponse, test)
			continue
		}
		require.NoError(t, err, test)
		require.Equal(t, test.loginURL, login.LoginURL.Reveal())
	}
}

func TestLoginURLWithoutKey(t *testing.T) {
	t.Parallel()
	srv := newCommunity(t)
	srv.LoginURLsWithoutKey(true)
	_, err := secureLogin(t.Context(), srv.Client())
	failure := failed(t, err)
	require.ErrorIs(t, failure, system.ErrLoginURLWithoutKey)
	require.ErrorIs(t, failure, returningai.ErrUnexpectedResponse)
	require.ErrorContains(t, failure, "WithAPIKeyInLoginURL")
	require.ErrorContains(t, failure, "undefined")
	require.Empty(t, failure.Body())

	srv.LoginURLsWithoutKey(false)
	_, err = secureLogin(t.Context(), srv.Client())
	require.NoError(t, err)
}

func TestWithAPIKeyInLoginURL(t *testing.T) {
	t.Parallel()
	srv := newCommunity(t)
	key := srv.AddAPIKey(`k/e?y#1%"<&`)
	client := srv.Client(returningai.WithAPIKey(key), returningai.WithAPIKeyInLoginURL())
	for given, want := range map[string]string{
		"/v2/app/loginApi/undefined/2?token=a%2Bb&host=h": "/v2/app/loginApi/" + url.PathEscape(key) + "/2?token=a%2Bb&host=h",
		"/v2/app/loginApi/undefined":                      "/v2/app/loginApi/" + url.PathEscape(key),
		"/a%2Fb/loginApi/%75ndefined/2":                   "/a%2Fb/loginApi/" + url.PathEscape(key) + "/2",
	} {
		loginResponse(srv, "http://"+hostOf(srv)+given)
		login, err := secureLogin(t.Context(), client)
		require.NoError(t, err)
		require.Equal(t, "http://"+hostOf(srv)+want, login.LoginURL.Reveal())
		address, err := url.Parse(login.LoginURL.Reveal())
		require.NoError(t, err)
		require.Contains(t, address.Path, "/loginApi/"+key)
		requireNoSecrets(t, login, key, login.LoginURL.Reveal())
	}

	// The header of the newer page carries the key, too.
	newer, err := returningai.APIKey("newer")
	require.NoError(t, err)
	client, err = client.With(returningai.WithAuthenticator(returningai.FamilyCommunityHost, newer))
	require.NoError(t, err)
	loginResponse(srv, "http://"+hostOf(srv)+"/v2/app/loginApi/undefined/2")
	login, err := secureLogin(t.Context(), client)
	require.NoError(t, err)
	require.Equal(t, "http://"+hostOf(srv)+"/v2/app/loginApi/newer/2", login.LoginURL.Reveal())
	requests := srv.RequestsTo(secureAuth)
	require.Equal(t, "newer", requests[len(requests)-1].Header.Get("X-API-Key"))
	require.Empty(t, requests[len(requests)-1].Header.Get("apiKey"))

	// With a credential of another form there is no key to put there.
	header, err := returningai.Bearer("t")
	require.NoError(t, err)
	other, err := client.With(returningai.WithAuthenticator(returningai.FamilyCommunityHost, header))
	require.NoError(t, err)
	loginResponse(srv, "http://"+hostOf(srv)+"/v2/app/loginApi/undefined/2")
	_, err = secureLogin(t.Context(), other)
	require.ErrorIs(t, err, system.ErrLoginURLWithoutKey)
}

// requireNoSecrets prints a value in every way that programs print values.
func requireNoSecrets(t *testing.T, value any, secrets ...string) {
	t.Helper()
	encoded, err := json.Marshal(value)
	require.NoError(t, err)
	shown := string(encoded)
	type holder struct{ Exported, unexported any }
	for _, printed := range []any{value, &value, holder{value, value}, []any{value}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			shown += "\n" + fmt.Sprintf(verb, printed)
		}
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("value", "value", value)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("value", "value", value)
	shown += log.String()
	for _, text := range secrets {
		quoted, _ := json.Marshal(text)
		for _, form := range []string{text, url.QueryEscape(text), url.PathEscape(text), strings.Trim(string(quoted), `"`), fmt.Sprintf("%x", text)} {
			require.NotContains(t, shown, form)
		}
	}
}

func TestLoginRedacted(t *testing.T) {
	t.Parallel()
	srv := newCommunity(t)
	loginURL := "http://" + hostOf(srv) + "/v2/app/loginApi/s3cr3t-key/2?token=s3cr3t-token"
	srv.Inject(returningaitest.Fault{Operation: secureAuth, Response: returningaitest.Raw(200, "application/json",
		`{"error":"false","loginUrl":"`+loginURL+`","sessionId":4711471147114711,"loginURL":"`+loginURL+`","more":{"url":"`+loginURL+`"}}`)})
	login, err := secureLogin(t.Context(), srv.Client())
	require.NoError(t, err)
	require.Equal(t, "4711471147114711", login.SessionID.Reveal())
	require.JSONEq(t, `{"url":"`+loginURL+`"}`, login.Extra["more"].Reveal())
	requireNoSecrets(t, login, loginURL, "s3cr3t", "4711471147114711")
	encoded, err := json.Marshal(login)
	require.NoError(t, err)
	require.JSONEq(t, `{"loginUrl":"[redacted]","sessionId":"[redacted]","error":"[redacted]","loginURL":"[redacted]","more":"[redacted]"}`, string(encoded))

	response(srv, "system.auth.login", `{"token":"s3cr3t-token","user":{"_id":"u","username":"ada"},"refreshToken":"s3cr3t-refresh"}`)
	session, err := srv.Client().System.Auth.Login(t.Context(), system.LoginParams{Email: email, Password: newSecret(password)})
	require.NoError(t, err)
	require.Equal(t, "s3cr3t-token", session.Token.Reveal())
	require.Equal(t, `"s3cr3t-refresh"`, session.Extra["refreshToken"].Reveal())
	require.Equal(t, "ada", session.User.Username)
	requireNoSecrets(t, session, "s3cr3t")
	requireNoSecrets(t, system.LoginParams{Email: email, Password: newSecret("s3cr3t")}, "s3cr3t")
	requireNoSecrets(t, system.RegisterParams{Password: newSecret("s3cr3t")}, "s3cr3t")
	requireNoSecrets(t, system.VerifyEmailParams{Code: newSecret("s3cr3t")}, "s3cr3t")
}

// TestFailuresShowNoSecret makes the operations that response secrets fail in
// every way, and looks for the secrets in all that can be seen of it.
func TestFailuresShowNoSecret(t *testing.T) {
	t.Parallel()
	const page = `<a href="https://evil.example/v2/app/loginApi/s3cr3t/2">`
	for name, fault := range map[string]returningaitest.Response{
		"malformed":     returningaitest.MalformedJSON(),
		"truncated":     returningaitest.TruncatedJSON(),
		"garbage":       returningaitest.TrailingGarbage(),
		"cut":           returningaitest.CutMidBody(),
		"too large":     returningaitest.Oversized(1 << 20),
		"redirect":      returningaitest.Redirect(302, "https://evil.example/v2/app/loginApi/s3cr3t/2?token=s3cr3t"),
		"redirect page": returningaitest.Raw(302, "text/html", page).With("Location", "https://evil.example/s3cr3t"),
		"page":          returningaitest.Raw(200, "text/html", page),
		"other types": returningaitest.Raw(200, "application/json",
			`{"error":false,"loginUrl":["https://s3cr3t/"],"body":{"token":{"s3cr3t":"s3cr3t"},"user":"s3cr3t"}}`),
		"failed": returningaitest.Raw(200, "application/json",
			`{"error":true,"message":"no","loginUrl":"https://s3cr3t/","meta":{"success":false},"body":{"token":"s3cr3t"}}`),
		"no object": returningaitest.Raw(200, "application/json", `"s3cr3t"`),
		"echoed":    returningaitest.EchoCredential(400),
	} {
		for _, id := range []string{secureAuth, "system.auth.login"} {
			t.Run(name+" "+id, func(t *testing.T) {
				t.Parallel()
				srv := newCommunity(t)
				srv.Inject(returningaitest.Fault{Operation: id, Response: fault})
				var log bytes.Buffer
				var response returningai.Response
				client := srv.Client(returningai.WithMaxResponseBytes(1<<16),
					returningai.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
				failure := failed(t, second(calls.Of(id)[0].Do(returningai.CaptureResponse(t.Context(), &response), client, known(srv))))
				require.Contains(t, log.String(), "level=WARN")

				secrets := []string{password, srv.APIKey(), "s3cr3t", "fake-login", "fake-session"}
				requireNoSecrets(t, failure, secrets...)
				shown := failure.Error() + log.String() + fmt.Sprint(response.Header) + string(failure.Body())
				for _, text := range secrets {
					require.NotContains(t, shown, text)
				}
			})
		}
	}
}

func TestEchoedSecretNotShown(t *testing.T) {
	t.Parallel()
	srv := newCommunity(t)
	auth, ctx := srv.Client().System.Auth, t.Context()
	for id, call := range map[string]func(secret.Text) error{
		"system.auth.register": func(text secret.Text) error {
			return second(auth.Register(ctx, system.RegisterParams{Email: "e@example.com", Username: "e", Password: text}))
		},
		"system.auth.verifyEmail": func(text secret.Text) error {
			return auth.VerifyEmail(ctx, system.VerifyEmailParams{Email: email, Code: text})
		},
		"system.auth.login": func(text secret.Text) error {
			return second(auth.Login(ctx, system.LoginParams{Email: email, Password: text}))
		},
	} {
		srv.Inject(returningaitest.Fault{Operation: id, Response: returningaitest.Failure(400, `"hunter22+" will not do`)})
		failure := failed(t, call(newSecret("hunter22+")))
		require.Equal(t, `"[redacted]" will not do`, failure.Message, id)
		require.NotContains(t, string(failure.Body()), "hunter22", id)
		require.Contains(t, string(failure.Body()), "will not do", id)
	}
}

func TestLoginTokenIsBearer(t *testing.T) {
	t.Parallel()
	srv := newCommunity(t)
	login, err := srv.Client().System.Auth.Login(t.Context(), system.LoginParams{Email: email, Password: newSecret(password)})
	require.NoError(t, err)
	require.Equal(t, "ada", login.User.Username)
	require.Equal(t, email, login.User.Email)
	client, err := srv.Client().With(returningai.WithBearer(login.Token.Reveal()))
	require.NoError(t, err)
	channels, err := client.Integration.Channels.List(t.Context())
	require.NoError(t, err)
	require.Len(t, channels, 1)
	require.Equal(t, "Bearer "+login.Token.Reveal(), srv.RequestsTo("integration.channels.list")[0].Header.Get("Authorization"))

	for name, params := range map[string]system.LoginParams{
		"wrong password": {Email: email, Password: newSecret("wr0ng")},
		"no such user":   {Email: "nobody@example.com", Password: newSecret(password)},
		"a username":     {Email: "ada", Password: newSecret(password)},
		"no password":    {Email: "player-one@example.com", Password: newSecret(password)},
	} {
		_, err := srv.Client().System.Auth.Login(t.Context(), params)
		require.ErrorIs(t, err, returningai.ErrUnauthorized, name)
	}
}

func TestRegisterVerifyLogin(t *testing.T) {
	t.Parallel()
	srv := newCommunity(t)
	auth := srv.Client().System.Auth
	grace := system.RegisterParams{Email: "grace@example.com", Password: newSecret("h0pper!"), Username: "grace", FirstName: "Grace"}
	user, err := auth.Register(t.Context(), grace)
	require.NoError(t, err)
	require.Equal(t, "grace", user.Username)
	require.Equal(t, "Grace", user.FirstName)
	require.NotEmpty(t, user.ID)
	require.NotEmpty(t, user.UserID)
	_, err = auth.Register(t.Context(), grace)
	require.ErrorIs(t, err, returningai.ErrConflict)

	verify := func(email, code string) error {
		return auth.VerifyEmail(t.Context(), system.VerifyEmailParams{Email: email, Code: newSecret(code)})
	}
	code := srv.VerificationCode(grace.Email)
	require.ErrorIs(t, verify(grace.Email, "wrong"), returningai.ErrInvalid)
	require.ErrorIs(t, verify("nobody@example.com", code), returningai.ErrNotFound)
	require.NoError(t, verify(grace.Email, code))
	require.ErrorIs(t, verify(grace.Email, code), returningai.ErrInvalid, "a code is used once")
	require.Empty(t, srv.VerificationCode(grace.Email))
}

func TestLoginWithoutToken(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"no token":           `{"user":{}}`,
		"an empty one":       `{"token":"","user":{}}`,
		"under another name": `{"accessToken":"s3cr3t"}`,
	} {
		srv := returningaitest.NewServer(t)
		response(srv, "system.auth.login", body)
		login, err := srv.Client().System.Auth.Login(t.Context(), system.LoginParams{Email: email, Password: newSecret(password)})
		require.ErrorIs(t, err, returningai.ErrUnexpectedResponse, name)
		require.ErrorContains(t, err, "the response has no token", name)
		require.Zero(t, login, name)
		failure, _ := errors.AsType[*returningai.Error](err)
		require.True(t, failure.MaybeApplied(), name)
		require.Empty(t, failure.Body(), name)
	}
}
