package wire

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/returningai/returningai-go/returningaitest/internal/community"
)

// userAttributes are the fields of a user. A flag of the query selects each.
var userAttributes = []string{
	"_id", "id", "avatar", "displayName", "username", "firstName", "lastName", "email", "isOnline", "lastLogin",
}

// getUser returns a user. Every token has access to the whole community.
// Assumed: all attributes if none is selected.
func getUser(c *Call) Result {
	user := check(c.Community.Users.Find(c.Path["userId"]))
	selected := selectAttributes(c, user)
	return Result{message: "Get user success.", data: selected}
}

func getCommunityUser(c *Call) Result {
	checkCommunity(c)
	return getUser(c)
}

// listCommunityUsers returns users with all their attributes. All of it is
// assumed: search looks into names and email, and ignores case.
func listCommunityUsers(c *Call) Result {
	checkCommunity(c)
	search := strings.ToLower(c.Query.Get("search"))
	var found []*community.User
	for _, user := range c.Community.Users.All() {
		if user.Contains(search) {
			found = append(found, user)
		}
	}
	return page(c, found, showAttributes)
}

// selectAttributes returns the attributes of a user that the query selects.
func selectAttributes(c *Call, user *community.User) map[string]any {
	all, selected := showAttributes(user), map[string]any{}
	for _, name := range userAttributes {
		if !c.Query.Has(name) {
			continue
		}
		wanted, err := strconv.ParseBool(c.Query.Get(name))
		if err != nil {
			refused(http.StatusBadRequest, "%s must be true or false", name)
		}
		if wanted {
			selected[name] = all[name]
		}
	}
	if len(selected) == 0 {
		return all
	}
	return selected
}

// showAttributes returns the fields of a user. Assumed: the user number is a
// number, and lastLogin is null for a user who never logged in.
func showAttributes(u *community.User) map[string]any {
	all := map[string]any{
		"_id": u.ID, "id": userNumber(u), "avatar": u.Avatar, "displayName": u.DisplayName, "username": u.Username,
		"firstName": u.FirstName, "lastName": u.LastName, "email": u.Email, "isOnline": u.IsOnline, "lastLogin": nil,
	}
	if !u.LastLogin.IsZero() {
		all["lastLogin"] = u.LastLogin.UTC()
	}
	return all
}
