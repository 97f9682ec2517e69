package dedupetest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/returningai/returningai-go/webhooks"
	"github.com/returningai/returningai-go/webhooks/dedupetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestMemoryDeduper keeps the promises.
func TestMemoryDeduper(t *testing.T) {
	t.Parallel()
	store, err := webhooks.NewMemoryDeduper(1000, time.Hour)
	require.NoError(t, err)
	dedupetest.Run(t, func(*testing.T) webhooks.Deduper { return store })
}
