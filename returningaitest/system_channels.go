package returningaitest

import (
	"net/http"
	"slices"
	"time"
)

func (s *Server) systemChannelsRoutes() []*route {
	return []*route{{
		operation: "system.channels.list",
		family:    System,
		method:    http.MethodGet,
		pattern:   "/channels",
		serve:     s.listSystemChannels,
	}, {
		operation: "system.channels.create",
		family:    System,
		method:    http.MethodPost,
		pattern:   "/channels",
		serve:     s.createSystemChannel,
	}, {
		operation: "system.channels.update",
		family:    System,
		method:    http.MethodPut,
		pattern:   "/channels/{id}",
		serve:     s.updateSystemChannel,
	}, {
		operation: "system.channels.delete",
		family:    System,
		method:    http.MethodDelete,
		pattern:   "/channels/{id}",
		serve:     s.deleteSystemChannel,
	}}
}

type systemChannel struct {
	ID          string    `json:"_id"`
	Topic       string    `json:"topic"`
	ChannelType string    `json:"channelType"`
	Permissions []string  `json:"permissions"`
	ServerID    string    `json:"serverId,omitempty"`
	CreatedAt   time.Time `json:"createdAt"`
	UpdatedAt   time.Time `json:"updatedAt"`
}

func systemChannels(channels []*Channel) []systemChannel {
	listed := make([]systemChannel, 0, len(channels))
	for _, channel := range channels {
		listed = append(listed, channel.system())
	}
	return listed
}

// system is the channel as the System family shows it. Who made it, which the
// API says too, is not known here: an API key is nobody.
func (c *Channel) system() systemChannel {
	return systemChannel{
		ID: c.ID, Topic: c.Topic, ChannelType: c.Type, Permissions: []string{}, ServerID: c.ServerID,
		CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt,
	}
}

// listSystemChannels answers every channel. Its path and answer are assumed.
func (s *Server) listSystemChannels(*call) (result, error) {
	return result{message: "Channels fetched successfully", data: systemChannels(s.state.channels.all)}, nil
}

func (s *Server) createSystemChannel(c *call) (result, error) {
	topic, channelType, err := channelBody(c)
	if err != nil {
		return result{}, err
	}
	channel := s.addChannel(Channel{Topic: topic, Type: channelType}, c.now)
	return result{message: "Channel has been created successfully", data: channel.system()}, nil
}

// updateSystemChannel changes a channel. Assumed: that the answer is the
// channel as create answers it, and 404.
func (s *Server) updateSystemChannel(c *call) (result, error) {
	topic, channelType, err := channelBody(c)
	if err != nil {
		return result{}, err
	}
	channel := s.state.channels.find(c.path["id"])
	if channel == nil {
		return result{}, refuse(http.StatusNotFound, "channel not found")
	}
	channel.Topic, channel.Type, channel.UpdatedAt = topic, channelType, c.now
	return result{message: "Channel has been updated successfully", data: channel.system()}, nil
}

func channelBody(c *call) (topic, channelType string, err error) {
	body, err := c.members()
	if err != nil {
		return "", "", err
	}
	topic = needed[string](body, "topic")
	channelType = needed[string](body, "channelType")
	return topic, channelType, body.problem()
}

// deleteSystemChannel deletes a channel; its messages stay. Its path and
// answer are assumed.
func (s *Server) deleteSystemChannel(c *call) (result, error) {
	channels := &s.state.channels
	channel := channels.find(c.path["id"])
	if channel == nil {
		return result{}, refuse(http.StatusNotFound, "channel not found")
	}
	channels.all = slices.DeleteFunc(channels.all, func(other *Channel) bool { return other == channel })
	return result{message: "Channel has been deleted successfully"}, nil
}
