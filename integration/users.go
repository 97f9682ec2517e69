package integration

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/returningai/returningai-go/internal/rest"
	"github.com/returningai/returningai-go/secret"
)

// UsersService creates, finds and manages the users of the community, and
// tells what they did and earned.
type UsersService struct{ caller rest.Caller }

// CreateUserParams is a new user.
type CreateUserParams struct {
	// FirstName and LastName are the user's name. Required.
	FirstName string `json:"firstname"`
	LastName  string `json:"lastname"`
	// Username must be new in the community. Required.
	Username string `json:"username"`
	// DisplayName is what other users see. Required.
	DisplayName string `json:"displayname"`
	// Email must be new in the community. Required.
	Email string `json:"email"`
	// AccessLevel is a number that the community defines, under Login
	// Management: it names the roles that the user starts with.
	AccessLevel int `json:"accessLevel"`
	// JoinServer makes the user a member at once. Without it the account is
	// outside the user list, and no change made through the API reaches it,
	// until the user joins.
	JoinServer bool `json:"joinServer"`
	// EmailPassword mails the password to the user.
	EmailPassword bool `json:"emailPassword"`
	// SendEmail mails a welcome to the user.
	SendEmail bool `json:"sendEmail"`

	// Password may be left out for users of single sign-on only, for whom the
	// vendor advises JoinServer and neither SendEmail nor EmailPassword. It
	// needs a special character and must differ from the username, and the API
	// may want more of it.
	Password secret.Text `json:"-"`
	// ConfirmPassword must be the same as Password.
	ConfirmPassword secret.Text `json:"-"`
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
	// Value is written as JSON: a text, a number, a bool or a [Date].
	Value any `json:"value"`
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
	}
	return problems
}

// createUserBody shows the passwords, which their own type never does.
type createUserBody struct {
	CreateUserParams
	Password        string `json:"password,omitzero"`
	ConfirmPassword string `json:"confirmPassword,omitzero"`
}

func (p CreateUserParams) request() rest.Request {
	return rest.Request{
		Body:     createUserBody{p, p.Password.Reveal(), p.ConfirmPassword.Reveal()},
		Secrets:  []secret.Text{p.Password, p.ConfirmPassword},
		Problems: p.problems(),
	}
}

// User is a user of the community, with what they earned and did so far.
type User struct {
	// ID is the object id, which the operations on user fields take.
	ID string `json:"_id,omitzero"`
	// UserID is the short id, such as "1102", which [UsersService.Info] takes,
	// and the operations of the System family.
	UserID string `json:"userId,omitzero"`
	// Username is what [UsersService.Manage] takes. It is the user id of Secure
	// Auth.
	Username  string `json:"username,omitzero"`
	FirstName string `json:"firstName,omitzero"`
	LastName  string `json:"lastName,omitzero"`
	Language  string `json:"language,omitzero"`

	// XP and Coins need not be whole numbers: that they are is not documented.
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
	// database names, as the JSON that they came as.
	CustomFields map[string]json.RawMessage `json:"customFields,omitzero"`
	// Extra holds the members that this package does not know.
	Extra map[string]json.RawMessage `json:",embed"`
}

type userJSON User

// MarshalJSON writes the user with all members, the unknown ones included.
func (u User) MarshalJSON() ([]byte, error) { return rest.MarshalAnswer(userJSON(u)) }

// UnmarshalJSON reads a user leniently, and keeps unknown members.
func (u *User) UnmarshalJSON(data []byte) error {
	err := rest.UnmarshalAnswer(data, (*userJSON)(u))
	rest.AliasUserID(&u.ID, &u.UserID, u.Extra)
	return err
}

// UserRole is a role that a user has. The vendor's pages do not show what
// describes it: a text, which is its title then, or an object (both assumed).
type UserRole struct {
	ID    string `json:"_id,omitzero"`
	Title string `json:"title,omitzero"`
	// Extra holds the members that this package does not know.
	Extra map[string]json.RawMessage `json:",embed"`
}

type userRoleJSON UserRole

