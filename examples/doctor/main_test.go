package main

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/testkit/calls"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// report examines a fake server, without repeating what fails.
func report(t *testing.T, fake *returningaitest.Server, known calls.Known, options ...returningai.Option) string {
	t.Helper()
	policy := returningai.DefaultRetryPolicy()
	policy.MaxAttempts = 1
	options = slices.Concat(credentials(fake), []returningai.Option{returningai.WithRetryPolicy(policy)}, options)
	var out strings.Builder
	require.NoError(t, examine(t.Context(), &out, known, options...))
	return out.String()
}

// about returns the part of a report on one operation.
func about(t *testing.T, report, operation string) string {
	t.Helper()
	part := regexp.MustCompile(`(?m)^\S.* ` + regexp.QuoteMeta(operation) + `( .*)?\n(^ .*\n)*`).FindString(report)
	require.NotEmpty(t, part, operation)
	return part
}

func TestAllReadsChecked(t *testing.T) {
	t.Parallel()
	var want, got []string
	for _, operation := range returningai.Operations() {
		if operation.ReadsOnly {
			want = append(want, operation.ID)
		}
	}
	for _, check := range checks() {
		got = append(got, check.Operation)
	}
	require.ElementsMatch(t, want, got)

	fake := returningaitest.NewServer(t)
	text := report(t, fake, populate(fake))
	var sent []string
	for _, request := range fake.Requests() {
		sent = append(sent, request.Operation)
	}
	require.ElementsMatch(t, want, sent, "one request each, and no others")
	require.Equal(t, len(want), strings.Count(text, "\n"+works+" "), text)
}

func TestOffline(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	require.NoError(t, run(t.Context(), []string{"-offline"}, &out))
	require.Contains(t, out.String(), "works                           integration.users.info\n")
	out.Reset()
	require.NoError(t, run(t.Context(), []string{"-offline", "-route", "integration.channels.list=GET /elsewhere"}, &out))
	require.Contains(t, about(t, out.String(), returningai.OperationIntegrationChannelsList), notFound)
	require.Error(t, run(t.Context(), []string{"-route", returningai.OperationIntegrationChannelsList}, &out))
	require.ErrorIs(t, run(t.Context(), []string{"-offline", "-route", "nothing=GET /"}, &out), returningai.ErrInvalid)
}

func TestEnvironmentAndFlags(t *testing.T) {
	fake := returningaitest.NewServer(t)
	known := populate(fake)
	t.Setenv(returningai.EnvToken, fake.Token())
	t.Setenv(returningai.EnvIntegrationURL, fake.URL(returningaitest.Integration))
	t.Setenv(returningai.EnvApplicationURL, fake.URL(returningaitest.Application))
	var out strings.Builder
	require.NoError(t, run(t.Context(), []string{"-email", known[calls.Email], "-community", known[calls.CommunityID]}, &out))
	require.Contains(t, about(t, out.String(), returningai.OperationApplicationCommunityUsersGet), works)
	require.Contains(t, about(t, out.String(), returningai.OperationSystemBadgesList), "give the API key (RETURNINGAI_API_KEY)")
	require.Contains(t, about(t, out.String(), returningai.OperationSystemServersListRoles), "system.servers.list must find one")

	out.Reset()
	require.NoError(t, run(t.Context(), nil, &out))
	require.Contains(t, about(t, out.String(), returningai.OperationIntegrationUsersGet), "not checked                     integration.users.info\n")
	require.Contains(t, about(t, out.String(), returningai.OperationIntegrationUsersGet), "give -email")
	require.Contains(t, about(t, out.String(), returningai.OperationApplicationUserFieldsList), "give -community")
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	const channels, info, badges = returningai.OperationIntegrationChannelsList, returningai.OperationIntegrationUsersGet, returningai.OperationSystemBadgesList
	answers := func(operation string, answer returningaitest.Response) func(*returningaitest.Server) {
		return func(fake *returningaitest.Server) {
			fake.Inject(returningaitest.Fault{Operation: operation, Response: answer})
		}
	}
	for name, test := range map[string]struct {
		operation string
		change    func(*returningaitest.Server)
		says      []string
	}{
		"moved, assumed":    {badges, func(fake *returningaitest.Server) { fake.MoveRoute(badges, "/v2/badges") }, []string{notFound, "HTTP 405", "is assumed", `returningai.WithRoute("system.badges.list", "GET", "/…")`}},
		"moved, documented": {info, func(fake *returningaitest.Server) { fake.MoveRoute(info, "/users/about") }, []string{notFound, "is documented", "check the ids"}},
		"renamed":           {channels, func(fake *returningaitest.Server) { fake.RenameField(channels, "topic", "subject") }, []string{unknown, "unknown: data[].subject\n"}},
		"renamed, nested": {returningai.OperationSystemServersListRoles, func(fake *returningaitest.Server) {
			fake.RenameField(returningai.OperationSystemServersListRoles, "allow_dm", "allowDM")
		}, []string{unknown, "unknown: body[].serverPermissions.allowDM\n"}},
		"renamed envelope": {channels, func(fake *returningaitest.Server) { fake.RenameField(channels, "data", "items") }, []string{otherShape, "unknown: items\n", "the response has no field data\n"}},
		"another type":     {channels, answers(channels, returningaitest.Raw(200, "application/json", `{"status":"success","data":[{"_id":"a","topic":{"en":"x"},"channelType":"open"}]}`)), []string{otherShape, "of another type: data[].topic\n"}},
		"no list":          {channels, answers(channels, returningaitest.Raw(200, "application/json", `{"status":"success","data":"none"}`)), []string{otherShape, "of another type: data\n"}},
		"numbers as text":  {info, answers(info, returningaitest.Raw(200, "application/json", `{"status":"success","data":{"userId":1102,"xp":"12","roles":[]}}`)), []string{works}},
		"HTML":             {channels, answers(channels, returningaitest.HTML(200)), []string{otherShape, "an HTML page instead of JSON"}},
		"no JSON":          {channels, answers(channels, returningaitest.MalformedJSON()), []string{otherShape, "not a JSON object"}},
		"HTML, not there":  {badges, answers(badges, returningaitest.HTML(404)), []string{notFound, "HTTP 404"}},
		"unauthorized":     {badges, func(fake *returningaitest.Server) { fake.Revoke(fake.APIKey()) }, []string{refused, "HTTP 401", "the API key (RETURNINGAI_API_KEY) may be wrong or expired"}},
		"forbidden":        {info, answers(info, returningaitest.Status(403)), []string{refused, "HTTP 403", "the bearer token (RETURNINGAI_TOKEN)", "getUserData, as is assumed"}},
		"permission known": {returningai.OperationApplicationUserFieldsList, answers(returningai.OperationApplicationUserFieldsList, returningaitest.Status(403)), []string{refused, "permission: userFields\n"}},
		"limited":          {badges, answers(badges, returningaitest.Status(429)), []string{failed, "limiting requests"}},
		"broken":           {badges, answers(badges, returningaitest.Status(502)), []string{failed, "HTTP 502", "the service failed"}},
		"invalid":          {badges, answers(badges, returningaitest.Status(400)), []string{failed, "finds the request invalid"}},
		"says it failed":   {badges, answers(badges, returningaitest.Status(200)), []string{failed, "says that it failed"}},
		"redirected":       {badges, answers(badges, returningaitest.Redirect(302, "https://login.example/")), []string{failed, "redirects elsewhere"}},
		"cut off": {badges, func(fake *returningaitest.Server) {
			fake.Inject(returningaitest.Fault{Operation: badges, Times: returningaitest.Always, Response: returningaitest.CutBeforeResponse()})
		}, []string{failed, "no connection"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := returningaitest.NewServer(t)
			known := populate(fake)
			test.change(fake)
			part := about(t, report(t, fake, known), test.operation)
			for _, text := range test.says {
				require.Contains(t, part, text)
			}
		})
	}
}

