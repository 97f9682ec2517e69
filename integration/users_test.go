package integration_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"github.com/returningai/returningai-go/value"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/testkit/calls"
	"github.com/returningai/returningai-go/testkit/golden"
)

// aSingleSignOnUser has only what such a user needs.
func aSingleSignOnUser() integration.CreateUserParams {
	return integration.CreateUserParams{
		FirstName: "Grace", LastName: "Hopper", Username: "grace", DisplayName: "Grace", Email: "grace@example.com", JoinServer: true,
	}
}

func TestDeleteAndRestore(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	users := srv.Client().Integration.Users
	require.NoError(t, users.Delete(t.Context(), "bot"))
	require.NoError(t, users.Restore(t.Context(), "bot"))
	golden.Request(t, "integration.users.manage.convenience", srv.Requests()[0])
	golden.Request(t, "integration.users.manage.restore", srv.Requests()[1])
}

func TestUsersCreateAndGet(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	users := srv.Client().Integration.Users
	created, err := users.Create(t.Context(), calls.FullUser())
	require.NoError(t, err)
	require.Equal(t, "ada", created.Username)
	require.NotEmpty(t, created.ID)
	require.Empty(t, created.Extra)

	for _, idOrEmail := range []string{"ada@example.com", created.UserID} {
		found, err := users.Get(t.Context(), idOrEmail)
		require.NoError(t, err)
		require.Equal(t, created, found)
	}
	require.Equal(t, value.String("chess"), created.CustomFields["favourite_game"])
	require.Equal(t, value.String("1815-12-10"), created.CustomFields["birthday"])

	_, err = users.Get(t.Context(), "nobody@example.com")
	require.ErrorIs(t, err, returningai.ErrNotFound)
}

func TestUsersCreateConflicts(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	users := srv.Client().Integration.Users
	_, err := users.Create(t.Context(), aSingleSignOnUser())
	require.NoError(t, err)
	require.NoError(t, users.Delete(t.Context(), "grace"))
	for name, change := range map[string]func(*integration.CreateUserParams){
		"username": func(p *integration.CreateUserParams) { p.Email = "another@example.com" },
		"email":    func(p *integration.CreateUserParams) { p.Username = "another" },
	} {
		params := aSingleSignOnUser()
		change(&params)
		_, err := users.Create(t.Context(), params)
		require.ErrorIs(t, err, returningai.ErrConflict, name)
		require.ErrorContains(t, err, name+" is in use")
		failure, _ := errors.AsType[*returningai.Error](err)
		require.False(t, failure.MaybeApplied())
	}
}

func TestUsersDeleteAndRestore(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	users := srv.Client().Integration.Users
	require.ErrorIs(t, users.Restore(t.Context(), "bot"), returningai.ErrConflict)
	require.NoError(t, users.Delete(t.Context(), "bot"))
	_, err := users.Get(t.Context(), "bot@example.com")
	require.ErrorIs(t, err, returningai.ErrNotFound)
	require.ErrorIs(t, users.Delete(t.Context(), "bot"), returningai.ErrConflict)
	require.NoError(t, users.Restore(t.Context(), "bot"))
	_, err = users.Get(t.Context(), "bot@example.com")
	require.NoError(t, err)

	require.ErrorIs(t, users.Delete(t.Context(), "nobody"), returningai.ErrNotFound)
	require.ErrorIs(t, users.Manage(t.Context(), integration.ManageUserParams{Action: "ban", Username: "bot"}), returningai.ErrInvalid)
	require.Len(t, srv.RequestsTo("integration.users.manage"), 6, "an unknown action is the server's to refuse")
}

