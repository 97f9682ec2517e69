// Package returningai is an unofficial Go client for Returning.AI, a community
// and gamification platform.
//
// A [Client] holds three families of services, each with a credential of its
// own:
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
// # Errors
//
// Everything that goes wrong with a call is an [*Error]. Ask for its category
// with errors.Is and the sentinels of this package, and ask [MaybeApplied]
// before repeating something that must not happen twice. The file
// docs/after-maybe-applied.md says for each operation what to do then.
//
// # Ids
//
// All ids are strings, of several kinds, each with one name:
//
//	user number         "1102"               UserID            System, Integration.Users.Get
//	object id of a user 24 hex digits        ID, userObjectID  Application, user API keys
//	user of a webhook   any of these         ID                look the user up by email
//	username, email     "ada"                Username, Email   manage, single sign-on, senders
//	badge               a UUID               ID, badgeID       System.Badges
//
// Integration.Users.Get leads from an email to the others. A call that fails with
// 404 or 400 says in its error if an id looks like one of another kind.
//
// # Retries
//
// Operations that may be repeated safely are repeated on connection errors,
// 408, 425, 429, 500, 502, 503 and 504. All others reach the server at most
// once, unless it is certain that nothing was sent or the server refused them
// with 429. See [RetryPolicy].
//
// # What is known of the API
//
// The API is documented in part. Each operation says in its doc comment, and
// in [Operations], which facts about it are documented by the vendor, which
// were observed in public clients, and which are assumed. A route that turns
// out to be wrong can be corrected with [WithRoute], and operations that this
// package does not know can be reached with [Client.Call].
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
