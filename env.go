package returningai

import "os"

// The environment variables that [FromEnv] reads.
const (
	EnvAPIKey         = "RETURNINGAI_API_KEY"
	EnvToken          = "RETURNINGAI_TOKEN"
	EnvSystemURL      = "RETURNINGAI_SYSTEM_URL"
	EnvIntegrationURL = "RETURNINGAI_INTEGRATION_URL"
	EnvApplicationURL = "RETURNINGAI_APPLICATION_URL"
)

// FromEnv reads the API key, the bearer token and the base URLs from the
// environment: [EnvAPIKey], [EnvToken], [EnvSystemURL], [EnvIntegrationURL]
// and [EnvApplicationURL]. Variables that are not set or empty are passed
// over, and explicit options beat them wherever they stand.
func FromEnv() Option {
	return Option{"FromEnv", func(s *settings) error {
		s.fromEnv = true
		return nil
	}}
}

// readEnv fills what no option has set from the environment.
func (s *settings) readEnv() []error {
	var errs []error
	found := defaultSettings()
	for variable, set := range map[string]func(string) error{EnvAPIKey: found.setAPIKey, EnvToken: found.setBearer} {
		if value := os.Getenv(variable); value != "" {
			if err := set(value); err != nil {
				errs = append(errs, &optionError{"FromEnv: " + variable, err})
			}
		}
	}
	for family, authenticator := range found.authenticators {
		if s.authenticators[family] == nil {
			s.authenticators[family] = authenticator
		}
	}
	for family, variable := range map[Family]string{
		FamilySystem: EnvSystemURL, FamilyIntegration: EnvIntegrationURL, FamilyApplication: EnvApplicationURL,
	} {
		if value := os.Getenv(variable); value != "" && s.baseURLs[family] == "" && s.environment.url(family) == "" {
			s.baseURLs[family] = value
		}
	}
	return errs
}
