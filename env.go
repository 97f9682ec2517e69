package returningai

import (
	"errors"
	"maps"
	"os"
	"slices"

	"github.com/returningai/returningai-go/secret"
)

// The environment variables that [FromEnv] reads.
const (
	EnvAPIKey         = "RETURNINGAI_API_KEY"
	EnvToken          = "RETURNINGAI_TOKEN"
	EnvSystemURL      = "RETURNINGAI_SYSTEM_URL"
	EnvIntegrationURL = "RETURNINGAI_INTEGRATION_URL"
	EnvApplicationURL = "RETURNINGAI_APPLICATION_URL"
)

// FromEnv reads the API key, the bearer token and the base URLs from the
// environment, at once: [EnvAPIKey], [EnvToken], [EnvSystemURL],
// [EnvIntegrationURL] and [EnvApplicationURL]. Variables that are not set or
// empty are ignored, and explicit options override them in any order.
func FromEnv() Option {
	return option{"FromEnv", func(c *config) error {
		c.variables = &variables{
			apiKey: secret.New(os.Getenv(EnvAPIKey)),
			token:  secret.New(os.Getenv(EnvToken)),
			baseURLs: map[Family]string{
				FamilySystem:      os.Getenv(EnvSystemURL),
				FamilyIntegration: os.Getenv(EnvIntegrationURL),
				FamilyApplication: os.Getenv(EnvApplicationURL),
			},
		}
		return nil
	}}
}

// variables is what FromEnv read. It stays apart from what other options set,
// which goes before it.
type variables struct {
	apiKey, token secret.Text
	baseURLs      map[Family]string
}

// url returns the base URL that the environment variables have for a family.
func (v *variables) url(family Family) string {
	if v == nil {
		return ""
	}
	return v.baseURLs[family]
}

// credentials resolves the authenticators of the families: those that options
// set, and those of the environment variables for the rest.
func (c *config) credentials() (map[Family]Authenticator, error) {
	all := maps.Clone(c.authenticators)
	if c.variables == nil {
		return all, nil
	}
	found := defaultConfig()
	var errs []error
	for _, variable := range []struct {
		name     string
		value    secret.Text
		set      func(string) error
		families []Family
	}{
		{EnvAPIKey, c.variables.apiKey, found.setAPIKey, []Family{FamilySystem, FamilyCommunityHost}},
		{EnvToken, c.variables.token, found.setBearer, []Family{FamilyIntegration, FamilyApplication}},
	} {
		missing := slices.DeleteFunc(variable.families, func(family Family) bool { return all[family] != nil })
		if variable.value.IsZero() || len(missing) == 0 {
			continue
		}
		if err := variable.set(variable.value.Reveal()); err != nil {
			errs = append(errs, &optionError{"FromEnv: " + variable.name, err})
		}
		for _, family := range missing {
			all[family] = found.authenticators[family]
		}
	}
	return all, errors.Join(errs...)
}
