package wire

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strings"
	"unicode"

	"github.com/returningai/returningai-go/returningaitest/internal/community"
)

// createUser creates a user. Assumed: 409 for a username or an email that is
// in use, also by a deleted account; 400 for passwords that differ or break the
// known rules; that any custom field, referral, template and external id is
// accepted, and that a password may always be omitted.
func createUser(c *Call) Result {
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
	f.check()
	if field := c.Community.Users.Taken(user); field != "" {
		return refused(http.StatusConflict, "%s is in use", strings.ToLower(field))
	}
	created := check(c.Community.CreateUser(user))
	return Result{message: "User has been created successfully", data: showUser(c, created)}
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

// showUser returns a user. That roles are titles is assumed.
func showUser(c *Call, user *community.User) map[string]any {
	today := c.Community.ActivityOn(user.ID, c.Community.Now())
	posted := c.Community.CountMessages(user.Username)
	roles, fields := append([]string{}, user.Roles...), user.CustomFields
	if fields == nil {
		fields = map[string]any{}
	}
	return map[string]any{
		"_id": user.ID, "userId": user.UserID, "username": user.Username, "xp": user.XP, "coins": user.Coins,
		"roles": roles, "highestRole": strings.Join(roles[:min(1, len(roles))], ""), "firstName": user.FirstName, "lastName": user.LastName,
		"xpEarnedToday": today.XP, "coinsEarnedToday": today.Coins, "language": cmp.Or(user.Language, "en"),
		"totalMessages": posted.Messages, "totalReactions": posted.Reactions, "replySent": posted.Replies,
		"visitCount": user.VisitCount, "timeSpent": user.TimeSpent, "loginStreak": user.LoginStreak, "customFields": fields,
	}
}

// userInfo returns a user by email or user number. Assumed: 404 for a user who
// does not exist or is deleted; a user who has not joined is found.
func userInfo(c *Call) Result {
	f := c.fields()
	idOrEmail := required[string](f, "idOrEmail")
	f.check()
	user, err := c.Community.Users.WithEmail(idOrEmail)
	if err != nil {
		user = check(c.Community.Users.Numbered(idOrEmail))
	}
	if user.Deleted {
		return refused(http.StatusNotFound, "user not found")
	}
	return Result{data: showUser(c, user)}
}

// manageUser deletes or restores an account. Assumed: 400 for another action,
// 404 for a user who does not exist or has not joined, 409 for deleting or
// restoring twice, and that the response is only a message.
func manageUser(c *Call) Result {
	f := c.fields()
	action, username := required[string](f, "action"), required[string](f, "user")
	f.check()
	if action != "delete" && action != "restore" {
		return refused(http.StatusBadRequest, "action must be delete or restore")
	}
	return done("User account has been changed successfully", c.Community.DeleteUser(username, action == "restore"))
}
