package integration_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/testkit/calls"
	"github.com/returningai/returningai-go/testkit/golden"
)

const (
	fixedUser = "65f0c0ffee65f0c0ffee0001"
	fixedKey  = "65f0c0ffee65f0c0ffee0002"
)

var (
	newKey = integration.CreateAPIKeyParams{
		CommunityID: "65f0c0ffee65f0c0ffee0009", Name: "ci <bot>",
		Permissions: []integration.Permission{integration.PermissionSendMessages, "brandNew"},
		Expiry:      integration.ExpiresInDays(30),
	}
	changedKey = integration.UpdateAPIKeyParams{
		Name: "ci", Permissions: []integration.Permission{integration.PermissionReadOwnProfile},
		Expiry: integration.NeverExpires(), IsActive: new(false),
	}
)

// knownKey holds the ids of withKey, for calls.
func knownKey() calls.Known {
	return calls.Known{calls.UserObjectID: fixedUser, calls.APIKeyID: fixedKey, calls.CommunityID: newKey.CommunityID}
}

// callKeys performs an operation on API keys.
func callKeys(t *testing.T, client *returningai.Client, operation string) error {
	t.Helper()
	_, err := calls.Of("integration.apiKeys." + operation)[0].Do(t.Context(), client, knownKey())
	return err
}

// withKey is a server with a user and a key of the fixed ids.
func withKey(t *testing.T) *returningaitest.Server {
	t.Helper()
	srv := returningaitest.NewServer(t)
	srv.AddUser(returningaitest.User{ID: fixedUser, Username: "fixed"})
	srv.AddUserAPIKey(returningaitest.UserAPIKey{ID: fixedKey, UserObjectID: fixedUser, Name: "old", Text: "old-secret-1234"})
	return srv
}

func TestAPIKeyIDsEscaped(t *testing.T) {
	t.Parallel()
	srv := withKey(t)
	_, err := srv.Client().Integration.APIKeys.Create(t.Context(), "a/b&c=d", integration.CreateAPIKeyParams{
		CommunityID: "c", Name: "n", Expiry: integration.NeverExpires(),
	})
	require.ErrorIs(t, err, returningai.ErrNotFound)
	golden.Request(t, "integration.apiKeys.create.minimal", srv.RequestsTo("integration.apiKeys.create")[0])
}

func TestAPIKeyLifecycle(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	srv := returningaitest.NewServer(t, returningaitest.WithClock(func() time.Time { return time.Now().Add(time.Duration(later.Load())) }))
	user := srv.Users()[1]
	keys := srv.Client().Integration.APIKeys

	created, err := keys.Create(t.Context(), user.ID, integration.CreateAPIKeyParams{
		CommunityID: "c", Name: "bot", Permissions: []integration.Permission{integration.PermissionReplyMessage}, Expiry: integration.ExpiresInDays(2),
	})
	require.NoError(t, err)
	require.NotEmpty(t, created.Key.Reveal())
	require.Equal(t, 2, created.ExpirePeriod)
	require.WithinDuration(t, time.Now().AddDate(0, 0, 2), created.ExpireDate, time.Minute)
	require.True(t, *created.IsActive)

	own, err := srv.Client().With(returningai.WithBearer(created.Key.Reveal()))
	require.NoError(t, err)
	works := func() error {
		_, err := own.Integration.Channels.List(t.Context())
		return err
	}
	require.NoError(t, works(), "a key that was created is a token")
	_, err = own.Integration.Users.BulkUpdate(t.Context(), integration.BulkUpdateParams{CSV: rows(base{"a"})})
	require.ErrorIs(t, err, returningai.ErrForbidden, "it holds its own permissions")

	listed, err := keys.List(t.Context(), user.ID)
	require.NoError(t, err)
	require.Len(t, listed, 1)
	info, err := keys.Get(t.Context(), user.UserID, created.ID)
	require.NoError(t, err)
	for _, shown := range append(listed, info) {
		require.Equal(t, created.ID, shown.ID)
		require.Regexp(t, `^\*+.{4}$`, shown.Key.Reveal(), "other responses mask the key")
	}

	change := integration.UpdateAPIKeyParams{
		Name: "bulk bot", Permissions: []integration.Permission{integration.PermissionBulkUpdateUser},
		Expiry: integration.ExpiresAt(time.Now().Add(36 * time.Hour)), IsActive: new(true),
	}
	updated, err := keys.Update(t.Context(), user.ID, created.ID, change)
	require.NoError(t, err)
	require.Equal(t, "bulk bot", updated.Name)
	require.Equal(t, 2, updated.ExpirePeriod, "36 hours are two days, rounded up")
	_, err = own.Integration.Users.BulkUpdate(t.Context(), integration.BulkUpdateParams{CSV: rows(base{"a"})})
	require.NoError(t, err)

	change.IsActive = new(false)
	_, err = keys.Update(t.Context(), user.ID, created.ID, change)
	require.NoError(t, err)
	require.ErrorIs(t, works(), returningai.ErrUnauthorized, "an inactive key does not work")
	change.IsActive = new(true)
	_, err = keys.Update(t.Context(), user.ID, created.ID, change)
	require.NoError(t, err)
	require.NoError(t, works())
	later.Store(int64(37 * time.Hour))
	require.ErrorIs(t, works(), returningai.ErrUnauthorized, "an expired key does not work")
	later.Store(0)
	require.NoError(t, works())

	require.NoError(t, keys.Delete(t.Context(), user.ID, created.ID))
	require.ErrorIs(t, works(), returningai.ErrUnauthorized, "a deleted key does not work")
	require.ErrorIs(t, keys.Delete(t.Context(), user.ID, created.ID), returningai.ErrNotFound)
	listed, err = keys.List(t.Context(), user.ID)
	require.NoError(t, err)
	require.Empty(t, listed)
}

