// Command sso signs users of a web site in to their community: a button of the
// site posts to /community, and the user arrives in the community, signed in.
//
// It stands behind a proxy that signs users in to the site and sets the header
// X-Forwarded-User, such as oauth2-proxy. If your program has sessions of its own,
// copy signIn and give it a function that reads them.
//
//	RETURNINGAI_API_KEY  the community's API key
//	COMMUNITY_HOST       the community's own domain, such as community.example.com
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/system"
)

func main() {
	client, err := returningai.New(
		returningai.FromEnv(),
		// The only host that users are sent to.
		returningai.WithCommunityHost(os.Getenv("COMMUNITY_HOST")),
	)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	mux := http.NewServeMux()
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	mux.Handle("POST /community", signIn(client, logger, proxyUser))
	server := &http.Server{
		Addr:              cmp.Or(os.Getenv("SSO_LISTEN"), "localhost:8080"),
		Handler:           http.NewCrossOriginProtection().Handler(mux),
		ReadHeaderTimeout: 5 * time.Second,
	}
	fmt.Println("listening on", server.Addr)
	if err := server.ListenAndServe(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// proxyUser returns the user whom the proxy signed in. Nobody but the proxy may
// reach this server: the header is as good as a password.
func proxyUser(r *http.Request) (system.SecureLoginParams, bool) {
	username := r.Header.Get("X-Forwarded-User")
	return system.SecureLoginParams{Username: username}, username != ""
}

// signIn sends the signed-in user to the community. Anybody who opens the login
// URL is signed in, so it is neither logged nor cached.
func signIn(client *returningai.Client, logger *slog.Logger, user func(*http.Request) (system.SecureLoginParams, bool)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Referrer-Policy", "no-referrer")
		params, ok := user(r)
		if !ok {
			http.Error(w, "sign in first", http.StatusUnauthorized)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), 10*time.Second)
		defer cancel()
		login, err := client.System.Auth.SecureLogin(ctx, params)
		switch {
		case errors.Is(err, returningai.ErrNotFound):
			http.Error(w, "you have no account in the community", http.StatusNotFound)
		case err != nil:
			logger.ErrorContext(ctx, "single sign-on failed", slog.Any("error", err)) // shows no secret
			http.Error(w, "the community cannot be reached, try again later", http.StatusBadGateway)
		default:
			http.Redirect(w, r, login.LoginURL.Reveal(), http.StatusSeeOther)
		}
	})
}
