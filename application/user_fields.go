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

// UserFieldType is the type of a user field's values. Other values than the
// constants may arrive, and may be sent.
type UserFieldType string

// The types that the vendor's pages name.
const (
	FieldDate           UserFieldType = "date"
	FieldSingleLineText UserFieldType = "single-line-text"
	FieldMultiLineText  UserFieldType = "multi-line-text"
	FieldNumerical      UserFieldType = "numerical"
)

// Older types, which existing fields may have.
const (
	FieldNumber  UserFieldType = "number"
	FieldText    UserFieldType = "text"
	FieldBoolean UserFieldType = "boolean"
	FieldSelect  UserFieldType = "select"
)

// UserField is a custom field of a community. Not every operation answers all
// of its members: that a new field answers no Field is made up for by
// [UserFieldsService.Create]; an updated one answers no CommunityID.
type UserField struct {
	ID string `json:"_id,omitzero"`
	// Field is the name in the database, without spaces.
	Field string `json:"field,omitzero"`
	// Name is what users see.
	Name string        `json:"name,omitzero"`
	Type UserFieldType `json:"type,omitzero"`
	// Creator is who made the field: nil when the answer does not say, and
	// without NumericID in some answers.
	Creator     *User     `json:"creator,omitzero"`
	CommunityID string    `json:"communityId,omitzero"`
	CreatedAt   time.Time `json:"createdAt,omitzero"`
	UpdatedAt   time.Time `json:"updatedAt,omitzero"`
	// Extra holds the members that this package does not know, and times that
	// are none.
	Extra map[string]json.RawMessage `json:",embed"`
}

type userFieldJSON UserField

// MarshalJSON writes the field with all members, the unknown ones included.
func (f UserField) MarshalJSON() ([]byte, error) { return rest.MarshalAnswer(userFieldJSON(f)) }

// UnmarshalJSON reads a field leniently, and keeps unknown members.
func (f *UserField) UnmarshalJSON(data []byte) error {
	err := rest.UnmarshalAnswer(data, (*userFieldJSON)(f))
	rest.Alias(&f.ID, f.Extra, "id")
	return err
}

var userFieldsList = rest.Define(rest.Operation{
	ID: "application.userFields.list", GoMethod: "Application.UserFields.List",
	Family: rest.Application, Method: "GET", Path: "/communities/{communityId}/user-fields",
	Permission: "userFields", Idempotent: true,
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed, PermissionCertainty: rest.Documented,
})

// List returns the user fields of a community.
//
// The operation is documented by name and method; its path and its answer are
// assumed.
//
// Operation: application.userFields.list
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
// The operation is documented by name and method; its path and its answer are
// assumed.
//
// Operation: application.userFields.get
func (s *UserFieldsService) Get(ctx context.Context, fieldID string, params CommunityParams) (UserField, error) {
	return rest.Do[UserField](ctx, s.caller, userFieldsGet, s.request(params.CommunityID, fieldID))
}

// CreateUserFieldParams is a new user field.
type CreateUserFieldParams struct {
	// CommunityID is the community. Optional with returningai.WithCommunity.
	CommunityID string `json:"-"`
	// Field is the name in the database, 1 to 50 characters long. Spaces in it
	// become hyphens. Required.
	Field string `json:"field"`
	// Name is what users see, 1 to 100 characters long. Required.
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
// hyphens: so does this method before it sends it, and since the API does not
// answer it, the result holds Field as it was sent.
//
// It is not repeated after an answer was lost. A field that exists already is
// returningai.ErrConflict (assumed).
//
// Operation: application.userFields.create
//
// API docs: https://dev.returning.ai/create-user-field
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

// UpdateUserFieldParams is what becomes of a user field.
type UpdateUserFieldParams struct {
	// CommunityID is the community. Optional with returningai.WithCommunity.
	CommunityID string `json:"-"`
	// Name is what users see. Required.
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
//
// The page shows the operation on the Integration host; that the Application
// host serves it like its siblings is assumed.
//
// Operation: application.userFields.update
//
// API docs: https://dev.returning.ai/api-18359704
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

// Delete removes a user field. One that is in use is returningai.ErrConflict.
//
// The operation is documented by name and method; its path, and how a field in
// use is refused, are assumed.
//
// Operation: application.userFields.delete
func (s *UserFieldsService) Delete(ctx context.Context, fieldID string, params CommunityParams) error {
	return rest.Exec(ctx, s.caller, userFieldsDelete, s.request(params.CommunityID, fieldID))
}
