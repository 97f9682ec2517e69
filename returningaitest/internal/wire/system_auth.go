package wire

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/returningai/returningai-go/returningaitest/internal/community"
)

// secureAuth signs a user in by single sign-on, and creates the user if the
// query says enough. Assumed: 400 for a hostname that is not the host's own,
// 404 for an unknown user, and 409 for an email that is taken.
func secureAuth(c *Call) Result {
	username := c.Query.Get("userId")
	switch {
	case !strings.EqualFold(c.Header.Get("hostname"), c.Host):
		return refused(http.StatusBadRequest, "the header hostname is not the host's name")
	case c.Query.Get("action") != "login":
		return refused(http.StatusBadRequest, "action must be login")
	case username == "":
		return refused(http.StatusBadRequest, "userId is required")
	}
	if user := c.Community.Users.Named(username); user == nil || user.Username != username {
		addSignedOn(c)
	}
	key := community.NewCredential("login-key")
	if c.Community.LoginURLsWithoutKey {
		key = "undefined"
	}
	query := url.Values{"token": {community.NewCredential("login-token")}, "host": {c.Host}}
	return Result{data: map[string]any{
		"loginUrl":  "http://" + c.Host + "/v2/app/loginApi/" + key + "/2?" + query.Encode(),
		"sessionId": community.NewCredential("session"),
	}}
}

// addSignedOn adds a user who signs on for the first time.
func addSignedOn(c *Call) {
	user := community.User{
		Username: c.Query.Get("userId"), Email: c.Query.Get("email"), FirstName: c.Query.Get("firstname"),
		LastName: c.Query.Get("lastname"), DisplayName: c.Query.Get("displayname"),
	}
	if user.Email == "" || user.FirstName == "" || user.LastName == "" || user.DisplayName == "" {
		refused(http.StatusNotFound, "user not found")
	}
	if _, err := c.Community.CreateUser(user); err != nil {
		refused(http.StatusConflict, "the user conflicts with another one")
	}
}

func showSystemUser(u *community.User) map[string]any {
	return map[string]any{
		"_id": u.ID, "userId": u.UserID, "username": u.Username, "email": u.Email,
		"firstname": u.FirstName, "lastname": u.LastName, "displayname": u.DisplayName, "createdAt": u.JoinedAt,
	}
}

// register creates a user with a password. Assumed: 409 for what is taken.
func register(c *Call) Result {
	f := c.fields()
	user := community.User{Email: required[string](f, "email"), Username: required[string](f, "username")}
	password := required[string](f, "password")
	update(f, "firstname", &user.FirstName)
	update(f, "lastname", &user.LastName)
	update(f, "displayname", &user.DisplayName)
	f.check()
	created := check(c.Community.Register(user, password))
	return Result{message: "User has been registered successfully", data: showSystemUser(created)}
}

// verifyEmail uses up the code that was mailed. Assumed: 404 for an unknown
// email, 400 for a wrong code.
func verifyEmail(c *Call) Result {
	f := c.fields()
	email, code := required[string](f, "email"), required[string](f, "code")
	f.check()
	return done("Email has been verified successfully", c.Community.VerifyEmail(email, code))
}

// login returns a bearer token. Assumed: 401 for a wrong email or password.
func login(c *Call) Result {
	f := c.fields()
	email, password := required[string](f, "email"), required[string](f, "password")
	f.check()
	user, token, ok := c.Community.LogIn(email, password)
	if !ok {
		return refused(http.StatusUnauthorized, "the email or the password is wrong")
	}
	return Result{message: "Login successful", data: map[string]any{"token": token, "user": showSystemUser(user)}}
}
