package wire

import (
	"net/http"
	"slices"
	"strings"

	"github.com/returningai/returningai-go/returningaitest/internal/community"
)

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

func listUserFields(c *Call) Result {
	checkCommunity(c)
	return Result{data: showAll(c.Community.Fields.All(), func(f *community.UserField) map[string]any { return showUserField(f) })}
}

// fieldInPath finds the field that the path names.
func fieldInPath(c *Call) *community.UserField {
	checkCommunity(c)
	return check(c.Community.Fields.Find(c.Path["fieldId"]))
}

func getUserField(c *Call) Result {
	field := fieldInPath(c)
	return Result{data: showUserField(field)}
}

// createUserField adds a field. Assumed: 409 for a database name that is taken.
func createUserField(c *Call) Result {
	checkCommunity(c)
	f := c.fields()
	field := community.UserField{Field: f.text("field", 50), Name: f.text("name", 100), Type: required[string](f, "type")}
	f.check()
	field.Field = strings.ReplaceAll(field.Field, " ", "-")
	if c.Community.FieldNamed(field.Field) != nil {
		return refused(http.StatusConflict, "a user field with this field exists already")
	}
	created := check(c.Community.AddUserField(field))
	return Result{status: http.StatusCreated, message: "Create user field successful", data: showUserField(&created, "field")}
}

// updateUserField changes a field. Assumed: a name is as long as that of a new
// field.
func updateUserField(c *Call) Result {
	field := fieldInPath(c)
	f := c.fields()
	name, kind := f.text("name", 100), required[string](f, "type")
	f.check()
	field.Name, field.Type, field.UpdatedAt = name, kind, c.Community.Now()
	shown := showUserField(field, "communityId")
	delete(shown["creator"].(map[string]any), "id")
	return Result{message: "Update user field successful", data: shown}
}

// deleteUserField deletes a field. Assumed: 409 for a field with a history.
func deleteUserField(c *Call) Result {
	field := fieldInPath(c)
	checkDone(c.Community.DeleteUserField(field))
	return Result{message: "Delete user field successful", data: showUserField(field)}
}

func showHistory(h *community.FieldHistory) map[string]any {
	shown := map[string]any{
		"_id": h.ID, "fieldId": h.FieldID, "userId": h.UserObjectID, "communityId": community.ID,
		"value": h.Value, "createdAt": h.CreatedAt,
	}
	if h.Previous != nil {
		shown["previousValue"] = h.Previous
	}
	return shown
}

// listHistories returns the histories of the field and of the user that the
// path names, or of all.
func listHistories(c *Call) Result {
	fieldID, byField := c.Path["fieldId"]
	userID, byUser := c.Path["userId"]
	checkCommunity(c)
	if byField {
		check(c.Community.Fields.Find(fieldID))
	}
	if byUser {
		check(c.Community.Users.Find(userID))
	}
	found := slices.Clone(c.Community.Histories.All())
	return page(c, slices.DeleteFunc(found, func(h *community.FieldHistory) bool {
		return byField && h.FieldID != fieldID || byUser && h.UserObjectID != userID
	}), showHistory)
}

// createHistory gives a user's field a value. Null and the empty string are
// values, unlike elsewhere. That the status is 201 is assumed.
func createHistory(c *Call) Result {
	checkCommunity(c)
	f := c.fields()
	fieldID := required[string](f, "fieldId")
	value := f.values["value"]
	if value == nil {
		f.note("value is required")
	}
	f.check()
	entry := check(c.Community.AddFieldHistory(fieldID, c.Path["userId"], value))
	return Result{status: http.StatusCreated, message: "Create user field history successful", data: showHistory(&entry)}
}
