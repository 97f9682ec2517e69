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
	conditions := readConditions(f)
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
	if !hasPage {
		number = 0
	}
	return userPage(c, columns, conditions, number, position)
}

// userPage returns the page with a number, which is empty beyond the last, or,
// with number 0, the page that begins at a position of the list.
func userPage(c *Call, columns []string, conditions map[string][]condition, number, position int) Result {
	rows, meta, found := []map[string]any{}, map[string]any{}, 0
	for at, user := range listed(c, position) {
		if !meets(user, conditions) {
			continue
		}
		if found/usersPerPage == max(number-1, 0) {
			rows = append(rows, row(user, columns))
		} else if number == 0 {
			meta["next_cursor"] = writeCursor(at)
			break
		}
		found++
	}
	if number > 0 {
		meta["current_page"], meta["total_pages"] = number, (found+usersPerPage-1)/usersPerPage
	}
	return Result{message: "Users have been fetched successfully", data: rows, meta: meta}
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

// columnOf returns the user's value in a column of the list, or nil.
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

// condition decides about a user's value in a column, or nil.
type condition func(value any) bool

// readConditions reads the filter of a request: columns with an exact value, or
// with an object of gte and lte.
func readConditions(f *fields) map[string][]condition {
	conditions := map[string][]condition{}
	for column, raw := range required[map[string]json.RawMessage](f, "filter") {
		read, ok := readCondition(raw)
		if !ok {
			f.note("filter must map columns to an exact value, or to an object of gte and lte that are numbers or dates")
			break
		}
		conditions[column] = read
	}
	return conditions
}

func readCondition(raw json.RawMessage) (conditions []condition, ok bool) {
	if raw[0] != '{' {
		exact := exactly(scalar(raw))
		return []condition{exact}, exact != nil
	}
	var ends map[string]json.RawMessage
	_ = json.Unmarshal(raw, &ends) // part of a valid document
	for name, raw := range ends {
		side, known := map[string]int{"gte": 1, "lte": -1}[name]
		limit := readLimit(raw)
		if !known || limit == nil {
			return nil, false
		}
		conditions = append(conditions, func(value any) bool { return onSide(value, limit, side) })
	}
	return conditions, len(ends) > 0
}

// exactly compares with an exact value. A time equals the day it falls on
// (assumed).
func exactly(wanted any) condition {
	switch wanted := wanted.(type) {
	case json.Number:
		return func(value any) bool { return onSide(value, wanted, 0) }
	case string:
		return func(value any) bool {
			day, isDay := readMoment(wanted)
			if at, isTime := value.(time.Time); isTime {
				return isDay && day.compare(at) == 0
			}
			return value == wanted
		}
	case bool:
		return func(value any) bool { return value == wanted }
	}
	return nil
}

// scalar reads a string, a number or a bool; nil is anything else.
func scalar(raw json.RawMessage) any {
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

// readLimit reads the end of a range: a number or a moment; nil is invalid.
func readLimit(raw json.RawMessage) any {
	switch value := scalar(raw).(type) {
	case json.Number:
		return value
	case string:
		if at, ok := readMoment(value); ok {
			return at
		}
	}
	return nil
}

// moment is a day or a time.
type moment struct {
	time     time.Time
	wholeDay bool
}

// readMoment reads a time or a day in the formats of the API.
func readMoment(text string) (moment, bool) {
	for _, layout := range []string{time.DateOnly, dayFirst} {
		if day, err := time.Parse(layout, text); err == nil {
			return moment{day, true}, true
		}
	}
	at, err := time.Parse(time.RFC3339, text)
	return moment{at, false}, err == nil
}

// compare compares a time with the moment. Every time of a whole day equals it
// (assumed).
func (m moment) compare(at time.Time) int {
	if m.wholeDay {
		at = at.UTC().Truncate(24 * time.Hour)
	}
	return at.Compare(m.time)
}

// onSide reports whether a value equals a limit, or is on the given side of it:
// 1 for above, -1 for below, 0 for neither.
func onSide(value, limit any, side int) bool {
	var order int
	switch limit := limit.(type) {
	case json.Number:
		number, ok := numeric(value)
		most, err := limit.Float64()
		if !ok || err != nil {
			return false
		}
		order = cmp.Compare(number, most)
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
		order = limit.compare(at)
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

// meets reports whether the user meets all conditions.
func meets(u *community.User, conditions map[string][]condition) bool {
	for column, all := range conditions {
		for _, holds := range all {
			if !holds(columnOf(u, column)) {
				return false
			}
		}
	}
	return true
}
