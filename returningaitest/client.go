package returningaitest

import (
	"net/http"

	returningai "github.com/returningai/returningai-go"
)

// Client returns a client of the SDK for this server: with its base URLs, its
// community host, and the default key and token, which have every permission.
// The given options come after these and override them. It panics if an option
// is invalid.
func (s *Server) Client(options ...returningai.Option) *returningai.Client {
	all := []returningai.Option{
		returningai.WithBaseURL(returningai.FamilySystem, s.URL(System)),
		returningai.WithBaseURL(returningai.FamilyIntegration, s.URL(Integration)),
		returningai.WithBaseURL(returningai.FamilyApplication, s.URL(Application)),
		returningai.WithCommunityHost(s.URL(CommunityHost)),
		returningai.WithAPIKey(s.APIKey()),
		returningai.WithBearer(s.Token()),
	}
	if _, inMemory := s.config.network.(*memoryNetwork); inMemory {
		all = append(all, returningai.WithHTTPClient(&http.Client{Transport: s.Transport()}))
	}
	client, err := returningai.New(append(all, options...)...)
	must("Client", err)
	return client
}
