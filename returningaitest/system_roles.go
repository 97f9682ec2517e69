package returningaitest

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

func (s *Server) systemRolesRoutes() []*route {
	return []*route{{
		operation: "system.roles.create",
		family:    System,
		method:    http.MethodPost,
		pattern:   "/roles",
		serve:     s.createRole,
	}, {
		operation: "system.roles.update",
		family:    System,
		method:    http.MethodPut,
		pattern:   "/roles/{id}",
		serve:     s.updateRole,
	}, {
		operation: "system.roles.delete",
		family:    System,
		method:    http.MethodDelete,
		pattern:   "/roles/{id}",
		serve:     s.deleteRole,
	}, {
		operation: "system.roles.addToUser",
		family:    System,
		method:    http.MethodPost,
		pattern:   "/roles/{id}/add",
		serve:     s.addRoleToUser,
	}, {
		operation: "system.roles.removeFromUser",
		family:    System,
		method:    http.MethodPost,
		pattern:   "/roles/{id}/remove",
		serve:     s.removeRoleFromUser,
	}, {
		operation: "system.roles.listOfUser",
		family:    System,
		method:    http.MethodGet,
		pattern:   "/roles/{userId}",
		serve:     s.listRolesOfUser,
	}}
}

// Role is a role of a server of the community.
type Role struct {
	ID          string // 24 hex characters
	ServerID    string
	Title       string
	Description string
	Class       string // name of its colour
	Order       int
	Billable    bool
	// ServerPermissions and ChannelPermissions are by the names of requests,
	// such as "overwrite_language". Answers spell some differently and leave
	// some out, as the API's do.
	ServerPermissions  map[string]bool
	ChannelPermissions map[string]bool
	CreatedAt          time.Time
	UpdatedAt          time.Time
}

// roleStore holds the roles in the order they were made, and who has them.
type roleStore struct {
	all    []*Role
	ofUser holdings[*Role]
}

func (r *roleStore) find(id string) (*Role, error) {
	for _, role := range r.all {
		if role.ID == id {
			return role, nil
		}
	}
	return nil, refuse(http.StatusNotFound, "role not found")
}

// holdings are what users have, by the users' ids, in the order they got it.
type holdings[T comparable] map[string][]T

// give gives a user what they may have once only (assumed).
func (h *holdings[T]) give(userID string, item T) {
	if *h == nil {
		*h = holdings[T]{}
	}
	if !slices.Contains((*h)[userID], item) {
		(*h)[userID] = append((*h)[userID], item)
	}
}

func (h holdings[T]) take(userID string, item T) {
	if held := h[userID]; slices.Contains(held, item) {
		h[userID] = slices.DeleteFunc(held, func(other T) bool { return other == item })
	}
}

func (h holdings[T]) takeFromAll(item T) {
	for userID := range h {
		h.take(userID, item)
	}
}

// AddRole adds a role and returns it completed: ID, ServerID (the first
// server's) and the times are made up when empty. It panics when Title is
// empty or the ID is taken.
func (s *Server) AddRole(role Role) Role {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if role.Title == "" {
		panic("returningaitest: AddRole: Title is empty")
	}
	if _, err := s.state.roles.find(role.ID); err == nil {
		panic(fmt.Sprintf("returningaitest: AddRole: ID %q is taken", role.ID))
	}
	return s.addRole(role, now).clone()
}

// addRole completes and keeps a role that was checked. The caller holds the
// lock.
func (s *Server) addRole(role Role, now time.Time) *Role {
	if role.ID == "" {
		role.ID = s.newID()
	}
	if role.ServerID == "" {
		role.ServerID = s.state.servers.first()
	}
	role.CreatedAt, role.UpdatedAt = dated(role.CreatedAt, role.UpdatedAt, now)
	kept := role.clone()
	s.state.roles.all = append(s.state.roles.all, &kept)
	return &kept
}

// Roles returns a copy of the community's roles, oldest first.
func (s *Server) Roles() []Role {
	s.mu.Lock()
	defer s.mu.Unlock()
	return copyRoles(s.state.roles.all)
}

// RolesOf returns a copy of the roles of a user, given by the short number,
// such as "1102". It panics when there is no such user.
func (s *Server) RolesOf(shortID string) []Role {
	s.mu.Lock()
	defer s.mu.Unlock()
	return copyRoles(s.state.roles.ofUser[s.mustNumberedUser("RolesOf", shortID).ID])
}

