// Package calls lists one call of every operation, through its real method and
// with plausible arguments. Tests that hold for all operations range over it.
package calls

import (
	"context"
	"maps"
	"strings"
	"time"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/application"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/page"
	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/system"
	"github.com/returningai/returningai-go/value"
)

// The ids that the calls use.
const (
	UserID      = "1102"                     // a user number
	ID          = "65a0c0de0000000000000001" // an object id of a user
	ChannelID   = "65a0c0de0000000000000004"
	CommunityID = "65a0c0de00000000000000cc"
	resourceID  = "65a0c0de0000000000000009"
	email       = "player@example.com"
)

// Call performs one operation and discards its result.
type Call func(ctx context.Context, client *returningai.Client) error

// ByOperation returns a call for every operation, by the operation's id.
func ByOperation() map[string]Call {
	all := map[string]Call{}
	for _, family := range []map[string]Call{systemCalls, integrationCalls, applicationCalls} {
		maps.Copy(all, family)
	}
	return all
}

// result makes a call of a method that returns a result.
func result[T any](method func(ctx context.Context, c *returningai.Client) (T, error)) Call {
	return func(ctx context.Context, c *returningai.Client) error {
		_, err := method(ctx, c)
		return err
	}
}

var systemCalls = map[string]Call{
	"system.auth.secureAuth": result(func(ctx context.Context, c *returningai.Client) (system.SecureLogin, error) {
		return c.System.Auth.SecureLogin(ctx, system.SecureLoginParams{
			Username: "player", AccessLevel: "1", Email: email, FirstName: "Play", LastName: "Er", DisplayName: "Player",
		})
	}),
	"system.auth.register": result(func(ctx context.Context, c *returningai.Client) (system.User, error) {
		return c.System.Auth.Register(ctx, system.RegisterParams{
			Email: email, Password: secret.New("correct horse!"), Username: "player",
			FirstName: "Play", LastName: "Er", DisplayName: "Player",
		})
	}),
	"system.auth.verifyEmail": func(ctx context.Context, c *returningai.Client) error {
		return c.System.Auth.VerifyEmail(ctx, system.VerifyEmailParams{Email: email, Code: secret.New("418293")})
	},
	"system.auth.login": result(func(ctx context.Context, c *returningai.Client) (system.Login, error) {
		return c.System.Auth.Login(ctx, system.LoginParams{Email: email, Password: secret.New("correct horse!")})
	}),
	"system.servers.create": result(func(ctx context.Context, c *returningai.Client) (system.Server, error) {
		return c.System.Servers.Create(ctx, system.CreateServerParams{
			Name: "Main", Description: "Where everyone meets", Image: "https://cdn.example/server.png",
		})
	}),
	"system.servers.list": result(func(ctx context.Context, c *returningai.Client) ([]system.Server, error) {
		return c.System.Servers.List(ctx)
	}),
	"system.servers.update": result(func(ctx context.Context, c *returningai.Client) (system.Server, error) {
		return c.System.Servers.Update(ctx, resourceID, system.UpdateServerParams{Name: new("Renamed")})
	}),
	"system.servers.listRoles": result(func(ctx context.Context, c *returningai.Client) ([]system.Role, error) {
		return c.System.Servers.ListRoles(ctx, resourceID)
	}),
	"system.servers.listChannels": result(func(ctx context.Context, c *returningai.Client) ([]system.Channel, error) {
		return c.System.Servers.ListChannels(ctx, resourceID)
	}),
	"system.channels.list": result(func(ctx context.Context, c *returningai.Client) ([]system.Channel, error) {
		return c.System.Channels.List(ctx)
	}),
	"system.channels.create": result(func(ctx context.Context, c *returningai.Client) (system.Channel, error) {
		return c.System.Channels.Create(ctx, system.ChannelParams{Topic: "raids", Type: system.ChannelTypeOpen})
	}),
	"system.channels.update": result(func(ctx context.Context, c *returningai.Client) (system.Channel, error) {
		return c.System.Channels.Update(ctx, ChannelID, system.ChannelParams{Topic: "raids", Type: system.ChannelTypeForum})
	}),
	"system.channels.delete": func(ctx context.Context, c *returningai.Client) error {
		return c.System.Channels.Delete(ctx, ChannelID)
	},
	"system.roles.create": result(func(ctx context.Context, c *returningai.Client) (system.Role, error) {
		return c.System.Roles.Create(ctx, moderator)
	}),
	"system.roles.update": result(func(ctx context.Context, c *returningai.Client) (system.Role, error) {
		return c.System.Roles.Update(ctx, resourceID, moderator)
	}),
	"system.roles.delete": func(ctx context.Context, c *returningai.Client) error {
		return c.System.Roles.Delete(ctx, resourceID)
	},
	"system.roles.addToUser": result(func(ctx context.Context, c *returningai.Client) ([]system.Role, error) {
		return c.System.Roles.AddToUser(ctx, resourceID, UserID)
	}),
	"system.roles.removeFromUser": result(func(ctx context.Context, c *returningai.Client) ([]system.Role, error) {
		return c.System.Roles.RemoveFromUser(ctx, resourceID, UserID)
	}),
	"system.roles.listOfUser": result(func(ctx context.Context, c *returningai.Client) ([]system.Role, error) {
		return c.System.Roles.ListByUser(ctx, UserID)
	}),
	"system.badges.list": result(func(ctx context.Context, c *returningai.Client) ([]system.Badge, error) {
		return c.System.Badges.List(ctx)
	}),
	"system.badges.create": result(func(ctx context.Context, c *returningai.Client) (system.Badge, error) {
		return c.System.Badges.Create(ctx, winner)
	}),
	"system.badges.update": result(func(ctx context.Context, c *returningai.Client) (system.Badge, error) {
		return c.System.Badges.Update(ctx, resourceID, winner)
	}),
	"system.badges.delete": func(ctx context.Context, c *returningai.Client) error {
		return c.System.Badges.Delete(ctx, resourceID)
	},
	"system.badges.award": result(func(ctx context.Context, c *returningai.Client) ([]system.Badge, error) {
		return c.System.Badges.Award(ctx, resourceID, UserID)
	}),
	"system.badges.remove": result(func(ctx context.Context, c *returningai.Client) ([]system.Badge, error) {
		return c.System.Badges.Remove(ctx, resourceID, UserID)
	}),
}

