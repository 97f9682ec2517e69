package system

import (
	"encoding/json"
	"maps"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/returningai/returningai-go/internal/rest"
	"github.com/returningai/returningai-go/internal/wire"
)

// Requests and responses of the API name permissions differently: some are
// spelled in two ways, and each side has names that the other lacks. Here a
// permission has one name. Unknown permissions are kept unchanged.

// ServerPermissionParams are the permissions of a role on its server. Every bool is
// sent, false included.
type ServerPermissionParams struct {
	Administrator     bool `json:"server_administrator"`
	AllowDM           bool `json:"allow_dm"`
	CreateInvite      bool `json:"create_invite"`
	WarnMembers       bool `json:"warn_members"`
	SuspendMembers    bool `json:"suspend_members"`
	BanMembers        bool `json:"ban_members"`
	BroadcastMessages bool `json:"broadcast_messages"`
	OverwriteLanguage bool `json:"overwrite_language"`

	// The API docs show these in responses only. They are sent unless nil; that
	// the API accepts them is assumed.
	KickMembers    *bool `json:"kick_members,omitzero"`
	ManageRoles    *bool `json:"manage_roles,omitzero"`
	ManageChannels *bool `json:"manage_channels,omitzero"`

	// Extra holds unknown permissions, by the API's names. They are sent
	// unchanged.
	Extra map[string]json.RawMessage `json:",embed"`
}

// ChannelPermissionParams are the permissions of a role in channels. Every bool is
// sent, false included.
type ChannelPermissionParams struct {
	PostMessages     bool `json:"post_messages"`
	AttachFiles      bool `json:"attach_files"`
	AllowMentions    bool `json:"allow_mentions"`
	ManageMessages   bool `json:"manage_messages"`
	Pinable          bool `json:"pinable"`
	ShareLinks       bool `json:"share_links"`
	ShareAttachments bool `json:"share_Attachments"`

	// The API docs show these in responses only. They are sent unless nil; that
	// the API accepts them is assumed.
	ViewMessageHistory *bool `json:"view_message_history,omitzero"`
	PostAnalysis       *bool `json:"post_analysis,omitzero"`
	DeleteMessages     *bool `json:"delete_messages,omitzero"`

	// Extra holds unknown permissions, by the API's names. They are sent
	// unchanged.
	Extra map[string]json.RawMessage `json:",embed"`
}

// extraProblems notes further permissions that cannot be sent beside the named
// ones.
func extraProblems(problems *rest.Problems, field string, named any, extra map[string]json.RawMessage) {
	var names map[string]json.RawMessage
	data, err := wire.Encode(named)
	if err == nil {
		err = wire.Unmarshal(data, &names)
	}
	if err != nil {
		problems.Add(field, "must be writable: "+err.Error())
	}
	for name, value := range extra {
		if _, twice := names[name]; twice {
			problems.Add(field, "must not hold a permission that has a field of its own")
		}
		if !jsontext.Value(value).IsValid() {
			problems.Add(field, "must hold JSON values")
		}
	}
}

// RoleServerPermissions are the permissions of a role on its server. A permission that
// the response does not have is nil.
type RoleServerPermissions struct {
	Administrator     *bool `json:"server_administrator,omitzero"`
	AllowDM           *bool `json:"allow_dm,omitzero"`
	CreateInvite      *bool `json:"create_invite,omitzero"`
	WarnMembers       *bool `json:"warn_members,omitzero"`
	SuspendMembers    *bool `json:"suspend_members,omitzero"`
	BanMembers        *bool `json:"ban_members,omitzero"`
	BroadcastMessages *bool `json:"broadcast_messages,omitzero"`
	OverwriteLanguage *bool `json:"overwrite_language_settings,omitzero" alias:"overwrite_language"`
	KickMembers       *bool `json:"kick_members,omitzero"`
	ManageRoles       *bool `json:"manage_roles,omitzero"`
	ManageChannels    *bool `json:"manage_channels,omitzero"`
	// Extra holds unknown permissions, by the API's names.
	Extra map[string]json.RawMessage `json:",embed"`
}

// RoleChannelPermissions are the permissions of a role in channels. A permission that
// the response does not have is nil.
type RoleChannelPermissions struct {
	PostMessages       *bool `json:"post_messages,omitzero"`
	AttachFiles        *bool `json:"attach_files,omitzero"`
	AllowMentions      *bool `json:"allow_mentions,omitzero"`
	ManageMessages     *bool `json:"manage_messages,omitzero"`
	Pinable            *bool `json:"pinable,omitzero"`
	ShareLinks         *bool `json:"share_links,omitzero"`
	ShareAttachments   *bool `json:"share_Attachments,omitzero"`
	ViewMessageHistory *bool `json:"view_message_history,omitzero"`
	PostAnalysis       *bool `json:"post_analysis,omitzero"`
	DeleteMessages     *bool `json:"delete_messages,omitzero"`
	// Extra holds unknown permissions, by the API's names.
	Extra map[string]json.RawMessage `json:",embed"`
}

// MissingPermissionsError means that a role cannot be written back, because its
// response lacks permissions that an update must send.
type MissingPermissionsError struct {
	// Fields are the fields of [Role] that are nil, as in
	// "ChannelPermissions.Pinable".
	Fields []string
}

// Error names the fields.
func (e *MissingPermissionsError) Error() string {
	return "returningai: the role lacks " + strings.Join(e.Fields, ", ") +
		", which an update must send: set them before UpdateParams"
}

// UpdateParams returns the current values of the role, for changing some of
// them:
//
//	role.ChannelPermissions.Pinable = new(true)
//	params, err := role.UpdateParams()
//	params.Title = "Moderator"
//	role, err = client.System.Roles.Update(ctx, role.ID, params)
//
// Unknown permissions are kept. Responses are documented to lack permissions
// that an update must send: UpdateParams fails with a
// [*MissingPermissionsError], which names them, until they are set on the role.
// Order and Billable are sent as 0 and false if the response lacked them. The
// description is not sent: an update does not take one, and whether the role
// keeps its own is not known.
//
// Reading a role and writing it back is not atomic: changes by others in between
// are lost.
func (r Role) UpdateParams() (RoleParams, error) {
	params := RoleParams{Class: r.Class, Title: r.Title, Order: r.Order, Billable: r.Billable}
	server, channel := &params.ServerPermissions, &params.ChannelPermissions
	server.Extra, channel.Extra = maps.Clone(r.ServerPermissions.Extra), maps.Clone(r.ChannelPermissions.Extra)
	missing := copyPermissions("ServerPermissions", r.ServerPermissions, server, server.Extra)
	missing = append(missing, copyPermissions("ChannelPermissions", r.ChannelPermissions, channel, channel.Extra)...)
	if len(missing) > 0 {
		return RoleParams{}, &MissingPermissionsError{Fields: missing}
	}
	return params, nil
}

// copyPermissions copies permissions between fields of the same name, removes
// what the response has under their names from the unknown ones, and returns the
// required ones that are nil.
func copyPermissions(name string, from, to any, extra map[string]json.RawMessage) (missing []string) {
	target := reflect.ValueOf(to).Elem()
	for field, allowed := range reflect.ValueOf(from).Fields() {
		if field.Name == "Extra" {
			continue
		}
		wireName, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		delete(extra, wireName)
		delete(extra, field.Tag.Get("alias"))
		switch sent := target.FieldByName(field.Name); {
		case sent.Kind() == reflect.Pointer:
			sent.Set(allowed)
		case allowed.IsNil():
			missing = append(missing, name+"."+field.Name)
		default:
			sent.Set(allowed.Elem())
		}
	}
	return missing
}
