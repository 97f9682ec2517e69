package integration

import (
	"time"

	"github.com/returningai/returningai-go/internal/rest"
)

// Expiry is when an API key ends. The API takes a period in days and a date; an
// Expiry keeps the two consistent. The zero value is refused: a key needs an end,
// or NeverExpires.
type Expiry struct {
	kind expiryKind
	days int
	at   time.Time
}

type expiryKind int

const (
	expiryUnset expiryKind = iota
	expiryNever
	expiryDays
	expiryDate
)

// NeverExpires is the expiry of a key that works until it is deleted. It sends a
// period of 0 days and no date.
func NeverExpires() Expiry { return Expiry{kind: expiryNever} }

// ExpiresInDays is an expiry in a number of days, at least 1, and before the year
// 10000. It sends a period and no date.
func ExpiresInDays(days int) Expiry { return Expiry{kind: expiryDays, days: days} }

// ExpiresAt is an expiry at a time, which must lie in the future and before the
// year 10000. It sends a date, in RFC 3339 and UTC, rounded down to a second,
// and as the period the days until then, rounded up. That the date counts is
// assumed.
func ExpiresAt(at time.Time) Expiry { return Expiry{kind: expiryDate, at: at} }

// expiryBody is an expiry as JSON. Without a date the field is empty, as in the
// API docs' sample.
type expiryBody struct {
	ExpirePeriod int    `json:"expirePeriod"`
	ExpireDate   string `json:"expireDate"`
}

// endOfDates is the first time that RFC 3339 cannot write.
var endOfDates = time.Date(10000, time.January, 1, 0, 0, 0, 0, time.UTC)

// daysUntil returns the number of days until a time in whole seconds, rounded
// up. A [time.Duration] ends after 292 years.
func daysUntil(end time.Time) int64 {
	const day = 24 * 60 * 60
	seconds := end.Unix() - time.Now().Unix()
	return (seconds + day - 1) / day
}

// body returns the expiry as JSON, or adds a problem.
func (e Expiry) body(problems *rest.Problems) expiryBody {
	const field, tooLate = "Expiry", "must lie before the year 10000"
	switch e.kind {
	case expiryNever:
		return expiryBody{}
	case expiryDays:
		switch {
		case e.days < 1:
			problems.Add(field, "must be at least 1 day: NeverExpires is for keys without an end")
		case int64(e.days) >= daysUntil(endOfDates):
			problems.Add(field, tooLate)
		}
		return expiryBody{ExpirePeriod: e.days}
	case expiryDate:
		at := e.at.UTC().Truncate(time.Second)
		switch {
		case !at.After(time.Now()):
			problems.Add(field, "must lie in the future")
		case !at.Before(endOfDates):
			problems.Add(field, tooLate)
		}
		return expiryBody{ExpirePeriod: int(daysUntil(at)), ExpireDate: at.Format(time.RFC3339)}
	}
	problems.Add(field, "must be set: NeverExpires, ExpiresInDays or ExpiresAt")
	return expiryBody{}
}
