package wire

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/returningai/returningai-go/returningaitest/internal/community"
)

// usersPerPage is the documented size of a page of the user list.
const usersPerPage = 200

const usersListed = "Users have been fetched successfully"

// filterUsers returns a page of the user list. Assumed: the order in which
// users joined; the first page in cursor mode if neither cursor nor page is
// given; rows of only the selected columns, null where a user has no value;
// that any column name is accepted; that all conditions must hold, and that the
// position of the next page stands beside data.
func filterUsers(c *Call) Result {
	f := c.fields()
	columns := required[[]string](f, "fields")
	if len(columns) == 0 && !f.lacks("fields") {
		f.note("fields must not be empty")
	}
	conditions := userConditions(f)
	cursor, hasCursor := optional[string](f, "cursor")
	number, hasPage := optional[int](f, "page")
	position, known := readCursor(cursor)
	switch {
	case hasCursor && hasPage:
		f.note("cursor and page exclude each other")
	case hasPage && number < 1:
		f.note("page must be at least 1")
	case !known:
		f.note("cursor is invalid")
	}
	f.check()
	if hasPage {
		return numberedPage(c, columns, conditions, number)
	}
	return pageFrom(c, columns, conditions, position)
}

// pageFrom returns the page that begins at a position of the list.
func pageFrom(c *Call, columns []string, conditions []condition, position int) Result {
	rows, meta := []map[string]any{}, map[string]any{}
	for at, user := range listed(c, position) {
		if !meets(user, conditions) {
			continue
		}
		if len(rows) == usersPerPage {
			meta["next_cursor"] = writeCursor(at)
			break
		}
		rows = append(rows, row(user, columns))
	}
	return Result{message: usersListed, data: rows, meta: meta}
}

// numberedPage returns the page with a number, which is empty beyond the last.
func numberedPage(c *Call, columns []string, conditions []condition, number int) Result {
	rows, found := []map[string]any{}, 0
	for _, user := range listed(c, 0) {
		if !meets(user, conditions) {
			continue
		}
		if found/usersPerPage == number-1 {
			rows = append(rows, row(user, columns))
		}
		found++
	}
	pages := (found + usersPerPage - 1) / usersPerPage
	return Result{message: usersListed, data: rows, meta: map[string]any{"current_page": number, "total_pages": pages}}
}

// listed iterates over the user list with the position of each user. The
// position stays the same when others leave the list.
func listed(c *Call, from int) iter.Seq2[int, *community.User] {
	return func(yield func(int, *community.User) bool) {
		kept := c.Community.Users.All()
		for at := from; at < len(kept)+c.Settings.UserCount; at++ {
			user := new(community.User)
			if at < len(kept) {
				user = kept[at]
			} else {
				*user = c.Settings.UserSource(at - len(kept))
			}
			if user.Active() && !yield(at, user) {
				return
			}
		}
	}
}

// A cursor is opaque to the client, as a real one is.
const cursorPrefix = "users:"

func writeCursor(position int) string {
	return base64.RawURLEncoding.EncodeToString([]byte(cursorPrefix + strconv.Itoa(position)))
}

func readCursor(cursor string) (position int, ok bool) {
	if cursor == "" {
		return 0, true
	}
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	number, ours := strings.CutPrefix(string(text), cursorPrefix)
	position, numberErr := strconv.Atoi(number)
	return position, err == nil && ours && numberErr == nil && position >= 0
}

func row(u *community.User, columns []string) map[string]any {
	row := make(map[string]any, len(columns))
	for _, column := range columns {
		value := columnOf(u, column)
		if t, ok := value.(time.Time); ok {
			value = t.UTC().Format("2006-01-02T15:04:05.000Z")
		}
		row[column] = value
	}
	return row
}

// columnOf returns the user's value in a column of the list; nil is none.
func columnOf(u *community.User, name string) any {
	switch name {
	case "email":
		return u.Email
	case "first_name":
		return u.FirstName
	case "last_name":
		return u.LastName
	case "join_date":
		if u.JoinedAt.IsZero() { // of a user source
			return nil
		}
		return u.JoinedAt
	case "xp":
		return u.XP
	case "coins":
		return u.Coins
	}
	return u.CustomFields[name]
}

