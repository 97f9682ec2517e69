package returningaitest

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// PermissionApplicationMember guards application.users.get (documented).
const PermissionApplicationMember Permission = "APPLICATION_MEMBER"

func (s *Server) applicationUsersRoutes() []*route {
	return []*route{{
		operation:  "application.users.get",
		family:     Application,
		method:     http.MethodGet,
		pattern:    "/users/{userId}",
		permission: PermissionApplicationMember,
		serve:      s.getApplicationUser,
	}}
}

// userAttributes are the members of a user, each of which a flag of the query
// chooses.
var userAttributes = []string{
	"_id", "id", "avatar", "displayName", "username", "firstName", "lastName", "email", "isOnline", "lastLogin",
}

// getApplicationUser answers a user. The fake's tokens all have access to the
// whole community, so that none is bound to its own user's data. Assumed: all
// attributes when none is chosen.
func (s *Server) getApplicationUser(c *call) (result, error) {
	user := s.state.users.withID(c.path["userId"])
	if user == nil {
		return result{}, refuse(http.StatusNotFound, "user not found")
	}
	chosen, err := c.chosen(user)
	return result{message: "Get user success.", data: chosen}, err
}

func (u *userStore) withID(id string) *User {
	for _, user := range u.all {
		if user.ID == id {
			return user
		}
	}
	return nil
}

// chosen returns the attributes of a user that the flags of the query choose.
func (c *call) chosen(user *User) (map[string]any, error) {
	all, chosen := user.attributes(), map[string]any{}
	for _, name := range userAttributes {
		if !c.query.Has(name) {
			continue
		}
		wanted, err := strconv.ParseBool(c.query.Get(name))
		if err != nil {
			return nil, refuse(http.StatusBadRequest, "%s must be true or false", name)
		}
		if wanted {
			chosen[name] = all[name]
		}
	}
	if len(chosen) == 0 {
		return all, nil
	}
	return chosen, nil
}

// attributes returns the members of a user. The short id is a number, and a
// user that never logged in has null for the time of it (assumed).
func (u *User) attributes() map[string]any {
	all := map[string]any{
		"_id": u.ID, "id": u.ShortID, "avatar": u.Avatar, "displayName": u.DisplayName, "username": u.Username,
		"firstName": u.FirstName, "lastName": u.LastName, "email": u.Email, "isOnline": u.IsOnline, "lastLogin": nil,
	}
	if number, err := strconv.ParseInt(u.ShortID, 10, 64); err == nil {
		all["id"] = json.Number(strconv.FormatInt(number, 10))
	}
	if !u.LastLogin.IsZero() {
		all["lastLogin"] = u.LastLogin.UTC()
	}
	return all
}
