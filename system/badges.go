package system

import (
	"context"
	"encoding/json"

	"github.com/returningai/returningai-go/internal/rest"
)

// BadgesService lists, creates, changes and deletes badges, and awards them to
// users.
type BadgesService struct{ caller rest.Caller }

// Badge is a badge of the community, or one that a user holds.
type Badge struct {
	ID             string `json:"id,omitzero" alias:"_id"` // a UUID
	Title          string `json:"title,omitzero"`
	Action         string `json:"action,omitzero"` // what earns it, as in "custom"
	Quantity       int    `json:"quantity,omitzero"`
	Description    string `json:"description,omitzero"`
	AttachRequired bool   `json:"attachRequired,omitzero"`
	Awarded        bool   `json:"awarded,omitzero"`
	Image          string `json:"image,omitzero"`
	// Extra holds unknown fields, and values that could not be parsed.
	Extra map[string]json.RawMessage `json:",embed"`
}

// BadgeParams holds the values of a new or changed badge. A nil field is not
// sent; new(0) and new(false) are.
type BadgeParams struct {
	// Title is the badge's name. Required.
	Title string `json:"title"`
	// Action is the action that earns the badge, as in "custom". Required.
	Action      string  `json:"action"`
	Quantity    *int    `json:"quantity,omitzero"`
	Description *string `json:"description,omitzero"`
	// Image is the address of the badge's picture, DarkImage and LightImage
	// those for the two themes, which EnabledDarkAndLight turns on.
	Image               *string `json:"image,omitzero"`
	DarkImage           *string `json:"darkImage,omitzero"`
	LightImage          *string `json:"lightImage,omitzero"`
	EnabledDarkAndLight *bool   `json:"enabledDarkAndLight,omitzero"`
	Applied             *bool   `json:"applied,omitzero"`
	Awarded             *bool   `json:"awarded,omitzero"`
	Award               *bool   `json:"award,omitzero"`
	AwardCurrency       *bool   `json:"awardCurrency,omitzero"`
	// AwardXPQuantity is the experience, and AwardCurrencyQuantity the
	// currency, that comes with the badge.
	AwardXPQuantity       *int  `json:"awardXpQuantity,omitzero"`
	AwardCurrencyQuantity *int  `json:"awardCurrencyQuantity,omitzero"`
	AttachRequired        *bool `json:"attachRequired,omitzero"`
}

func (p BadgeParams) problems() (problems rest.Problems) {
	problems.Require("Title", p.Title)
	problems.Require("Action", p.Action)
	return problems
}

var badgesList = rest.Define(rest.Operation{
	ID: "system.badges.list", GoMethod: "System.Badges.List",
	Family: rest.System, Method: "GET", Path: "/badges",
	Idempotent:     true,
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed,
})

// List returns the badges of the community.
//
// Key: API key (System).
// Retried: yes.
// Operation: system.badges.list
// Certainty: path, parameters and response are assumed.
func (s *BadgesService) List(ctx context.Context) ([]Badge, error) {
	return rest.Do[[]Badge](ctx, s.caller, badgesList, rest.Request{})
}

var badgesCreate = rest.Define(rest.Operation{
	ID: "system.badges.create", GoMethod: "System.Badges.Create",
	Family: rest.System, Method: "POST", Path: "/badges",
	Docs:           rest.DocsPage("api-8891815"),
	RouteCertainty: rest.Documented, BodyCertainty: rest.Documented,
})

// Create creates a badge.
//
// Key: API key (System).
// Retried: only if nothing was sent, or on 429.
// After MaybeApplied: look for the badge with List. See docs/after-maybe-applied.md.
// Operation: system.badges.create
// API docs: https://dev.returning.ai/api-8891815
// Certainty: documented.
func (s *BadgesService) Create(ctx context.Context, params BadgeParams) (Badge, error) {
	return rest.Do[Badge](ctx, s.caller, badgesCreate, rest.Request{Body: params, Problems: params.problems()})
}

