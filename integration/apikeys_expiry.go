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
// least 1: a period without a date.
func ExpiresInDays(days int) Expiry { return Expiry{kind: expiryDays, days: days} }

// ExpiresAt is an expiry at a point in time, which must lie in the future: a
// date, and as the period the days that are left until it, rounded up. That
// the date, in RFC 3339 and UTC, counts then is assumed.
func ExpiresAt(at time.Time) Expiry { return Expiry{kind: expiryDate, at: at} }

// expiryBody is an expiry on the wire. The date is empty where there is none,
// as in the vendor's sample.
type expiryBody struct {
	ExpirePeriod int    `json:"expirePeriod"`
	ExpireDate   string `json:"expireDate"`
}

// body returns the expiry as it is sent, or notes why it cannot be.
func (e Expiry) body(problems *rest.Problems) expiryBody {
	const field, day = "Expiry", 24 * time.Hour
	switch e.kind {
	case expiryNever:
		return expiryBody{}
	case expiryDays:
		if e.days < 1 {
			problems.Add(field, "must be at least 1 day: NeverExpires is for keys without an end")
		}
		return expiryBody{ExpirePeriod: e.days}
	case expiryDate:
		left := time.Until(e.at)
		if left <= 0 {
			problems.Add(field, "must lie in the future")
		}
		days := int(left / day)
		if left%day > 0 {
			days++
		}
		return expiryBody{ExpirePeriod: days, ExpireDate: e.at.UTC().Format(time.RFC3339)}
	}
	problems.Add(field, "must be set: NeverExpires, ExpiresInDays or ExpiresAt")
	return expiryBody{}
}
