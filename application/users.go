package application

import (
	"context"
	"encoding/json"
	"net/url"
	"time"

	"github.com/returningai/returningai-go/internal/rest"
)

// UsersService reads users.
type UsersService struct{ caller rest.Caller }

// User is a user. It holds those attributes that were asked for: all others
// are zero, which for IsOnline does not mean that the user is offline.
type User struct {
	// ID is the id of 24 hex characters that this family's operations take.
	ID string `json:"_id,omitzero"`
	// NumericID is the short number that System operations take, as text.
	NumericID string `json:"id,omitzero"`
	// Avatar is the address of the user's picture.
	Avatar      string    `json:"avatar,omitzero"`
	DisplayName string    `json:"displayName,omitzero"`
	Username    string    `json:"username,omitzero"`
	FirstName   string    `json:"firstName,omitzero"`
	LastName    string    `json:"lastName,omitzero"`
	Email       string    `json:"email,omitzero"`
	IsOnline    bool      `json:"isOnline,omitzero"`
	LastLogin   time.Time `json:"lastLogin,omitzero"`
	// Extra holds the members that this package does not know, and a last
	// login that is no time.
	Extra map[string]json.RawMessage `json:",embed"`
}

type userJSON User

// MarshalJSON writes the user with all members, the unknown ones included.
func (u User) MarshalJSON() ([]byte, error) { return rest.MarshalAnswer(userJSON(u)) }

// UnmarshalJSON reads a user leniently, and keeps unknown members.
func (u *User) UnmarshalJSON(data []byte) error { return rest.UnmarshalAnswer(data, (*userJSON)(u)) }

// UserAttribute is an attribute of a user that a call can ask for. Other
// values than the constants are sent as they are.
type UserAttribute string

// The attributes that the vendor's page names.
const (
	AttributeID          UserAttribute = "_id"
	AttributeNumericID   UserAttribute = "id"
	AttributeAvatar      UserAttribute = "avatar"
	AttributeDisplayName UserAttribute = "displayName"
	AttributeUsername    UserAttribute = "username"
	AttributeFirstName   UserAttribute = "firstName"
	AttributeLastName    UserAttribute = "lastName"
	AttributeEmail       UserAttribute = "email"
	AttributeIsOnline    UserAttribute = "isOnline"
	AttributeLastLogin   UserAttribute = "lastLogin"
)

// choose puts the choice of attributes into the query of a request.
func choose(request *rest.Request, attributes []UserAttribute) {
	flags := url.Values{}
	for _, attribute := range attributes {
		if attribute == "" {
			request.Problems.Add("Attributes", "must not hold an empty name")
			return
		}
		flags.Set(string(attribute), "true")
	}
	request.Query = flags
}

// GetUserParams chooses what is answered of a user.
type GetUserParams struct {
	// Attributes are what is wanted. Without any the server chooses: all of
	// them, as is assumed.
	Attributes []UserAttribute
}

var usersGet = rest.Define(rest.Operation{
	ID: "application.users.get", GoMethod: "Application.Users.Get",
	Family: rest.Application, Method: "GET", Path: "/users/{userId}",
	Permission: "APPLICATION_MEMBER", Docs: rest.DocsPage("api-18362342"),
	Idempotent:     true,
	RouteCertainty: rest.Documented, BodyCertainty: rest.Documented, PermissionCertainty: rest.Documented,
})

// Get returns a user. A token reaches the data of its own user only, unless it
// has access to the whole community.
//
// Operation: application.users.get
//
// API docs: https://dev.returning.ai/api-18362342
func (s *UsersService) Get(ctx context.Context, userID string, params GetUserParams) (User, error) {
	request := rest.Request{Path: []string{userID}}
	choose(&request, params.Attributes)
	return rest.Do[User](ctx, s.caller, usersGet, request)
}
