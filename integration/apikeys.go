package integration

import (
	"context"
	"encoding/json"
	"time"

	"github.com/returningai/returningai-go/internal/rest"
	"github.com/returningai/returningai-go/internal/wire"
	"github.com/returningai/returningai-go/secret"
)

// APIKeysService manages the API keys of users: bearer tokens that act for one
// user, with a choice of permissions and until a date. Which permission its
// operations need is not known.
//
// The API docs show these operations on the Integration host, and a newer page
// shows the creation on the Application host. If the live service wants the
// latter, move them:
//
//	returningai.WithOperationFamily("integration.apiKeys.create", returningai.FamilyApplication)
type APIKeysService struct{ caller rest.Caller }

// Permission is a permission of an API key. The set is open.
type Permission string

// The permissions of user API keys that the API docs' samples name.
const (
	PermissionSendMessages     Permission = "sendMessages"
	PermissionReadOwnProfile   Permission = "readOwnProfile"
	PermissionUpdateOwnProfile Permission = "updateOwnProfile"
	PermissionReadOwnMessages  Permission = "readOwnMessages"
)

// The permissions of a community's keys that the API docs name. That user API
// keys can have them is assumed.
const (
	PermissionSendMessage     Permission = "sendMessage"
	PermissionReplyMessage    Permission = "replyMessage"
	PermissionCreateUser      Permission = "createUser"
	PermissionManageUser      Permission = "manageUser"
	PermissionGetUserData     Permission = "getUserData"
	PermissionGetUserStats    Permission = "getUserStats"
	PermissionBulkUpdateUser  Permission = "bulkUpdateUser"
	PermissionUserFields      Permission = "userFields"
	PermissionGetMessages     Permission = "getMessages"
	PermissionLeaderboard     Permission = "leaderboard"
	PermissionStore           Permission = "store"
	PermissionPurchaseHistory Permission = "purchase-history"
	PermissionAppearance      Permission = "appearance"
)

// APIKey is an API key of a user. Its fields are documented for the keys of a
// community; that those of users have the same is assumed.
type APIKey struct {
	ID   string `json:"_id,omitzero" alias:"id"`
	Name string `json:"name,omitzero"`
	// Key is the bearer token of a key that has just been created. Other
	// responses mask it in part, or omit it. It does not print: Reveal returns
	// it.
	Key         secret.Text  `json:"key,omitzero"`
	Permissions []Permission `json:"permissions,omitzero"`
	// ExpirePeriod is in days, 0 if the key never expires or has an ExpireDate
	// only.
	ExpirePeriod int `json:"expirePeriod,omitzero"`
	// ExpireDate is zero if the response has none; an empty one is kept in
	// Extra.
	ExpireDate time.Time `json:"expireDate,omitzero"`
	// IsActive is nil if the response does not say.
	IsActive  *bool     `json:"isActive,omitzero"`
	CreatedAt time.Time `json:"createdAt,omitzero"`
	UpdatedAt time.Time `json:"updatedAt,omitzero"`
	// Extra holds unknown fields, as JSON. Any of them may be a secret, too.
	Extra map[string]secret.Text `json:",embed"`
}

// MarshalJSON writes the key with its secrets redacted.
func (k APIKey) MarshalJSON() ([]byte, error) {
	type plain APIKey
	return wire.Marshal(plain(k))
}

// UnmarshalJSON reads a key leniently, and hides unknown fields.
func (k *APIKey) UnmarshalJSON(data []byte) error {
	type plain APIKey
	var read struct {
		plain

		Extra map[string]json.RawMessage `json:",embed"`
	}
	err := wire.Unmarshal(data, &read)
	*k = APIKey(read.plain)
	k.Extra = rest.SecretFields(read.Extra)
	return err
}

var apiKeysList = rest.Define(rest.Operation{
	ID: "integration.apiKeys.list", GoMethod: "Integration.APIKeys.List",
	Family: rest.Integration, Method: "GET", Path: "/users/{userId}/api-keys",
	Secret:         true,
	Idempotent:     true,
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed,
})

// List returns the API keys of a user. Their tokens are masked or omitted.
//
// Key: bearer token.
// Retried: yes.
// Operation: integration.apiKeys.list
// Certainty: path, parameters and response are assumed.
func (s *APIKeysService) List(ctx context.Context, userObjectID string) ([]APIKey, error) {
	return rest.Do[[]APIKey](ctx, s.caller, apiKeysList, rest.Request{Path: []string{userObjectID}})
}

// CreateAPIKeyParams holds the values of a new API key.
type CreateAPIKeyParams struct {
	// CommunityID is the community that the key is for. Required.
	CommunityID string
	// Name is the name of the key. Required.
	Name string
	// Permissions are the permissions of the key.
	Permissions []Permission
	// Expiry is when the key ends: NeverExpires, ExpiresInDays or ExpiresAt.
	// Required.
	Expiry Expiry
}

type createAPIKeyBody struct {
	Name        string       `json:"name"`
	Permissions []Permission `json:"permissions"`
	expiryBody
	CommunityID string `json:"communityId"`
}

var apiKeysCreate = rest.Define(rest.Operation{
	ID: "integration.apiKeys.create", GoMethod: "Integration.APIKeys.Create",
	Family: rest.Integration, Method: "POST", Path: "/users/apikeys?userId={userId}",
	Secret:         true,
	Docs:           rest.DocsPage("api-20893942"),
	RouteCertainty: rest.Documented, BodyCertainty: rest.Documented,
})