func copyRoles(roles []*Role) []Role {
	copies := make([]Role, 0, len(roles))
	for _, role := range roles {
		copies = append(copies, role.clone())
	}
	return copies
}

// createRole makes a role. That every leaf of the permissions must be there is
// documented; that names beyond those are accepted is assumed.
func (s *Server) createRole(c *call) (result, error) {
	role, err := roleBody(c, Role{})
	if err != nil {
		return result{}, err
	}
	return result{message: "Role has been created successfully", data: s.addRole(role, c.now).system()}, nil
}

func (s *Server) updateRole(c *call) (result, error) {
	role, err := s.state.roles.find(c.path["id"])
	if err != nil {
		return result{}, err
	}
	changed, err := roleBody(c, *role)
	if err != nil {
		return result{}, err
	}
	changed.UpdatedAt = c.now
	*role = changed
	return result{message: "Role has been updated successfully", data: role.system()}, nil
}

// roleBody reads the body of create and update onto a role.
func roleBody(c *call, role Role) (Role, error) {
	body, err := c.members()
	if err != nil {
		return Role{}, err
	}
	role.Class = needed[string](body, "class")
	role.Title = needed[string](body, "title")
	role.Order = needed[int](body, "order")
	role.Billable = needed[bool](body, "billable")
	role.ServerPermissions = neededPermissions(body, "server_permissions", serverPermissionNames)
	role.ChannelPermissions = neededPermissions(body, "channel_permissions", channelPermissionNames)
	return role, body.problem()
}

// deleteRole deletes a role, also from those who have it. Its path and answer
// are assumed.
func (s *Server) deleteRole(c *call) (result, error) {
	roles := &s.state.roles
	role, err := roles.find(c.path["id"])
	if err != nil {
		return result{}, err
	}
	roles.all = slices.DeleteFunc(roles.all, func(other *Role) bool { return other == role })
	roles.ofUser.takeFromAll(role)
	return result{message: "Role has been deleted successfully"}, nil
}

// addRoleToUser gives a role. Its path, body and answer are assumed, and that
// giving it twice changes nothing.
func (s *Server) addRoleToUser(c *call) (result, error) {
	role, user, err := s.roleAndUser(c)
	if err != nil {
		return result{}, err
	}
	s.state.roles.ofUser.give(user.ID, role)
	return result{message: "Role has been added successfully", data: systemRoles(s.state.roles.ofUser[user.ID])}, nil
}

// removeRoleFromUser takes a role. Its path, body and answer are assumed, and
// that taking one that the user does not have changes nothing.
func (s *Server) removeRoleFromUser(c *call) (result, error) {
	role, user, err := s.roleAndUser(c)
	if err != nil {
		return result{}, err
	}
	s.state.roles.ofUser.take(user.ID, role)
	return result{message: "Role has been removed successfully", data: systemRoles(s.state.roles.ofUser[user.ID])}, nil
}

func (s *Server) roleAndUser(c *call) (*Role, *User, error) {
	shortID, err := userOfBody(c)
	if err != nil {
		return nil, nil, err
	}
	role, err := s.state.roles.find(c.path["id"])
	if err != nil {
		return nil, nil, err
	}
	user, err := s.numberedUser(shortID)
	return role, user, err
}

func (s *Server) listRolesOfUser(c *call) (result, error) {
	user, err := s.numberedUser(c.path["userId"])
	if err != nil {
		return result{}, err
	}
	return result{message: "User roles fetched successfully", data: systemRoles(s.state.roles.ofUser[user.ID])}, nil
}

// userOfBody reads the short number of the user whom a body names.
func userOfBody(c *call) (string, error) {
	body, err := c.members()
	if err != nil {
		return "", err
	}
	shortID := needed[string](body, "userId")
	return shortID, body.problem()
}

// numberedUser finds a user by the short number.
func (s *Server) numberedUser(shortID string) (*User, error) {
	for _, user := range s.state.users.all {
		if user.ShortID == shortID {
			return user, nil
		}
	}
	return nil, refuse(http.StatusNotFound, "user not found")
}

// mustNumberedUser is numberedUser for a test's own calls; caller names the method.
func (s *Server) mustNumberedUser(caller, shortID string) *User {
	user, err := s.numberedUser(shortID)
	if err != nil {
		panic(fmt.Sprintf("returningaitest: %s: there is no user %q", caller, shortID))
	}
	return user
}
