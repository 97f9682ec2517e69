package conformance_test

import (
	"context"

	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/system"
)

var systemDrivers = map[string]driver{
	"system.auth.secureAuth": read(func(ctx context.Context, c *community) (system.SecureLogin, error) {
		return c.System.Auth.SecureLogin(ctx, system.SecureLoginParams{
			Username: "newcomer", AccessLevel: "1", Email: "newcomer@example.com",
			FirstName: "New", LastName: "Comer", DisplayName: "New Comer",
		})
	}),
	"system.auth.register": read(func(ctx context.Context, c *community) (system.User, error) {
		return c.System.Auth.Register(ctx, newcomer)
	}),
	"system.auth.verifyEmail": send(func(ctx context.Context, c *community) error {
		if _, err := c.System.Auth.Register(ctx, newcomer); err != nil {
			return err
		}
		return c.System.Auth.VerifyEmail(ctx, system.VerifyEmailParams{
			Email: newcomer.Email, Code: secret.New(c.fake.VerificationCode(newcomer.Email)),
		})
	}),
	"system.auth.login": read(func(ctx context.Context, c *community) (system.Login, error) {
		if _, err := c.System.Auth.Register(ctx, newcomer); err != nil {
			return system.Login{}, err
		}
		return c.System.Auth.Login(ctx, system.LoginParams{Email: newcomer.Email, Password: newcomer.Password})
	}),

	"system.servers.create": read(func(ctx context.Context, c *community) (system.Server, error) {
		return c.System.Servers.Create(ctx, system.CreateServerParams{
			Name: "Main", Description: "Where everyone meets", Image: "https://cdn.example/server.png",
		})
	}),
	"system.servers.list": read(func(ctx context.Context, c *community) ([]system.Server, error) {
		c.server()
		return c.System.Servers.List(ctx)
	}),
	"system.servers.update": read(func(ctx context.Context, c *community) (system.Server, error) {
		return c.System.Servers.Update(ctx, c.server(), system.UpdateServerParams{
			Name: new("Renamed"), Description: new("Quiet"), Image: new(""),
		})
	}),
	"system.servers.listRoles": read(func(ctx context.Context, c *community) ([]system.Role, error) {
		server := c.server()
		c.role()
		return c.System.Servers.ListRoles(ctx, server)
	}),
	"system.servers.listChannels": read(func(ctx context.Context, c *community) ([]system.Channel, error) {
		server := c.server()
		c.fake.AddChannel(returningaitest.Channel{Topic: "raids"})
		return c.System.Servers.ListChannels(ctx, server)
	}),

	"system.channels.list": read(func(ctx context.Context, c *community) ([]system.Channel, error) {
		return c.System.Channels.List(ctx)
	}),
	"system.channels.create": read(func(ctx context.Context, c *community) (system.Channel, error) {
		return c.System.Channels.Create(ctx, system.ChannelParams{Topic: "raids", Type: system.ChannelTypeOpen})
	}),
	"system.channels.update": read(func(ctx context.Context, c *community) (system.Channel, error) {
		return c.System.Channels.Update(ctx, c.fake.Channels()[0].ID, system.ChannelParams{Topic: "raids", Type: system.ChannelTypeForum})
	}),
	"system.channels.delete": send(func(ctx context.Context, c *community) error {
		return c.System.Channels.Delete(ctx, c.fake.Channels()[0].ID)
	}),

	"system.roles.create": read(func(ctx context.Context, c *community) (system.Role, error) {
		return c.System.Roles.Create(ctx, moderator)
	}),
	"system.roles.update": read(func(ctx context.Context, c *community) (system.Role, error) {
		return c.System.Roles.Update(ctx, c.role(), moderator)
	}),
	"system.roles.delete": send(func(ctx context.Context, c *community) error {
		return c.System.Roles.Delete(ctx, c.role())
	}),
	"system.roles.addToUser": read(func(ctx context.Context, c *community) ([]system.Role, error) {
		return c.System.Roles.AddToUser(ctx, c.role(), c.player().UserID)
	}),
	"system.roles.removeFromUser": read(func(ctx context.Context, c *community) ([]system.Role, error) {
		first, second := c.role(), c.role()
		for _, role := range []string{first, second} {
			if _, err := c.System.Roles.AddToUser(ctx, role, c.player().UserID); err != nil {
				return nil, err
			}
		}
		return c.System.Roles.RemoveFromUser(ctx, first, c.player().UserID)
	}),
	"system.roles.listOfUser": read(func(ctx context.Context, c *community) ([]system.Role, error) {
		if _, err := c.System.Roles.AddToUser(ctx, c.role(), c.player().UserID); err != nil {
			return nil, err
		}
		return c.System.Roles.ListByUser(ctx, c.player().UserID)
	}),

	"system.badges.list": read(func(ctx context.Context, c *community) ([]system.Badge, error) {
		c.badge()
		return c.System.Badges.List(ctx)
	}),
	"system.badges.create": read(func(ctx context.Context, c *community) (system.Badge, error) {
		return c.System.Badges.Create(ctx, raidLeader)
	}),
	"system.badges.update": read(func(ctx context.Context, c *community) (system.Badge, error) {
		return c.System.Badges.Update(ctx, c.badge(), raidLeader)
	}),
	"system.badges.delete": send(func(ctx context.Context, c *community) error {
		return c.System.Badges.Delete(ctx, c.badge())
	}),
	"system.badges.award": read(func(ctx context.Context, c *community) ([]system.Badge, error) {
		return c.System.Badges.Award(ctx, c.badge(), c.player().UserID)
	}),
	"system.badges.remove": read(func(ctx context.Context, c *community) ([]system.Badge, error) {
		first, second := c.badge(), c.badge()
		for _, badge := range []string{first, second} {
			if _, err := c.System.Badges.Award(ctx, badge, c.player().UserID); err != nil {
				return nil, err
			}
		}
		return c.System.Badges.Remove(ctx, first, c.player().UserID)
	}),
}

var newcomer = system.RegisterParams{
	Email: "newcomer@example.com", Password: secret.New("correct horse!"), Username: "newcomer",
	FirstName: "New", LastName: "Comer", DisplayName: "New Comer",
}

var moderator = system.RoleParams{
	Class: "red", Title: "Moderator", Order: 2, Billable: true,
	ServerPermissions:  system.ServerPermissionParams{WarnMembers: true},
	ChannelPermissions: system.ChannelPermissionParams{PostMessages: true},
}

var raidLeader = system.BadgeParams{
	Title: "Raid leader", Action: "custom", Quantity: new(100), Description: new("Led a raid"), Image: new("badge.png"),
	DarkImage: new("dark.png"), LightImage: new("light.png"), EnabledDarkAndLight: new(true), Applied: new(false),
	Awarded: new(false), Award: new(true), AwardCurrency: new(true), AwardXPQuantity: new(5),
	AwardCurrencyQuantity: new(7), AttachRequired: new(true),
}

func (c *community) server() string {
	return c.fake.AddServer(returningaitest.CommunityServer{Name: "Main", OwnerID: c.player().ID}).ID
}

func (c *community) role() string {
	return c.fake.AddRole(returningaitest.Role{Title: "Moderator", Class: "red"}).ID
}

func (c *community) badge() string {
	return c.fake.AddBadge(returningaitest.Badge{Title: "Raid leader"}).ID
}
