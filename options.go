package returningai

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

// Option configures a [Client]. Options are applied in their order. A later one
// replaces an earlier one of its kind, except those that add: [WithMiddleware],
// [WithHooks], [WithHeader], [WithCommunityHost], [WithRoute] and
// [WithOperationFamily].
type Option interface {
	apply(config *config) error
}

// option is an Option with the name that its errors start with.
type option struct {
	name string
	set  func(*config) error
}

func (o option) apply(config *config) error {
	if err := o.set(config); err != nil {
		return &optionError{o.name, err}
	}
	return nil
}

// optionError names the option that cannot be used. It matches [ErrInvalid].
type optionError struct {
	option string
	cause  error
}

func (e *optionError) Error() string { return "returningai: " + e.option + ": " + e.cause.Error() }

func (e *optionError) Unwrap() []error { return []error{ErrInvalid, e.cause} }

// WithAPIKey sets the community's API key, for the System family and for
// single sign-on. It holds full rights: keep it on servers.
func WithAPIKey(key string) Option {
	return option{"WithAPIKey", func(c *config) error { return c.setAPIKey(key) }}
}

// WithBearer sets the bearer token of the Integration and Application
// families: an integration key, a user API key, or a token returned by login.
func WithBearer(token string) Option {
	return option{"WithBearer", func(c *config) error { return c.setBearer(token) }}
}

// WithBearerSource sets a function that gets the bearer token of the Integration
// and Application families. See [BearerSource].
func WithBearerSource(source func(ctx context.Context) (Token, error)) Option {
	return option{"WithBearerSource", func(c *config) error {
		authenticator, err := BearerSource(source)
		if err != nil {
			return err
		}
		c.authenticators[FamilyIntegration] = authenticator
		c.authenticators[FamilyApplication] = authenticator
		return nil
	}}
}

// WithAuthenticator sets how the requests of one family are authenticated.
func WithAuthenticator(family Family, authenticator Authenticator) Option {
	return option{"WithAuthenticator", func(c *config) error {
		if _, known := familyCredentials[family]; !known {
			return fmt.Errorf("there is no family %q", family)
		}
		if authenticator == nil {
			return errors.New("the authenticator must not be nil")
		}
		c.authenticators[family] = authenticator
		return nil
	}}
}

// WithEnvironment sets the base URLs of all families. [WithBaseURL] overrides one
// of them.
func WithEnvironment(environment Environment) Option {
	return option{"WithEnvironment", func(c *config) error {
		c.environment = &environment
		return nil
	}}
}

// WithBaseURL sets the base URL of one family: System, Integration or
// Application. It must be https, unless it is a loopback address or
// [WithInsecureHTTP] is given, and hold no user, query or fragment.
func WithBaseURL(family Family, url string) Option {
	return option{"WithBaseURL", func(c *config) error {
		if family == FamilyCommunityHost {
			return errors.New("the community's hosts are set by WithCommunityHost")
		}
		if _, known := familyCredentials[family]; !known {
			return fmt.Errorf("there is no family %q", family)
		}
		c.baseURLs[family] = url
		return nil
	}}
}

// WithCommunityHost adds hosts of communities, for single sign-on: names with or
// without a port. A call chooses one of them and reaches no other. A host means
// https; give an http origin, such as a test server's "http://127.0.0.1:8080", in
// full.
func WithCommunityHost(hosts ...string) Option {
	return option{"WithCommunityHost", func(c *config) error {
		if len(hosts) == 0 {
			return errors.New("no host is given")
		}
		c.communityHosts = append(c.communityHosts, hosts...)
		return nil
	}}
}

// WithCommunity sets the default community. A CommunityID in a call's parameters
// overrides it. Find the ID in the community's settings, under Appearance.
func WithCommunity(id string) Option {
	return option{"WithCommunity", func(c *config) error {
		if strings.TrimSpace(id) == "" {
			return errors.New("the id must not be empty")
		}
		c.community = id
		return nil
	}}
}

