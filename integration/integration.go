// Package integration holds the services of the Integration family: users,
// messages, channels and user API keys. All of them are reached through a
// client:
//
//	client, err := returningai.New(returningai.WithBearer(token))
//	channels, err := client.Integration.Channels.List(ctx)
//
// They need a bearer token. Some operations also require a permission on it.
package integration

import "github.com/returningai/returningai-go/internal/rest"

// Services are the services of the Integration family.
type Services struct {
	// Channels lists the channels that messages can be sent to.
	Channels *ChannelsService
	// Messages sends messages, replies and reactions.
	Messages *MessagesService
	// Users creates, finds and manages users, one by one and in bulk.
	Users *UsersService
	// APIKeys manages the API keys of users.
	APIKeys *APIKeysService
}

// New returns the services on top of a client. It is called by the root
// package; use returningai.New.
func New(caller rest.Caller) *Services {
	return &Services{
		Channels: &ChannelsService{caller},
		Messages: &MessagesService{caller},
		Users:    &UsersService{caller},
		APIKeys:  &APIKeysService{caller},
	}
}
