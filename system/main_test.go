package system_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/system"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What newCommunity holds.
const (
	serverID  = "65a0c0de0000000000aaaaaa"
	channelID = "65a0c0de0000000000bbbbbb"
	roleID    = "65a0c0de0000000000cccccc"
	badgeID   = "0b5e57a1-0000-4000-8000-00000000dddd"
	userID    = "1102"
	email     = "ada@example.com"
	password  = "c0rrect-h0rse"
)

// newCommunity starts a server that holds one thing of each kind, under ids
// that do not change, and a user who can log in.
func newCommunity(t *testing.T) *returningaitest.Server {
	t.Helper()
	srv := returningaitest.NewServer(t, returningaitest.WithoutSeed())
	srv.AddServer(returningaitest.CommunityServer{ID: serverID, Name: "Arena", Description: "Where it happens"})
	srv.AddChannel(returningaitest.Channel{ID: channelID, Topic: "raids"})
	srv.AddRole(returningaitest.Role{ID: roleID, Title: "Moderator", Class: "red", Order: 3})
	srv.AddBadge(returningaitest.Badge{ID: badgeID, Title: "Early Bird", Quantity: 100, AttachRequired: true})
	srv.AddUser(returningaitest.User{UserID: userID, Username: "player-one", Email: "player-one@example.com"})
	_, err := srv.Client().System.Auth.Register(t.Context(), system.RegisterParams{
		Email: email, Password: secret.New(password), Username: "ada",
	})
	require.NoError(t, err)
	srv.ResetRequests()
	return srv
}

// operation is a call of each operation of the family that succeeds on a
// newCommunity.
type operation func(ctx context.Context, srv *returningaitest.Server, services *system.Services) error

// second drops the result of a call.
func second[T any](_ T, err error) error { return err }