var (
	moderator = system.RoleParams{Class: "red", Title: "Moderator", Order: 2}
	winner    = system.BadgeParams{Title: "Winner", Action: "custom", Quantity: new(1)}
)

var integrationCalls = map[string]Call{
	"integration.channels.list": result(func(ctx context.Context, c *returningai.Client) ([]integration.Channel, error) {
		return c.Integration.Channels.List(ctx)
	}),
	"integration.messages.send": func(ctx context.Context, c *returningai.Client) error {
		return c.Integration.Messages.Send(ctx, integration.SendMessageParams{ChannelID: ChannelID, Message: "gg", Sender: "bot"})
	},
	"integration.messages.reply": func(ctx context.Context, c *returningai.Client) error {
		return c.Integration.Messages.Reply(ctx, integration.ReplyParams{MessageID: resourceID, Message: "well played", Sender: "bot"})
	},
	"integration.messages.react": func(ctx context.Context, c *returningai.Client) error {
		return c.Integration.Messages.React(ctx, integration.ReactParams{MessageID: resourceID, Emoji: ":heart:", Sender: "bot"})
	},
	"integration.users.create": result(func(ctx context.Context, c *returningai.Client) (integration.User, error) {
		return c.Integration.Users.Create(ctx, integration.CreateUserParams{
			FirstName: "Play", LastName: "Er", Username: "player", DisplayName: "Player", Email: email, AccessLevel: 1,
			Password: secret.New("correct horse!"), ConfirmPassword: secret.New("correct horse!"),
		})
	}),
	"integration.users.info": result(func(ctx context.Context, c *returningai.Client) (integration.User, error) {
		return c.Integration.Users.Get(ctx, email)
	}),
	"integration.users.filter": result(func(ctx context.Context, c *returningai.Client) (page.Page[integration.UserRow], error) {
		return c.Integration.Users.List(ctx, integration.UserFilter{Fields: []integration.Column{integration.ColumnEmail}})
	}),
	"integration.users.manage": func(ctx context.Context, c *returningai.Client) error {
		return c.Integration.Users.Delete(ctx, "player")
	},
	"integration.users.gamificationHistory": result(func(ctx context.Context, c *returningai.Client) (page.Page[integration.Earnings], error) {
		return c.Integration.Users.GamificationHistory(ctx, integration.GamificationHistoryParams{
			Identifiers: []string{email}, IdentifierType: integration.IdentifierTypeEmail,
			Date: integration.DateOf(time.Date(2026, time.November, 25, 0, 0, 0, 0, time.UTC)),
		})
	}),
	"integration.users.gamificationHistoryOfUser": result(func(ctx context.Context, c *returningai.Client) (integration.LegacyGamificationHistory, error) {
		return c.Integration.Users.LegacyGamificationHistory(ctx, integration.UserActivityParams{
			Identifier: email, IdentifierType: integration.IdentifierTypeEmail, Days: 7,
		})
	}),
	"integration.users.gamificationStats": result(func(ctx context.Context, c *returningai.Client) (integration.GamificationStats, error) {
		return c.Integration.Users.GamificationStats(ctx, integration.UserActivityParams{
			Identifier: email, IdentifierType: integration.IdentifierTypeEmail, Days: 7,
		})
	}),
	"integration.users.bulkImport": result(func(ctx context.Context, c *returningai.Client) (integration.QueuedJob, error) {
		return c.Integration.Users.BulkImport(ctx, integration.BulkImportParams{
			CommunityID: CommunityID, CSV: strings.NewReader("email,username\nplayer@example.com,player\n"),
		})
	}),
	"integration.users.bulkUpdate": result(func(ctx context.Context, c *returningai.Client) (integration.QueuedJob, error) {
		return c.Integration.Users.BulkUpdate(ctx, integration.BulkUpdateParams{
			CSV: strings.NewReader("email,xp_op,xp\nplayer@example.com,add,5\n"),
		})
	}),
	"integration.apiKeys.list": result(func(ctx context.Context, c *returningai.Client) ([]integration.APIKey, error) {
		return c.Integration.APIKeys.List(ctx, ID)
	}),
	"integration.apiKeys.create": result(func(ctx context.Context, c *returningai.Client) (integration.APIKey, error) {
		return c.Integration.APIKeys.Create(ctx, ID, integration.CreateAPIKeyParams{
			CommunityID: CommunityID, Name: "bot", Permissions: []integration.Permission{integration.PermissionSendMessage},
			Expiry: integration.ExpiresInDays(30),
		})
	}),
	"integration.apiKeys.update": result(func(ctx context.Context, c *returningai.Client) (integration.APIKey, error) {
		return c.Integration.APIKeys.Update(ctx, ID, resourceID, integration.UpdateAPIKeyParams{
			Name: "bot", Permissions: []integration.Permission{integration.PermissionSendMessage}, Expiry: integration.NeverExpires(), IsActive: new(true),
		})
	}),
	"integration.apiKeys.delete": func(ctx context.Context, c *returningai.Client) error {
		return c.Integration.APIKeys.Delete(ctx, ID, resourceID)
	},
	"integration.apiKeys.info": result(func(ctx context.Context, c *returningai.Client) (integration.APIKey, error) {
		return c.Integration.APIKeys.Get(ctx, ID, resourceID)
	}),
}

