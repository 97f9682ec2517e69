package transport

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Delay is a parsed Retry-After header. The zero value means that there was
// none.
type Delay struct {
	wait  time.Duration
	named bool
}

// Wait returns the wait and whether the server named one.
func (d Delay) Wait() (time.Duration, bool) { return d.wait, d.named }

// After is a delay of the given length, never negative.
func After(wait time.Duration) Delay { return Delay{wait: max(wait, 0), named: true} }

// ParseRetryAfter reads the Retry-After header, and Retry-After-Ms, which some
// gateways send beside it. It knows whole and decimal seconds, with or without a
// unit or quotes, dates in the formats of HTTP, RFC 1123 and RFC 3339, and Unix
// times. Of several values the longest counts. Anything else is ignored, so
// that a malformed header never changes the outcome of a call.
func ParseRetryAfter(header http.Header, now time.Time) Delay {
	var longest Delay
	for _, value := range header["Retry-After"] {
		longest = longest.longer(parseDelay(value, header, now))
	}
	for _, value := range header["Retry-After-Ms"] {
		if milliseconds, ok := parseSeconds(strings.TrimSpace(value), time.Millisecond); ok {
			longest = longest.longer(After(milliseconds))
		}
	}
	return longest
}

func (d Delay) longer(other Delay) Delay {
	if !d.named || other.wait > d.wait {
		return other
	}
	return d
}

func parseDelay(value string, header http.Header, now time.Time) Delay {
	value = strings.Trim(strings.TrimSpace(value), `"`)
	if date, ok := parseDate(value); ok {
		// The server's own clock, if it sent it, so that ours may be wrong.
		if sent, err := http.ParseTime(header.Get("Date")); err == nil {
			now = sent
		}
		return After(date.Sub(now))
	}
	var longest Delay
	for part := range strings.SplitSeq(value, ",") { // a proxy may join two headers
		seconds, ok := parseSeconds(trimUnit(strings.TrimSpace(part)), time.Second)
		if !ok {
			return Delay{}
		}
		longest = longest.longer(unixOrAfter(seconds, now))
	}
	return longest
}

// parseDate reads the date formats that servers send.
func parseDate(value string) (time.Time, bool) {
	if date, err := http.ParseTime(value); err == nil {
		return date, true
	}
	for _, layout := range []string{time.RFC1123, time.RFC1123Z, time.RFC3339} {
		if date, err := time.Parse(layout, value); err == nil {
			return date, true
		}
	}
	return time.Time{}, false
}

// trimUnit takes a unit of seconds off.
func trimUnit(value string) string {
	for _, unit := range []string{"seconds", "second", "secs", "sec", "s"} {
		if number, found := strings.CutSuffix(strings.ToLower(value), unit); found {
			return strings.TrimSpace(number)
		}
	}
	return value
}

// unixOrAfter takes a number of seconds that is within a year of now for a Unix
// time: as a wait it would be decades.
func unixOrAfter(seconds time.Duration, now time.Time) Delay {
	const year = 366 * 24 * time.Hour
	if until := time.Unix(int64(seconds/time.Second), 0).Sub(now); seconds > year && until.Abs() < year {
		return After(until)
	}
	return After(seconds)
}

// parseSeconds reads a decimal number of units, rounded up to a whole one. It
// saturates where time.Duration would overflow.
func parseSeconds(value string, unit time.Duration) (time.Duration, bool) {
	whole, fraction, _ := strings.Cut(value, ".")
	if whole == "" || strings.Trim(whole, "0123456789") != "" || strings.Trim(fraction, "0123456789") != "" {
		return 0, false
	}
	count, _ := strconv.ParseInt(whole, 10, 64) // the largest number for more digits
	if count >= math.MaxInt64/int64(unit) {
		return math.MaxInt64, true
	}
	if strings.Trim(fraction, "0") != "" {
		count++
	}
	return time.Duration(count) * unit, true
}
