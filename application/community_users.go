package application

import (
	"context"
	"iter"

	"github.com/returningai/returningai-go/internal/rest"
	"github.com/returningai/returningai-go/page"
)

// CommunityUsersService reads the users of a community. Which permission its
// operations need is not known.
type CommunityUsersService struct{ communityService }

// ListCommunityUsersParams selects users of a community. All fields are
// optional.
type ListCommunityUsersParams struct {
	// CommunityID is the community. Optional with returningai.WithCommunity.
	CommunityID string `url:"-"`
	// Page is the number of the page, from 1 on.
	Page int `url:"page,omitempty"`
	// Skip is the number of users to skip, for a server that counts this way
	// instead of by pages.
	Skip int `url:"skip,omitempty"`
	// Limit is the maximum number of users on a page.
	Limit int `url:"limit,omitempty"`
	// Search is a text that the users must contain.
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
// Key: bearer token.
// Retried: yes.
// Operation: application.communityUsers.list
// Certainty: path, parameters and response are assumed.
func (s *CommunityUsersService) List(ctx context.Context, params ListCommunityUsersParams) (page.Page[User], error) {
	return rest.List[User](ctx, s.caller, communityUsersList, s.listRequest(params))
}

// All iterates over the users of a community, from the page of the parameters
// on. It requests the next page when it is needed, and ends after the first
// error, which is the last pair. It fails with returningai.ErrUnexpectedResponse
// if a page comes again, or if the list ends before its total.
//
// Key: bearer token.
// Retried: yes.
// Operation: application.communityUsers.list
// Certainty: path, parameters and response are assumed.
func (s *CommunityUsersService) All(ctx context.Context, params ListCommunityUsersParams) iter.Seq2[User, error] {
	return rest.All[User](ctx, s.caller, communityUsersList, s.listRequest(params))
}

func (s *CommunityUsersService) listRequest(params ListCommunityUsersParams) rest.Request {
	request := s.request(params.CommunityID)
	request.Query = params
	return request
}

// GetCommunityUserParams selects attributes of a user of a community.
type GetCommunityUserParams struct {
	// CommunityID is the community. Optional with returningai.WithCommunity.
	CommunityID string
	// Attributes are the attributes to return. By default the server chooses,
	// which is assumed to mean all of them.
	Attributes []UserAttribute
}

var communityUsersGet = rest.Define(rest.Operation{
	ID: "application.communityUsers.get", GoMethod: "Application.CommunityUsers.Get",
	Family: rest.Application, Method: "GET", Path: "/communities/{communityId}/users/{userId}",
	Idempotent:     true,
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed,
})

// Get returns a user of a community. That it takes attributes like
// [UsersService.Get] is assumed.
//
// Key: bearer token.
// Retried: yes.
// Operation: application.communityUsers.get
// Certainty: path, parameters and response are assumed.
func (s *CommunityUsersService) Get(ctx context.Context, userObjectID string, params GetCommunityUserParams) (User, error) {
	request := s.request(params.CommunityID, userObjectID)
	selectAttributes(&request, params.Attributes)
	return rest.Do[User](ctx, s.caller, communityUsersGet, request)
}
