package returningaitest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

func (s *Server) usersActivityRoutes() []*route {
	return []*route{{
		operation:  "integration.users.gamificationHistory",
		family:     Integration,
		method:     http.MethodPost,
		pattern:    "/users/activity/daily",
		permission: PermissionGetUserStats,
		serve:      s.dailyHistory,
	}, {
		operation:  "integration.users.gamificationHistoryOfUser",
		family:     Integration,
		method:     http.MethodGet,
		pattern:    "/users/activity/daily",
		permission: PermissionGetUserStats,
		serve:      s.historyOfUser,
	}, {
		operation:  "integration.users.gamificationStats",
		family:     Integration,
		method:     http.MethodPost,
		pattern:    "/users/activity/stats",
		permission: PermissionGetUserStats,
		serve:      s.activityStats,
	}}
}

// Activity is what a user did and earned on a day.
type Activity struct {
	Day       time.Time // any time of the day, in UTC
	Coins     float64
	XP        float64
	Messages  int
	Replies   int
	Reactions int
	Socials   int
}

// activityStore holds activities by user id and day.
type activityStore struct {
	of map[string]map[string]Activity
}

// The ways in which the API writes days.
const (
	dayKey   = "2006-01-02" // in statistics, and here
	dayFirst = "02/01/2006" // in the daily history
)

func (a *activityStore) on(userID string, day time.Time) Activity {
	return a.of[userID][day.UTC().Format(dayKey)]
}

// AddActivity adds to what a user did and earned on a day. The user's own XP
// and Coins stay what they are. It panics when there is no such user.
func (s *Server) AddActivity(usernameOrEmail string, more Activity) {
	s.mu.Lock()
	defer s.mu.Unlock()
	user := s.mustUser("AddActivity", usernameOrEmail)
	store := &s.state.activity
	if store.of == nil {
		store.of = map[string]map[string]Activity{}
	}
	if store.of[user.ID] == nil {
		store.of[user.ID] = map[string]Activity{}
	}
	store.of[user.ID][more.Day.UTC().Format(dayKey)] = store.on(user.ID, more.Day).plus(more)
}

func (a Activity) plus(more Activity) Activity {
	return Activity{
		Day: more.Day, Coins: a.Coins + more.Coins, XP: a.XP + more.XP,
		Messages: a.Messages + more.Messages, Replies: a.Replies + more.Replies,
		Reactions: a.Reactions + more.Reactions, Socials: a.Socials + more.Socials,
	}
}

// usualHistoryLimit is the length of a page when the request does not say
// (assumed).
const usualHistoryLimit = 100

// dailyHistory answers what users earned on a day. Assumed: page 1 and a limit
// unless given, users without anything on that day with zeros, no results for
// identifiers that are no users, total as the number of identifiers and found
// as that of users.
func (s *Server) dailyHistory(c *call) (result, error) {
	body, err := c.members()
	if err != nil {
		return result{}, err
	}
	identifiers := needed[[]string](body, "identifier")
	if len(identifiers) == 0 && !body.lacks("identifier") {
		body.note("identifier must not be empty")
	}
	checkIdentifierType(body, needed[string](body, "identifier_type"))
	day, err := time.Parse(dayFirst, needed[string](body, "date"))
	if err != nil && !body.lacks("date") {
		body.note("date must be written DD/MM/YYYY")
	}
	page, limit := atLeastOne(body, "page", 1), atLeastOne(body, "limit", usualHistoryLimit)
	if err := body.problem(); err != nil {
		return result{}, err
	}
	found := []map[string]any{}
	for _, email := range identifiers {
		if user := s.byEmail(email); user != nil {
			earned := s.state.activity.on(user.ID, day)
			found = append(found, map[string]any{
				"identifier": email, "user_id": user.ID, "date": day.Format(dayFirst), "coins": earned.Coins, "xp": earned.XP,
			})
		}
	}
	first := min((page-1)*limit, len(found))
	return result{data: map[string]any{
		"date": day.Format(dayFirst),
		"pagination": map[string]any{
			"page": page, "limit": limit, "total": len(identifiers), "total_pages": (len(found) + limit - 1) / limit, "found": len(found),
		},
		"results": found[first:min(first+limit, len(found))],
	}}, nil
}

