package returningai

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/returningai/returningai-go/internal/rest"
	"github.com/returningai/returningai-go/internal/retry"
)

// settings is what the options set. A client keeps its own copy, so that With
// can derive another from it.
type settings struct {
	environment    *Environment
	baseURLs       map[Family]string
	authenticators map[Family]Authenticator
	communityHosts []string
	community      string // the default, "" for none
	insecureHTTP   bool
	keyInLoginURL  bool
	variables      *variables // of the environment, nil without FromEnv

	httpClient     *http.Client
	middleware     []Middleware
	userAgent      string
	attemptTimeout time.Duration
	maxAnswerBytes int64
	retry          RetryPolicy
	budget         *retry.Budget
	limiter        *rate.Limiter
	logger         *slog.Logger
	hooks          []Hooks
	routes         map[string]*rest.Operation
	families       map[string]Family // of operations that were moved
}

func defaultSettings() *settings {
	policy := DefaultRetryPolicy()
	return &settings{
		baseURLs:       map[Family]string{},
		authenticators: map[Family]Authenticator{},
		attemptTimeout: 30 * time.Second,
		maxAnswerBytes: 16 << 20,
		retry:          policy,
		budget:         policy.budget(),
		routes:         map[string]*rest.Operation{},
		families:       map[string]Family{},
	}
}

// clone copies the settings, so that options applied to the copy leave the
// original as it is. Budget and rate limiter stay shared until replaced.
func (s *settings) clone() *settings {
	clone := *s
	clone.baseURLs = maps.Clone(s.baseURLs)
	clone.authenticators = maps.Clone(s.authenticators)
	clone.communityHosts = slices.Clone(s.communityHosts)
	clone.middleware = slices.Clone(s.middleware)
	clone.hooks = slices.Clone(s.hooks)
	clone.routes = maps.Clone(s.routes)
	clone.families = maps.Clone(s.families)
	return &clone
}

// apply applies the options, and returns the errors of all of them.
func (s *settings) apply(options []Option) error {
	var errs []error
	for i, option := range options {
		if option.apply == nil {
			errs = append(errs, &optionError{fmt.Sprintf("option %d", i+1), errors.New("it is empty")})
			continue
		}
		if err := option.apply(s); err != nil {
			errs = append(errs, &optionError{option.name, err})
		}
	}
	return errors.Join(errs...)
}

func (s *settings) setAPIKey(key string) error {
	for family, header := range map[Family]string{
		FamilySystem: apiKeyHeader, FamilyCommunityHost: communityAPIKeyHeader,
	} {
		authenticator, err := newFixedHeader(header, "", key)
		if err != nil {
			return err
		}
		s.authenticators[family] = authenticator
	}
	return nil
}

func (s *settings) setBearer(token string) error {
	authenticator, err := Bearer(token)
	if err != nil {
		return err
	}
	s.authenticators[FamilyIntegration] = authenticator
	s.authenticators[FamilyApplication] = authenticator
	return nil
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
	url    string // without a slash at its end
	origin string // scheme, host and port
}

// host returns the base's host and port.
func (b base) host() string {
	_, host, _ := strings.Cut(b.origin, "://")
	return host
}

// bases resolves the base URLs of the families.
func (s *settings) bases() (map[Family]base, error) {
	production := Production()
	bases := make(map[Family]base)
	var errs []error
	for _, family := range []Family{FamilySystem, FamilyIntegration, FamilyApplication} {
		address := cmp.Or(s.baseURLs[family], s.environment.url(family), s.variables.url(family))
		if address == "" && s.environment == nil {
			address = production.url(family)
		}
		if address == "" {
			continue
		}
		parsed, err := parseBase(address, s.insecureHTTP)
		if err != nil {
			errs = append(errs, &optionError{"base URL of " + string(family), err})
			continue
		}
		bases[family] = parsed
	}
	return bases, errors.Join(errs...)
}

// hosts resolves the community hosts, by the name that a call gives: host and
// port.
func (s *settings) hosts() (map[string]base, error) {
	hosts := make(map[string]base)
	var errs []error
	for _, host := range s.communityHosts {
		parsed, err := parseHost(host, s.insecureHTTP)
		if err != nil {
			errs = append(errs, &optionError{"WithCommunityHost", err})
			continue
		}
		hosts[parsed.host()] = parsed
	}
	return hosts, errors.Join(errs...)
}

// parseHost checks a community host, which stands for https unless it says
// otherwise.
func parseHost(host string, insecure bool) (base, error) {
	if !strings.Contains(host, "://") {
		host = "https://" + host
	}
	parsed, err := parseBase(host, insecure)
	if err == nil && parsed.url != parsed.origin {
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
	case parsed.Scheme == "http" && !insecure && !rest.Loopback(parsed.Hostname()):
		return base{}, errors.New("it must be https: plain http is for loopback addresses, or WithInsecureHTTP")
	}
	trimmed := strings.TrimRight(parsed.EscapedPath(), "/")
	if trimmed != "" {
		if err := rest.CheckRoute(trimmed); err != nil {
			return base{}, err
		}
	}
	origin := originOf(parsed)
	return base{url: origin + trimmed, origin: origin}, nil
}

// originOf returns scheme, host and port, the port only where it is not the
// scheme's own, so that two spellings of one origin compare equal.
func originOf(address *url.URL) string {
	return address.Scheme + "://" + rest.HostOf(address)
}
