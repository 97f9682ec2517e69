package wire

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/returningai/returningai-go/returningaitest/internal/community"
)

// Assumed: all of register, verifyEmail and login.
func systemAuthRoutes() []Route {
	return []Route{
		route("system.auth.secureAuth", CommunityHost, "GET /api/secureAuth", noPermission, secureAuth),
		route("system.auth.register", System, "POST /auth/register", noPermission, register),
		route("system.auth.verifyEmail", System, "POST /auth/verify-email", noPermission, verifyEmail),
		route("system.auth.login", System, "POST /auth/login", noPermission, login),
	}
}

// secureAuth signs a user in by single sign-on, and creates the user if the
// query says enough. Assumed: 400 for a hostname that is not the host's own,
// 404 for an unknown user, and 409 for an email that is taken.
func secureAuth(c *Call) (Result, error) {
	username := c.Query.Get("userId")
	switch {
	case !strings.EqualFold(c.Header.Get("hostname"), c.Host):
		return Result{}, Refuse(http.StatusBadRequest, "the header hostname is not the host's name")
	case c.Query.Get("action") != "login":
		return Result{}, Refuse(http.StatusBadRequest, "action must be login")
	case username == "":
		return Result{}, Refuse(http.StatusBadRequest, "userId is required")
	}
	if user := c.Community.Users.Named(username); user == nil || user.Username != username {
		if err := addSignedOn(c); err != nil {
			return Result{}, err
		}
	}
	key := community.NewCredential("login-key")
	if c.Community.LoginURLsWithoutKey {
		key = "undefined"
	}
	query := url.Values{"token": {community.NewCredential("login-token")}, "host": {c.Host}}
	return Result{data: map[string]any{
		"loginUrl":  "http://" + c.Host + "/v2/app/loginApi/" + key + "/2?" + query.Encode(),
		"sessionId": community.NewCredential("session"),
	}}, nil
}

// addSignedOn adds a user who signs on for the first time.
func addSignedOn(c *Call) error {
	user := community.User{
		Username: c.Query.Get("userId"), Email: c.Query.Get("email"), FirstName: c.Query.Get("firstname"),
		LastName: c.Query.Get("lastname"), DisplayName: c.Query.Get("displayname"),
	}
	if user.Email == "" || user.FirstName == "" || user.LastName == "" || user.DisplayName == "" {
		return Refuse(http.StatusNotFound, "user not found")
	}
	if _, err := c.Community.CreateUser(user); err != nil {
		return Refuse(http.StatusConflict, "the user conflicts with another one")
	}
	return nil
}

type systemUser struct {
	ID          string    `json:"_id"`
	UserID      string    `json:"userId"`
	Username    string    `json:"username"`
	Email       string    `json:"email"`
	FirstName   string    `json:"firstname"`
	LastName    string    `json:"lastname"`
	DisplayName string    `json:"displayname"`
	CreatedAt   time.Time `json:"createdAt"`
}

func showSystemUser(u *community.User) systemUser {
	return systemUser{
		ID: u.ID, UserID: u.UserID, Username: u.Username, Email: u.Email,
		FirstName: u.FirstName, LastName: u.LastName, DisplayName: u.DisplayName, CreatedAt: u.JoinedAt,
	}
}

// register creates a user with a password. Assumed: 409 for what is taken.
func register(c *Call) (Result, error) {
	f := c.fields()
	user := community.User{Email: required[string](f, "email"), Username: required[string](f, "username")}
	password := required[string](f, "password")
	update(f, "firstname", &user.FirstName)
	update(f, "lastname", &user.LastName)
	update(f, "displayname", &user.DisplayName)
	if err := f.err(); err != nil {
		return Result{}, err
	}
	created, err := c.Community.Register(user, password)
	if err != nil {
		return Result{}, err
	}
	return Result{message: "User has been registered successfully", data: showSystemUser(created)}, nil
}

// verifyEmail uses up the code that was mailed. Assumed: 404 for an unknown
// email, 400 for a wrong code.
func verifyEmail(c *Call) (Result, error) {
	f := c.fields()
	email, code := required[string](f, "email"), required[string](f, "code")
	if err := f.err(); err != nil {
		return Result{}, err
	}
	return done("Email has been verified successfully", c.Community.VerifyEmail(email, code))
}

// login returns a bearer token. Assumed: 401 for a wrong email or password.
func login(c *Call) (Result, error) {
	f := c.fields()
	email, password := required[string](f, "email"), required[string](f, "password")
	if err := f.err(); err != nil {
		return Result{}, err
	}
	user, token, ok := c.Community.LogIn(email, password)
	if !ok {
		return Result{}, Refuse(http.StatusUnauthorized, "the email or the password is wrong")
	}
	return Result{message: "Login successful", data: map[string]any{"token": token, "user": showSystemUser(user)}}, nil
}
