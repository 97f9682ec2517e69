package community

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// UserField is a custom field of the community's users.
type UserField struct {
	ID        string    `json:"id,omitzero"`   // 24 hex digits
	Field     string    `json:"field"`         // the database name, without spaces
	Name      string    `json:"name,omitzero"` // what users see
	Type      string    `json:"type,omitzero"` // such as "numerical"; it decides which values fit
	CreatedAt time.Time `json:"createdAt,omitzero"`
	UpdatedAt time.Time `json:"updatedAt,omitzero"`
}

// FieldHistory is a value that a user's field has had.
type FieldHistory struct {
	ID           string          `json:"id,omitzero"` // 24 hex digits
	FieldID      string          `json:"fieldId"`     // of a [UserField]
	UserObjectID string          `json:"userObjectId"`
	Value        json.RawMessage `json:"value"`             // as it was sent, digit by digit
	Previous     json.RawMessage `json:"previous,omitzero"` // nil if there was none
	CreatedAt    time.Time       `json:"createdAt,omitzero"`
}

func (h *FieldHistory) clone() FieldHistory {
	copied := *h
	copied.Value, copied.Previous = bytes.Clone(h.Value), bytes.Clone(h.Previous)
	return copied
}

type fieldOfUser struct{ fieldID, userObjectID string }

// FieldNamed finds a field by its database name, or nil.
func (c *Community) FieldNamed(field string) *UserField {
	for _, other := range c.Fields.all {
		if other.Field == field {
			return other
		}
	}
	return nil
}

// fieldIdentified finds a field by ID or by either of its names.
func (c *Community) fieldIdentified(idOrName string) (*UserField, error) {
	for _, field := range c.Fields.all {
		if field.ID == idOrName || field.Field == idOrName || field.Name == idOrName {
			return field, nil
		}
	}
	return nil, problem(NotFound, "user field not found")
}

// AddUserField adds a field. The name defaults to the database name, the type
// to single-line-text.
func (c *Community) AddUserField(field UserField) (UserField, error) {
	switch {
	case field.Field == "":
		return UserField{}, problem(Invalid, "Field is empty")
	case c.FieldNamed(field.Field) != nil:
		return UserField{}, problem(Conflict, "Field %q is taken", field.Field)
	}
	field.Name = cmp.Or(field.Name, field.Field)
	field.Type = cmp.Or(field.Type, "single-line-text")
	c.date(&field.CreatedAt, &field.UpdatedAt)
	return c.Fields.copyOf(c.Fields.add(field, c.NewID))
}

// DeleteUserField deletes a field, unless it has a history.
func (c *Community) DeleteUserField(field *UserField) error {
	if slices.ContainsFunc(c.Histories.all, func(entry *FieldHistory) bool { return entry.FieldID == field.ID }) {
		return problem(Conflict, "the user field is in use")
	}
	c.Fields.remove(field)
	return nil
}

// AddFieldHistory gives a user's field a value. A date takes a string as
// 2006-01-02, 02/01/2006 or RFC 3339, the text types and select take strings,
// numerical and number take numbers, boolean takes booleans, other types take
// anything, and all of them take null (assumed).
func (c *Community) AddFieldHistory(fieldID, userObjectID string, value json.RawMessage) (FieldHistory, error) {
	if _, err := c.Users.Find(userObjectID); err != nil {
		return FieldHistory{}, err
	}
	field, err := c.Fields.Find(fieldID)
	if err != nil {
		return FieldHistory{}, err
	}
	if !json.Valid(value) || !field.accepts(value) {
		return FieldHistory{}, problem(Invalid, "value must be of the field's type %s", field.Type)
	}
	return c.setValue(fieldID, userObjectID, value).clone(), nil
}

func (c *Community) setValue(fieldID, userObjectID string, value json.RawMessage) *FieldHistory {
	key := fieldOfUser{fieldID, userObjectID}
	entry := FieldHistory{FieldID: fieldID, UserObjectID: userObjectID, Value: value, CreatedAt: c.Now()}
	if before := c.values[key]; before != nil {
		entry.Previous = before.Value
	}
	c.values[key], _ = c.Histories.add(entry, c.NewID) // the ID is new
	return c.values[key]
}

// SetFields sets custom fields of a user by ID or name, all of them or none.
func (c *Community) SetFields(identifier string, values map[string]json.RawMessage) error {
	user, err := c.Users.Identified(identifier)
	if err != nil {
		return err
	}
	names, fields := slices.Sorted(maps.Keys(values)), map[string]*UserField{}
	for _, name := range names {
		field, err := c.fieldIdentified(name)
		if err != nil {
			return err
		}
		if !field.accepts(values[name]) {
			return problem(Invalid, "a value is not of its field's type %s", field.Type)
		}
		fields[name] = field
	}
	if user.CustomFields == nil {
		user.CustomFields = map[string]any{}
	}
	for _, name := range names {
		c.setValue(fields[name].ID, user.ID, values[name])
		var value any
		_ = json.Unmarshal(values[name], &value) // valid: the field accepts it
		user.CustomFields[fields[name].Field] = value
	}
	return nil
}

// FieldValue returns the present value of a user's field, or nil.
func (c *Community) FieldValue(fieldID, userObjectID string) json.RawMessage {
	if entry := c.values[fieldOfUser{fieldID, userObjectID}]; entry != nil {
		return bytes.Clone(entry.Value)
	}
	return nil
}

// accepts reports whether a value is of the field's type.
func (f *UserField) accepts(value json.RawMessage) bool {
	decoder := json.NewDecoder(bytes.NewReader(value))
	decoder.UseNumber() // of any size
	var read any
	if err := decoder.Decode(&read); err != nil || read == nil {
		return err == nil
	}
	text, isText := read.(string)
	switch f.Type {
	case "date":
		return isText && isDate(text)
	case "single-line-text", "multi-line-text", "text", "select":
		return isText
	case "numerical", "number":
		_, isNumber := read.(json.Number)
		return isNumber
	case "boolean":
		_, isBoolean := read.(bool)
		return isBoolean
	}
	return true
}

func isDate(text string) bool {
	for _, layout := range []string{time.DateOnly, "02/01/2006", time.RFC3339} {
		if _, err := time.Parse(layout, text); err == nil {
			return true
		}
	}
	return false
}
