package returningaitest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
)

func (s *Server) systemBadgesRoutes() []*route {
	return []*route{{
		operation: "system.badges.list",
		family:    System,
		method:    http.MethodGet,
		pattern:   "/badges",
		serve:     s.listBadges,
	}, {
		operation: "system.badges.create",
		family:    System,
		method:    http.MethodPost,
		pattern:   "/badges",
		serve:     s.createBadge,
	}, {
		operation: "system.badges.update",
		family:    System,
		method:    http.MethodPut,
		pattern:   "/badges/{id}",
		serve:     s.updateBadge,
	}, {
		operation: "system.badges.delete",
		family:    System,
		method:    http.MethodDelete,
		pattern:   "/badges/{id}",
		serve:     s.deleteBadge,
	}, {
		operation: "system.badges.award",
		family:    System,
		method:    http.MethodPost,
		pattern:   "/badges/{id}/award",
		serve:     s.awardBadge,
	}, {
		operation: "system.badges.remove",
		family:    System,
		method:    http.MethodPost,
		pattern:   "/badges/{id}/remove",
		serve:     s.removeBadge,
	}}
}

// Badge is a badge of the community.
type Badge struct {
	ID                    string // a UUID
	Title                 string
	Action                string
	Quantity              int
	Description           string
	Image                 string
	DarkImage             string
	LightImage            string
	EnabledDarkAndLight   bool
	Applied               bool
	Awarded               bool
	Award                 bool
	AwardCurrency         bool
	AwardXPQuantity       int
	AwardCurrencyQuantity int
	AttachRequired        bool
}

// badgeStore holds the badges in the order they were made, and who has them.
type badgeStore struct {
	all    []*Badge
	ofUser holdings[*Badge]
}

func (b *badgeStore) find(id string) (*Badge, error) {
	for _, badge := range b.all {
		if badge.ID == id {
			return badge, nil
		}
	}
	return nil, refuse(http.StatusNotFound, "badge not found")
}

// AddBadge adds a badge and returns it completed: ID and Action (custom) are
// made up when empty. It panics when Title is empty or the ID is taken.
func (s *Server) AddBadge(badge Badge) Badge {
	s.mu.Lock()
	defer s.mu.Unlock()
	if badge.Title == "" {
		panic("returningaitest: AddBadge: Title is empty")
	}
	if _, err := s.state.badges.find(badge.ID); err == nil {
		panic(fmt.Sprintf("returningaitest: AddBadge: ID %q is taken", badge.ID))
	}
	return *s.addBadge(badge)
}

// addBadge completes and keeps a badge that was checked. The caller holds the
// lock.
func (s *Server) addBadge(badge Badge) *Badge {
	if badge.ID == "" {
		s.sequence++
		badge.ID = fmt.Sprintf("65a0c0de-0000-4000-8000-%012x", s.sequence)
	}
	if badge.Action == "" {
		badge.Action = "custom"
	}
	s.state.badges.all = append(s.state.badges.all, &badge)
	return &badge
}

// Badges returns a copy of the community's badges, oldest first.
func (s *Server) Badges() []Badge {
	s.mu.Lock()
	defer s.mu.Unlock()
	return copyBadges(s.state.badges.all)
}

// BadgesOf returns a copy of the badges of a user, given by the short number,
// such as "1102". It panics when there is no such user.
func (s *Server) BadgesOf(shortID string) []Badge {
	s.mu.Lock()
	defer s.mu.Unlock()
	return copyBadges(s.state.badges.ofUser[s.mustNumberedUser("BadgesOf", shortID).ID])
}

func copyBadges(badges []*Badge) []Badge {
	copies := make([]Badge, 0, len(badges))
	for _, badge := range badges {
		copies = append(copies, *badge)
	}
	return copies
}

// systemBadge shows numbers and booleans as texts, as the API has been seen to
// do.
type systemBadge struct {
	ID             string `json:"id"`
	Title          string `json:"title"`
	Action         string `json:"action"`
	Quantity       string `json:"quantity"`
	Description    string `json:"description"`
	AttachRequired string `json:"attachRequired"`
	Awarded        string `json:"awarded"`
	Image          string `json:"image"`
}

