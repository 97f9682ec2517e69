package returningai_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/testkit/calls"
)

// Credentials with what escaping changes, so that an escaped copy is caught.
const (
	secretKey   = `key-"s3cr3t"/+=&<9f8e>`
	secretToken = `tok-"s3cr3t"/+=&<7d6c>`
)

// secretForms are the ways in which a credential could show.
func secretForms() []string {
	var forms []string
	for _, text := range []string{secretKey, secretToken} {
		quoted, _ := json.Marshal(text)
		var plain bytes.Buffer
		encoder := json.NewEncoder(&plain)
		encoder.SetEscapeHTML(false)
		_ = encoder.Encode(text)
		forms = append(forms, text, url.QueryEscape(text), url.PathEscape(text),
			strings.Trim(string(quoted), `"`), strings.Trim(strings.TrimSpace(plain.String()), `"`), fmt.Sprintf("%x", text))
	}
	return forms
}

func requireNoSecret(t *testing.T, shown, where string) {
	t.Helper()
	for _, form := range secretForms() {
		require.NotContains(t, shown, form, where)
	}
}

// requireSafe prints a value in every way that programs print values.
func requireSafe(t *testing.T, value any) {
	t.Helper()
	type holder struct {
		Exported   any
		unexported any
	}
	for _, shown := range []any{
		value, &value, holder{value, value}, &holder{value, value},
		[]any{value}, map[string]any{"value": value}, struct{ inner holder }{holder{value, value}},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%q", "%s", "%x", "%d"} {
			requireNoSecret(t, fmt.Sprintf(verb, shown), fmt.Sprintf("%s of %T", verb, shown))
		}
	}
	if encoded, err := json.Marshal(value); err == nil {
		requireNoSecret(t, string(encoded), "encoding/json")
	}
	for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
		"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"json": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		var buffer bytes.Buffer
		slog.New(handler(&buffer)).Info("value", "value", value, slog.Group("group", "value", value))
		requireNoSecret(t, buffer.String(), "slog "+name)
	}
	func() {
		defer func() { requireNoSecret(t, fmt.Sprint(recover()), "panic") }()
		panic(value)
	}()
}

// everyFault is each failure mode that the fake server can inject.
func everyFault(target string) map[string]returningaitest.Fault {
	faults := map[string]returningaitest.Fault{
		"late":                {Delay: time.Minute},
		"cut unread":          {Response: returningaitest.CutBeforeReading()},
		"cut":                 {Response: returningaitest.CutBeforeResponse()},
		"cut in mid-response": {Response: returningaitest.CutMidBody()},
		"reset":               {Response: returningaitest.CutMidBody().Reset()},
		"malformed":           {Response: returningaitest.MalformedJSON()},
		"truncated":           {Response: returningaitest.TruncatedJSON()},
		"garbage":             {Response: returningaitest.TrailingGarbage()},
		"oversized":           {Response: returningaitest.Oversized(1 << 20)},
		"empty":               {Response: returningaitest.Empty(500)},
		"HTML 200":            {Response: returningaitest.HTML(200)},
		"HTML 502":            {Response: returningaitest.HTML(502)},
		"too long a wait":     {Response: returningaitest.RetryAfter(429, "86400")},
		"redirect":            {Response: returningaitest.Redirect(302, target)},
		"redirect echo":       {Response: returningaitest.Redirect(302, target+"/"+url.PathEscape(secretToken)+"?t="+url.QueryEscape(secretToken))},
		"a host of secrets":   {Response: returningaitest.Redirect(302, "https://"+secretToken+"/")},
		"failed in a 200":     {Response: returningaitest.Raw(200, "application/json", `{"status":"error","message":`+quote("no: "+secretToken)+`}`)},
		"echo in request id": {Response: returningaitest.Status(400).With("X-Request-Id", secretToken).
			With("X-Other", "Bearer "+secretToken).With("Set-Cookie", "session="+url.QueryEscape(secretToken))},
	}
	for _, status := range []int{400, 401, 403, 404, 409, 418, 422, 429, 500, 502, 503, 504} {
		faults[fmt.Sprint("status ", status)] = returningaitest.Fault{Response: returningaitest.Status(status)}
		faults[fmt.Sprint("echo ", status)] = returningaitest.Fault{Response: returningaitest.EchoCredential(status)}
	}
	for name, body := range map[string]string{
		"error text":   `{"error":` + quote(secretToken) + `}`,
		"error object": `{"error":{"message":` + quote("Bearer "+secretToken) + `}}`,
		"meta":         `{"meta":{"devMessage":` + quote("key "+secretKey+" "+secretToken) + `}}`,
		"escaped":      `{"message":` + quote(url.QueryEscape(secretToken)) + `}`,
	} {
		faults["echo in "+name] = returningaitest.Fault{Response: returningaitest.Raw(400, "application/json", body)}
	}
	return faults
}

func quote(text string) string {
	quoted, _ := json.Marshal(text)
	return string(quoted)
}

