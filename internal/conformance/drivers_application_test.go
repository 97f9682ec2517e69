package conformance_test

import (
	"context"
	"encoding/json"
	"github.com/returningai/returningai-go/page"
	"github.com/returningai/returningai-go/value"
	"time"

	"github.com/returningai/returningai-go/application"
	"github.com/returningai/returningai-go/returningaitest"
)

var applicationDrivers = map[string]driver{
	"application.users.get": read(func(ctx context.Context, c *community) (application.User, error) {
		return c.Application.Users.Get(ctx, c.active(), application.GetUserParams{Attributes: everyAttribute})
	}),
	"application.communityUsers.get": read(func(ctx context.Context, c *community) (application.User, error) {
		return c.Application.CommunityUsers.Get(ctx, c.active(), application.GetCommunityUserParams{
			CommunityID: c.fake.CommunityID(), Attributes: everyAttribute,
		})
	}),
	"application.communityUsers.list": read(func(ctx context.Context, c *community) (page.Page[application.User], error) {
		params := application.ListCommunityUsersParams{
			CommunityID: c.fake.CommunityID(), Page: 1, Limit: 2, Search: "player", Sort: "createdAt:desc",
		}
		page, err := c.Application.CommunityUsers.List(ctx, params)
		if err != nil {
			return page, err
		}
		params.Page, params.Skip = 0, 1
		return c.Application.CommunityUsers.List(ctx, params)
	}),

	"application.userFields.list": read(func(ctx context.Context, c *community) ([]application.UserField, error) {
		c.field()
		return c.Application.UserFields.List(ctx, application.CommunityParams{CommunityID: c.fake.CommunityID()})
	}),
	"application.userFields.get": read(func(ctx context.Context, c *community) (application.UserField, error) {
		return c.Application.UserFields.Get(ctx, c.field(), application.CommunityParams{CommunityID: c.fake.CommunityID()})
	}),
	"application.userFields.create": read(func(ctx context.Context, c *community) (application.UserField, error) {
		return c.Application.UserFields.Create(ctx, application.CreateUserFieldParams{
			CommunityID: c.fake.CommunityID(), Field: "favourite game", Name: "Favourite game", Type: application.UserFieldTypeSingleLineText,
		})
	}),
	"application.userFields.update": read(func(ctx context.Context, c *community) (application.UserField, error) {
		return c.Application.UserFields.Update(ctx, c.field(), application.UpdateUserFieldParams{
			CommunityID: c.fake.CommunityID(), Name: "Best game", Type: application.UserFieldTypeMultiLineText,
		})
	}),
	"application.userFields.delete": send(func(ctx context.Context, c *community) error {
		return c.Application.UserFields.Delete(ctx, c.field(), application.CommunityParams{CommunityID: c.fake.CommunityID()})
	}),

	"application.fieldHistories.list": histories(func(ctx context.Context, c *community, _, _ string, params application.ListHistoriesParams) (page.Page[application.FieldHistory], error) {
		return c.Application.FieldHistories.List(ctx, params)
	}),
	"application.fieldHistories.listByField": histories(func(ctx context.Context, c *community, field, _ string, params application.ListHistoriesParams) (page.Page[application.FieldHistory], error) {
		return c.Application.FieldHistories.ListByField(ctx, field, params)
	}),
	"application.fieldHistories.listByUser": histories(func(ctx context.Context, c *community, _, user string, params application.ListHistoriesParams) (page.Page[application.FieldHistory], error) {
		return c.Application.FieldHistories.ListByUser(ctx, user, params)
	}),
	"application.fieldHistories.listByFieldAndUser": histories(func(ctx context.Context, c *community, field, user string, params application.ListHistoriesParams) (page.Page[application.FieldHistory], error) {
		return c.Application.FieldHistories.ListByFieldAndUser(ctx, field, user, params)
	}),
	"application.fieldHistories.create": read(func(ctx context.Context, c *community) (application.FieldHistory, error) {
		field := c.field()
		c.fake.AddFieldHistory(field, c.player().ID, json.RawMessage(`"go"`))
		return c.Application.FieldHistories.Create(ctx, c.player().ID, application.CreateHistoryParams{
			CommunityID: c.fake.CommunityID(), FieldID: field, Value: value.String("chess"),
		})
	}),
}

var everyAttribute = []application.UserAttribute{
	application.UserAttributeID, application.UserAttributeUserID, application.UserAttributeAvatar,
	application.UserAttributeDisplayName, application.UserAttributeUsername, application.UserAttributeFirstName,
	application.UserAttributeLastName, application.UserAttributeEmail, application.UserAttributeIsOnline, application.UserAttributeLastLogin,
}

// active returns the id of a user who has everything that users can have.
func (c *community) active() string {
	return c.fake.AddUser(returningaitest.User{
		Username: "active", Email: "active@example.com", DisplayName: "Active", FirstName: "Act", LastName: "Ive",
		Avatar: "https://cdn.example/avatar.png", IsOnline: true, LastLogin: time.Now(),
	}).ID
}

func (c *community) field() string {
	return c.fake.AddUserField(returningaitest.UserField{Field: "favourite-game", Name: "Favourite game"}).ID
}

// changed returns the id of a field whose value for the player changed.
func (c *community) changed() string {
	field := c.field()
	for _, value := range []string{`"go"`, `"chess"`} {
		c.fake.AddFieldHistory(field, c.player().ID, json.RawMessage(value))
	}
	return field
}

// histories makes a driver of a list of histories: by page and by place.
func histories(list func(ctx context.Context, c *community, field, user string, params application.ListHistoriesParams) (page.Page[application.FieldHistory], error)) driver {
	return read(func(ctx context.Context, c *community) (page.Page[application.FieldHistory], error) {
		field, user := c.changed(), c.player().ID
		params := application.ListHistoriesParams{CommunityID: c.fake.CommunityID(), Page: 1, Limit: 2, Sort: "createdAt:asc"}
		page, err := list(ctx, c, field, user, params)
		if err != nil {
			return page, err
		}
		params.Page, params.Skip = 0, 1
		return list(ctx, c, field, user, params)
	})
}
