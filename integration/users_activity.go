package integration

import (
	"context"
	"encoding/json"
	"iter"
	"slices"

	"github.com/returningai/returningai-go/internal/rest"
	"github.com/returningai/returningai-go/internal/wire"
	"github.com/returningai/returningai-go/page"
)

// IdentifierType is the type of an identifier of a user. The set is open.
type IdentifierType string

// IdentifierTypeEmail is the only known type.
const IdentifierTypeEmail IdentifierType = "email"

// GamificationHistoryParams selects users and a day.
type GamificationHistoryParams struct {
	// Identifiers are the users. At least one is required.
	Identifiers []string
	// IdentifierType is the type of the identifiers. Required.
	IdentifierType IdentifierType
	// Date is the day. Required.
	Date Date
	// Page is the number of the page, from 1 on. Optional (assumed), for the
	// first page.
	Page int
	// Limit is the number of users on a page. Optional (assumed).
	Limit int
}

// gamificationHistoryBody is GamificationHistoryParams as JSON.
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

// Earnings are the coins and the experience points that a user earned.
type Earnings struct {
	// Identifier and UserObjectID say whose earnings these are. They are empty
	// in a response for one user.
	Identifier   string `json:"identifier,omitzero"`
	UserObjectID string `json:"user_id,omitzero"`
	// Date is the day, zero for a total.
	Date Date `json:"date,omitzero"`
	// That Coins and XP are whole numbers is not documented.
	Coins float64 `json:"coins,omitzero"`
	XP    float64 `json:"xp,omitzero"`
	// Extra holds unknown fields, and values that could not be parsed.
	Extra map[string]json.RawMessage `json:",embed"`
}

var usersGamificationHistory = rest.Define(rest.Operation{
	ID: "integration.users.gamificationHistory", GoMethod: "Integration.Users.GamificationHistory",
	Family: rest.Integration, Method: "POST", Path: "/users/activity/daily",
	Permission: "getUserStats", Docs: rest.DocsPage("get-user-gamification-history"),
	Idempotent: true, Reads: true,
	RouteCertainty: rest.Documented, BodyCertainty: rest.Documented, PermissionCertainty: rest.Assumed,
})

// GamificationHistory returns what users earned on a day, one page of them. The
// page's Extra has "found", the number of identifiers that are users (assumed).
//
// Key: bearer token with permission getUserStats.
// Retried: yes.
// Operation: integration.users.gamificationHistory
// API docs: https://dev.returning.ai/get-user-gamification-history
// Certainty: permission is assumed.
func (s *UsersService) GamificationHistory(ctx context.Context, params GamificationHistoryParams) (page.Page[Earnings], error) {
	earned, err := rest.List[Earnings](ctx, s.caller, usersGamificationHistory, params.request())
	addDate(&earned)
	return earned, err
}

// AllGamificationHistory iterates over what users earned on a day, from the
// page of the parameters on. It holds one page at a time. See [UsersService.All]
// for how it ends.
//
// Key: bearer token with permission getUserStats.
// Retried: yes.
// Operation: integration.users.gamificationHistory
// API docs: https://dev.returning.ai/get-user-gamification-history
// Certainty: permission is assumed.
func (s *UsersService) AllGamificationHistory(ctx context.Context, params GamificationHistoryParams) iter.Seq2[Earnings, error] {
	params.Identifiers = slices.Clone(params.Identifiers)
	return rest.Walk(ctx, s.caller, rest.Listing[Earnings]{
		Op: usersGamificationHistory, First: rest.Position{Page: params.Page}, AtMost: len(params.Identifiers), Adjust: countIdentifiers,
		Request: func(at rest.Position) rest.Request {
			asked := params
			asked.Page = at.Page
			return asked.request()
		},
	})
}

// countIdentifiers prepares a page for the iteration. Its total counts the
// identifiers, of which only those that are users have an item.
func countIdentifiers(earned *page.Page[Earnings]) {
	addDate(earned)
	total, limit := earned.Total, earned.Limit
	if earned.Pages == nil && total != nil && limit != nil && *limit > 0 {
		earned.Pages = new((*total + *limit - 1) / *limit)
	}
	earned.Total = nil
}

