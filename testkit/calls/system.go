package calls

import (
	"context"
	"encoding/json"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/system"
)

func systemCalls() []Call {
	type client = returningai.Client
	return []Call{
		read(returningai.OperationSystemAuthSecureLogin, func(ctx context.Context, c *client, k Known) (system.SecureLogin, error) {
			return c.System.Auth.SecureLogin(ctx, system.SecureLoginParams{Username: k[Username], AccessLevel: "2"})
		}, Username),
		read(returningai.OperationSystemAuthSecureLogin+" new-user", func(ctx context.Context, c *client, _ Known) (system.SecureLogin, error) {
			return c.System.Auth.SecureLogin(ctx, system.SecureLoginParams{
				Username: "new & shiny", Email: "new+1@example.com", FirstName: "Zoë", LastName: "O'Neil", DisplayName: "zoë/n",
			})
		}),
		read(returningai.OperationSystemAuthRegister, func(ctx context.Context, c *client, _ Known) (system.User, error) {
			return c.System.Auth.Register(ctx, system.RegisterParams{
				Email: "grace@example.com", Password: secret.New("h0pper+1"), Username: "grace",
				FirstName: "Grace", LastName: "Hopper", DisplayName: "Amazing Grace",
			})
		}),
		read(returningai.OperationSystemAuthRegister+" least", func(ctx context.Context, c *client, _ Known) (system.User, error) {
			return c.System.Auth.Register(ctx, system.RegisterParams{Email: "l@example.com", Password: secret.New("l3ast!"), Username: "least"})
		}),
		send(returningai.OperationSystemAuthVerifyEmail, func(ctx context.Context, c *client, k Known) error {
			return c.System.Auth.VerifyEmail(ctx, system.VerifyEmailParams{Email: k[Email], Code: secret.New(k[Code])})
		}, Email, Code),
		read(returningai.OperationSystemAuthLogin, func(ctx context.Context, c *client, k Known) (system.Login, error) {
			return c.System.Auth.Login(ctx, system.LoginParams{Email: k[Email], Password: secret.New(k[Password])})
		}, Email, Password),

		read(returningai.OperationSystemServersList, func(ctx context.Context, c *client, _ Known) ([]system.Server, error) {
			return c.System.Servers.List(ctx)
		}),
		read(returningai.OperationSystemServersCreate, func(ctx context.Context, c *client, _ Known) (system.Server, error) {
			return c.System.Servers.Create(ctx, system.CreateServerParams{
				Name: "Annexe", Description: "More room", Image: "https://example.com/annexe.png",
			})
		}),
		read(returningai.OperationSystemServersCreate+" name-only", func(ctx context.Context, c *client, _ Known) (system.Server, error) {
			return c.System.Servers.Create(ctx, system.CreateServerParams{Name: "Annexe"})
		}),
		read(returningai.OperationSystemServersUpdate, func(ctx context.Context, c *client, k Known) (system.Server, error) {
			return c.System.Servers.Update(ctx, k[ServerID], system.UpdateServerParams{
				Name: new("Colosseum"), Description: new("Bigger"), Image: new("https://example.com/colosseum.png"),
			})
		}, ServerID),
		read(returningai.OperationSystemServersUpdate+" one-of-them", func(ctx context.Context, c *client, k Known) (system.Server, error) {
			return c.System.Servers.Update(ctx, k[ServerID], system.UpdateServerParams{Image: new("https://example.com/a.png")})
		}, ServerID),
		read(returningai.OperationSystemServersUpdate+" emptied", func(ctx context.Context, c *client, k Known) (system.Server, error) {
			return c.System.Servers.Update(ctx, k[ServerID], system.UpdateServerParams{Description: new("")})
		}, ServerID),
		read(returningai.OperationSystemServersUpdate+" nothing", func(ctx context.Context, c *client, k Known) (system.Server, error) {
			return c.System.Servers.Update(ctx, k[ServerID], system.UpdateServerParams{})
		}, ServerID),
		read(returningai.OperationSystemServersListRoles, func(ctx context.Context, c *client, k Known) ([]system.Role, error) {
			return c.System.Servers.ListRoles(ctx, k[ServerID])
		}, ServerID),
		read(returningai.OperationSystemServersListChannels, func(ctx context.Context, c *client, k Known) ([]system.Channel, error) {
			return c.System.Servers.ListChannels(ctx, k[ServerID])
		}, ServerID),

		read(returningai.OperationSystemChannelsList, func(ctx context.Context, c *client, _ Known) ([]system.Channel, error) {
			return c.System.Channels.List(ctx)
		}),
		read(returningai.OperationSystemChannelsCreate, func(ctx context.Context, c *client, _ Known) (system.Channel, error) {
			return c.System.Channels.Create(ctx, system.ChannelParams{Topic: "Loot & glory", Type: system.ChannelTypeForum})
		}),
		read(returningai.OperationSystemChannelsUpdate, func(ctx context.Context, c *client, k Known) (system.Channel, error) {
			return c.System.Channels.Update(ctx, k[ChannelID], system.ChannelParams{Topic: "dungeons", Type: system.ChannelTypeOpen})
		}, ChannelID),
		send(returningai.OperationSystemChannelsDelete, func(ctx context.Context, c *client, k Known) error {
			return c.System.Channels.Delete(ctx, k[ChannelID])
		}, ChannelID),

		read(returningai.OperationSystemRolesCreate, func(ctx context.Context, c *client, _ Known) (system.Role, error) {
			return c.System.Roles.Create(ctx, system.RoleParams{
				Class: "green", Title: "Helper", Order: 7, Billable: true,
				ServerPermissions:  system.ServerPermissionParams{AllowDM: true, WarnMembers: true},
				ChannelPermissions: system.ChannelPermissionParams{PostMessages: true, ShareAttachments: true},
			})
		}),
		read(returningai.OperationSystemRolesCreate+" all-permissions", func(ctx context.Context, c *client, _ Known) (system.Role, error) {
			return c.System.Roles.Create(ctx, EveryPermission())
		}),
		read(returningai.OperationSystemRolesUpdate, func(ctx context.Context, c *client, k Known) (system.Role, error) {
			return c.System.Roles.Update(ctx, k[RoleID], system.RoleParams{Class: "blue", Title: "Warden"})
		}, RoleID),
		send(returningai.OperationSystemRolesDelete, func(ctx context.Context, c *client, k Known) error {
			return c.System.Roles.Delete(ctx, k[RoleID])
		}, RoleID),
		read(returningai.OperationSystemRolesAddToUser, func(ctx context.Context, c *client, k Known) ([]system.Role, error) {
			return c.System.Roles.AddToUser(ctx, k[RoleID], k[UserID])
		}, RoleID, UserID),
		read(returningai.OperationSystemRolesRemoveFromUser, func(ctx context.Context, c *client, k Known) ([]system.Role, error) {
			return c.System.Roles.RemoveFromUser(ctx, k[RoleID], k[UserID])
		}, RoleID, UserID),
		read(returningai.OperationSystemRolesListByUser, func(ctx context.Context, c *client, k Known) ([]system.Role, error) {
			return c.System.Roles.ListByUser(ctx, k[UserID])
		}, UserID),

		read(returningai.OperationSystemBadgesList, func(ctx context.Context, c *client, _ Known) ([]system.Badge, error) {
			return c.System.Badges.List(ctx)
		}),
		read(returningai.OperationSystemBadgesCreate, func(ctx context.Context, c *client, _ Known) (system.Badge, error) {
			return c.System.Badges.Create(ctx, fullBadge())
		}),
		read(returningai.OperationSystemBadgesCreate+" least-badge", func(ctx context.Context, c *client, _ Known) (system.Badge, error) {
			return c.System.Badges.Create(ctx, system.BadgeParams{Title: "Plain", Action: "custom"})
		}),
		read(returningai.OperationSystemBadgesUpdate, func(ctx context.Context, c *client, k Known) (system.Badge, error) {
			return c.System.Badges.Update(ctx, k[BadgeID], fullBadge())
		}, BadgeID),
		read(returningai.OperationSystemBadgesUpdate+" zeroes", func(ctx context.Context, c *client, k Known) (system.Badge, error) {
			return c.System.Badges.Update(ctx, k[BadgeID], system.BadgeParams{
				Title: "Plain", Action: "custom", Quantity: new(0), Description: new(""), Applied: new(false), AttachRequired: new(false),
				AwardXPQuantity: new(0), AwardCurrencyQuantity: new(0),
			})
		}, BadgeID),
		send(returningai.OperationSystemBadgesDelete, func(ctx context.Context, c *client, k Known) error {
			return c.System.Badges.Delete(ctx, k[BadgeID])
		}, BadgeID),
		read(returningai.OperationSystemBadgesAward, func(ctx context.Context, c *client, k Known) ([]system.Badge, error) {
			return c.System.Badges.Award(ctx, k[BadgeID], k[UserID])
		}, BadgeID, UserID),
		read(returningai.OperationSystemBadgesRemove, func(ctx context.Context, c *client, k Known) ([]system.Badge, error) {
			return c.System.Badges.Remove(ctx, k[BadgeID], k[UserID])
		}, BadgeID, UserID),
	}
}

