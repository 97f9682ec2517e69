package integration

import (
	"context"
	"encoding/json"
	"iter"
	"slices"

	"github.com/returningai/returningai-go/internal/rest"
)

// IdentifierType says what an identifier of a user is. Other types than the
// constant may exist.
type IdentifierType string

// IdentifierEmail is the only known type.
const IdentifierEmail IdentifierType = "email"

// GamificationHistoryParams says of whom and of which day the history is
// wanted.
type GamificationHistoryParams struct {
	// Identifiers are the users. At least one is required.
	Identifiers []string
	// IdentifierType is what the identifiers are. Required.
	IdentifierType IdentifierType
	// Date is the day. Required.
	Date Date
	// Page is the number of the page, from 1 on. That it may be left out, for
	// the first page, is assumed.
	Page int
	// Limit is the number of users on a page. That it may be left out is
	// assumed.
	Limit int
}

// gamificationHistoryBody is GamificationHistoryParams on the wire.
type gamificationHistoryBody struct {
	Identifiers    []string       `json:"identifier"`
	IdentifierType IdentifierType `json:"identifier_type"`
	Date           string         `json:"date"`
	Page           int            `json:"page,omitzero"`
	Limit          int            `json:"limit,omitzero"`
}

func (p GamificationHistoryParams) request() rest.Request {
	var problems rest.Problems
	if len(p.Identifiers) == 0 {
		problems.Add("Identifiers", "must name at least one user")
	}
	problems.Require("IdentifierType", string(p.IdentifierType))
	if p.Date.IsZero() {
		problems.Add("Date", "must not be empty")
	}
	body := gamificationHistoryBody{p.Identifiers, p.IdentifierType, p.Date.format(dayFirst), p.Page, p.Limit}
	return rest.Request{Body: body, Problems: problems}
}

// GamificationHistory is what users earned on a day.
type GamificationHistory struct {
	Date       Date       `json:"date,omitzero"`
	Pagination Pagination `json:"pagination,omitzero"`
	Results    []Earnings `json:"results,omitzero"`
	// Extra holds the members that this package does not know.
	Extra map[string]json.RawMessage `json:",embed"`
}

type gamificationHistoryJSON GamificationHistory

// MarshalJSON writes the history with all members, the unknown ones included.
func (h GamificationHistory) MarshalJSON() ([]byte, error) {
	return rest.MarshalAnswer(gamificationHistoryJSON(h))
}

// UnmarshalJSON reads a history leniently, and keeps unknown members.
func (h *GamificationHistory) UnmarshalJSON(data []byte) error {
	return rest.UnmarshalAnswer(data, (*gamificationHistoryJSON)(h))
}

// Pagination says which part of a list a page is.
type Pagination struct {
	Page  int `json:"page,omitzero"`
	Limit int `json:"limit,omitzero"`
	// Total is the length of the list.
	Total      int `json:"total,omitzero"`
	TotalPages int `json:"total_pages,omitzero"`
	// Found is how many of the identifiers are users. That it means this is
	// assumed.
	Found int `json:"found,omitzero"`
	// Extra holds the members that this package does not know.
	Extra map[string]json.RawMessage `json:",embed"`
}

type paginationJSON Pagination

// MarshalJSON writes the pagination with all members, the unknown ones
// included.
func (p Pagination) MarshalJSON() ([]byte, error) { return rest.MarshalAnswer(paginationJSON(p)) }

// UnmarshalJSON reads a pagination leniently, and keeps unknown members.
func (p *Pagination) UnmarshalJSON(data []byte) error {
	return rest.UnmarshalAnswer(data, (*paginationJSON)(p))
}

// Earnings are the coins and the experience points that a user earned.
type Earnings struct {
	// Identifier and UserID, an object id, say whose earnings these are. They
	// are empty in the answer for one user.
	Identifier string `json:"identifier,omitzero"`
	UserID     string `json:"user_id,omitzero"`
	// Date is the day, zero for a total.
	Date Date `json:"date,omitzero"`
	// Coins and XP need not be whole numbers: that they are is not documented.
	Coins float64 `json:"coins,omitzero"`
	XP    float64 `json:"xp,omitzero"`
	// Extra holds the members that this package does not know.
	Extra map[string]json.RawMessage `json:",embed"`
}

type earningsJSON Earnings

// MarshalJSON writes the earnings with all members, the unknown ones included.
func (e Earnings) MarshalJSON() ([]byte, error) { return rest.MarshalAnswer(earningsJSON(e)) }

