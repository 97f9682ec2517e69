package wire

import "github.com/returningai/returningai-go/returningaitest/internal/community"

// showChannel omits the creator: an API key is nobody.
func showChannel(ch *community.Channel) map[string]any {
	return withServer(ch.ServerID, map[string]any{
		"_id": ch.ID, "topic": ch.Topic, "channelType": ch.Type, "permissions": []string{},
		"createdAt": ch.CreatedAt, "updatedAt": ch.UpdatedAt,
	})
}

// withServer adds the server of a channel or a role, if there is one.
func withServer(serverID string, shown map[string]any) map[string]any {
	if serverID != "" {
		shown["serverId"] = serverID
	}
	return shown
}

func listSystemChannels(c *Call) Result {
	return Result{message: "Channels fetched successfully", data: showAll(c.Community.Channels.All(), showChannel)}
}

func createChannel(c *Call) Result {
	topic, channelType := readChannel(c)
	created := check(c.Community.AddChannel(community.Channel{Topic: topic, Type: channelType}))
	return Result{message: "Channel has been created successfully", data: showChannel(&created)}
}

func updateChannel(c *Call) Result {
	topic, channelType := readChannel(c)
	channel := check(c.Community.Channels.Find(c.Path["id"]))
	channel.Topic, channel.Type, channel.UpdatedAt = topic, channelType, c.Community.Now()
	return Result{message: "Channel has been updated successfully", data: showChannel(channel)}
}

func readChannel(c *Call) (topic, channelType string) {
	f := c.fields()
	topic = required[string](f, "topic")
	channelType = required[string](f, "channelType")
	f.check()
	return topic, channelType
}

func deleteChannel(c *Call) Result {
	c.Community.DeleteChannel(check(c.Community.Channels.Find(c.Path["id"])))
	return Result{message: "Channel has been deleted successfully"}
}
