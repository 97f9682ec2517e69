package wire

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strings"
	"unicode"

	"github.com/returningai/returningai-go/returningaitest/internal/community"
)

func usersRoutes() []Route {
	return []Route{
		route("integration.users.create", Integration, "POST /users", community.PermissionCreateUser, createUser),
		route("integration.users.info", Integration, "POST /users/info", community.PermissionGetUserData, userInfo),
		route("integration.users.filter", Integration, "POST /users/filter", community.PermissionGetUserData, filterUsers),
		route("integration.users.manage", Integration, "POST /users/manage", community.PermissionManageUser, manageUser),
	}
}

// createUser creates a user. Assumed: 409 for a username or an email that is
// in use, also by a deleted account; 400 for passwords that differ or break the
// known rules; that any custom field, referral, template and external id is
// accepted, and that a password may always be omitted.
func createUser(c *Call) (Result, error) {
	f := c.fields()
	user := community.User{
		FirstName: required[string](f, "firstname"), LastName: required[string](f, "lastname"),
		Username: required[string](f, "username"), DisplayName: required[string](f, "displayname"),
		Email: required[string](f, "email"),
	}
	required[int](f, "accessLevel")
	user.Outside = !required[bool](f, "joinServer")
	required[bool](f, "emailPassword")
	required[bool](f, "sendEmail")
	optional[string](f, "emailTemplate")
	update(f, "referral", &user.Referral)
	update(f, "externalId", &user.ExternalID)
	user.CustomFields = readCustomFields(f)
	checkPassword(f, user.Username)
	if err := f.err(); err != nil {
		return Result{}, err
	}
	if field := c.Community.Users.Taken(user); field != "" {
		return Result{}, Refuse(http.StatusConflict, "%s is in use", strings.ToLower(field))
	}
	created, err := c.Community.CreateUser(user)
	if err != nil {
		return Result{}, err
	}
	return Result{message: "User has been created successfully", data: showUser(c, created)}, nil
}

// readCustomFields reads the values of custom fields.
func readCustomFields(f *fields) map[string]any {
	list, _ := optional[[]map[string]json.RawMessage](f, "customFields")
	values := map[string]any{}
	for _, entry := range list {
		var name string
		var value any
		if json.Unmarshal(entry["fieldIdorName"], &name) != nil || json.Unmarshal(entry["value"], &value) != nil || name == "" {
			f.note("customFields must be a list of objects with fieldIdorName and value")
			continue
		}
		values[name] = value
	}
	return values
}

// checkPassword notes which of the known rules a password breaks.
func checkPassword(f *fields, username string) {
	password, isGiven := optional[string](f, "password")
	confirmed, _ := optional[string](f, "confirmPassword")
	special := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	switch {
	case password != confirmed:
		f.note("confirmPassword must equal password")
	case isGiven && !strings.ContainsFunc(password, special):
		f.note("password must contain a special character")
	case isGiven && password == username:
		f.note("password must not equal username")
	}
}

// integrationUser is a user in a response. That roles are titles is assumed.
type integrationUser struct {
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

func showUser(c *Call, user *community.User) integrationUser {
	today := c.Community.ActivityOn(user.ID, c.Community.Now())
	posted := c.Community.CountMessages(user.Username)
	shown := integrationUser{
		ID: user.ID, UserID: user.UserID, Username: user.Username, XP: user.XP, Coins: user.Coins,
		Roles: append([]string{}, user.Roles...), FirstName: user.FirstName, LastName: user.LastName,
		XPEarnedToday: today.XP, CoinsEarnedToday: today.Coins, Language: cmp.Or(user.Language, "en"),
		TotalMessages: posted.Messages, ReplySent: posted.Replies, TotalReactions: posted.Reactions,
		VisitCount: user.VisitCount, TimeSpent: user.TimeSpent, LoginStreak: user.LoginStreak,
		CustomFields: user.CustomFields,
	}
	if len(user.Roles) > 0 {
		shown.HighestRole = user.Roles[0]
	}
	if shown.CustomFields == nil {
		shown.CustomFields = map[string]any{}
	}
	return shown
}

// userInfo returns a user by email or user number. Assumed: 404 for a user who
// does not exist or is deleted; a user who has not joined is found.
func userInfo(c *Call) (Result, error) {
	f := c.fields()
	idOrEmail := required[string](f, "idOrEmail")
	if err := f.err(); err != nil {
		return Result{}, err
	}
	user, err := c.Community.Users.WithEmail(idOrEmail)
	if err != nil {
		user, err = c.Community.Users.Numbered(idOrEmail)
	}
	if err != nil || user.Deleted {
		return Result{}, Refuse(http.StatusNotFound, "user not found")
	}
	return Result{data: showUser(c, user)}, nil
}

// manageUser deletes or restores an account. Assumed: 400 for another action,
// 404 for a user who does not exist or has not joined, 409 for deleting or
// restoring twice, and that the response is only a message.
func manageUser(c *Call) (Result, error) {
	f := c.fields()
	action, username := required[string](f, "action"), required[string](f, "user")
	if err := f.err(); err != nil {
		return Result{}, err
	}
	if action != "delete" && action != "restore" {
		return Result{}, Refuse(http.StatusBadRequest, "action must be delete or restore")
	}
	return done("User account has been changed successfully", c.Community.DeleteUser(username, action == "restore"))
}
