package application

import (
	"context"
	"encoding/json"
	"iter"
	"time"

	"github.com/returningai/returningai-go/internal/rest"
	"github.com/returningai/returningai-go/internal/wire"
	"github.com/returningai/returningai-go/page"
	"github.com/returningai/returningai-go/value"
)

// FieldHistoriesService reads and writes the histories of user field values:
// one entry for each value that a user's field has had. Which permission its
// operations need is not known.
type FieldHistoriesService struct{ communityService }

// FieldHistory is one value that a user's field has had.
type FieldHistory struct {
	ID           string      `json:"_id,omitzero" alias:"id"`
	FieldID      string      `json:"fieldId,omitzero"`
	UserObjectID string      `json:"userId,omitzero"`
	CommunityID  string      `json:"communityId,omitzero"`
	Value        value.Value `json:"value,omitzero"`
	// PreviousValue is the value before, the zero Value if the response does
	// not say.
	PreviousValue value.Value `json:"previousValue,omitzero"`
	CreatedAt     time.Time   `json:"createdAt,omitzero"`
	// Extra holds unknown fields, and values that could not be parsed.
	Extra map[string]json.RawMessage `json:",embed"`
}

// ListHistoriesParams selects entries of histories. All fields are optional.
type ListHistoriesParams struct {
	// CommunityID is the community. Optional with returningai.WithCommunity.
	CommunityID string `url:"-"`
	// Page is the number of the page, from 1 on.
	Page int `url:"page,omitempty"`
	// Skip is the number of entries to skip, for a server that counts this way
	// instead of by pages.
	Skip int `url:"skip,omitempty"`
	// Limit is the maximum number of entries on a page.
	Limit int `url:"limit,omitempty"`
	// Sort names the order, as in "createdAt:desc".
	Sort string `url:"sort,omitempty"`
}

// list and all are shared by the four lists, which differ in the operation and
// in the ids of its path.
func (s *FieldHistoriesService) list(ctx context.Context, op *rest.Operation, params ListHistoriesParams, ids ...string) (page.Page[FieldHistory], error) {
	return rest.List[FieldHistory](ctx, s.caller, op, s.listRequest(params, ids))
}

