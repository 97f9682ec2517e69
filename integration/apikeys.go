package integration

import (
	"context"
	"encoding/json"
	"time"

	"github.com/returningai/returningai-go/internal/rest"
	"github.com/returningai/returningai-go/secret"
)

// APIKeysService manages the API keys of users: bearer tokens that act for one
// user, for as long and as far as they are allowed to.
//
// The vendor's pages show these operations on the Integration host, and a
// newer one shows the creation on the Application host. Should the live
// service want the latter, move them:
//
//	returningai.WithOperationFamily("integration.apiKeys.create", returningai.FamilyApplication)
type APIKeysService struct{ caller rest.Caller }

// Permission is what an API key may do. The set is open: other values than the
// constants may arrive, and may be sent.
type Permission string

// The permissions of user API keys that the vendor's samples name.
const (
	PermissionSendMessages     Permission = "sendMessages"
	PermissionReadOwnProfile   Permission = "readOwnProfile"
	PermissionUpdateOwnProfile Permission = "updateOwnProfile"
	PermissionReadOwnMessages  Permission = "readOwnMessages"
)

// The permissions of a community's keys that the vendor's pages name. That
// they can be given to user API keys is assumed.
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

// APIKey is an API key of a user. Its members are documented for the keys of a
// community; that those of users have the same is assumed.
type APIKey struct {
	ID   string `json:"_id,omitzero"`
	Name string `json:"name,omitzero"`
	// Key is the bearer token itself when the key has just been created. Other
	// answers show it masked in part, or leave it out. It does not print:
	// Reveal gives it back.
	Key         secret.Text  `json:"key,omitzero"`
	Permissions []Permission `json:"permissions,omitzero"`
	// ExpirePeriod is in days, 0 when the key never expires or has an
	// ExpireDate only.
	ExpirePeriod int `json:"expirePeriod,omitzero"`
	// ExpireDate is zero where the answer has none; an empty one is kept in
	// Extra.
	ExpireDate time.Time `json:"expireDate,omitzero"`
	// IsActive is nil where the answer does not say.
	IsActive  *bool     `json:"isActive,omitzero"`
	CreatedAt time.Time `json:"createdAt,omitzero"`
	UpdatedAt time.Time `json:"updatedAt,omitzero"`
	// Extra holds the members that this package does not know, as JSON. Any of
	// them may be a secret, too.
	Extra map[string]secret.Text `json:",embed"`
}

type apiKeyJSON APIKey

// MarshalJSON writes the key with its secret text redacted, and the unknown
// members.
func (k APIKey) MarshalJSON() ([]byte, error) { return rest.MarshalAnswer(apiKeyJSON(k)) }

// UnmarshalJSON reads a key leniently, and keeps unknown members.
func (k *APIKey) UnmarshalJSON(data []byte) error {
	var read struct {
		apiKeyJSON
		Extra map[string]json.RawMessage `json:",embed"`
	}
	err := rest.UnmarshalAnswer(data, &read)
	rest.Alias(&read.ID, read.Extra, "id")
	*k = APIKey(read.apiKeyJSON)
	k.Extra = rest.SecretMembers(read.Extra)
	return err
}

var apiKeysList = rest.Define(rest.Operation{
	ID: "integration.apiKeys.list", GoMethod: "Integration.APIKeys.List",
	Family: rest.Integration, Method: "GET", Path: "/users/{userId}/api-keys",
	Secret:         true,
	Idempotent:     true,
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed,
})

// List returns the API keys of a user, their secret texts masked or left out.
//
// The operation is documented by name; its method, path and answer are
// assumed. Which permission it needs is not known.
//
// Operation: integration.apiKeys.list
func (s *APIKeysService) List(ctx context.Context, userID string) ([]APIKey, error) {
	return rest.Do[[]APIKey](ctx, s.caller, apiKeysList, rest.Request{Path: []string{userID}})
}

