package system

import (
	"context"
	"encoding/json"
	"time"

	"github.com/returningai/returningai-go/internal/rest"
)

// ChannelsService lists, creates, changes and deletes channels.
type ChannelsService struct{ caller rest.Caller }

// ChannelType is the type of a channel. Other values than the constants may
// arrive, and may be sent.
type ChannelType string

// The channel types that the vendor's pages name.
const (
	ChannelOpen  ChannelType = "open"
	ChannelForum ChannelType = "forum"
)

// Channel is a channel of the community, as the System family shows it.
type Channel struct {
	ID    string      `json:"_id,omitzero"`
	Topic string      `json:"topic,omitzero"` // its name
	Type  ChannelType `json:"channelType,omitzero"`
	// Permissions are as they came: what one looks like is not documented.
	Permissions []json.RawMessage `json:"permissions,omitzero"`
	UserID      string            `json:"userId,omitzero"`
	ServerID    string            `json:"serverId,omitzero"`
	CreatedAt   time.Time         `json:"createdAt,omitzero"`
	UpdatedAt   time.Time         `json:"updatedAt,omitzero"`
	// Extra holds the members that this package does not know.
	Extra map[string]json.RawMessage `json:",embed"`
}

type channelJSON Channel

// MarshalJSON writes the channel with all its members, the unknown ones
// included.
func (c Channel) MarshalJSON() ([]byte, error) { return rest.MarshalAnswer(channelJSON(c)) }

// UnmarshalJSON reads a channel leniently, and keeps unknown members.
func (c *Channel) UnmarshalJSON(data []byte) error {
	err := rest.UnmarshalAnswer(data, (*channelJSON)(c))
	rest.Alias(&c.ID, c.Extra, "id")
	rest.Alias(&c.Topic, c.Extra, "title") // the page of create has both names
	return err
}

// ChannelParams is what a channel is created with, and changed to.
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
// The operation is documented by name and method; its path and answer are
// assumed.
//
// Operation: system.channels.list
func (s *ChannelsService) List(ctx context.Context) ([]Channel, error) {
	return rest.Do[[]Channel](ctx, s.caller, channelsList, rest.Request{})
}

var channelsCreate = rest.Define(rest.Operation{
	ID: "system.channels.create", GoMethod: "System.Channels.Create",
	Family: rest.System, Method: "POST", Path: "/channels",
	Docs:           rest.DocsPage("api-8891791"),
	RouteCertainty: rest.Documented, BodyCertainty: rest.Documented,
})

// Create makes a channel.
//
// Operation: system.channels.create
//
// API docs: https://dev.returning.ai/api-8891791
func (s *ChannelsService) Create(ctx context.Context, params ChannelParams) (Channel, error) {
	return rest.Do[Channel](ctx, s.caller, channelsCreate, rest.Request{Body: params, Problems: params.problems()})
}

var channelsUpdate = rest.Define(rest.Operation{
	ID: "system.channels.update", GoMethod: "System.Channels.Update",
	Family: rest.System, Method: "PUT", Path: "/channels/{id}",
	Idempotent: true, Docs: rest.DocsPage("api-8891793"),
	RouteCertainty: rest.Documented, BodyCertainty: rest.Documented,
})

// Update changes a channel. The API wants both topic and type, also when only
// one of them changes.
//
// That it answers the channel is documented; that the channel has the members
// that create answers is assumed.
//
// Operation: system.channels.update
//
// API docs: https://dev.returning.ai/api-8891793
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
// The operation is documented by name and method; its path and answer are
// assumed.
//
// Operation: system.channels.delete
func (s *ChannelsService) Delete(ctx context.Context, channelID string) error {
	return rest.Exec(ctx, s.caller, channelsDelete, rest.Request{Path: []string{channelID}})
}
