package returningaitest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/returningaitest"
)

// TestNewErrorLikeRealError holds errors against those of a client.
func TestNewErrorLikeRealError(t *testing.T) {
	t.Parallel()
	const operation = "integration.messages.send"
	for name, test := range map[string]struct {
		fault  returningaitest.Response
		params returningaitest.ErrorParams
	}{
		"503": {returningaitest.Status(503), returningaitest.ErrorParams{
			StatusCode: 503, Message: "Service Unavailable", RequestID: "fake-1", MaybeApplied: true,
		}},
		"403": {returningaitest.Failure(403, "no"), returningaitest.ErrorParams{StatusCode: 403, Message: "no", RequestID: "fake-1"}},
		"404": {returningaitest.Failure(404, "no"), returningaitest.ErrorParams{StatusCode: 404, Message: "no", RequestID: "fake-1"}},
		"409 with Retry-After": {returningaitest.RetryAfter(409, "7"), returningaitest.ErrorParams{
			StatusCode: 409, Message: "Conflict", RequestID: "fake-1", RetryAfter: 7 * time.Second,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := returningaitest.NewServer(t)
			srv.Inject(returningaitest.Fault{Operation: operation, Response: test.fault})
			err := srv.Client().Integration.Messages.Send(t.Context(), integration.SendMessageParams{
				ChannelID: srv.Channels()[0].ID, Message: "gg", Sender: "bot",
			})
			real, ok := errors.AsType[*returningai.Error](err)
			require.True(t, ok)
			test.params.Operation = operation
			made := returningaitest.NewError(test.params)
			require.Equal(t, real.Error(), made.Error())
			require.Equal(t, real.MaybeApplied(), made.MaybeApplied())
			require.Equal(t, real.Idempotent(), made.Idempotent())
			require.Equal(t, real.RetryAfter, made.RetryAfter)
			require.Equal(t, real.Attempts, made.Attempts)
			require.Equal(t, real.Unwrap(), made.Unwrap())
		})
	}
}

func TestNewErrorRefusedCall(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	_, err := srv.Client().System.Badges.Award(t.Context(), "badge", "")
	made := returningaitest.NewError(returningaitest.ErrorParams{
		Operation: "system.badges.award", Problems: []returningai.Problem{{Field: "UserID", Rule: "must not be empty"}},
	})
	require.EqualError(t, err, made.Error())
	require.ErrorIs(t, made, returningai.ErrInvalid)
	require.Zero(t, made.Attempts)
	require.Equal(t, []returningai.Problem{{Field: "UserID", Rule: "must not be empty"}}, made.Problems())
}

func TestNewErrorCauses(t *testing.T) {
	t.Parallel()
	made := returningaitest.NewError(returningaitest.ErrorParams{
		Operation: "system.badges.award", MaybeApplied: true, Causes: []error{returningai.ErrTimeout, context.Canceled},
	})
	require.ErrorIs(t, made, returningai.ErrTimeout)
	require.ErrorIs(t, made, context.Canceled)
	require.True(t, returningai.MaybeApplied(made))
	require.False(t, made.Idempotent())
	require.True(t, returningaitest.NewError(returningaitest.ErrorParams{Operation: "system.badges.list"}).Idempotent())
	require.ErrorIs(t, &returningai.Error{StatusCode: 429}, returningai.ErrRateLimited)
}

func TestNewErrorInvalidPanics(t *testing.T) {
	t.Parallel()
	problems := []returningai.Problem{{Field: "UserID", Rule: "must not be empty"}}
	for text, params := range map[string]returningaitest.ErrorParams{
		`there is no operation "x"`:                                    {Operation: "x"},
		"after status 429 nothing was applied":                         {Operation: "system.badges.award", StatusCode: 429, MaybeApplied: true},
		"after status 308 nothing was applied":                         {Operation: "system.badges.award", StatusCode: 308, MaybeApplied: true},
		"a call with Problems was not sent, so it is not MaybeApplied": {Operation: "system.badges.award", Problems: problems, MaybeApplied: true},
		"a call with Problems was not sent, so it has no StatusCode":   {Operation: "system.badges.award", Problems: problems, StatusCode: 400},
		"there is no operation \"\"":                                   {},
	} {
		require.PanicsWithValue(t, "returningaitest: NewError: "+text, func() { _ = returningaitest.NewError(params) })
	}
	for _, status := range []int{408, 500, 200, 302} {
		require.True(t, returningaitest.NewError(returningaitest.ErrorParams{Operation: "system.badges.award", StatusCode: status, MaybeApplied: true}).MaybeApplied())
	}
}
