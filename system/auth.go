package system

import (
	"context"
	"encoding/json"
	"time"

	"github.com/returningai/returningai-go/internal/rest"
	"github.com/returningai/returningai-go/internal/wire"
	"github.com/returningai/returningai-go/secret"
)

// AuthService signs users in and registers them.
type AuthService struct {
	caller           rest.Caller
	apiKeyInLoginURL bool
}

// SecureLoginParams selects a user and a community host.
type SecureLoginParams struct {
	// Host is the community's host, with its port if it has one, as in
	// "community.example.com". It must be one of those given to
	// returningai.WithCommunityHost, and is optional if there is just one. No
	// other host is reached.
	Host string `url:"-"`
	// Username is the username that creating a user or reading a user's data
	// returns. The API calls it userId. Store it on your side. Required.
	Username string `url:"userId"`
	// AccessLevel names the set of roles that a new user starts with. Each
	// community defines its own, under Login Management > Login API.
	AccessLevel string `url:"accessLevel,omitempty"`
	// Email, FirstName, LastName and DisplayName are required if the user may
	// have to be created.
	Email       string `url:"email,omitempty"`
	FirstName   string `url:"firstname,omitempty"`
	LastName    string `url:"lastname,omitempty"`
	DisplayName string `url:"displayname,omitempty"`
}

func (p SecureLoginParams) problems() (problems rest.Problems) {
	problems.Require("Username", p.Username)
	return problems
}

// SecureLogin is a login by single sign-on that waits for the user's browser.
// Its fields do not print.
type SecureLogin struct {
	// LoginURL is where to send the user's browser, and nobody else's: it signs
	// in anyone who opens it. Send it as a redirect that is not cached.
	LoginURL secret.Text `json:"loginUrl,omitzero"`
	// SessionID names the session that the URL opens.
	SessionID secret.Text `json:"sessionId,omitzero"`
	// Extra holds unknown fields, as JSON. Any of them may be a secret, too.
	Extra map[string]secret.Text `json:",embed"`
}

// MarshalJSON writes the login with its secrets redacted.
func (l SecureLogin) MarshalJSON() ([]byte, error) {
	type plain SecureLogin
	return wire.Marshal(plain(l))
}

// UnmarshalJSON reads a login leniently, and hides unknown fields.
func (l *SecureLogin) UnmarshalJSON(data []byte) error {
	type plain SecureLogin
	var read struct {
		plain

		Extra map[string]json.RawMessage `json:",embed"`
	}
	err := wire.Unmarshal(data, &read)
	*l = SecureLogin(read.plain)
	l.Extra = rest.SecretFields(read.Extra)
	return err
}

var authSecureLogin = rest.Define(rest.Operation{
	ID: "system.auth.secureAuth", GoMethod: "System.Auth.SecureLogin",
	Family: rest.CommunityHost, Method: "GET", Path: "/api/secureAuth",
	Secret: true, Docs: rest.DocsPage("api-16892393"),
	RouteCertainty: rest.Documented, BodyCertainty: rest.Documented,
})

// SecureLogin prepares a single sign-on: it returns the URL that signs a user
// in to the community. If the community allows it, a user who does not exist is
// created, which requires the email and the names.
//
// The URL is https, or on a loopback address, and on the requested host. The
// call fails with returningai.ErrUnexpectedResponse for any other, without
// showing it, and with [ErrLoginURLWithoutKey] for one without its key.
//
// A newer draft of the API docs has the key in the header X-API-Key instead of
// apiKey. If the older header stops working, give returningai.WithAuthenticator
// an authenticator made by returningai.APIKey for the family of the community
// host.
//
// Key: API key (community host).
// Retried: only if nothing was sent, or on 429.
// After MaybeApplied: call it again. A user who was created is not created twice. See docs/after-maybe-applied.md.
// Operation: system.auth.secureAuth
// API docs: https://dev.returning.ai/api-16892393
// Certainty: documented.
func (s *AuthService) SecureLogin(ctx context.Context, params SecureLoginParams) (SecureLogin, error) {
	query := struct {
		Action string `url:"action"`
		SecureLoginParams
	}{"login", params}
	request := rest.Request{Host: params.Host, Query: query, Problems: params.problems()}
	return rest.DoResponse(ctx, s.caller, authSecureLogin, request, s.checkLoginURL)
}

// User is a user of the community. Its fields are assumed.
type User struct {
	// ID is the object id. Some responses have it as "id", others have the user
	// number there.
	ID string `json:"_id,omitzero" alias:"id,objectid"`
	// UserID is the user number, which the operations of this package take.
	UserID      string    `json:"userId,omitzero" alias:"id,number"`
	Username    string    `json:"username,omitzero"`
	Email       string    `json:"email,omitzero"`
	FirstName   string    `json:"firstname,omitzero" alias:"firstName"`
	LastName    string    `json:"lastname,omitzero" alias:"lastName"`
	DisplayName string    `json:"displayname,omitzero" alias:"displayName"`
	CreatedAt   time.Time `json:"createdAt,omitzero"`
	UpdatedAt   time.Time `json:"updatedAt,omitzero"`
	// Extra holds unknown fields, and values that could not be parsed.
	Extra map[string]json.RawMessage `json:",embed"`
}

