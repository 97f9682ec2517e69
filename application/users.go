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

// User is a user. It has the requested attributes: all others are zero, which
// for IsOnline does not mean that the user is offline.
type User struct {
	// ID is the object id, which this family's operations take.
	ID string `json:"_id,omitzero"`
	// UserID is the user number, which the System family's operations take.
	UserID string `json:"id,omitzero"`
	// Avatar is the URL of the user's picture.
	Avatar      string    `json:"avatar,omitzero"`
	DisplayName string    `json:"displayName,omitzero"`
	Username    string    `json:"username,omitzero"`
	FirstName   string    `json:"firstName,omitzero"`
	LastName    string    `json:"lastName,omitzero"`
	Email       string    `json:"email,omitzero"`
	IsOnline    bool      `json:"isOnline,omitzero"`
	LastLogin   time.Time `json:"lastLogin,omitzero"`
	// Extra holds unknown fields, and values that could not be parsed.
	Extra map[string]json.RawMessage `json:",embed"`
}

// UserAttribute is an attribute of a user that a call can request. The set is
// open.
type UserAttribute string

// The attributes that the API docs name.
const (
	UserAttributeID          UserAttribute = "_id"
	UserAttributeUserID      UserAttribute = "id"
	UserAttributeAvatar      UserAttribute = "avatar"
	UserAttributeDisplayName UserAttribute = "displayName"
	UserAttributeUsername    UserAttribute = "username"
	UserAttributeFirstName   UserAttribute = "firstName"
	UserAttributeLastName    UserAttribute = "lastName"
	UserAttributeEmail       UserAttribute = "email"
	UserAttributeIsOnline    UserAttribute = "isOnline"
	UserAttributeLastLogin   UserAttribute = "lastLogin"
)

// selectAttributes puts attributes into the query of a request.
func selectAttributes(request *rest.Request, attributes []UserAttribute) {
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

// GetUserParams selects attributes of a user.
type GetUserParams struct {
	// Attributes are the attributes to return. By default the server chooses,
	// which is assumed to mean all of them.
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
// Key: bearer token with permission APPLICATION_MEMBER.
// Retried: yes.
// Operation: application.users.get
// API docs: https://dev.returning.ai/api-18362342
// Certainty: documented.
func (s *UsersService) Get(ctx context.Context, userObjectID string, params GetUserParams) (User, error) {
	request := rest.Request{Path: []string{userObjectID}}
	selectAttributes(&request, params.Attributes)
	return rest.Do[User](ctx, s.caller, usersGet, request)
}
