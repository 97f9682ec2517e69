package wire

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/returningai/returningai-go/returningaitest/internal/community"
)

func createRole(c *Call) Result {
	role := readRole(c, community.Role{})
	created := check(c.Community.AddRole(role))
	return Result{message: "Role has been created successfully", data: showRole(&created)}
}

func updateRole(c *Call) Result {
	role := check(c.Community.Roles.Find(c.Path["id"]))
	changed := readRole(c, *role)
	changed.UpdatedAt = c.Community.Now()
	*role = changed
	return Result{message: "Role has been updated successfully", data: showRole(role)}
}

// readRole reads the body of create and update into a role. That every
// permission must be there is documented; that other names are accepted is
// assumed.
func readRole(c *Call, role community.Role) community.Role {
	f := c.fields()
	role.Class = required[string](f, "class")
	role.Title = required[string](f, "title")
	role.Order = required[int](f, "order")
	role.Billable = required[bool](f, "billable")
	role.ServerPermissions = readPermissions(f, "server_permissions", serverPermissions)
	role.ChannelPermissions = readPermissions(f, "channel_permissions", channelPermissions)
	f.check()
	return role
}

func deleteRole(c *Call) Result {
	c.Community.DeleteRole(check(c.Community.Roles.Find(c.Path["id"])))
	return Result{message: "Role has been deleted successfully"}
}

// addRoleToUser gives a role. That giving it twice changes nothing is assumed.
func addRoleToUser(c *Call) Result {
	held := assign(c, &c.Community.Roles, c.Community.AddRoleToUser)
	return Result{message: "Role has been added successfully", data: showAll(held, showRole)}
}

// removeRoleFromUser takes a role. That a role which the user does not have
// changes nothing is assumed.
func removeRoleFromUser(c *Call) Result {
	held := assign(c, &c.Community.Roles, c.Community.RemoveRoleFromUser)
	return Result{message: "Role has been removed successfully", data: showAll(held, showRole)}
}

func listRolesOfUser(c *Call) Result {
	held := c.Community.RolesHeld(check(c.Community.Users.Numbered(c.Path["userId"])))
	return Result{message: "User roles fetched successfully", data: showAll(held, showRole)}
}

// The permissions that a request must hold.
var (
	serverPermissions = []string{
		"server_administrator", "allow_dm", "create_invite", "warn_members", "suspend_members", "ban_members",
		"broadcast_messages", "overwrite_language",
	}
	channelPermissions = []string{
		"post_messages", "attach_files", "allow_mentions", "manage_messages", "pinable", "share_links", "share_Attachments",
	}
)

// The permissions that a response holds, whether they were ever set or not.
var (
	shownServerPermissions = []string{
		"allow_dm", "create_invite", "kick_members", "ban_members", "manage_roles", "manage_channels",
		"server_administrator", "warn_members", "suspend_members", "broadcast_messages", "overwrite_language_settings",
	}
	shownChannelPermissions = []string{
		"view_message_history", "manage_messages", "allow_mentions", "post_messages", "post_analysis", "attach_files",
		"delete_messages",
	}
)

// shownAs renames permissions of requests in responses; "" omits them.
var shownAs = map[string]string{
	"overwrite_language": "overwrite_language_settings",
	"pinable":            "",
	"share_links":        "",
	"share_Attachments":  "",
}

// readPermissions reads a set of permissions, all of them booleans.
func readPermissions(f *fields, name string, needed []string) map[string]bool {
	leaves := &fields{values: required[map[string]json.RawMessage](f, name)}
	set := map[string]bool{}
	for _, leaf := range slices.Concat(needed, slices.Sorted(maps.Keys(leaves.values))) {
		if _, read := set[leaf]; !read {
			set[leaf] = required[bool](leaves, leaf)
		}
	}
	for _, problem := range leaves.problems {
		f.note("%s: %s", name, problem)
	}
	return set
}

// showPermissions is a set of permissions in a response.
func showPermissions(set map[string]bool, always []string) map[string]bool {
	shown := map[string]bool{}
	for _, name := range always {
		shown[name] = false
	}
	for name, allowed := range set {
		if other, special := shownAs[name]; special {
			name = other
		}
		if name != "" {
			shown[name] = allowed
		}
	}
	return shown
}

func showRole(r *community.Role) map[string]any {
	return withServer(r.ServerID, map[string]any{
		"_id": r.ID, "title": r.Title, "description": r.Description, "class": r.Class, "order": r.Order, "billable": r.Billable,
		"serverPermissions":  showPermissions(r.ServerPermissions, shownServerPermissions),
		"channelPermissions": showPermissions(r.ChannelPermissions, shownChannelPermissions),
		"createdAt":          r.CreatedAt, "updatedAt": r.UpdatedAt,
	})
}
