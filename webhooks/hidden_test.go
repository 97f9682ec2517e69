package webhooks_test

import (
	"html"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/webhooks"
	"github.com/returningai/returningai-go/webhooks/webhookstest"
)

// TestPartsOfURLHidden hides each part of the URL that may make it secret, and
// nothing that is shorter.
func TestPartsOfURLHidden(t *testing.T) {
	t.Parallel()
	for _, one := range []struct{ target, echo, want string }{
		{"/v1/ab12c/ab12cd", "v1 ab12c ab12cd", "v1 ab12c [redacted]"},
		{"/hooks/a%2Fpath-5ecret", "path-5ecret", "[redacted]"},
		{"/hooks/a%2Fpath-5ecret", "a/path-5ecret", "a/[redacted]"},
		{"/hooks/a%2Fpath-5ecret", "a%2Fpath-5ecret", "[redacted]"},
		{"/hooks?sig=ab%2Fcd%2Fef", "ab/cd/ef ab%2Fcd%2Fef", "[redacted] [redacted]"},
		{"/hooks?sig=%zz-5ecret", "%zz-5ecret", "[redacted]"},
		{"/hooks?5ecret", "5ecret", "[redacted]"},
	} {
		base, client := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			text(400, "application/json", mustJSON(t, map[string]string{"message": one.echo}))(w)
		}))
		err := newSender(t, base+one.target, webhooks.WithHTTPClient(client)).Send(t.Context(), 1)
		require.Equal(t, one.want, failureOf(t, err).Message, one.target)
	}
}

// TestKeysHidden hides keys that are never sent, but that the server knows too.
func TestKeysHidden(t *testing.T) {
	t.Parallel()
	bare := strings.TrimPrefix(webhookstest.StandardSecret, "whsec_")
	for _, key := range []string{webhookstest.AESKey, hmacKey, webhookstest.StandardSecret, bare} {
		hook := &recordedHook{answers: []func(http.ResponseWriter){text(400, "application/json", mustJSON(t, map[string]string{"message": "not " + key + "!"}))}}
		err := hookSender(t, hook, sendHMAC, sendStandard, sendEncrypted(webhooks.AES256GCM)).Send(t.Context(), 1)
		require.Equal(t, "not [redacted]!", failureOf(t, err).Message)
	}
}

// TestEscapedEcho hides the key and the URL in responses that repeat them, however
// they are escaped there, also where the response is cut off.
func TestEscapedEcho(t *testing.T) {
	t.Parallel()
	const key, query = "c2VjcmV0/a2V5+w==", "community=12345678&sig=ab%2Fcd%2Fefgh&bare-5ecret"
	echo := func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		sent := r.Header.Get(webhooks.APIKeyHeader)
		for _, text := range []string{
			sent, strings.ReplaceAll(sent, "/", `\/`), url.QueryEscape(sent), strings.ReplaceAll(sent, "=", `\u003d`), html.EscapeString(sent),
			r.URL.Path, r.URL.EscapedPath(), strings.ReplaceAll(r.URL.RawQuery, "&", `\u0026`), strings.ReplaceAll(r.URL.RawQuery, "&", "&amp;"),
			"ab%2Fcd%2Fefgh", "ab/cd/efgh", `ab\/cd\/efgh`, "bare-5ecret", "fine",
		} {
			_, _ = io.WriteString(w, "<"+text+">")
		}
		_, _ = io.WriteString(w, sent)
	}
	base, client := serve(t, http.HandlerFunc(echo))
	target := base + "/hooks/a%2Fpath-5ecret?" + query
	options := []webhooks.SenderOption{webhooks.WithHTTPClient(client), webhooks.WithAPIKey(key)}
	whole := failureOf(t, newSender(t, target, options...).Send(t.Context(), 1)).Body()
	require.Contains(t, string(whole), "<fine>")
	for limit := range len(whole) + 200 {
		sender := newSender(t, target, append(options, webhooks.WithMaxResponseBytes(int64(limit+1)))...)
		body := string(failureOf(t, sender.Send(t.Context(), 1)).Body())
		for _, part := range []string{"c2VjcmV0", "a2V5", "5ecret", "efgh", "12345678"} {
			require.NotContains(t, body, part)
		}
	}
}
