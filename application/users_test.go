package application_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/application"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/testkit/calls"
)

func TestUsersSelectedAttributes(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	login := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	user := srv.AddUser(returningaitest.User{
		UserID: "2001", Username: "raider", Email: "raider@example.com", DisplayName: "Raider", FirstName: "Ray", LastName: "Der",
		Avatar: "https://example.com/r.png", IsOnline: true, LastLogin: login,
	})
	all := application.User{
		ID: user.ID, UserID: "2001", Avatar: "https://example.com/r.png", DisplayName: "Raider", Username: "raider",
		FirstName: "Ray", LastName: "Der", Email: "raider@example.com", IsOnline: true, LastLogin: login,
	}
	for name, test := range map[string]struct {
		attributes []application.UserAttribute
		want       application.User
	}{
		"none":  {nil, all},
		"every": {calls.EveryAttribute(), all},
		"ids":   {[]application.UserAttribute{application.UserAttributeID, application.UserAttributeUserID}, application.User{ID: user.ID, UserID: "2001"}},
		"one twice": {
			[]application.UserAttribute{application.UserAttributeIsOnline, application.UserAttributeIsOnline}, application.User{IsOnline: true},
		},
		"one that is not known": {
			[]application.UserAttribute{application.UserAttributeUsername, "shoeSize"}, application.User{Username: "raider"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			services := newClient(srv).Application
			got, err := services.Users.Get(t.Context(), user.ID, application.GetUserParams{Attributes: test.attributes})
			require.NoError(t, err)
			require.Equal(t, test.want, got)
			got, err = services.CommunityUsers.Get(t.Context(), user.ID, application.GetCommunityUserParams{Attributes: test.attributes})
			require.NoError(t, err)
			require.Equal(t, test.want, got)
		})
	}
}

func TestUsersEmptyAttribute(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	services := newClient(srv).Application
	attributes := []application.UserAttribute{application.UserAttributeEmail, ""}
	_, err := services.Users.Get(t.Context(), playerID, application.GetUserParams{Attributes: attributes})
	require.ErrorIs(t, err, returningai.ErrInvalid)
	require.ErrorContains(t, err, "Attributes must not hold an empty name")
	_, err = services.CommunityUsers.Get(t.Context(), playerID, application.GetCommunityUserParams{Attributes: attributes})
	require.ErrorContains(t, err, "Attributes must not hold an empty name")
	require.Empty(t, srv.Requests())
}

func TestUserLenientDecoding(t *testing.T) {
	t.Parallel()
	login := time.Date(2025, 6, 1, 10, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		response string
		want     application.User
		again    string
	}{
		"as documented": {
			`{"_id":"a","id":1102,"avatar":"x","isOnline":false,"lastLogin":"2025-06-01T10:00:00.000Z"}`,
			application.User{ID: "a", UserID: "1102", Avatar: "x", LastLogin: login},
			`{"_id":"a","id":"1102","avatar":"x","lastLogin":"2025-06-01T10:00:00Z"}`,
		},
		"scalars as strings": {`{"id":"1102","isOnline":"true"}`, application.User{UserID: "1102", IsOnline: true}, `{"id":"1102","isOnline":true}`},
		"nulls":              {`{"_id":"a","avatar":null,"lastLogin":null}`, application.User{ID: "a"}, `{"_id":"a"}`},
		"large id":           {`{"id":12345678901234567890}`, application.User{UserID: "12345678901234567890"}, `{"id":"12345678901234567890"}`},
		"unknown members": {
			`{"_id":"a","__v":1.50,"new":{"z":"\u00e9","a":[]}}`,
			application.User{ID: "a", Extra: map[string]json.RawMessage{"__v": json.RawMessage("1.50"), "new": json.RawMessage(`{"z":"\u00e9","a":[]}`)}},
			`{"_id":"a","__v":1.50,"new":{"z":"\u00e9","a":[]}}`,
		},
		"no time": {
			`{"_id":"a","lastLogin":"yesterday"}`,
			application.User{ID: "a", Extra: map[string]json.RawMessage{"lastLogin": json.RawMessage(`"yesterday"`)}},
			`{"_id":"a","lastLogin":"yesterday"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := newServer(t)
			for _, operation := range []string{"application.users.get", "application.communityUsers.get"} {
				srv.Inject(returningaitest.Fault{Operation: operation, Response: success(test.response)})
			}
			services := newClient(srv).Application
			user, err := services.Users.Get(t.Context(), playerID, application.GetUserParams{})
			require.NoError(t, err)
			require.Equal(t, test.want, user)
			user, err = services.CommunityUsers.Get(t.Context(), playerID, application.GetCommunityUserParams{})
			require.NoError(t, err)
			require.Equal(t, test.want, user)
			again, err := returningai.Marshal(user)
			require.NoError(t, err)
			require.Equal(t, test.again, string(again))
		})
	}
}

// success is a response with data in the envelope of the family.
func success(data string) returningaitest.Response {
	return returningaitest.Raw(http.StatusOK, "application/json", `{"meta":{"status":"success","statusCode":200},"message":"Get user success.","data":`+data+`}`)
}

func TestCommunityUsersList(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]returningaitest.Option{
		"by page": nil, "by skip": {returningaitest.WithSkipPaging()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := newServer(t, options...)
			srv.AddUser(returningaitest.User{ID: "65f0c0ffee65f0c0ffee00aa", UserID: "7", Username: "Zed", FirstName: "Anna"})
			users := newClient(srv).Application.CommunityUsers
			second, err := users.List(t.Context(), application.ListCommunityUsersParams{Page: 2, Skip: 1, Limit: 1})
			require.NoError(t, err)
			require.Equal(t, []application.User{{ID: "65f0c0ffee65f0c0ffee00aa", UserID: "7", Username: "Zed", FirstName: "Anna"}}, second.Items)
			require.Equal(t, new(2), second.Total)
			require.Equal(t, new(1), second.Limit)
			if options == nil {
				require.Equal(t, new(2), second.Number)
				require.Nil(t, second.Skip)
			} else {
				require.Equal(t, new(1), second.Skip)
				require.Nil(t, second.Number)
			}

			found, err := users.List(t.Context(), application.ListCommunityUsersParams{Search: "ANNA", Sort: "createdAt:desc"})
			require.NoError(t, err)
			require.Len(t, found.Items, 1)

			var names []string
			for user, err := range users.All(t.Context(), application.ListCommunityUsersParams{Limit: 1, Sort: "createdAt:desc"}) {
				require.NoError(t, err)
				names = append(names, user.Username)
			}
			require.Equal(t, []string{"Zed", "player-one"}, names)
		})
	}
}
