package application_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/application"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/testkit/calls"
)

func TestCommunityIDOverridesDefault(t *testing.T) {
	t.Parallel()
	for _, call := range calls.Of("application.") {
		if call.Operation == "application.users.get" { // needs no community
			continue
		}
		t.Run(call.Operation, func(t *testing.T) {
			t.Parallel()
			srv := newServer(t)
			own, other := srv.CommunityID(), "65f0c0ffee65f0c0ffee00ff"
			client := newClient(srv, returningai.WithCommunity(other))
			_, err := call.Do(t.Context(), client, known(own))
			require.NoError(t, err)
			require.Contains(t, srv.RequestsTo(call.Operation)[0].Path, "/communities/"+own+"/")

			_, err = call.Do(t.Context(), client, known(""))
			require.ErrorIs(t, err, returningai.ErrNotFound, "a community that is not the key's")
			require.Contains(t, srv.RequestsTo(call.Operation)[1].Path, "/communities/"+other+"/")

			srv.ResetRequests()
			_, err = call.Do(t.Context(), srv.Client(), known(""))
			failure, ok := errors.AsType[*returningai.Error](err)
			require.True(t, ok)
			require.ErrorIs(t, failure, returningai.ErrInvalid)
			require.Equal(t, []returningai.Problem{{
				Field: "CommunityID", Rule: "must not be empty: give it, or give WithCommunity to New",
			}}, failure.Problems())
			require.Empty(t, srv.Requests())
		})
	}
}

func TestWithCommunity(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"", " \t"} {
		_, err := returningai.New(returningai.WithCommunity(id))
		require.ErrorIs(t, err, returningai.ErrInvalid)
		require.EqualError(t, err, "returningai: WithCommunity: the id must not be empty")
	}

	srv := newServer(t)
	derived, err := srv.Client().With(returningai.WithCommunity(srv.CommunityID()))
	require.NoError(t, err)
	again, err := derived.With(returningai.WithUserAgent("game/1"))
	require.NoError(t, err)
	_, err = again.Application.UserFields.List(t.Context(), application.CommunityParams{})
	require.NoError(t, err, "a client derived from another keeps the community")
}

func TestIDsEscapedInPath(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	client := newClient(srv)
	for id, escaped := range map[string]string{
		"a/b": "a%2Fb", "a?x=1": "a%3Fx=1", "#": "%23", "%2e%2e": "%252e%252e", "ü": "%C3%BC",
	} {
		srv.ResetRequests()
		_, err := client.Application.UserFields.Get(t.Context(), id, application.CommunityParams{CommunityID: id})
		require.ErrorIs(t, err, returningai.ErrNotFound)
		require.Equal(t, "/apis/v1/communities/"+escaped+"/user-fields/"+escaped, srv.Requests()[0].Path)
	}
	srv.ResetRequests()
	for _, id := range []string{"", ".", ".."} {
		_, err := client.Application.FieldHistories.ListByFieldAndUser(t.Context(), id, id, application.ListHistoriesParams{})
		require.ErrorIs(t, err, returningai.ErrInvalid)
		require.ErrorContains(t, err, "FieldID must not be")
		require.ErrorContains(t, err, "UserObjectID must not be")
	}
	require.Empty(t, srv.Requests())
}
