package returningaitest

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"iter"
	"strconv"
	"strings"
	"time"
)

// usersPerPage is the documented size of a page of the user list.
const usersPerPage = 200

const usersListed = "Users have been fetched successfully"

// filterUsers answers a page of the user list. Assumed: the order in which
// users joined; the first page in cursor mode when neither cursor nor page is
// given; rows of the columns asked for and no others, null where a user has no
// value; that any column name is accepted; that conditions must all be met, and
// where the answer says what follows: beside data.
func (s *Server) filterUsers(c *call) (result, error) {
	body, err := c.members()
	if err != nil {
		return result{}, err
	}
	columns := needed[[]string](body, "fields")
	if len(columns) == 0 && !body.lacks("fields") {
		body.note("fields must not be empty")
	}
	conditions := userConditions(body)
	cursor, hasCursor := given[string](body, "cursor")
	number, hasPage := given[int](body, "page")
	position, known := readCursor(cursor)
	switch {
	case hasCursor && hasPage:
		body.note("cursor and page exclude each other")
	case hasPage && number < 1:
		body.note("page must be at least 1")
	case !known:
		body.note("cursor is invalid")
	}
	if err := body.problem(); err != nil {
		return result{}, err
	}
	if hasPage {
		return s.numberedPage(columns, conditions, number), nil
	}
	return s.pageFrom(columns, conditions, position), nil
}

// pageFrom answers the page that begins at a position of the list.
func (s *Server) pageFrom(columns []string, conditions []condition, position int) result {
	rows, meta := []map[string]any{}, map[string]any{}
	for at, user := range s.listed(position) {
		if !user.meets(conditions) {
			continue
		}
		if len(rows) == usersPerPage {
			meta["next_cursor"] = writeCursor(at)
			break
		}
		rows = append(rows, user.row(columns))
	}
	return result{message: usersListed, data: rows, meta: meta}
}

// numberedPage answers the page of a number, which is empty beyond the last.
func (s *Server) numberedPage(columns []string, conditions []condition, number int) result {
	rows, found := []map[string]any{}, 0
	for _, user := range s.listed(0) {
		if !user.meets(conditions) {
			continue
		}
		if found/usersPerPage == number-1 {
			rows = append(rows, user.row(columns))
		}
		found++
	}
	pages := (found + usersPerPage - 1) / usersPerPage
	return result{message: usersListed, data: rows, meta: map[string]any{"current_page": number, "total_pages": pages}}
}

// listed iterates over the user list with the position of each user, which
// stays the same when others leave the list.
func (s *Server) listed(from int) iter.Seq2[int, *User] {
	return func(yield func(int, *User) bool) {
		kept := s.state.users.all
		for at := from; at < len(kept)+s.settings.userCount; at++ {
			user := new(User)
			if at < len(kept) {
				user = kept[at]
			} else {
				*user = s.settings.userSource(at - len(kept))
			}
			if user.active() && !yield(at, user) {
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

func (u *User) row(columns []string) map[string]any {
	row := make(map[string]any, len(columns))
	for _, column := range columns {
		value := u.column(column)
		if t, ok := value.(time.Time); ok {
			value = t.UTC().Format("2006-01-02T15:04:05.000Z")
		}
		row[column] = value
	}
	return row
}

// column returns the user's value in a column of the list, nil when it has
// none.
func (u *User) column(name string) any {
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

// condition is what a filter demands of a column: one exact value, or a range.
type condition struct {
	column             string
	exact, least, most any // json.Number, string, bool or moment; nil is none
}

// moment is a date or a time that a range begins or ends with.
type moment struct {
	time     time.Time
	wholeDay bool
}

// userConditions reads the filter of a request.
func userConditions(body *members) []condition {
	var conditions []condition
	for column, raw := range needed[map[string]json.RawMessage](body, "filter") {
		made, ok := userCondition(column, raw)
		if !ok {
			body.note("filter must map columns to an exact value, or to an object of gte and lte that are numbers or dates")
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
	_ = json.Unmarshal(raw, &ends) // it is part of a document that was read
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

// scalarValue reads a text, a number or a bool; nil is anything else.
func scalarValue(raw json.RawMessage) any {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	_ = decoder.Decode(&value) // it is part of a document that was read
	switch value.(type) {
	case string, json.Number, bool:
		return value
	}
	return nil
}

// bound reads the end of a range; nil is none.
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

// readMoment reads a time or a day, in the ways that the API writes them.
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
func (u *User) meets(conditions []condition) bool {
	for _, wanted := range conditions {
		value := u.column(wanted.column)
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

// ordered reports whether a user's value is equal to a bound or stands on its
// given side: 1 for above, -1 for below, 0 for neither.
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

// compare says on which side of the moment a time is. On the day of one that
// is a whole day it is neither before nor after (assumed).
func (m moment) compare(at time.Time) int {
	if m.wholeDay {
		at = at.UTC().Truncate(24 * time.Hour)
	}
	return at.Compare(m.time)
}
