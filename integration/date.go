package integration

import (
	"errors"
	"time"

	"github.com/returningai/returningai-go/value"
)

// Date is a day of the calendar, without a time or a zone. Operations of the
// API write days in different formats; this package reads all of them, and
// writes the one that the operation needs. In JSON a Date is YYYY-MM-DD.
//
// The zero value is not a day. Dates can be compared with ==.
type Date struct {
	// midnight is UTC, so that == compares the days.
	midnight time.Time
}

// NewDate returns a day. Values outside their range are normalized, as in
// [time.Date]: the 31st of April is the 1st of May.
func NewDate(year int, month time.Month, day int) Date {
	return Date{time.Date(year, month, day, 0, 0, 0, 0, time.UTC)}
}

// DateOf returns the day that a time falls on in its own location.
func DateOf(t time.Time) Date { return NewDate(t.Date()) }

// The formats in which the API writes a day. All but the first two are only
// read.
const (
	isoDate  = "2006-01-02"
	dayFirst = "02/01/2006"
)

var dateLayouts = []string{isoDate, "2/1/2006", time.RFC3339}

// ParseDate reads a day in the format YYYY-MM-DD, DD/MM/YYYY or RFC 3339, of
// which it takes the day as it is written, whatever the zone.
func ParseDate(text string) (Date, error) {
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return DateOf(t), nil
		}
	}
	return Date{}, errors.New("integration: a date must be YYYY-MM-DD, DD/MM/YYYY or RFC 3339")
}

// String returns the day as YYYY-MM-DD, or "" for the zero value.
func (d Date) String() string { return d.format(isoDate) }

func (d Date) format(layout string) string {
	if d.IsZero() {
		return ""
	}
	return d.midnight.Format(layout)
}

// IsZero reports whether d is the zero value.
func (d Date) IsZero() bool { return d.midnight.IsZero() }

// In returns the beginning of the day in a location.
func (d Date) In(location *time.Location) time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	year, month, day := d.midnight.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, location)
}

// AddDays returns the day that many days later, or earlier if days is negative.
func (d Date) AddDays(days int) Date { return Date{d.midnight.AddDate(0, 0, days)} }

// Compare returns -1 if d is before other, 1 if it is after, and 0 if they are
// the same.
func (d Date) Compare(other Date) int { return d.midnight.Compare(other.midnight) }

// Value returns the day as a JSON string, for a custom field. A zero Date, and a
// year that does not have four digits, gives the zero Value, which is refused
// when it is sent.
func (d Date) Value() value.Value {
	text, err := d.MarshalText()
	if err != nil || d.IsZero() {
		return value.Value{}
	}
	return value.String(string(text))
}

// MarshalText implements [encoding.TextMarshaler], for JSON too, as String
// does. A year that does not have four digits is an error.
func (d Date) MarshalText() ([]byte, error) {
	if year := d.midnight.Year(); year < 0 || year > 9999 {
		return nil, errors.New("integration: the year of a date must be between 0 and 9999")
	}
	return []byte(d.String()), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler], for JSON too, as
// [ParseDate] does. An empty string is the zero value, and the reverse.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	parsed, err := ParseDate(string(text))
	if err == nil {
		*d = parsed
	}
	return err
}
