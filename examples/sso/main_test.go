package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/returningaitest"
)

// open posts to the handler as a user.
func open(t *testing.T, client *returningai.Client, username string) *httptest.ResponseRecorder {
	t.Helper()
	recorder := httptest.NewRecorder()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/community", nil)
	request.Header.Set("X-Forwarded-User", username)
	signIn(client, slog.New(slog.DiscardHandler), proxyUser).ServeHTTP(recorder, request)
	require.Equal(t, "no-store", recorder.Header().Get("Cache-Control"), "whatever happens")
	require.Equal(t, "no-referrer", recorder.Header().Get("Referrer-Policy"))
	return recorder
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	response := open(t, srv.Client(), "player-one")
	require.Equal(t, http.StatusSeeOther, response.Code)
	require.True(t, strings.HasPrefix(response.Header().Get("Location"), srv.URL(returningaitest.CommunityHost)+"/"))
}

func TestNoRedirectAfterFailure(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		user   string
		fault  returningaitest.Response
		status int
	}{
		"not signed in":     {"", returningaitest.Response{}, http.StatusUnauthorized},
		"unknown user":      {"nobody", returningaitest.Failure(http.StatusNotFound, "no such user"), http.StatusNotFound},
		"service is down":   {"player-one", returningaitest.Status(http.StatusServiceUnavailable), http.StatusBadGateway},
		"redirect":          {"player-one", returningaitest.Redirect(http.StatusFound, "https://evil.example.com/"), http.StatusBadGateway},
		"an HTML page":      {"player-one", returningaitest.HTML(http.StatusOK), http.StatusBadGateway},
		"key is refused":    {"player-one", returningaitest.Status(http.StatusUnauthorized), http.StatusBadGateway},
		"URL of other host": {"player-one", returningaitest.Raw(http.StatusOK, "application/json", `{"error":false,"loginUrl":"https://evil.example.com/x"}`), http.StatusBadGateway},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := returningaitest.NewServer(t)
			if test.user != "" {
				srv.Inject(returningaitest.Fault{Operation: returningai.OperationSystemAuthSecureLogin, Response: test.fault})
			}
			response := open(t, srv.Client(), test.user)
			require.Equal(t, test.status, response.Code)
			require.Empty(t, response.Header().Get("Location"))
		})
	}
}