func (s *FieldHistoriesService) all(ctx context.Context, op *rest.Operation, params ListHistoriesParams, ids ...string) iter.Seq2[FieldHistory, error] {
	return rest.All[FieldHistory](ctx, s.caller, op, s.listRequest(params, ids))
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

// List returns one page of the histories of all fields and users of a community.
//
// Key: bearer token.
// Retried: yes.
// Operation: application.fieldHistories.list
// Certainty: path, parameters and response are assumed.
func (s *FieldHistoriesService) List(ctx context.Context, params ListHistoriesParams) (page.Page[FieldHistory], error) {
	return s.list(ctx, fieldHistoriesList, params)
}

// All iterates over the histories of all fields and users of a community, page after page. See
// [CommunityUsersService.All] for how it ends.
//
// Key: bearer token.
// Retried: yes.
// Operation: application.fieldHistories.list
// Certainty: path, parameters and response are assumed.
func (s *FieldHistoriesService) All(ctx context.Context, params ListHistoriesParams) iter.Seq2[FieldHistory, error] {
	return s.all(ctx, fieldHistoriesList, params)
}

var fieldHistoriesListByField = rest.Define(rest.Operation{
	ID: "application.fieldHistories.listByField", GoMethod: "Application.FieldHistories.ListByField",
	Family: rest.Application, Method: "GET", Path: "/communities/{communityId}/user-fields/{fieldId}/histories",
	Idempotent:     true,
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed,
})

// ListByField returns one page of the histories of a field, of all users.
//
// Key: bearer token.
// Retried: yes.
// Operation: application.fieldHistories.listByField
// Certainty: path, parameters and response are assumed.
func (s *FieldHistoriesService) ListByField(ctx context.Context, fieldID string, params ListHistoriesParams) (page.Page[FieldHistory], error) {
	return s.list(ctx, fieldHistoriesListByField, params, fieldID)
}

// AllByField iterates over the histories of a field, of all users, page after page. See
// [CommunityUsersService.All] for how it ends.
//
// Key: bearer token.
// Retried: yes.
// Operation: application.fieldHistories.listByField
// Certainty: path, parameters and response are assumed.
func (s *FieldHistoriesService) AllByField(ctx context.Context, fieldID string, params ListHistoriesParams) iter.Seq2[FieldHistory, error] {
	return s.all(ctx, fieldHistoriesListByField, params, fieldID)
}

var fieldHistoriesListByUser = rest.Define(rest.Operation{
	ID: "application.fieldHistories.listByUser", GoMethod: "Application.FieldHistories.ListByUser",
	Family: rest.Application, Method: "GET", Path: "/communities/{communityId}/users/{userId}/user-field-histories",
	Idempotent:     true,
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed,
})

// ListByUser returns one page of the histories of a user, of all fields.
//
// Key: bearer token.
// Retried: yes.
// Operation: application.fieldHistories.listByUser
// Certainty: path, parameters and response are assumed.
func (s *FieldHistoriesService) ListByUser(ctx context.Context, userObjectID string, params ListHistoriesParams) (page.Page[FieldHistory], error) {
	return s.list(ctx, fieldHistoriesListByUser, params, userObjectID)
}

// AllByUser iterates over the histories of a user, of all fields, page after page. See
// [CommunityUsersService.All] for how it ends.
//
// Key: bearer token.
// Retried: yes.
// Operation: application.fieldHistories.listByUser
// Certainty: path, parameters and response are assumed.
func (s *FieldHistoriesService) AllByUser(ctx context.Context, userObjectID string, params ListHistoriesParams) iter.Seq2[FieldHistory, error] {
	return s.all(ctx, fieldHistoriesListByUser, params, userObjectID)
}

var fieldHistoriesListByFieldAndUser = rest.Define(rest.Operation{
	ID: "application.fieldHistories.listByFieldAndUser", GoMethod: "Application.FieldHistories.ListByFieldAndUser",
	Family: rest.Application, Method: "GET", Path: "/communities/{communityId}/users/{userId}/user-fields/{fieldId}/histories",
	Idempotent:     true,
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed,
})

// ListByFieldAndUser returns one page of the histories of one field of one user.
//
// Key: bearer token.
// Retried: yes.
// Operation: application.fieldHistories.listByFieldAndUser
// Certainty: path, parameters and response are assumed.
func (s *FieldHistoriesService) ListByFieldAndUser(ctx context.Context, fieldID, userObjectID string, params ListHistoriesParams) (page.Page[FieldHistory], error) {
	return s.list(ctx, fieldHistoriesListByFieldAndUser, params, userObjectID, fieldID)
}

// AllByFieldAndUser iterates over the histories of one field of one user, page after page. See
// [CommunityUsersService.All] for how it ends.
//
// Key: bearer token.
// Retried: yes.
// Operation: application.fieldHistories.listByFieldAndUser
// Certainty: path, parameters and response are assumed.
func (s *FieldHistoriesService) AllByFieldAndUser(ctx context.Context, fieldID, userObjectID string, params ListHistoriesParams) iter.Seq2[FieldHistory, error] {
	return s.all(ctx, fieldHistoriesListByFieldAndUser, params, userObjectID, fieldID)
}

// CreateHistoryParams holds a new value of a user's field.
type CreateHistoryParams struct {
	// CommunityID is the community. Optional with returningai.WithCommunity.
	CommunityID string `json:"-"`
	// FieldID is the field. Required.
	FieldID string `json:"fieldId"`
	// Value is the value, of the field's type. Required; null and the empty
	// string are values.
	Value value.Value `json:"value"`
}

func (p CreateHistoryParams) problems() (problems rest.Problems) {
	problems.Require("FieldID", p.FieldID)
	if p.Value.IsZero() {
		problems.Add("Value", rest.ValueRule)
	} else if _, err := wire.Encode(p.Value); err != nil {
		problems.Add("Value", "must be strict JSON: "+err.Error())
	}
	return problems
}

var fieldHistoriesCreate = rest.Define(rest.Operation{
	ID: "application.fieldHistories.create", GoMethod: "Application.FieldHistories.Create",
	Family: rest.Application, Method: "POST", Path: "/communities/{communityId}/users/{userId}/user-field-histories",
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed,
})

// Create sets a user's field to a value, which adds to its history.
//
// Key: bearer token.
// Retried: only if nothing was sent, or on 429.
// After MaybeApplied: look for the entry with ListByFieldAndUser. See docs/after-maybe-applied.md.
// Operation: application.fieldHistories.create
// Certainty: path, parameters and response are assumed.
func (s *FieldHistoriesService) Create(ctx context.Context, userObjectID string, params CreateHistoryParams) (FieldHistory, error) {
	request := s.request(params.CommunityID, userObjectID)
	request.Body, request.Problems = params, append(request.Problems, params.problems()...)
	return rest.Do[FieldHistory](ctx, s.caller, fieldHistoriesCreate, request)
}
