package integration

import (
	"context"
	"encoding/json"

	"github.com/returningai/returningai-go/internal/rest"
)

// ChannelsService lists channels.
type ChannelsService struct{ caller rest.Caller }

// ChannelType is the type of a channel. Other values than the constants may
// arrive.
type ChannelType string

// The channel types that the vendor's pages name.
const (
	ChannelOpen  ChannelType = "open"
	ChannelForum ChannelType = "forum"
)

// Channel is a channel of the community, as the Integration family shows it.
type Channel struct {
	// ID is the id that messages are sent to.
	ID    string      `json:"_id,omitzero"`
	Topic string      `json:"topic,omitzero"`
	Type  ChannelType `json:"channelType,omitzero"`
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
	return err
}

var channelsList = rest.Define(rest.Operation{
	ID: "integration.channels.list", GoMethod: "Integration.Channels.List",
	Family: rest.Integration, Method: "GET", Path: "/channels",
	Idempotent:     true,
	RouteCertainty: rest.Observed, BodyCertainty: rest.Observed,
})

// List returns the channels of the community.
//
// The operation is documented by name and method; its path and its answer were
// observed in a public client, and that no particular permission guards it is assumed.
//
// Operation: integration.channels.list
func (s *ChannelsService) List(ctx context.Context) ([]Channel, error) {
	return rest.Do[[]Channel](ctx, s.caller, channelsList, rest.Request{})
}
