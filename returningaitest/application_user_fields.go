package returningaitest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

func (s *Server) userFieldsRoutes() []*route {
	const all, one = "/communities/{communityId}/user-fields", "/communities/{communityId}/user-fields/{fieldId}"
	return []*route{
		userFieldsRoute("list", http.MethodGet, all, s.listUserFields),
		userFieldsRoute("get", http.MethodGet, one, s.getUserField),
		userFieldsRoute("create", http.MethodPost, all, s.createUserField),
		userFieldsRoute("update", http.MethodPut, one, s.updateUserField),
		userFieldsRoute("delete", http.MethodDelete, one, s.deleteUserField),
	}
}

func userFieldsRoute(name, method, pattern string, serve func(*call) (result, error)) *route {
	return &route{
		operation: "application.userFields." + name, family: Application, method: method, pattern: pattern,
		permission: PermissionUserFields, serve: serve,
	}
}

// UserField is a custom field of the community's users.
type UserField struct {
	ID        string // 24 hex characters
	Field     string // the name in the database, without spaces
	Name      string // what users see
	Type      string // such as "numerical"; see [Server.AddFieldHistory] for what it demands
	CreatedAt time.Time
	UpdatedAt time.Time
}

// fieldStore holds the user fields and the histories of their values, both in
// the order they were made.
type fieldStore struct {
	all       []*UserField
	histories []*FieldHistory
	current   map[fieldOfUser]*FieldHistory // the latest of each
}

type fieldOfUser struct{ fieldID, userID string }

func (f *fieldStore) find(id string) *UserField {
	for _, field := range f.all {
		if field.ID == id {
			return field
		}
	}
	return nil
}

// named finds a field by its name in the database.
func (f *fieldStore) named(field string) *UserField {
	for _, other := range f.all {
		if other.Field == field {
			return other
		}
	}
	return nil
}

// AddUserField adds a field and returns it completed: ID, Name (as Field), Type
// (single-line-text) and the times are made up when empty. It panics when Field
// is empty or taken, or when the ID is.
func (s *Server) AddUserField(field UserField) UserField {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	fields := &s.state.fields
	switch {
	case field.Field == "":
		panic("returningaitest: AddUserField: Field is empty")
	case fields.named(field.Field) != nil:
		panic(fmt.Sprintf("returningaitest: AddUserField: Field %q is taken", field.Field))
	case fields.find(field.ID) != nil:
		panic(fmt.Sprintf("returningaitest: AddUserField: ID %q is taken", field.ID))
	}
	return *s.addUserField(field, now)
}

// addUserField completes and keeps a field that was checked. The caller holds
// the lock.
func (s *Server) addUserField(field UserField, now time.Time) *UserField {
	if field.ID == "" {
		field.ID = s.newID()
	}
	if field.Name == "" {
		field.Name = field.Field
	}
	if field.Type == "" {
		field.Type = "single-line-text"
	}
	if field.CreatedAt.IsZero() {
		field.CreatedAt = now
	}
	if field.UpdatedAt.IsZero() {
		field.UpdatedAt = field.CreatedAt
	}
	s.state.fields.all = append(s.state.fields.all, &field)
	return &field
}

// UserFields returns a copy of the community's user fields, oldest first.
func (s *Server) UserFields() []UserField {
	s.mu.Lock()
	defer s.mu.Unlock()
	copies := make([]UserField, 0, len(s.state.fields.all))
	for _, field := range s.state.fields.all {
		copies = append(copies, *field)
	}
	return copies
}

// members returns a field as it is answered: without those members that the
// operation leaves out.
func (f *UserField) members(without ...string) map[string]any {
	all := map[string]any{
		"_id": f.ID, "field": f.Field, "name": f.Name, "type": f.Type, "communityId": communityID,
		"creator":   map[string]any{"_id": "65a0c0dec0ffee0000000002", "id": 1, "avatar": "", "displayName": "Owner", "username": "owner"},
		"createdAt": f.CreatedAt, "updatedAt": f.UpdatedAt,
	}
	for _, name := range without {
		delete(all, name)
	}
	return all
}

func (s *Server) listUserFields(c *call) (result, error) {
	if err := c.checkCommunity(); err != nil {
		return result{}, err
	}
	listed := make([]map[string]any, 0, len(s.state.fields.all))
	for _, field := range s.state.fields.all {
		listed = append(listed, field.members())
	}
	return result{data: listed}, nil
}

// fieldOf finds the field that the path names.
func (s *Server) fieldOf(c *call) (*UserField, error) {
	if err := c.checkCommunity(); err != nil {
		return nil, err
	}
	field := s.state.fields.find(c.path["fieldId"])
	if field == nil {
		return nil, refuse(http.StatusNotFound, "user field not found")
	}
	return field, nil
}

func (s *Server) getUserField(c *call) (result, error) {
	field, err := s.fieldOf(c)
	if err != nil {
		return result{}, err
	}
	return result{data: field.members()}, nil
}

// createUserField adds a field. Assumed: 409 for a name in the database that is
// taken.
func (s *Server) createUserField(c *call) (result, error) {
	if err := c.checkCommunity(); err != nil {
		return result{}, err
	}
	body, err := c.members()
	if err != nil {
		return result{}, err
	}
	field := UserField{Field: body.text("field", 50), Name: body.text("name", 100), Type: needed[string](body, "type")}
	if err := body.problem(); err != nil {
		return result{}, err
	}
	field.Field = strings.ReplaceAll(field.Field, " ", "-")
	if s.state.fields.named(field.Field) != nil {
		return result{}, refuse(http.StatusConflict, "a user field with this field exists already")
	}
	created := s.addUserField(field, c.now)
	return result{
		status: http.StatusCreated, message: "Create user field successful", data: created.members("field"),
	}, nil
}

// text reads a text that is needed and has at most so many characters.
func (m *members) text(name string, most int) string {
	text := needed[string](m, name)
	if utf8.RuneCountInString(text) > most {
		m.note(fmt.Sprintf("%s must be 1 to %d characters long", name, most))
	}
	return text
}

// updateUserField changes a field. Assumed: the length of a name is that of a
// new field.
func (s *Server) updateUserField(c *call) (result, error) {
	field, err := s.fieldOf(c)
	if err != nil {
		return result{}, err
	}
	body, err := c.members()
	if err != nil {
		return result{}, err
	}
	name, kind := body.text("name", 100), needed[string](body, "type")
	if err := body.problem(); err != nil {
		return result{}, err
	}
	field.Name, field.Type, field.UpdatedAt = name, kind, c.now
	answered := field.members("communityId")
	delete(answered["creator"].(map[string]any), "id")
	return result{message: "Update user field successful", data: answered}, nil
}

// deleteUserField removes a field. Assumed: 409 for one that has a history.
func (s *Server) deleteUserField(c *call) (result, error) {
	field, err := s.fieldOf(c)
	if err != nil {
		return result{}, err
	}
	fields := &s.state.fields
	if slices.ContainsFunc(fields.histories, func(entry *FieldHistory) bool { return entry.FieldID == field.ID }) {
		return result{}, refuse(http.StatusConflict, "the user field is in use")
	}
	fields.all = slices.DeleteFunc(fields.all, func(other *UserField) bool { return other == field })
	return result{message: "Delete user field successful", data: field.members()}, nil
}