func TestExpiryConsistent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		for name, test := range map[string]struct {
			expiry integration.Expiry
			period int
			date   string
			rule   string
		}{
			"never":           {integration.NeverExpires(), 0, "", ""},
			"days":            {integration.ExpiresInDays(30), 30, "", ""},
			"in a second":     {integration.ExpiresAt(now.Add(time.Second)), 1, "2000-01-01T00:00:01Z", ""},
			"in a day":        {integration.ExpiresAt(now.Add(24 * time.Hour)), 1, "2000-01-02T00:00:00Z", ""},
			"in over a day":   {integration.ExpiresAt(now.Add(24*time.Hour + time.Second)), 2, "2000-01-02T00:00:01Z", ""},
			"in another zone": {integration.ExpiresAt(time.Date(2000, 1, 8, 1, 0, 0, 0, time.FixedZone("", 3600))), 7, "2000-01-08T00:00:00Z", ""},
			"in ages":         {integration.ExpiresAt(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)), 2921575, "9999-01-01T00:00:00Z", ""},
			"at the last":     {integration.ExpiresAt(time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)), 2921940, "9999-12-31T23:59:59Z", ""},
			"too late":        {integration.ExpiresAt(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)), 0, "", "must lie before the year 10000"},
			"late elsewhere":  {integration.ExpiresAt(time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("", -7200))), 0, "", "must lie before the year 10000"},
			"many days":       {integration.ExpiresInDays(2921939), 2921939, "", ""},
			"too many days":   {integration.ExpiresInDays(2921940), 0, "", "must lie before the year 10000"},
			"all days":        {integration.ExpiresInDays(math.MaxInt), 0, "", "must lie before the year 10000"},
			"a day and a bit": {integration.ExpiresAt(now.Add(24*time.Hour + time.Millisecond)), 1, "2000-01-02T00:00:00Z", ""},
			"in a moment":     {integration.ExpiresAt(now.Add(time.Millisecond)), 0, "", "must lie in the future"},
			"no days":         {integration.ExpiresInDays(0), 0, "", "must be at least 1 day"},
			"negative days":   {integration.ExpiresInDays(-1), 0, "", "must be at least 1 day"},
			"now":             {integration.ExpiresAt(now), 0, "", "must lie in the future"},
			"the zero time":   {integration.ExpiresAt(time.Time{}), 0, "", "must lie in the future"},
			"nothing":         {integration.Expiry{}, 0, "", "must be set"},
		} {
			type expiry struct {
				Period *int    `json:"expirePeriod"`
				Date   *string `json:"expireDate"`
			}
			var sent *expiry
			client := clientOver(t, func(request *http.Request) (*http.Response, error) {
				sent = &expiry{}
				require.NoError(t, json.NewDecoder(request.Body).Decode(sent))
				return response(http.StatusOK, `{"status":"success","data":{"_id":"k","key":"text"}}`), nil
			})
			create, update := newKey, changedKey
			create.Expiry, update.Expiry = test.expiry, test.expiry
			for operation, call := range map[string]func() (integration.APIKey, error){
				"create": func() (integration.APIKey, error) {
					return client.Integration.APIKeys.Create(t.Context(), "u", create)
				},
				"update": func() (integration.APIKey, error) {
					return client.Integration.APIKeys.Update(t.Context(), "u", "k", update)
				},
			} {
				sent = nil
				_, err := call()
				if test.rule != "" {
					failure, ok := errors.AsType[*returningai.Error](err)
					require.True(t, ok, name)
					require.Equal(t, "Expiry", failure.Problems()[0].Field)
					require.Contains(t, failure.Problems()[0].Rule, test.rule)
					require.Nil(t, sent)
					continue
				}
				require.NoError(t, err, name+operation)
				require.Equal(t, &expiry{&test.period, &test.date}, sent, name)
			}
		}
	})
}

