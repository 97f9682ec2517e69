package returningai_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
)

func TestWithOperationFamilyInvalid(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		operation string
		family    returningai.Family
		message   string
	}{
		"unknown operation": {"integration.apiKeys.rotate", returningai.FamilyApplication, `WithOperationFamily: there is no operation "integration.apiKeys.rotate"`},
		"unknown family":    {"integration.apiKeys.list", "moon", "integration.apiKeys.list: the family must be"},
		"community host":    {"integration.apiKeys.list", returningai.FamilyCommunityHost, "integration.apiKeys.list: the family must be"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := returningai.New(returningai.WithOperationFamily(test.operation, test.family))
			require.ErrorIs(t, err, returningai.ErrInvalid)
			require.ErrorContains(t, err, test.message)
		})
	}
}

func TestWithOperationFamilyNeedsThatFamilysBaseURLAndCredential(t *testing.T) {
	t.Parallel()
	moved := returningai.WithOperationFamily("integration.channels.list", returningai.FamilySystem)
	client, err := returningai.New(moved, returningai.WithBearer("token"))
	require.NoError(t, err)
	_, err = client.Integration.Channels.List(t.Context())
	require.ErrorIs(t, err, returningai.ErrNoCredential)
	require.ErrorContains(t, err, "WithAPIKey")

	client, err = returningai.New(moved, returningai.WithAPIKey("key"), returningai.WithEnvironment(returningai.Staging()))
	require.NoError(t, err)
	_, err = client.Integration.Channels.List(t.Context())
	require.ErrorIs(t, err, returningai.ErrInvalid)
	require.ErrorContains(t, err, "no base URL for the system family")
}
