package integration

import (
	"fmt"
	"time"

	"github.com/returningai/returningai-go/internal/rest"
)

// Column is a column of the user list: one of the constants, or the database
// name of one of the community's own fields.
type Column string

// The columns that every community has.
const (
	ColumnEmail     Column = "email"
	ColumnFirstName Column = "first_name"
	ColumnLastName  Column = "last_name"
	ColumnJoinDate  Column = "join_date"
	ColumnXP        Column = "xp"
	ColumnCoins     Column = "coins"
)

// Condition is a condition on a column. Make it with [Equal], [AtLeast],
// [AtMost] or [Between]. That several conditions must all be met is assumed.
type Condition struct {
	column Column
	// A missing bound is nil; exact excludes both.
	exact, atLeast, atMost any
}

// Number is a type that numeric columns are compared with and changed by.
type Number interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~float32 | ~float64
}

// Bound is an end of a range: a number, a day or a time. A [Date] is sent as
// YYYY-MM-DD and a time in RFC 3339, which is assumed. A zero one is refused.
type Bound interface{ Number | Date | time.Time }

// Scalar is a type that a column can be equal to.
type Scalar interface{ Bound | ~string | ~bool }

// Equal is met by users whose column holds exactly this value.
func Equal[V Scalar](column Column, value V) Condition {
	return Condition{column: column, exact: value}
}

// AtLeast is met by users whose column holds this value or more, or, for
// dates, this one or a later one.
func AtLeast[B Bound](column Column, least B) Condition {
	return Condition{column: column, atLeast: least}
}

// AtMost is met by users whose column holds this value or less, or, for dates,
// this one or an earlier one.
func AtMost[B Bound](column Column, most B) Condition {
	return Condition{column: column, atMost: most}
}

// Between is met by users whose column holds one of the values or something
// between them.
func Between[B Bound](column Column, least, most B) Condition {
	return Condition{column: column, atLeast: least, atMost: most}
}

// rangeBody is a range as JSON.
type rangeBody struct {
	AtLeast any `json:"gte,omitzero"`
	AtMost  any `json:"lte,omitzero"`
}

// add combines a condition with an earlier one on the same column, and reports
// whether that is possible: one is a lower and the other an upper bound.
func (c *Condition) add(other Condition) bool {
	switch {
	case c.exact != nil || other.exact != nil:
		return false
	case c.atLeast != nil && other.atLeast != nil, c.atMost != nil && other.atMost != nil:
		return false
	case other.atLeast != nil:
		c.atLeast = other.atLeast
	default:
		c.atMost = other.atMost
	}
	return true
}

// isZeroTime reports whether a bound is a zero Date or time.Time.
func isZeroTime(bound any) bool {
	switch bound := bound.(type) {
	case Date:
		return bound.IsZero()
	case time.Time:
		return bound.IsZero()
	}
	return false
}

func isDuration(bound any) bool {
	_, is := bound.(time.Duration)
	return is
}

// combine makes the filter of conditions.
func combine(conditions []Condition) (map[Column]any, rest.Problems) {
	var problems rest.Problems
	columns := map[Column]Condition{}
	for i, condition := range conditions {
		field := fmt.Sprintf("Filter[%d]", i)
		earlier, twice := columns[condition.column]
		switch {
		case condition.column == "":
			problems.Add(field, "must name a column")
		case isZeroTime(condition.atLeast) || isZeroTime(condition.atMost):
			problems.Add(field, "must not be bounded by a date or a time that is zero")
		case isDuration(condition.exact) || isDuration(condition.atLeast) || isDuration(condition.atMost):
			problems.Add(field, "must not be a time.Duration, which says no unit: use a number in the unit of the column")
		case twice && !earlier.add(condition):
			problems.Add(field, "must not be a second condition on its column, unless the two are the ends of one range")
		case twice:
			columns[condition.column] = earlier
		default:
			columns[condition.column] = condition
		}
	}
	filter := make(map[Column]any, len(columns))
	for column, condition := range columns {
		filter[column] = condition.exact
		if condition.exact == nil {
			filter[column] = rangeBody{condition.atLeast, condition.atMost}
		}
	}
	return filter, problems
}
