package system

import (
	"context"
	"encoding/json"
	"time"

	"github.com/returningai/returningai-go/internal/rest"
)

// ServersService creates and changes servers, and lists their roles and
// channels.
type ServersService struct{ caller rest.Caller }

// Server is a server of the community. Its fields are assumed.
type Server struct {
	ID          string    `json:"_id,omitzero" alias:"id"`
	Name        string    `json:"name,omitzero"`
	Description string    `json:"description,omitzero"`
	Image       string    `json:"image,omitzero"`
	OwnerID     string    `json:"ownerId,omitzero"`
	CreatedAt   time.Time `json:"createdAt,omitzero"`
	UpdatedAt   time.Time `json:"updatedAt,omitzero"`
	// Extra holds unknown fields, and values that could not be parsed.
	Extra map[string]json.RawMessage `json:",embed"`
}

// CreateServerParams holds the values of a new server.
type CreateServerParams struct {
	// Name is the server's name. Required.
	Name        string `json:"name"`
	Description string `json:"description,omitzero"`
	// Image is the URL of a picture.
	Image string `json:"image,omitzero"`
}

func (p CreateServerParams) problems() (problems rest.Problems) {
	problems.Require("Name", p.Name)
	return problems
}

var serversCreate = rest.Define(rest.Operation{
	ID: "system.servers.create", GoMethod: "System.Servers.Create",
	Family: rest.System, Method: "POST", Path: "/servers",
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed,
})

// Create creates a server.
//
// Key: API key (System).
// Retried: only if nothing was sent, or on 429.
// After MaybeApplied: look for the server with List. See docs/after-maybe-applied.md.
// Operation: system.servers.create
// Certainty: path, parameters and response are assumed.
func (s *ServersService) Create(ctx context.Context, params CreateServerParams) (Server, error) {
	return rest.Do[Server](ctx, s.caller, serversCreate, rest.Request{Body: params, Problems: params.problems()})
}

var serversList = rest.Define(rest.Operation{
	ID: "system.servers.list", GoMethod: "System.Servers.List",
	Family: rest.System, Method: "GET", Path: "/servers",
	Idempotent:     true,
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed,
})

// List returns the servers of the API key.
//
// Key: API key (System).
// Retried: yes.
// Operation: system.servers.list
// Certainty: path, parameters and response are assumed.
func (s *ServersService) List(ctx context.Context) ([]Server, error) {
	return rest.Do[[]Server](ctx, s.caller, serversList, rest.Request{})
}

// UpdateServerParams holds the new values of a server. A nil field is not sent
// and is assumed to stay unchanged; new("") empties a string.
type UpdateServerParams struct {
	Name        *string `json:"name,omitzero"`
	Description *string `json:"description,omitzero"`
	// Image is the URL of a picture.
	Image *string `json:"image,omitzero"`
}

var serversUpdate = rest.Define(rest.Operation{
	ID: "system.servers.update", GoMethod: "System.Servers.Update",
	Family: rest.System, Method: "PUT", Path: "/servers/{serverId}",
	Idempotent:     true,
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed,
})

// Update changes a server.
//
// Key: API key (System).
// Retried: yes.
// Operation: system.servers.update
// Certainty: path, parameters and response are assumed.
func (s *ServersService) Update(ctx context.Context, serverID string, params UpdateServerParams) (Server, error) {
	return rest.Do[Server](ctx, s.caller, serversUpdate, rest.Request{Path: []string{serverID}, Body: params})
}

var serversListRoles = rest.Define(rest.Operation{
	ID: "system.servers.listRoles", GoMethod: "System.Servers.ListRoles",
	Family: rest.System, Method: "GET", Path: "/servers/{serverId}/roles",
	Idempotent:     true,
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed,
})

// ListRoles returns the roles of a server.
//
// Key: API key (System).
// Retried: yes.
// Operation: system.servers.listRoles
// Certainty: path, parameters and response are assumed.
func (s *ServersService) ListRoles(ctx context.Context, serverID string) ([]Role, error) {
	return rest.Do[[]Role](ctx, s.caller, serversListRoles, rest.Request{Path: []string{serverID}})
}

var serversListChannels = rest.Define(rest.Operation{
	ID: "system.servers.listChannels", GoMethod: "System.Servers.ListChannels",
	Family: rest.System, Method: "GET", Path: "/servers/{serverId}/channels",
	Idempotent:     true,
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed,
})

// ListChannels returns the channels of a server.
//
// Key: API key (System).
// Retried: yes.
// Operation: system.servers.listChannels
// Certainty: path, parameters and response are assumed.
func (s *ServersService) ListChannels(ctx context.Context, serverID string) ([]Channel, error) {
	return rest.Do[[]Channel](ctx, s.caller, serversListChannels, rest.Request{Path: []string{serverID}})
}
