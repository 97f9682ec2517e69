package calls_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/testkit/calls"
)

func TestEveryOperationHasACall(t *testing.T) {
	t.Parallel()
	var operations []string
	for _, op := range returningai.Operations() {
		operations = append(operations, op.ID)
	}
	require.ElementsMatch(t, operations, slices.Collect(maps.Keys(calls.ByOperation())))
}

// TestEveryCallIsSent shows that no call is refused for its arguments, and that
// it performs the operation that it is listed under.
func TestEveryCallIsSent(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	t.Cleanup(server.Close)
	for id, call := range calls.ByOperation() {
		client, err := returningai.New(
			returningai.WithBaseURL(returningai.FamilySystem, server.URL), returningai.WithBaseURL(returningai.FamilyIntegration, server.URL),
			returningai.WithBaseURL(returningai.FamilyApplication, server.URL), returningai.WithCommunityHost(server.URL),
			returningai.WithAPIKey("the-api-key"), returningai.WithBearer("the-token"),
		)
		require.NoError(t, err)
		failure := new(returningai.Error)
		require.ErrorAs(t, call(t.Context(), client), &failure, id)
		require.Equal(t, id, failure.Operation)
		require.Equal(t, http.StatusTeapot, failure.StatusCode, failure)
	}
}