// RegisterParams holds the values of a new user.
type RegisterParams struct {
	// Email is where the verification code is sent. Required.
	Email string `json:"email"`
	// Password is the user's password. Required.
	Password secret.Text `json:"password"`
	// Username is unique in the community. Required.
	Username    string `json:"username"`
	FirstName   string `json:"firstname,omitzero"`
	LastName    string `json:"lastname,omitzero"`
	DisplayName string `json:"displayname,omitzero"`
}

func (p RegisterParams) problems() (problems rest.Problems) {
	problems.Require("Email", p.Email)
	problems.Require("Password", p.Password.Reveal())
	problems.Require("Username", p.Username)
	return problems
}

var authRegister = rest.Define(rest.Operation{
	ID: "system.auth.register", GoMethod: "System.Auth.Register",
	Family: rest.System, Method: "POST", Path: "/auth/register",
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed,
})

// Register creates a user who logs in with a password. It is assumed to fail
// with returningai.ErrConflict if the email or the username is taken.
//
// Key: API key (System).
// Retried: only if nothing was sent, or on 429.
// After MaybeApplied: call it again. returningai.ErrConflict then means that it was applied. See docs/after-maybe-applied.md.
// Operation: system.auth.register
// Certainty: path, parameters and response are assumed.
func (s *AuthService) Register(ctx context.Context, params RegisterParams) (User, error) {
	return rest.Do[User](ctx, s.caller, authRegister, rest.Request{
		Body: params, Problems: params.problems(), Secrets: []secret.Text{params.Password},
	})
}

// VerifyEmailParams holds an email and the code that proves it.
type VerifyEmailParams struct {
	// Email is the address to verify. Required.
	Email string `json:"email"`
	// Code is the code or token that was mailed to it. Required.
	Code secret.Text `json:"code"`
}

func (p VerifyEmailParams) problems() (problems rest.Problems) {
	problems.Require("Email", p.Email)
	problems.Require("Code", p.Code.Reveal())
	return problems
}

var authVerifyEmail = rest.Define(rest.Operation{
	ID: "system.auth.verifyEmail", GoMethod: "System.Auth.VerifyEmail",
	Family: rest.System, Method: "POST", Path: "/auth/verify-email",
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed,
})

// VerifyEmail proves that an email belongs to a user, with the code that was
// mailed to it.
//
// Key: API key (System).
// Retried: only if nothing was sent, or on 429.
// After MaybeApplied: the API offers no way to check. Let the user log in. See docs/after-maybe-applied.md.
// Operation: system.auth.verifyEmail
// Certainty: path, parameters and response are assumed.
func (s *AuthService) VerifyEmail(ctx context.Context, params VerifyEmailParams) error {
	_, err := rest.Do[rest.Empty](ctx, s.caller, authVerifyEmail, rest.Request{
		Body: params, Problems: params.problems(), Secrets: []secret.Text{params.Code},
	})
	return err
}

// LoginParams holds the credentials of a user.
type LoginParams struct {
	// Email is the user's. Required.
	Email string `json:"email"`
	// Password is the user's. Required.
	Password secret.Text `json:"password"`
}

func (p LoginParams) problems() (problems rest.Problems) {
	problems.Require("Email", p.Email)
	problems.Require("Password", p.Password.Reveal())
	return problems
}

// Login is a user who is logged in.
type Login struct {
	// Token is the user's bearer token, for returningai.WithBearer.
	Token secret.Text `json:"token,omitzero"`
	User  User        `json:"user,omitzero"`
	// Extra holds unknown fields, as JSON. Any of them may be a secret, too.
	Extra map[string]secret.Text `json:",embed"`
}

// MarshalJSON writes the login with its secrets redacted.
func (l Login) MarshalJSON() ([]byte, error) {
	type plain Login
	return wire.Marshal(plain(l))
}

// UnmarshalJSON reads a login leniently, and hides unknown fields.
func (l *Login) UnmarshalJSON(data []byte) error {
	type plain Login
	var read struct {
		plain

		Extra map[string]json.RawMessage `json:",embed"`
	}
	err := wire.Unmarshal(data, &read)
	*l = Login(read.plain)
	l.Extra = rest.SecretFields(read.Extra)
	return err
}

var authLogin = rest.Define(rest.Operation{
	ID: "system.auth.login", GoMethod: "System.Auth.Login",
	Family: rest.System, Method: "POST", Path: "/auth/login",
	Secret:         true,
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed,
})

// Login logs a user in with a password, and returns a token that acts for the
// user: give it to returningai.WithBearer. It fails with
// returningai.ErrUnexpectedResponse if the response has no token. Which
// operations take the token is not known.
//
// Key: API key (System).
// Retried: only if nothing was sent, or on 429.
// After MaybeApplied: call it again. See docs/after-maybe-applied.md.
// Operation: system.auth.login
// Certainty: path, parameters and response are assumed.
func (s *AuthService) Login(ctx context.Context, params LoginParams) (Login, error) {
	request := rest.Request{Body: params, Problems: params.problems(), Secrets: []secret.Text{params.Password}}
	return rest.DoResponse(ctx, s.caller, authLogin, request, func(result *rest.Result[Login]) *rest.Failure {
		if result.Data.Token.IsZero() {
			return &rest.Failure{Unreadable: true, Message: "the response has no token"}
		}
		return nil
	})
}
