package returningai

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/returningai/returningai-go/internal/rest"
	"github.com/returningai/returningai-go/internal/transport"
	"github.com/returningai/returningai-go/internal/wire"
)

// config is what the options set. A client keeps its own copy, so that With can
// derive another from it.
type config struct {
	environment    *Environment
	baseURLs       map[Family]string
	authenticators map[Family]Authenticator
	communityHosts []string
	community      string // the default, "" for none
	insecureHTTP   bool
	keyInLoginURL  bool
	variables      *variables // of the environment, nil without FromEnv

	httpClient       *http.Client
	middleware       []Middleware
	userAgent        string
	headers          http.Header // of WithHeader
	attemptTimeout   time.Duration
	maxResponseBytes int64
	retry            RetryPolicy
	budget           *transport.Budget
	limiter          *rate.Limiter
	gates            *transport.Gates // nil when turned off
	logger           *slog.Logger
	hooks            []Hooks
	routes           map[string]*rest.Operation
	families         map[string]Family // of operations that were moved
}

func defaultConfig() *config {
	policy := DefaultRetryPolicy()
	return &config{
		baseURLs:         map[Family]string{},
		authenticators:   map[Family]Authenticator{},
		headers:          http.Header{},
		attemptTimeout:   30 * time.Second,
		maxResponseBytes: 16 << 20,
		retry:            policy,
		budget:           policy.budget(),
		gates:            transport.NewGates(),
		routes:           map[string]*rest.Operation{},
		families:         map[string]Family{},
	}
}

// clone copies the config, so that options applied to the copy leave the
// original as it is. Budget, rate limiter and gates stay shared until replaced.
func (c *config) clone() *config {
	clone := *c
	clone.baseURLs = maps.Clone(c.baseURLs)
	clone.authenticators = maps.Clone(c.authenticators)
	clone.communityHosts = slices.Clone(c.communityHosts)
	clone.middleware = slices.Clone(c.middleware)
	clone.headers = c.headers.Clone()
	clone.hooks = slices.Clone(c.hooks)
	clone.routes = maps.Clone(c.routes)
	clone.families = maps.Clone(c.families)
	return &clone
}

// apply applies the options, and returns the errors of all of them.
func (c *config) apply(options []Option) error {
	var errs []error
	for i, option := range options {
		if option == nil {
			errs = append(errs, &optionError{fmt.Sprintf("option %d", i+1), errors.New("it is nil")})
			continue
		}
		errs = append(errs, option.apply(c))
	}
	return errors.Join(errs...)
}

func (c *config) setAPIKey(key string) error {
	for family, header := range map[Family]string{
		FamilySystem: apiKeyHeader, FamilyCommunityHost: communityAPIKeyHeader,
	} {
		authenticator, err := newFixedHeader(header, "", key)
		if err != nil {
			return err
		}
		c.authenticators[family] = authenticator
	}
	return nil
}

func (c *config) setBearer(token string) error {
	authenticator, err := Bearer(token)
	if err != nil {
		return err
	}
	c.authenticators[FamilyIntegration] = authenticator
	c.authenticators[FamilyApplication] = authenticator
	return nil
}

// transport assembles what performs the calls.
func (c *config) transport() (*transport.Transport, error) {
	middleware := make([]func(http.RoundTripper) http.RoundTripper, len(c.middleware))
	for i, wrap := range c.middleware {
		middleware[i] = wrap
	}
	made, err := transport.New(transport.Config{
		Client: c.httpClient, Middleware: middleware,
		AttemptTimeout: c.attemptTimeout, MaxResponseBytes: c.maxResponseBytes,
		Policy: c.retry.internal(), Budget: c.budget, Limiter: c.limiter, Gates: c.gates,
		Describe: wire.Message,
	})
	if err != nil {
		return nil, &optionError{"WithMiddleware", err}
	}
	return made, nil
}

// header returns what every request carries.
func (c *config) header() http.Header {
	agent := "returningai-go/" + Version + " (" + runtime.Version() + ")"
	if c.userAgent != "" {
		agent = c.userAgent + " " + agent
	}
	header := c.headers.Clone()
	header.Set("Accept", jsonType)
	header.Set("User-Agent", agent)
	return header
}

// url returns the base URL that the environment has for the family.
func (e *Environment) url(family Family) string {
	if e == nil {
		return ""
	}
	switch family {
	case FamilySystem:
		return e.System
	case FamilyIntegration:
		return e.Integration
	case FamilyApplication:
		return e.Application
	}
	return ""
}

