package community

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// User is a user of the community.
type User struct {
	ID          string    `json:"id,omitzero"`     // object id: 24 hex digits, "_id" on the wire
	UserID      string    `json:"userId,omitzero"` // user number, such as "1102"
	Username    string    `json:"username"`
	Email       string    `json:"email,omitzero"`
	DisplayName string    `json:"displayName,omitzero"`
	FirstName   string    `json:"firstName,omitzero"`
	LastName    string    `json:"lastName,omitzero"`
	Avatar      string    `json:"avatar,omitzero"` // URL of the picture
	IsOnline    bool      `json:"isOnline,omitzero"`
	LastLogin   time.Time `json:"lastLogin,omitzero"` // zero: never
	JoinedAt    time.Time `json:"joinedAt,omitzero"`

	XP           float64        `json:"xp"`
	Coins        float64        `json:"coins"`
	CustomFields map[string]any `json:"customFields,omitzero"` // by the field's database name
	Roles        []string       `json:"roles,omitzero"`        // titles, the highest first
	Language     string         `json:"language,omitzero"`
	VisitCount   int            `json:"visitCount,omitzero"`
	LoginStreak  int            `json:"loginStreak,omitzero"`
	TimeSpent    int            `json:"timeSpent,omitzero"`
	Referral     string         `json:"referral,omitzero"`
	ExternalID   string         `json:"externalId,omitzero"`

	Deleted bool `json:"deleted,omitzero"` // the account can be restored
	Outside bool `json:"outside,omitzero"` // the account exists, but has not joined
}

// Active reports whether the user is in the user list.
func (u *User) Active() bool { return !u.Deleted && !u.Outside }

// Clone returns a copy that shares nothing with the user.
func (u *User) Clone() User {
	copied := *u
	copied.CustomFields = maps.Clone(u.CustomFields)
	copied.Roles = slices.Clone(u.Roles)
	return copied
}

// Contains reports whether a name or the email of the user contains text,
// which is in lower case.
func (u *User) Contains(text string) bool {
	texts := []string{u.Username, u.DisplayName, u.FirstName, u.LastName, u.Email}
	return slices.ContainsFunc(texts, func(own string) bool { return strings.Contains(strings.ToLower(own), text) })
}

// Users holds the users in the order in which they joined.
type Users struct {
	Collection[User]

	byName   map[string]*User // by username and by email
	byNumber map[string]*User
}

// firstUserID is the number of the first user that is given none.
const firstUserID = 1101

var errNoUser = problem(NotFound, "user not found")

// Named finds a user by username or email, or nil.
func (u *Users) Named(usernameOrEmail string) *User { return u.byName[usernameOrEmail] }

// WithEmail finds a user who is not deleted by email.
func (u *Users) WithEmail(email string) (*User, error) {
	user := u.byName[email]
	if user == nil || user.Deleted || user.Email != email {
		return nil, errNoUser
	}
	return user, nil
}

// Numbered finds a user by user number.
func (u *Users) Numbered(userID string) (*User, error) {
	if user := u.byNumber[userID]; user != nil {
		return user, nil
	}
	return nil, errNoUser
}

// WithAnyID finds a user by object id or user number.
func (u *Users) WithAnyID(id string) (*User, error) {
	if user := u.byID[id]; user != nil {
		return user, nil
	}
	return u.Numbered(id)
}

// Identified finds an active user by username, email, object id or user number.
func (u *Users) Identified(identifier string) (*User, error) {
	user := u.Named(identifier)
	if user == nil {
		user, _ = u.WithAnyID(identifier)
	}
	if user == nil || !user.Active() {
		return nil, errNoUser
	}
	return user, nil
}

// Sender finds an active user by username or email.
func (u *Users) Sender(usernameOrEmail string) (*User, error) {
	if user := u.Named(usernameOrEmail); user != nil && user.Active() {
		return user, nil
	}
	return nil, problem(NotFound, "sender not found")
}

// Taken names the field of a user that another user has already, or "".
func (u *Users) Taken(user User) string {
	switch {
	case u.byName[user.Username] != nil:
		return "Username"
	case user.Email != "" && u.byName[user.Email] != nil:
		return "Email"
	case u.byID[user.ID] != nil:
		return "ID"
	case u.byNumber[user.UserID] != nil:
		return "UserID"
	}
	return ""
}

