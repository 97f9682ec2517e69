package returningai_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/application"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/system"
)

// always is a transport that responds with a status.
type always int

func (status always) RoundTrip(request *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: int(status), Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"message":"no"}`)), Request: request,
	}, nil
}

// responding returns a client of which every request gets the status.
func responding(t *testing.T, status int) *returningai.Client {
	t.Helper()
	client, err := returningai.New(
		returningai.WithAPIKey("key-1"), returningai.WithBearer("token-1"),
		returningai.WithCommunityHost("community.example.com"), quick(),
		returningai.WithHTTPClient(&http.Client{Transport: always(status)}),
	)
	require.NoError(t, err)
	return client
}

func TestHelpForIDsOfAnotherKind(t *testing.T) {
	t.Parallel()
	const object, uuid = "65f0c0ffee65f0c0ffee0001", "65f0c0ff-ee00-4000-8000-000000000001"
	type client = *returningai.Client
	award := func(badge, user string) func(context.Context, client) error {
		return func(ctx context.Context, c client) error {
			_, err := c.System.Badges.Award(ctx, badge, user)
			return err
		}
	}
	get := func(user string) func(context.Context, client) error {
		return func(ctx context.Context, c client) error {
			_, err := c.Integration.Users.Get(ctx, user)
			return err
		}
	}
	for name, test := range map[string]struct {
		call func(context.Context, client) error
		help string
	}{
		"right":                    {award(uuid, "1102"), ""},
		"unknown form":             {award("gold", "ada"), ""},
		"object id as user number": {award(uuid, object), `the user id has 24 hex digits and looks like an object id; this operation takes the user number, such as "1102"`},
		"24 digits":                {award(uuid, "123456789012345678901234"), "the user id has 24 hex digits and looks like an object id"},
		"23 digits":                {award(uuid, "12345678901234567890123"), ""},
		"email as user number":     {award(uuid, "ada@example.com"), "the user id contains an @ and looks like an email"},
		"object id as badge":       {award(object, "1102"), "the badge id has 24 hex digits and looks like an object id; this operation takes a badge id, which is a UUID"},
		"user number or email":     {get("1102"), ""},
		"user by email":            {get("ada@example.com"), ""},
		"user by object id":        {get(object), "the user id has 24 hex digits and looks like an object id"},
		"user number as object id": {func(ctx context.Context, c client) error {
			_, err := c.Integration.APIKeys.List(ctx, "1102")
			return err
		}, "the user id has only digits and looks like a user number; this operation takes an object id of 24 hex digits"},
		"Application takes object ids": {func(ctx context.Context, c client) error {
			_, err := c.Application.Users.Get(ctx, "1102", application.GetUserParams{})
			return err
		}, "looks like a user number"},
		"badge id as role":        {func(ctx context.Context, c client) error { return c.System.Roles.Delete(ctx, uuid) }, "the role id is a UUID and looks like a badge id"},
		"user number as username": {func(ctx context.Context, c client) error { return c.Integration.Users.Delete(ctx, "1102") }, "the user id has only digits and looks like a user number; this operation takes the username"},
		"a username":              {func(ctx context.Context, c client) error { return c.Integration.Users.Delete(ctx, "ada") }, ""},
		"in a query": {func(ctx context.Context, c client) error {
			_, err := c.System.Auth.SecureLogin(ctx, system.SecureLoginParams{Username: object})
			return err
		}, "this operation takes the username"},
		"in a body": {func(ctx context.Context, c client) error {
			return c.Integration.Messages.Send(ctx, integration.SendMessageParams{ChannelID: "1102", Message: "m", Sender: "s"})
		}, "the channel id has only digits"},
		"an operation of the user's": {func(ctx context.Context, c client) error {
			return c.Call(ctx, returningai.CallParams{Family: returningai.FamilySystem, Method: "GET", Path: "/roles/" + object}, nil)
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for status, expected := range map[int]bool{400: true, 404: true, 409: false, 500: false} {
				failure := failed(t, test.call(t.Context(), responding(t, status)))
				require.Equal(t, status, failure.StatusCode)
				if test.help == "" || !expected {
					require.NotContains(t, failure.Error(), "looks like")
				} else {
					require.Contains(t, failure.Error(), test.help)
				}
				require.NotContains(t, failure.Error(), object)
			}
		})
	}
}

func TestHelpNamesThePlaceOfTheKey(t *testing.T) {
	t.Parallel()
	for _, status := range []int{401, 403} {
		client := responding(t, status)
		_, err := client.System.Badges.List(t.Context())
		require.ErrorContains(t, err, "find it in the community's settings under Login Management > API key")
		_, err = client.Integration.Channels.List(t.Context())
		require.ErrorContains(t, err, "find it in the community's settings under Integration > API key")
		_, err = client.System.Auth.SecureLogin(t.Context(), system.SecureLoginParams{Username: "ada"})
		require.ErrorContains(t, err, "find it in the community's settings under Login Management > API key")
	}
}
