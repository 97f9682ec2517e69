package integration

import "github.com/returningai/returningai-go/internal/rest"

// UsersService manages the users of the community.
type UsersService struct{ caller rest.Caller }
