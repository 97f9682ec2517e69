package wire

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/returningai/returningai-go/returningaitest/internal/community"
)

func userFieldsRoutes() []Route {
	const all, one = "/communities/{communityId}/user-fields", "/communities/{communityId}/user-fields/{fieldId}"
	return []Route{
		route("application.userFields.list", Application, "GET "+all, community.PermissionUserFields, listUserFields),
		route("application.userFields.get", Application, "GET "+one, community.PermissionUserFields, getUserField),
		route("application.userFields.create", Application, "POST "+all, community.PermissionUserFields, createUserField),
		route("application.userFields.update", Application, "PUT "+one, community.PermissionUserFields, updateUserField),
		route("application.userFields.delete", Application, "DELETE "+one, community.PermissionUserFields, deleteUserField),
	}
}

// showUserField returns a field, without the fields that an operation omits.
func showUserField(f *community.UserField, omitted ...string) map[string]any {
	all := map[string]any{
		"_id": f.ID, "field": f.Field, "name": f.Name, "type": f.Type, "communityId": community.ID,
		"creator":   map[string]any{"_id": "65a0c0dec0ffee0000000002", "id": 1, "avatar": "", "displayName": "Owner", "username": "owner"},
		"createdAt": f.CreatedAt, "updatedAt": f.UpdatedAt,
	}
	for _, name := range omitted {
		delete(all, name)
	}
	return all
}

func listUserFields(c *Call) (Result, error) {
	return Result{data: showAll(c.Community.Fields.All(), func(f *community.UserField) map[string]any { return showUserField(f) })}, checkCommunity(c)
}

// fieldInPath finds the field that the path names.
func fieldInPath(c *Call) (*community.UserField, error) {
	if err := checkCommunity(c); err != nil {
		return nil, err
	}
	return c.Community.Fields.Find(c.Path["fieldId"])
}

func getUserField(c *Call) (Result, error) {
	field, err := fieldInPath(c)
	if err != nil {
		return Result{}, err
	}
	return Result{data: showUserField(field)}, nil
}

// createUserField adds a field. Assumed: 409 for a database name that is taken.
func createUserField(c *Call) (Result, error) {
	if err := checkCommunity(c); err != nil {
		return Result{}, err
	}
	f := c.fields()
	field := community.UserField{Field: f.text("field", 50), Name: f.text("name", 100), Type: required[string](f, "type")}
	if err := f.err(); err != nil {
		return Result{}, err
	}
	field.Field = strings.ReplaceAll(field.Field, " ", "-")
	if c.Community.FieldNamed(field.Field) != nil {
		return Result{}, Refuse(http.StatusConflict, "a user field with this field exists already")
	}
	created, err := c.Community.AddUserField(field)
	return Result{status: http.StatusCreated, message: "Create user field successful", data: showUserField(&created, "field")}, err
}

// updateUserField changes a field. Assumed: a name is as long as that of a new
// field.
func updateUserField(c *Call) (Result, error) {
	field, err := fieldInPath(c)
	if err != nil {
		return Result{}, err
	}
	f := c.fields()
	name, kind := f.text("name", 100), required[string](f, "type")
	if err := f.err(); err != nil {
		return Result{}, err
	}
	field.Name, field.Type, field.UpdatedAt = name, kind, c.Community.Now()
	shown := showUserField(field, "communityId")
	delete(shown["creator"].(map[string]any), "id")
	return Result{message: "Update user field successful", data: shown}, nil
}

// deleteUserField deletes a field. Assumed: 409 for a field with a history.
func deleteUserField(c *Call) (Result, error) {
	field, err := fieldInPath(c)
	if err != nil {
		return Result{}, err
	}
	return Result{message: "Delete user field successful", data: showUserField(field)}, c.Community.DeleteUserField(field)
}

func fieldHistoriesRoutes() []Route {
	const community, user = "/communities/{communityId}", "/communities/{communityId}/users/{userId}"
	return []Route{ // that none needs a permission is assumed
		route("application.fieldHistories.list", Application, "GET "+community+"/user-field-histories", noPermission, listHistories),
		route("application.fieldHistories.listByField", Application, "GET "+community+"/user-fields/{fieldId}/histories", noPermission, listHistories),
		route("application.fieldHistories.listByUser", Application, "GET "+user+"/user-field-histories", noPermission, listHistories),
		route("application.fieldHistories.listByFieldAndUser", Application, "GET "+user+"/user-fields/{fieldId}/histories", noPermission, listHistories),
		route("application.fieldHistories.create", Application, "POST "+user+"/user-field-histories", noPermission, createHistory),
	}
}

type fieldHistory struct {
	ID            string          `json:"_id"`
	FieldID       string          `json:"fieldId"`
	UserID        string          `json:"userId"`
	CommunityID   string          `json:"communityId"`
	Value         json.RawMessage `json:"value"`
	PreviousValue json.RawMessage `json:"previousValue,omitempty"`
	CreatedAt     time.Time       `json:"createdAt"`
}

func showHistory(h *community.FieldHistory) fieldHistory {
	return fieldHistory{
		ID: h.ID, FieldID: h.FieldID, UserID: h.UserObjectID, CommunityID: community.ID,
		Value: h.Value, PreviousValue: h.Previous, CreatedAt: h.CreatedAt,
	}
}

// listHistories returns the histories of the field and of the user that the
// path names, or of all.
func listHistories(c *Call) (Result, error) {
	fieldID, byField := c.Path["fieldId"]
	userID, byUser := c.Path["userId"]
	err := checkCommunity(c)
	if err == nil && byField {
		_, err = c.Community.Fields.Find(fieldID)
	}
	if err == nil && byUser {
		_, err = c.Community.Users.Find(userID)
	}
	if err != nil {
		return Result{}, err
	}
	return page(c, c.Community.Histories(fieldID, userID), showHistory)
}

// createHistory gives a user's field a value. Null and the empty string are
// values, unlike elsewhere. That the status is 201 is assumed.
func createHistory(c *Call) (Result, error) {
	if err := checkCommunity(c); err != nil {
		return Result{}, err
	}
	f := c.fields()
	fieldID := required[string](f, "fieldId")
	value := f.values["value"]
	if value == nil {
		f.note("value is required")
	}
	if err := f.err(); err != nil {
		return Result{}, err
	}
	entry, err := c.Community.AddFieldHistory(fieldID, c.Path["userId"], value)
	return Result{status: http.StatusCreated, message: "Create user field history successful", data: showHistory(&entry)}, err
}