// condition is what a filter requires of a column: an exact value or a range.
type condition struct {
	column             string
	exact, least, most any // json.Number, string, bool or moment; nil is no limit
}

// moment is a date or a time at an end of a range.
type moment struct {
	time     time.Time
	wholeDay bool
}

// userConditions reads the filter of a request.
func userConditions(f *fields) []condition {
	var conditions []condition
	for column, raw := range required[map[string]json.RawMessage](f, "filter") {
		made, ok := userCondition(column, raw)
		if !ok {
			f.note("filter must map columns to an exact value, or to an object of gte and lte that are numbers or dates")
			break
		}
		conditions = append(conditions, made)
	}
	return conditions
}

func userCondition(column string, raw json.RawMessage) (made condition, ok bool) {
	made.column = column
	if raw[0] != '{' {
		made.exact = scalarValue(raw)
		return made, made.exact != nil
	}
	var ends map[string]json.RawMessage
	_ = json.Unmarshal(raw, &ends) // part of a valid document
	for name, raw := range ends {
		end := bound(raw)
		switch {
		case end == nil:
			return made, false
		case name == "gte":
			made.least = end
		case name == "lte":
			made.most = end
		default:
			return made, false
		}
	}
	return made, len(ends) > 0
}

// scalarValue reads a string, a number or a bool; nil is anything else.
func scalarValue(raw json.RawMessage) any {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	_ = decoder.Decode(&value) // part of a valid document
	switch value.(type) {
	case string, json.Number, bool:
		return value
	}
	return nil
}

// bound reads the end of a range; nil is invalid.
func bound(raw json.RawMessage) any {
	switch value := scalarValue(raw).(type) {
	case json.Number:
		return value
	case string:
		if at, ok := readMoment(value); ok {
			return at
		}
	}
	return nil
}

// readMoment reads a time or a day in the formats of the API.
func readMoment(text string) (moment, bool) {
	for _, layout := range []string{"2006-01-02", "02/01/2006"} {
		if day, err := time.Parse(layout, text); err == nil {
			return moment{day, true}, true
		}
	}
	at, err := time.Parse(time.RFC3339, text)
	return moment{at, false}, err == nil
}

// meets reports whether the user meets all conditions.
func meets(u *community.User, conditions []condition) bool {
	for _, wanted := range conditions {
		value := columnOf(u, wanted.column)
		if wanted.exact != nil && !equals(value, wanted.exact) {
			return false
		}
		if wanted.least != nil && !ordered(value, wanted.least, 1) || wanted.most != nil && !ordered(value, wanted.most, -1) {
			return false
		}
	}
	return true
}

// equals compares a user's value with an exact one. A time equals the day that
// it falls on (assumed).
func equals(value, wanted any) bool {
	switch wanted := wanted.(type) {
	case json.Number:
		return ordered(value, wanted, 0)
	case string:
		if at, ok := value.(time.Time); ok {
			day, known := readMoment(wanted)
			return known && day.compare(at) == 0
		}
	}
	return value == wanted
}

// ordered reports whether a user's value equals a bound, or is on the given
// side of it: 1 for above, -1 for below, 0 for neither.
func ordered(value, bound any, side int) bool {
	var order int
	switch bound := bound.(type) {
	case json.Number:
		number, ok := numeric(value)
		limit, err := bound.Float64()
		if !ok || err != nil {
			return false
		}
		order = cmp.Compare(number, limit)
	case moment:
		at, ok := value.(time.Time)
		if text, isText := value.(string); isText {
			var read moment
			read, ok = readMoment(text)
			at = read.time
		}
		if !ok {
			return false
		}
		order = bound.compare(at)
	}
	return order == 0 || order == side
}

func numeric(value any) (float64, bool) {
	switch value := value.(type) {
	case int:
		return float64(value), true
	case int64:
		return float64(value), true
	case float64:
		return value, true
	}
	return 0, false
}

// compare compares a time with the moment. Every time of a whole day equals it
// (assumed).
func (m moment) compare(at time.Time) int {
	if m.wholeDay {
		at = at.UTC().Truncate(24 * time.Hour)
	}
	return at.Compare(m.time)
}
