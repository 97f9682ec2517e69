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
	ID          string `json:"_id,omitzero"`
	Title       string `json:"title,omitzero"`
	Description string `json:"description,omitzero"`
	Class       string `json:"class,omitzero"` // name of its colour, as in "red"
	Order       int    `json:"order,omitzero"`
	Billable    bool   `json:"billable,omitzero"`
	ServerID    string `json:"serverId,omitzero"`
	// ServerPermissions and ChannelPermissions are what the role may do, as
	// far as the answer says.
	ServerPermissions  RoleServerPermissions  `json:"serverPermissions,omitzero"`
	ChannelPermissions RoleChannelPermissions `json:"channelPermissions,omitzero"`
	CreatedAt          time.Time              `json:"createdAt,omitzero"`
	UpdatedAt          time.Time              `json:"updatedAt,omitzero"`
	// Extra holds the members that this package does not know.
	Extra map[string]json.RawMessage `json:",embed"`
}

type roleJSON Role

// MarshalJSON writes the role with all its members, the unknown ones included.
func (r Role) MarshalJSON() ([]byte, error) { return rest.MarshalAnswer(roleJSON(r)) }

// UnmarshalJSON reads a role leniently, and keeps unknown members.
func (r *Role) UnmarshalJSON(data []byte) error {
	err := rest.UnmarshalAnswer(data, (*roleJSON)(r))
	rest.Alias(&r.ID, r.Extra, "id")
	return err
}

// RoleParams is what a role is created with, and changed to. The API wants all
// of it, also when only a part changes: see [Role.UpdateParams].
type RoleParams struct {
	// Class is the name of the role's colour, as in "red". Required.
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

// Create makes a role.
//
// Operation: system.roles.create
//
// API docs: https://dev.returning.ai/api-8873688
func (s *RolesService) Create(ctx context.Context, params RoleParams) (Role, error) {
	return rest.Do[Role](ctx, s.caller, rolesCreate, rest.Request{Body: params, Problems: params.problems()})
}

var rolesUpdate = rest.Define(rest.Operation{
	ID: "system.roles.update", GoMethod: "System.Roles.Update",
	Family: rest.System, Method: "PUT", Path: "/roles/{id}",
	Idempotent: true, Docs: rest.DocsPage("api-8874265"),
	RouteCertainty: rest.Documented, BodyCertainty: rest.Documented,
})

// Update replaces what a role is, all of it at once. [Role.UpdateParams]
// begins with what it was.
//
// Operation: system.roles.update
//
// API docs: https://dev.returning.ai/api-8874265
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
// The operation is documented by name and method; its path and answer are
// assumed.
//
// Operation: system.roles.delete
func (s *RolesService) Delete(ctx context.Context, roleID string) error {
	return rest.Exec(ctx, s.caller, rolesDelete, rest.Request{Path: []string{roleID}})
}

var rolesAddToUser = rest.Define(rest.Operation{
	ID: "system.roles.addToUser", GoMethod: "System.Roles.AddToUser",
	Family: rest.System, Method: "POST", Path: "/roles/{id}/add",
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed,
})

// AddToUser gives a role to a user, named by their short number, and returns
// the roles that the user then has.
//
// The operation is documented by name and method; its path, body and answer
// are assumed.
//
// Operation: system.roles.addToUser
func (s *RolesService) AddToUser(ctx context.Context, roleID, userID string) ([]Role, error) {
	body := userBody{userID}
	return rest.Do[[]Role](ctx, s.caller, rolesAddToUser, rest.Request{
		Path: []string{roleID}, Body: body, Problems: body.problems(),
	})
}

var rolesRemoveFromUser = rest.Define(rest.Operation{
	ID: "system.roles.removeFromUser", GoMethod: "System.Roles.RemoveFromUser",
	Family: rest.System, Method: "POST", Path: "/roles/{id}/remove",
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed,
})

// RemoveFromUser takes a role from a user, named by their short number, and
// returns the roles that the user then has.
//
// The operation is documented by name and method; its path, body and answer
// are assumed.
//
// Operation: system.roles.removeFromUser
func (s *RolesService) RemoveFromUser(ctx context.Context, roleID, userID string) ([]Role, error) {
	body := userBody{userID}
	return rest.Do[[]Role](ctx, s.caller, rolesRemoveFromUser, rest.Request{
		Path: []string{roleID}, Body: body, Problems: body.problems(),
	})
}

var rolesListOfUser = rest.Define(rest.Operation{
	ID: "system.roles.listOfUser", GoMethod: "System.Roles.ListOfUser",
	Family: rest.System, Method: "GET", Path: "/roles/{userId}",
	Idempotent: true, Docs: rest.DocsPage("api-8951059"),
	RouteCertainty: rest.Documented, BodyCertainty: rest.Documented,
})

// ListOfUser returns the roles of a user, named by their short number, as in
// "1102".
//
// Operation: system.roles.listOfUser
//
// API docs: https://dev.returning.ai/api-8951059
func (s *RolesService) ListOfUser(ctx context.Context, userID string) ([]Role, error) {
	return rest.Do[[]Role](ctx, s.caller, rolesListOfUser, rest.Request{Path: []string{userID}})
}