func TestAPIKeysRequiredParams(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	keys := srv.Client().Integration.APIKeys
	_, list := keys.List(t.Context(), "")
	_, create := keys.Create(t.Context(), "", integration.CreateAPIKeyParams{})
	_, update := keys.Update(t.Context(), "", "..", integration.UpdateAPIKeyParams{Name: " "})
	_, info := keys.Get(t.Context(), ".", "")
	for operation, refused := range map[string]struct {
		err    error
		fields []string
	}{
		"integration.apiKeys.list":   {list, []string{"UserObjectID"}},
		"integration.apiKeys.create": {create, []string{"CommunityID", "Name", "Expiry", "UserObjectID"}},
		"integration.apiKeys.update": {update, []string{"Name", "Expiry", "IsActive", "UserObjectID", "APIKeyID"}},
		"integration.apiKeys.info":   {info, []string{"UserObjectID", "APIKeyID"}},
		"integration.apiKeys.delete": {keys.Delete(t.Context(), "u", ""), []string{"APIKeyID"}},
	} {
		failure, ok := errors.AsType[*returningai.Error](refused.err)
		require.True(t, ok, operation)
		require.ErrorIs(t, failure, returningai.ErrInvalid)
		require.Equal(t, operation, failure.Operation)
		var fields []string
		for _, problem := range failure.Problems() {
			fields = append(fields, problem.Field)
		}
		require.Equal(t, refused.fields, fields, operation)
	}
	require.Empty(t, srv.Requests())
}

func TestAPIKeyDeleteResponseLost(t *testing.T) {
	t.Parallel()
	srv := withKey(t)
	srv.Inject(returningaitest.Fault{Operation: "integration.apiKeys.delete", Applied: true, Response: returningaitest.CutBeforeResponse()})
	require.NoError(t, srv.Client(quickly).Integration.APIKeys.Delete(t.Context(), fixedUser, fixedKey))
	require.Empty(t, srv.UserAPIKeys())
}

