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
	ID             string `json:"id,omitzero"` // a UUID
	Title          string `json:"title,omitzero"`
	Action         string `json:"action,omitzero"` // what earns it, as in "custom"
	Quantity       int    `json:"quantity,omitzero"`
	Description    string `json:"description,omitzero"`
	AttachRequired bool   `json:"attachRequired,omitzero"`
	Awarded        bool   `json:"awarded,omitzero"`
	Image          string `json:"image,omitzero"`
	// Extra holds the members that this package does not know.
	Extra map[string]json.RawMessage `json:",embed"`
}

type badgeJSON Badge

// MarshalJSON writes the badge with all its members, the unknown ones
// included.
func (b Badge) MarshalJSON() ([]byte, error) { return rest.MarshalAnswer(badgeJSON(b)) }

// UnmarshalJSON reads a badge leniently, and keeps unknown members. The API
// has been seen to answer numbers and booleans as texts.
func (b *Badge) UnmarshalJSON(data []byte) error {
	err := rest.UnmarshalAnswer(data, (*badgeJSON)(b))
	rest.Alias(&b.ID, b.Extra, "_id")
	return err
}

// BadgeParams is what a badge is created with, and changed to. What is nil is
// not sent; new(0) and new(false) are.
type BadgeParams struct {
	// Title is the badge's name. Required.
	Title string `json:"title"`
	// Action is what earns the badge, as in "custom". Required.
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
// The operation is documented by name and method; its path and answer are
// assumed.
//
// Operation: system.badges.list
func (s *BadgesService) List(ctx context.Context) ([]Badge, error) {
	return rest.Do[[]Badge](ctx, s.caller, badgesList, rest.Request{})
}

var badgesCreate = rest.Define(rest.Operation{
	ID: "system.badges.create", GoMethod: "System.Badges.Create",
	Family: rest.System, Method: "POST", Path: "/badges",
	Docs:           rest.DocsPage("api-8891815"),
	RouteCertainty: rest.Documented, BodyCertainty: rest.Documented,
})

// Create makes a badge.
//
// Operation: system.badges.create
//
// API docs: https://dev.returning.ai/api-8891815
func (s *BadgesService) Create(ctx context.Context, params BadgeParams) (Badge, error) {
	return rest.Do[Badge](ctx, s.caller, badgesCreate, rest.Request{Body: params, Problems: params.problems()})
}

var badgesUpdate = rest.Define(rest.Operation{
	ID: "system.badges.update", GoMethod: "System.Badges.Update",
	Family: rest.System, Method: "PUT", Path: "/badges/{id}",
	Idempotent: true, Docs: rest.DocsPage("api-8891861"),
	RouteCertainty: rest.Documented, BodyCertainty: rest.Documented,
})

// Update changes a badge. The vendor's page exists in two versions: by one,
// everything but title and action can be left out; by the other, only Applied
// and Awarded can. That what is left out stays as it is is assumed.
//
// Operation: system.badges.update
//
// API docs: https://dev.returning.ai/api-8891861
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
// The operation is documented by name and method; its path and answer are
// assumed.
//
// Operation: system.badges.delete
func (s *BadgesService) Delete(ctx context.Context, badgeID string) error {
	return rest.Exec(ctx, s.caller, badgesDelete, rest.Request{Path: []string{badgeID}})
}

var badgesAward = rest.Define(rest.Operation{
	ID: "system.badges.award", GoMethod: "System.Badges.Award",
	Family: rest.System, Method: "POST", Path: "/badges/{id}/award",
	Docs:           rest.DocsPage("gamification/award-user-badge"),
	RouteCertainty: rest.Documented, BodyCertainty: rest.Documented,
})

// Award gives a badge to a user, named by their short number, and returns the
// badges that the user then holds. A badge or a user that is not in the
// community is returningai.ErrNotFound. It is not repeated, since it may count.
//
// Operation: system.badges.award
//
// API docs: https://dev.returning.ai/gamification/award-user-badge
func (s *BadgesService) Award(ctx context.Context, badgeID, userID string) ([]Badge, error) {
	body := userBody{userID}
	return rest.Do[[]Badge](ctx, s.caller, badgesAward, rest.Request{
		Path: []string{badgeID}, Body: body, Problems: body.problems(),
	})
}

var badgesRemove = rest.Define(rest.Operation{
	ID: "system.badges.remove", GoMethod: "System.Badges.Remove",
	Family: rest.System, Method: "POST", Path: "/badges/{id}/remove",
	Docs:           rest.DocsPage("api-8891875"),
	RouteCertainty: rest.Documented, BodyCertainty: rest.Documented,
})

// Remove takes a badge from a user, named by their short number, and returns
// the badges that the user then holds.
//
// Operation: system.badges.remove
//
// API docs: https://dev.returning.ai/api-8891875
func (s *BadgesService) Remove(ctx context.Context, badgeID, userID string) ([]Badge, error) {
	body := userBody{userID}
	return rest.Do[[]Badge](ctx, s.caller, badgesRemove, rest.Request{
		Path: []string{badgeID}, Body: body, Problems: body.problems(),
	})
}
