package returningaitest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// User is a member of the community.
type User struct {
	ID          string // 24 hex characters, "_id" on the wire
	ShortID     string // the short number that System calls use, such as "1102"
	Username    string
	Email       string
	DisplayName string
	FirstName   string
	LastName    string
	Avatar      string // address of the picture
	IsOnline    bool
	LastLogin   time.Time // zero: never
	JoinedAt    time.Time

	XP           float64
	Coins        float64
	CustomFields map[string]any // values by the fields' names in the database
	Roles        []string       // titles, the highest first
	Language     string
	VisitCount   int
	LoginStreak  int
	TimeSpent    int
	Referral     string
	ExternalID   string

	Deleted bool // the account can be restored
	Outside bool // the account exists, but has not joined: see [Server.JoinUser]
}

// active reports whether the user is in the user list.
func (u *User) active() bool { return !u.Deleted && !u.Outside }

func (u *User) clone() User {
	copied := *u
	copied.CustomFields = maps.Clone(u.CustomFields)
	copied.Roles = slices.Clone(u.Roles)
	return copied
}

// userStore holds the users in the order they joined.
type userStore struct {
	all    []*User
	byName map[string]*User // by username and by email
}

// firstShortID is the number of the first user that is given none.
const firstShortID = 1101

// named finds a user by username or email.
func (u *userStore) named(usernameOrEmail string) *User { return u.byName[usernameOrEmail] }

// AddUser adds a user, as one who has been there all along: webhooks do not
// report it, unlike [Server.JoinUser]. It returns the user completed: ID,
// ShortID and JoinedAt are made up when empty. It panics when Username is empty, or when the username,
// the email or an id is taken.
func (s *Server) AddUser(user User) User {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if user.Username == "" {
		panic("returningaitest: AddUser: Username is empty")
	}
	if field := s.state.users.taken(user); field != "" {
		panic(fmt.Sprintf("returningaitest: AddUser: %s is taken", field))
	}
	return s.addUser(user, now)
}

// taken names the field of a user that another one has already; "" is none.
func (u *userStore) taken(user User) string {
	switch {
	case u.named(user.Username) != nil:
		return "Username"
	case user.Email != "" && u.named(user.Email) != nil:
		return "Email"
	case user.ID != "" && slices.ContainsFunc(u.all, func(other *User) bool { return other.ID == user.ID }):
		return "ID"
	case user.ShortID != "" && slices.ContainsFunc(u.all, func(other *User) bool { return other.ShortID == user.ShortID }):
		return "ShortID"
	}
	return ""
}

// addUser completes and keeps a user that was checked. The caller holds the
// lock.
func (s *Server) addUser(user User, now time.Time) User {
	users := &s.state.users
	if user.ID == "" {
		user.ID = s.newID()
	}
	for number := firstShortID + len(users.all); user.ShortID == ""; number++ {
		if candidate := strconv.Itoa(number); users.taken(User{ShortID: candidate}) == "" {
			user.ShortID = candidate
		}
	}
	if user.JoinedAt.IsZero() {
		user.JoinedAt = now
	}
	kept := user.clone()
	users.all = append(users.all, &kept)
	if users.byName == nil {
		users.byName = map[string]*User{}
	}
	users.byName[user.Username] = &kept
	if user.Email != "" {
		users.byName[user.Email] = &kept
	}
	return user
}

// newUser completes and keeps a user that was checked and comes through the
// API, and reports who joins that way. The caller holds the lock.
func (s *Server) newUser(user User, now time.Time) User {
	added := s.addUser(user, now)
	if added.active() {
		s.emitUser(EventUserJoined, &added, now)
	}
	return added
}

// JoinUser lets a user that was created without joining join by themself,
// which webhooks report. It panics when there is no such user.
func (s *Server) JoinUser(usernameOrEmail string) {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	user := s.mustUser("JoinUser", usernameOrEmail)
	joins := user.Outside && !user.Deleted
	user.Outside = false
	if joins {
		s.emitUser(EventUserJoined, user, now)
	}
}

// VisitServer lets a user visit, which counts in VisitCount and which webhooks
// report. It panics when there is no such user, or they are deleted or have
// not joined.
func (s *Server) VisitServer(usernameOrEmail string) {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	user := s.mustMember("VisitServer", usernameOrEmail)
	user.VisitCount++
	s.emitUser(EventUserVisited, user, now)
}

// mustMember is mustUser for someone who must be there.
func (s *Server) mustMember(caller, usernameOrEmail string) *User {
	user := s.mustUser(caller, usernameOrEmail)
	if !user.active() {
		panic(fmt.Sprintf("returningaitest: %s: user %q is deleted or has not joined", caller, usernameOrEmail))
	}
	return user
}

// mustUser returns a user; caller names who asks.
func (s *Server) mustUser(caller, usernameOrEmail string) *User {
	user := s.state.users.named(usernameOrEmail)
	if user == nil {
		panic(fmt.Sprintf("returningaitest: %s: there is no user %q", caller, usernameOrEmail))
	}
	return user
}

// Users returns a copy of the community's users, in the order they joined.
func (s *Server) Users() []User {
	s.mu.Lock()
	defer s.mu.Unlock()
	copies := make([]User, 0, len(s.state.users.all))
	for _, user := range s.state.users.all {
		copies = append(copies, user.clone())
	}
	return copies
}
