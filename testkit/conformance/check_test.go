package conformance_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/testkit/conformance"
)

// TestCheckFindsRequestErrors checks the checker: the other tests prove
// nothing with one that accepts everything.
func TestCheckFindsRequestErrors(t *testing.T) {
	t.Parallel()
	document := readDocument(t)
	const (
		object  = `"65a0c0de0000000000000001"`
		message = `{"channelId":` + object + `,"message":"gg","sender":"bot"}`
		list    = "/apis/v1/communities/65a0c0de0000000000000001/user-field-histories"
	)
	bearer := http.Header{"Authorization": {"Bearer token"}}
	key := http.Header{"X-Api-Key": {"key"}}
	for name, test := range map[string]struct {
		family       returningai.Family
		method, path string
		header       http.Header
		body, says   string
	}{
		"right":             {"integration", "POST", "/apis/v1/messages/send", bearer, message, ""},
		"another family":    {"application", "POST", "/apis/v1/messages/send", bearer, message, "has no POST"},
		"another method":    {"integration", "PUT", "/apis/v1/messages/send", bearer, message, "has no PUT"},
		"another path":      {"integration", "POST", "/apis/v1/message/send", bearer, message, "has no POST"},
		"no credential":     {"integration", "POST", "/apis/v1/messages/send", nil, message, "lacks the credential bearer"},
		"wrong credential":  {"integration", "POST", "/apis/v1/messages/send", key, message, "lacks the credential bearer"},
		"a credential more": {"system", "GET", "/api/v1/badges", http.Header{"X-Api-Key": {"key"}, "Authorization": {"Bearer token"}}, "", "carries bearer"},
		"missing field":     {"integration", "POST", "/apis/v1/messages/send", bearer, `{"channelId":` + object + `,"message":"gg"}`, "sender"},
		"unknown field":     {"integration", "POST", "/apis/v1/messages/send", bearer, `{"to":1,` + message[1:], `"to" is unsupported`},
		"wrong type":        {"integration", "POST", "/apis/v1/messages/send", bearer, `{"channelId":` + object + `,"message":7,"sender":"bot"}`, "/message"},
		"wrong id":          {"integration", "POST", "/apis/v1/messages/send", bearer, `{"channelId":"c","message":"gg","sender":"bot"}`, "pattern"},
		"no body":           {"integration", "POST", "/apis/v1/messages/send", bearer, "", "body"},
		"a body too many":   {"system", "GET", "/api/v1/badges", key, `{}`, "body"},
		"unknown parameter": {"application", "GET", list + "?order=up", bearer, "", "no query parameter order"},
		"wrong parameter":   {"application", "GET", list + "?page=first", bearer, "", "page"},
		"lacking parameter": {"integration", "GET", "/apis/v1/users/activity/daily?identifier=a&identifier_type=email", bearer, "", "days"},
		"wrong placeholder": {"application", "GET", "/apis/v1/communities/mine/user-field-histories", bearer, "", "communityId"},
		"lacking header":    {"community", "GET", "/api/secureAuth?action=login&userId=u", http.Header{"Apikey": {"key"}}, "", "hostname"},
		"wrong constant":    {"community", "GET", "/api/secureAuth?action=logout&userId=u", http.Header{"Apikey": {"key"}, "Hostname": {"h"}}, "", "action"},
		"both pagings":      {"integration", "POST", "/apis/v1/users/filter", bearer, `{"fields":["xp"],"filter":{},"cursor":"c","page":1}`, "page"},
		"lacking part":      {"integration", "POST", "/apis/v1/users/bulk-import", multipartHeader, multipartBody, "communityId"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request := httptest.NewRequest(test.method, test.path, strings.NewReader(test.body))
			maps.Copy(request.Header, test.header)
			if test.body != "" && request.Header.Get("Content-Type") == "" {
				request.Header.Set("Content-Type", "application/json")
			}
			operation, values, err := document.Find(test.family, request)
			if err == nil {
				err = document.CheckRequest(t.Context(), operation, request, values)
			}
			if test.says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, test.says)
		})
	}
}

var multipartHeader = http.Header{"Content-Type": {"multipart/form-data; boundary=x"}}

const multipartBody = "--x\r\nContent-Disposition: form-data; name=\"data\"; filename=\"users.csv\"\r\nContent-Type: text/csv\r\n\r\nemail\r\n--x--\r\n"

