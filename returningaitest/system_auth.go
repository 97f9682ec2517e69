package returningaitest

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

func (s *Server) systemAuthRoutes() []*route {
	return []*route{{
		operation: "system.auth.secureAuth",
		family:    CommunityHost,
		method:    http.MethodGet,
		pattern:   "/api/secureAuth",
		serve:     s.secureAuth,
	}, {
		operation: "system.auth.register",
		family:    System,
		method:    http.MethodPost,
		pattern:   "/auth/register",
		serve:     s.register,
	}, {
		operation: "system.auth.verifyEmail",
		family:    System,
		method:    http.MethodPost,
		pattern:   "/auth/verify-email",
		serve:     s.verifyEmail,
	}, {
		operation: "system.auth.login",
		family:    System,
		method:    http.MethodPost,
		pattern:   "/auth/login",
		serve:     s.login,
	}}
}

// authStore holds what users sign in with, by their ids.
type authStore struct {
	passwords map[string]string
	codes     map[string]string // that were mailed and not used
	keyless   bool
}

// LoginURLsWithoutKey makes Secure Auth answer login URLs that say "undefined"
// where the key belongs, as the API has been seen to do, or stops it.
func (s *Server) LoginURLsWithoutKey(keyless bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.auth.keyless = keyless
}

// VerificationCode returns the code that was mailed to a user who registered
// and has not used it yet; "" when there is none.
func (s *Server) VerificationCode(email string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	user := s.state.users.named(email)
	if user == nil {
		return ""
	}
	return s.state.auth.codes[user.ID]
}

// secureAuth signs a user in by single sign-on, and makes one who is not there
// when it is told enough of them. Assumed: 400 for a hostname that is not the
// host's own, 404 for a user who is not there, and 409 for an email that is
// taken.
func (s *Server) secureAuth(c *call) (result, error) {
	switch {
	case !strings.EqualFold(c.header.Get("hostname"), c.host):
		return result{}, refuse(http.StatusBadRequest, "the header hostname is not the host's name")
	case c.query.Get("action") != "login":
		return result{}, refuse(http.StatusBadRequest, "action must be login")
	case c.query.Get("userId") == "":
		return result{}, refuse(http.StatusBadRequest, "userId is required")
	}
	user := s.state.users.named(c.query.Get("userId"))
	if user == nil || user.Username != c.query.Get("userId") {
		if err := s.addSignedOn(c); err != nil {
			return result{}, err
		}
	}
	key := newCredential("login-key")
	if s.state.auth.keyless {
		key = "undefined"
	}
	query := url.Values{"token": {newCredential("login-token")}, "host": {c.host}}
	return result{data: map[string]any{
		"loginUrl":  "http://" + c.host + "/v2/app/loginApi/" + key + "/2?" + query.Encode(),
		"sessionId": newCredential("session"),
	}}, nil
}

// addSignedOn adds a user who signs on for the first time.
func (s *Server) addSignedOn(c *call) error {
	user := User{
		Username: c.query.Get("userId"), Email: c.query.Get("email"), FirstName: c.query.Get("firstname"),
		LastName: c.query.Get("lastname"), DisplayName: c.query.Get("displayname"),
	}
	if user.Email == "" || user.FirstName == "" || user.LastName == "" || user.DisplayName == "" {
		return refuse(http.StatusNotFound, "user not found")
	}
	if s.state.users.taken(user) != "" {
		return refuse(http.StatusConflict, "the user conflicts with another one")
	}
	s.newUser(user, c.now)
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

func (u *User) system() systemUser {
	return systemUser{
		ID: u.ID, UserID: u.ShortID, Username: u.Username, Email: u.Email,
		FirstName: u.FirstName, LastName: u.LastName, DisplayName: u.DisplayName, CreatedAt: u.JoinedAt,
	}
}

// register makes a user with a password. Its path, body and answer are
// assumed, as are those of the next two, and 409 for what is taken.
func (s *Server) register(c *call) (result, error) {
	body, err := c.members()
	if err != nil {
		return result{}, err
	}
	user := User{Email: needed[string](body, "email"), Username: needed[string](body, "username")}
	password := needed[string](body, "password")
	change(body, "firstname", &user.FirstName)
	change(body, "lastname", &user.LastName)
	change(body, "displayname", &user.DisplayName)
	if err := body.problem(); err != nil {
		return result{}, err
	}
	if s.state.users.taken(user) != "" {
		return result{}, refuse(http.StatusConflict, "the email or the username is taken")
	}
	user = s.newUser(user, c.now)
	auth := &s.state.auth
	if auth.passwords == nil {
		auth.passwords, auth.codes = map[string]string{}, map[string]string{}
	}
	auth.passwords[user.ID], auth.codes[user.ID] = password, newCredential("code")
	return result{message: "User has been registered successfully", data: user.system()}, nil
}

// verifyEmail uses up the code that was mailed. Assumed: 404 for an email that
// nobody has, 400 for a wrong code.
func (s *Server) verifyEmail(c *call) (result, error) {
	body, err := c.members()
	if err != nil {
		return result{}, err
	}
	email := needed[string](body, "email")
	code := needed[string](body, "code")
	if err := body.problem(); err != nil {
		return result{}, err
	}
	user := s.state.users.named(email)
	if user == nil || user.Email != email {
		return result{}, refuse(http.StatusNotFound, "user not found")
	}
	if s.state.auth.codes[user.ID] != code {
		return result{}, refuse(http.StatusBadRequest, "the code is wrong")
	}
	delete(s.state.auth.codes, user.ID)
	return result{message: "Email has been verified successfully"}, nil
}

// login answers a bearer token. Assumed: 401 for a wrong email or password,
// that an email need not be verified, and that the token may do anything.
func (s *Server) login(c *call) (result, error) {
	body, err := c.members()
	if err != nil {
		return result{}, err
	}
	email := needed[string](body, "email")
	password := needed[string](body, "password")
	if err := body.problem(); err != nil {
		return result{}, err
	}
	user := s.state.users.named(email)
	if user == nil || user.Email != email || s.state.auth.passwords[user.ID] != password {
		return result{}, refuse(http.StatusUnauthorized, "the email or the password is wrong")
	}
	token := Token{Text: newCredential("login"), Permissions: []Permission{EveryPermission}}
	s.keys.tokens[token.Text] = &token
	return result{message: "Login successful", data: map[string]any{"token": token.Text, "user": user.system()}}, nil
}