// base is a place that a client talks to.
type base struct {
	address *url.URL
	url     string // without a slash at its end
}

// host returns the base's host and port.
func (b base) host() string {
	if b.address == nil {
		return ""
	}
	return transport.HostOf(b.address)
}

// bases resolves the base URLs of the families.
func (c *config) bases() (map[Family]base, error) {
	bases := make(map[Family]base)
	var errs []error
	for _, family := range []Family{FamilySystem, FamilyIntegration, FamilyApplication} {
		address, option := c.baseURL(family)
		if address == "" {
			continue
		}
		parsed, err := parseBase(address, c.insecureHTTP)
		if err != nil {
			errs = append(errs, &optionError{option, err})
			continue
		}
		bases[family] = parsed
	}
	return bases, errors.Join(errs...)
}

// baseURL returns the base URL of a family, "" if it has none, and the option
// that it comes from.
func (c *config) baseURL(family Family) (address, option string) {
	production := Production()
	switch {
	case c.baseURLs[family] != "":
		return c.baseURLs[family], "WithBaseURL(" + string(family) + ")"
	case c.environment.url(family) != "":
		return c.environment.url(family), "WithEnvironment: " + string(family)
	case c.variables.url(family) != "":
		return c.variables.url(family), "FromEnv: base URL of " + string(family)
	case c.environment == nil:
		return production.url(family), "Production"
	}
	return "", ""
}

// hosts resolves the community hosts, by the name that a call gives: host and
// port.
func (c *config) hosts() (map[string]base, error) {
	hosts := make(map[string]base)
	var errs []error
	for _, host := range c.communityHosts {
		parsed, err := parseHost(host, c.insecureHTTP)
		if err != nil {
			errs = append(errs, &optionError{"WithCommunityHost", err})
			continue
		}
		hosts[parsed.host()] = parsed
	}
	return hosts, errors.Join(errs...)
}

// parseHost checks a community host. It means https unless it says otherwise.
func parseHost(host string, insecure bool) (base, error) {
	if !strings.Contains(host, "://") {
		host = "https://" + host
	}
	parsed, err := parseBase(host, insecure)
	if err == nil && parsed.address.Path != "" {
		err = errors.New("it must be a host, without a path")
	}
	return parsed, err
}

// parseBase checks a base URL. Its errors do not show it, since a mistaken one
// may hold a secret.
func parseBase(address string, insecure bool) (base, error) {
	parsed, err := url.Parse(address)
	switch {
	case err != nil || parsed.Host == "" || parsed.Hostname() == "" || parsed.Opaque != "":
		return base{}, errors.New("it must be an absolute URL")
	case parsed.Scheme != "https" && parsed.Scheme != "http":
		return base{}, errors.New("its scheme must be https")
	case parsed.User != nil:
		return base{}, errors.New("it must not hold a user or password")
	case parsed.RawQuery != "" || parsed.ForceQuery || parsed.Fragment != "" || strings.Contains(address, "#"):
		return base{}, errors.New("it must not hold a query or fragment")
	case parsed.Scheme == "http" && !insecure && !transport.Loopback(parsed.Hostname()):
		return base{}, errors.New("it must be https: plain http is for loopback addresses, or WithInsecureHTTP")
	}
	trimmed := strings.TrimRight(parsed.EscapedPath(), "/")
	if trimmed != "" {
		if err := rest.CheckRoute(trimmed); err != nil {
			return base{}, err
		}
	}
	// Written again, so that requests compare equal to it.
	written := (&url.URL{Scheme: parsed.Scheme, Host: transport.HostOf(parsed)}).String() + trimmed
	rewritten, err := url.Parse(written)
	if err != nil {
		return base{}, errors.New("it must be an absolute URL")
	}
	return base{address: rewritten, url: written}, nil
}

// hasBaseURL reports whether family is one that has a base URL of its own.
func hasBaseURL(family Family) bool {
	return slices.Contains([]Family{FamilySystem, FamilyIntegration, FamilyApplication}, family)
}

// familyCredentials names what authenticates a family, and its place in the
// community's settings, for the texts of errors.
var familyCredentials = map[Family]struct{ name, option, place string }{
	FamilySystem:        {"API key", "WithAPIKey", "Login Management > API key"},
	FamilyCommunityHost: {"API key", "WithAPIKey", "Login Management > API key"},
	FamilyIntegration:   {"bearer token", "WithBearer or WithBearerSource", "Integration > API key"},
	FamilyApplication:   {"bearer token", "WithBearer or WithBearerSource", "Integration > API key"},
}
