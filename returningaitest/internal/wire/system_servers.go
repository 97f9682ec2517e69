package wire

import (
	"slices"
	"time"

	"github.com/returningai/returningai-go/returningaitest/internal/community"
)

// Assumed: all paths, bodies and responses.
func systemServersRoutes() []Route {
	return []Route{
		route("system.servers.create", System, "POST /servers", noPermission, createServer),
		route("system.servers.list", System, "GET /servers", noPermission, listServers),
		route("system.servers.update", System, "PUT /servers/{serverId}", noPermission, updateServer),
		route("system.servers.listRoles", System, "GET /servers/{serverId}/roles", noPermission, listRolesOfServer),
		route("system.servers.listChannels", System, "GET /servers/{serverId}/channels", noPermission, listChannelsOfServer),
	}
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

func showServer(s *community.CommunityServer) systemServer { return systemServer(*s) }

func createServer(c *Call) (Result, error) {
	f := c.fields()
	server := community.CommunityServer{Name: required[string](f, "name")}
	update(f, "description", &server.Description)
	update(f, "image", &server.Image)
	if err := f.err(); err != nil {
		return Result{}, err
	}
	created, err := c.Community.AddServer(server)
	return Result{message: "Server has been created successfully", data: showServer(&created)}, err
}

func listServers(c *Call) (Result, error) {
	return Result{message: "Servers fetched successfully", data: showAll(c.Community.Servers.All(), showServer)}, nil
}

func updateServer(c *Call) (Result, error) {
	f := c.fields()
	if f.broken != nil {
		return Result{}, f.broken
	}
	server, err := c.Community.Servers.Find(c.Path["serverId"])
	if err != nil {
		return Result{}, err
	}
	changed := *server
	update(f, "name", &changed.Name)
	update(f, "description", &changed.Description)
	update(f, "image", &changed.Image)
	if err := f.err(); err != nil {
		return Result{}, err
	}
	changed.UpdatedAt = c.Community.Now()
	*server = changed
	return Result{message: "Server has been updated successfully", data: showServer(server)}, nil
}

func listRolesOfServer(c *Call) (Result, error) {
	server, err := c.Community.Servers.Find(c.Path["serverId"])
	if err != nil {
		return Result{}, err
	}
	roles := slices.DeleteFunc(slices.Clone(c.Community.Roles.All()), func(r *community.Role) bool { return r.ServerID != server.ID })
	return Result{message: "Roles fetched successfully", data: showAll(roles, showRole)}, nil
}

func listChannelsOfServer(c *Call) (Result, error) {
	server, err := c.Community.Servers.Find(c.Path["serverId"])
	if err != nil {
		return Result{}, err
	}
	channels := slices.DeleteFunc(slices.Clone(c.Community.Channels.All()), func(ch *community.Channel) bool { return ch.ServerID != server.ID })
	return Result{message: "Channels fetched successfully", data: showAll(channels, showChannel)}, nil
}