// UnmarshalJSON reads earnings leniently, and keeps unknown members.
func (e *Earnings) UnmarshalJSON(data []byte) error {
	return rest.UnmarshalAnswer(data, (*earningsJSON)(e))
}

var usersGamificationHistory = rest.Define(rest.Operation{
	ID: "integration.users.gamificationHistory", GoMethod: "Integration.Users.GamificationHistory",
	Family: rest.Integration, Method: "POST", Path: "/users/activity/daily",
	Permission: "getUserStats", Docs: rest.DocsPage("get-user-gamification-history"),
	Idempotent: true, Reads: true,
	RouteCertainty: rest.Documented, BodyCertainty: rest.Documented, PermissionCertainty: rest.Assumed,
})

// GamificationHistory returns what users earned on a day, one page of them.
//
// That it needs the permission getUserStats is assumed.
//
// Operation: integration.users.gamificationHistory
//
// API docs: https://dev.returning.ai/get-user-gamification-history
func (s *UsersService) GamificationHistory(ctx context.Context, params GamificationHistoryParams) (GamificationHistory, error) {
	return rest.Do[GamificationHistory](ctx, s.caller, usersGamificationHistory, params.request())
}

// AllGamificationHistory iterates over what users earned on a day, from the
// page of the parameters on. It holds one page at a time. Where the answers do
// not say how many pages there are, it ends after an empty one, or when as many
// results have come as there are identifiers. See [UsersService.All] for what
// is an error.
func (s *UsersService) AllGamificationHistory(ctx context.Context, params GamificationHistoryParams) iter.Seq2[Earnings, error] {
	params.Identifiers = slices.Clone(params.Identifiers)
	return rest.Walk(ctx, s.caller, usersGamificationHistory, rest.Position{Page: params.Page}, func(at rest.Position) rest.Request {
		asked := params
		asked.Page = at.Page
		return asked.request()
	}, func(_ rest.Position, answer *rest.Answer[GamificationHistory]) (rest.Page[Earnings], *rest.Failure) {
		page := rest.Page[Earnings]{Items: answer.Data.Results, Pages: answer.Data.Pagination.pages(), Total: new(len(params.Identifiers))}
		if number := answer.Data.Pagination.Page; number != 0 {
			page.Page = &number
		}
		return page, nil
	})
}

// pages returns how many pages there are, 0 where that is not known.
func (p Pagination) pages() int {
	if p.TotalPages == 0 && p.Total > 0 && p.Limit > 0 {
		return (p.Total + p.Limit - 1) / p.Limit
	}
	return p.TotalPages
}

// UserActivityParams says of whom, and of how many days, something is wanted.
type UserActivityParams struct {
	// Identifier is the user. Required.
	Identifier string `json:"identifier" url:"identifier"`
	// IdentifierType is what the identifier is. Required.
	IdentifierType IdentifierType `json:"identifier_type" url:"identifier_type"`
	// Days is the number of days, up to today. Required.
	Days int `json:"days" url:"days"`
}

func (p UserActivityParams) problems() (problems rest.Problems) {
	problems.Require("Identifier", p.Identifier)
	problems.Require("IdentifierType", string(p.IdentifierType))
	if p.Days == 0 {
		problems.Add("Days", "must not be 0")
	}
	return problems
}

// DateRange is a range of days, both of its ends included.
type DateRange struct {
	Start Date `json:"start_date,omitzero"`
	End   Date `json:"end_date,omitzero"`
	// Extra holds the members that this package does not know.
	Extra map[string]json.RawMessage `json:",embed"`
}

type dateRangeJSON DateRange

// MarshalJSON writes the range with all members, the unknown ones included.
func (r DateRange) MarshalJSON() ([]byte, error) { return rest.MarshalAnswer(dateRangeJSON(r)) }

// UnmarshalJSON reads a range leniently, and keeps unknown members.
func (r *DateRange) UnmarshalJSON(data []byte) error {
	return rest.UnmarshalAnswer(data, (*dateRangeJSON)(r))
}

// GamificationHistoryOfUser is what a user earned in a range of days.
type GamificationHistoryOfUser struct {
	// UserID is the user.
	UserID string     `json:"user_id,omitzero"`
	Range  DateRange  `json:"range,omitzero"`
	Totals Earnings   `json:"totals,omitzero"`
	Days   []Earnings `json:"daily_stats,omitzero"`
	// Extra holds the members that this package does not know.
	Extra map[string]json.RawMessage `json:",embed"`
}

type gamificationHistoryOfUserJSON GamificationHistoryOfUser

