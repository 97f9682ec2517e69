package integration

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/returningai/returningai-go/internal/rest"
	"github.com/returningai/returningai-go/internal/wire"
	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/value"
)

// UsersService creates, finds and manages the users of the community, and
// returns what they did and earned.
type UsersService struct{ caller rest.Caller }

// CreateUserParams holds the values of a new user.
type CreateUserParams struct {
	// FirstName and LastName are the user's name. Required.
	FirstName string `json:"firstname"`
	LastName  string `json:"lastname"`
	// Username must be new in the community. Required.
	Username string `json:"username"`
	// DisplayName is the name that other users see. Required.
	DisplayName string `json:"displayname"`
	// Email must be new in the community. Required.
	Email string `json:"email"`
	// AccessLevel is a number that the community defines, under Login
	// Management. It names the roles that the user starts with.
	AccessLevel int `json:"accessLevel"`
	// JoinServer lets the user join at once. Without it the account is
	// not in the user list, and no change made through the API reaches it,
	// until the user joins.
	JoinServer bool `json:"joinServer"`
	// EmailPassword mails the password to the user.
	EmailPassword bool `json:"emailPassword"`
	// SendEmail mails a welcome to the user.
	SendEmail bool `json:"sendEmail"`

	// Password is optional for users of single sign-on only, for whom the
	// vendor advises JoinServer and neither SendEmail nor EmailPassword. It
	// needs a special character and must differ from the username. The API may
	// require more.
	Password secret.Text `json:"password,omitzero"`
	// ConfirmPassword must be the same as Password.
	ConfirmPassword secret.Text `json:"confirmPassword,omitzero"`
	// EmailTemplate is the id of the template of the mail, or "0" for the
	// active one.
	EmailTemplate string `json:"emailTemplate,omitzero"`
	// CustomFields are the values of the community's own fields.
	CustomFields []CustomFieldValue `json:"customFields,omitzero"`
	// Referral is a value that the community's referral mapping knows.
	Referral string `json:"referral,omitzero"`
	// ExternalID is the user's id elsewhere. The community needs an active
	// user-identifier field for it.
	ExternalID string `json:"externalId,omitzero"`
}

// CustomFieldValue is a value for one of the community's own fields.
type CustomFieldValue struct {
	// Field is the id or the name of the field. Required.
	Field string `json:"fieldIdorName"`
	// Value is the value, as in value.String("blue") or value.Int(7). Required;
	// null and the empty string are values.
	Value value.Value `json:"value"`
	// Extra holds further fields, by the API's names. They are sent unchanged.
	Extra map[string]json.RawMessage `json:",embed"`
}

func (p CreateUserParams) problems() (problems rest.Problems) {
	problems.Require("FirstName", p.FirstName)
	problems.Require("LastName", p.LastName)
	problems.Require("Username", p.Username)
	problems.Require("DisplayName", p.DisplayName)
	problems.Require("Email", p.Email)
	if !p.Password.Equal(p.ConfirmPassword) {
		problems.Add("ConfirmPassword", "must be the same as Password")
	}
	for i, field := range p.CustomFields {
		problems.Require(fmt.Sprintf("CustomFields[%d].Field", i), field.Field)
		if field.Value.IsZero() {
			problems.Add(fmt.Sprintf("CustomFields[%d].Value", i), rest.ValueRule)
		}
	}
	return problems
}

// User is a user of the community, with what they earned and did so far.
type User struct {
	// ID is the object id, which the Application family and the API keys take.
	// Some responses have it as "id", others have the user number there.
	ID string `json:"_id,omitzero" alias:"id,objectid"`
	// UserID is the user number, such as "1102", which [UsersService.Get] and
	// the System family take.
	UserID string `json:"userId,omitzero" alias:"id,number"`
	// Username is what [UsersService.Manage] and System.Auth.SecureLogin take.
	Username  string `json:"username,omitzero"`
	FirstName string `json:"firstName,omitzero"`
	LastName  string `json:"lastName,omitzero"`
	Language  string `json:"language,omitzero"`

	// That XP and Coins are whole numbers is not documented.
	XP               float64 `json:"xp,omitzero"`
	Coins            float64 `json:"coins,omitzero"`
	XPEarnedToday    float64 `json:"xpEarnedToday,omitzero"`
	CoinsEarnedToday float64 `json:"coinsEarnedToday,omitzero"`

	Roles       []UserRole `json:"roles,omitzero"`
	HighestRole UserRole   `json:"highestRole,omitzero"`

	TotalMessages  int `json:"totalMessages,omitzero"`
	TotalReactions int `json:"totalReactions,omitzero"`
	RepliesSent    int `json:"replySent,omitzero"`
	VisitCount     int `json:"visitCount,omitzero"`
	LoginStreak    int `json:"loginStreak,omitzero"`
	// TimeSpent is in a unit that is not documented.
	TimeSpent float64 `json:"timeSpent,omitzero"`

	// CustomFields holds the values of the community's own fields, by their
	// database names.
	CustomFields map[string]value.Value `json:"customFields,omitzero"`
	// Extra holds unknown fields, and values that could not be parsed.
	Extra map[string]json.RawMessage `json:",embed"`
}

// UserRole is a role that a user has. The API docs do not show its JSON: it is
// a string, which is then the title, or an object (both assumed).
type UserRole struct {
	ID    string `json:"_id,omitzero" alias:"id"`
	Title string `json:"title,omitzero" alias:"name"`
	// Extra holds unknown fields, and values that could not be parsed.
	Extra map[string]json.RawMessage `json:",embed"`
}

