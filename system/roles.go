package system

import (
	"context"
	"encoding/json"
	"time"

	"github.com/returningai/returningai-go/internal/rest"
)

// RolesService creates, changes and deletes roles, and gives them to users.
type RolesService struct{ caller rest.Caller }

// Role is a role of a server.
type Role struct {
	ID          string `json:"_id,omitzero" alias:"id"`
	Title       string `json:"title,omitzero"`
	Description string `json:"description,omitzero"`
	Class       string `json:"class,omitzero"` // name of its color, as in "red"
	Order       int    `json:"order,omitzero"`
	Billable    bool   `json:"billable,omitzero"`
	ServerID    string `json:"serverId,omitzero"`
	// ServerPermissions and ChannelPermissions are the permissions of the role.
	ServerPermissions  RoleServerPermissions  `json:"serverPermissions,omitzero"`
	ChannelPermissions RoleChannelPermissions `json:"channelPermissions,omitzero"`
	CreatedAt          time.Time              `json:"createdAt,omitzero"`
	UpdatedAt          time.Time              `json:"updatedAt,omitzero"`
	// Extra holds unknown fields, and values that could not be parsed.
	Extra map[string]json.RawMessage `json:",embed"`
}

// RoleParams holds the values of a new or changed role. The API requires all of
// them, even if only one changes: see [Role.UpdateParams].
type RoleParams struct {
	// Class is the name of the role's color, as in "red". Required.
	Class string `json:"class"`
	// Title is the role's name. Required.
	Title              string                  `json:"title"`
	Order              int                     `json:"order"`
	Billable           bool                    `json:"billable"`
	ServerPermissions  ServerPermissionParams  `json:"server_permissions"`
	ChannelPermissions ChannelPermissionParams `json:"channel_permissions"`
}

func (p RoleParams) problems() (problems rest.Problems) {
	problems.Require("Class", p.Class)
	problems.Require("Title", p.Title)
	server, channel := p.ServerPermissions, p.ChannelPermissions
	server.Extra, channel.Extra = nil, nil
	extraProblems(&problems, "ServerPermissions.Extra", server, p.ServerPermissions.Extra)
	extraProblems(&problems, "ChannelPermissions.Extra", channel, p.ChannelPermissions.Extra)
	return problems
}

var rolesCreate = rest.Define(rest.Operation{
	ID: "system.roles.create", GoMethod: "System.Roles.Create",
	Family: rest.System, Method: "POST", Path: "/roles",
	Docs:           rest.DocsPage("api-8873688"),
	RouteCertainty: rest.Documented, BodyCertainty: rest.Documented,
})

// Create creates a role.
//
// Key: API key (System).
// Retried: only if nothing was sent, or on 429.
// After MaybeApplied: look for the role with Servers.ListRoles. See docs/after-maybe-applied.md.
// Operation: system.roles.create
// API docs: https://dev.returning.ai/api-8873688
// Certainty: documented.
func (s *RolesService) Create(ctx context.Context, params RoleParams) (Role, error) {
	return rest.Do[Role](ctx, s.caller, rolesCreate, rest.Request{Body: params, Problems: params.problems()})
}

var rolesUpdate = rest.Define(rest.Operation{
	ID: "system.roles.update", GoMethod: "System.Roles.Update",
	Family: rest.System, Method: "PUT", Path: "/roles/{id}",
	Idempotent: true, Docs: rest.DocsPage("api-8874265"),
	RouteCertainty: rest.Documented, BodyCertainty: rest.Documented,
})

// Update replaces all values of a role. [Role.UpdateParams] returns the current
// ones, for changing some of them.
//
// Key: API key (System).
// Retried: yes.
// Operation: system.roles.update
// API docs: https://dev.returning.ai/api-8874265
// Certainty: documented.
func (s *RolesService) Update(ctx context.Context, roleID string, params RoleParams) (Role, error) {
	return rest.Do[Role](ctx, s.caller, rolesUpdate, rest.Request{
		Path: []string{roleID}, Body: params, Problems: params.problems(),
	})
}

var rolesDelete = rest.Define(rest.Operation{
	ID: "system.roles.delete", GoMethod: "System.Roles.Delete",
	Family: rest.System, Method: "DELETE", Path: "/roles/{id}",
	Idempotent:     true,
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed,
})

// Delete deletes a role.
//
// Key: API key (System).
// Retried: yes.
// Operation: system.roles.delete
// Certainty: path, parameters and response are assumed.
func (s *RolesService) Delete(ctx context.Context, roleID string) error {
	_, err := rest.Do[rest.Empty](ctx, s.caller, rolesDelete, rest.Request{Path: []string{roleID}})
	return err
}

var rolesAddToUser = rest.Define(rest.Operation{
	ID: "system.roles.addToUser", GoMethod: "System.Roles.AddToUser",
	Family: rest.System, Method: "POST", Path: "/roles/{id}/add",
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed,
})

// AddToUser gives a role to a user and returns all roles the user then has.
//
// Key: API key (System).
// Retried: only if nothing was sent, or on 429.
// After MaybeApplied: check the user's roles with ListByUser. See docs/after-maybe-applied.md.
// Operation: system.roles.addToUser
// Certainty: path, parameters and response are assumed.
func (s *RolesService) AddToUser(ctx context.Context, roleID, userID string) ([]Role, error) {
	return s.changeUser(ctx, rolesAddToUser, roleID, userID)
}

var rolesRemoveFromUser = rest.Define(rest.Operation{
	ID: "system.roles.removeFromUser", GoMethod: "System.Roles.RemoveFromUser",
	Family: rest.System, Method: "POST", Path: "/roles/{id}/remove",
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed,
})

// RemoveFromUser takes a role from a user and returns all roles the user then
// has.
//
// Key: API key (System).
// Retried: only if nothing was sent, or on 429.
// After MaybeApplied: check the user's roles with ListByUser. See docs/after-maybe-applied.md.
// Operation: system.roles.removeFromUser
// Certainty: path, parameters and response are assumed.
func (s *RolesService) RemoveFromUser(ctx context.Context, roleID, userID string) ([]Role, error) {
	return s.changeUser(ctx, rolesRemoveFromUser, roleID, userID)
}

func (s *RolesService) changeUser(ctx context.Context, op *rest.Operation, roleID, userID string) ([]Role, error) {
	return rest.Do[[]Role](ctx, s.caller, op, userRequest(roleID, userID))
}

var rolesListByUser = rest.Define(rest.Operation{
	ID: "system.roles.listOfUser", GoMethod: "System.Roles.ListByUser",
	Family: rest.System, Method: "GET", Path: "/roles/{userId}",
	Idempotent: true, Docs: rest.DocsPage("api-8951059"),
	RouteCertainty: rest.Documented, BodyCertainty: rest.Documented,
})

// ListByUser returns the roles of a user.
//
// Key: API key (System).
// Retried: yes.
// Operation: system.roles.listOfUser
// API docs: https://dev.returning.ai/api-8951059
// Certainty: documented.
func (s *RolesService) ListByUser(ctx context.Context, userID string) ([]Role, error) {
	return rest.Do[[]Role](ctx, s.caller, rolesListByUser, rest.Request{Path: []string{userID}})
}