// MarshalJSON writes the history with all members, the unknown ones included.
func (h GamificationHistoryOfUser) MarshalJSON() ([]byte, error) {
	return rest.MarshalAnswer(gamificationHistoryOfUserJSON(h))
}

// UnmarshalJSON reads a history leniently, and keeps unknown members.
func (h *GamificationHistoryOfUser) UnmarshalJSON(data []byte) error {
	return rest.UnmarshalAnswer(data, (*gamificationHistoryOfUserJSON)(h))
}

var usersGamificationHistoryOfUser = rest.Define(rest.Operation{
	ID: "integration.users.gamificationHistoryOfUser", GoMethod: "Integration.Users.GamificationHistoryOfUser",
	Family: rest.Integration, Method: "GET", Path: "/users/activity/daily",
	Permission: "getUserStats", Docs: rest.DocsPage("get-user-gamification-history"),
	Idempotent:     true,
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Documented, PermissionCertainty: rest.Assumed,
})

// GamificationHistoryOfUser returns what a user earned on each of the last
// days. It is the older form of the operation, documented until late 2025, and
// the only one for several days at once;
// [UsersService.GamificationHistory] is the current one.
//
// That it is still served, its path, and that it needs the permission
// getUserStats are assumed.
//
// Operation: integration.users.gamificationHistoryOfUser
//
// API docs: https://dev.returning.ai/get-user-gamification-history
func (s *UsersService) GamificationHistoryOfUser(ctx context.Context, params UserActivityParams) (GamificationHistoryOfUser, error) {
	return rest.Do[GamificationHistoryOfUser](ctx, s.caller, usersGamificationHistoryOfUser, rest.Request{Query: params, Problems: params.problems()})
}

// GamificationStats is what a user did in a range of days.
type GamificationStats struct {
	// UserID is the user's short id.
	UserID string     `json:"user_id,omitzero"`
	Range  DateRange  `json:"range,omitzero"`
	Totals Activity   `json:"totals,omitzero"`
	Days   []Activity `json:"daily_stats,omitzero"`
	// Extra holds the members that this package does not know.
	Extra map[string]json.RawMessage `json:",embed"`
}

type gamificationStatsJSON GamificationStats

// MarshalJSON writes the statistics with all members, the unknown ones
// included.
func (s GamificationStats) MarshalJSON() ([]byte, error) {
	return rest.MarshalAnswer(gamificationStatsJSON(s))
}

// UnmarshalJSON reads statistics leniently, and keeps unknown members.
func (s *GamificationStats) UnmarshalJSON(data []byte) error {
	return rest.UnmarshalAnswer(data, (*gamificationStatsJSON)(s))
}

// Activity counts what a user did.
type Activity struct {
	// Date is the day, zero for a total.
	Date      Date `json:"date,omitzero"`
	Messages  int  `json:"messages,omitzero"`
	Replies   int  `json:"replies,omitzero"`
	Reactions int  `json:"reaction,omitzero"`
	Socials   int  `json:"socials,omitzero"`
	// Extra holds the members that this package does not know.
	Extra map[string]json.RawMessage `json:",embed"`
}

type activityJSON Activity

// MarshalJSON writes the activity with all members, the unknown ones included.
func (a Activity) MarshalJSON() ([]byte, error) { return rest.MarshalAnswer(activityJSON(a)) }

// UnmarshalJSON reads an activity leniently, and keeps unknown members.
func (a *Activity) UnmarshalJSON(data []byte) error {
	return rest.UnmarshalAnswer(data, (*activityJSON)(a))
}

var usersGamificationStats = rest.Define(rest.Operation{
	ID: "integration.users.gamificationStats", GoMethod: "Integration.Users.GamificationStats",
	Family: rest.Integration, Method: "POST", Path: "/users/activity/stats",
	Permission: "getUserStats", Docs: rest.DocsPage("get-user-gamification-stats"),
	Idempotent: true, Reads: true,
	RouteCertainty: rest.Documented, BodyCertainty: rest.Documented, PermissionCertainty: rest.Assumed,
})

// GamificationStats returns what a user did on each of the last days.
//
// That it needs the permission getUserStats is assumed.
//
// Operation: integration.users.gamificationStats
//
// API docs: https://dev.returning.ai/get-user-gamification-stats
func (s *UsersService) GamificationStats(ctx context.Context, params UserActivityParams) (GamificationStats, error) {
	return rest.Do[GamificationStats](ctx, s.caller, usersGamificationStats, rest.Request{Body: params, Problems: params.problems()})
}
