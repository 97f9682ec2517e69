package returningaitest

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strings"
	"time"
	"unicode"
)

func (s *Server) usersRoutes() []*route {
	return []*route{{
		operation:  "integration.users.create",
		family:     Integration,
		method:     http.MethodPost,
		pattern:    "/users",
		permission: PermissionCreateUser,
		serve:      s.createUser,
	}, {
		operation:  "integration.users.info",
		family:     Integration,
		method:     http.MethodPost,
		pattern:    "/users/info",
		permission: PermissionGetUserData,
		serve:      s.describeUser,
	}, {
		operation:  "integration.users.filter",
		family:     Integration,
		method:     http.MethodPost,
		pattern:    "/users/filter",
		permission: PermissionGetUserData,
		serve:      s.filterUsers,
	}, {
		operation:  "integration.users.manage",
		family:     Integration,
		method:     http.MethodPost,
		pattern:    "/users/manage",
		permission: PermissionManageUser,
		serve:      s.manageUser,
	}}
}

// createUser creates a user. Assumed: 409 for a username or an email that is
// in use, by a deleted account too; 400 for passwords that differ or break the
// rules that are known; that any custom field, referral, template and external
// id is accepted, and that a password may always be left out.
func (s *Server) createUser(c *call) (result, error) {
	body, err := c.members()
	if err != nil {
		return result{}, err
	}
	user := User{
		FirstName: needed[string](body, "firstname"), LastName: needed[string](body, "lastname"),
		Username: needed[string](body, "username"), DisplayName: needed[string](body, "displayname"),
		Email: needed[string](body, "email"),
	}
	needed[int](body, "accessLevel")
	user.Outside = !needed[bool](body, "joinServer")
	needed[bool](body, "emailPassword")
	needed[bool](body, "sendEmail")
	given[string](body, "emailTemplate")
	user.Referral, _ = given[string](body, "referral")
	user.ExternalID, _ = given[string](body, "externalId")
	user.CustomFields = customFields(body)
	checkPassword(body, user.Username)
	if err := body.problem(); err != nil {
		return result{}, err
	}
	if field := s.state.users.taken(user); field != "" {
		return result{}, refuse(http.StatusConflict, "%s is in use", strings.ToLower(field))
	}
	added := s.newUser(user, c.now)
	return result{message: "User has been created successfully", data: s.info(&added, c.now)}, nil
}

// customFields reads the values of custom fields.
func customFields(body *members) map[string]any {
	const problem = "customFields must be a list of objects with fieldIdorName and value"
	list, _ := given[[]map[string]json.RawMessage](body, "customFields")
	values := map[string]any{}
	for _, entry := range list {
		var name string
		var value any
		if json.Unmarshal(entry["fieldIdorName"], &name) != nil || json.Unmarshal(entry["value"], &value) != nil || name == "" {
			body.note(problem)
			continue
		}
		values[name] = value
	}
	return values
}

// checkPassword notes which of the known rules a password breaks.
func checkPassword(body *members, username string) {
	password, isGiven := given[string](body, "password")
	confirmed, _ := given[string](body, "confirmPassword")
	special := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	switch {
	case password != confirmed:
		body.note("confirmPassword must equal password")
	case isGiven && !strings.ContainsFunc(password, special):
		body.note("password must contain a special character")
	case isGiven && password == username:
		body.note("password must not equal username")
	}
}

// userInfo is what the API tells of a user. That roles are titles is assumed.
type userInfo struct {
	ID               string         `json:"_id"`
	UserID           string         `json:"userId"`
	Username         string         `json:"username"`
	XP               float64        `json:"xp"`
	Coins            float64        `json:"coins"`
	Roles            []string       `json:"roles"`
	HighestRole      string         `json:"highestRole"`
	FirstName        string         `json:"firstName"`
	LastName         string         `json:"lastName"`
	XPEarnedToday    float64        `json:"xpEarnedToday"`
	CoinsEarnedToday float64        `json:"coinsEarnedToday"`
	Language         string         `json:"language"`
	TotalMessages    int            `json:"totalMessages"`
	TotalReactions   int            `json:"totalReactions"`
	VisitCount       int            `json:"visitCount"`
	ReplySent        int            `json:"replySent"`
	TimeSpent        int            `json:"timeSpent"`
	LoginStreak      int            `json:"loginStreak"`
	CustomFields     map[string]any `json:"customFields"`
}

// info describes a user. Messages, replies and reactions are those that the
// server keeps.
func (s *Server) info(user *User, now time.Time) userInfo {
	today := s.state.activity.on(user.ID, now)
	described := userInfo{
		ID: user.ID, UserID: user.ShortID, Username: user.Username, XP: user.XP, Coins: user.Coins,
		Roles: append([]string{}, user.Roles...), FirstName: user.FirstName, LastName: user.LastName,
		XPEarnedToday: today.XP, CoinsEarnedToday: today.Coins, Language: cmp.Or(user.Language, "en"),
		VisitCount: user.VisitCount, TimeSpent: user.TimeSpent, LoginStreak: user.LoginStreak,
		CustomFields: user.clone().CustomFields,
	}
	if len(user.Roles) > 0 {
		described.HighestRole = user.Roles[0]
	}
	if described.CustomFields == nil {
		described.CustomFields = map[string]any{}
	}
	for _, message := range s.state.messages.all {
		if message.Sender == user.Username && message.ReplyTo == "" {
			described.TotalMessages++
		} else if message.Sender == user.Username {
			described.ReplySent++
		}
		for _, reaction := range message.Reactions {
			if reaction.Sender == user.Username {
				described.TotalReactions++
			}
		}
	}
	return described
}

// describeUser answers a user by email or short id. Assumed: 404 for one that
// does not exist or is deleted; one that has not joined is found.
func (s *Server) describeUser(c *call) (result, error) {
	body, err := c.members()
	if err != nil {
		return result{}, err
	}
	idOrEmail := needed[string](body, "idOrEmail")
	if err := body.problem(); err != nil {
		return result{}, err
	}
	for _, user := range s.state.users.all {
		if !user.Deleted && (user.Email == idOrEmail || user.ShortID == idOrEmail) {
			return result{data: s.info(user, c.now)}, nil
		}
	}
	return result{}, refuse(http.StatusNotFound, "user not found")
}

// manageUser deletes or restores an account. Assumed: 400 for another action,
// 404 for a user that does not exist or has not joined, 409 for deleting or
// restoring twice, and that the answer is a message only.
func (s *Server) manageUser(c *call) (result, error) {
	body, err := c.members()
	if err != nil {
		return result{}, err
	}
	action := needed[string](body, "action")
	username := needed[string](body, "user")
	if err := body.problem(); err != nil {
		return result{}, err
	}
	user := s.state.users.named(username)
	restore := action == "restore"
	switch {
	case !restore && action != "delete":
		return result{}, refuse(http.StatusBadRequest, "action must be delete or restore")
	case user == nil || user.Username != username || user.Outside:
		return result{}, refuse(http.StatusNotFound, "user not found")
	case user.Deleted != restore:
		return result{}, refuse(http.StatusConflict, "the user is deleted already, or was not deleted")
	}
	user.Deleted = !restore
	return result{message: "User account has been changed successfully"}, nil
}
