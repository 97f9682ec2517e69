package system_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/system"
	"github.com/returningai/returningai-go/testkit/calls"
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

// second drops the result of a call.
func second[T any](_ T, err error) error { return err }

func fullBadge() system.BadgeParams {
	return system.BadgeParams{
		Title: "Veteran", Action: "custom", Quantity: new(250), Description: new("A year of raids"),
		Image: new("https://example.com/v.png"), DarkImage: new("https://example.com/d.png"), LightImage: new("https://example.com/l.png"),
		EnabledDarkAndLight: new(true), Applied: new(true), Awarded: new(true), Award: new(true), AwardCurrency: new(true),
		AwardXPQuantity: new(50), AwardCurrencyQuantity: new(5), AttachRequired: new(true),
	}
}

// known holds the ids of newCommunity, for calls.
func known(srv *returningaitest.Server) calls.Known {
	return calls.Known{
		calls.ServerID: serverID, calls.ChannelID: channelID, calls.RoleID: roleID, calls.BadgeID: badgeID,
		calls.UserID: userID, calls.Username: "player-one", calls.Email: email, calls.Password: password, calls.Code: srv.VerificationCode(email),
	}
}

// readsOnly returns the operations that change nothing.
func readsOnly() map[string]bool {
	ids := map[string]bool{}
	for _, operation := range returningai.Operations() {
		ids[operation.ID] = operation.ReadsOnly
	}
	return ids
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
