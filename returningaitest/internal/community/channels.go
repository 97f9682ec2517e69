package community

import (
	"cmp"
	"slices"
	"time"
)

// The known channel types. Others may exist.
const (
	ChannelOpen  = "open"
	ChannelForum = "forum"
)

// Channel is a channel of the community.
type Channel struct {
	ID            string    `json:"id,omitzero"` // 24 hex digits
	Topic         string    `json:"topic"`       // its title
	Type          string    `json:"type,omitzero"`
	ForumTopicIDs []string  `json:"forumTopicIds,omitzero"` // topics that a forum accepts; none accepts any
	ServerID      string    `json:"serverId,omitzero"`
	CreatedAt     time.Time `json:"createdAt,omitzero"`
	UpdatedAt     time.Time `json:"updatedAt,omitzero"`
}

func (ch *Channel) clone() Channel {
	copied := *ch
	copied.ForumTopicIDs = slices.Clone(ch.ForumTopicIDs)
	return copied
}

// topicFor checks the forum topic of a message to the channel, and returns the
// topic to keep. Other channels ignore it.
func (ch *Channel) topicFor(topicID string) (string, error) {
	switch {
	case ch.Type != ChannelForum:
		return "", nil
	case topicID == "":
		return "", problem(Invalid, "forumTopicId is required for a forum channel")
	case len(ch.ForumTopicIDs) > 0 && !slices.Contains(ch.ForumTopicIDs, topicID):
		return "", problem(NotFound, "forum topic not found")
	}
	return topicID, nil
}

// AddChannel adds a channel. The type defaults to open, the server to the first.
func (c *Community) AddChannel(channel Channel) (Channel, error) {
	if channel.Topic == "" {
		return Channel{}, problem(Invalid, "Topic is empty")
	}
	channel.Type = cmp.Or(channel.Type, ChannelOpen)
	channel.ServerID = cmp.Or(channel.ServerID, c.FirstServerID())
	c.date(&channel.CreatedAt, &channel.UpdatedAt)
	return c.Channels.copyOf(c.Channels.add(channel, c.NewID))
}

// DeleteChannel deletes a channel. Its messages stay.
func (c *Community) DeleteChannel(channel *Channel) { c.Channels.remove(channel) }

// Server is a server of the community: it holds channels and roles.
type Server struct {
	ID          string    `json:"id,omitzero"` // 24 hex digits
	Name        string    `json:"name"`
	Description string    `json:"description,omitzero"`
	Image       string    `json:"image,omitzero"`
	OwnerID     string    `json:"ownerId,omitzero"` // ID of a user
	CreatedAt   time.Time `json:"createdAt,omitzero"`
	UpdatedAt   time.Time `json:"updatedAt,omitzero"`
}

// FirstServerID returns the server that new channels and roles belong to, or
// "".
func (c *Community) FirstServerID() string {
	if len(c.Servers.all) == 0 {
		return ""
	}
	return c.Servers.all[0].ID
}

// AddServer adds a server.
func (c *Community) AddServer(server Server) (Server, error) {
	if server.Name == "" {
		return Server{}, problem(Invalid, "Name is empty")
	}
	c.date(&server.CreatedAt, &server.UpdatedAt)
	return c.Servers.copyOf(c.Servers.add(server, c.NewID))
}
