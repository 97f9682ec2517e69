package conformance_test

import (
	"encoding/json"
	"errors"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/testkit/calls"
	"github.com/returningai/returningai-go/testkit/conformance"
)

// community is a fake community behind checking proxies, and a client of it.
type community struct {
	*returningai.Client

	fake    *returningaitest.Server
	proxies []*conformance.Proxy

	integration string // base URL of that family's proxy
}

// fakeFamilies are the SDK's families as the fake calls them.
var fakeFamilies = map[returningai.Family]returningaitest.Family{
	returningai.FamilySystem:        returningaitest.System,
	returningai.FamilyIntegration:   returningaitest.Integration,
	returningai.FamilyApplication:   returningaitest.Application,
	returningai.FamilyCommunityHost: returningaitest.CommunityHost,
}

func newCommunity(t *testing.T, document *conformance.Document, coverage *conformance.Coverage, options ...returningaitest.Option) *community {
	t.Helper()
	c := &community{fake: returningaitest.NewServer(t, append(options, returningaitest.WithSeed(returningaitest.FullSeed()))...)}
	configured := []returningai.Option{
		returningai.WithAPIKey(c.fake.APIKey()),
		returningai.WithBearer(c.fake.Token()),
	}
	for family, ofFake := range fakeFamilies {
		target, err := url.Parse(c.fake.URL(ofFake))
		require.NoError(t, err)
		proxy := &conformance.Proxy{Document: document, Coverage: coverage, Family: family, Target: target}
		server := httptest.NewServer(proxy)
		t.Cleanup(server.Close)
		c.proxies = append(c.proxies, proxy)
		if family == returningai.FamilyCommunityHost {
			configured = append(configured, returningai.WithCommunityHost(server.URL))
		} else {
			configured = append(configured, returningai.WithBaseURL(family, server.URL+target.Path))
		}
		if family == returningai.FamilyIntegration {
			c.integration = server.URL + target.Path
		}
	}
	var err error
	c.Client, err = returningai.New(configured...)
	require.NoError(t, err)
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// ways returns the ways in which the fake can response an operation.
func ways(operation *conformance.Operation) map[string][]returningaitest.Option {
	all := map[string][]returningaitest.Option{"": nil}
	if operation.Parameters.GetByInAndName(openapi3.ParameterInQuery, "skip") != nil {
		all["skipping"] = []returningaitest.Option{returningaitest.WithSkipPaging()}
	}
	return all
}

// exchanges returns what passed the proxies for an operation.
func (c *community) exchanges(operationID string) []*conformance.Exchange {
	var of []*conformance.Exchange
	for _, proxy := range c.proxies {
		for _, exchange := range proxy.Exchanges() {
			if exchange.Operation != nil && exchange.Operation.OperationID == operationID {
				of = append(of, exchange)
			}
		}
	}
	return of
}

// problems returns how what passed the proxies breaks the document.
func (c *community) problems() error {
	var problems []error
	for _, proxy := range c.proxies {
		for _, exchange := range proxy.Exchanges() {
			problems = append(problems, exchange.Problems...)
		}
	}
	return errors.Join(problems...)
}

// furnish puts into the fake a user who has and did everything, and one of
// everything else with every field set, and returns what is known of them.
func (c *community) furnish() calls.Known {
	known := calls.Example()
	known[calls.Day] = time.Now().UTC().Format(time.DateOnly)
	user := c.fake.AddUser(returningaitest.User{
		Username: "busy", Email: "busy@example.com", DisplayName: "Busy", FirstName: "Bu", LastName: "Sy",
		Avatar: "https://cdn.example/avatar.png", IsOnline: true, LastLogin: time.Now(),
		XP: 1200, Coins: 35, Roles: []string{"Moderator", "Member"}, Language: "en", VisitCount: 3, LoginStreak: 2,
		TimeSpent: 540, CustomFields: map[string]any{"level": 7},
	})
	c.fake.AddLogin(returningaitest.Login{Email: user.Email, Password: known[calls.Password], VerificationCode: known[calls.Code]})
	c.fake.AddActivity(user.Username, returningaitest.Activity{
		Day: time.Now(), Coins: 5, XP: 20, Messages: 4, Replies: 3, Reactions: 2, Socials: 1,
	})
	known[calls.UserID], known[calls.UserObjectID], known[calls.Username], known[calls.Email] = user.UserID, user.ID, user.Username, user.Email
	known[calls.ServerID] = c.fake.AddServer(returningaitest.CommunityServer{
		Name: "Annexe", OwnerID: user.ID, Description: "More room", Image: "https://cdn.example/server.png",
	}).ID
	known[calls.RoleID] = c.fake.AddRole(returningaitest.Role{Title: "Guide", Class: "red", ServerID: known[calls.ServerID]}).ID
	c.fake.AddChannel(returningaitest.Channel{Topic: "raids", ServerID: known[calls.ServerID]})
	known[calls.APIKeyID] = c.fake.AddUserAPIKey(returningaitest.UserAPIKey{
		UserObjectID: user.ID, CommunityID: c.fake.CommunityID(), Name: "bot", Permissions: []returningaitest.Permission{returningaitest.PermissionSendMessage},
		ExpirePeriod: 30, ExpiresAt: time.Now().Add(30 * 24 * time.Hour),
	}).ID
	for _, level := range []string{"41", "42"} {
		c.fake.AddFieldHistory(known[calls.FieldID], user.ID, json.RawMessage(level))
	}
	return known
}