var operations = map[string]operation{
	"system.auth.secureAuth": func(ctx context.Context, _ *returningaitest.Server, services *system.Services) error {
		return second(services.Auth.SecureLogin(ctx, system.SecureLoginParams{Username: "player-one", AccessLevel: "2"}))
	},
	"system.auth.register": func(ctx context.Context, _ *returningaitest.Server, services *system.Services) error {
		return second(services.Auth.Register(ctx, system.RegisterParams{
			Email: "grace@example.com", Password: secret.New("h0pper+1"), Username: "grace",
			FirstName: "Grace", LastName: "Hopper", DisplayName: "Amazing Grace",
		}))
	},
	"system.auth.verifyEmail": func(ctx context.Context, srv *returningaitest.Server, services *system.Services) error {
		return services.Auth.VerifyEmail(ctx, system.VerifyEmailParams{Email: email, Code: secret.New(srv.VerificationCode(email))})
	},
	"system.auth.login": func(ctx context.Context, _ *returningaitest.Server, services *system.Services) error {
		return second(services.Auth.Login(ctx, system.LoginParams{Email: email, Password: secret.New(password)}))
	},
	"system.servers.create": func(ctx context.Context, _ *returningaitest.Server, services *system.Services) error {
		return second(services.Servers.Create(ctx, system.CreateServerParams{
			Name: "Annexe", Description: "More room", Image: "https://example.com/annexe.png",
		}))
	},
	"system.servers.list": func(ctx context.Context, _ *returningaitest.Server, services *system.Services) error {
		return second(services.Servers.List(ctx))
	},
	"system.servers.update": func(ctx context.Context, _ *returningaitest.Server, services *system.Services) error {
		return second(services.Servers.Update(ctx, serverID, system.UpdateServerParams{
			Name: new("Colosseum"), Description: new("Bigger"), Image: new("https://example.com/colosseum.png"),
		}))
	},
	"system.servers.listRoles": func(ctx context.Context, _ *returningaitest.Server, services *system.Services) error {
		return second(services.Servers.ListRoles(ctx, serverID))
	},
	"system.servers.listChannels": func(ctx context.Context, _ *returningaitest.Server, services *system.Services) error {
		return second(services.Servers.ListChannels(ctx, serverID))
	},
	"system.channels.list": func(ctx context.Context, _ *returningaitest.Server, services *system.Services) error {
		return second(services.Channels.List(ctx))
	},
	"system.channels.create": func(ctx context.Context, _ *returningaitest.Server, services *system.Services) error {
		return second(services.Channels.Create(ctx, system.ChannelParams{Topic: "Loot & glory", Type: system.ChannelTypeForum}))
	},
	"system.channels.update": func(ctx context.Context, _ *returningaitest.Server, services *system.Services) error {
		return second(services.Channels.Update(ctx, channelID, system.ChannelParams{Topic: "dungeons", Type: system.ChannelTypeOpen}))
	},
	"system.channels.delete": func(ctx context.Context, _ *returningaitest.Server, services *system.Services) error {
		return services.Channels.Delete(ctx, channelID)
	},
	"system.roles.create": func(ctx context.Context, _ *returningaitest.Server, services *system.Services) error {
		return second(services.Roles.Create(ctx, system.RoleParams{
			Class: "green", Title: "Helper", Order: 7, Billable: true,
			ServerPermissions:  system.ServerPermissionParams{AllowDM: true, WarnMembers: true},
			ChannelPermissions: system.ChannelPermissionParams{PostMessages: true, ShareAttachments: true},
		}))
	},
	"system.roles.update": func(ctx context.Context, _ *returningaitest.Server, services *system.Services) error {
		return second(services.Roles.Update(ctx, roleID, system.RoleParams{Class: "blue", Title: "Warden"}))
	},
	"system.roles.delete": func(ctx context.Context, _ *returningaitest.Server, services *system.Services) error {
		return services.Roles.Delete(ctx, roleID)
	},
	"system.roles.addToUser": func(ctx context.Context, _ *returningaitest.Server, services *system.Services) error {
		return second(services.Roles.AddToUser(ctx, roleID, userID))
	},
	"system.roles.removeFromUser": func(ctx context.Context, _ *returningaitest.Server, services *system.Services) error {
		return second(services.Roles.RemoveFromUser(ctx, roleID, userID))
	},
	"system.roles.listOfUser": func(ctx context.Context, _ *returningaitest.Server, services *system.Services) error {
		return second(services.Roles.ListByUser(ctx, userID))
	},
	"system.badges.list": func(ctx context.Context, _ *returningaitest.Server, services *system.Services) error {
		return second(services.Badges.List(ctx))
	},
	"system.badges.create": func(ctx context.Context, _ *returningaitest.Server, services *system.Services) error {
		return second(services.Badges.Create(ctx, fullBadge()))
	},
	"system.badges.update": func(ctx context.Context, _ *returningaitest.Server, services *system.Services) error {
		return second(services.Badges.Update(ctx, badgeID, fullBadge()))
	},
	"system.badges.delete": func(ctx context.Context, _ *returningaitest.Server, services *system.Services) error {
		return services.Badges.Delete(ctx, badgeID)
	},
	"system.badges.award": func(ctx context.Context, _ *returningaitest.Server, services *system.Services) error {
		return second(services.Badges.Award(ctx, badgeID, userID))
	},
	"system.badges.remove": func(ctx context.Context, _ *returningaitest.Server, services *system.Services) error {
		return second(services.Badges.Remove(ctx, badgeID, userID))
	},
}

func fullBadge() system.BadgeParams {
	return system.BadgeParams{
		Title: "Veteran", Action: "custom", Quantity: new(250), Description: new("A year of raids"),
		Image: new("https://example.com/v.png"), DarkImage: new("https://example.com/d.png"), LightImage: new("https://example.com/l.png"),
		EnabledDarkAndLight: new(true), Applied: new(true), Awarded: new(true), Award: new(true), AwardCurrency: new(true),
		AwardXPQuantity: new(50), AwardCurrencyQuantity: new(5), AttachRequired: new(true),
	}
}

// quick is the default policy with waits that a test need not notice.
func quick() returningai.Option {
	policy := returningai.DefaultRetryPolicy()
	policy.MinWait, policy.MaxWait = time.Microsecond, time.Millisecond
	return returningai.WithRetryPolicy(policy)
}

// failed returns the error of a call as the type that every one has.
func failed(t *testing.T, err error) *returningai.Error {
	t.Helper()
	failure, ok := errors.AsType[*returningai.Error](err)
	require.True(t, ok, "%T: %v", err, err)
	return failure
}
