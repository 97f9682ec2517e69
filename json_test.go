package returningai_test

import (
	"encoding/json"
	"runtime"
	"strings"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/system"
)

// notedBadge is a response type with a field of the user's own.
type notedBadge struct {
	system.Badge

	Note string `json:"note"`
}

func TestMarshalKeepsAnEmbeddingStruct(t *testing.T) {
	t.Parallel()
	var noted notedBadge
	require.NoError(t, returningai.Unmarshal([]byte(`{"_id":"1","quantity":"3","new":[1.50],"note":"mine"}`), &noted))
	require.Equal(t, "1", noted.ID, "an alias")
	require.Equal(t, 3, noted.Quantity, "a number in quotes")
	require.Equal(t, "mine", noted.Note)
	written, err := returningai.Marshal(noted)
	require.NoError(t, err)
	require.JSONEq(t, `{"id":"1","quantity":3,"note":"mine","_id":"1","new":[1.50]}`, string(written))
	var again notedBadge
	require.NoError(t, returningai.Unmarshal(written, &again))
	require.Equal(t, noted, again)
}

// Every library writes the fields of the user's own. What else it keeps is in
// the documentation of Marshal.
func TestOtherLibrariesKeepWhatIsDocumented(t *testing.T) {
	t.Parallel()
	noted := notedBadge{system.Badge{ID: "1", Extra: map[string]json.RawMessage{"new": []byte(`7`)}}, "mine"}
	const inline, field = `{"id":"1","note":"mine","new":7}`, `{"id":"1","Extra":{"new":7},"note":"mine"}`

	written, err := jsonv2.Marshal(noted)
	require.NoError(t, err)
	require.JSONEq(t, inline, string(written))
	var again notedBadge
	require.NoError(t, jsonv2.Unmarshal(written, &again))
	require.Equal(t, noted, again)

	want := inline
	if strings.HasPrefix(runtime.Version(), "go1.26") {
		want = field
	}
	written, err = json.Marshal(noted)
	require.NoError(t, err)
	require.JSONEq(t, want, string(written))
	again = notedBadge{}
	require.NoError(t, json.Unmarshal(written, &again))
	require.Equal(t, noted, again, "it reads back what it wrote")
}

func TestUnmarshalRefusesWhatIsNotAPointer(t *testing.T) {
	t.Parallel()
	for _, out := range []any{nil, system.Badge{}, (*system.Badge)(nil)} {
		require.ErrorContains(t, returningai.Unmarshal([]byte(`{}`), out), "must be a pointer that is not nil")
	}
	require.Error(t, returningai.Unmarshal([]byte(`{`), new(system.Badge)))
}

func TestMarshalRedacts(t *testing.T) {
	t.Parallel()
	written, err := returningai.Marshal([]any{integration.APIKey{ID: "k", Key: secret.New("s3cr3t"), Extra: map[string]secret.Text{"other": secret.New("s3cr3t")}}})
	require.NoError(t, err)
	require.JSONEq(t, `[{"_id":"k","key":"[redacted]","other":"[redacted]"}]`, string(written))
}

// One odd field must not hide a user, nor make a user that was created look
// like a failure, nor hide the other rows of a list.
func TestOddFieldsHideNothing(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string]string{
		"customFields": `[]`, "roles": `{}`, "highestRole": `[]`, "visitCount": `1.5`, "xp": `{}`, "username": `[1]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := returningaitest.NewServer(t)
			users := srv.Client().Integration.Users
			user := `{"_id":"65f0c0ffee65f0c0ffee0001","userId":1102,"language":"en","` + name + `":` + raw + `}`
			want := integration.User{ID: "65f0c0ffee65f0c0ffee0001", UserID: "1102", Language: "en", Extra: map[string]json.RawMessage{name: []byte(raw)}}
			srv.Inject(
				returningaitest.Fault{Operation: "integration.users.info", Response: returningaitest.Raw(200, "application/json", `{"status":"success","data":`+user+`}`)},
				returningaitest.Fault{Operation: "integration.users.create", Response: returningaitest.Raw(200, "application/json", `{"status":"success","data":`+user+`}`)},
			)
			got, err := users.Get(t.Context(), "1102")
			require.NoError(t, err)
			require.Equal(t, want, got)
			got, err = users.Create(t.Context(), integration.CreateUserParams{FirstName: "a", LastName: "b", Username: "c", DisplayName: "d", Email: "e"})
			require.NoError(t, err)
			require.Equal(t, want, got)
		})
	}
	t.Run("in a list", func(t *testing.T) {
		t.Parallel()
		srv := returningaitest.NewServer(t)
		srv.Inject(returningaitest.Fault{Operation: "system.roles.listOfUser", Response: returningaitest.Raw(200, "application/json",
			`{"meta":{"success":true},"body":[{"_id":"a","order":[]},{"_id":"b","serverPermissions":{"allow_dm":"perhaps","ban_members":true}},{"_id":"c"}]}`)})
		roles, err := srv.Client().System.Roles.ListByUser(t.Context(), "1102")
		require.NoError(t, err)
		require.Equal(t, []system.Role{
			{ID: "a", Extra: map[string]json.RawMessage{"order": []byte(`[]`)}},
			{ID: "b", ServerPermissions: system.RoleServerPermissions{BanMembers: new(true), Extra: map[string]json.RawMessage{"allow_dm": []byte(`"perhaps"`)}}},
			{ID: "c"},
		}, roles)
	})
}

// Values reach the server as they are, or not at all.
func TestCallSendsValuesUnchanged(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	client := srv.Client()
	call := func(body any) error {
		return client.Call(t.Context(), returningai.CallParams{Family: returningai.FamilyIntegration, Method: "POST", Path: "/messages/send", Body: body}, nil)
	}
	_ = call(map[string]any{"n": json.Number("12.50")}) // the fake refuses the message
	require.JSONEq(t, `{"n":12.50}`, string(srv.Requests()[0].Body))
	require.Contains(t, string(srv.Requests()[0].Body), "12.50")
	type login struct {
		Password secret.Text `json:"password"`
	}
	_ = call(login{secret.New("s3cr3t")})
	require.JSONEq(t, `{"password":"s3cr3t"}`, string(srv.Requests()[1].Body))
	err := call(map[string]any{"deep": []any{secret.New("s3cr3t")}})
	require.ErrorIs(t, err, returningai.ErrInvalid)
	require.ErrorContains(t, err, "/deep/0")
	require.NotContains(t, err.Error(), "s3cr3t")
	require.Len(t, srv.Requests(), 2)
}
