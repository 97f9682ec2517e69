package application

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/returningai/returningai-go/internal/rest"
)

// UserFieldsService manages the custom fields that a community's users have.
type UserFieldsService struct{ communityService }

// UserFieldType is the type of a user field's values. The set is open.
type UserFieldType string

// The types that the API docs name.
const (
	UserFieldTypeDate           UserFieldType = "date"
	UserFieldTypeSingleLineText UserFieldType = "single-line-text"
	UserFieldTypeMultiLineText  UserFieldType = "multi-line-text"
	UserFieldTypeNumerical      UserFieldType = "numerical"
)

// Older types, which existing fields may have.
const (
	UserFieldTypeNumber  UserFieldType = "number"
	UserFieldTypeText    UserFieldType = "text"
	UserFieldTypeBoolean UserFieldType = "boolean"
	UserFieldTypeSelect  UserFieldType = "select"
)

// UserField is a custom field of a community. Some responses lack some of its
// fields: that of Create has no Field, which [UserFieldsService.Create] makes up
// for, and that of Update no CommunityID.
type UserField struct {
	ID string `json:"_id,omitzero" alias:"id"`
	// Field is the name in the database, without spaces.
	Field string `json:"field,omitzero"`
	// Name is the name that users see.
	Name string        `json:"name,omitzero"`
	Type UserFieldType `json:"type,omitzero"`
	// Creator is who created the field: nil if the response does not say, and
	// without UserID in some responses.
	Creator     *User     `json:"creator,omitzero"`
	CommunityID string    `json:"communityId,omitzero"`
	CreatedAt   time.Time `json:"createdAt,omitzero"`
	UpdatedAt   time.Time `json:"updatedAt,omitzero"`
	// Extra holds unknown fields, and values that could not be parsed.
	Extra map[string]json.RawMessage `json:",embed"`
}

var userFieldsList = rest.Define(rest.Operation{
	ID: "application.userFields.list", GoMethod: "Application.UserFields.List",
	Family: rest.Application, Method: "GET", Path: "/communities/{communityId}/user-fields",
	Permission: "userFields", Idempotent: true,
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed, PermissionCertainty: rest.Documented,
})

// List returns the user fields of a community.
//
// Key: bearer token with permission userFields.
// Retried: yes.
// Operation: application.userFields.list
// Certainty: path, parameters and response are assumed.
func (s *UserFieldsService) List(ctx context.Context, params CommunityParams) ([]UserField, error) {
	return rest.Do[[]UserField](ctx, s.caller, userFieldsList, s.request(params.CommunityID))
}

var userFieldsGet = rest.Define(rest.Operation{
	ID: "application.userFields.get", GoMethod: "Application.UserFields.Get",
	Family: rest.Application, Method: "GET", Path: "/communities/{communityId}/user-fields/{fieldId}",
	Permission: "userFields", Idempotent: true,
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed, PermissionCertainty: rest.Documented,
})

// Get returns a user field.
//
// Key: bearer token with permission userFields.
// Retried: yes.
// Operation: application.userFields.get
// Certainty: path, parameters and response are assumed.
func (s *UserFieldsService) Get(ctx context.Context, fieldID string, params CommunityParams) (UserField, error) {
	return rest.Do[UserField](ctx, s.caller, userFieldsGet, s.request(params.CommunityID, fieldID))
}

// CreateUserFieldParams holds the values of a new user field.
type CreateUserFieldParams struct {
	// CommunityID is the community. Optional with returningai.WithCommunity.
	CommunityID string `json:"-"`
	// Field is the name in the database, 1 to 50 characters long. Spaces become
	// hyphens. Required.
	Field string `json:"field"`
	// Name is the name that users see, 1 to 100 characters long. Required.
	Name string `json:"name"`
	// Type is the type of the values. Required.
	Type UserFieldType `json:"type"`
}

func (p CreateUserFieldParams) problems() (problems rest.Problems) {
	problems.Length("Field", p.Field, 1, 50)
	problems.Length("Name", p.Name, 1, 100)
	problems.Require("Type", string(p.Type))
	return problems
}

