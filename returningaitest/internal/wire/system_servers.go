package wire

import (
	"slices"

	"github.com/returningai/returningai-go/returningaitest/internal/community"
)

func showServer(s *community.Server) map[string]any {
	shown := map[string]any{
		"_id": s.ID, "name": s.Name, "description": s.Description, "image": s.Image, "createdAt": s.CreatedAt, "updatedAt": s.UpdatedAt,
	}
	if s.OwnerID != "" {
		shown["ownerId"] = s.OwnerID
	}
	return shown
}

func createServer(c *Call) Result {
	f := c.fields()
	server := community.Server{Name: required[string](f, "name")}
	update(f, "description", &server.Description)
	update(f, "image", &server.Image)
	f.check()
	created := check(c.Community.AddServer(server))
	return Result{message: "Server has been created successfully", data: showServer(&created)}
}

func listServers(c *Call) Result {
	return Result{message: "Servers fetched successfully", data: showAll(c.Community.Servers.All(), showServer)}
}

func updateServer(c *Call) Result {
	f := c.fields()
	server := check(c.Community.Servers.Find(c.Path["serverId"]))
	changed := *server
	update(f, "name", &changed.Name)
	update(f, "description", &changed.Description)
	update(f, "image", &changed.Image)
	f.check()
	changed.UpdatedAt = c.Community.Now()
	*server = changed
	return Result{message: "Server has been updated successfully", data: showServer(server)}
}

func listRolesOfServer(c *Call) Result {
	server := check(c.Community.Servers.Find(c.Path["serverId"]))
	roles := slices.DeleteFunc(slices.Clone(c.Community.Roles.All()), func(r *community.Role) bool { return r.ServerID != server.ID })
	return Result{message: "Roles fetched successfully", data: showAll(roles, showRole)}
}

func listChannelsOfServer(c *Call) Result {
	server := check(c.Community.Servers.Find(c.Path["serverId"]))
	channels := slices.DeleteFunc(slices.Clone(c.Community.Channels.All()), func(ch *community.Channel) bool { return ch.ServerID != server.ID })
	return Result{message: "Channels fetched successfully", data: showAll(channels, showChannel)}
}
