package returningaitest

import (
	"net/http"
	"slices"
	"strings"
)

func (s *Server) communityUsersRoutes() []*route {
	return []*route{{
		operation: "application.communityUsers.list",
		family:    Application,
		method:    http.MethodGet,
		pattern:   "/communities/{communityId}/users",
		serve:     s.listCommunityUsers,
	}, {
		operation: "application.communityUsers.get",
		family:    Application,
		method:    http.MethodGet,
		pattern:   "/communities/{communityId}/users/{userId}",
		serve:     s.getCommunityUser,
	}}
}

// listCommunityUsers answers users with all their attributes. Assumed, as all
// of it: search looks into names and email, whatever the case.
func (s *Server) listCommunityUsers(c *call) (result, error) {
	if err := c.checkCommunity(); err != nil {
		return result{}, err
	}
	search := strings.ToLower(c.query.Get("search"))
	var found []*User
	for _, user := range s.state.users.all {
		if user.holds(search) {
			found = append(found, user)
		}
	}
	return page(s, c, found, (*User).attributes)
}

// holds reports whether one of the user's texts holds another, in lower case.
func (u *User) holds(text string) bool {
	texts := []string{u.Username, u.DisplayName, u.FirstName, u.LastName, u.Email}
	return slices.ContainsFunc(texts, func(own string) bool { return strings.Contains(strings.ToLower(own), text) })
}

func (s *Server) getCommunityUser(c *call) (result, error) {
	if err := c.checkCommunity(); err != nil {
		return result{}, err
	}
	return s.getApplicationUser(c)
}
