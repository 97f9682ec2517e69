package rest_test

import (
	stdjson "encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/internal/rest"
)

// What answers are read into may be a type of the user's own, which has no
// place for times that cannot be read.
func TestUnreadableTimesStayZeroInForeignTypes(t *testing.T) {
	t.Parallel()
	type base struct {
		Extra map[string]stdjson.RawMessage
	}
	type embeds struct {
		*base

		Seen time.Time
	}
	answer := []byte(`{"Seen":"never"}`)

	var without struct{ Seen time.Time }
	require.NoError(t, rest.UnmarshalAnswer(answer, &without))
	require.True(t, without.Seen.IsZero())

	var embedded embeds
	require.NoError(t, rest.UnmarshalAnswer(answer, &embedded))
	require.True(t, embedded.Seen.IsZero())

	var other struct {
		Seen  time.Time
		Extra string
	}
	require.NoError(t, rest.UnmarshalAnswer(answer, &other))
	require.Empty(t, other.Extra)

	var alone time.Time
	require.NoError(t, rest.UnmarshalAnswer([]byte(`"never"`), &alone))
	require.True(t, alone.IsZero())
}
