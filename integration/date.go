package integration

import (
	"errors"
	"time"
)

// Date is a day of the calendar, without a time or a zone. Operations of the
// API write days in different ways; this package reads all of them into a Date,
// and writes a Date as the operation wants it. In JSON it is YYYY-MM-DD.
//
// The zero value is no day; IsZero tells. Dates can be compared with ==.
type Date struct {
	// midnight is UTC, so that == compares the days.
	midnight time.Time
}

// NewDate returns a day. What lies outside its range is carried on, as in
// [time.Date]: the 31st of April is the 1st of May.
func NewDate(year int, month time.Month, day int) Date {
	return Date{time.Date(year, month, day, 0, 0, 0, 0, time.UTC)}
}

// DateOf returns the day that a time falls on in its own location.
func DateOf(t time.Time) Date { return NewDate(t.Date()) }

// The ways in which the API writes a day. All but the first two are read only.
const (
	isoDate  = "2006-01-02"
	dayFirst = "02/01/2006"
)

var dateLayouts = []string{isoDate, "2/1/2006", time.RFC3339}

// ParseDate reads a day that is written YYYY-MM-DD, DD/MM/YYYY or as a time by
// RFC 3339, of which it takes the day as it is written, whatever its zone.
func ParseDate(text string) (Date, error) {
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return DateOf(t), nil
		}
	}
	return Date{}, errors.New("integration: a date must be written YYYY-MM-DD, DD/MM/YYYY or by RFC 3339")
}

// String returns the day as YYYY-MM-DD, or "" for the zero value.
func (d Date) String() string { return d.format(isoDate) }

func (d Date) format(layout string) string {
	if d.IsZero() {
		return ""
	}
	return d.midnight.Format(layout)
}

// IsZero reports whether d is no day.
func (d Date) IsZero() bool { return d.midnight.IsZero() }

// In returns the beginning of the day in a location.
func (d Date) In(location *time.Location) time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	year, month, day := d.midnight.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, location)
}

// AddDays returns the day so many days later, or earlier when days is negative.
func (d Date) AddDays(days int) Date { return Date{d.midnight.AddDate(0, 0, days)} }

// Compare returns -1 when d is before other, 1 when it is after, and 0 when
// they are the same.
func (d Date) Compare(other Date) int { return d.midnight.Compare(other.midnight) }

// MarshalText implements [encoding.TextMarshaler], for JSON too, as String
// does. Years that do not have four digits are an error.
func (d Date) MarshalText() ([]byte, error) {
	if year := d.midnight.Year(); year < 0 || year > 9999 {
		return nil, errors.New("integration: the year of a date must be between 0 and 9999")
	}
	return []byte(d.String()), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler], for JSON too, as
// [ParseDate] does. An empty text is the zero value, which is written as one.
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
