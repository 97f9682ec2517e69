package webhooks_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/webhooks"
)

// claimIn claims a key under a token of the same name, for a minute.
func claimIn(t *testing.T, store *webhooks.MemoryDeduper, key string, lease time.Duration) webhooks.ClaimState {
	t.Helper()
	state, err := store.Claim(t.Context(), key, key, lease)
	require.NoError(t, err)
	return state
}

// TestMemoryDeduperBounds evicts expired claims first, then the oldest
// committed delivery, never one in flight.
func TestMemoryDeduperBounds(t *testing.T) {
	t.Parallel()
	_, err := webhooks.NewMemoryDeduper(0, time.Hour)
	require.Error(t, err)
	_, err = webhooks.NewMemoryDeduper(1, 0)
	require.Error(t, err)
	_, err = webhooks.NewMemoryDeduper(1, 1)
	require.NoError(t, err)

	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		store, err := webhooks.NewMemoryDeduper(3, time.Hour)
		require.NoError(t, err)
		require.Equal(t, time.Hour, store.Retention())
		for _, key := range []string{"1", "2", "3"} {
			require.Equal(t, webhooks.Claimed, claimIn(t, store, key, time.Minute))
			require.NoError(t, store.Commit(ctx, key, key))
		}
		require.Equal(t, webhooks.Claimed, claimIn(t, store, "4", time.Minute))
		require.NoError(t, store.Commit(ctx, "2", "2"), "kept, and committed under the same token")
		require.ErrorIs(t, store.Commit(ctx, "2", "other"), webhooks.ErrClaimLost)
		require.Equal(t, webhooks.Claimed, claimIn(t, store, "1", time.Second), "the oldest was evicted early")
		require.Equal(t, webhooks.Claimed, claimIn(t, store, "5", time.Minute))
		state, err := store.Claim(ctx, "6", "6", time.Minute)
		require.Error(t, err, "nothing in flight makes room")
		require.Zero(t, state)
		state, err = store.Claim(ctx, "5", "other", time.Minute)
		require.NoError(t, err, "a known key needs no room")
		require.Equal(t, webhooks.InFlight, state)
		require.Error(t, store.Commit(ctx, "6", "6"))
		pass(time.Second)
		require.Equal(t, webhooks.Claimed, claimIn(t, store, "6", time.Minute), "1 has expired, behind the longer claim 4")
		require.Equal(t, 3, store.Len(), "that made room for one")
		pass(2 * time.Hour)
		for _, key := range []string{"4", "5", "6"} {
			require.ErrorIs(t, store.Renew(ctx, key, key, time.Minute), webhooks.ErrClaimLost)
			require.Equal(t, webhooks.Claimed, claimIn(t, store, key, time.Minute))
		}
	})
}

// TestMemoryDeduperForgets forgets what was committed longer ago than the
// retention, and not before.
func TestMemoryDeduperForgets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, err := webhooks.NewMemoryDeduper(100, time.Hour)
		require.NoError(t, err)
		for i := range 90 {
			key := fmt.Sprint(i)
			require.Equal(t, webhooks.Claimed, claimIn(t, store, key, time.Minute))
			require.NoError(t, store.Commit(t.Context(), key, key))
		}
		pass(time.Hour - time.Second)
		require.Equal(t, webhooks.Committed, claimIn(t, store, "89", time.Minute))
		pass(time.Second)
		require.Equal(t, webhooks.Claimed, claimIn(t, store, "89", time.Minute))
		for i := range 50 {
			claimIn(t, store, fmt.Sprint("later ", i), time.Minute)
		}
		require.Equal(t, 51, store.Len(), "89 and the later ones")
		pass(time.Minute)
		require.Equal(t, webhooks.Claimed, claimIn(t, store, "later 9", time.Hour))
		require.Equal(t, webhooks.Claimed, claimIn(t, store, "last", time.Hour))
		state, err := store.Claim(t.Context(), "later 9", "other", time.Hour)
		require.NoError(t, err)
		require.Equal(t, webhooks.InFlight, state, "forgetting the first claim leaves the second")
		for i := range 30 {
			claimIn(t, store, fmt.Sprint("last ", i), time.Hour)
		}
		require.Equal(t, 32, store.Len())
	})
}

// TestMemoryDeduperFullOfClaims takes no longer when it is full: looking at
// every claim took 11 ms at this size.
func TestMemoryDeduperFullOfClaims(t *testing.T) {
	t.Parallel()
	const capacity, calls = 100_000, 10_000
	store, err := webhooks.NewMemoryDeduper(capacity, time.Hour)
	require.NoError(t, err)
	for i := range capacity {
		require.Equal(t, webhooks.Claimed, claimIn(t, store, fmt.Sprint(i), time.Hour))
	}
	start := time.Now()
	for range calls {
		_, err := store.Claim(t.Context(), "one more", "token", time.Hour)
		require.Error(t, err)
	}
	require.Less(t, time.Since(start)/calls, time.Millisecond)
}
