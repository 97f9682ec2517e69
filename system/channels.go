package system

import (
	"context"
	"encoding/json"
	"time"

	"github.com/returningai/returningai-go/internal/rest"
)

// ChannelsService lists, creates, changes and deletes channels.
type ChannelsService struct{ caller rest.Caller }

// ChannelType is the type of a channel. The set is open.
type ChannelType string

// The channel types that the API docs name.
const (
	ChannelTypeOpen  ChannelType = "open"
	ChannelTypeForum ChannelType = "forum"
)

// Channel is a channel of the community, as the System family returns it.
type Channel struct {
	ID string `json:"_id,omitzero" alias:"id"`
	// Topic is the channel's name. The API docs of Create also call it title.
	Topic string      `json:"topic,omitzero" alias:"title"`
	Type  ChannelType `json:"channelType,omitzero"`
	// Permissions are undocumented JSON, unchanged.
	Permissions []json.RawMessage `json:"permissions,omitzero"`
	UserID      string            `json:"userId,omitzero"`
	ServerID    string            `json:"serverId,omitzero"`
	CreatedAt   time.Time         `json:"createdAt,omitzero"`
	UpdatedAt   time.Time         `json:"updatedAt,omitzero"`
	// Extra holds unknown fields, and values that could not be parsed.
	Extra map[string]json.RawMessage `json:",embed"`
}

// ChannelParams holds the values of a new or changed channel.
type ChannelParams struct {
	// Topic is the channel's name. Required.
	Topic string `json:"topic"`
	// Type is the channel's type. Required.
	Type ChannelType `json:"channelType"`
}

func (p ChannelParams) problems() (problems rest.Problems) {
	problems.Require("Topic", p.Topic)
	problems.Require("Type", string(p.Type))
	return problems
}

var channelsList = rest.Define(rest.Operation{
	ID: "system.channels.list", GoMethod: "System.Channels.List",
	Family: rest.System, Method: "GET", Path: "/channels",
	Idempotent:     true,
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed,
})

// List returns the channels of the community.
//
// Key: API key (System).
// Retried: yes.
// Operation: system.channels.list
// Certainty: path, parameters and response are assumed.
func (s *ChannelsService) List(ctx context.Context) ([]Channel, error) {
	return rest.Do[[]Channel](ctx, s.caller, channelsList, rest.Request{})
}

var channelsCreate = rest.Define(rest.Operation{
	ID: "system.channels.create", GoMethod: "System.Channels.Create",
	Family: rest.System, Method: "POST", Path: "/channels",
	Docs:           rest.DocsPage("api-8891791"),
	RouteCertainty: rest.Documented, BodyCertainty: rest.Documented,
})

// Create creates a channel.
//
// Key: API key (System).
// Retried: only if nothing was sent, or on 429.
// After MaybeApplied: look for the channel with List. See docs/after-maybe-applied.md.
// Operation: system.channels.create
// API docs: https://dev.returning.ai/api-8891791
// Certainty: documented.
func (s *ChannelsService) Create(ctx context.Context, params ChannelParams) (Channel, error) {
	return rest.Do[Channel](ctx, s.caller, channelsCreate, rest.Request{Body: params, Problems: params.problems()})
}

var channelsUpdate = rest.Define(rest.Operation{
	ID: "system.channels.update", GoMethod: "System.Channels.Update",
	Family: rest.System, Method: "PUT", Path: "/channels/{id}",
	Idempotent: true, Docs: rest.DocsPage("api-8891793"),
	RouteCertainty: rest.Documented, BodyCertainty: rest.Documented,
})

// Update changes a channel. The API requires both Topic and Type, even if only
// one changes. The fields of the returned channel are assumed.
//
// Key: API key (System).
// Retried: yes.
// Operation: system.channels.update
// API docs: https://dev.returning.ai/api-8891793
// Certainty: documented.
func (s *ChannelsService) Update(ctx context.Context, channelID string, params ChannelParams) (Channel, error) {
	return rest.Do[Channel](ctx, s.caller, channelsUpdate, rest.Request{
		Path: []string{channelID}, Body: params, Problems: params.problems(),
	})
}

var channelsDelete = rest.Define(rest.Operation{
	ID: "system.channels.delete", GoMethod: "System.Channels.Delete",
	Family: rest.System, Method: "DELETE", Path: "/channels/{id}",
	Idempotent:     true,
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed,
})

// Delete deletes a channel.
//
// Key: API key (System).
// Retried: yes.
// Operation: system.channels.delete
// Certainty: path, parameters and response are assumed.
func (s *ChannelsService) Delete(ctx context.Context, channelID string) error {
	_, err := rest.Do[rest.Empty](ctx, s.caller, channelsDelete, rest.Request{Path: []string{channelID}})
	return err
}
