// Package application holds the services of the Application family: the users
// of a community, its user fields, and the histories of their values. All of
// them are reached through a client:
//
//	client, err := returningai.New(
//		returningai.WithBearer(token),
//		returningai.WithCommunity(communityID),
//	)
//	fields, err := client.Application.UserFields.List(ctx, application.CommunityParams{})
//
// They need a bearer token. Nearly all work on one community: the default of
// returningai.WithCommunity, or the CommunityID of a call's parameters. Find the
// ID in the community's settings, under Appearance.
//
// A userObjectID is the object id of a user, 24 hex digits: [User.ID], and the ID
// that Integration.Users.Get returns.
package application

import "github.com/returningai/returningai-go/internal/rest"

// Services are the services of the Application family.
type Services struct {
	// CommunityUsers lists and reads the users of a community.
	CommunityUsers *CommunityUsersService
	// FieldHistories reads and writes the histories of user field values.
	FieldHistories *FieldHistoriesService
	// UserFields manages the custom fields that a community's users have.
	UserFields *UserFieldsService
	// Users reads a user outside of any community.
	Users *UsersService
}

// New returns the services on top of a client, with a default community. It is
// called by the root package; use returningai.New.
func New(caller rest.Caller, defaultCommunity string) *Services {
	shared := communityService{caller, defaultCommunity}
	return &Services{
		CommunityUsers: &CommunityUsersService{shared},
		FieldHistories: &FieldHistoriesService{shared},
		UserFields:     &UserFieldsService{shared},
		Users:          &UsersService{caller},
	}
}

// CommunityParams are the parameters of a call that needs only the community.
type CommunityParams struct {
	// CommunityID is the community. Optional with returningai.WithCommunity.
	CommunityID string
}

// communityService is the part that services of a community share.
type communityService struct {
	caller           rest.Caller
	defaultCommunity string
}

// request begins the request of a call on a community. The ids fill the
// placeholders after the community's own.
func (s communityService) request(community string, ids ...string) rest.Request {
	if community == "" {
		community = s.defaultCommunity
	}
	request := rest.Request{Path: append([]string{community}, ids...)}
	if community == "" {
		request.Problems.Add("CommunityID", "must not be empty: give it, or give WithCommunity to New")
	}
	return request
}
