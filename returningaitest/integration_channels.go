package returningaitest

import "net/http"

func (s *Server) integrationChannelsRoutes() []*route {
	return []*route{{
		operation: "integration.channels.list",
		family:    Integration,
		method:    http.MethodGet,
		pattern:   "/channels",
		serve:     s.listIntegrationChannels,
	}}
}

type integrationChannel struct {
	ID          string `json:"_id"`
	Topic       string `json:"topic"`
	ChannelType string `json:"channelType"`
}

// listIntegrationChannels answers every channel. That it needs no permission
// is assumed.
func (s *Server) listIntegrationChannels(*call) (result, error) {
	listed := make([]integrationChannel, 0, len(s.state.channels.all))
	for _, channel := range s.state.channels.all {
		listed = append(listed, integrationChannel{ID: channel.ID, Topic: channel.Topic, ChannelType: channel.Type})
	}
	return result{data: listed}, nil
}