var badgesUpdate = rest.Define(rest.Operation{
	ID: "system.badges.update", GoMethod: "System.Badges.Update",
	Family: rest.System, Method: "PUT", Path: "/badges/{id}",
	Idempotent: true, Docs: rest.DocsPage("api-8891861"),
	RouteCertainty: rest.Documented, BodyCertainty: rest.Documented,
})

// Update changes a badge. Two versions of the API docs page exist: in one,
// every field but Title and Action is optional; in the other, only Applied and
// Awarded are. Omitted fields are assumed to stay unchanged.
//
// Key: API key (System).
// Retried: yes.
// Operation: system.badges.update
// API docs: https://dev.returning.ai/api-8891861
// Certainty: documented.
func (s *BadgesService) Update(ctx context.Context, badgeID string, params BadgeParams) (Badge, error) {
	return rest.Do[Badge](ctx, s.caller, badgesUpdate, rest.Request{
		Path: []string{badgeID}, Body: params, Problems: params.problems(),
	})
}

var badgesDelete = rest.Define(rest.Operation{
	ID: "system.badges.delete", GoMethod: "System.Badges.Delete",
	Family: rest.System, Method: "DELETE", Path: "/badges/{id}",
	Idempotent:     true,
	RouteCertainty: rest.Assumed, BodyCertainty: rest.Assumed,
})

// Delete deletes a badge.
//
// Key: API key (System).
// Retried: yes.
// Operation: system.badges.delete
// Certainty: path, parameters and response are assumed.
func (s *BadgesService) Delete(ctx context.Context, badgeID string) error {
	_, err := rest.Do[rest.Empty](ctx, s.caller, badgesDelete, rest.Request{Path: []string{badgeID}})
	return err
}

var badgesAward = rest.Define(rest.Operation{
	ID: "system.badges.award", GoMethod: "System.Badges.Award",
	Family: rest.System, Method: "POST", Path: "/badges/{id}/award",
	Docs:           rest.DocsPage("gamification/award-user-badge"),
	RouteCertainty: rest.Documented, BodyCertainty: rest.Documented,
})

// Award gives a badge to a user and returns all badges the user then holds.
// It fails with returningai.ErrNotFound if the badge or the user is not in the
// community.
//
// An award may count more than once, so a lost response is not retried.
//
// Key: API key (System).
// Retried: only if nothing was sent, or on 429.
// After MaybeApplied: the API cannot list a user's badges. Record what you awarded. See docs/after-maybe-applied.md.
// Operation: system.badges.award
// API docs: https://dev.returning.ai/gamification/award-user-badge
// Certainty: documented.
func (s *BadgesService) Award(ctx context.Context, badgeID, userID string) ([]Badge, error) {
	return s.changeUser(ctx, badgesAward, badgeID, userID)
}

var badgesRemove = rest.Define(rest.Operation{
	ID: "system.badges.remove", GoMethod: "System.Badges.Remove",
	Family: rest.System, Method: "POST", Path: "/badges/{id}/remove",
	Docs:           rest.DocsPage("api-8891875"),
	RouteCertainty: rest.Documented, BodyCertainty: rest.Documented,
})

// Remove takes a badge from a user and returns all badges the user then holds.
//
// Key: API key (System).
// Retried: only if nothing was sent, or on 429.
// After MaybeApplied: the API cannot list a user's badges. Record what you removed. See docs/after-maybe-applied.md.
// Operation: system.badges.remove
// API docs: https://dev.returning.ai/api-8891875
// Certainty: documented.
func (s *BadgesService) Remove(ctx context.Context, badgeID, userID string) ([]Badge, error) {
	return s.changeUser(ctx, badgesRemove, badgeID, userID)
}

func (s *BadgesService) changeUser(ctx context.Context, op *rest.Operation, badgeID, userID string) ([]Badge, error) {
	return rest.Do[[]Badge](ctx, s.caller, op, userRequest(badgeID, userID))
}
