package system

import (
	"encoding/json"
	"maps"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/returningai/returningai-go/internal/rest"
)

// The API takes permissions by one set of names and answers them by another:
// some are spelt differently, and each side has names that the other lacks.
// Here a permission has one name, and whatever has none is kept as it came.

// ServerPermissionParams is what a role may do on its server. Every bool is
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

	// The API's pages show these in answers only. They are sent unless nil;
	// that a request may carry them is assumed.
	KickMembers    *bool `json:"kick_members,omitzero"`
	ManageRoles    *bool `json:"manage_roles,omitzero"`
	ManageChannels *bool `json:"manage_channels,omitzero"`

	// Extra holds permissions that this package does not know, by the API's
	// names. They are sent as they are.
	Extra map[string]json.RawMessage `json:",embed"`
}

// ChannelPermissionParams is what a role may do in channels. Every bool is
// sent, false included.
type ChannelPermissionParams struct {
	PostMessages     bool `json:"post_messages"`
	AttachFiles      bool `json:"attach_files"`
	AllowMentions    bool `json:"allow_mentions"`
	ManageMessages   bool `json:"manage_messages"`
	Pinable          bool `json:"pinable"`
	ShareLinks       bool `json:"share_links"`
	ShareAttachments bool `json:"share_Attachments"`

	// The API's pages show these in answers only. They are sent unless nil;
	// that a request may carry them is assumed.
	ViewMessageHistory *bool `json:"view_message_history,omitzero"`
	PostAnalysis       *bool `json:"post_analysis,omitzero"`
	DeleteMessages     *bool `json:"delete_messages,omitzero"`

	// Extra holds permissions that this package does not know, by the API's
	// names. They are sent as they are.
	Extra map[string]json.RawMessage `json:",embed"`
}