func TestCheckFindsResponseErrors(t *testing.T) {
	t.Parallel()
	document := readDocument(t)
	operation := document.Operation("system.badges.list")
	request := httptest.NewRequest(http.MethodGet, "/api/v1/badges", http.NoBody)
	for name, test := range map[string]struct {
		status            int
		contentType, body string
		says              string
	}{
		"right":               {200, "application/json", `{"meta":{"success":true},"body":[{"title":"x","quantity":"7","awarded":"true"}]}`, ""},
		"numbers":             {200, "application/json", `{"meta":{"success":true},"body":[{"title":"x","quantity":7,"awarded":true}]}`, ""},
		"a failure":           {200, "application/json", `{"meta":{"success":false,"message":"m"}}`, ""},
		"neither":             {200, "application/json", `{"meta":{"success":false},"body":[]}`, "body"},
		"no data":             {200, "application/json", `{"meta":{"success":true}}`, "body"},
		"unknown field":       {200, "application/json", `{"meta":{"success":true},"body":[{"name":"x"}]}`, "'name' not allowed"},
		"unknown field, meta": {200, "application/json", `{"meta":{"success":true,"ok":1},"body":[]}`, "'ok' not allowed"},
		"wrong type":          {200, "application/json", `{"meta":{"success":true},"body":[{"title":7}]}`, "title"},
		"wrong text":          {200, "application/json", `{"meta":{"success":true},"body":[{"quantity":"many"}]}`, "quantity"},
		"no list":             {200, "application/json", `{"meta":{"success":true},"body":{}}`, "body"},
		"HTML":                {200, "text/html", `<html></html>`, "text/html"},
		"HTML of a gateway":   {502, "text/html", `<html></html>`, ""},
		"undescribed status":  {418, "application/json", `{}`, "not supported"},
		"no error":            {404, "application/json", `{"meta":{"success":true}}`, "success"},
		"nothing of an error": {404, "application/json", `{}`, "message"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			response := &http.Response{StatusCode: test.status, Header: http.Header{"Content-Type": {test.contentType}}}
			err := document.CheckResponse(t.Context(), operation, request, response, []byte(test.body))
			if test.says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, test.says)
		})
	}
}

func TestUnreadNestedFields(t *testing.T) {
	t.Parallel()
	var user integration.User
	require.NoError(t, returningai.Unmarshal([]byte(`{"roles":[{"new":1}]}`), &user))
	var stats integration.GamificationStats
	require.NoError(t, returningai.Unmarshal([]byte(`{"daily_stats":[{"later":1}],"more":true}`), &stats))
	require.Equal(t, []string{"Activity.later", "GamificationStats.more", "UserRole.new"}, conformance.Unread([]any{user, &stats}))
	require.Empty(t, conformance.Unread(nil))
}

func TestCoverageReportsMissing(t *testing.T) {
	t.Parallel()
	document := readDocument(t)
	missing := (&conformance.Coverage{}).Missing([]*conformance.Operation{document.Operation("integration.messages.send")})
	require.Equal(t, []string{
		"request Message.channelId", "request Message.forumTopicId", "request Message.message", "request Message.sender",
		"response IntegrationFailure.message", "response IntegrationFailure.status",
		"response IntegrationMessage.message", "response IntegrationMessage.status",
	}, missing)
}

func TestBrokenDocument(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(documentFile)
	require.NoError(t, err)
	for name, change := range map[string][2]string{
		"no YAML":          {"openapi: 3.1.1", "openapi: [3.1.1"},
		"dangling":         {"'#/components/schemas/Badge'", "'#/components/schemas/Badges'"},
		"twice":            {"operationId: system.badges.list", "operationId: system.badges.create"},
		"unknown host":     {"url: https://rai-api.returning.ai", "url: https://elsewhere.example"},
		"wrong example":    {"channelType: open\n          permissions", "channelType: 7\n          permissions"},
		"undeclared there": {"topic: raids\n          channelType: open\n          permissions", "subject: raids\n          channelType: open\n          permissions"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			broken := strings.Replace(string(text), change[0], change[1], 1)
			require.NotEqual(t, string(text), broken)
			file := filepath.Join(t.TempDir(), "openapi.yaml")
			require.NoError(t, os.WriteFile(file, []byte(broken), 0o600))
			_, err := conformance.ReadDocument(file)
			require.Error(t, err)
		})
	}
	_, err = conformance.ReadDocument(filepath.Join(t.TempDir(), "missing.yaml"))
	require.ErrorIs(t, err, os.ErrNotExist)
}
