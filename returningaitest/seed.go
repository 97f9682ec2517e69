package returningaitest

// seed gives a new server something to work with.
func (s *Server) seed() {
	s.AddUser(User{Username: "bot", Email: "bot@example.com", DisplayName: "Community Bot", FirstName: "Community", LastName: "Bot"})
	s.AddUser(User{Username: "player-one", Email: "player-one@example.com", DisplayName: "Player One", FirstName: "Player", LastName: "One"})
	s.AddUser(User{Username: "player-two", Email: "player-two@example.com", DisplayName: "Player Two", FirstName: "Player", LastName: "Two"})
	s.AddChannel(Channel{Topic: "general", Type: ChannelOpen})
	s.AddChannel(Channel{Topic: "announcements", Type: ChannelOpen})
	s.AddChannel(Channel{Topic: "questions", Type: ChannelForum})
}
