package community

// Login holds the credentials of a registered user. It does not print.
type Login struct {
	unprintable

	Email            string `json:"email"`
	Password         string `json:"password"`
	VerificationCode string `json:"verificationCode,omitzero"` // mailed to the user; empty: the email is verified
}

// AddLogin gives a user a password, and a verification code that counts as
// mailed.
func (c *Community) AddLogin(login Login) error {
	user, err := c.Users.WithEmail(login.Email)
	if err != nil || login.Password == "" {
		return problem(Invalid, "there is no user with the email, or Password is empty")
	}
	c.passwords[user.ID] = login.Password
	delete(c.codes, user.ID)
	if login.VerificationCode != "" {
		c.codes[user.ID] = login.VerificationCode
	}
	return nil
}

// VerificationCode returns the code that was mailed to a user and is not used
// yet, or "".
func (c *Community) VerificationCode(email string) string {
	if user := c.Users.Named(email); user != nil {
		return c.codes[user.ID]
	}
	return ""
}

// Register creates a user with a password and mails a code.
func (c *Community) Register(user User, password string) (*User, error) {
	if c.Users.Taken(user) != "" {
		return nil, problem(Conflict, "the email or the username is taken")
	}
	kept, err := c.CreateUser(user)
	if err == nil {
		c.passwords[kept.ID], c.codes[kept.ID] = password, NewCredential("code")
	}
	return kept, err
}

// VerifyEmail uses up the code that was mailed to a user.
func (c *Community) VerifyEmail(email, code string) error {
	user := c.Users.Named(email)
	if user == nil || user.Email != email {
		return errNoUser
	}
	if code == "" || c.codes[user.ID] != code {
		return problem(Invalid, "the code is wrong")
	}
	delete(c.codes, user.ID)
	return nil
}

// LogIn returns a user and a new bearer token with every permission. The email
// need not be verified. It reports whether the password is right.
func (c *Community) LogIn(email, password string) (user *User, token string, ok bool) {
	user = c.Users.Named(email)
	if user == nil || user.Email != email || password == "" || c.passwords[user.ID] != password {
		return nil, "", false
	}
	return user, c.Keys.AddToken(Token{Permissions: []Permission{EveryPermission}}), true
}
