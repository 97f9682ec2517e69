package returningaitest

import (
	"fmt"

	returningai "github.com/returningai/returningai-go"
)

// Client returns a client of the SDK for this server: with its base URLs, its
// community host, and the default key and token, which hold every right.
// Options given here come after these and replace them.
//
// It panics when an option cannot be used, as a test or an example wants it.
func (s *Server) Client(options ...returningai.Option) *returningai.Client {
	all := append([]returningai.Option{
		returningai.WithBaseURL(returningai.FamilySystem, s.URL(System)),
		returningai.WithBaseURL(returningai.FamilyIntegration, s.URL(Integration)),
		returningai.WithBaseURL(returningai.FamilyApplication, s.URL(Application)),
		returningai.WithCommunityHost(s.URL(CommunityHost)),
		returningai.WithAPIKey(s.APIKey()),
		returningai.WithBearer(s.Token()),
	}, options...)
	client, err := returningai.New(all...)
	if err != nil {
		panic(fmt.Sprintf("returningaitest: Client: %v", err))
	}
	return client
}
