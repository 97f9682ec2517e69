package integration

import (
	"context"
	"encoding/json"

	"github.com/returningai/returningai-go/internal/rest"
)

// ChannelsService lists channels.
type ChannelsService struct{ caller rest.Caller }

// ChannelType is the type of a channel. The set is open.
type ChannelType string

// The channel types that the API docs name.
const (
	ChannelTypeOpen  ChannelType = "open"
	ChannelTypeForum ChannelType = "forum"
)

// Channel is a channel of the community, as the Integration family returns it.
type Channel struct {
	// ID is the id that messages are sent to.
	ID    string      `json:"_id,omitzero" alias:"id"`
	Topic string      `json:"topic,omitzero"`
	Type  ChannelType `json:"channelType,omitzero"`
	// Extra holds unknown fields, and values that could not be parsed.
	Extra map[string]json.RawMessage `json:",embed"`
}

var channelsList = rest.Define(rest.Operation{
	ID: "integration.channels.list", GoMethod: "Integration.Channels.List",
	Family: rest.Integration, Method: "GET", Path: "/channels",
	Idempotent:     true,
	RouteCertainty: rest.Observed, BodyCertainty: rest.Observed,
})

// List returns the channels of the community.
//
// Key: bearer token.
// Retried: yes.
// Operation: integration.channels.list
// Certainty: path, parameters and response are observed in a public client.
func (s *ChannelsService) List(ctx context.Context) ([]Channel, error) {
	return rest.Do[[]Channel](ctx, s.caller, channelsList, rest.Request{})
}
