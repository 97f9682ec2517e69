package webhooks

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"time"
)

// Deduper remembers which deliveries have been handled, so that a duplicate
// is acknowledged without calling you again. [MemoryDeduper] serves one
// process. Several processes need a store that they share: contrib/redisdedupe,
// contrib/sqldedupe, or your own, which webhooks/dedupetest checks.
//
// A key has 64 characters, 0-9 and a-f: a digest of the verifier, the URL path
// of the hook and the delivery id. A token has at most 64 characters, A-Z, 0-9.
// The caller makes the token, a new one for every delivery that it works on.
//
// Implementations are safe for concurrent use, their calls are atomic across
// everything that shares the store, and a call ends when its context does. A
// call that panics counts as one that failed.
//
// Delivery is at least once, not exactly once: when a process dies, or the
// store cannot be reached, between the end of the callback and Commit, the
// lease runs out and a duplicate is handled again.
type Deduper interface {
	// Claim takes the key for the length of the lease, unless it is claimed
	// under another token, or committed. Claim may be retried with the same
	// token, for instance after a lost response: it returns Claimed again, and
	// the lease starts again. An error means that the store does not know.
	Claim(ctx context.Context, key, token string, lease time.Duration) (ClaimState, error)
	// Renew starts the lease of a claim again. It returns ErrClaimLost when the
	// token does not hold the key: the lease has run out, the key was released,
	// or it is committed. It never claims a key that is free.
	Renew(ctx context.Context, key, token string, lease time.Duration) error
	// Commit records that the delivery has been handled, for as long as
	// duplicates may arrive. It also does when the lease has run out, unless
	// another token has claimed or committed the key since: then it returns
	// ErrClaimLost. Commit may be retried with the same token.
	Commit(ctx context.Context, key, token string) error
	// Release gives the key back, since the callback failed. It does nothing,
	// and returns nil, when the token does not hold the key. It may be retried.
	Release(ctx context.Context, key, token string) error
}

// ClaimState is the result of [Deduper.Claim].
type ClaimState uint8

// The states of a key.
const (
	// Claimed means that the caller's token now holds the key.
	Claimed ClaimState = iota + 1
	// InFlight means that another token holds the key.
	InFlight
	// Committed means that the delivery has been handled.
	Committed
)

// ErrClaimLost is returned by a [Deduper] for a token that does not hold the
// key, and the cause with which the context of a callback is cancelled when its
// lease cannot be renewed.
var ErrClaimLost = errors.New("webhooks: the claim on the delivery is lost")

// dedupeKey returns the key of a delivery: the same id from another verifier or
// for another hook is another delivery.
func dedupeKey(parts ...string) string {
	hash := sha256.New()
	for _, part := range parts {
		hash.Write(binary.AppendUvarint(nil, uint64(len(part)))) // keeps the parts apart
		hash.Write([]byte(part))
	}
	return hex.EncodeToString(hash.Sum(nil))
}
