package application

import (
	"context"
	"encoding/json"
	"iter"
	"time"

	"github.com/returningai/returningai-go/internal/rest"
)

// FieldHistoriesService reads and writes the histories of user field values:
// one entry for each value that a user's field has had. Its operations are
// documented by name and method; their paths, parameters and answers are
// assumed. Which permission they need is not known.
type FieldHistoriesService struct{ communityService }

// FieldHistory is one value that a user's field has had.
type FieldHistory struct {
	ID          string `json:"_id,omitzero"`
	FieldID     string `json:"fieldId,omitzero"`
	UserID      string `json:"userId,omitzero"`
	CommunityID string `json:"communityId,omitzero"`
	Value       Value  `json:"value,omitzero"`
	// PreviousValue is what the field held before. It is the zero Value when
	// the answer does not say.
	PreviousValue Value     `json:"previousValue,omitzero"`
	CreatedAt     time.Time `json:"createdAt,omitzero"`
	// Extra holds the members that this package does not know, and a time that
	// is none.
	Extra map[string]json.RawMessage `json:",embed"`
}

type fieldHistoryJSON FieldHistory

// MarshalJSON writes the entry with all members, the unknown ones included.
func (h FieldHistory) MarshalJSON() ([]byte, error) { return rest.MarshalAnswer(fieldHistoryJSON(h)) }

// UnmarshalJSON reads an entry leniently, and keeps unknown members.
func (h *FieldHistory) UnmarshalJSON(data []byte) error {
	err := rest.UnmarshalAnswer(data, (*fieldHistoryJSON)(h))
	rest.Alias(&h.ID, h.Extra, "id")
	return err
}

// ListHistoriesParams chooses entries of histories. All of it is optional, and
// assumed.
type ListHistoriesParams struct {
	// CommunityID is the community. Optional with returningai.WithCommunity.
	CommunityID string `url:"-"`
	// Page is the number of the page, from 1 on.
	Page int `url:"page,omitempty"`
	// Skip is how many entries to pass over, for a server whose answers count
	// that way instead of by pages.
	Skip int `url:"skip,omitempty"`
	// Limit is how many entries a page holds at most.
	Limit int `url:"limit,omitempty"`
	// Sort names the order, as in "createdAt:desc".
	Sort string `url:"sort,omitempty"`
}

// page and all are the four lists, as pages and as sequences. They differ in
// the operation and in the ids that its path takes.
func (s *FieldHistoriesService) page(ctx context.Context, op *rest.Operation, params ListHistoriesParams, ids ...string) (Page[FieldHistory], error) {
	return listPage[FieldHistory](ctx, s.caller, op, s.listRequest(params, ids))
}

func (s *FieldHistoriesService) all(ctx context.Context, op *rest.Operation, params ListHistoriesParams, ids ...string) iter.Seq2[FieldHistory, error] {
	return rest.Pages[FieldHistory](ctx, s.caller, op, s.listRequest(params, ids))
}

func (s *FieldHistoriesService) listRequest(params ListHistoriesParams, ids []string) rest.Request {
	request := s.request(params.CommunityID, ids...)
	request.Query = params
	return request
}

var fieldHistoriesList = rest.Define(rest.Operation{
	ID: "application.fieldHistories.list", GoMethod: "Application.FieldHistories.List",
	Family: rest.Application, Method: "GET", Path: "/communities/{communityId}/user-field-histories",
	Idempotent:     true,
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed,
})

// List returns one page of the histories of all fields and users of a
// community. [FieldHistoriesService.All] reads page after page. Path,
// parameters and answer are assumed.
//
// Operation: application.fieldHistories.list
func (s *FieldHistoriesService) List(ctx context.Context, params ListHistoriesParams) (Page[FieldHistory], error) {
	return s.page(ctx, fieldHistoriesList, params)
}

// All returns the histories of all fields and users of a community, beginning
// at the page that params names, and asking for the next page when it is
// needed. It ends with the first error, which comes as the last pair. A page
// that the server answers again is returningai.ErrUnexpectedResponse.
//
// Path, parameters and answer are assumed.
//
// Operation: application.fieldHistories.list
func (s *FieldHistoriesService) All(ctx context.Context, params ListHistoriesParams) iter.Seq2[FieldHistory, error] {
	return s.all(ctx, fieldHistoriesList, params)
}

var fieldHistoriesListByField = rest.Define(rest.Operation{
	ID: "application.fieldHistories.listByField", GoMethod: "Application.FieldHistories.ListByField",
	Family: rest.Application, Method: "GET", Path: "/communities/{communityId}/user-fields/{fieldId}/histories",
	Idempotent:     true,
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed,
})

