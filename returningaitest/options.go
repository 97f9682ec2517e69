package returningaitest

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Option configures a server. An option with an invalid value makes [Start]
// fail.
type Option interface {
	apply(settings *config) error
}

// option is the only implementation of Option. Its errors start with the name.
type option struct {
	name string
	set  func(settings *config) error
}

func (o option) apply(settings *config) error {
	if err := o.set(settings); err != nil {
		return fmt.Errorf("%s: %w", o.name, err)
	}
	return nil
}

type config struct {
	clock         func() time.Time
	maxBody       int64
	logLimit      int
	seed          Seed
	skipPaging    bool
	withoutTotals bool
	rateLimit     int
	ratePeriod    time.Duration
	userCount     int
	userSource    func(int) User
	network       network
	address       string
	pages         func(*Server) http.Handler
}

func newConfig(opts []Option) (config, error) {
	settings := config{clock: time.Now, maxBody: 1 << 20, logLimit: 10_000, seed: DefaultSeed(), network: loopback{}}
	var problems []error
	for _, opt := range opts {
		if opt != nil {
			problems = append(problems, opt.apply(&settings))
		}
	}
	if settings.pages != nil && settings.address == "" {
		problems = append(problems, errors.New("WithPages: it needs WithAddress"))
	}
	return settings, errors.Join(problems...)
}

// set returns an option that cannot fail.
func set(name string, do func(*config)) Option {
	return option{name, func(c *config) error {
		do(c)
		return nil
	}}
}

// check returns an error unless the value of an option is valid.
func check(valid bool, format string, arguments ...any) error {
	if valid {
		return nil
	}
	return fmt.Errorf(format, arguments...)
}

// WithClock sets the clock for expiry, rate limits and dates. The default is
// [time.Now]. [Fault.Delay] is in real time. The clock must not call the server.
func WithClock(clock func() time.Time) Option {
	return option{"WithClock", func(c *config) error {
		c.clock = clock
		return check(clock != nil, "the clock is nil")
	}}
}

// WithMaxBody limits how many bytes of a request's body are read; a longer one
// gets 413 (assumed). The default is 1 MiB. Uploads of files have no limit.
func WithMaxBody(bytes int64) Option {
	return option{"WithMaxBody", func(c *config) error {
		c.maxBody = bytes
		return check(bytes > 0, "%d is not positive", bytes)
	}}
}

// WithRequestLogLimit sets how many requests [Server.Requests] and deliveries
// [Server.Deliveries] keep; older ones are dropped. The default is 10,000; 0
// keeps none.
func WithRequestLogLimit(requests int) Option {
	return option{"WithRequestLogLimit", func(c *config) error {
		c.logLimit = requests
		return check(requests >= 0, "%d is negative", requests)
	}}
}

// WithSeed sets what the community starts with. The default is [DefaultSeed].
func WithSeed(seed Seed) Option {
	return set("WithSeed", func(c *config) { c.seed = seed })
}

// WithoutSeed starts the server with an empty community. The default API key
// and token always exist.
func WithoutSeed() Option { return WithSeed(Seed{}) }

// WithRateLimit returns 429 to every request of a credential beyond a number
// in one period, with the rest of the period in Retry-After, in seconds,
// rounded up. Periods are counted by the server's clock from the first request.
// That the live service limits at all, and how, is assumed.
func WithRateLimit(requests int, period time.Duration) Option {
	return option{"WithRateLimit", func(c *config) error {
		c.rateLimit, c.ratePeriod = requests, period
		return check(requests > 0 && period > 0, "%d requests in %v: both must be positive", requests, period)
	}}
}

// WithSkipPaging makes the lists of the Application family count by skip: their
// query takes skip instead of page, and meta returns it. Both are documented
// for meta; that the query follows is assumed.
func WithSkipPaging() Option {
	return set("WithSkipPaging", func(c *config) { c.skipPaging = true })
}

// WithoutTotals omits the total in the lists of the Application family.
func WithoutTotals() Option {
	return set("WithoutTotals", func(c *config) { c.withoutTotals = true })
}

// WithUserSource appends users to the user list that take no memory: source
// returns the user with a number from 0, always the same, and must not call
// the server. Only integration.users.filter knows these users.
func WithUserSource(count int, source func(number int) User) Option {
	return option{"WithUserSource", func(c *config) error {
		c.userCount, c.userSource = count, source
		return check(count >= 0 && source != nil, "the count %d is negative or the source is nil", count)
	}}
}

// WithAddress listens on one address, such as "127.0.0.1:12111", for all
// families. Path prefixes tell them apart: see [Server.URL].
func WithAddress(address string) Option {
	return option{"WithAddress", func(c *config) error {
		c.address = address
		return check(address != "", "the address is empty")
	}}
}

// WithPages serves paths that start with "/_" with a handler, which is made
// when the server starts. These requests are not logged. It needs
// [WithAddress]. Package console has such a handler.
func WithPages(pages func(*Server) http.Handler) Option {
	return option{"WithPages", func(c *config) error {
		c.pages = pages
		return check(pages != nil, "the function is nil")
	}}
}

// WithInMemoryNetwork starts the server without sockets: only
// [Server.Transport] reaches it, which [Server.Client] uses. In a bubble of
// testing/synctest, waits such as Retry-After then take no real time:
//
//	synctest.Test(t, func(t *testing.T) {
//		srv := returningaitest.NewServer(t, returningaitest.WithInMemoryNetwork())
//		srv.Inject(returningaitest.Fault{Response: returningaitest.RetryAfter(429, "30")})
//		client := srv.Client()
//		defer client.CloseIdleConnections()
//		_, err := client.Integration.Channels.List(t.Context()) // waits in the bubble's time
//		require.NoError(t, err)
//	})
func WithInMemoryNetwork() Option {
	return set("WithInMemoryNetwork", func(c *config) { c.network = &memoryNetwork{} })
}