// TestFailuresShowNoSecret has each fault met by a few calls, and each operation
// by a few faults. All pairs would take a minute.
func TestFailuresShowNoSecret(t *testing.T) {
	t.Parallel()
	const perFault = 3
	listed, faults := calls.Plain(), everyFault("http://127.0.0.1:1")
	require.GreaterOrEqual(t, perFault*len(faults), len(listed), "some operations meet no fault")
	for i, name := range slices.Sorted(maps.Keys(faults)) {
		fault := faults[name]
		performed := []func(context.Context, *returningai.Client) error{callSystem}
		for k := range perFault { // far apart in the list, so of several services
			performed = append(performed, asCall(listed[(i+k*len(listed)/perFault)%len(listed)]))
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := returningaitest.NewServer(t)
			srv.AddAPIKey(secretKey)
			srv.AddToken(returningaitest.Token{Text: secretToken, Permissions: []returningaitest.Permission{returningaitest.EveryPermission}})
			var logged bytes.Buffer
			var hooked []any
			client := srv.Client(quick(),
				returningai.WithAPIKey(secretKey), returningai.WithBearer(secretToken),
				returningai.WithAttemptTimeout(100*time.Millisecond), returningai.WithMaxResponseBytes(1<<16), returningai.WithoutRateLimitGate(),
				returningai.WithLogger(slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))),
				returningai.WithHooks(returningai.Hooks{
					Start: func(_ context.Context, info returningai.CallInfo) context.Context {
						hooked = append(hooked, info)
						return nil
					},
					Attempt: func(_ context.Context, info returningai.AttemptInfo) { hooked = append(hooked, info) },
					Retry:   func(_ context.Context, info returningai.RetryInfo) { hooked = append(hooked, info) },
					Done:    func(_ context.Context, info returningai.DoneInfo) { hooked = append(hooked, info) },
				}))
			fault.Times = returningaitest.Always
			srv.Inject(fault)
			for _, call := range performed {
				var response returningai.Response
				err := call(returningai.CaptureResponse(t.Context(), &response), client)
				failure := failed(t, err)
				requireSafe(t, failure)
				requireSafe(t, error(failure))
				requireSafe(t, response)
				requireNoSecret(t, string(failure.Body()), "body")
				for _, cause := range allCauses(err) {
					requireNoSecret(t, cause.Error(), fmt.Sprintf("cause %T", cause))
				}
			}
			for _, info := range hooked {
				requireSafe(t, info)
			}
			require.NotEmpty(t, logged.String())
			requireNoSecret(t, logged.String(), "log")
		})
	}
}

func asCall(call calls.Call) func(context.Context, *returningai.Client) error {
	return func(ctx context.Context, client *returningai.Client) error {
		_, err := call.Do(ctx, client, calls.Example())
		return err
	}
}

func callSystem(ctx context.Context, client *returningai.Client) error {
	return client.Call(ctx, returningai.CallParams{
		Family: returningai.FamilySystem, Method: http.MethodGet, Path: "/no/such/thing", Query: url.Values{"q": {secretKey}},
	}, nil)
}

// allCauses walks the tree of an error.
func allCauses(err error) []error {
	causes := []error{err}
	switch wrapped := err.(type) { //nolint:errorlint // it walks the tree itself
	case interface{ Unwrap() []error }:
		for _, cause := range wrapped.Unwrap() {
			causes = append(causes, allCauses(cause)...)
		}
	case interface{ Unwrap() error }:
		if cause := wrapped.Unwrap(); cause != nil {
			causes = append(causes, allCauses(cause)...)
		}
	}
	return causes
}

func TestNoExportedValueShowsASecret(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	client := srv.Client(returningai.WithAPIKey(secretKey), returningai.WithBearer(secretToken))
	key, err := returningai.APIKey(secretKey)
	require.NoError(t, err)
	bearer, err := returningai.Bearer(secretToken)
	require.NoError(t, err)
	source, err := returningai.BearerSource(func(context.Context) (returningai.Token, error) {
		return returningai.Token{Value: secret.New(secretToken)}, nil
	})
	require.NoError(t, err)
	header := http.Header{}
	require.NoError(t, source.Authenticate(t.Context(), header))
	require.Equal(t, "Bearer "+secretToken, header.Get("Authorization"))

	for _, value := range []any{
		client, *client, client.Integration, client.Integration.Messages, *client.Integration, *client.Integration.Messages,
		key, bearer, source,
		returningai.WithAPIKey(secretKey), returningai.WithBearer(secretToken),
		returningai.Token{Value: secret.New(secretToken)}, secret.New(secretKey), new(secret.New(secretKey)),
	} {
		requireSafe(t, value)
	}
}

func TestOptionErrorsShowNoSecret(t *testing.T) {
	t.Parallel()
	for name, option := range map[string]returningai.Option{
		"key with a line break":   returningai.WithAPIKey(secretKey + "\r\nX-Evil: 1"),
		"token with a line break": returningai.WithBearer(secretToken + "\n"),
		"password in a URL":       returningai.WithBaseURL(returningai.FamilySystem, "https://me:"+secretKey+"@host/"),
		"token in a query":        returningai.WithBaseURL(returningai.FamilySystem, "https://host/?t="+secretKey),
		"not a URL":               returningai.WithBaseURL(returningai.FamilySystem, "https://["+secretKey),
		"host with a user":        returningai.WithCommunityHost("me:" + secretKey + "@host"),
		"user agent":              returningai.WithUserAgent(secretKey + "\r\n"),
	} {
		_, err := returningai.New(option)
		require.Error(t, err, name)
		require.ErrorIs(t, err, returningai.ErrInvalid, name)
		requireSafe(t, err)
	}
}

func TestBearerSourceErrorShowsNoToken(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	client := srv.Client(returningai.WithBearerSource(func(context.Context) (returningai.Token, error) {
		return returningai.Token{Value: secret.New(secretToken + "\r\n")}, errors.New("cannot refresh")
	}))
	failure := failed(t, send(t.Context(), client))
	requireSafe(t, failure)
	require.ErrorContains(t, failure, "cannot refresh")
	require.Empty(t, srv.Requests())
}
