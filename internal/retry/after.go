package retry

import (
	"math"
	"net/http"
	"strings"
	"time"
)

// Delay is a parsed Retry-After header. The zero value is none.
type Delay struct {
	wait  time.Duration
	named bool
}

// Wait returns the wait and whether the server named one.
func (d Delay) Wait() (time.Duration, bool) { return d.wait, d.named }

// After is a delay of the given length, never negative.
func After(wait time.Duration) Delay { return Delay{wait: max(wait, 0), named: true} }

// ParseAfter reads a Retry-After header: whole seconds, or an HTTP date (a
// past one means now). Whatever else it holds, a negative or a fractional
// number among it, counts as no header at all, so that a malformed header
// never changes what a call came to. Numbers too large for a Duration become
// the largest one.
func ParseAfter(header http.Header, now time.Time) Delay {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if value == "" {
		return Delay{}
	}
	if seconds, ok := parseSeconds(value); ok {
		return After(seconds)
	}
	if date, err := http.ParseTime(value); err == nil {
		return After(date.Sub(now))
	}
	return Delay{}
}

// parseSeconds reads decimal digits, saturating where time.Duration would
// overflow.
func parseSeconds(value string) (time.Duration, bool) {
	const limit = math.MaxInt64 / int64(time.Second)
	var seconds int64
	for _, digit := range []byte(value) {
		if digit < '0' || digit > '9' {
			return 0, false
		}
		if seconds <= limit {
			seconds = seconds*10 + int64(digit-'0')
		}
	}
	if seconds > limit {
		return math.MaxInt64, true
	}
	return time.Duration(seconds) * time.Second, true
}
