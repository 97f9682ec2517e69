package wire

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/returningai/returningai-go/returningaitest/internal/community"
)

const (
	dayFirst            = "02/01/2006" // the format of days in the daily history
	defaultHistoryLimit = 100          // assumed
	maxDays             = 366          // how far back reports go (assumed)
)

// dailyHistory returns what users earned on a day. Assumed: page 1 and a limit
// by default, zeros for users without activity, no results for unknown
// identifiers, total as the number of identifiers and found as that of users.
func dailyHistory(c *Call) Result {
	f := c.fields()
	identifiers := required[[]string](f, "identifier")
	if len(identifiers) == 0 && !f.lacks("identifier") {
		f.note("identifier must not be empty")
	}
	checkIdentifierType(f)
	day, err := time.Parse(dayFirst, required[string](f, "date"))
	if err != nil && !f.lacks("date") {
		f.note("date must be written DD/MM/YYYY")
	}
	page, limit := atLeastOne(f, "page", 1), atLeastOne(f, "limit", defaultHistoryLimit)
	f.check()
	found := []map[string]any{}
	for _, email := range identifiers {
		if user, err := c.Community.Users.WithEmail(email); err == nil {
			earned := c.Community.ActivityOn(user.ID, day)
			found = append(found, map[string]any{
				"identifier": email, "user_id": user.ID, "date": day.Format(dayFirst), "coins": earned.Coins, "xp": earned.XP,
			})
		}
	}
	first := int(min(int64(page-1)*int64(limit), int64(len(found))))
	return Result{data: map[string]any{
		"date": day.Format(dayFirst),
		"pagination": map[string]any{
			"page": page, "limit": limit, "total": len(identifiers), "total_pages": (len(found) + limit - 1) / limit, "found": len(found),
		},
		"results": found[first:min(first+limit, len(found))],
	}}
}

// atLeastOne reads a number that counts from 1.
func atLeastOne(f *fields, name string, byDefault int) int {
	number, isGiven := optional[int](f, name)
	switch {
	case !isGiven:
		return byDefault
	case number < 1 || number > 1<<20:
		f.note("%s must be between 1 and 1048576", name)
	}
	return number
}

// checkIdentifierType accepts the only known type, email.
func checkIdentifierType(f *fields) {
	if kind := required[string](f, "identifier_type"); kind != "email" && !f.lacks("identifier_type") {
		f.note("identifier_type must be email")
	}
}

// historyOfUser is the older form of the daily history: one user and several
// days in a query.
func historyOfUser(c *Call) Result {
	f := &fields{values: map[string]json.RawMessage{}}
	for name := range c.Query {
		f.values[name] = MustMarshal(c.Query.Get(name))
	}
	if days, err := strconv.Atoi(c.Query.Get("days")); err == nil {
		f.values["days"] = json.RawMessage(strconv.Itoa(days))
	}
	user, days := readReport(c, f)
	return Result{data: report(c, user, days, user.ID, func(a community.Activity) map[string]any {
		return map[string]any{"coins": a.Coins, "xp": a.XP}
	})}
}

// activityStats returns what a user did on each of the last days.
func activityStats(c *Call) Result {
	user, days := readReport(c, c.fields())
	return Result{data: report(c, user, days, userNumber(user), func(a community.Activity) map[string]any {
		return map[string]any{"messages": a.Messages, "replies": a.Replies, "reaction": a.Reactions, "socials": a.Socials}
	})}
}

// userNumber is the user number as a JSON number, if it is one.
func userNumber(user *community.User) any {
	if number, err := strconv.ParseInt(user.UserID, 10, 64); err == nil {
		return number
	}
	return user.UserID
}

// readReport reads the user and the days of a report. Assumed: 404 for a user
// who does not exist or is deleted, and that the last day is today.
func readReport(c *Call, f *fields) (*community.User, []time.Time) {
	email := required[string](f, "identifier")
	checkIdentifierType(f)
	count := required[int](f, "days")
	if !f.lacks("days") && (count < 1 || count > maxDays) {
		f.note("days must be between 1 and %d", maxDays)
	}
	f.check()
	user := check(c.Community.Users.WithEmail(email))
	days := make([]time.Time, count)
	for i := range days {
		days[i] = c.Community.Now().AddDate(0, 0, i-count+1)
	}
	return user, days
}

// report lists days and their sum. The function show selects the fields.
func report(c *Call, user *community.User, days []time.Time, userID any, show func(community.Activity) map[string]any) map[string]any {
	var total community.Activity
	list := make([]map[string]any, 0, len(days))
	for _, day := range days {
		activity := c.Community.ActivityOn(user.ID, day)
		total = total.Plus(activity)
		shown := show(activity)
		shown["date"] = day.Format(time.DateOnly)
		list = append(list, shown)
	}
	return map[string]any{
		"user_id":     userID,
		"range":       map[string]any{"start_date": days[0].Format(time.DateOnly), "end_date": days[len(days)-1].Format(time.DateOnly)},
		"totals":      show(total),
		"daily_stats": list,
	}
}
