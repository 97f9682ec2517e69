// Package redisdedupe is a store for webhook deliveries in Redis, which several
// processes share: a [webhooks.Deduper].
//
//	client := redis.NewClient(&redis.Options{Addr: "localhost:6379", ContextTimeoutEnabled: true})
//	deduper, err := redisdedupe.New(client, redisdedupe.Options{WhenDown: redisdedupe.Refuse})
//	receiver, err := webhooks.NewReceiver(
//		webhooks.WithStandardWebhooks(secret),
//		webhooks.WithDeduper(deduper),
//	)
//
// Redis forgets what it has not written to disk. With appendonly yes and
// appendfsync everysec, a crash of the server can lose the last second, and a
// duplicate of a delivery from that second is then handled again.
package redisdedupe

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/returningai/returningai-go/webhooks"
)

// WhenDown decides about deliveries that arrive while Redis cannot be reached.
type WhenDown uint8

// The choices. There is no default.
const (
	// Refuse responds with 503, so that the sender retries later. Deliveries
	// are lost if Redis is down for longer than the sender retries.
	Refuse WhenDown = iota + 1
	// Work handles them without a record, so that duplicates are handled
	// again; see [webhooks.FailOpen].
	Work
)

// Options configure [New].
type Options struct {
	// WhenDown is required.
	WhenDown WhenDown
	// OnError is called with every error of Redis. It is required with Work.
	OnError func(err error)
	// Retention is how long a delivery is remembered: 24 hours by default, and
	// at least a second.
	Retention time.Duration
	// Prefix stands before every key: "webhook:" by default.
	Prefix string
}

// New makes a deduper. The client must end its calls with their contexts: set
// ContextTimeoutEnabled in its options. A client of a cluster works too.
func New(client redis.UniversalClient, options Options) (webhooks.Deduper, error) {
	if options.Retention == 0 {
		options.Retention = 24 * time.Hour
	}
	if options.Prefix == "" {
		options.Prefix = "webhook:"
	}
	switch {
	case client == nil:
		return nil, errors.New("redisdedupe: client is nil")
	case !endsWithContext(client):
		return nil, errors.New("redisdedupe: set ContextTimeoutEnabled in the client's options, or a hanging Redis holds up every delivery")
	case options.WhenDown != Refuse && options.WhenDown != Work:
		return nil, errors.New("redisdedupe: WhenDown: choose Refuse or Work")
	case options.WhenDown == Work && options.OnError == nil:
		return nil, errors.New("redisdedupe: OnError: is required with Work, which hides the errors otherwise")
	case options.Retention < time.Second:
		return nil, errors.New("redisdedupe: Retention: must be at least a second")
	}
	made := &deduper{client, options}
	if options.WhenDown == Work {
		return webhooks.FailOpen(made, options.OnError), nil
	}
	return made, nil
}

// endsWithContext reports whether calls of a client end with their context.
// Clients of other types are trusted.
func endsWithContext(client redis.UniversalClient) bool {
	switch client := client.(type) {
	case *redis.Client:
		return client.Options().ContextTimeoutEnabled
	case *redis.ClusterClient:
		return client.Options().ContextTimeoutEnabled
	}
	return true
}

type deduper struct {
	client  redis.UniversalClient
	options Options
}

// A key holds "c" and the token while it is claimed, "d" and the token when it
// is done. Redis drops it when it expires.
var (
	claim = redis.NewScript(`
local held = redis.call('GET', KEYS[1])
if not held or held == 'c' .. ARGV[1] then
  redis.call('SET', KEYS[1], 'c' .. ARGV[1], 'PX', ARGV[2])
  return 'claimed'
end
if string.sub(held, 1, 1) == 'd' then return 'done' end
return 'held'`)
	renew = redis.NewScript(`
if redis.call('GET', KEYS[1]) ~= 'c' .. ARGV[1] then return 'lost' end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 'ok'`)
	commit = redis.NewScript(`
local held = redis.call('GET', KEYS[1])
if held and held ~= 'c' .. ARGV[1] and held ~= 'd' .. ARGV[1] then return 'lost' end
redis.call('SET', KEYS[1], 'd' .. ARGV[1], 'PX', ARGV[2])
return 'ok'`)
	release = redis.NewScript(`
if redis.call('GET', KEYS[1]) == 'c' .. ARGV[1] then redis.call('DEL', KEYS[1]) end
return 'ok'`)
)

// run runs a script, and makes errors of what the store says.
func (d *deduper) run(ctx context.Context, script *redis.Script, key, token string, expires time.Duration) (string, error) {
	said, err := script.Run(ctx, d.client, []string{d.options.Prefix + key}, token, max(expires.Milliseconds(), 1)).Text()
	switch {
	case err != nil:
		if d.options.OnError != nil && d.options.WhenDown == Refuse {
			d.options.OnError(err)
		}
		return "", fmt.Errorf("redisdedupe: %w", err)
	case said == "lost":
		return "", webhooks.ErrClaimLost
	}
	return said, nil
}

// Claim implements [webhooks.Deduper].
func (d *deduper) Claim(ctx context.Context, key, token string, lease time.Duration) (webhooks.ClaimState, error) {
	said, err := d.run(ctx, claim, key, token, lease)
	return map[string]webhooks.ClaimState{
		"claimed": webhooks.Claimed, "held": webhooks.InFlight, "done": webhooks.Committed,
	}[said], err
}

// Renew implements [webhooks.Deduper].
func (d *deduper) Renew(ctx context.Context, key, token string, lease time.Duration) error {
	_, err := d.run(ctx, renew, key, token, lease)
	return err
}

// Commit implements [webhooks.Deduper].
func (d *deduper) Commit(ctx context.Context, key, token string) error {
	_, err := d.run(ctx, commit, key, token, d.options.Retention)
	return err
}

// Release implements [webhooks.Deduper].
func (d *deduper) Release(ctx context.Context, key, token string) error {
	_, err := d.run(ctx, release, key, token, 0)
	return err
}

// Retention returns how long a delivery is remembered.
func (d *deduper) Retention() time.Duration { return d.options.Retention }