// Create creates an API key for a user and returns it with its token, which is
// not shown again: store it. It fails with returningai.ErrUnexpectedResponse if
// the response has no token: the key was created, and its token is lost. That
// the response is the key with its token is assumed.
//
// Key: bearer token.
// Retried: only if nothing was sent, or on 429.
// After MaybeApplied: look for the key with List. See docs/after-maybe-applied.md.
// Operation: integration.apiKeys.create
// API docs: https://dev.returning.ai/api-20893942
// Certainty: documented.
func (s *APIKeysService) Create(ctx context.Context, userObjectID string, params CreateAPIKeyParams) (APIKey, error) {
	var problems rest.Problems
	problems.Require("CommunityID", params.CommunityID)
	problems.Require("Name", params.Name)
	expiry := params.Expiry.body(&problems)
	body := createAPIKeyBody{params.Name, permissionList(params.Permissions), expiry, params.CommunityID}
	request := rest.Request{Path: []string{userObjectID}, Body: body, Problems: problems}
	return rest.DoResponse(ctx, s.caller, apiKeysCreate, request, func(result *rest.Result[APIKey]) *rest.Failure {
		if result.Data.Key.IsZero() {
			return &rest.Failure{Unreadable: true, Message: "the response has no key"}
		}
		return nil
	})
}

// permissionList makes nil an empty list in JSON, not null.
func permissionList(permissions []Permission) []Permission {
	if permissions == nil {
		return []Permission{}
	}
	return permissions
}

// UpdateAPIKeyParams holds the new values of an API key. All of them are
// replaced.
type UpdateAPIKeyParams struct {
	// Name is the name of the key. Required.
	Name string
	// Permissions are the permissions of the key.
	Permissions []Permission
	// Expiry is when the key ends: NeverExpires, ExpiresInDays or ExpiresAt.
	// Required.
	Expiry Expiry
	// IsActive is whether the key works: new(true) or new(false). Required.
	IsActive *bool
}

type updateAPIKeyBody struct {
	Name        string       `json:"name"`
	Permissions []Permission `json:"permissions"`
	expiryBody
	IsActive *bool `json:"isActive"`
}

var apiKeysUpdate = rest.Define(rest.Operation{
	ID: "integration.apiKeys.update", GoMethod: "Integration.APIKeys.Update",
	Family: rest.Integration, Method: "PUT", Path: "/users/{userId}/api-keys/{apiKeyId}",
	Secret:     true,
	Idempotent: true, Docs: rest.DocsPage("api-20894017"),
	RouteCertainty: rest.Documented, BodyCertainty: rest.Documented,
})

// Update replaces name, permissions, expiry and state of an API key. Its token
// stays. That the response is the key is assumed.
//
// Key: bearer token.
// Retried: yes.
// Operation: integration.apiKeys.update
// API docs: https://dev.returning.ai/api-20894017
// Certainty: documented.
func (s *APIKeysService) Update(ctx context.Context, userObjectID, apiKeyID string, params UpdateAPIKeyParams) (APIKey, error) {
	var problems rest.Problems
	problems.Require("Name", params.Name)
	expiry := params.Expiry.body(&problems)
	if params.IsActive == nil {
		problems.Add("IsActive", "must say whether the key works: new(true) or new(false)")
	}
	body := updateAPIKeyBody{params.Name, permissionList(params.Permissions), expiry, params.IsActive}
	return rest.Do[APIKey](ctx, s.caller, apiKeysUpdate, rest.Request{Path: []string{userObjectID, apiKeyID}, Body: body, Problems: problems})
}

var apiKeysDelete = rest.Define(rest.Operation{
	ID: "integration.apiKeys.delete", GoMethod: "Integration.APIKeys.Delete",
	Family: rest.Integration, Method: "DELETE", Path: "/users/{userId}/api-keys/{apiKeyId}",
	Secret:         true,
	Idempotent:     true,
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed,
})

// Delete deletes an API key. It stops working at once and cannot be restored,
// which is documented for the keys of a community.
//
// Key: bearer token.
// Retried: yes.
// Operation: integration.apiKeys.delete
// Certainty: path, parameters and response are assumed.
func (s *APIKeysService) Delete(ctx context.Context, userObjectID, apiKeyID string) error {
	_, err := rest.Do[rest.Empty](ctx, s.caller, apiKeysDelete, rest.Request{Path: []string{userObjectID, apiKeyID}})
	return err
}

var apiKeysGet = rest.Define(rest.Operation{
	ID: "integration.apiKeys.info", GoMethod: "Integration.APIKeys.Get",
	Family: rest.Integration, Method: "GET", Path: "/users/{userId}/api-keys/{apiKeyId}",
	Secret:         true,
	Idempotent:     true,
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed,
})

// Get returns one API key of a user. Its token is masked or omitted.
//
// Key: bearer token.
// Retried: yes.
// Operation: integration.apiKeys.info
// Certainty: path, parameters and response are assumed.
func (s *APIKeysService) Get(ctx context.Context, userObjectID, apiKeyID string) (APIKey, error) {
	return rest.Do[APIKey](ctx, s.caller, apiKeysGet, rest.Request{Path: []string{userObjectID, apiKeyID}})
}
