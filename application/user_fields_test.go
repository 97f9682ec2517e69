package application_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/application"
	"github.com/returningai/returningai-go/returningaitest"
)

func TestUserFieldsLifecycle(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	srv := returningaitest.NewServer(t, returningaitest.WithoutSeed(), returningaitest.WithClock(func() time.Time { return now }))
	fields := newClient(srv).Application.UserFields

	created, err := fields.Create(t.Context(), application.CreateUserFieldParams{
		Field: "raid rank", Name: "Raid rank", Type: "tier-of-the-future",
	})
	require.NoError(t, err)
	owner := application.User{ID: "65a0c0dec0ffee0000000002", UserID: "1", DisplayName: "Owner", Username: "owner"}
	want := application.UserField{
		ID: srv.UserFields()[0].ID, Field: "raid-rank", Name: "Raid rank", Type: "tier-of-the-future",
		Creator: &owner, CommunityID: srv.CommunityID(), CreatedAt: now, UpdatedAt: now,
	}
	require.Equal(t, want, created, "the field is the one that was sent, though the response lacks it")

	listed, err := fields.List(t.Context(), application.CommunityParams{})
	require.NoError(t, err)
	require.Equal(t, []application.UserField{want}, listed)
	got, err := fields.Get(t.Context(), created.ID, application.CommunityParams{})
	require.NoError(t, err)
	require.Equal(t, want, got)

	updated, err := fields.Update(t.Context(), created.ID, application.UpdateUserFieldParams{Name: "Rank", Type: application.UserFieldTypeSelect})
	require.NoError(t, err)
	require.Equal(t, "Rank", updated.Name)
	require.Equal(t, application.UserFieldTypeSelect, updated.Type)
	require.Equal(t, "raid-rank", updated.Field)
	require.Empty(t, updated.CommunityID, "an update does not response it")
	require.Empty(t, updated.Creator.UserID, "nor the creator's user number")

	require.NoError(t, fields.Delete(t.Context(), created.ID, application.CommunityParams{}))
	_, err = fields.Get(t.Context(), created.ID, application.CommunityParams{})
	require.ErrorIs(t, err, returningai.ErrNotFound)
	listed, err = fields.List(t.Context(), application.CommunityParams{})
	require.NoError(t, err)
	require.Empty(t, listed)
}

func TestUserFieldsServerErrors(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	fields := newClient(srv).Application.UserFields

	err := fields.Delete(t.Context(), levelID, application.CommunityParams{})
	require.ErrorIs(t, err, returningai.ErrConflict)
	require.ErrorContains(t, err, "in use")

	_, err = fields.Create(t.Context(), application.CreateUserFieldParams{Field: "level", Name: "Again", Type: application.UserFieldTypeNumerical})
	require.ErrorIs(t, err, returningai.ErrConflict)

	_, err = fields.Update(t.Context(), levelID, application.UpdateUserFieldParams{Name: strings.Repeat("x", 101), Type: application.UserFieldTypeNumerical})
	require.ErrorIs(t, err, returningai.ErrInvalid, "the length of a new name is not documented: the server judges it")
	require.Len(t, srv.RequestsTo("application.userFields.update"), 1)

	nobody := newClient(srv, returningai.WithBearer(srv.AddToken(returningaitest.Token{})))
	_, err = nobody.Application.UserFields.List(t.Context(), application.CommunityParams{})
	require.ErrorIs(t, err, returningai.ErrForbidden)
	require.ErrorContains(t, err, `the permission "userFields"`)
}

