package calls

import (
	"context"
	"strings"
	"time"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/page"
	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/value"
)

func integrationCalls() []Call {
	type client = returningai.Client
	return []Call{
		read(returningai.OperationIntegrationChannelsList, func(ctx context.Context, c *client, _ Known) ([]integration.Channel, error) {
			return c.Integration.Channels.List(ctx)
		}),
		send(returningai.OperationIntegrationMessagesSend, func(ctx context.Context, c *client, k Known) error {
			return c.Integration.Messages.Send(ctx, integration.SendMessageParams{
				ChannelID: k[ChannelID], Message: "gg <3 – ünïcode", Sender: k[Username], ForumTopicID: "topic-1",
			})
		}, ChannelID, Username),
		send(returningai.OperationIntegrationMessagesReply, func(ctx context.Context, c *client, k Known) error {
			return c.Integration.Messages.Reply(ctx, integration.ReplyParams{MessageID: k[MessageID], Message: "well played", Sender: k[Username]})
		}, MessageID, Username),
		send(returningai.OperationIntegrationMessagesReact, func(ctx context.Context, c *client, k Known) error {
			return c.Integration.Messages.React(ctx, integration.ReactParams{MessageID: k[MessageID], Emoji: ":sparkling_heart:", Sender: k[Username]})
		}, MessageID, Username),

		read(returningai.OperationIntegrationUsersCreate, func(ctx context.Context, c *client, _ Known) (integration.User, error) {
			return c.Integration.Users.Create(ctx, FullUser())
		}),
		read(returningai.OperationIntegrationUsersCreate+" single-sign-on", func(ctx context.Context, c *client, _ Known) (integration.User, error) {
			return c.Integration.Users.Create(ctx, integration.CreateUserParams{
				FirstName: "Grace", LastName: "Hopper", Username: "grace", DisplayName: "Grace", Email: "grace@example.com", JoinServer: true,
			})
		}),
		read(returningai.OperationIntegrationUsersGet, func(ctx context.Context, c *client, k Known) (integration.User, error) {
			return c.Integration.Users.Get(ctx, k[Email])
		}, Email),
		read(returningai.OperationIntegrationUsersGet+" by-id", func(ctx context.Context, c *client, k Known) (integration.User, error) {
			return c.Integration.Users.Get(ctx, k[UserID])
		}, UserID),
		read(returningai.OperationIntegrationUsersList, func(ctx context.Context, c *client, _ Known) (page.Page[integration.UserRow], error) {
			return c.Integration.Users.List(ctx, integration.UserFilter{Fields: []integration.Column{integration.ColumnXP}, Page: 1})
		}),
		read(returningai.OperationIntegrationUsersList+" conditions", func(ctx context.Context, c *client, _ Known) (page.Page[integration.UserRow], error) {
			return c.Integration.Users.List(ctx, everyCondition())
		}),
		send(returningai.OperationIntegrationUsersManage, func(ctx context.Context, c *client, k Known) error {
			return c.Integration.Users.Manage(ctx, integration.ManageUserParams{Action: integration.UserActionDelete, Username: k[Username]})
		}, Username),
		read(returningai.OperationIntegrationUsersGamificationHistory, func(ctx context.Context, c *client, k Known) (page.Page[integration.Earnings], error) {
			return c.Integration.Users.GamificationHistory(ctx, integration.GamificationHistoryParams{
				Identifiers: []string{k[Email]}, IdentifierType: integration.IdentifierTypeEmail, Date: day(k), Page: 1, Limit: 50,
			})
		}, Email, Day),
		read(returningai.OperationIntegrationUsersGamificationHistory+" first-page", func(ctx context.Context, c *client, k Known) (page.Page[integration.Earnings], error) {
			return c.Integration.Users.GamificationHistory(ctx, integration.GamificationHistoryParams{
				Identifiers: []string{k[Email], "bot@example.com"}, IdentifierType: integration.IdentifierTypeEmail, Date: day(k),
			})
		}, Email, Day),
		read(returningai.OperationIntegrationUsersLegacyGamificationHistory, func(ctx context.Context, c *client, k Known) (integration.LegacyGamificationHistory, error) {
			return c.Integration.Users.LegacyGamificationHistory(ctx, week(k))
		}, Email),
		read(returningai.OperationIntegrationUsersGamificationStats, func(ctx context.Context, c *client, k Known) (integration.GamificationStats, error) {
			return c.Integration.Users.GamificationStats(ctx, week(k))
		}, Email),
		read(returningai.OperationIntegrationUsersBulkImport, func(ctx context.Context, c *client, k Known) (integration.QueuedJob, error) {
			return c.Integration.Users.BulkImport(ctx, integration.BulkImportParams{CommunityID: k[CommunityID], CSV: strings.NewReader(usersFile)})
		}, CommunityID),
		read(returningai.OperationIntegrationUsersBulkUpdate, func(ctx context.Context, c *client, _ Known) (integration.QueuedJob, error) {
			return c.Integration.Users.BulkUpdate(ctx, integration.BulkUpdateParams{CSV: strings.NewReader(usersFile)})
		}),
		read(returningai.OperationIntegrationUsersBulkUpdate+" named", func(ctx context.Context, c *client, _ Known) (integration.QueuedJob, error) {
			return c.Integration.Users.BulkUpdate(ctx, integration.BulkUpdateParams{CSV: strings.NewReader("email\na@example.com\n"), FileName: `night "1".csv`})
		}),

		read(returningai.OperationIntegrationAPIKeysList, func(ctx context.Context, c *client, k Known) ([]integration.APIKey, error) {
			return c.Integration.APIKeys.List(ctx, k[UserObjectID])
		}, UserObjectID),
		read(returningai.OperationIntegrationAPIKeysGet, func(ctx context.Context, c *client, k Known) (integration.APIKey, error) {
			return c.Integration.APIKeys.Get(ctx, k[UserObjectID], k[APIKeyID])
		}, UserObjectID, APIKeyID),
		read(returningai.OperationIntegrationAPIKeysCreate, func(ctx context.Context, c *client, k Known) (integration.APIKey, error) {
			return c.Integration.APIKeys.Create(ctx, k[UserObjectID], integration.CreateAPIKeyParams{
				CommunityID: k[CommunityID], Name: "ci <bot>",
				Permissions: []integration.Permission{integration.PermissionSendMessages, "brandNew"}, Expiry: integration.ExpiresInDays(30),
			})
		}, UserObjectID, CommunityID),
		read(returningai.OperationIntegrationAPIKeysUpdate, func(ctx context.Context, c *client, k Known) (integration.APIKey, error) {
			return c.Integration.APIKeys.Update(ctx, k[UserObjectID], k[APIKeyID], integration.UpdateAPIKeyParams{
				Name: "ci", Permissions: []integration.Permission{integration.PermissionReadOwnProfile},
				Expiry: integration.NeverExpires(), IsActive: new(false),
			})
		}, UserObjectID, APIKeyID),
		send(returningai.OperationIntegrationAPIKeysDelete, func(ctx context.Context, c *client, k Known) error {
			return c.Integration.APIKeys.Delete(ctx, k[UserObjectID], k[APIKeyID])
		}, UserObjectID, APIKeyID),
	}
}