var userFieldsCreate = rest.Define(rest.Operation{
	ID: "application.userFields.create", GoMethod: "Application.UserFields.Create",
	Family: rest.Application, Method: "POST", Path: "/communities/{communityId}/user-fields",
	Permission: "userFields", Docs: rest.DocsPage("create-user-field"),
	RouteCertainty: rest.Documented, BodyCertainty: rest.Documented, PermissionCertainty: rest.Documented,
})

// Create adds a user field to a community. The API replaces spaces in Field by
// hyphens. So does this method, and since the response has no Field, the result
// has it as it was sent. It fails with returningai.ErrConflict if the field
// exists (assumed).
//
// Key: bearer token with permission userFields.
// Retried: only if nothing was sent, or on 429.
// After MaybeApplied: look for the field with List. See docs/after-maybe-applied.md.
// Operation: application.userFields.create
// API docs: https://dev.returning.ai/create-user-field
// Certainty: documented.
func (s *UserFieldsService) Create(ctx context.Context, params CreateUserFieldParams) (UserField, error) {
	params.Field = strings.ReplaceAll(params.Field, " ", "-")
	request := s.request(params.CommunityID)
	request.Body, request.Problems = params, append(request.Problems, params.problems()...)
	field, err := rest.Do[UserField](ctx, s.caller, userFieldsCreate, request)
	if err == nil && field.Field == "" {
		field.Field = params.Field
	}
	return field, err
}

// UpdateUserFieldParams holds the new values of a user field.
type UpdateUserFieldParams struct {
	// CommunityID is the community. Optional with returningai.WithCommunity.
	CommunityID string `json:"-"`
	// Name is the name that users see. Required.
	Name string `json:"name"`
	// Type is the type of the values. Required.
	Type UserFieldType `json:"type"`
}

func (p UpdateUserFieldParams) problems() (problems rest.Problems) {
	problems.Require("Name", p.Name)
	problems.Require("Type", string(p.Type))
	return problems
}

var userFieldsUpdate = rest.Define(rest.Operation{
	ID: "application.userFields.update", GoMethod: "Application.UserFields.Update",
	Family: rest.Application, Method: "PUT", Path: "/communities/{communityId}/user-fields/{fieldId}",
	Permission: "userFields", Docs: rest.DocsPage("api-18359704"), Idempotent: true,
	RouteCertainty: rest.Documented, BodyCertainty: rest.Documented, PermissionCertainty: rest.Documented,
})

// Update replaces name and type of a user field. Its Field cannot be changed.
// The API docs show the operation on the Integration host; that the Application
// host serves it is assumed.
//
// Key: bearer token with permission userFields.
// Retried: yes.
// Operation: application.userFields.update
// API docs: https://dev.returning.ai/api-18359704
// Certainty: documented.
func (s *UserFieldsService) Update(ctx context.Context, fieldID string, params UpdateUserFieldParams) (UserField, error) {
	request := s.request(params.CommunityID, fieldID)
	request.Body, request.Problems = params, append(request.Problems, params.problems()...)
	return rest.Do[UserField](ctx, s.caller, userFieldsUpdate, request)
}

var userFieldsDelete = rest.Define(rest.Operation{
	ID: "application.userFields.delete", GoMethod: "Application.UserFields.Delete",
	Family: rest.Application, Method: "DELETE", Path: "/communities/{communityId}/user-fields/{fieldId}",
	Permission: "userFields", Idempotent: true,
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed, PermissionCertainty: rest.Documented,
})

// Delete deletes a user field. It fails with returningai.ErrConflict if the field
// is in use (assumed).
//
// Key: bearer token with permission userFields.
// Retried: yes.
// Operation: application.userFields.delete
// Certainty: path, parameters and response are assumed.
func (s *UserFieldsService) Delete(ctx context.Context, fieldID string, params CommunityParams) error {
	_, err := rest.Do[rest.Empty](ctx, s.caller, userFieldsDelete, s.request(params.CommunityID, fieldID))
	return err
}
