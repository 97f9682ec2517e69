package transport

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestParseRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]Delay{
		"":                                 {},
		"0":                                After(0),
		"120":                              After(2 * time.Minute),
		" 7 ":                              After(7 * time.Second),
		`"7"`:                              After(7 * time.Second),
		"1.5":                              After(2 * time.Second),
		"0.9":                              After(time.Second),
		"3.000":                            After(3 * time.Second),
		"1.":                               After(time.Second),
		"30s":                              After(30 * time.Second),
		"30 seconds":                       After(30 * time.Second),
		"1 Second":                         After(time.Second),
		"5, 30":                            After(30 * time.Second),
		"9223372036":                       After(math.MaxInt64),
		"9223372035":                       After(9223372035 * time.Second),
		"99999999999999999999999999":       After(math.MaxInt64),
		"1767268830":                       After(30 * time.Second), // Unix time
		"1767268770":                       After(0),
		"86400":                            After(24 * time.Hour),
		"-1":                               {},
		"+1":                               {},
		".5":                               {},
		"1e3":                              {},
		"1.5.5":                            {},
		"0x10":                             {},
		"٣":                                {},
		"soon":                             {},
		"s":                                {},
		"5, soon":                          {},
		"Thu, 01 Jan 2026 12:00:30 GMT":    After(30 * time.Second),
		"Thu, 01 Jan 2026 12:00:30 UTC":    After(30 * time.Second),
		"Thu, 01 Jan 2026 13:00:30 +0100":  After(30 * time.Second),
		"2026-01-01T12:00:30Z":             After(30 * time.Second),
		"2026-01-01T13:00:30.5+01:00":      After(30500 * time.Millisecond),
		"Thu, 01 Jan 2026 11:00:00 GMT":    After(0),
		"Thursday, 01-Jan-26 12:00:30 GMT": After(30 * time.Second),
		"Thu, 99 Jan 2026 12:00:30 GMT":    {},
	} {
		require.Equal(t, want, ParseRetryAfter(http.Header{"Retry-After": {value}}, now), value)
	}
	require.Equal(t, Delay{}, ParseRetryAfter(http.Header{}, now))
	require.Equal(t, After(9*time.Second), ParseRetryAfter(http.Header{"Retry-After": {"3", "9", "no"}}, now))
	require.Equal(t, After(9*time.Second), ParseRetryAfter(http.Header{"Retry-After": {"9", "3"}}, now))
	require.Equal(t, After(2*time.Millisecond), ParseRetryAfter(http.Header{"Retry-After-Ms": {"1.5"}}, now))
	require.Equal(t, Delay{}, ParseRetryAfter(http.Header{"Retry-After-Ms": {"soon"}}, now))
	for _, never := range []time.Duration{0, -1} {
		wait, named := After(never).Wait()
		require.Zero(t, wait)
		require.True(t, named)
	}
}

// TestUnixTimeWithinAYear of now is one: anything else is a wait.
func TestUnixTimeWithinAYear(t *testing.T) {
	t.Parallel()
	const year = 366 * 24 * 3600
	const now = 1767268800
	for name, test := range map[string]struct{ seconds, now, want int64 }{
		"soon":                {now + 1, now, 1},
		"in nearly a year":    {now + year - 1, now, year - 1},
		"in a year":           {now + year, now, now + year},
		"nearly a year ago":   {now - year + 1, now, 0},
		"a year ago":          {now - year, now, now - year},
		"the clock is unset":  {100, 50, 100},
		"a wait of a year":    {year, year, year},
		"the clock was unset": {year + 1, year, 1},
	} {
		value := strconv.FormatInt(test.seconds, 10)
		want := After(time.Duration(test.want) * time.Second)
		require.Equal(t, want, ParseRetryAfter(http.Header{"Retry-After": {value}}, time.Unix(test.now, 0)), name)
	}
}

func TestRetryAfterDateUsesServerClock(t *testing.T) {
	t.Parallel()
	ours := time.Date(2026, 1, 1, 18, 0, 0, 0, time.UTC) // 6 hours ahead
	header := http.Header{"Retry-After": {"Thu, 01 Jan 2026 12:00:30 GMT"}, "Date": {"Thu, 01 Jan 2026 12:00:00 GMT"}}
	require.Equal(t, After(30*time.Second), ParseRetryAfter(header, ours))
	header.Set("Date", "today")
	require.Equal(t, After(0), ParseRetryAfter(header, ours))
}

func FuzzParseRetryAfter(f *testing.F) {
	for _, seed := range []string{"1", "-1", "9223372037", "1.5", "Thu, 01 Jan 2026 12:00:30 GMT", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		wait, named := ParseRetryAfter(http.Header{"Retry-After": {value}}, time.Unix(0, 0)).Wait()
		require.GreaterOrEqual(t, wait, time.Duration(0))
		require.False(t, !named && wait != 0)
		if digits := strings.TrimSpace(value); named && strings.Trim(digits, "0123456789") == "" && len(digits) < 8 {
			require.Equal(t, strings.TrimLeft(digits, "0"), strings.TrimLeft(strconv.Itoa(int(wait/time.Second)), "0"))
		}
	})
}
