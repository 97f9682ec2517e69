// Package system holds the services of the System family: single sign-on and
// accounts, servers, channels, roles and badges. All of them are reached
// through a client:
//
//	client, err := returningai.New(returningai.WithAPIKey(key))
//	badges, err := client.System.Badges.Award(ctx, badgeID, "1102")
//
// They need the community's API key, which has full rights: keep it on servers.
// A userID is a user number, as in "1102".
package system

import "github.com/returningai/returningai-go/internal/rest"

// Services are the services of the System family.
type Services struct {
	// Auth signs users in, through single sign-on or with a password, and
	// registers them.
	Auth *AuthService
	// Servers creates and changes servers, and lists their roles and channels.
	Servers *ServersService
	// Channels creates, changes and deletes channels.
	Channels *ChannelsService
	// Roles creates, changes and deletes roles, and gives them to users.
	Roles *RolesService
	// Badges creates, changes and deletes badges, and awards them to users.
	Badges *BadgesService
}

// New returns the services on top of a client. It is called by the root
// package; use returningai.New.
func New(caller rest.Caller, apiKeyInLoginURL bool) *Services {
	return &Services{
		Auth:     &AuthService{caller, apiKeyInLoginURL},
		Servers:  &ServersService{caller},
		Channels: &ChannelsService{caller},
		Roles:    &RolesService{caller},
		Badges:   &BadgesService{caller},
	}
}

// userRequest is the request of an operation that gives something to a user, or
// takes it.
func userRequest(id, userID string) rest.Request {
	request := rest.Request{Path: []string{id}, Body: userBody{userID}}
	request.Problems.Require("UserID", userID)
	return request
}

type userBody struct {
	UserID string `json:"userId"`
}
