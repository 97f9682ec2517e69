// Package returningai is an unofficial Go client for Returning.AI, a community
// and gamification platform.
//
//	client, err := returningai.New(
//		returningai.WithAPIKey(key),   // System
//		returningai.WithBearer(token), // Integration and Application
//	)
//	err = client.Integration.Messages.Send(ctx, integration.SendMessageParams{
//		ChannelID: "65f0c0ffee65f0c0ffee0001",
//		Message:   "gg",
//		Sender:    "bot@example.com",
//	})
//
// # Services
//
// A [Client] holds three families of services, each with its own credential.
//
// [Client].System, with the community's API key:
//
//   - Auth, single sign-on and accounts: [system.AuthService]
//   - Badges: [system.BadgesService]
//   - Channels: [system.ChannelsService]
//   - Roles: [system.RolesService]
//   - Servers: [system.ServersService]
//
// [Client].Integration, with a bearer token:
//
//   - APIKeys, of users: [integration.APIKeysService]
//   - Channels: [integration.ChannelsService]
//   - Messages: [integration.MessagesService]
//   - Users, lists, bulk jobs and statistics: [integration.UsersService]
//
// [Client].Application, with a bearer token:
//
//   - CommunityUsers: [application.CommunityUsersService]
//   - FieldHistories, the values that fields have had: [application.FieldHistoriesService]
//   - UserFields, the custom fields: [application.UserFieldsService]
//   - Users: [application.UsersService]
//
// # Where is what
//
//   - [github.com/returningai/returningai-go/webhooks]: receiving events and calling incoming hooks
//   - [github.com/returningai/returningai-go/returningaitest]: the fake service for tests
//   - [github.com/returningai/returningai-go/secret]: strings that do not print
//   - [github.com/returningai/returningai-go/page] and [github.com/returningai/returningai-go/value]: pages of lists, and values of
//     unknown type
//   - contrib/otel, contrib/redisdedupe and contrib/sqldedupe: modules of their own
//   - examples: programs to copy
//   - docs: guides, such as docs/production.md and docs/retries.md
//
// # Errors
//
// The error of each failed call is an [*Error]. Test for its category with
// errors.Is and the errors of this package, such as [ErrNotFound]. Before you call
// an operation again that must not happen twice, ask [MaybeApplied].
// docs/after-maybe-applied.md says for each operation what to do then.
//
// # Ids
//
// All ids are strings. There are several kinds, each with one name:
//
//	user number         "1102"               UserID            System, Integration.Users.Get
//	object id of a user 24 hex digits        ID, userObjectID  Application, user API keys
//	user of a webhook   any of these         ID                look the user up by email
//	username, email     "ada"                Username, Email   manage, single sign-on, senders
//	badge               a UUID               ID, badgeID       System.Badges
//
// Integration.Users.Get returns all ids of a user for an email. If a call fails
// with 404 or 400 and an id looks like one of another kind, its error says so.
//
// # Retries
//
// Idempotent operations are retried on connection errors, 408, 425, 429, 500, 502,
// 503 and 504. All others reach the server at most once, unless it is certain
// that nothing was processed, or the server said 429. See [RetryPolicy].
//
// # What is documented and what is assumed
//
// The vendor documents the API in part. The doc comment of each method, and
// [Operations], mark its facts: documented by the vendor, observed in a public
// client, or assumed. [WithRoute] corrects a wrong route, and [Client.Call] reaches
// operations that this package does not know.
package returningai

import "github.com/returningai/returningai-go/internal/rest"

// Version is the version of this module. It is v0 until the assumed parts of
// the contract have been verified against the live service.
const Version = "0.1.0"

// Family is one of the service families of the API. Each has a base URL and a
// credential of its own.
type Family string

// The families.
const (
	// FamilySystem is authenticated by an API key, in the header X-API-Key.
	FamilySystem Family = Family(rest.System)
	// FamilyIntegration is authenticated by a bearer token.
	FamilyIntegration Family = Family(rest.Integration)
	// FamilyApplication is authenticated by a bearer token.
	FamilyApplication Family = Family(rest.Application)
	// FamilyCommunityHost is single sign-on on the community's own domain,
	// authenticated by the API key in the header apiKey.
	FamilyCommunityHost Family = Family(rest.CommunityHost)
)

// Environment is a set of base URLs, one a family. An empty one means that
// the environment has no such family, or that its address is not known:
// operations of the family are refused until [WithBaseURL] names it.
type Environment struct {
	System      string
	Integration string
	Application string
}

// Production is the environment that a client uses unless told otherwise.
func Production() Environment {
	return Environment{
		System:      "https://rai-api.returning.ai/api/v1",
		Integration: "https://integration.returning.ai/apis/v1",
		Application: "https://application.returning.ai/apis/v1",
	}
}

// PreStaging is the vendor's stage before staging. Its hosts are documented;
// that the Integration path is the one of production is assumed. Its
// Application address is not known.
func PreStaging() Environment {
	return Environment{
		System:      "https://sgtr-rai-api.returning.ai/api/v1",
		Integration: "https://sgtr-integration.returning.ai/apis/v1",
	}
}

// Staging is the vendor's staging environment: the Integration host was
// observed in a public client, its path is assumed, the others are not known.
func Staging() Environment {
	return Environment{Integration: "https://staging-integration.returning.ai/apis/v1"}
}

// Playground is the vendor's playground: the Integration host was observed,
// its path is assumed, the others are not known.
func Playground() Environment {
	return Environment{Integration: "https://playground-integration.returning.ai/apis/v1"}
}