func TestUsersManageEcho(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"status":"success","message":"done"}`,
		`{"action":"delete","user":"bot","status":"success"}`,
		`{"status":"success","data":{"action":"delete","user":"bot"}}`,
	} {
		srv := returningaitest.NewServer(t)
		srv.Inject(returningaitest.Fault{Operation: "integration.users.manage", Response: returningaitest.Raw(200, "application/json", body)})
		require.NoError(t, srv.Client().Integration.Users.Delete(t.Context(), "bot"), body)
	}
}

func TestUsersCreateWithoutEcho(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	srv.Inject(returningaitest.Fault{
		Operation: "integration.users.create", Response: returningaitest.Raw(201, "application/json", `{"status":"success","message":"created"}`),
	})
	user, err := srv.Client().Integration.Users.Create(t.Context(), calls.FullUser())
	require.NoError(t, err)
	require.Equal(t, integration.User{}, user)
}

func TestUsersRequiredParams(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	users := srv.Client().Integration.Users
	refusals := map[string]func() error{
		"create": func() error {
			_, err := users.Create(t.Context(), integration.CreateUserParams{
				Username: " ", Password: secret.New("given"), CustomFields: []integration.CustomFieldValue{{Field: "a"}, {}},
			})
			return err
		},
		"info": func() error {
			_, err := users.Get(t.Context(), "")
			return err
		},
		"manage":  func() error { return users.Manage(t.Context(), integration.ManageUserParams{}) },
		"delete":  func() error { return users.Delete(t.Context(), "") },
		"restore": func() error { return users.Restore(t.Context(), "") },
		"history": func() error {
			_, err := users.GamificationHistory(t.Context(), integration.GamificationHistoryParams{})
			return err
		},
		"all history": func() error {
			for _, err := range users.AllGamificationHistory(t.Context(), integration.GamificationHistoryParams{}) {
				return err
			}
			return nil
		},
		"history of user": func() error {
			_, err := users.LegacyGamificationHistory(t.Context(), integration.UserActivityParams{})
			return err
		},
		"stats": func() error {
			_, err := users.GamificationStats(t.Context(), integration.UserActivityParams{})
			return err
		},
	}
	for name, fields := range map[string][]string{
		"create":          {"FirstName", "LastName", "Username", "DisplayName", "Email", "ConfirmPassword", "CustomFields[0].Value", "CustomFields[1].Field", "CustomFields[1].Value"},
		"info":            {"IDOrEmail"},
		"manage":          {"Action", "Username"},
		"delete":          {"Username"},
		"restore":         {"Username"},
		"history":         {"Identifiers", "IdentifierType", "Date"},
		"all history":     {"Identifiers", "IdentifierType", "Date"},
		"history of user": {"Identifier", "IdentifierType", "Days"},
		"stats":           {"Identifier", "IdentifierType", "Days"},
	} {
		requireProblems(t, refusals[name](), fields)
	}
	require.Empty(t, srv.Requests())
}

// requireProblems checks that a call was refused locally, and for what.
func requireProblems(t *testing.T, err error, fields []string) {
	t.Helper()
	failure, ok := errors.AsType[*returningai.Error](err)
	require.True(t, ok, "%v", err)
	require.ErrorIs(t, failure, returningai.ErrInvalid)
	require.Zero(t, failure.Attempts)
	require.False(t, failure.MaybeApplied())
	var named []string
	for _, problem := range failure.Problems() {
		named = append(named, problem.Field)
		require.Contains(t, problem.Rule, "must")
		require.ErrorContains(t, err, problem.Field+" "+problem.Rule)
	}
	require.Equal(t, fields, named)
}

func TestUsersPasswordRedacted(t *testing.T) {
	t.Parallel()
	const password = "c0rrect horse-battery"
	params := calls.FullUser()
	params.Password, params.ConfirmPassword = secret.New(password), secret.New(password)
	marshalled, err := json.Marshal(params)
	require.NoError(t, err)
	shown := []string{fmt.Sprintf("%v %+v %#v %+v", params, params, params, &params), string(marshalled)}

	echoed := `{"status":"error","message":"the password ` + password + ` is too weak","password":"` + password + `"}`
	for _, response := range []returningaitest.Response{
		returningaitest.Raw(400, "application/json", echoed),
		returningaitest.Raw(200, "application/json", echoed),
		returningaitest.Raw(200, "text/html", "<p>"+password),
		returningaitest.Raw(500, "text/plain", password),
		returningaitest.Status(400).With("X-Request-Id", password),
		returningaitest.Redirect(302, "https://example.com/"+password),
	} {
		srv := returningaitest.NewServer(t)
		srv.Inject(returningaitest.Fault{Operation: "integration.users.create", Response: response})
		_, err := srv.Client().Integration.Users.Create(t.Context(), params)
		require.Error(t, err)
		failure, _ := errors.AsType[*returningai.Error](err)
		shown = append(shown, fmt.Sprintf("%v %+v %#v %q", err, err, err, err), string(failure.Body()), failure.RequestID, failure.Message)
		require.Contains(t, string(srv.Requests()[0].Body), password, "it was sent")
	}

	params.ConfirmPassword = secret.New("another")
	_, err = returningaitest.NewServer(t).Client().Integration.Users.Create(t.Context(), params)
	requireProblems(t, err, []string{"ConfirmPassword"})
	params.CustomFields = []integration.CustomFieldValue{{Field: "f", Value: value.Float(math.NaN())}}
	params.ConfirmPassword = params.Password
	_, err = returningaitest.NewServer(t).Client().Integration.Users.Create(t.Context(), params)
	require.ErrorIs(t, err, returningai.ErrInvalid)
	for _, text := range append(shown, err.Error()) {
		require.NotContains(t, text, password)
		require.NotContains(t, text, "c0rrect")
	}
}

func TestUserDocumentedResponse(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		response string
		want     integration.User
		again    string
	}{
		"as documented": {
			`{"_id":"64f1c0ffee0000000000abcd","userId":"1102","username":"ada","xp":10.5,"coins":5.25,"roles":["Admin","Player"],"highestRole":"Admin",
			  "firstName":"Ada","lastName":"L","xpEarnedToday":0.5,"coinsEarnedToday":2,"language":"en","totalMessages":3,"totalReactions":4,
			  "visitCount":6,"replySent":7,"timeSpent":8.5,"loginStreak":9,"customFields":{"level":12.50,"game":null}}`,
			integration.User{
				ID: "64f1c0ffee0000000000abcd", UserID: "1102", Username: "ada", XP: 10.5, Coins: 5.25,
				Roles: []integration.UserRole{{Title: "Admin"}, {Title: "Player"}}, HighestRole: integration.UserRole{Title: "Admin"},
				FirstName: "Ada", LastName: "L", XPEarnedToday: 0.5, CoinsEarnedToday: 2, Language: "en", TotalMessages: 3, TotalReactions: 4,
				VisitCount: 6, RepliesSent: 7, TimeSpent: 8.5, LoginStreak: 9,
				CustomFields: map[string]value.Value{"level": parsed("12.50"), "game": value.Null()},
			}, "",
		},
		"scalars as texts, ids as numbers, new members": {
			`{"id":"64f1c0ffee0000000000abcd","userId":1102,"xp":"10","coins":"5.0","timeSpent":"1.5","avatar":"a.png","highestRole":null}`,
			integration.User{
				ID: "64f1c0ffee0000000000abcd", UserID: "1102", XP: 10, Coins: 5, TimeSpent: 1.5,
				Extra: map[string]json.RawMessage{"id": json.RawMessage(`"64f1c0ffee0000000000abcd"`), "avatar": json.RawMessage(`"a.png"`)},
			},
			`{"_id":"64f1c0ffee0000000000abcd","userId":"1102","xp":10,"coins":5,"timeSpent":1.5,"avatar":"a.png","id":"64f1c0ffee0000000000abcd"}`,
		},
		"a user number for an id": {
			`{"id":1102}`,
			integration.User{UserID: "1102", Extra: map[string]json.RawMessage{"id": json.RawMessage("1102")}},
			`{"userId":"1102","id":1102}`,
		},
		"a user number for an id, beside the user's own": {
			`{"_id":"64f1c0ffee0000000000abcd","userId":"1102","id":"1102"}`,
			integration.User{ID: "64f1c0ffee0000000000abcd", UserID: "1102", Extra: map[string]json.RawMessage{"id": json.RawMessage(`"1102"`)}}, "",
		},
		"an object id of digits": {
			`{"id":"650000000000000000000001"}`,
			integration.User{ID: "650000000000000000000001", Extra: map[string]json.RawMessage{"id": json.RawMessage(`"650000000000000000000001"`)}},
			`{"_id":"650000000000000000000001","id":"650000000000000000000001"}`,
		},
		"roles as objects": {
			`{"roles":[{"_id":"r1","title":"Admin","order":1},{"id":"r2","name":"Player"}]}`,
			integration.User{Roles: []integration.UserRole{
				{ID: "r1", Title: "Admin", Extra: map[string]json.RawMessage{"order": json.RawMessage("1")}},
				{ID: "r2", Title: "Player", Extra: map[string]json.RawMessage{"id": json.RawMessage(`"r2"`), "name": json.RawMessage(`"Player"`)}},
			}},
			`{"roles":[{"_id":"r1","title":"Admin","order":1},{"_id":"r2","title":"Player","id":"r2","name":"Player"}]}`,
		},
		"empty": {`{}`, integration.User{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := returningaitest.NewServer(t)
			srv.Inject(returningaitest.Fault{
				Operation: "integration.users.info", Response: returningaitest.Raw(200, "application/json", `{"status":"success","data":`+test.response+`}`),
			})
			user, err := srv.Client().Integration.Users.Get(t.Context(), "1102")
			require.NoError(t, err)
			require.Equal(t, test.want, user)
			again, err := returningai.Marshal(user)
			require.NoError(t, err)
			if test.again == "" {
				test.again = test.response
			}
			require.JSONEq(t, test.again, string(again))
		})
	}
}

// parsed returns a value by its JSON text.
func parsed(text string) value.Value {
	made, err := value.Parse([]byte(text))
	if err != nil {
		panic(err)
	}
	return made
}

func TestCustomFieldValueExtra(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	_, err := srv.Client().Integration.Users.Create(t.Context(), integration.CreateUserParams{
		FirstName: "Ada", LastName: "Lovelace", Username: "ada", DisplayName: "Ada", Email: "ada@example.com",
		CustomFields: []integration.CustomFieldValue{{
			Field: "level", Value: value.Int(7), Extra: map[string]json.RawMessage{"visible": json.RawMessage("false")},
		}},
	})
	require.NoError(t, err)
	require.Contains(t, string(srv.RequestsTo("integration.users.create")[0].Body), `{"fieldIdorName":"level","value":7,"visible":false}`)
}
