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
// They need a bearer token. Nearly all work on one community, whose id stands
// in its settings under Appearance: it is the one given to
// returningai.WithCommunity, unless the parameters of a call name another.
//
// A user's id is, in the whole family, the 24 hex characters of [User.ID],
// which the Integration family's user info answers as "_id".
package application

import (
	"context"

	"github.com/returningai/returningai-go/internal/rest"
)

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

// New returns the services on top of a client, with the community that calls
// mean when they name none. It is called by the root package; use
// returningai.New.
func New(caller rest.Caller, defaultCommunity string) *Services {
	shared := communityService{caller, defaultCommunity}
	return &Services{
		CommunityUsers: &CommunityUsersService{shared},
		FieldHistories: &FieldHistoriesService{shared},
		UserFields:     &UserFieldsService{shared},
		Users:          &UsersService{caller},
	}
}

// CommunityParams are the parameters of a call that needs to know nothing but
// the community.
type CommunityParams struct {
	// CommunityID is the community. Optional with returningai.WithCommunity.
	CommunityID string
}

// communityService is what the services that work on a community share.
type communityService struct {
	caller           rest.Caller
	defaultCommunity string
}

// request begins the request of a call on a community: the one that its
// parameters name, else the client's. The ids fill the placeholders after the
// community's own.
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

// Page is one page of a list. Which of its numbers the server answers differs:
// those that it leaves out are nil.
type Page[T any] struct {
	// Items are the items of this page. After the last page come empty ones.
	Items []T
	// Page is the number of this page. The first is 1 (assumed).
	Page *int
	// Skip is how many items stand before this page.
	Skip *int
	// Limit is how many items a page holds at most.
	Limit *int
	// Total is how many items the list holds.
	Total *int
}

// listPage performs a list operation once.
func listPage[T any](ctx context.Context, caller rest.Caller, op *rest.Operation, request rest.Request) (Page[T], error) {
	answer, err := rest.DoAnswer[[]T](ctx, caller, op, request)
	meta := answer.Meta
	return Page[T]{Items: answer.Data, Page: meta.Page, Skip: meta.Skip, Limit: meta.Limit, Total: meta.Total}, err
}