// MarshalJSON writes a role of which only the title is known as a string, and
// any other as an object.
func (r UserRole) MarshalJSON() ([]byte, error) {
	if r.ID == "" && len(r.Extra) == 0 {
		return wire.Marshal(r.Title)
	}
	type plain UserRole
	return wire.Marshal(plain(r))
}

// UnmarshalJSON reads a string or an object leniently.
func (r *UserRole) UnmarshalJSON(data []byte) error {
	*r = UserRole{}
	if len(data) > 0 && data[0] != '{' {
		return wire.Unmarshal(data, &r.Title)
	}
	type plain UserRole
	return wire.Unmarshal(data, (*plain)(r))
}

var usersCreate = rest.Define(rest.Operation{
	ID: "integration.users.create", GoMethod: "Integration.Users.Create",
	Family: rest.Integration, Method: "POST", Path: "/users",
	Permission: "createUser", Docs: rest.DocsPage("users/create-user"),
	RouteCertainty: rest.Documented, BodyCertainty: rest.Documented, PermissionCertainty: rest.Documented,
})

// Create creates a user. It fails with returningai.ErrConflict if the username
// or the email is in use, provided that the API sends HTTP 409 then (assumed).
//
// That the response holds the fields of the user is assumed: without them the
// returned user is empty although it was created.
//
// Key: bearer token with permission createUser.
// Retried: only if nothing was sent, or on 429.
// After MaybeApplied: look for the user with Get, by email. See docs/after-maybe-applied.md.
// Operation: integration.users.create
// API docs: https://dev.returning.ai/users/create-user
// Certainty: documented.
func (s *UsersService) Create(ctx context.Context, params CreateUserParams) (User, error) {
	return rest.Do[User](ctx, s.caller, usersCreate, rest.Request{
		Body: params, Problems: params.problems(), Secrets: []secret.Text{params.Password, params.ConfirmPassword},
	})
}

// getUserBody is the request of Get.
type getUserBody struct {
	IDOrEmail string `json:"idOrEmail"`
}

var usersGet = rest.Define(rest.Operation{
	ID: "integration.users.info", GoMethod: "Integration.Users.Get",
	Family: rest.Integration, Method: "POST", Path: "/users/info",
	Permission: "getUserData", Docs: rest.DocsPage("get-user-data"),
	Idempotent: true, Reads: true,
	RouteCertainty: rest.Documented, BodyCertainty: rest.Documented, PermissionCertainty: rest.Assumed,
})

// Get returns the user with the given email or user number, such as "1102".
//
// Key: bearer token with permission getUserData.
// Retried: yes.
// Operation: integration.users.info
// API docs: https://dev.returning.ai/get-user-data
// Certainty: permission is assumed.
func (s *UsersService) Get(ctx context.Context, idOrEmail string) (User, error) {
	var problems rest.Problems
	problems.Require("IDOrEmail", idOrEmail)
	return rest.Do[User](ctx, s.caller, usersGet, rest.Request{Body: getUserBody{idOrEmail}, Problems: problems})
}

// UserAction is an action on a user's account. The set is open.
type UserAction string

// The known actions. The text of UserActionRestore is assumed.
const (
	UserActionDelete  UserAction = "delete"
	UserActionRestore UserAction = "restore"
)

// ManageUserParams selects a user and an action.
type ManageUserParams struct {
	// Action is the action. Required.
	Action UserAction `json:"action"`
	// Username is the user's. Required.
	Username string `json:"user"`
}

func (p ManageUserParams) problems() (problems rest.Problems) {
	problems.Require("Action", string(p.Action))
	problems.Require("Username", p.Username)
	return problems
}

var usersManage = rest.Define(rest.Operation{
	ID: "integration.users.manage", GoMethod: "Integration.Users.Manage",
	Family: rest.Integration, Method: "POST", Path: "/users/manage",
	Permission: "manageUser", Docs: rest.DocsPage("apis/integration/manager-user-account"),
	RouteCertainty: rest.Documented, BodyCertainty: rest.Documented, PermissionCertainty: rest.Assumed,
})

// Manage deletes or restores the account of a user. That the action that
// restores is called "restore" is assumed.
//
// Key: bearer token with permission manageUser.
// Retried: only if nothing was sent, or on 429.
// After MaybeApplied: look for the user with Get. See docs/after-maybe-applied.md.
// Operation: integration.users.manage
// API docs: https://dev.returning.ai/apis/integration/manager-user-account
// Certainty: permission is assumed.
func (s *UsersService) Manage(ctx context.Context, params ManageUserParams) error {
	_, err := rest.Do[rest.Empty](ctx, s.caller, usersManage, rest.Request{Body: params, Problems: params.problems()})
	return err
}

// Delete is [UsersService.Manage] with [UserActionDelete].
//
// Key: bearer token with permission manageUser.
// Retried: only if nothing was sent, or on 429.
// After MaybeApplied: look for the user with Get. See docs/after-maybe-applied.md.
// Operation: integration.users.manage
// API docs: https://dev.returning.ai/apis/integration/manager-user-account
// Certainty: permission is assumed.
func (s *UsersService) Delete(ctx context.Context, username string) error {
	return s.Manage(ctx, ManageUserParams{Action: UserActionDelete, Username: username})
}

// Restore is [UsersService.Manage] with [UserActionRestore].
//
// Key: bearer token with permission manageUser.
// Retried: only if nothing was sent, or on 429.
// After MaybeApplied: look for the user with Get. See docs/after-maybe-applied.md.
// Operation: integration.users.manage
// API docs: https://dev.returning.ai/apis/integration/manager-user-account
// Certainty: permission is assumed.
func (s *UsersService) Restore(ctx context.Context, username string) error {
	return s.Manage(ctx, ManageUserParams{Action: UserActionRestore, Username: username})
}
