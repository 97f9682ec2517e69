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
		read("system.auth.secureAuth", func(ctx context.Context, c *client, k Known) (system.SecureLogin, error) {
			return c.System.Auth.SecureLogin(ctx, system.SecureLoginParams{Username: k[Username], AccessLevel: "2"})
		}, Username),
		read("system.auth.secureAuth new-user", func(ctx context.Context, c *client, _ Known) (system.SecureLogin, error) {
			return c.System.Auth.SecureLogin(ctx, system.SecureLoginParams{
				Username: "new & shiny", Email: "new+1@example.com", FirstName: "Zoë", LastName: "O'Neil", DisplayName: "zoë/n",
			})
		}),
		read("system.auth.register", func(ctx context.Context, c *client, _ Known) (system.User, error) {
			return c.System.Auth.Register(ctx, system.RegisterParams{
				Email: "grace@example.com", Password: secret.New("h0pper+1"), Username: "grace",
				FirstName: "Grace", LastName: "Hopper", DisplayName: "Amazing Grace",
			})
		}),
		read("system.auth.register least", func(ctx context.Context, c *client, _ Known) (system.User, error) {
			return c.System.Auth.Register(ctx, system.RegisterParams{Email: "l@example.com", Password: secret.New("l3ast!"), Username: "least"})
		}),
		send("system.auth.verifyEmail", func(ctx context.Context, c *client, k Known) error {
			return c.System.Auth.VerifyEmail(ctx, system.VerifyEmailParams{Email: k[Email], Code: secret.New(k[Code])})
		}, Email, Code),
		read("system.auth.login", func(ctx context.Context, c *client, k Known) (system.Login, error) {
			return c.System.Auth.Login(ctx, system.LoginParams{Email: k[Email], Password: secret.New(k[Password])})
		}, Email, Password),

		read("system.servers.list", func(ctx context.Context, c *client, _ Known) ([]system.Server, error) {
			return c.System.Servers.List(ctx)
		}),
		read("system.servers.create", func(ctx context.Context, c *client, _ Known) (system.Server, error) {
			return c.System.Servers.Create(ctx, system.CreateServerParams{
				Name: "Annexe", Description: "More room", Image: "https://example.com/annexe.png",
			})
		}),
		read("system.servers.create name-only", func(ctx context.Context, c *client, _ Known) (system.Server, error) {
			return c.System.Servers.Create(ctx, system.CreateServerParams{Name: "Annexe"})
		}),
		read("system.servers.update", func(ctx context.Context, c *client, k Known) (system.Server, error) {
			return c.System.Servers.Update(ctx, k[ServerID], system.UpdateServerParams{
				Name: new("Colosseum"), Description: new("Bigger"), Image: new("https://example.com/colosseum.png"),
			})
		}, ServerID),
		read("system.servers.update one-of-them", func(ctx context.Context, c *client, k Known) (system.Server, error) {
			return c.System.Servers.Update(ctx, k[ServerID], system.UpdateServerParams{Image: new("https://example.com/a.png")})
		}, ServerID),
		read("system.servers.update emptied", func(ctx context.Context, c *client, k Known) (system.Server, error) {
			return c.System.Servers.Update(ctx, k[ServerID], system.UpdateServerParams{Description: new("")})
		}, ServerID),
		read("system.servers.update nothing", func(ctx context.Context, c *client, k Known) (system.Server, error) {
			return c.System.Servers.Update(ctx, k[ServerID], system.UpdateServerParams{})
		}, ServerID),
		read("system.servers.listRoles", func(ctx context.Context, c *client, k Known) ([]system.Role, error) {
			return c.System.Servers.ListRoles(ctx, k[ServerID])
		}, ServerID),
		read("system.servers.listChannels", func(ctx context.Context, c *client, k Known) ([]system.Channel, error) {
			return c.System.Servers.ListChannels(ctx, k[ServerID])
		}, ServerID),

		read("system.channels.list", func(ctx context.Context, c *client, _ Known) ([]system.Channel, error) {
			return c.System.Channels.List(ctx)
		}),
		read("system.channels.create", func(ctx context.Context, c *client, _ Known) (system.Channel, error) {
			return c.System.Channels.Create(ctx, system.ChannelParams{Topic: "Loot & glory", Type: system.ChannelTypeForum})
		}),
		read("system.channels.update", func(ctx context.Context, c *client, k Known) (system.Channel, error) {
			return c.System.Channels.Update(ctx, k[ChannelID], system.ChannelParams{Topic: "dungeons", Type: system.ChannelTypeOpen})
		}, ChannelID),
		send("system.channels.delete", func(ctx context.Context, c *client, k Known) error {
			return c.System.Channels.Delete(ctx, k[ChannelID])
		}, ChannelID),

		read("system.roles.create", func(ctx context.Context, c *client, _ Known) (system.Role, error) {
			return c.System.Roles.Create(ctx, system.RoleParams{
				Class: "green", Title: "Helper", Order: 7, Billable: true,
				ServerPermissions:  system.ServerPermissionParams{AllowDM: true, WarnMembers: true},
				ChannelPermissions: system.ChannelPermissionParams{PostMessages: true, ShareAttachments: true},
			})
		}),
		read("system.roles.create all-permissions", func(ctx context.Context, c *client, _ Known) (system.Role, error) {
			return c.System.Roles.Create(ctx, EveryPermission())
		}),
		read("system.roles.update", func(ctx context.Context, c *client, k Known) (system.Role, error) {
			return c.System.Roles.Update(ctx, k[RoleID], system.RoleParams{Class: "blue", Title: "Warden"})
		}, RoleID),
		send("system.roles.delete", func(ctx context.Context, c *client, k Known) error {
			return c.System.Roles.Delete(ctx, k[RoleID])
		}, RoleID),
		read("system.roles.addToUser", func(ctx context.Context, c *client, k Known) ([]system.Role, error) {
			return c.System.Roles.AddToUser(ctx, k[RoleID], k[UserID])
		}, RoleID, UserID),
		read("system.roles.removeFromUser", func(ctx context.Context, c *client, k Known) ([]system.Role, error) {
			return c.System.Roles.RemoveFromUser(ctx, k[RoleID], k[UserID])
		}, RoleID, UserID),
		read("system.roles.listOfUser", func(ctx context.Context, c *client, k Known) ([]system.Role, error) {
			return c.System.Roles.ListByUser(ctx, k[UserID])
		}, UserID),

		read("system.badges.list", func(ctx context.Context, c *client, _ Known) ([]system.Badge, error) {
			return c.System.Badges.List(ctx)
		}),
		read("system.badges.create", func(ctx context.Context, c *client, _ Known) (system.Badge, error) {
			return c.System.Badges.Create(ctx, fullBadge())
		}),
		read("system.badges.create least-badge", func(ctx context.Context, c *client, _ Known) (system.Badge, error) {
			return c.System.Badges.Create(ctx, system.BadgeParams{Title: "Plain", Action: "custom"})
		}),
		read("system.badges.update", func(ctx context.Context, c *client, k Known) (system.Badge, error) {
			return c.System.Badges.Update(ctx, k[BadgeID], fullBadge())
		}, BadgeID),
		read("system.badges.update zeroes", func(ctx context.Context, c *client, k Known) (system.Badge, error) {
			return c.System.Badges.Update(ctx, k[BadgeID], system.BadgeParams{
				Title: "Plain", Action: "custom", Quantity: new(0), Description: new(""), Applied: new(false), AttachRequired: new(false),
				AwardXPQuantity: new(0), AwardCurrencyQuantity: new(0),
			})
		}, BadgeID),
		send("system.badges.delete", func(ctx context.Context, c *client, k Known) error {
			return c.System.Badges.Delete(ctx, k[BadgeID])
		}, BadgeID),
		read("system.badges.award", func(ctx context.Context, c *client, k Known) ([]system.Badge, error) {
			return c.System.Badges.Award(ctx, k[BadgeID], k[UserID])
		}, BadgeID, UserID),
		read("system.badges.remove", func(ctx context.Context, c *client, k Known) ([]system.Badge, error) {
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