// ListByField returns one page of the histories of a field, of all users. Path,
// parameters and answer are assumed.
//
// Operation: application.fieldHistories.listByField
func (s *FieldHistoriesService) ListByField(ctx context.Context, fieldID string, params ListHistoriesParams) (Page[FieldHistory], error) {
	return s.page(ctx, fieldHistoriesListByField, params, fieldID)
}

// AllByField is [FieldHistoriesService.All] for one field.
//
// Path, parameters and answer are assumed.
//
// Operation: application.fieldHistories.listByField
func (s *FieldHistoriesService) AllByField(ctx context.Context, fieldID string, params ListHistoriesParams) iter.Seq2[FieldHistory, error] {
	return s.all(ctx, fieldHistoriesListByField, params, fieldID)
}

var fieldHistoriesListByUser = rest.Define(rest.Operation{
	ID: "application.fieldHistories.listByUser", GoMethod: "Application.FieldHistories.ListByUser",
	Family: rest.Application, Method: "GET", Path: "/communities/{communityId}/users/{userId}/user-field-histories",
	Idempotent:     true,
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed,
})

// ListByUser returns one page of the histories of a user, of all fields. Path,
// parameters and answer are assumed.
//
// Operation: application.fieldHistories.listByUser
func (s *FieldHistoriesService) ListByUser(ctx context.Context, userID string, params ListHistoriesParams) (Page[FieldHistory], error) {
	return s.page(ctx, fieldHistoriesListByUser, params, userID)
}

// AllByUser is [FieldHistoriesService.All] for one user.
//
// Path, parameters and answer are assumed.
//
// Operation: application.fieldHistories.listByUser
func (s *FieldHistoriesService) AllByUser(ctx context.Context, userID string, params ListHistoriesParams) iter.Seq2[FieldHistory, error] {
	return s.all(ctx, fieldHistoriesListByUser, params, userID)
}

var fieldHistoriesListByFieldAndUser = rest.Define(rest.Operation{
	ID: "application.fieldHistories.listByFieldAndUser", GoMethod: "Application.FieldHistories.ListByFieldAndUser",
	Family: rest.Application, Method: "GET", Path: "/communities/{communityId}/users/{userId}/user-fields/{fieldId}/histories",
	Idempotent:     true,
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed,
})

// ListByFieldAndUser returns one page of the history of one field of one user.
// Path, parameters and answer are assumed.
//
// Operation: application.fieldHistories.listByFieldAndUser
func (s *FieldHistoriesService) ListByFieldAndUser(ctx context.Context, fieldID, userID string, params ListHistoriesParams) (Page[FieldHistory], error) {
	return s.page(ctx, fieldHistoriesListByFieldAndUser, params, userID, fieldID)
}

// AllByFieldAndUser is [FieldHistoriesService.All] for one field of one user.
//
// Path, parameters and answer are assumed.
//
// Operation: application.fieldHistories.listByFieldAndUser
func (s *FieldHistoriesService) AllByFieldAndUser(ctx context.Context, fieldID, userID string, params ListHistoriesParams) iter.Seq2[FieldHistory, error] {
	return s.all(ctx, fieldHistoriesListByFieldAndUser, params, userID, fieldID)
}

// CreateHistoryParams is a new value of a user's field.
type CreateHistoryParams struct {
	// CommunityID is the community. Optional with returningai.WithCommunity.
	CommunityID string `json:"-"`
	// FieldID is the field. Required.
	FieldID string `json:"fieldId"`
	// Value is the value, of the field's type. Required; null and the empty
	// text are values.
	Value Value `json:"value"`
}

func (p CreateHistoryParams) problems() (problems rest.Problems) {
	problems.Require("FieldID", p.FieldID)
	if p.Value.IsZero() {
		problems.Add("Value", "must be a value that JSON can hold: text in UTF-8, a finite number, a time up to the year 9999, a boolean, null or other JSON")
	} else if _, err := rest.EncodeBody(p.Value); err != nil {
		problems.Add("Value", "must be strict JSON: "+err.Error())
	}
	return problems
}

var fieldHistoriesCreate = rest.Define(rest.Operation{
	ID: "application.fieldHistories.create", GoMethod: "Application.FieldHistories.Create",
	Family: rest.Application, Method: "POST", Path: "/communities/{communityId}/users/{userId}/user-field-histories",
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed,
})

// Create gives a user's field a value, and so adds to its history. It is not
// repeated after an answer was lost: when the error's MaybeApplied method
// reports true, the entry may be there. Path, parameters and answer are assumed.
//
// Operation: application.fieldHistories.create
func (s *FieldHistoriesService) Create(ctx context.Context, userID string, params CreateHistoryParams) (FieldHistory, error) {
	request := s.request(params.CommunityID, userID)
	request.Body, request.Problems = params, append(request.Problems, params.problems()...)
	return rest.Do[FieldHistory](ctx, s.caller, fieldHistoriesCreate, request)
}