// addDate gives the day of the whole page to earnings without one.
func addDate(earned *page.Page[Earnings]) {
	var date Date
	if raw, ok := earned.Extra["date"]; ok && wire.Unmarshal(raw, &date) == nil && !date.IsZero() {
		delete(earned.Extra, "date")
		for i := range earned.Items {
			if earned.Items[i].Date.IsZero() {
				earned.Items[i].Date = date
			}
		}
	}
}

// UserActivityParams selects a user and a number of days.
type UserActivityParams struct {
	// Identifier is the user. Required.
	Identifier string `json:"identifier" url:"identifier"`
	// IdentifierType is the type of the identifier. Required.
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

// DateRange is a range of days that includes both ends.
type DateRange struct {
	Start Date `json:"start_date,omitzero"`
	End   Date `json:"end_date,omitzero"`
	// Extra holds unknown fields, and values that could not be parsed.
	Extra map[string]json.RawMessage `json:",embed"`
}

// LegacyGamificationHistory holds the earnings of a user in a range of days.
type LegacyGamificationHistory struct {
	// UserID is the user. The kind of the id is not documented.
	UserID string     `json:"user_id,omitzero"`
	Range  DateRange  `json:"range,omitzero"`
	Totals Earnings   `json:"totals,omitzero"`
	Days   []Earnings `json:"daily_stats,omitzero"`
	// Extra holds unknown fields, and values that could not be parsed.
	Extra map[string]json.RawMessage `json:",embed"`
}

var usersLegacyGamificationHistory = rest.Define(rest.Operation{
	ID: "integration.users.gamificationHistoryOfUser", GoMethod: "Integration.Users.LegacyGamificationHistory",
	Family: rest.Integration, Method: "GET", Path: "/users/activity/daily",
	Permission: "getUserStats", Docs: rest.DocsPage("get-user-gamification-history"),
	Idempotent:     true,
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Documented, PermissionCertainty: rest.Assumed,
})

// LegacyGamificationHistory returns what a user earned on each of the last days.
// It is the older GET form of [UsersService.GamificationHistory], documented
// until late 2025, and the only one for several days at once. That the API
// still serves it is assumed.
//
// Key: bearer token with permission getUserStats.
// Retried: yes.
// Operation: integration.users.gamificationHistoryOfUser
// API docs: https://dev.returning.ai/get-user-gamification-history
// Certainty: path and permission are assumed.
func (s *UsersService) LegacyGamificationHistory(ctx context.Context, params UserActivityParams) (LegacyGamificationHistory, error) {
	return rest.Do[LegacyGamificationHistory](ctx, s.caller, usersLegacyGamificationHistory, rest.Request{Query: params, Problems: params.problems()})
}

// GamificationStats holds the activity of a user in a range of days.
type GamificationStats struct {
	// UserID is the user number.
	UserID string     `json:"user_id,omitzero"`
	Range  DateRange  `json:"range,omitzero"`
	Totals Activity   `json:"totals,omitzero"`
	Days   []Activity `json:"daily_stats,omitzero"`
	// Extra holds unknown fields, and values that could not be parsed.
	Extra map[string]json.RawMessage `json:",embed"`
}

// Activity counts what a user did.
type Activity struct {
	// Date is the day, zero for a total.
	Date      Date `json:"date,omitzero"`
	Messages  int  `json:"messages,omitzero"`
	Replies   int  `json:"replies,omitzero"`
	Reactions int  `json:"reaction,omitzero"`
	Socials   int  `json:"socials,omitzero"`
	// Extra holds unknown fields, and values that could not be parsed.
	Extra map[string]json.RawMessage `json:",embed"`
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
// Key: bearer token with permission getUserStats.
// Retried: yes.
// Operation: integration.users.gamificationStats
// API docs: https://dev.returning.ai/get-user-gamification-stats
// Certainty: permission is assumed.
func (s *UsersService) GamificationStats(ctx context.Context, params UserActivityParams) (GamificationStats, error) {
	return rest.Do[GamificationStats](ctx, s.caller, usersGamificationStats, rest.Request{Body: params, Problems: params.problems()})
}
