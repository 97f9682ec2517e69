package conformance_test

import (
	"context"
	"strings"
	"time"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/returningaitest"
)

const communityID = "65a0c0de00000000000000cc"

var bulkDrivers = map[string]driver{
	// Once with a token and once without: this operation needs none.
	"integration.users.bulkImport": read(func(ctx context.Context, c *community) (integration.QueuedJob, error) {
		params := integration.BulkImportParams{CommunityID: communityID, CSV: strings.NewReader("email,username\nnew@example.com,new\n")}
		if _, err := c.Integration.Users.BulkImport(ctx, params); err != nil {
			return integration.QueuedJob{}, err
		}
		anonymous, err := returningai.New(returningai.WithBaseURL(returningai.FamilyIntegration,
			c.hosts[returningai.FamilyIntegration]+"/apis/v1"))
		if err != nil {
			return integration.QueuedJob{}, err
		}
		params.CSV, params.FileName = strings.NewReader("email,username\nother@example.com,other\n"), "more.csv"
		if _, err := anonymous.Integration.Users.BulkImport(ctx, params); err != nil {
			return integration.QueuedJob{}, err
		}
		params.CSV = strings.NewReader("email,username\nthird@example.com,third\n")
		return c.Integration.Users.BulkImport(ctx, params)
	}),
	"integration.users.bulkUpdate": read(func(ctx context.Context, c *community) (integration.QueuedJob, error) {
		return c.Integration.Users.BulkUpdate(ctx, integration.BulkUpdateParams{
			CSV: strings.NewReader("email,xp_op,xp\n" + c.player().Email + ",add,5\n"),
		})
	}),

	"integration.apiKeys.list": read(func(ctx context.Context, c *community) ([]integration.APIKey, error) {
		c.key()
		return c.Integration.APIKeys.List(ctx, c.player().ID)
	}),
	"integration.apiKeys.create": read(func(ctx context.Context, c *community) (integration.APIKey, error) {
		params := integration.CreateAPIKeyParams{
			CommunityID: communityID, Name: "bot", Permissions: []integration.Permission{integration.PermissionSendMessage},
			Expiry: integration.ExpiresInDays(30),
		}
		if _, err := c.Integration.APIKeys.Create(ctx, c.player().ID, params); err != nil {
			return integration.APIKey{}, err
		}
		params.Expiry = integration.ExpiresAt(time.Now().Add(time.Hour))
		return c.Integration.APIKeys.Create(ctx, c.player().ID, params)
	}),
	"integration.apiKeys.update": read(func(ctx context.Context, c *community) (integration.APIKey, error) {
		key, params := c.key(), integration.UpdateAPIKeyParams{
			Name: "bot", Permissions: []integration.Permission{integration.PermissionReplyMessage},
			Expiry: integration.NeverExpires(), IsActive: new(true),
		}
		if _, err := c.Integration.APIKeys.Update(ctx, c.player().ID, key, params); err != nil {
			return integration.APIKey{}, err
		}
		params.Expiry = integration.ExpiresAt(time.Now().Add(time.Hour))
		return c.Integration.APIKeys.Update(ctx, c.player().ID, key, params)
	}),
	"integration.apiKeys.delete": send(func(ctx context.Context, c *community) error {
		return c.Integration.APIKeys.Delete(ctx, c.player().ID, c.key())
	}),
	"integration.apiKeys.info": read(func(ctx context.Context, c *community) (integration.APIKey, error) {
		return c.Integration.APIKeys.Get(ctx, c.player().ID, c.key())
	}),
}

// key gives the player an API key and returns its id.
func (c *community) key() string {
	return c.fake.AddUserAPIKey(returningaitest.UserAPIKey{
		UserObjectID: c.player().ID, CommunityID: communityID, Name: "bot", Permissions: []returningaitest.Permission{returningaitest.PermissionSendMessage},
		ExpirePeriod: 30, ExpiresAt: time.Now().Add(30 * 24 * time.Hour),
	}).ID
}