// MarshalJSON writes a role of which only the title is known as a text, and
// any other with all its members, the unknown ones included.
func (r UserRole) MarshalJSON() ([]byte, error) {
	if r.ID == "" && len(r.Extra) == 0 {
		return rest.MarshalAnswer(r.Title)
	}
	return rest.MarshalAnswer(userRoleJSON(r))
}

// UnmarshalJSON reads a text or an object leniently, and keeps unknown members.
func (r *UserRole) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] != '{' {
		*r = UserRole{}
		return rest.UnmarshalAnswer(data, &r.Title)
	}
	err := rest.UnmarshalAnswer(data, (*userRoleJSON)(r))
	rest.Alias(&r.ID, r.Extra, "id")
	rest.Alias(&r.Title, r.Extra, "name")
	return err
}

var usersCreate = rest.Define(rest.Operation{
	ID: "integration.users.create", GoMethod: "Integration.Users.Create",
	Family: rest.Integration, Method: "POST", Path: "/users",
	Permission: "createUser", Docs: rest.DocsPage("users/create-user"),
	RouteCertainty: rest.Documented, BodyCertainty: rest.Documented, PermissionCertainty: rest.Documented,
})

// Create creates a user. It needs the permission createUser. A username or an
// email that is in use is a conflict: the error matches ErrConflict of the root
// package, provided that the API answers 409 then, which is assumed.
//
// It is sent at most once. When the MaybeApplied method of its error reports
// true, ask [UsersService.Info] whether the user is there before trying again.
//
// That the answer holds the members of the user is assumed: without them the
// user that is returned is empty, and was created all the same.
//
// Operation: integration.users.create
//
// API docs: https://dev.returning.ai/users/create-user
func (s *UsersService) Create(ctx context.Context, params CreateUserParams) (User, error) {
	return rest.Do[User](ctx, s.caller, usersCreate, params.request())
}

// userInfoBody is the request of Info.
type userInfoBody struct {
	IDOrEmail string `json:"idOrEmail"`
}

var usersInfo = rest.Define(rest.Operation{
	ID: "integration.users.info", GoMethod: "Integration.Users.Info",
	Family: rest.Integration, Method: "POST", Path: "/users/info",
	Permission: "getUserData", Docs: rest.DocsPage("get-user-data"),
	Idempotent: true, Reads: true,
	RouteCertainty: rest.Documented, BodyCertainty: rest.Documented, PermissionCertainty: rest.Assumed,
})

// Info returns the user with the given email or short id, such as "1102".
//
// That it needs the permission getUserData is assumed.
//
// Operation: integration.users.info
//
// API docs: https://dev.returning.ai/get-user-data
func (s *UsersService) Info(ctx context.Context, idOrEmail string) (User, error) {
	var problems rest.Problems
	problems.Require("IDOrEmail", idOrEmail)
	return rest.Do[User](ctx, s.caller, usersInfo, rest.Request{Body: userInfoBody{idOrEmail}, Problems: problems})
}

// UserAction is what is done to a user's account. Other actions than the
// constants may exist.
type UserAction string

// The known actions. The text of UserRestore is assumed.
const (
	UserDelete  UserAction = "delete"
	UserRestore UserAction = "restore"
)

// ManageUserParams says what is done to whom.
type ManageUserParams struct {
	// Action is what is done. Required.
	Action UserAction `json:"action"`
	// Username is the user to whom. Required.
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

// Manage deletes or restores the account of a user. It is sent at most once.
//
// That it needs the permission manageUser, and that the action that restores
// is called "restore", is assumed.
//
// Operation: integration.users.manage
//
// API docs: https://dev.returning.ai/apis/integration/manager-user-account
func (s *UsersService) Manage(ctx context.Context, params ManageUserParams) error {
	return rest.Exec(ctx, s.caller, usersManage, rest.Request{Body: params, Problems: params.problems()})
}

// Delete is [UsersService.Manage] with [UserDelete].
func (s *UsersService) Delete(ctx context.Context, username string) error {
	return s.Manage(ctx, ManageUserParams{Action: UserDelete, Username: username})
}

// Restore is [UsersService.Manage] with [UserRestore].
func (s *UsersService) Restore(ctx context.Context, username string) error {
	return s.Manage(ctx, ManageUserParams{Action: UserRestore, Username: username})
}
