package returningaitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

func (s *Server) fieldHistoriesRoutes() []*route {
	const community, user = "/communities/{communityId}", "/communities/{communityId}/users/{userId}"
	return []*route{
		fieldHistoriesRoute("list", http.MethodGet, community+"/user-field-histories", s.listHistories),
		fieldHistoriesRoute("listByField", http.MethodGet, community+"/user-fields/{fieldId}/histories", s.listHistories),
		fieldHistoriesRoute("listByUser", http.MethodGet, user+"/user-field-histories", s.listHistories),
		fieldHistoriesRoute("listByFieldAndUser", http.MethodGet, user+"/user-fields/{fieldId}/histories", s.listHistories),
		fieldHistoriesRoute("create", http.MethodPost, user+"/user-field-histories", s.createHistory),
	}
}

// fieldHistoriesRoute makes a route. That it needs no permission is assumed.
func fieldHistoriesRoute(name, method, pattern string, serve func(*call) (result, error)) *route {
	return &route{operation: "application.fieldHistories." + name, family: Application, method: method, pattern: pattern, serve: serve}
}

// FieldHistory is a value that a user's field has had.
type FieldHistory struct {
	ID        string          // 24 hex characters
	FieldID   string          // of a [UserField]
	UserID    string          // ID of a [User]
	Value     json.RawMessage // as it was sent, digit by digit
	Previous  json.RawMessage // the value before; nil when there was none
	CreatedAt time.Time
}

// AddFieldHistory gives a user's field a value, and returns the entry of its
// history completed: ID, Previous and CreatedAt are made up. It panics when the
// field or the user does not exist, or the value is not of the field's type.
//
// A date takes a text as 2006-01-02, 02/01/2006 or RFC 3339 have it, the texts
// and select take any text, numerical and number a number, boolean a boolean,
// other types anything, and all of them null. This is assumed.
func (s *Server) AddFieldHistory(fieldID, userID string, value json.RawMessage) FieldHistory {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	field := s.state.fields.find(fieldID)
	switch {
	case field == nil:
		panic(fmt.Sprintf("returningaitest: AddFieldHistory: there is no field %q", fieldID))
	case s.state.users.withID(userID) == nil:
		panic(fmt.Sprintf("returningaitest: AddFieldHistory: there is no user %q", userID))
	case !json.Valid(value) || !field.takes(value):
		panic(fmt.Sprintf("returningaitest: AddFieldHistory: the value is not of the type %s", field.Type))
	}
	return s.addHistory(fieldID, userID, value, now).clone()
}

// addHistory keeps a value that was checked. The caller holds the lock.
func (s *Server) addHistory(fieldID, userID string, value json.RawMessage, now time.Time) *FieldHistory {
	fields, key := &s.state.fields, fieldOfUser{fieldID, userID}
	entry := &FieldHistory{ID: s.newID(), FieldID: fieldID, UserID: userID, Value: bytes.Clone(value), CreatedAt: now}
	if before := fields.current[key]; before != nil {
		entry.Previous = before.Value
	}
	if fields.current == nil {
		fields.current = map[fieldOfUser]*FieldHistory{}
	}
	fields.current[key] = entry
	fields.histories = append(fields.histories, entry)
	return entry
}

func (h *FieldHistory) clone() FieldHistory {
	copied := *h
	copied.Value, copied.Previous = bytes.Clone(h.Value), bytes.Clone(h.Previous)
	return copied
}

// FieldHistories returns a copy of the histories of all fields and users,
// oldest first.
func (s *Server) FieldHistories() []FieldHistory {
	s.mu.Lock()
	defer s.mu.Unlock()
	copies := make([]FieldHistory, 0, len(s.state.fields.histories))
	for _, entry := range s.state.fields.histories {
		copies = append(copies, entry.clone())
	}
	return copies
}

// FieldValue returns the value that a user's field has now, nil for none.
func (s *Server) FieldValue(fieldID, userID string) json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	if entry := s.state.fields.current[fieldOfUser{fieldID, userID}]; entry != nil {
		return bytes.Clone(entry.Value)
	}
	return nil
}

// takes reports whether a value is of the field's type.
func (f *UserField) takes(value json.RawMessage) bool {
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

type fieldHistoryAnswer struct {
	ID            string          `json:"_id"`
	FieldID       string          `json:"fieldId"`
	UserID        string          `json:"userId"`
	CommunityID   string          `json:"communityId"`
	Value         json.RawMessage `json:"value"`
	PreviousValue json.RawMessage `json:"previousValue,omitempty"`
	CreatedAt     time.Time       `json:"createdAt"`
}

func (h *FieldHistory) answer() fieldHistoryAnswer {
	return fieldHistoryAnswer{
		ID: h.ID, FieldID: h.FieldID, UserID: h.UserID, CommunityID: communityID,
		Value: h.Value, PreviousValue: h.Previous, CreatedAt: h.CreatedAt,
	}
}

// listHistories answers the histories of the field and of the user that the
// path names, of all where it names none.
func (s *Server) listHistories(c *call) (result, error) {
	if err := c.checkCommunity(); err != nil {
		return result{}, err
	}
	fieldID, byField := c.path["fieldId"]
	if byField && s.state.fields.find(fieldID) == nil {
		return result{}, refuse(http.StatusNotFound, "user field not found")
	}
	userID, byUser := c.path["userId"]
	if byUser && s.state.users.withID(userID) == nil {
		return result{}, refuse(http.StatusNotFound, "user not found")
	}
	var found []*FieldHistory
	for _, entry := range s.state.fields.histories {
		if (!byField || entry.FieldID == fieldID) && (!byUser || entry.UserID == userID) {
			found = append(found, entry)
		}
	}
	return page(s, c, found, (*FieldHistory).answer)
}

// createHistory gives a user's field a value. Unlike elsewhere null and the
// empty text are values. Answered as 201, like a user field (assumed).
func (s *Server) createHistory(c *call) (result, error) {
	if err := c.checkCommunity(); err != nil {
		return result{}, err
	}
	body, err := c.members()
	if err != nil {
		return result{}, err
	}
	fieldID := needed[string](body, "fieldId")
	value := body.values["value"]
	if value == nil {
		body.note("value is required")
	}
	if err := body.problem(); err != nil {
		return result{}, err
	}
	if s.state.users.withID(c.path["userId"]) == nil {
		return result{}, refuse(http.StatusNotFound, "user not found")
	}
	field := s.state.fields.find(fieldID)
	if field == nil {
		return result{}, refuse(http.StatusNotFound, "user field not found")
	}
	if !field.takes(value) {
		return result{}, refuse(http.StatusBadRequest, "value must be of the field's type %s", field.Type)
	}
	entry := s.addHistory(field.ID, c.path["userId"], value, c.now)
	return result{status: http.StatusCreated, message: "Create user field history successful", data: entry.answer()}, nil
}