func TestAPIKeyLenientDecoding(t *testing.T) {
	t.Parallel()
	date := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		response string
		want     integration.APIKey
		again    string
	}{
		"as documented for communities": {
			`{"_id":"k","name":"n","key":"****1234","permissions":["getUserData","new"],"expirePeriod":30,"expireDate":"2026-05-01T00:00:00.000Z","isActive":true}`,
			integration.APIKey{ID: "k", Name: "n", Permissions: []integration.Permission{integration.PermissionGetUserData, "new"}, ExpirePeriod: 30, ExpireDate: date, IsActive: new(true)},
			`{"_id":"k","name":"n","key":"[redacted]","permissions":["getUserData","new"],"expirePeriod":30,"expireDate":"2026-05-01T00:00:00Z","isActive":true}`,
		},
		"text scalars": {
			`{"_id":7,"expirePeriod":"30","isActive":"false"}`,
			integration.APIKey{ID: "7", ExpirePeriod: 30, IsActive: new(false)}, `{"_id":"7","expirePeriod":30,"isActive":false}`,
		},
		"an empty date": {
			`{"_id":"k","expireDate":""}`,
			integration.APIKey{ID: "k", Extra: map[string]secret.Text{"expireDate": secret.New(`""`)}}, `{"_id":"k","expireDate":"[redacted]"}`,
		},
		"another id name": {
			`{"id":"k","__v":0}`,
			integration.APIKey{ID: "k", Extra: map[string]secret.Text{"id": secret.New(`"k"`), "__v": secret.New(`0`)}}, `{"_id":"k","id":"[redacted]","__v":"[redacted]"}`,
		},
		"the key under another name": {
			`{"_id":"k","apiKey":"new-1234"}`,
			integration.APIKey{ID: "k", Extra: map[string]secret.Text{"apiKey": secret.New(`"new-1234"`)}}, `{"_id":"k","apiKey":"[redacted]"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var key integration.APIKey
			require.NoError(t, json.Unmarshal([]byte(test.response), &key))
			again, err := json.Marshal(key)
			require.NoError(t, err)
			require.JSONEq(t, test.again, string(again))
			require.NotContains(t, fmt.Sprintf("%v %+v %#v", key, key, key), "1234")
			test.want.Key = key.Key
			require.Equal(t, test.want, key)
		})
	}
}

func TestAPIKeysOnApplicationHost(t *testing.T) {
	t.Parallel()
	srv := withKey(t)
	token, err := returningai.Bearer(srv.AddToken(returningaitest.Token{}))
	require.NoError(t, err)
	options := []returningai.Option{returningai.WithAuthenticator(returningai.FamilyApplication, token)}
	for _, call := range calls.Of("integration.apiKeys.") {
		srv.MoveFamily(call.Operation, returningaitest.Application)
		options = append(options, returningai.WithOperationFamily(call.Operation, returningai.FamilyApplication))
	}
	require.ErrorIs(t, callKeys(t, srv.Client(), "info"), returningai.ErrNotFound)
	srv.ResetRequests()
	for _, operation := range []string{"list", "create", "update", "info", "delete"} {
		require.NoError(t, callKeys(t, srv.Client(options...), operation), operation)
	}
	for _, request := range srv.Requests() {
		require.Equal(t, returningaitest.Application, request.Family)
		require.NotContains(t, request.Header.Get("Authorization"), srv.Token(), "the credential is the family's own")
	}
	srv.Inject(returningaitest.Fault{Operation: "integration.apiKeys.create", Response: returningaitest.Status(http.StatusForbidden)})
	err = callKeys(t, srv.Client(options...), "create")
	require.ErrorIs(t, err, returningai.ErrForbidden)
	require.NotContains(t, err.Error(), "userId")
}

// A created key is returned once. A response without it is an error, and the
// error does not keep the key.
func TestAPIKeyUnreadable(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ response, text string }{
		"cut short":                  {`{"status":"success","data":{"key":"new-s3cr3t"}`, "not what the operation returns"},
		"of another type":            {`{"status":"success","data":{"key":{"text":"new-s3cr3t"}}}`, "the response has no key"},
		"the key under another name": {`{"status":"success","data":{"apiKey":"new-s3cr3t"}}`, "the response has no key"},
		"an empty key":               {`{"status":"success","data":{"_id":"k","key":""}}`, "the response has no key"},
		"no data":                    {`{"status":"success","message":"new-s3cr3t"}`, "the response has no key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := withKey(t)
			const operation = "integration.apiKeys.create"
			srv.Inject(returningaitest.Fault{Operation: operation, Response: returningaitest.Raw(http.StatusOK, "application/json", test.response)})
			key, err := srv.Client(quickly).Integration.APIKeys.Create(t.Context(), fixedUser, newKey)
			require.ErrorIs(t, err, returningai.ErrUnexpectedResponse)
			require.ErrorContains(t, err, test.text)
			require.Zero(t, key)
			failure, _ := errors.AsType[*returningai.Error](err)
			require.True(t, failure.MaybeApplied(), "the key was probably created")
			require.Len(t, srv.RequestsTo(operation), 1)
			require.NotContains(t, string(failure.Body()), "s3cr3t")
			require.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, failure), "s3cr3t")
		})
	}
}

func TestAPIKeyErrorKeepsNoSuccessBody(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"list", "create", "update", "info"} { // the response to a delete is not read
		operation := "integration.apiKeys." + name
		srv := withKey(t)
		srv.Inject(returningaitest.Fault{Operation: operation, Response: returningaitest.Raw(http.StatusOK, "application/json", `{"status":"success","data":"s3cr3t"}`)})
		err := callKeys(t, srv.Client(quickly), name)
		require.ErrorIs(t, err, returningai.ErrUnexpectedResponse, operation)
		failure, _ := errors.AsType[*returningai.Error](err)
		require.Empty(t, failure.Body(), operation)

		srv.Inject(returningaitest.Fault{Operation: operation, Response: returningaitest.Failure(http.StatusBadRequest, "no")})
		err = callKeys(t, srv.Client(quickly), name)
		failure, _ = errors.AsType[*returningai.Error](err)
		require.NotEmpty(t, failure.Body(), "a refusal holds no secret")
	}
}
