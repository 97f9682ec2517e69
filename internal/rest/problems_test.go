package rest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMethodProblemReplacesPathProblem(t *testing.T) {
	t.Parallel()
	op := &Operation{ID: "test", Path: "/communities/{communityId}/users/{userId}"}
	request := Request{Path: []string{"", ""}}
	request.Problems.Add("CommunityID", "is not known")
	_, problems := request.Target(op, op)
	require.Equal(t, Problems{{"CommunityID", "is not known"}, {"UserObjectID", "must not be empty"}}, problems)
}