const usersFile = "email,xp_op,xp,tier\nbot@example.com,add,5,gold\nplayer-one@example.com,overwrite,7,\"silver, 2\"\n"

func week(known Known) integration.UserActivityParams {
	return integration.UserActivityParams{Identifier: known[Email], IdentifierType: integration.IdentifierTypeEmail, Days: 7}
}

// day is the zero Date if the day is not known, which the call then refuses.
func day(known Known) integration.Date {
	at, err := time.Parse(time.DateOnly, known[Day])
	if err != nil {
		return integration.Date{}
	}
	return integration.DateOf(at)
}

// FullUser has every field set.
func FullUser() integration.CreateUserParams {
	return integration.CreateUserParams{
		FirstName: "Ada", LastName: "Løvelace", Username: "ada", DisplayName: "Ada <3", Email: "ada@example.com",
		AccessLevel: 2, JoinServer: true, EmailPassword: true, SendEmail: true,
		Password: secret.New("Tr0ub4dor&3"), ConfirmPassword: secret.New("Tr0ub4dor&3"),
		EmailTemplate: "0", Referral: "spring", ExternalID: "crm-7",
		CustomFields: []integration.CustomFieldValue{
			{Field: "favourite_game", Value: value.String("chess")},
			{Field: "level", Value: value.Int(12)},
			{Field: "vip", Value: value.Bool(true)},
			{Field: "birthday", Value: integration.NewDate(1815, time.December, 10).Value()},
		},
	}
}

func everyCondition() integration.UserFilter {
	return integration.UserFilter{
		Fields: []integration.Column{integration.ColumnEmail, "favourite_game"},
		Filter: []integration.Condition{
			integration.Equal("favourite_game", "chess"),
			integration.Equal("vip", true),
			integration.Equal(integration.ColumnCoins, int64(9007199254740993)),
			integration.AtLeast(integration.ColumnXP, 10), integration.AtMost(integration.ColumnXP, 99.5),
			integration.AtMost(integration.ColumnJoinDate, integration.NewDate(2026, time.January, 31)),
			integration.Between("last_seen", time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC), time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)),
		},
	}
}
