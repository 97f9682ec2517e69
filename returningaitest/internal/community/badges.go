package community

import "fmt"

// Badge is a badge of the community.
type Badge struct {
	ID                    string `json:"id,omitzero"` // a UUID
	Title                 string `json:"title"`
	Action                string `json:"action,omitzero"`
	Quantity              int    `json:"quantity,omitzero"`
	Description           string `json:"description,omitzero"`
	Image                 string `json:"image,omitzero"`
	DarkImage             string `json:"darkImage,omitzero"`
	LightImage            string `json:"lightImage,omitzero"`
	EnabledDarkAndLight   bool   `json:"enabledDarkAndLight,omitzero"`
	Applied               bool   `json:"applied,omitzero"`
	Awarded               bool   `json:"awarded,omitzero"`
	Award                 bool   `json:"award,omitzero"`
	AwardCurrency         bool   `json:"awardCurrency,omitzero"`
	AwardXPQuantity       int    `json:"awardXpQuantity,omitzero"`
	AwardCurrencyQuantity int    `json:"awardCurrencyQuantity,omitzero"`
	AttachRequired        bool   `json:"attachRequired,omitzero"`
}

// AddBadge adds a badge. The action defaults to custom.
func (c *Community) AddBadge(badge Badge) (Badge, error) {
	if badge.Title == "" {
		return Badge{}, problem(Invalid, "Title is empty")
	}
	if badge.Action == "" {
		badge.Action = "custom"
	}
	return c.Badges.copyOf(c.Badges.add(badge, c.newBadgeID))
}

func (c *Community) newBadgeID() string {
	c.lastID++
	return fmt.Sprintf("65a0c0de-0000-4000-8000-%012x", c.lastID)
}

// DeleteBadge deletes a badge, also from the users who have it.
func (c *Community) DeleteBadge(badge *Badge) {
	c.Badges.remove(badge)
	c.badges.takeFromAll(badge)
}

// AwardBadge gives a user a badge and returns all badges of the user. Each
// award counts, so that a doubled award shows.
func (c *Community) AwardBadge(badge *Badge, user *User) []*Badge {
	c.badges[user.ID] = append(c.badges[user.ID], badge)
	return c.badges[user.ID]
}

// RemoveBadge takes a badge from a user once and returns the badges that are
// left. A badge that the user does not have changes nothing.
func (c *Community) RemoveBadge(badge *Badge, user *User) []*Badge {
	c.badges.take(user.ID, badge)
	return c.badges[user.ID]
}

// BadgesOf returns copies of a user's badges, one for each award.
func (c *Community) BadgesOf(userID string) ([]Badge, error) {
	user, err := c.Users.Numbered(userID)
	if err != nil {
		return nil, err
	}
	return c.Badges.copies(c.badges[user.ID]), nil
}
