package application

import (
	"context"
	"iter"

	"github.com/returningai/returningai-go/internal/rest"
)

// CommunityUsersService reads the users of a community.
type CommunityUsersService struct{ communityService }

// ListCommunityUsersParams chooses users of a community. All of it is optional,
// and assumed.
type ListCommunityUsersParams struct {
	// CommunityID is the community. Optional with returningai.WithCommunity.
	CommunityID string `url:"-"`
	// Page is the number of the page, from 1 on.
	Page int `url:"page,omitempty"`
	// Skip is how many users to pass over, for a server whose answers count
	// that way instead of by pages.
	Skip int `url:"skip,omitempty"`
	// Limit is how many users a page holds at most.
	Limit int `url:"limit,omitempty"`
	// Search is a text that the users must hold.
	Search string `url:"search,omitempty"`
	// Sort names the order, as in "createdAt:desc".
	Sort string `url:"sort,omitempty"`
}

var communityUsersList = rest.Define(rest.Operation{
	ID: "application.communityUsers.list", GoMethod: "Application.CommunityUsers.List",
	Family: rest.Application, Method: "GET", Path: "/communities/{communityId}/users",
	Idempotent:     true,
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed,
})

// List returns one page of the users of a community. [CommunityUsersService.All]
// reads page after page.
//
// The operation is documented by name and method; its path, its parameters and
// its answer are assumed. Which permission it needs is not known.
//
// Operation: application.communityUsers.list
func (s *CommunityUsersService) List(ctx context.Context, params ListCommunityUsersParams) (Page[User], error) {
	return listPage[User](ctx, s.caller, communityUsersList, s.listRequest(params))
}

// All returns the users of a community, beginning at the page that params
// names, and asking for the next page when it is needed. It ends with the first
// error, which comes as the last pair. A page that the server answers again is
// returningai.ErrUnexpectedResponse.
//
// See List for what is assumed.
//
// Operation: application.communityUsers.list
func (s *CommunityUsersService) All(ctx context.Context, params ListCommunityUsersParams) iter.Seq2[User, error] {
	return rest.Pages[User](ctx, s.caller, communityUsersList, s.listRequest(params))
}

func (s *CommunityUsersService) listRequest(params ListCommunityUsersParams) rest.Request {
	request := s.request(params.CommunityID)
	request.Query = params
	return request
}

// GetCommunityUserParams chooses what is answered of a user of a community.
type GetCommunityUserParams struct {
	// CommunityID is the community. Optional with returningai.WithCommunity.
	CommunityID string
	// Attributes are what is wanted. Without any the server chooses: all of
	// them, as is assumed.
	Attributes []UserAttribute
}

var communityUsersGet = rest.Define(rest.Operation{
	ID: "application.communityUsers.get", GoMethod: "Application.CommunityUsers.Get",
	Family: rest.Application, Method: "GET", Path: "/communities/{communityId}/users/{userId}",
	Idempotent:     true,
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed,
})

// Get returns a user of a community.
//
// The operation is documented by name and method; its path and its answer are
// assumed, as is that it lets attributes be chosen like [UsersService.Get].
// Which permission it needs is not known.
//
// Operation: application.communityUsers.get
func (s *CommunityUsersService) Get(ctx context.Context, userID string, params GetCommunityUserParams) (User, error) {
	request := s.request(params.CommunityID, userID)
	choose(&request, params.Attributes)
	return rest.Do[User](ctx, s.caller, communityUsersGet, request)
}