// extraProblems notes further permissions that cannot be sent beside the named
// ones.
func extraProblems(problems *rest.Problems, field string, named any, extra map[string]json.RawMessage) {
	var names map[string]json.RawMessage
	data, err := rest.EncodeBody(named)
	if err == nil {
		err = rest.UnmarshalAnswer(data, &names)
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

// RoleServerPermissions is what a role may do on its server. A permission that
// the answer did not carry is nil.
type RoleServerPermissions struct {
	Administrator     *bool `json:"server_administrator,omitzero"`
	AllowDM           *bool `json:"allow_dm,omitzero"`
	CreateInvite      *bool `json:"create_invite,omitzero"`
	WarnMembers       *bool `json:"warn_members,omitzero"`
	SuspendMembers    *bool `json:"suspend_members,omitzero"`
	BanMembers        *bool `json:"ban_members,omitzero"`
	BroadcastMessages *bool `json:"broadcast_messages,omitzero"`
	OverwriteLanguage *bool `json:"overwrite_language_settings,omitzero"`
	KickMembers       *bool `json:"kick_members,omitzero"`
	ManageRoles       *bool `json:"manage_roles,omitzero"`
	ManageChannels    *bool `json:"manage_channels,omitzero"`
	// Extra holds permissions that this package does not know, by the API's
	// names.
	Extra map[string]json.RawMessage `json:",embed"`
}

type roleServerPermissionsJSON RoleServerPermissions

// MarshalJSON writes the permissions that are there, the unknown ones
// included, by the names of answers.
func (p RoleServerPermissions) MarshalJSON() ([]byte, error) {
	return rest.MarshalAnswer(roleServerPermissionsJSON(p))
}

// requestSpelling is how requests spell the permission that answers call
// overwrite_language_settings.
const requestSpelling = "overwrite_language"

// UnmarshalJSON reads permissions leniently, by either spelling of their
// names, and keeps unknown ones.
func (p *RoleServerPermissions) UnmarshalJSON(data []byte) error {
	err := rest.UnmarshalAnswer(data, (*roleServerPermissionsJSON)(p))
	if raw, ok := p.Extra[requestSpelling]; ok && p.OverwriteLanguage == nil {
		var allowed *bool
		if rest.UnmarshalAnswer(raw, &allowed) == nil { // else it stays unknown
			p.OverwriteLanguage = allowed
			delete(p.Extra, requestSpelling)
		}
	}
	return err
}

// RoleChannelPermissions is what a role may do in channels. A permission that
// the answer did not carry is nil.
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
	// Extra holds permissions that this package does not know, by the API's
	// names.
	Extra map[string]json.RawMessage `json:",embed"`
}

type roleChannelPermissionsJSON RoleChannelPermissions

// MarshalJSON writes the permissions that are there, the unknown ones
// included.
func (p RoleChannelPermissions) MarshalJSON() ([]byte, error) {
	return rest.MarshalAnswer(roleChannelPermissionsJSON(p))
}

// UnmarshalJSON reads permissions leniently, and keeps unknown ones.
func (p *RoleChannelPermissions) UnmarshalJSON(data []byte) error {
	return rest.UnmarshalAnswer(data, (*roleChannelPermissionsJSON)(p))
}

// MissingPermissionsError means that a role cannot be written back, since the
// answer that it came with does not say all that an update must.
type MissingPermissionsError struct {
	// Fields are the fields of [Role] that are nil, as in
	// "ChannelPermissions.Pinable".
	Fields []string
}

// Error names the fields.
func (e *MissingPermissionsError) Error() string {
	return "returningai: the answer that the role came with does not carry " + strings.Join(e.Fields, ", ") +
		", which an update must send: set them before UpdateParams"
}

// UpdateParams returns what an update sends to leave the role as it is, for
// changing a part of it:
//
//	role.ChannelPermissions.Pinable = new(true)
//	params, err := role.UpdateParams()
//	params.Title = "Moderator"
//	role, err = client.System.Roles.Update(ctx, role.ID, params)
//
// Permissions that this package does not know are carried over. Answers are
// documented not to carry every permission that an update must send: until
// those that are missing are set on the role, the error is a
// [*MissingPermissionsError] that names each. Order and Billable are sent as 0
// and false where the answer did not carry them. The description is not sent:
// an update does not take one, and whether the role keeps its own is not known.
//
// Reading a role and writing it back is not atomic: what others change of the
// role in between is lost.
func (r Role) UpdateParams() (RoleParams, error) {
	var missing missingPermissions
	params := RoleParams{
		Class: r.Class, Title: r.Title, Order: r.Order, Billable: r.Billable,
		ServerPermissions:  r.ServerPermissions.params(&missing),
		ChannelPermissions: r.ChannelPermissions.params(&missing),
	}
	if len(missing) > 0 {
		return RoleParams{}, &MissingPermissionsError{Fields: missing}
	}
	return params, nil
}

func (p RoleServerPermissions) params(missing *missingPermissions) ServerPermissionParams {
	need := func(name string, allowed *bool) bool { return missing.need("ServerPermissions."+name, allowed) }
	extra := maps.Clone(p.Extra)
	delete(extra, requestSpelling) // an answer with both spellings
	return ServerPermissionParams{
		Administrator:     need("Administrator", p.Administrator),
		AllowDM:           need("AllowDM", p.AllowDM),
		CreateInvite:      need("CreateInvite", p.CreateInvite),
		WarnMembers:       need("WarnMembers", p.WarnMembers),
		SuspendMembers:    need("SuspendMembers", p.SuspendMembers),
		BanMembers:        need("BanMembers", p.BanMembers),
		BroadcastMessages: need("BroadcastMessages", p.BroadcastMessages),
		OverwriteLanguage: need("OverwriteLanguage", p.OverwriteLanguage),
		KickMembers:       p.KickMembers, ManageRoles: p.ManageRoles, ManageChannels: p.ManageChannels,
		Extra: extra,
	}
}

func (p RoleChannelPermissions) params(missing *missingPermissions) ChannelPermissionParams {
	need := func(name string, allowed *bool) bool { return missing.need("ChannelPermissions."+name, allowed) }
	return ChannelPermissionParams{
		PostMessages:       need("PostMessages", p.PostMessages),
		AttachFiles:        need("AttachFiles", p.AttachFiles),
		AllowMentions:      need("AllowMentions", p.AllowMentions),
		ManageMessages:     need("ManageMessages", p.ManageMessages),
		Pinable:            need("Pinable", p.Pinable),
		ShareLinks:         need("ShareLinks", p.ShareLinks),
		ShareAttachments:   need("ShareAttachments", p.ShareAttachments),
		ViewMessageHistory: p.ViewMessageHistory, PostAnalysis: p.PostAnalysis, DeleteMessages: p.DeleteMessages,
		Extra: maps.Clone(p.Extra),
	}
}

// missingPermissions are the fields that an update needs and a role lacks.
type missingPermissions []string

func (m *missingPermissions) need(field string, allowed *bool) bool {
	if allowed == nil {
		*m = append(*m, field)
		return false
	}
	return *allowed
}
