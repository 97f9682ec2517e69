package system

import (
	"context"
	"encoding/json"
	"time"

	"github.com/returningai/returningai-go/internal/rest"
	"github.com/returningai/returningai-go/secret"
)

// AuthService signs users in and registers them. None of its operations can
// be repeated safely.
type AuthService struct {
	caller           rest.Caller
	apiKeyInLoginURL bool
}

// SecureLoginParams says who is signed in, and where.
type SecureLoginParams struct {
	// Host is the community's host, with its port if it has one of its own, as
	// in "community.example.com". It must be one of those given to
	// returningai.WithCommunityHost, and can be left out when there is just
	// one. No other host is reached.
	Host string `url:"-"`
	// UserID is the username that creating a user or reading a user's data
	// answers. Store it on your side. Required.
	UserID string `url:"userId"`
	// AccessLevel names the set of roles that a user starts with. Each
	// community defines its own, under Login Management > Login API.
	AccessLevel string `url:"accessLevel,omitempty"`
	// Email, FirstName, LastName and DisplayName are needed when the user may
	// be created on the fly.
	Email       string `url:"email,omitempty"`
	FirstName   string `url:"firstname,omitempty"`
	LastName    string `url:"lastname,omitempty"`
	DisplayName string `url:"displayname,omitempty"`
}

func (p SecureLoginParams) problems() (problems rest.Problems) {
	problems.Require("UserID", p.UserID)
	return problems
}

// SecureLogin is a login by single sign-on that waits for the user's browser.
// Nothing in it prints.
type SecureLogin struct {
	// LoginURL is where to send the user's browser, and nobody else's: it signs
	// in whoever opens it. Send it as a redirect that is not cached.
	LoginURL secret.Text `json:"loginUrl,omitzero"`
	// SessionID names the session that the URL opens.
	SessionID secret.Text `json:"sessionId,omitzero"`
	// Extra holds the members that this package does not know, as JSON. Any of
	// them may be a secret, too.
	Extra map[string]secret.Text `json:",embed"`
}

type secureLoginJSON SecureLogin

// MarshalJSON writes the login with its secrets redacted, the unknown members
// included.
func (l SecureLogin) MarshalJSON() ([]byte, error) { return rest.MarshalAnswer(secureLoginJSON(l)) }

// UnmarshalJSON reads a login leniently, and keeps unknown members.
func (l *SecureLogin) UnmarshalJSON(data []byte) error {
	var read struct {
		LoginURL  secret.Text                `json:"loginUrl"`
		SessionID secret.Text                `json:"sessionId"`
		Extra     map[string]json.RawMessage `json:",embed"`
	}
	err := rest.UnmarshalAnswer(data, &read)
	*l = SecureLogin{LoginURL: read.LoginURL, SessionID: read.SessionID, Extra: rest.SecretMembers(read.Extra)}
	return err
}

var authSecureLogin = rest.Define(rest.Operation{
	ID: "system.auth.secureAuth", GoMethod: "System.Auth.SecureLogin",
	Family: rest.CommunityHost, Method: "GET", Path: "/api/secureAuth",
	Secret: true, Docs: rest.DocsPage("api-16892393"),
	RouteCertainty: rest.Documented, BodyCertainty: rest.Documented,
})

// SecureLogin prepares a single sign-on: it answers the URL that signs a user
// of yours in to the community. When the community allows it, a user who does
// not exist is created, which takes the email and the names.
//
// The URL is https, or on a loopback address, and on the very host that was
// asked: any other is an error that matches returningai.ErrUnexpectedResponse
// and shows nothing of it. One that came back without its key is that, too,
// and matches [ErrLoginURLWithoutKey].
//
// Since it may create a user, the operation is not repeated.
//
// A newer page, a draft, has the key in the header X-API-Key instead of apiKey.
// If the older one stops working, give returningai.WithAuthenticator an
// authenticator made by returningai.APIKey for the family of the community host.
//
// Operation: system.auth.secureAuth
//
// API docs: https://dev.returning.ai/api-16892393
func (s *AuthService) SecureLogin(ctx context.Context, params SecureLoginParams) (SecureLogin, error) {
	query := struct {
		Action string `url:"action"`
		SecureLoginParams
	}{"login", params}
	request := rest.Request{Host: params.Host, Query: query, Problems: params.problems()}
	answer, err := rest.DoChecked(ctx, s.caller, authSecureLogin, request, s.checkLoginURL)
	return answer.Data, err
}

// User is a user of the community, as the System family is assumed to show
// one.
type User struct {
	ID string `json:"_id,omitzero"`
	// UserID is the short number that the operations of this package take.
	UserID      string    `json:"userId,omitzero"`
	Username    string    `json:"username,omitzero"`
	Email       string    `json:"email,omitzero"`
	FirstName   string    `json:"firstname,omitzero"`
	LastName    string    `json:"lastname,omitzero"`
	DisplayName string    `json:"displayname,omitzero"`
	CreatedAt   time.Time `json:"createdAt,omitzero"`
	UpdatedAt   time.Time `json:"updatedAt,omitzero"`
	// Extra holds the members that this package does not know.
	Extra map[string]json.RawMessage `json:",embed"`
}

type userJSON User

// MarshalJSON writes the user with all their members, the unknown ones
// included.
func (u User) MarshalJSON() ([]byte, error) { return rest.MarshalAnswer(userJSON(u)) }

// UnmarshalJSON reads a user leniently, and keeps unknown members.
func (u *User) UnmarshalJSON(data []byte) error {
	err := rest.UnmarshalAnswer(data, (*userJSON)(u))
	rest.AliasUserID(&u.ID, &u.UserID, u.Extra)
	rest.Alias(&u.FirstName, u.Extra, "firstName")
	rest.Alias(&u.LastName, u.Extra, "lastName")
	rest.Alias(&u.DisplayName, u.Extra, "displayName")
	return err
}

