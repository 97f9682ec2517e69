package integration_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/integration"
)

func TestDateFormats(t *testing.T) {
	t.Parallel()
	want := integration.NewDate(2026, time.February, 3)
	for _, text := range []string{
		"2026-02-03", "03/02/2026", "3/2/2026",
		"2026-02-03T00:00:00Z", "2026-02-03T23:59:59.999Z", "2026-02-03T01:00:00+14:00",
	} {
		got, err := integration.ParseDate(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
		require.Contains(t, map[integration.Date]bool{want: true}, got, "== compares days")

		var read struct{ Day integration.Date }
		require.NoError(t, json.Unmarshal([]byte(`{"Day":"`+text+`"}`), &read))
		require.Equal(t, want, read.Day, text)
		again, err := json.Marshal(read)
		require.NoError(t, err)
		require.JSONEq(t, `{"Day":"2026-02-03"}`, string(again))
	}
}

func TestDateInvalid(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", " ", "today", "2026-02-30", "31/04/2026", "12/31/2026", "2026-2-3", "2026/02/03",
		"2026-02-03T", "2026-02-03 10:00:00", "03-02-2026", "1770076800", "10000-01-01",
	} {
		got, err := integration.ParseDate(text)
		require.ErrorContains(t, err, "YYYY-MM-DD", text)
		require.True(t, got.IsZero(), text)
		if text == "" {
			continue // is how no day is written
		}
		kept := integration.NewDate(2026, time.May, 1)
		require.Error(t, kept.UnmarshalText([]byte(text)))
		require.Equal(t, "2026-05-01", kept.String(), "a failed read changes nothing")
	}
}

func TestZeroDateRoundTrip(t *testing.T) {
	t.Parallel()
	type event struct{ Day integration.Date }
	written, err := json.Marshal(event{})
	require.NoError(t, err)
	require.JSONEq(t, `{"Day":""}`, string(written))
	again := event{integration.NewDate(2026, time.May, 1)}
	require.NoError(t, json.Unmarshal(written, &again))
	require.Equal(t, event{}, again)
}

func TestDateConversions(t *testing.T) {
	t.Parallel()
	tokyo := time.FixedZone("Tokyo", 9*60*60)
	evening := time.Date(2026, time.January, 31, 20, 0, 0, 0, time.UTC)
	require.Equal(t, "2026-01-31", integration.DateOf(evening).String())
	require.Equal(t, "2026-02-01", integration.DateOf(evening.In(tokyo)).String())

	date := integration.NewDate(2026, time.April, 31) // carried on
	require.Equal(t, integration.NewDate(2026, time.May, 1), date)
	require.Equal(t, time.Date(2026, time.May, 1, 0, 0, 0, 0, tokyo), date.In(tokyo))
	require.Equal(t, "2026-02-28", date.AddDays(-62).String())
	require.Equal(t, -1, date.Compare(date.AddDays(1)))
	require.Equal(t, 1, date.Compare(date.AddDays(-1)))
	require.Equal(t, 0, date.Compare(date))

	var none integration.Date
	require.True(t, none.IsZero())
	require.Empty(t, none.String())
	require.True(t, none.In(tokyo).IsZero())

	_, err := integration.NewDate(12026, time.January, 1).MarshalText()
	require.ErrorContains(t, err, "year")
}

func FuzzParseDate(f *testing.F) {
	for _, text := range []string{"2026-02-03", "03/02/2026", "2026-02-03T00:00:00Z", "", "99/99/9999"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		date, err := integration.ParseDate(text)
		if err != nil {
			return
		}
		written, err := date.MarshalText()
		require.NoError(t, err)
		again, err := integration.ParseDate(string(written))
		if date.IsZero() { // the 1st of January of the year 1 is what time calls zero
			return
		}
		require.NoError(t, err)
		require.Equal(t, date, again)
	})
}
