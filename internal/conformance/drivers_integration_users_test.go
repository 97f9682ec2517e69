package conformance_test

import (
	"context"
	"github.com/returningai/returningai-go/page"
	"github.com/returningai/returningai-go/value"
	"time"

	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/secret"
)

var usersDrivers = map[string]driver{
	"integration.users.create": read(func(ctx context.Context, c *community) (integration.User, error) {
		return c.Integration.Users.Create(ctx, integration.CreateUserParams{
			FirstName: "New", LastName: "Comer", Username: "newcomer", DisplayName: "New Comer", Email: "newcomer@example.com",
			AccessLevel: 1, JoinServer: true, EmailPassword: true, SendEmail: true,
			Password: secret.New("correct horse!"), ConfirmPassword: secret.New("correct horse!"), EmailTemplate: "0",
			CustomFields: []integration.CustomFieldValue{{Field: "level", Value: value.Int(7)}}, Referral: "friend", ExternalID: "x-1",
		})
	}),
	"integration.users.info": read(func(ctx context.Context, c *community) (integration.User, error) {
		return c.Integration.Users.Get(ctx, c.busy().Email)
	}),
	"integration.users.filter": read(func(ctx context.Context, c *community) (page.Page[integration.UserRow], error) {
		c.busy()
		for number := range 200 { // one more than a page holds
			c.fake.AddUser(returningaitest.User{Username: "extra-" + time.Unix(int64(number), 0).UTC().Format("150405"), XP: 500})
		}
		filter := integration.UserFilter{
			Fields: []integration.Column{integration.ColumnEmail, integration.ColumnXP},
			Filter: []integration.Condition{integration.Between(integration.ColumnXP, 1, 5000)},
		}
		page, err := c.Integration.Users.List(ctx, filter)
		if err != nil {
			return page, err
		}
		filter.Cursor = page.NextCursor
		if page, err = c.Integration.Users.List(ctx, filter); err != nil {
			return page, err
		}
		filter.Cursor, filter.Page = "", 1
		return c.Integration.Users.List(ctx, filter)
	}),
	"integration.users.manage": send(func(ctx context.Context, c *community) error {
		return c.Integration.Users.Delete(ctx, c.busy().Username)
	}),
	"integration.users.gamificationHistory": read(func(ctx context.Context, c *community) (page.Page[integration.Earnings], error) {
		return c.Integration.Users.GamificationHistory(ctx, integration.GamificationHistoryParams{
			Identifiers: []string{c.busy().Email}, IdentifierType: integration.IdentifierTypeEmail,
			Date: integration.DateOf(time.Now().UTC()), Page: 1, Limit: 10,
		})
	}),
	"integration.users.gamificationHistoryOfUser": read(func(ctx context.Context, c *community) (integration.LegacyGamificationHistory, error) {
		return c.Integration.Users.LegacyGamificationHistory(ctx, integration.UserActivityParams{
			Identifier: c.busy().Email, IdentifierType: integration.IdentifierTypeEmail, Days: 7,
		})
	}),
	"integration.users.gamificationStats": read(func(ctx context.Context, c *community) (integration.GamificationStats, error) {
		return c.Integration.Users.GamificationStats(ctx, integration.UserActivityParams{
			Identifier: c.busy().Email, IdentifierType: integration.IdentifierTypeEmail, Days: 7,
		})
	}),
}

// busy adds a user who has and did everything.
func (c *community) busy() returningaitest.User {
	user := c.fake.AddUser(returningaitest.User{
		Username: "busy", Email: "busy@example.com", DisplayName: "Busy", FirstName: "Bu", LastName: "Sy",
		XP: 1200, Coins: 35, Roles: []string{"Moderator", "Member"}, Language: "en", VisitCount: 3, LoginStreak: 2,
		TimeSpent: 540, CustomFields: map[string]any{"level": 7},
	})
	c.fake.AddActivity(user.Username, returningaitest.Activity{
		Day: time.Now(), Coins: 5, XP: 20, Messages: 4, Replies: 3, Reactions: 2, Socials: 1,
	})
	return user
}