// TestOptionalFieldsMissing examines a service that omits many of them.
func TestOptionalFieldsMissing(t *testing.T) {
	t.Parallel()
	fake := returningaitest.NewServer(t)
	require.NotContains(t, report(t, fake, populate(fake)), "missing: ")
}

func TestCorrectedRoute(t *testing.T) {
	t.Parallel()
	fake := returningaitest.NewServer(t)
	fake.MoveRoute(returningai.OperationSystemBadgesList, "/v2/badges")
	option, err := parseRoute("system.badges.list=GET /v2/badges")
	require.NoError(t, err)
	require.Contains(t, about(t, report(t, fake, populate(fake), option), returningai.OperationSystemBadgesList), works)
}

func TestCanceledExamination(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	fake := returningaitest.NewServer(t)
	require.ErrorIs(t, examine(ctx, &strings.Builder{}, populate(fake), credentials(fake)...), context.Canceled)
}

// TestReportShowsNothingPrivate examines a server that misbehaves in every
// way, and looks for whatever it holds.
func TestReportShowsNothingPrivate(t *testing.T) {
	t.Parallel()
	hostile := returningaitest.Raw(200, "application/json", `{"status":"success","data":[{"private@example.com":1,"65a0c0de00000000000000ff":2,"topic":["private topic"],"Private Person":3,`+
		`"_id":{"privateValue":"private value"}}],"meta":{"success":true},"body":{"private@example.com":[]}}`)
	for name, answer := range map[string]returningaitest.Response{
		"as usual":    {},
		"hostile":     hostile,
		"HTML":        returningaitest.HTML(200),
		"echo 401":    returningaitest.EchoCredential(401),
		"echo 500":    returningaitest.EchoCredential(500),
		"echo 200":    returningaitest.EchoCredential(200),
		"message":     returningaitest.Failure(400, "private message about private@example.com"),
		"redirect":    returningaitest.Redirect(302, "https://private.example/private"),
		"malformed":   returningaitest.MalformedJSON(),
		"truncated":   returningaitest.TruncatedJSON(),
		"trailing":    returningaitest.TrailingGarbage(),
		"cut":         returningaitest.CutBeforeResponse(),
		"retry after": returningaitest.RetryAfter(http.StatusTooManyRequests, "86400"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := returningaitest.NewServer(t)
			known := populate(fake)
			if name != "as usual" {
				fake.Inject(returningaitest.Fault{Times: returningaitest.Always, Response: answer})
			}
			text := strings.ToLower(report(t, fake, known))
			for _, private := range privateTexts(fake, known) {
				require.NotContains(t, text, strings.ToLower(private))
			}
		})
	}
}

// privateTexts are the secrets, ids, names and values that a fake server holds.
func privateTexts(fake *returningaitest.Server, known calls.Known) []string {
	texts := []string{fake.APIKey(), fake.Token(), known[calls.Email], known[calls.CommunityID], "private", "Oslo", "65a0c0de", "127.0.0.1", "Early bird"}
	for _, user := range fake.Users() {
		texts = append(texts, user.ID, user.UserID, user.Username, user.Email, user.DisplayName)
	}
	for _, key := range fake.UserAPIKeys() {
		texts = append(texts, key.ID, key.Text)
	}
	for _, channel := range fake.Channels() {
		texts = append(texts, channel.ID)
	}
	return slices.DeleteFunc(texts, func(text string) bool { return text == "bot" })
}
