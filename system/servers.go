package system

import (
	"context"
	"encoding/json"
	"time"

	"github.com/returningai/returningai-go/internal/rest"
)

// ServersService creates and changes servers, and lists what they hold.
type ServersService struct{ caller rest.Caller }

// Server is a server of the community. Its members are assumed.
type Server struct {
	ID          string    `json:"_id,omitzero"`
	Name        string    `json:"name,omitzero"`
	Description string    `json:"description,omitzero"`
	Image       string    `json:"image,omitzero"`
	OwnerID     string    `json:"ownerId,omitzero"`
	CreatedAt   time.Time `json:"createdAt,omitzero"`
	UpdatedAt   time.Time `json:"updatedAt,omitzero"`
	// Extra holds the members that this package does not know.
	Extra map[string]json.RawMessage `json:",embed"`
}

type serverJSON Server

// MarshalJSON writes the server with all its members, the unknown ones
// included.
func (s Server) MarshalJSON() ([]byte, error) { return rest.MarshalAnswer(serverJSON(s)) }

// UnmarshalJSON reads a server leniently, and keeps unknown members.
func (s *Server) UnmarshalJSON(data []byte) error {
	err := rest.UnmarshalAnswer(data, (*serverJSON)(s))
	rest.Alias(&s.ID, s.Extra, "id")
	return err
}

// CreateServerParams is a new server.
type CreateServerParams struct {
	// Name is the server's name. Required.
	Name        string `json:"name"`
	Description string `json:"description,omitzero"`
	// Image is the address of a picture.
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

// Create makes a server.
//
// The operation is documented by name and method; its path, body and answer
// are assumed.
//
// Operation: system.servers.create
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
// The operation is documented by name and method; its path and answer are
// assumed.
//
// Operation: system.servers.list
func (s *ServersService) List(ctx context.Context) ([]Server, error) {
	return rest.Do[[]Server](ctx, s.caller, serversList, rest.Request{})
}

// UpdateServerParams is what changes of a server. What is nil stays as it is,
// and new("") empties a text.
type UpdateServerParams struct {
	Name        *string `json:"name,omitzero"`
	Description *string `json:"description,omitzero"`
	// Image is the address of a picture.
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
// The operation is documented by name and method; its path, body and answer,
// and that it leaves alone what is not sent, are assumed.
//
// Operation: system.servers.update
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
// The operation is documented by name and method; its path and answer are
// assumed.
//
// Operation: system.servers.listRoles
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
// The operation is documented by name and method; its path and answer are
// assumed.
//
// Operation: system.servers.listChannels
func (s *ServersService) ListChannels(ctx context.Context, serverID string) ([]Channel, error) {
	return rest.Do[[]Channel](ctx, s.caller, serversListChannels, rest.Request{Path: []string{serverID}})
}
