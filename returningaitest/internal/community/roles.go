package community

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Role is a role of a server of the community.
type Role struct {
	ID          string `json:"id,omitzero"` // 24 hex digits
	ServerID    string `json:"serverId,omitzero"`
	Title       string `json:"title"`
	Description string `json:"description,omitzero"`
	Class       string `json:"class,omitzero"` // name of its colour
	Order       int    `json:"order,omitzero"`
	Billable    bool   `json:"billable,omitzero"`
	// ServerPermissions and ChannelPermissions use the names of requests, such
	// as "overwrite_language". Responses spell some differently and omit others.
	ServerPermissions  map[string]bool `json:"serverPermissions,omitzero"`
	ChannelPermissions map[string]bool `json:"channelPermissions,omitzero"`
	CreatedAt          time.Time       `json:"createdAt,omitzero"`
	UpdatedAt          time.Time       `json:"updatedAt,omitzero"`
}

func (r *Role) clone() Role {
	copied := *r
	copied.ServerPermissions = maps.Clone(r.ServerPermissions)
	copied.ChannelPermissions = maps.Clone(r.ChannelPermissions)
	return copied
}

// AddRole adds a role. The server defaults to the first.
func (c *Community) AddRole(role Role) (Role, error) {
	if role.Title == "" {
		return Role{}, problem(Invalid, "Title is empty")
	}
	role.ServerID = cmp.Or(role.ServerID, c.FirstServerID())
	c.date(&role.CreatedAt, &role.UpdatedAt)
	return c.Roles.copyOf(c.Roles.add(role, c.NewID))
}

// DeleteRole deletes a role, also from the users who have it.
func (c *Community) DeleteRole(role *Role) {
	c.Roles.remove(role)
	c.roles.takeFromAll(role)
}

// AddRoleToUser gives a user a role and returns the roles of the user. A role
// that the user has changes nothing.
func (c *Community) AddRoleToUser(role *Role, user *User) []*Role {
	if !slices.Contains(c.roles[user.ID], role) {
		c.roles[user.ID] = append(c.roles[user.ID], role)
	}
	return c.roles[user.ID]
}

// RemoveRoleFromUser takes a role from a user and returns the roles that are
// left. A role that the user does not have changes nothing.
func (c *Community) RemoveRoleFromUser(role *Role, user *User) []*Role {
	c.roles.take(user.ID, role)
	return c.roles[user.ID]
}

// RolesHeld returns the roles of a user.
func (c *Community) RolesHeld(user *User) []*Role { return c.roles[user.ID] }

// RolesOf returns copies of a user's roles.
func (c *Community) RolesOf(userID string) ([]Role, error) {
	user, err := c.Users.Numbered(userID)
	if err != nil {
		return nil, err
	}
	return c.Roles.copies(c.roles[user.ID]), nil
}