// CreateAPIKeyParams is a new API key.
type CreateAPIKeyParams struct {
	// CommunityID is the community that the key is for. Required.
	CommunityID string
	// Name is what the key is called. Required.
	Name string
	// Permissions are what the key may do.
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

// Create makes an API key for a user and returns it with its secret text,
// which is not shown again: store it. An answer without it is an error that
// matches ErrUnexpectedResponse of the root package: the key was made, and its
// text is lost.
//
// The request is documented, on the Integration host and in a newer page on
// the Application host (see [APIKeysService]); that the answer is the key with
// its secret text is assumed. Which permission it needs is not known. A second
// call makes a second key: when an error's MaybeApplied method reports true,
// look for the key with List.
//
// Operation: integration.apiKeys.create
//
// API docs: https://dev.returning.ai/api-20893942
func (s *APIKeysService) Create(ctx context.Context, userID string, params CreateAPIKeyParams) (APIKey, error) {
	var problems rest.Problems
	problems.Require("CommunityID", params.CommunityID)
	problems.Require("Name", params.Name)
	expiry := params.Expiry.body(&problems)
	body := createAPIKeyBody{params.Name, params.Permissions, expiry, params.CommunityID}
	request := rest.Request{Path: []string{userID}, Body: body, Problems: problems}
	answer, err := rest.DoChecked(ctx, s.caller, apiKeysCreate, request, func(answer *rest.Answer[APIKey]) *rest.Failure {
		if answer.Data.Key.IsZero() {
			return &rest.Failure{Unreadable: true, Message: "the answer carries no key"}
		}
		return nil
	})
	return answer.Data, err
}

// UpdateAPIKeyParams is what an API key becomes: all of it is replaced.
type UpdateAPIKeyParams struct {
	// Name is what the key is called. Required.
	Name string
	// Permissions are what the key may do.
	Permissions []Permission
	// Expiry is when the key ends: NeverExpires, ExpiresInDays or ExpiresAt.
	// Required.
	Expiry Expiry
	// IsActive says whether the key works: new(true) or new(false). Required.
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

// Update replaces name, permissions, expiry and state of an API key. Its
// secret text stays.
//
// The request is documented; that the answer is the key is assumed. Which
// permission it needs is not known.
//
// Operation: integration.apiKeys.update
//
// API docs: https://dev.returning.ai/api-20894017
func (s *APIKeysService) Update(ctx context.Context, userID, apiKeyID string, params UpdateAPIKeyParams) (APIKey, error) {
	var problems rest.Problems
	problems.Require("Name", params.Name)
	expiry := params.Expiry.body(&problems)
	if params.IsActive == nil {
		problems.Add("IsActive", "must say whether the key works: new(true) or new(false)")
	}
	body := updateAPIKeyBody{params.Name, params.Permissions, expiry, params.IsActive}
	return rest.Do[APIKey](ctx, s.caller, apiKeysUpdate, rest.Request{Path: []string{userID, apiKeyID}, Body: body, Problems: problems})
}

var apiKeysDelete = rest.Define(rest.Operation{
	ID: "integration.apiKeys.delete", GoMethod: "Integration.APIKeys.Delete",
	Family: rest.Integration, Method: "DELETE", Path: "/users/{userId}/api-keys/{apiKeyId}",
	Secret:         true,
	Idempotent:     true,
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed,
})

// Delete deletes an API key, which stops working at once and cannot be
// restored (documented for the keys of a community).
//
// The operation is documented by name; its method and path are assumed. Which
// permission it needs is not known.
//
// Operation: integration.apiKeys.delete
func (s *APIKeysService) Delete(ctx context.Context, userID, apiKeyID string) error {
	return rest.Exec(ctx, s.caller, apiKeysDelete, rest.Request{Path: []string{userID, apiKeyID}})
}

var apiKeysInfo = rest.Define(rest.Operation{
	ID: "integration.apiKeys.info", GoMethod: "Integration.APIKeys.Info",
	Family: rest.Integration, Method: "GET", Path: "/users/{userId}/api-keys/{apiKeyId}",
	Secret:         true,
	Idempotent:     true,
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed,
})

// Info returns one API key of a user, its secret text masked or left out.
//
// The operation is documented by name; its method, path and answer are
// assumed. Which permission it needs is not known.
//
// Operation: integration.apiKeys.info
func (s *APIKeysService) Info(ctx context.Context, userID, apiKeyID string) (APIKey, error) {
	return rest.Do[APIKey](ctx, s.caller, apiKeysInfo, rest.Request{Path: []string{userID, apiKeyID}})
}