func TestUserFieldsInvalidParams(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	fields := newClient(srv).Application.UserFields
	create := func(field, name string, kind application.UserFieldType) error {
		_, err := fields.Create(t.Context(), application.CreateUserFieldParams{Field: field, Name: name, Type: kind})
		return err
	}
	update := func(name string, kind application.UserFieldType) error {
		_, err := fields.Update(t.Context(), levelID, application.UpdateUserFieldParams{Name: name, Type: kind})
		return err
	}
	for name, test := range map[string]struct {
		err  error
		want []returningai.Problem
	}{
		"create without anything": {create("", "", ""), []returningai.Problem{
			{Field: "Field", Rule: "must be 1 to 50 characters long, not 0"},
			{Field: "Name", Rule: "must be 1 to 100 characters long, not 0"},
			{Field: "Type", Rule: "must not be empty"},
		}},
		"create with too much": {create(strings.Repeat("é", 51), strings.Repeat("字", 101), " "), []returningai.Problem{
			{Field: "Field", Rule: "must be 1 to 50 characters long, not 51"},
			{Field: "Name", Rule: "must be 1 to 100 characters long, not 101"},
			{Field: "Type", Rule: "must not be empty"},
		}},
		"update without anything": {update("", ""), []returningai.Problem{
			{Field: "Name", Rule: "must not be empty"}, {Field: "Type", Rule: "must not be empty"},
		}},
		"update without a type": {update("Level", ""), []returningai.Problem{{Field: "Type", Rule: "must not be empty"}}},
		"update without a name": {update(" ", "date"), []returningai.Problem{{Field: "Name", Rule: "must not be empty"}}},
	} {
		failure, ok := errors.AsType[*returningai.Error](test.err)
		require.True(t, ok, name)
		require.ErrorIs(t, failure, returningai.ErrInvalid, name)
		require.Equal(t, test.want, failure.Problems(), name)
		require.False(t, failure.MaybeApplied(), name)
	}
	require.Empty(t, srv.Requests())
}

func TestUserFieldsLengthInCharacters(t *testing.T) {
	t.Parallel()
	for field, sent := range map[string]string{
		"x":                           "x",
		" a  b ":                      "-a--b-",
		"a\tb":                        "a\tb",
		strings.Repeat("é", 50):       strings.Repeat("é", 50),
		strings.Repeat("🎮", 49) + " ": strings.Repeat("🎮", 49) + "-",
		strings.Repeat("字", 25) + "e\u0301e\u0301": strings.Repeat("字", 25) + "e\u0301e\u0301",
	} {
		srv := newServer(t)
		created, err := newClient(srv).Application.UserFields.Create(t.Context(), application.CreateUserFieldParams{
			Field: field, Name: strings.Repeat("字", 100), Type: application.UserFieldTypeMultiLineText,
		})
		require.NoError(t, err)
		require.Equal(t, sent, created.Field)
		var body map[string]string
		require.NoError(t, json.Unmarshal(srv.RequestsTo("application.userFields.create")[0].Body, &body))
		require.Equal(t, sent, body["field"])
		require.Equal(t, sent, srv.UserFields()[2].Field)
	}
}