func (b *Badge) system(awarded bool) systemBadge {
	return systemBadge{
		ID: b.ID, Title: b.Title, Action: b.Action, Description: b.Description, Image: b.Image,
		Quantity: strconv.Itoa(b.Quantity), AttachRequired: strconv.FormatBool(b.AttachRequired),
		Awarded: strconv.FormatBool(awarded),
	}
}

// listBadges answers every badge. Its path and answer are assumed.
func (s *Server) listBadges(*call) (result, error) {
	listed := make([]systemBadge, 0, len(s.state.badges.all))
	for _, badge := range s.state.badges.all {
		listed = append(listed, badge.system(badge.Awarded))
	}
	return result{message: "Badges fetched successfully", data: listed}, nil
}

func (s *Server) createBadge(c *call) (result, error) {
	badge, err := badgeBody(c, Badge{})
	if err != nil {
		return result{}, err
	}
	created := s.addBadge(badge)
	return result{message: "Badge has been created successfully", data: created.system(created.Awarded)}, nil
}

// updateBadge changes a badge. That what is not sent stays as it is is
// assumed.
func (s *Server) updateBadge(c *call) (result, error) {
	badge, err := s.state.badges.find(c.path["id"])
	if err != nil {
		return result{}, err
	}
	changed, err := badgeBody(c, *badge)
	if err != nil {
		return result{}, err
	}
	*badge = changed
	return result{message: "Badge has been updated successfully", data: badge.system(badge.Awarded)}, nil
}

// badgeBody reads the body of create and update onto a badge.
func badgeBody(c *call, badge Badge) (Badge, error) {
	body, err := c.members()
	if err != nil {
		return Badge{}, err
	}
	badge.Title = needed[string](body, "title")
	badge.Action = needed[string](body, "action")
	change(body, "quantity", &badge.Quantity)
	change(body, "description", &badge.Description)
	change(body, "image", &badge.Image)
	change(body, "darkImage", &badge.DarkImage)
	change(body, "lightImage", &badge.LightImage)
	change(body, "enabledDarkAndLight", &badge.EnabledDarkAndLight)
	change(body, "applied", &badge.Applied)
	change(body, "awarded", &badge.Awarded)
	change(body, "award", &badge.Award)
	change(body, "awardCurrency", &badge.AwardCurrency)
	change(body, "awardXpQuantity", &badge.AwardXPQuantity)
	change(body, "awardCurrencyQuantity", &badge.AwardCurrencyQuantity)
	change(body, "attachRequired", &badge.AttachRequired)
	return badge, body.problem()
}

// deleteBadge deletes a badge, also from those who have it. Its path and
// answer are assumed.
func (s *Server) deleteBadge(c *call) (result, error) {
	badges := &s.state.badges
	badge, err := badges.find(c.path["id"])
	if err != nil {
		return result{}, err
	}
	badges.all = slices.DeleteFunc(badges.all, func(other *Badge) bool { return other == badge })
	badges.ofUser.takeFromAll(badge)
	return result{message: "Badge has been deleted successfully"}, nil
}

// awardBadge gives a badge. That giving it twice changes nothing is assumed.
func (s *Server) awardBadge(c *call) (result, error) {
	badge, user, err := s.badgeAndUser(c)
	if err != nil {
		return result{}, err
	}
	s.state.badges.ofUser.give(user.ID, badge)
	return result{message: "Badge has been rewarded successfully", data: s.heldBadges(user)}, nil
}

// removeBadge takes a badge. That taking one that the user does not have
// changes nothing is assumed.
func (s *Server) removeBadge(c *call) (result, error) {
	badge, user, err := s.badgeAndUser(c)
	if err != nil {
		return result{}, err
	}
	s.state.badges.ofUser.take(user.ID, badge)
	return result{message: "Badge has been removed successfully", data: s.heldBadges(user)}, nil
}

func (s *Server) badgeAndUser(c *call) (*Badge, *User, error) {
	shortID, err := userOfBody(c)
	if err != nil {
		return nil, nil, err
	}
	badge, err := s.state.badges.find(c.path["id"])
	if err != nil {
		return nil, nil, err
	}
	user, err := s.numberedUser(shortID)
	return badge, user, err
}

func (s *Server) heldBadges(user *User) []systemBadge {
	held := []systemBadge{}
	for _, badge := range s.state.badges.ofUser[user.ID] {
		held = append(held, badge.system(true))
	}
	return held
}