var (
	community = application.CommunityParams{CommunityID: CommunityID}
	histories = application.ListHistoriesParams{CommunityID: CommunityID}
)

var applicationCalls = map[string]Call{
	"application.users.get": result(func(ctx context.Context, c *returningai.Client) (application.User, error) {
		return c.Application.Users.Get(ctx, ID, application.GetUserParams{})
	}),
	"application.communityUsers.get": result(func(ctx context.Context, c *returningai.Client) (application.User, error) {
		return c.Application.CommunityUsers.Get(ctx, ID, application.GetCommunityUserParams{CommunityID: CommunityID})
	}),
	"application.communityUsers.list": result(func(ctx context.Context, c *returningai.Client) (page.Page[application.User], error) {
		return c.Application.CommunityUsers.List(ctx, application.ListCommunityUsersParams{CommunityID: CommunityID})
	}),
	"application.userFields.list": result(func(ctx context.Context, c *returningai.Client) ([]application.UserField, error) {
		return c.Application.UserFields.List(ctx, community)
	}),
	"application.userFields.get": result(func(ctx context.Context, c *returningai.Client) (application.UserField, error) {
		return c.Application.UserFields.Get(ctx, resourceID, community)
	}),
	"application.userFields.create": result(func(ctx context.Context, c *returningai.Client) (application.UserField, error) {
		return c.Application.UserFields.Create(ctx, application.CreateUserFieldParams{
			CommunityID: CommunityID, Field: "game", Name: "Game", Type: application.UserFieldTypeSingleLineText,
		})
	}),
	"application.userFields.update": result(func(ctx context.Context, c *returningai.Client) (application.UserField, error) {
		return c.Application.UserFields.Update(ctx, resourceID, application.UpdateUserFieldParams{
			CommunityID: CommunityID, Name: "Game", Type: application.UserFieldTypeMultiLineText,
		})
	}),
	"application.userFields.delete": func(ctx context.Context, c *returningai.Client) error {
		return c.Application.UserFields.Delete(ctx, resourceID, community)
	},
	"application.fieldHistories.list": result(func(ctx context.Context, c *returningai.Client) (page.Page[application.FieldHistory], error) {
		return c.Application.FieldHistories.List(ctx, histories)
	}),
	"application.fieldHistories.listByField": result(func(ctx context.Context, c *returningai.Client) (page.Page[application.FieldHistory], error) {
		return c.Application.FieldHistories.ListByField(ctx, resourceID, histories)
	}),
	"application.fieldHistories.listByUser": result(func(ctx context.Context, c *returningai.Client) (page.Page[application.FieldHistory], error) {
		return c.Application.FieldHistories.ListByUser(ctx, ID, histories)
	}),
	"application.fieldHistories.listByFieldAndUser": result(func(ctx context.Context, c *returningai.Client) (page.Page[application.FieldHistory], error) {
		return c.Application.FieldHistories.ListByFieldAndUser(ctx, resourceID, ID, histories)
	}),
	"application.fieldHistories.create": result(func(ctx context.Context, c *returningai.Client) (application.FieldHistory, error) {
		return c.Application.FieldHistories.Create(ctx, ID, application.CreateHistoryParams{
			CommunityID: CommunityID, FieldID: resourceID, Value: value.String("chess"),
		})
	}),
}
