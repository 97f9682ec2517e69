package integration

import (
	"context"
	"iter"
	"slices"

	"github.com/returningai/returningai-go/internal/rest"
	"github.com/returningai/returningai-go/page"
)

// UserFilter selects users, and columns of them.
type UserFilter struct {
	// Fields are the columns of the rows. At least one is required.
	Fields []Column
	// Filter holds the conditions that the users must meet; none finds all. A
	// column may have one condition, or two that are the ends of one range.
	Filter []Condition
	// Cursor is where the page begins, from NextCursor of the previous page.
	// Without Cursor and Page, the list begins at the first user (assumed).
	Cursor string
	// Page is the number of the page, from 1 on. It excludes Cursor.
	Page int
}

// userFilterBody is a [UserFilter] as JSON.
type userFilterBody struct {
	Fields []Column       `json:"fields"`
	Filter map[Column]any `json:"filter"`
	Cursor string         `json:"cursor,omitzero"`
	Page   int            `json:"page,omitzero"`
}

func (f UserFilter) request() rest.Request {
	filter, problems := combine(f.Filter)
	if len(f.Fields) == 0 {
		problems.Add("Fields", "must name at least one column")
	}
	if f.Cursor != "" && f.Page != 0 {
		problems.Add("Cursor", "must not be given together with Page")
		problems.Add("Page", "must not be given together with Cursor")
	}
	return rest.Request{Body: userFilterBody{f.Fields, filter, f.Cursor, f.Page}, Problems: problems}
}

var usersList = rest.Define(rest.Operation{
	ID: "integration.users.filter", GoMethod: "Integration.Users.List",
	Family: rest.Integration, Method: "POST", Path: "/users/filter",
	Permission: "getUserData", Docs: rest.DocsPage("get-users-with-filter"),
	Idempotent: true, Reads: true,
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed, PermissionCertainty: rest.Assumed,
})

// usersPerPage is the length of a full page.
const usersPerPage = 200

// List returns one page of the users that meet the conditions, at most 200
// users. Select a page by its number, or by a cursor of the previous page, but
// not by both; [UsersService.All] does the latter.
//
// Columns, conditions and both ways of paging are documented. That all
// conditions must be met, and that a row is an object with a field for each
// column, is assumed. Rows and cursor are searched in several places of the
// response.
//
// Key: bearer token with permission getUserData.
// Retried: yes.
// Operation: integration.users.filter
// API docs: https://dev.returning.ai/get-users-with-filter
// Certainty: path, parameters, response and permission are assumed.
func (s *UsersService) List(ctx context.Context, filter UserFilter) (page.Page[UserRow], error) {
	return rest.List[UserRow](ctx, s.caller, usersList, filter.request())
}

// All iterates over the users that meet the conditions, from the filter's
// cursor or page on. It holds one page of 200 users at a time:
//
//	for row, err := range client.Integration.Users.All(ctx, filter) {
//		if err != nil {
//			return err // the iteration has ended
//		}
//		…
//	}
//
// Leaving the loop early sends no further request. It fails with
// returningai.ErrUnexpectedResponse if a cursor or a page comes again, after
// several empty pages in a row, or if the list ends before its total. The
// result can be ranged over again, which starts from the beginning. It does not
// see later changes to the filter.
//
// If the responses count pages but not how many there are, an empty page ends
// the list. If a first page of 200 users says nothing about what follows, the
// second is requested by its number.
//
// Key: bearer token with permission getUserData.
// Retried: yes.
// Operation: integration.users.filter
// API docs: https://dev.returning.ai/get-users-with-filter
// Certainty: path, parameters, response and permission are assumed.
func (s *UsersService) All(ctx context.Context, filter UserFilter) iter.Seq2[UserRow, error] {
	filter.Fields, filter.Filter = slices.Clone(filter.Fields), slices.Clone(filter.Filter)
	return rest.Walk(ctx, s.caller, rest.Listing[UserRow]{
		Op: usersList, First: rest.Position{Cursor: filter.Cursor, Page: filter.Page}, PerPage: usersPerPage,
		Request: func(at rest.Position) rest.Request {
			asked := filter
			asked.Cursor, asked.Page = at.Cursor, at.Page
			return asked.request()
		},
	})
}
