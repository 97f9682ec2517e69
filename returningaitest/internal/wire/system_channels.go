package wire

import (
	"time"

	"github.com/returningai/returningai-go/returningaitest/internal/community"
)

// Assumed: the paths and responses of list and delete, and that update returns
// the channel as create does.
func systemChannelsRoutes() []Route {
	return []Route{
		route("system.channels.list", System, "GET /channels", noPermission, listSystemChannels),
		route("system.channels.create", System, "POST /channels", noPermission, createChannel),
		route("system.channels.update", System, "PUT /channels/{id}", noPermission, updateChannel),
		route("system.channels.delete", System, "DELETE /channels/{id}", noPermission, deleteChannel),
	}
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

// showChannel omits the creator: an API key is nobody.
func showChannel(ch *community.Channel) systemChannel {
	return systemChannel{
		ID: ch.ID, Topic: ch.Topic, ChannelType: ch.Type, Permissions: []string{}, ServerID: ch.ServerID,
		CreatedAt: ch.CreatedAt, UpdatedAt: ch.UpdatedAt,
	}
}

func listSystemChannels(c *Call) (Result, error) {
	return Result{message: "Channels fetched successfully", data: showAll(c.Community.Channels.All(), showChannel)}, nil
}

func createChannel(c *Call) (Result, error) {
	topic, channelType, err := readChannel(c)
	if err != nil {
		return Result{}, err
	}
	created, err := c.Community.AddChannel(community.Channel{Topic: topic, Type: channelType})
	return Result{message: "Channel has been created successfully", data: showChannel(&created)}, err
}

func updateChannel(c *Call) (Result, error) {
	topic, channelType, err := readChannel(c)
	if err != nil {
		return Result{}, err
	}
	channel, err := c.Community.UpdateChannel(c.Path["id"], topic, channelType)
	if err != nil {
		return Result{}, err
	}
	return Result{message: "Channel has been updated successfully", data: showChannel(channel)}, nil
}

func readChannel(c *Call) (topic, channelType string, err error) {
	f := c.fields()
	topic = required[string](f, "topic")
	channelType = required[string](f, "channelType")
	return topic, channelType, f.err()
}

func deleteChannel(c *Call) (Result, error) {
	return done("Channel has been deleted successfully", c.Community.DeleteChannel(c.Path["id"]))
}
