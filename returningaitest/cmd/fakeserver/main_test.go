package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/returningaitest/internal/delivery"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start runs the program until the test ends, and returns what it printed.
func start(t *testing.T, args ...string) (variables map[string]string, printed string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- run(ctx, append([]string{"-listen", "127.0.0.1:0"}, args...), writer, io.Discard) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	variables = map[string]string{}
	lines := bufio.NewScanner(reader)
	for lines.Scan() {
		printed += lines.Text() + "\n"
		if name, value, ok := strings.Cut(strings.TrimPrefix(lines.Text(), "export "), "="); ok && strings.HasPrefix(lines.Text(), "export ") {
			variables[name] = value
		}
		if strings.HasSuffix(lines.Text(), "/_control/faults") {
			break
		}
	}
	require.NoError(t, lines.Err())
	return variables, printed
}

func TestPrintedVariablesConfigureTheSDK(t *testing.T) { //nolint:paralleltest // it sets the environment
	seed := filepath.Join(t.TempDir(), "seed.json")
	require.NoError(t, os.WriteFile(seed, []byte(`{"tokens":[{"text":"a-known-token"}],"users":[{"username":"zoe"}],"channels":[{"id":"65a0c0de0000000000e00001","topic":"raids"}]}`), 0o600))
	variables, _ := start(t, "-seed", seed)
	require.Equal(t, "a-known-token", variables[returningai.EnvToken])
	for name, value := range variables {
		t.Setenv(name, value)
	}
	client, err := returningai.New(returningai.FromEnv())
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	channels, err := client.Integration.Channels.List(t.Context())
	require.NoError(t, err)
	require.Equal(t, "raids", channels[0].Topic)
	_, err = client.System.Badges.List(t.Context())
	require.NoError(t, err)
}

func TestWebhooksEncryptedAndSigned(t *testing.T) {
	t.Parallel()
	const key, secret = "an-aes-key-of-32-bytes-for-tests", "c2VjcmV0LXNlY3JldC1zZWNyZXQ="
	received := make(chan string, 1)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		opened, _ := delivery.Encryption{Mode: delivery.AES256GCM, Key: key, IVSize: 12}.Open(body)
		signature := delivery.Signature{Method: delivery.StandardWebhooks, Secret: secret}
		received <- fmt.Sprint(r.Header.Get("X-Encrypted"), " ", signature.Verify(r.Header, time.Now(), body), " ", string(opened))
	}))
	t.Cleanup(hook.Close)
	_, printed := start(t, "-webhook", hook.URL, "-encrypt", "gcm", "-encryption-key", key, "-sign", "standard", "-secret", secret)
	require.Contains(t, printed, "# webhook secret: "+secret)
	_, page, _ := strings.Cut(printed, "# page: ")
	origin, _, _ := strings.Cut(page, "/_ui")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, origin+"/_control/users/join", strings.NewReader(`{"username":"zoe"}`))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	got := <-received
	require.True(t, strings.HasPrefix(got, "true true {"), got)
	require.Contains(t, got, `"username":"zoe"`)
}

func TestGeneratedSecrets(t *testing.T) {
	t.Parallel()
	for _, sign := range []string{"standard", "hmac", "key"} {
		_, printed := start(t, "-webhook", "http://127.0.0.1:9/", "-encrypt", "cbc", "-sign", sign)
		require.Regexp(t, `(?m)^# webhook encryption key: [A-Z2-7]{32}$`, printed)
		require.Regexp(t, `(?m)^# webhook secret: [a-z2-7]{24}$`, printed)
	}
}

func TestInvalidFlags(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "missing.json")
	broken := filepath.Join(t.TempDir(), "broken.json")
	require.NoError(t, os.WriteFile(broken, []byte(`{"user":1}`), 0o600))
	for args, want := range map[string]string{
		"-listen 0.0.0.0:0":                "add -allow-remote and -token",
		"-listen :0":                       "add -allow-remote and -token",
		"-listen example.com:0":            "add -allow-remote and -token",
		"-listen 127.0.0.1":                "missing port",
		"-allow-remote":                    "-allow-remote needs -token",
		"-encrypt gcm":                     "need -webhook",
		"-encryption-key x":                "-encryption-key needs -encrypt",
		"-secret x":                        "-secret needs -sign",
		"-webhook http://x -encrypt rot13": "-encrypt: the encryption must be gcm or cbc",
		"-webhook http://x -sign rsa":      "standard or hmac, or key",
		"-seed " + missing:                 "-seed: open",
		"-seed " + broken:                  "-seed: the seed cannot be parsed",
		"surplus":                          `unknown argument "surplus"`,
		"-nonsense":                        "flag provided but not defined",
	} {
		err := run(t.Context(), strings.Fields(args), io.Discard, io.Discard)
		require.ErrorContains(t, err, want, args)
	}
}

func TestRemoteWithToken(t *testing.T) {
	t.Parallel()
	_, printed := start(t, "-listen", "0.0.0.0:0", "-allow-remote", "-token", "open-sesame")
	require.Contains(t, printed, "/_ui?token=…")
	require.NotContains(t, printed, "open-sesame")
}