// WithAPIKeyInLoginURL puts the community's API key into a login URL that came
// without one, see system.ErrLoginURLWithoutKey. Such a URL does not work
// otherwise. The key has full rights on the community, and everyone who sees the
// URL sees it: the user, their browser's history and each proxy. Prefer to have
// the community's settings corrected.
func WithAPIKeyInLoginURL() Option {
	return option{"WithAPIKeyInLoginURL", func(c *config) error {
		c.keyInLoginURL = true
		return nil
	}}
}

// WithInsecureHTTP allows plain http:// base URLs for any host. Credentials
// and responses then cross the network in clear text.
func WithInsecureHTTP() Option {
	return option{"WithInsecureHTTP", func(c *config) error {
		c.insecureHTTP = true
		return nil
	}}
}

// WithHTTPClient sets the HTTP client that sends requests. It is copied, never
// changed. Its redirect policy is not used, since redirects are never followed. Its
// transport sees the credentials.
func WithHTTPClient(client *http.Client) Option {
	return option{"WithHTTPClient", func(c *config) error {
		if client == nil {
			return errors.New("the client must not be nil")
		}
		c.httpClient = client
		return nil
	}}
}

// Middleware wraps the sending of every attempt.
type Middleware func(next http.RoundTripper) http.RoundTripper

// WithMiddleware adds middleware, the first one outermost. It runs before the
// credential is set and never sees it. It must not change scheme, host or context
// of the request: a request to another origin is refused.
func WithMiddleware(middleware ...Middleware) Option {
	return option{"WithMiddleware", func(c *config) error {
		for _, wrap := range middleware {
			if wrap == nil {
				return errors.New("middleware must not be nil")
			}
		}
		c.middleware = append(c.middleware, middleware...)
		return nil
	}}
}

// WithUserAgent puts product, as in "mybot/1.2", before this module's own
// name in the header User-Agent.
func WithUserAgent(product string) Option {
	return option{"WithUserAgent", func(c *config) error {
		if strings.TrimSpace(product) == "" || !isHeaderValue(product) {
			return errors.New("the product must be printable text, not empty")
		}
		c.userAgent = product
		return nil
	}}
}

// WithHeader adds a header to every request, such as one that a gateway wants.
// Its value is kept out of everything that the client shows. Headers that carry
// the credential or frame the request, Host and Idempotency-Key are refused.
func WithHeader(name, value string) Option {
	return option{"WithHeader", func(c *config) error {
		name := http.CanonicalHeaderKey(name)
		switch {
		case !isHeaderName(name):
			return errors.New("the name must be letters, digits and dashes")
		case slices.Contains(reservedHeaders, name):
			return fmt.Errorf("%s is set by the client itself", name)
		case strings.TrimSpace(value) != value || value == "" || !isHeaderValue(value):
			return errors.New("the value must be printable text without spaces around it, not empty")
		}
		c.headers.Add(name, value)
		return nil
	}}
}

// reservedHeaders carry the credential, frame the request, or make net/http send
// it again by itself.
var reservedHeaders = []string{
	"Authorization", "X-Api-Key", "Apikey", "Cookie", "Proxy-Authorization", "Hostname", "Host",
	"Accept", "Accept-Encoding", "User-Agent", "Content-Type", "Content-Length", "Content-Encoding",
	"Transfer-Encoding", "Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Upgrade", "Expect",
	"Idempotency-Key", "X-Idempotency-Key",
}

// isHeaderName reports whether text can be the name of a header.
func isHeaderName(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}

// isHeaderValue reports whether a header can carry text.
func isHeaderValue(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xfeff })
}

// WithAttemptTimeout limits one attempt, the reading of its response included. The
// default is 30 seconds, 0 means no limit. During an upload the time starts again
// whenever bytes are sent. The context limits the call as a whole.
func WithAttemptTimeout(timeout time.Duration) Option {
	return option{"WithAttemptTimeout", func(c *config) error {
		if timeout < 0 {
			return errors.New("the timeout must not be negative")
		}
		c.attemptTimeout = timeout
		return nil
	}}
}