// atLeastOne reads a number that counts from 1.
func atLeastOne(body *members, name string, otherwise int) int {
	number, isGiven := given[int](body, name)
	switch {
	case !isGiven:
		return otherwise
	case number < 1 || number > 1<<20:
		body.note(name + " must be between 1 and 1048576")
	}
	return number
}

// checkIdentifierType notes a type that is not known. Only email is.
func checkIdentifierType(body *members, kind string) {
	if kind != "email" && !body.lacks("identifier_type") {
		body.note("identifier_type must be email")
	}
}

// byEmail finds a user who is not deleted.
func (s *Server) byEmail(email string) *User {
	user := s.state.users.named(email)
	if user == nil || user.Deleted || user.Email != email {
		return nil
	}
	return user
}

// historyOfUser is the older form of the daily history: one user, several
// days, in a query.
func (s *Server) historyOfUser(c *call) (result, error) {
	body := &members{values: map[string]json.RawMessage{}}
	for name := range c.query {
		body.values[name], _ = json.Marshal(c.query.Get(name)) // a text can always be written
	}
	if days, err := strconv.Atoi(c.query.Get("days")); err == nil {
		body.values["days"] = json.RawMessage(strconv.Itoa(days))
	}
	user, days, err := s.userAndDays(c, body)
	if err != nil {
		return result{}, err
	}
	return result{data: s.report(user, days, user.ID, func(done Activity) map[string]any {
		return map[string]any{"coins": done.Coins, "xp": done.XP}
	})}, nil
}

// activityStats answers what a user did on each of the last days.
func (s *Server) activityStats(c *call) (result, error) {
	body, err := c.members()
	if err != nil {
		return result{}, err
	}
	user, days, err := s.userAndDays(c, body)
	if err != nil {
		return result{}, err
	}
	var shortID any = user.ShortID
	if number, err := strconv.ParseInt(user.ShortID, 10, 64); err == nil {
		shortID = number
	}
	return result{data: s.report(user, days, shortID, func(done Activity) map[string]any {
		return map[string]any{
			"messages": done.Messages, "replies": done.Replies, "reaction": done.Reactions, "socials": done.Socials,
		}
	})}, nil
}

// mostDays is how far back reports go (assumed).
const mostDays = 366

// userAndDays reads of whom and of which days a report is wanted. Assumed: 404
// for a user that does not exist or is deleted, and that the last day is today.
func (s *Server) userAndDays(c *call, body *members) (*User, []time.Time, error) {
	email := needed[string](body, "identifier")
	checkIdentifierType(body, needed[string](body, "identifier_type"))
	count := needed[int](body, "days")
	if !body.lacks("days") && (count < 1 || count > mostDays) {
		body.note("days must be between 1 and " + strconv.Itoa(mostDays))
	}
	if err := body.problem(); err != nil {
		return nil, nil, err
	}
	user := s.byEmail(email)
	if user == nil {
		return nil, nil, refuse(http.StatusNotFound, "user not found")
	}
	days := make([]time.Time, count)
	for i := range days {
		days[i] = c.now.AddDate(0, 0, i-count+1)
	}
	return user, days, nil
}

// report lists days and their sum, of which show makes the members.
func (s *Server) report(user *User, days []time.Time, userID any, show func(Activity) map[string]any) map[string]any {
	var total Activity
	list := make([]map[string]any, 0, len(days))
	for _, day := range days {
		done := s.state.activity.on(user.ID, day)
		total = total.plus(done)
		shown := show(done)
		shown["date"] = day.Format(dayKey)
		list = append(list, shown)
	}
	return map[string]any{
		"user_id":     userID,
		"range":       map[string]any{"start_date": days[0].Format(dayKey), "end_date": days[len(days)-1].Format(dayKey)},
		"totals":      show(total),
		"daily_stats": list,
	}
}
