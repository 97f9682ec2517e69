package community

import "time"

// Activity is a user's activity and earnings on a day.
type Activity struct {
	Day       time.Time `json:"day"` // any time of the day, in UTC
	Coins     float64   `json:"coins,omitzero"`
	XP        float64   `json:"xp,omitzero"`
	Messages  int       `json:"messages,omitzero"`
	Replies   int       `json:"replies,omitzero"`
	Reactions int       `json:"reactions,omitzero"`
	Socials   int       `json:"socials,omitzero"`
}

// Plus returns the sum of two activities.
func (a Activity) Plus(more Activity) Activity {
	return Activity{
		Day: more.Day, Coins: a.Coins + more.Coins, XP: a.XP + more.XP,
		Messages: a.Messages + more.Messages, Replies: a.Replies + more.Replies,
		Reactions: a.Reactions + more.Reactions, Socials: a.Socials + more.Socials,
	}
}

// ActivityOn returns what the user with an ID did on a day.
func (c *Community) ActivityOn(id string, day time.Time) Activity {
	return c.activities[id][day.UTC().Format(time.DateOnly)]
}

// AddActivity adds to what a user did on a day. The user's own XP and Coins
// stay as they are.
func (c *Community) AddActivity(usernameOrEmail string, more Activity) error {
	user, err := c.named(usernameOrEmail)
	if err != nil {
		return err
	}
	if c.activities[user.ID] == nil {
		c.activities[user.ID] = map[string]Activity{}
	}
	c.activities[user.ID][more.Day.UTC().Format(time.DateOnly)] = c.ActivityOn(user.ID, more.Day).Plus(more)
	return nil
}
