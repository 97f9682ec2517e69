package returningaitest

import (
	"fmt"
	"slices"
	"time"
)

// The channel types that are known; others may exist.
const (
	ChannelOpen  = "open"
	ChannelForum = "forum"
)

// Channel is a channel of the community.
type Channel struct {
	ID            string   // 24 hex characters
	Topic         string   // its title
	Type          string   // [ChannelOpen], [ChannelForum] or another
	ForumTopicIDs []string // of a forum: the topics it accepts; none accepts any
	ServerID      string   // of the server that it is on
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// channelStore holds the channels in the order they were made.
type channelStore struct {
	all []*Channel
}

func (c *channelStore) find(id string) *Channel {
	for _, channel := range c.all {
		if channel.ID == id {
			return channel
		}
	}
	return nil
}

// AddChannel adds a channel and returns it completed: ID, Type (open), ServerID
// (the first server's) and the times are made up when empty. It panics when Topic is empty or the ID is
// taken.
func (s *Server) AddChannel(channel Channel) Channel {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if channel.Topic == "" {
		panic("returningaitest: AddChannel: Topic is empty")
	}
	if s.state.channels.find(channel.ID) != nil {
		panic(fmt.Sprintf("returningaitest: AddChannel: ID %q is taken", channel.ID))
	}
	return s.addChannel(channel, now)
}

// addChannel completes and keeps a channel that was checked. The caller holds
// the lock.
func (s *Server) addChannel(channel Channel, now time.Time) Channel {
	if channel.ID == "" {
		channel.ID = s.newID()
	}
	if channel.Type == "" {
		channel.Type = ChannelOpen
	}
	if channel.ServerID == "" {
		channel.ServerID = s.state.servers.first()
	}
	if channel.CreatedAt.IsZero() {
		channel.CreatedAt = now
	}
	if channel.UpdatedAt.IsZero() {
		channel.UpdatedAt = channel.CreatedAt
	}
	kept := channel.clone()
	s.state.channels.all = append(s.state.channels.all, &kept)
	return channel
}

// Channels returns a copy of the community's channels, oldest first.
func (s *Server) Channels() []Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	copies := make([]Channel, 0, len(s.state.channels.all))
	for _, channel := range s.state.channels.all {
		copies = append(copies, channel.clone())
	}
	return copies
}

func (c *Channel) clone() Channel {
	copied := *c
	copied.ForumTopicIDs = slices.Clone(c.ForumTopicIDs)
	return copied
}
