package returningaitest

import (
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// The permissions that a request must hold, every one of them.
var (
	serverPermissionNames = []string{
		"server_administrator", "allow_dm", "create_invite", "warn_members", "suspend_members", "ban_members",
		"broadcast_messages", "overwrite_language",
	}
	channelPermissionNames = []string{
		"post_messages", "attach_files", "allow_mentions", "manage_messages", "pinable", "share_links", "share_Attachments",
	}
)

// The permissions that an answer holds, whether they were ever set or not.
var (
	answeredServerPermissions = []string{
		"allow_dm", "create_invite", "kick_members", "ban_members", "manage_roles", "manage_channels",
		"server_administrator", "warn_members", "suspend_members", "broadcast_messages", "overwrite_language_settings",
	}
	answeredChannelPermissions = []string{
		"view_message_history", "manage_messages", "allow_mentions", "post_messages", "post_analysis", "attach_files",
		"delete_messages",
	}
)

// answeredAs says under which name answers show a permission of requests; ""
// is nowhere.
var answeredAs = map[string]string{
	"overwrite_language": "overwrite_language_settings",
	"pinable":            "",
	"share_links":        "",
	"share_Attachments":  "",
}

// neededPermissions reads a set of permissions, all of them booleans.
func neededPermissions(body *members, name string, required []string) map[string]bool {
	leaves := &members{values: needed[map[string]json.RawMessage](body, name)}
	set := map[string]bool{}
	for _, leaf := range required {
		set[leaf] = needed[bool](leaves, leaf)
	}
	for _, leaf := range slices.Sorted(maps.Keys(leaves.values)) {
		if _, read := set[leaf]; !read {
			set[leaf] = needed[bool](leaves, leaf)
		}
	}
	for _, wrong := range leaves.wrong {
		body.note(name + ": " + wrong)
	}
	return set
}

// answeredPermissions is a set of permissions as an answer shows it.
func answeredPermissions(set map[string]bool, always []string) map[string]bool {
	shown := map[string]bool{}
	for _, name := range always {
		shown[name] = false
	}
	for name, allowed := range set {
		if other, special := answeredAs[name]; special {
			name = other
		}
		if name != "" {
			shown[name] = allowed
		}
	}
	return shown
}

type systemRole struct {
	ID                 string          `json:"_id"`
	Title              string          `json:"title"`
	Description        string          `json:"description"`
	Class              string          `json:"class"`
	Order              int             `json:"order"`
	Billable           bool            `json:"billable"`
	ServerID           string          `json:"serverId,omitempty"`
	ServerPermissions  map[string]bool `json:"serverPermissions"`
	ChannelPermissions map[string]bool `json:"channelPermissions"`
	CreatedAt          time.Time       `json:"createdAt"`
	UpdatedAt          time.Time       `json:"updatedAt"`
}

func systemRoles(roles []*Role) []systemRole {
	listed := make([]systemRole, 0, len(roles))
	for _, role := range roles {
		listed = append(listed, role.system())
	}
	return listed
}

// system is the role as the System family shows it.
func (r *Role) system() systemRole {
	return systemRole{
		ID: r.ID, Title: r.Title, Description: r.Description, Class: r.Class, Order: r.Order, Billable: r.Billable,
		ServerID:           r.ServerID,
		ServerPermissions:  answeredPermissions(r.ServerPermissions, answeredServerPermissions),
		ChannelPermissions: answeredPermissions(r.ChannelPermissions, answeredChannelPermissions),
		CreatedAt:          r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
}

func (r *Role) clone() Role {
	copied := *r
	copied.ServerPermissions = maps.Clone(r.ServerPermissions)
	copied.ChannelPermissions = maps.Clone(r.ChannelPermissions)
	return copied
}