// WithRetryPolicy sets how calls are retried. Start with [DefaultRetryPolicy] and
// change what differs.
func WithRetryPolicy(policy RetryPolicy) Option {
	return option{"WithRetryPolicy", func(c *config) error {
		c.retry = policy
		c.budget = policy.budget()
		return policy.check()
	}}
}

// WithRateLimit limits the client to perSecond attempts a second on average, and
// burst at once. Calls wait for their turn as long as their context allows. A call
// that could not be sent before its deadline fails at once, and matches
// context.DeadlineExceeded.
func WithRateLimit(perSecond float64, burst int) Option {
	return option{"WithRateLimit", func(c *config) error {
		if !(perSecond > 0) || burst < 1 {
			return errors.New("the rate must be above 0 and the burst at least 1")
		}
		c.limiter = rate.NewLimiter(rate.Limit(perSecond), burst)
		return nil
	}}
}

// WithoutRateLimitGate lets calls out although the server has just refused
// another one with 429 and a Retry-After. By default the client holds back its
// calls to that host, under that credential, until the Retry-After has passed,
// and then lets them through gradually: a burst finishes instead of failing. A
// held call whose deadline is too early, or with MaxAttempts 1, fails at once
// with [ErrRateLimited].
func WithoutRateLimitGate() Option {
	return option{"WithoutRateLimitGate", func(c *config) error {
		c.gates = nil
		return nil
	}}
}

// WithLogger logs one record for each call, at debug level if it succeeded and at
// warn level if it failed, and one for each retry, at info level. Attributes are
// named after the OpenTelemetry conventions. Bodies, header values, queries and
// ids are never logged.
func WithLogger(logger *slog.Logger) Option {
	return option{"WithLogger", func(c *config) error {
		if logger == nil {
			return errors.New("the logger must not be nil")
		}
		c.logger = logger
		return nil
	}}
}

// WithHooks adds functions that are called as calls proceed.
func WithHooks(hooks Hooks) Option {
	return option{"WithHooks", func(c *config) error {
		c.hooks = append(c.hooks, hooks)
		return nil
	}}
}

// WithMaxResponseBytes limits the size of a response. The default is 16 MiB. A
// larger response fails with [ErrUnexpectedResponse].
func WithMaxResponseBytes(limit int64) Option {
	return option{"WithMaxResponseBytes", func(c *config) error {
		if limit < 1 {
			return errors.New("the limit must be at least 1 byte")
		}
		c.maxResponseBytes = min(limit, math.MaxInt64-1) // one more byte is read, to tell
		return nil
	}}
}

// WithRoute replaces method and path of an operation, such as
// [OperationIntegrationChannelsList], for a route that this package assumes and
// that turns out to be wrong. The path must begin with one slash and have the
// placeholders of the original, each once. It may have a query. It always stays
// under the family's base URL.
func WithRoute(operationID, method, path string) Option {
	return option{"WithRoute", func(c *config) error {
		op := findOperation(operationID)
		if op == nil {
			return fmt.Errorf("there is no operation %q", operationID)
		}
		route, err := op.ReplaceRoute(method, path)
		if err != nil {
			return fmt.Errorf("%s: %w", operationID, err)
		}
		c.routes[operationID] = route
		return nil
	}}
}

// WithOperationFamily sends an operation (see [Operations]) to the base URL of
// another family, System, Integration or Application, with that family's
// credential, for an operation that turns out to be served there. Its path stays,
// unless [WithRoute] replaces it.
func WithOperationFamily(operationID string, family Family) Option {
	return option{"WithOperationFamily", func(c *config) error {
		op := findOperation(operationID)
		switch {
		case op == nil:
			return fmt.Errorf("there is no operation %q", operationID)
		case !hasBaseURL(family):
			return fmt.Errorf("%s: the family must be FamilySystem, FamilyIntegration or FamilyApplication", operationID)
		case !hasBaseURL(Family(op.Family)):
			return fmt.Errorf("%s: single sign-on is tied to the community's host", operationID)
		}
		c.families[operationID] = family
		return nil
	}}
}
