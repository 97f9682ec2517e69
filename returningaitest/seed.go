package returningaitest

// seed gives a new server something to work with.
func (s *Server) seed() {
	s.AddUser(User{Username: "bot", Email: "bot@example.com", DisplayName: "Community Bot", FirstName: "Community", LastName: "Bot"})
	s.AddUser(User{Username: "player-one", Email: "player-one@example.com", DisplayName: "Player One", FirstName: "Player", LastName: "One"})
	s.AddUser(User{Username: "player-two", Email: "player-two@example.com", DisplayName: "Player Two", FirstName: "Player", LastName: "Two"})
	s.AddServer(CommunityServer{ID: "65a0c0de0000000000a00001", Name: "Community"})
	s.AddChannel(Channel{Topic: "general", Type: ChannelOpen})
	s.AddChannel(Channel{Topic: "announcements", Type: ChannelOpen})
	s.AddChannel(Channel{Topic: "questions", Type: ChannelForum})
	s.AddRole(Role{ID: "65a0c0de0000000000b00001", Title: "Moderator", Class: "red", Order: 1, ServerPermissions: map[string]bool{"warn_members": true}})
	s.AddRole(Role{ID: "65a0c0de0000000000b00002", Title: "Member", Class: "blue", Order: 2, ChannelPermissions: map[string]bool{"post_messages": true}})
	s.AddBadge(Badge{ID: "65a0c0de-0000-4000-8000-000000c00001", Title: "Early Bird", Quantity: 100, Description: "Was here first"})
}
