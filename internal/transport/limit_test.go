package transport

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLimit(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		timeouts
		restarts int           // every 50 s
		want     time.Duration // 0 for no end
	}{
		"none":                  {timeouts{}, 1, 0},
		"idle":                  {timeouts{idle: time.Minute}, 0, time.Minute},
		"idle, restarted":       {timeouts{idle: time.Minute}, 2, 160 * time.Second},
		"total":                 {timeouts{total: time.Minute}, 0, time.Minute},
		"total, not restarted":  {timeouts{total: time.Minute}, 1, time.Minute},
		"both, the total first": {timeouts{idle: time.Minute, total: 110 * time.Second}, 2, 110 * time.Second},
		"the shortest idle":     {timeouts{idle: 1}, 0, 1},
		"the shortest total":    {timeouts{total: 1}, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				limit := test.limit(t.Context())
				for range test.restarts {
					elapse(50 * time.Second)
					limit.restart()
				}
				select {
				case <-limit.ctx.Done():
					require.Equal(t, ErrTimeout, context.Cause(limit.ctx))
				case <-time.After(24 * time.Hour):
					require.Zero(t, test.want)
				}
				if test.want > 0 {
					require.Equal(t, test.want, time.Since(began))
				}
				limit.stop()
			})
		})
	}
}

func TestLimitStops(t *testing.T) {
	t.Parallel()
	limit := timeouts{idle: time.Hour, total: time.Hour}.limit(t.Context())
	require.NoError(t, limit.ctx.Err())
	limit.stop()
	require.Equal(t, context.Canceled, context.Cause(limit.ctx))
	require.False(t, limit.idleTimer.Stop(), "it was stopped")
	require.False(t, limit.totalTimer.Stop(), "it was stopped")
}
