package returningaitest

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

func (s *Server) systemServersRoutes() []*route {
	return []*route{{
		operation: "system.servers.create",
		family:    System,
		method:    http.MethodPost,
		pattern:   "/servers",
		serve:     s.createSystemServer,
	}, {
		operation: "system.servers.list",
		family:    System,
		method:    http.MethodGet,
		pattern:   "/servers",
		serve:     s.listSystemServers,
	}, {
		operation: "system.servers.update",
		family:    System,
		method:    http.MethodPut,
		pattern:   "/servers/{serverId}",
		serve:     s.updateSystemServer,
	}, {
		operation: "system.servers.listRoles",
		family:    System,
		method:    http.MethodGet,
		pattern:   "/servers/{serverId}/roles",
		serve:     s.listRolesOfServer,
	}, {
		operation: "system.servers.listChannels",
		family:    System,
		method:    http.MethodGet,
		pattern:   "/servers/{serverId}/channels",
		serve:     s.listChannelsOfServer,
	}}
}

// CommunityServer is a server of the community: what holds channels and roles,
// which the API calls just that.
type CommunityServer struct {
	ID          string // 24 hex characters
	Name        string
	Description string
	Image       string
	OwnerID     string // ID of a user
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// serverStore holds the servers in the order they were made.
type serverStore struct {
	all []*CommunityServer
}

func (c *serverStore) find(id string) (*CommunityServer, error) {
	for _, server := range c.all {
		if server.ID == id {
			return server, nil
		}
	}
	return nil, refuse(http.StatusNotFound, "server not found")
}

// first returns the id of the server that new channels and roles belong to,
// the first one (assumed), or "".
func (c *serverStore) first() string {
	if len(c.all) == 0 {
		return ""
	}
	return c.all[0].ID
}

// AddServer adds a server of the community and returns it completed: ID and
// the times are made up when empty. Channels and roles that are given none
// belong to the first one. It panics when Name is empty or the ID is taken.
func (s *Server) AddServer(server CommunityServer) CommunityServer {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if server.Name == "" {
		panic("returningaitest: AddServer: Name is empty")
	}
	if _, err := s.state.servers.find(server.ID); err == nil {
		panic(fmt.Sprintf("returningaitest: AddServer: ID %q is taken", server.ID))
	}
	return s.addServer(server, now)
}

// addServer completes and keeps a server that was checked. The caller holds
// the lock.
func (s *Server) addServer(server CommunityServer, now time.Time) CommunityServer {
	if server.ID == "" {
		server.ID = s.newID()
	}
	server.CreatedAt, server.UpdatedAt = dated(server.CreatedAt, server.UpdatedAt, now)
	kept := server
	s.state.servers.all = append(s.state.servers.all, &kept)
	return server
}

// dated completes the times of something that is added.
func dated(created, updated, now time.Time) (time.Time, time.Time) {
	if created.IsZero() {
		created = now
	}
	if updated.IsZero() {
		updated = created
	}
	return created, updated
}

// Servers returns a copy of the community's servers, oldest first.
func (s *Server) Servers() []CommunityServer {
	s.mu.Lock()
	defer s.mu.Unlock()
	copies := make([]CommunityServer, 0, len(s.state.servers.all))
	for _, server := range s.state.servers.all {
		copies = append(copies, *server)
	}
	return copies
}

type systemServer struct {
	ID          string    `json:"_id"`
	Name        string    `json:"name"`
	Description string    `json:"description"`
	Image       string    `json:"image"`
	OwnerID     string    `json:"ownerId,omitempty"`
	CreatedAt   time.Time `json:"createdAt"`
	UpdatedAt   time.Time `json:"updatedAt"`
}

// createSystemServer makes a server. Its path, body and answer are assumed, as
// are those of the other operations of the service.
func (s *Server) createSystemServer(c *call) (result, error) {
	body, err := c.members()
	if err != nil {
		return result{}, err
	}
	server := CommunityServer{Name: needed[string](body, "name")}
	server.Description, _ = given[string](body, "description")
	server.Image, _ = given[string](body, "image")
	if err := body.problem(); err != nil {
		return result{}, err
	}
	return result{message: "Server has been created successfully", data: systemServer(s.addServer(server, c.now))}, nil
}

func (s *Server) listSystemServers(*call) (result, error) {
	listed := make([]systemServer, 0, len(s.state.servers.all))
	for _, server := range s.state.servers.all {
		listed = append(listed, systemServer(*server))
	}
	return result{message: "Servers fetched successfully", data: listed}, nil
}

// updateSystemServer changes what is given of a server.
func (s *Server) updateSystemServer(c *call) (result, error) {
	body, err := c.members()
	if err != nil {
		return result{}, err
	}
	server, err := s.state.servers.find(c.path["serverId"])
	if err != nil {
		return result{}, err
	}
	changed := *server
	change(body, "name", &changed.Name)
	change(body, "description", &changed.Description)
	change(body, "image", &changed.Image)
	if err := body.problem(); err != nil {
		return result{}, err
	}
	changed.UpdatedAt = c.now
	*server = changed
	return result{message: "Server has been updated successfully", data: systemServer(changed)}, nil
}

// change stores a member of the body, unless it is left out.
func change[T any](body *members, name string, stored *T) {
	if value, ok := given[T](body, name); ok {
		*stored = value
	}
}

func (s *Server) listRolesOfServer(c *call) (result, error) {
	server, err := s.state.servers.find(c.path["serverId"])
	if err != nil {
		return result{}, err
	}
	roles := slices.DeleteFunc(slices.Clone(s.state.roles.all), func(role *Role) bool { return role.ServerID != server.ID })
	return result{message: "Roles fetched successfully", data: systemRoles(roles)}, nil
}

func (s *Server) listChannelsOfServer(c *call) (result, error) {
	server, err := s.state.servers.find(c.path["serverId"])
	if err != nil {
		return result{}, err
	}
	channels := slices.DeleteFunc(slices.Clone(s.state.channels.all), func(channel *Channel) bool { return channel.ServerID != server.ID })
	return result{message: "Channels fetched successfully", data: systemChannels(channels)}, nil
}
