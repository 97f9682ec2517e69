package calls

import (
	"context"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/application"
	"github.com/returningai/returningai-go/page"
	"github.com/returningai/returningai-go/value"
)

func applicationCalls() []Call {
	type (
		client    = returningai.Client
		user      = application.User
		history   = application.FieldHistory
		histories = application.ListHistoriesParams
	)
	return []Call{
		read(returningai.OperationApplicationUsersGet, func(ctx context.Context, c *client, k Known) (user, error) {
			return c.Application.Users.Get(ctx, k[UserObjectID], application.GetUserParams{})
		}, UserObjectID),
		read(returningai.OperationApplicationUsersGet+" chosen", func(ctx context.Context, c *client, k Known) (user, error) {
			return c.Application.Users.Get(ctx, k[UserObjectID], application.GetUserParams{Attributes: EveryAttribute()})
		}, UserObjectID),
		read(returningai.OperationApplicationCommunityUsersList, func(ctx context.Context, c *client, k Known) (page.Page[user], error) {
			return c.Application.CommunityUsers.List(ctx, application.ListCommunityUsersParams{CommunityID: k[CommunityID]})
		}, CommunityID),
		read(returningai.OperationApplicationCommunityUsersList+" full", func(ctx context.Context, c *client, k Known) (page.Page[user], error) {
			return c.Application.CommunityUsers.List(ctx, application.ListCommunityUsersParams{
				CommunityID: k[CommunityID], Page: 2, Limit: 5, Search: "a&b=c", Sort: "createdAt:desc",
			})
		}, CommunityID),
		read(returningai.OperationApplicationCommunityUsersList+" skip", func(ctx context.Context, c *client, k Known) (page.Page[user], error) {
			return c.Application.CommunityUsers.List(ctx, application.ListCommunityUsersParams{CommunityID: k[CommunityID], Skip: 10})
		}, CommunityID),
		read(returningai.OperationApplicationCommunityUsersGet, func(ctx context.Context, c *client, k Known) (user, error) {
			return c.Application.CommunityUsers.Get(ctx, k[UserObjectID], application.GetCommunityUserParams{CommunityID: k[CommunityID]})
		}, CommunityID, UserObjectID),
		read(returningai.OperationApplicationCommunityUsersGet+" chosen", func(ctx context.Context, c *client, k Known) (user, error) {
			return c.Application.CommunityUsers.Get(ctx, k[UserObjectID], application.GetCommunityUserParams{
				CommunityID: k[CommunityID], Attributes: EveryAttribute(),
			})
		}, CommunityID, UserObjectID),

		read(returningai.OperationApplicationUserFieldsList, func(ctx context.Context, c *client, k Known) ([]application.UserField, error) {
			return c.Application.UserFields.List(ctx, application.CommunityParams{CommunityID: k[CommunityID]})
		}, CommunityID),
		read(returningai.OperationApplicationUserFieldsGet, func(ctx context.Context, c *client, k Known) (application.UserField, error) {
			return c.Application.UserFields.Get(ctx, k[FieldID], application.CommunityParams{CommunityID: k[CommunityID]})
		}, CommunityID, FieldID),
		read(returningai.OperationApplicationUserFieldsCreate, func(ctx context.Context, c *client, k Known) (application.UserField, error) {
			return c.Application.UserFields.Create(ctx, application.CreateUserFieldParams{
				CommunityID: k[CommunityID], Field: "favourite  raid boss", Name: "Favourite raid boss", Type: application.UserFieldTypeSingleLineText,
			})
		}, CommunityID),
		read(returningai.OperationApplicationUserFieldsUpdate, func(ctx context.Context, c *client, k Known) (application.UserField, error) {
			return c.Application.UserFields.Update(ctx, k[FieldID], application.UpdateUserFieldParams{
				CommunityID: k[CommunityID], Name: "Character level", Type: application.UserFieldTypeNumber,
			})
		}, CommunityID, FieldID),
		send(returningai.OperationApplicationUserFieldsDelete, func(ctx context.Context, c *client, k Known) error {
			return c.Application.UserFields.Delete(ctx, k[UnusedFieldID], application.CommunityParams{CommunityID: k[CommunityID]})
		}, CommunityID, UnusedFieldID),

		read(returningai.OperationApplicationFieldHistoriesList, func(ctx context.Context, c *client, k Known) (page.Page[history], error) {
			return c.Application.FieldHistories.List(ctx, histories{CommunityID: k[CommunityID]})
		}, CommunityID),
		read(returningai.OperationApplicationFieldHistoriesList+" full", func(ctx context.Context, c *client, k Known) (page.Page[history], error) {
			return c.Application.FieldHistories.List(ctx, fullHistories(k))
		}, CommunityID),
		read(returningai.OperationApplicationFieldHistoriesList+" skip", func(ctx context.Context, c *client, k Known) (page.Page[history], error) {
			return c.Application.FieldHistories.List(ctx, skippedHistories(k))
		}, CommunityID),
		read(returningai.OperationApplicationFieldHistoriesListByField, func(ctx context.Context, c *client, k Known) (page.Page[history], error) {
			return c.Application.FieldHistories.ListByField(ctx, k[FieldID], fullHistories(k))
		}, CommunityID, FieldID),
		read(returningai.OperationApplicationFieldHistoriesListByField+" skip", func(ctx context.Context, c *client, k Known) (page.Page[history], error) {
			return c.Application.FieldHistories.ListByField(ctx, k[FieldID], skippedHistories(k))
		}, CommunityID, FieldID),
		read(returningai.OperationApplicationFieldHistoriesListByUser, func(ctx context.Context, c *client, k Known) (page.Page[history], error) {
			return c.Application.FieldHistories.ListByUser(ctx, k[UserObjectID], fullHistories(k))
		}, CommunityID, UserObjectID),
		read(returningai.OperationApplicationFieldHistoriesListByUser+" skip", func(ctx context.Context, c *client, k Known) (page.Page[history], error) {
			return c.Application.FieldHistories.ListByUser(ctx, k[UserObjectID], skippedHistories(k))
		}, CommunityID, UserObjectID),
		read(returningai.OperationApplicationFieldHistoriesListByFieldAndUser, func(ctx context.Context, c *client, k Known) (page.Page[history], error) {
			return c.Application.FieldHistories.ListByFieldAndUser(ctx, k[FieldID], k[UserObjectID], fullHistories(k))
		}, CommunityID, FieldID, UserObjectID),
		read(returningai.OperationApplicationFieldHistoriesListByFieldAndUser+" skip", func(ctx context.Context, c *client, k Known) (page.Page[history], error) {
			return c.Application.FieldHistories.ListByFieldAndUser(ctx, k[FieldID], k[UserObjectID], skippedHistories(k))
		}, CommunityID, FieldID, UserObjectID),
		read(returningai.OperationApplicationFieldHistoriesCreate, func(ctx context.Context, c *client, k Known) (history, error) {
			return c.Application.FieldHistories.Create(ctx, k[UserObjectID], application.CreateHistoryParams{
				CommunityID: k[CommunityID], FieldID: k[FieldID], Value: value.Int(42),
			})
		}, CommunityID, FieldID, UserObjectID),
		read(returningai.OperationApplicationFieldHistoriesCreate+" text", func(ctx context.Context, c *client, k Known) (history, error) {
			return c.Application.FieldHistories.Create(ctx, k[UserObjectID], application.CreateHistoryParams{
				CommunityID: k[CommunityID], FieldID: k[UnusedFieldID], Value: value.String(`"Ünïcode" <3 & more`),
			})
		}, CommunityID, UnusedFieldID, UserObjectID),
	}
}

// EveryAttribute holds every known attribute of a user.
func EveryAttribute() []application.UserAttribute {
	return []application.UserAttribute{
		application.UserAttributeID, application.UserAttributeUserID, application.UserAttributeAvatar, application.UserAttributeDisplayName,
		application.UserAttributeUsername, application.UserAttributeFirstName, application.UserAttributeLastName, application.UserAttributeEmail,
		application.UserAttributeIsOnline, application.UserAttributeLastLogin,
	}
}

func fullHistories(known Known) application.ListHistoriesParams {
	return application.ListHistoriesParams{CommunityID: known[CommunityID], Page: 1, Limit: 5, Sort: "createdAt:desc"}
}

func skippedHistories(known Known) application.ListHistoriesParams {
	return application.ListHistoriesParams{CommunityID: known[CommunityID], Skip: 10}
}
