package webhooks_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/webhooks"
)

// TestFailOpen reports what a store fails with and works without it, but keeps
// what a store that works says.
func TestFailOpen(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		name   string
		before func(context.Context, string) error
		open   bool   // the store is away
		want   string // what is reported
	}{
		{"works", nil, false, ""},
		{"fails", func(context.Context, string) error { return errStore }, true, errStore.Error()},
		{"panics", func(context.Context, string) error { panic("no") }, true, "panic: string"},
	} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			ctx, store := t.Context(), newScriptedStore(t)
			store.before = one.before
			var reported []string
			deduper := webhooks.FailOpen(store, func(err error) { reported = append(reported, err.Error()) })

			state, err := deduper.Claim(ctx, "key", "a", time.Minute)
			require.NoError(t, err)
			require.Equal(t, webhooks.Claimed, state)
			state, err = deduper.Claim(ctx, "key", "b", time.Minute)
			require.NoError(t, err)
			require.Equal(t, one.open, state == webhooks.Claimed)
			for _, call := range []func(token string) error{
				func(token string) error { return deduper.Renew(ctx, "key", token, time.Minute) },
				func(token string) error { return deduper.Commit(ctx, "key", token) },
			} {
				require.NoError(t, call("a"))
				err := call("b")
				if one.open {
					require.NoError(t, err)
				} else {
					require.ErrorIs(t, err, webhooks.ErrClaimLost)
				}
			}
			require.NoError(t, deduper.Release(ctx, "key", "a"))
			if !one.open {
				require.Empty(t, reported, "a lost claim is not the store's fault")
				return
			}
			require.Len(t, reported, 7)
			for _, text := range reported {
				require.Equal(t, one.want, text)
			}
		})
	}
}

// TestFailOpenRetention passes on how long the store remembers.
func TestFailOpenRetention(t *testing.T) {
	t.Parallel()
	report := func(error) {}
	retention := func(deduper webhooks.Deduper) time.Duration {
		return webhooks.FailOpen(deduper, report).(interface{ Retention() time.Duration }).Retention()
	}
	store := newScriptedStore(t)
	require.Equal(t, 24*time.Hour, retention(store))
	require.Equal(t, time.Duration(math.MaxInt64), retention(struct{ webhooks.Deduper }{store}))
	require.PanicsWithValue(t, "webhooks: FailOpen: nil deduper or function", func() { webhooks.FailOpen(nil, report) })
	require.PanicsWithValue(t, "webhooks: FailOpen: nil deduper or function", func() { webhooks.FailOpen(store, nil) })
}
