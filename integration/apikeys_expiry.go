package integration

import (
	"time"

	"github.com/returningai/returningai-go/internal/rest"
)

// Expiry is when an API key ends. On the wire it is a period in days and a
// date; made here, the two cannot contradict each other. The zero value is
// none: a key must be given an end, or be said to have none.
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

// NeverExpires is the expiry of a key that works until it is deleted: a period
// of 0 days without a date.
func NeverExpires() Expiry { return Expiry{kind: expiryNever} }

// ExpiresInDays is an expiry so many days from when the server gets it, at
// least 1, and before the year 10000: a period without a date.
func ExpiresInDays(days int) Expiry { return Expiry{kind: expiryDays, days: days} }

// ExpiresAt is an expiry at a point in time, which must lie in the future and
// before the year 10000: a date, in RFC 3339 and UTC, to the second that has
// begun then, and as the period the days that are left until it, rounded up.
// That the date counts then is assumed.
func ExpiresAt(at time.Time) Expiry { return Expiry{kind: expiryDate, at: at} }

// expiryBody is an expiry on the wire. The date is empty where there is none,
// as in the vendor's sample.
type expiryBody struct {
	ExpirePeriod int    `json:"expirePeriod"`
	ExpireDate   string `json:"expireDate"`
}

// endOfDates is where the years begin that RFC 3339 cannot write.
var endOfDates = time.Date(10000, time.January, 1, 0, 0, 0, 0, time.UTC)

// daysUntil returns how many days are left until a time that has no fraction of
// a second, rounded up. A [time.Duration] would end after 292 years.
func daysUntil(end time.Time) int64 {
	const day = 24 * 60 * 60
	seconds := end.Unix() - time.Now().Unix()
	return (seconds + day - 1) / day
}

// body returns the expiry as it is sent, or notes why it cannot be.
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
