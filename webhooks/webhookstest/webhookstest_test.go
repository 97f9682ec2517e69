package webhookstest_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/webhooks"
	"github.com/returningai/returningai-go/webhooks/webhookstest"
)

// TestRequest goes to a handler and over the network alike, as often as asked.
func TestRequest(t *testing.T) {
	t.Parallel()
	receiver, err := webhooks.NewReceiver(
		webhooks.WithKeyHeader(webhooks.APIKeyHeader, webhooks.NewSecret("", webhookstest.APIKey)),
		webhooks.WithStandardWebhooks(webhooks.NewSecret("", webhookstest.StandardSecret)),
		webhooks.WithDecryption(webhooks.AES256GCM, webhooks.NewSecret("", webhookstest.AESKey)),
	)
	require.NoError(t, err)
	var seen []string
	webhooks.On(receiver, func(_ context.Context, event webhooks.UserVisitedServer) error {
		seen = append(seen, event.User.Username)
		return nil
	})
	options := []webhooks.SenderOption{
		webhooks.WithAPIKey(webhookstest.APIKey),
		webhooks.WithStandardWebhooksSignature(secret.New(webhookstest.StandardSecret)),
		webhooks.WithEncryption(webhooks.AES256GCM, secret.New(webhookstest.AESKey)),
	}
	body := webhookstest.Body(webhooks.KindUserVisitedServer)

	recorder := httptest.NewRecorder()
	request := webhookstest.Request(t, "/hooks?a=b", body, options...)
	require.Equal(t, "b", request.URL.Query().Get("a"))
	receiver.ServeHTTP(recorder, request)
	require.Equal(t, http.StatusOK, recorder.Code)

	server := httptest.NewServer(receiver)
	t.Cleanup(server.Close)
	for range 2 {
		answer, err := server.Client().Do(webhookstest.Request(t, server.URL, body, options...))
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, http.StatusOK, answer.StatusCode)
	}
	require.Len(t, seen, 3)

	// The same delivery once more is recognised.
	recorder = httptest.NewRecorder()
	again, err := webhookstest.Again(request)
	require.NoError(t, err)
	receiver.ServeHTTP(recorder, again)
	require.Equal(t, http.StatusOK, recorder.Code)
	require.Len(t, seen, 3)

	// What is tampered with is refused.
	again, err = webhookstest.Again(request)
	require.NoError(t, err)
	webhookstest.SetBody(again, []byte("{}"))
	recorder = httptest.NewRecorder()
	receiver.ServeHTTP(recorder, again)
	require.Equal(t, http.StatusUnauthorized, recorder.Code)
}

// TestFailures covers the requests that cannot be made.
func TestFailures(t *testing.T) {
	t.Parallel()
	_, err := webhookstest.NewRequest("http://example.com/", nil)
	require.ErrorContains(t, err, "plain http")
	_, err = webhookstest.NewRequest("/", func() {})
	require.ErrorIs(t, err, webhooks.ErrInvalid)
	_, err = webhookstest.Again(httptest.NewRequest(http.MethodPost, "/", nil))
	require.ErrorContains(t, err, "Again")
	request := httptest.NewRequest(http.MethodPost, "/", nil)
	request.GetBody = func() (io.ReadCloser, error) { return nil, io.ErrUnexpectedEOF }
	_, err = webhookstest.Again(request)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)

	failed := &failing{TB: t}
	func() {
		defer func() { _ = recover() }()
		webhookstest.Request(failed, "ftp://example.com", nil)
	}()
	require.True(t, failed.fatal)
}

// failing is a test that may fail without failing this one.
type failing struct {
	testing.TB
	fatal bool
}

func (f *failing) Helper() {}

func (f *failing) Fatal(...any) {
	f.fatal = true
	panic("ends the test")
}

// TestEnvelopes has every layout in every encoding once.
func TestEnvelopes(t *testing.T) {
	t.Parallel()
	for mode, count := range map[webhooks.Cipher]int{webhooks.AES256CBC: 90, webhooks.AES256GCM: 120} {
		seen := map[webhooks.Envelope]bool{}
		for _, envelope := range webhookstest.Envelopes(mode) {
			require.False(t, seen[envelope])
			seen[envelope] = true
		}
		require.Len(t, seen, count)
	}
	require.True(t, bytes.HasPrefix(webhookstest.Body(webhooks.KindAnalysisCreated), []byte(`{"event":"create_analysis"`)))
}