// RegisterParams is a new user.
type RegisterParams struct {
	// Email is where the verification code is sent. Required.
	Email string
	// Password is what the user logs in with. Required.
	Password secret.Text
	// Username is unique in the community. Required.
	Username    string
	FirstName   string
	LastName    string
	DisplayName string
}

// registerBody is what is sent of RegisterParams.
type registerBody struct {
	Email       string `json:"email"`
	Password    string `json:"password"`
	Username    string `json:"username"`
	FirstName   string `json:"firstname,omitzero"`
	LastName    string `json:"lastname,omitzero"`
	DisplayName string `json:"displayname,omitzero"`
}

func (b registerBody) problems() (problems rest.Problems) {
	problems.Require("Email", b.Email)
	problems.Require("Password", b.Password)
	problems.Require("Username", b.Username)
	return problems
}

var authRegister = rest.Define(rest.Operation{
	ID: "system.auth.register", GoMethod: "System.Auth.Register",
	Family: rest.System, Method: "POST", Path: "/auth/register",
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed,
})

// Register creates a user who logs in with a password. One whose email or
// username is taken is assumed to be refused with returningai.ErrConflict.
//
// The operation is documented by name and method; its path, body and answer
// are assumed.
//
// Operation: system.auth.register
func (s *AuthService) Register(ctx context.Context, params RegisterParams) (User, error) {
	body := registerBody{
		params.Email, params.Password.Reveal(), params.Username, params.FirstName, params.LastName, params.DisplayName,
	}
	return rest.Do[User](ctx, s.caller, authRegister, rest.Request{
		Body: body, Problems: body.problems(), Secrets: []secret.Text{params.Password},
	})
}

// VerifyEmailParams proves that an email belongs to a user.
type VerifyEmailParams struct {
	// Email is the address that is verified. Required.
	Email string
	// Code is the code or token that was mailed to it. Required.
	Code secret.Text
}

// verifyEmailBody is what is sent of VerifyEmailParams.
type verifyEmailBody struct {
	Email string `json:"email"`
	Code  string `json:"code"`
}

func (b verifyEmailBody) problems() (problems rest.Problems) {
	problems.Require("Email", b.Email)
	problems.Require("Code", b.Code)
	return problems
}

var authVerifyEmail = rest.Define(rest.Operation{
	ID: "system.auth.verifyEmail", GoMethod: "System.Auth.VerifyEmail",
	Family: rest.System, Method: "POST", Path: "/auth/verify-email",
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed,
})

// VerifyEmail proves that an email belongs to a user, with the code that was
// mailed there.
//
// The operation is documented by name and method; its path and body are
// assumed.
//
// Operation: system.auth.verifyEmail
func (s *AuthService) VerifyEmail(ctx context.Context, params VerifyEmailParams) error {
	body := verifyEmailBody{params.Email, params.Code.Reveal()}
	return rest.Exec(ctx, s.caller, authVerifyEmail, rest.Request{
		Body: body, Problems: body.problems(), Secrets: []secret.Text{params.Code},
	})
}

// LoginParams is a user who logs in with a password.
type LoginParams struct {
	// Email is the user's. Required.
	Email string
	// Password is the user's. Required.
	Password secret.Text
}

// loginBody is what is sent of LoginParams.
type loginBody struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

func (b loginBody) problems() (problems rest.Problems) {
	problems.Require("Email", b.Email)
	problems.Require("Password", b.Password)
	return problems
}

// Login is a user who is logged in.
type Login struct {
	// Token is the user's bearer token, for returningai.WithBearer.
	Token secret.Text `json:"token,omitzero"`
	User  User        `json:"user,omitzero"`
	// Extra holds the members that this package does not know, as JSON. Any of
	// them may be a secret, too.
	Extra map[string]secret.Text `json:",embed"`
}

type loginJSON Login

// MarshalJSON writes the login with its secrets redacted, the unknown members
// included.
func (l Login) MarshalJSON() ([]byte, error) { return rest.MarshalAnswer(loginJSON(l)) }

// UnmarshalJSON reads a login leniently, and keeps unknown members.
func (l *Login) UnmarshalJSON(data []byte) error {
	var read struct {
		Token secret.Text                `json:"token"`
		User  User                       `json:"user"`
		Extra map[string]json.RawMessage `json:",embed"`
	}
	err := rest.UnmarshalAnswer(data, &read)
	*l = Login{Token: read.Token, User: read.User, Extra: rest.SecretMembers(read.Extra)}
	return err
}

var authLogin = rest.Define(rest.Operation{
	ID: "system.auth.login", GoMethod: "System.Auth.Login",
	Family: rest.System, Method: "POST", Path: "/auth/login",
	Secret:         true,
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed,
})

// Login logs a user in with a password, and answers a token that acts for
// them: give it to returningai.WithBearer. An answer without a token is an error
// that matches returningai.ErrUnexpectedResponse.
//
// The operation is documented by name and method; its path, body and answer
// are assumed, and which operations take its token is not known.
//
// Operation: system.auth.login
func (s *AuthService) Login(ctx context.Context, params LoginParams) (Login, error) {
	body := loginBody{params.Email, params.Password.Reveal()}
	request := rest.Request{Body: body, Problems: body.problems(), Secrets: []secret.Text{params.Password}}
	answer, err := rest.DoChecked(ctx, s.caller, authLogin, request, func(answer *rest.Answer[Login]) *rest.Failure {
		if answer.Data.Token.IsZero() {
			return &rest.Failure{Unreadable: true, Message: "the answer carries no token"}
		}
		return nil
	})
	return answer.Data, err
}