func fullBadge() system.BadgeParams {
	return system.BadgeParams{
		Title: "Veteran", Action: "custom", Quantity: new(250), Description: new("A year of raids"),
		Image: new("https://example.com/v.png"), DarkImage: new("https://example.com/d.png"), LightImage: new("https://example.com/l.png"),
		EnabledDarkAndLight: new(true), Applied: new(true), Awarded: new(true), Award: new(true), AwardCurrency: new(true),
		AwardXPQuantity: new(50), AwardCurrencyQuantity: new(5), AttachRequired: new(true),
	}
}

// EveryPermission has every permission set, and some that are unknown.
func EveryPermission() system.RoleParams {
	return system.RoleParams{
		Class: "gold", Title: "Owner", Order: 1, Billable: true,
		ServerPermissions: system.ServerPermissionParams{
			Administrator: true, AllowDM: true, CreateInvite: true, WarnMembers: true, SuspendMembers: true, BanMembers: true,
			BroadcastMessages: true, OverwriteLanguage: true,
			KickMembers: new(true), ManageRoles: new(false), ManageChannels: new(true),
			Extra: map[string]json.RawMessage{"brew_coffee": json.RawMessage("true")},
		},
		ChannelPermissions: system.ChannelPermissionParams{
			PostMessages: true, AttachFiles: true, AllowMentions: true, ManageMessages: true, Pinable: true, ShareLinks: true,
			ShareAttachments: true, ViewMessageHistory: new(true), PostAnalysis: new(true), DeleteMessages: new(false),
			Extra: map[string]json.RawMessage{"whisper": json.RawMessage("false")},
		},
	}
}