// AddUser adds a user who was there all along: no event reports it.
func (c *Community) AddUser(user User) (User, error) {
	if user.Username == "" {
		return User{}, problem(Invalid, "Username is empty")
	}
	if field := c.Users.Taken(user); field != "" {
		return User{}, problem(Conflict, "%s is taken", field)
	}
	for number := firstUserID + len(c.Users.all); user.UserID == ""; number++ {
		if candidate := strconv.Itoa(number); c.Users.byNumber[candidate] == nil {
			user.UserID = candidate
		}
	}
	if user.JoinedAt.IsZero() {
		user.JoinedAt = c.Now()
	}
	kept, err := c.Users.add(user, c.NewID)
	if err != nil {
		return User{}, err
	}
	c.Users.byName[kept.Username], c.Users.byNumber[kept.UserID] = kept, kept
	if kept.Email != "" {
		c.Users.byName[kept.Email] = kept
	}
	return kept.Clone(), nil
}

// Member is a user with the badges, one for each award, and the roles that the
// API gave.
type Member struct {
	User

	Badges  []Badge `json:"badges"`
	Granted []Role  `json:"granted"`
}

// Members returns copies of the users with what they hold.
func (c *Community) Members() []Member {
	members := make([]Member, 0, len(c.Users.all))
	for _, user := range c.Users.all {
		members = append(members, Member{user.Clone(), c.Badges.copies(c.badges[user.ID]), c.Roles.copies(c.roles[user.ID])})
	}
	return members
}

// CreateUser adds a user through the API. An event reports one who joins.
func (c *Community) CreateUser(user User) (*User, error) {
	added, err := c.AddUser(user)
	if err != nil {
		return nil, err
	}
	kept := c.Users.byID[added.ID]
	if kept.Active() {
		c.reportUser(EventUserJoined, kept)
	}
	return kept, nil
}

// JoinUser lets a user join who was created without joining.
func (c *Community) JoinUser(usernameOrEmail string) error {
	user, err := c.named(usernameOrEmail)
	if err != nil {
		return err
	}
	joins := user.Outside && !user.Deleted
	user.Outside = false
	if joins {
		c.reportUser(EventUserJoined, user)
	}
	return nil
}

// VisitServer counts a visit of an active user.
func (c *Community) VisitServer(usernameOrEmail string) error {
	user, err := c.activeNamed(usernameOrEmail)
	if err != nil {
		return err
	}
	user.VisitCount++
	c.reportUser(EventUserVisited, user)
	return nil
}

// named is Users.Named for the caller's own calls: its error repeats the name.
func (c *Community) named(usernameOrEmail string) (*User, error) {
	if user := c.Users.Named(usernameOrEmail); user != nil {
		return user, nil
	}
	return nil, problem(NotFound, "there is no user %q", usernameOrEmail)
}

func (c *Community) activeNamed(usernameOrEmail string) (*User, error) {
	user, err := c.named(usernameOrEmail)
	if err == nil && !user.Active() {
		return nil, problem(Conflict, "user %q is deleted or has not joined", usernameOrEmail)
	}
	return user, err
}

// DeleteUser deletes an account that has joined, or restores it.
func (c *Community) DeleteUser(username string, restore bool) error {
	user := c.Users.Named(username)
	switch {
	case user == nil || user.Username != username || user.Outside:
		return errNoUser
	case user.Deleted != restore:
		return problem(Conflict, "the user is deleted already, or was not deleted")
	}
	user.Deleted = !restore
	return nil
}

// maxCurrency is the most that a user can have and that one call can change.
const maxCurrency = int64(1) << 53

// ChangeCurrency adds, subtracts or overwrites an amount of coins or xp. An
// empty currency is coins.
func (c *Community) ChangeCurrency(identifier, currency, operation string, amount int64) error {
	if amount < 0 || amount > maxCurrency {
		return problem(Invalid, "amount is negative or too large")
	}
	user, err := c.Users.Identified(identifier)
	if err != nil {
		return err
	}
	balance := map[string]*float64{"": &user.Coins, "coins": &user.Coins, "xp": &user.XP}[strings.ToLower(currency)]
	if balance == nil {
		return problem(NotFound, "currency not found")
	}
	value := float64(amount)
	switch {
	case operation == "add" && *balance > float64(maxCurrency-amount), // the sum itself would be rounded
		operation == "subtract" && *balance < value:
		return problem(Invalid, "the user would have less than nothing, or too much")
	case operation == "add":
		*balance += value
	case operation == "subtract":
		*balance -= value
	case operation == "overwrite":
		*balance = value
	default:
		return problem(Invalid, "operation must be add, subtract or overwrite")
	}
	return nil
}
