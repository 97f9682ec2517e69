package returningaitest

import (
	"errors"
	"fmt"
	"time"
)

// Option configures a server. An option that got a value it cannot use makes
// [Start] fail.
type Option func(*config) error

type config struct {
	clock      func() time.Time
	maxBody    int64
	logLimit   int
	seedless   bool
	skipPaging bool
	totalless  bool
	rateLimit  int
	ratePeriod time.Duration
	userCount  int
	userSource func(int) User
}

func newConfig(opts []Option) (config, error) {
	settings := config{clock: time.Now, maxBody: 1 << 20, logLimit: 10_000}
	var problems []error
	for _, opt := range opts {
		if opt == nil {
			continue
		}
		problems = append(problems, opt(&settings))
	}
	return settings, errors.Join(problems...)
}

// WithClock sets the clock that tokens expire by, rate limits are counted by
// and everything is dated with. The default is [time.Now]. It does not govern
// [Fault.Delay], which is real time. The clock must not call the server.
func WithClock(clock func() time.Time) Option {
	return func(c *config) error {
		if clock == nil {
			return errors.New("WithClock: the clock is nil")
		}
		c.clock = clock
		return nil
	}
}

// WithMaxBody sets how many bytes of a request's body are read; a longer one
// is answered with 413 (assumed). The default is 1 MiB. Operations that take
// an uploaded file are not bound by it.
func WithMaxBody(bytes int64) Option {
	return func(c *config) error {
		if bytes <= 0 {
			return fmt.Errorf("WithMaxBody: %d is not positive", bytes)
		}
		c.maxBody = bytes
		return nil
	}
}

// WithRequestLogLimit sets how many requests [Server.Requests] keeps; older
// ones are dropped. The default is 10,000; 0 keeps none.
func WithRequestLogLimit(requests int) Option {
	return func(c *config) error {
		if requests < 0 {
			return fmt.Errorf("WithRequestLogLimit: %d is negative", requests)
		}
		c.logLimit = requests
		return nil
	}
}

// WithoutSeed starts the server with nothing in its community. The default API
// key and token are there all the same.
func WithoutSeed() Option {
	return func(c *config) error {
		c.seedless = true
		return nil
	}
}

// WithRateLimit answers 429 to every request of a credential beyond the given
// number in one period, with the seconds that are left of the period, rounded
// up, in Retry-After. Periods are counted by the server's clock from the first
// request on. That the live service limits at all, and how, is assumed.
func WithRateLimit(requests int, period time.Duration) Option {
	return func(c *config) error {
		if requests <= 0 || period <= 0 {
			return fmt.Errorf("WithRateLimit: %d requests in %v: both must be positive", requests, period)
		}
		c.rateLimit, c.ratePeriod = requests, period
		return nil
	}
}

// WithSkipPaging makes the lists of the Application family count by skip: their
// query takes skip instead of page, and meta answers it. Both are documented
// for meta; that the query follows is assumed.
func WithSkipPaging() Option {
	return func(c *config) error {
		c.skipPaging = true
		return nil
	}
}

// WithoutTotals leaves the total out of the lists of the Application family.
func WithoutTotals() Option {
	return func(c *config) error {
		c.totalless = true
		return nil
	}
}

// WithUserSource lengthens the user list by so many users, which are made when
// they are looked at: source returns the one of a number from 0 on, always the
// same, and must not call the server. A list of a million users so takes no
// memory. They come after all other users, and only integration.users.filter
// knows them.
func WithUserSource(count int, source func(number int) User) Option {
	return func(c *config) error {
		if count < 0 || source == nil {
			return fmt.Errorf("WithUserSource: the count %d is negative or the source is nil", count)
		}
		c.userCount, c.userSource = count, source
		return nil
	}
}