func TestUserFieldLenientDecoding(t *testing.T) {
	t.Parallel()
	created := time.Date(2025, 6, 1, 10, 0, 0, 123000000, time.UTC)
	for name, test := range map[string]struct {
		response string
		want     application.UserField
		again    string
	}{
		"documented response of create": {
			`{"_id":"f","name":"Level","type":"numerical","creator":{"_id":"u","id":7,"avatar":"","displayName":"Eve","username":"eve"},"communityId":"c","createdAt":"2025-06-01T10:00:00.123Z","updatedAt":"2025-06-01T10:00:00.123Z"}`,
			application.UserField{
				ID: "f", Name: "Level", Type: application.UserFieldTypeNumerical, CommunityID: "c", CreatedAt: created, UpdatedAt: created,
				Creator: &application.User{ID: "u", UserID: "7", DisplayName: "Eve", Username: "eve"},
			},
			`{"_id":"f","name":"Level","type":"numerical","creator":{"_id":"u","id":"7","displayName":"Eve","username":"eve"},"communityId":"c","createdAt":"2025-06-01T10:00:00.123Z","updatedAt":"2025-06-01T10:00:00.123Z"}`,
		},
		"documented response of update": {
			`{"_id":"f","field":"level","name":"Level","type":"number","creator":null,"createdAt":"2025-06-01T10:00:00.123Z"}`,
			application.UserField{ID: "f", Field: "level", Name: "Level", Type: application.UserFieldTypeNumber, CreatedAt: created},
			`{"_id":"f","field":"level","name":"Level","type":"number","createdAt":"2025-06-01T10:00:00.123Z"}`,
		},
		"creator without a user number": {
			`{"_id":"f","creator":{"_id":"u","username":"eve","badge":1}}`,
			application.UserField{ID: "f", Creator: &application.User{ID: "u", Username: "eve", Extra: map[string]json.RawMessage{"badge": json.RawMessage("1")}}},
			`{"_id":"f","creator":{"_id":"u","username":"eve","badge":1}}`,
		},
		"unknown type and members": {
			`{"_id":"f","type":"colour","options":[{"a":1.10}]}`,
			application.UserField{ID: "f", Type: "colour", Extra: map[string]json.RawMessage{"options": json.RawMessage(`[{"a":1.10}]`)}},
			`{"_id":"f","type":"colour","options":[{"a":1.10}]}`,
		},
		"other id name, scalars of other types": {
			`{"id":12,"field":7,"createdAt":""}`,
			application.UserField{ID: "12", Field: "7", Extra: map[string]json.RawMessage{"id": json.RawMessage("12"), "createdAt": json.RawMessage(`""`)}},
			`{"_id":"12","field":"7","createdAt":"","id":12}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := newServer(t)
			for operation, data := range map[string]string{
				"application.userFields.get": test.response, "application.userFields.update": test.response,
				"application.userFields.create": test.response, "application.userFields.list": "[" + test.response + "]",
				"application.userFields.delete": test.response,
			} {
				srv.Inject(returningaitest.Fault{Operation: operation, Response: success(data)})
			}
			fields := newClient(srv).Application.UserFields
			listed, err := fields.List(t.Context(), application.CommunityParams{})
			require.NoError(t, err)
			require.Equal(t, []application.UserField{test.want}, listed)
			got, err := fields.Get(t.Context(), "f", application.CommunityParams{})
			require.NoError(t, err)
			require.Equal(t, test.want, got)
			updated, err := fields.Update(t.Context(), "f", application.UpdateUserFieldParams{Name: "x", Type: "y"})
			require.NoError(t, err)
			require.Equal(t, test.want, updated)
			made, err := fields.Create(t.Context(), application.CreateUserFieldParams{Field: "sent", Name: "x", Type: "y"})
			require.NoError(t, err)
			want := test.want
			if want.Field == "" {
				want.Field = "sent"
			}
			require.Equal(t, want, made)
			require.NoError(t, fields.Delete(t.Context(), "f", application.CommunityParams{}))

			again, err := returningai.Marshal(got)
			require.NoError(t, err)
			require.Equal(t, test.again, string(again))
		})
	}
}

// A write that the server calls a success is one, whatever it echoes.
func TestCreateFieldWithoutEcho(t *testing.T) {
	t.Parallel()
	for _, response := range []returningaitest.Response{
		returningaitest.NoContent(), returningaitest.Raw(http.StatusCreated, "application/json", `{"meta":{"status":"success","statusCode":201}}`),
	} {
		srv := newServer(t)
		srv.Inject(returningaitest.Fault{Operation: "application.userFields.create", Response: response})
		created, err := newClient(srv).Application.UserFields.Create(t.Context(), application.CreateUserFieldParams{Field: "a b", Name: "x", Type: "y"})
		require.NoError(t, err)
		require.Equal(t, application.UserField{Field: "a-b"}, created)
	}
}

func TestMissingListIsEmpty(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	srv.Inject(returningaitest.Fault{Operation: "application.userFields.list", Response: success("null")})
	listed, err := newClient(srv).Application.UserFields.List(t.Context(), application.CommunityParams{})
	require.NoError(t, err)
	require.Empty(t, listed)
}
