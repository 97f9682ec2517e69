package webhooks

import (
	"container/list"
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"time"
)

// Deduper remembers which deliveries have been worked on, so that a repeat is
// acknowledged without calling back again. [MemoryDeduper] serves one process;
// several processes need a store that they share, which implements this.
//
// Implementations are safe for concurrent use, and Claim is atomic across
// everything that shares the store.
//
// Delivery is at least once, not exactly once: when a process dies, or the
// store cannot be reached, between the end of the callback and Commit, the
// lease runs out and a repeat calls back again.
type Deduper interface {
	// Claim takes the key for the length of the lease, and returns a token for
	// Commit and Release, unless it is claimed or committed already. An error
	// means that the store cannot tell: the delivery is answered with 503.
	Claim(ctx context.Context, key string, lease time.Duration) (Claim, error)
	// Commit records that the delivery has been worked on, for as long as
	// repeats may arrive. It fails when the claim of the token is lost.
	Commit(ctx context.Context, key, token string) error
	// Release gives the key back, since the callback failed. It does nothing
	// when the claim of the token is lost.
	Release(ctx context.Context, key, token string) error
}

// Claim is the answer to [Deduper.Claim].
type Claim struct {
	State ClaimState
	// Token proves the claim. It is set when State is Claimed.
	Token string
}

// ClaimState says what a key was found to be.
type ClaimState uint8

// The states of a key.
const (
	// Claimed means that the key was free and is now claimed by the caller.
	Claimed ClaimState = iota + 1
	// InFlight means that somebody else's claim has not run out.
	InFlight
	// Committed means that the delivery has been worked on.
	Committed
)

const (
	defaultDedupeCapacity  = 100_000
	defaultDedupeRetention = 24 * time.Hour
)

var (
	errDedupeFull = errors.New("webhooks: memory deduper: full of deliveries in flight")
	errClaimLost  = errors.New("webhooks: memory deduper: the claim is lost")
)

// MemoryDeduper is a [Deduper] in the memory of one process: bounded, and
// forgetting what is older than its retention. What it holds is lost when the
// process ends.
type MemoryDeduper struct {
	capacity  int
	retention time.Duration

	mu        sync.Mutex
	entries   map[string]*list.Element
	claimed   *list.List // *dedupeEntry, in order of claiming
	committed *list.List // *dedupeEntry, in order of expiry
}

type dedupeEntry struct {
	key     string
	token   string // empty once committed
	expires time.Time
}

// NewMemoryDeduper makes a deduper that remembers at most capacity deliveries,
// each for the length of retention after it was worked on. When it is full the
// oldest is forgotten early, a claim that has run out first; deliveries in
// flight never are. Both must be more
// than zero, and retention well above the time over which the sender repeats.
func NewMemoryDeduper(capacity int, retention time.Duration) (*MemoryDeduper, error) {
	if capacity < 1 || retention <= 0 {
		return nil, errors.New("webhooks: NewMemoryDeduper: capacity and retention must be more than zero")
	}
	return &MemoryDeduper{
		capacity:  capacity,
		retention: retention,
		entries:   map[string]*list.Element{},
		claimed:   list.New(),
		committed: list.New(),
	}, nil
}

// Claim implements [Deduper].
func (m *MemoryDeduper) Claim(_ context.Context, key string, lease time.Duration) (Claim, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	m.expire(now)
	if element, ok := m.entries[key]; ok {
		entry := m.entry(element)
		switch {
		case entry.token == "":
			return Claim{State: Committed}, nil
		case now.Before(entry.expires):
			return Claim{State: InFlight}, nil
		}
		m.remove(element)
	}
	if len(m.entries) >= m.capacity && !m.makeRoom(now) {
		return Claim{}, errDedupeFull
	}
	entry := &dedupeEntry{key: key, token: rand.Text(), expires: now.Add(lease)}
	m.entries[key] = m.claimed.PushBack(entry)
	return Claim{State: Claimed, Token: entry.token}, nil
}

// Commit implements [Deduper].
func (m *MemoryDeduper) Commit(_ context.Context, key, token string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	element, ok := m.entries[key]
	if !ok || m.entry(element).token != token || token == "" {
		return errClaimLost
	}
	m.remove(element)
	m.entries[key] = m.committed.PushBack(&dedupeEntry{key: key, expires: time.Now().Add(m.retention)})
	return nil
}

// Release implements [Deduper].
func (m *MemoryDeduper) Release(_ context.Context, key, token string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if element, ok := m.entries[key]; ok && token != "" && m.entry(element).token == token {
		m.remove(element)
	}
	return nil
}

func (m *MemoryDeduper) entry(element *list.Element) *dedupeEntry {
	return element.Value.(*dedupeEntry)
}

// remove forgets an entry, whichever list it is in.
func (m *MemoryDeduper) remove(element *list.Element) {
	delete(m.entries, m.entry(element).key)
	m.claimed.Remove(element) // does nothing for an element of the other list
	m.committed.Remove(element)
}

// expire forgets what was committed longer ago than the retention.
func (m *MemoryDeduper) expire(now time.Time) {
	for front := m.committed.Front(); front != nil && !now.Before(m.entry(front).expires); front = m.committed.Front() {
		m.remove(front)
	}
}

// makeRoom forgets one entry: the oldest claim when it has run out, or else the
// oldest that is committed, or else any claim that has run out.
func (m *MemoryDeduper) makeRoom(now time.Time) bool {
	over := func(element *list.Element) bool { return !now.Before(m.entry(element).expires) }
	if front := m.claimed.Front(); front != nil && over(front) {
		m.remove(front)
		return true
	}
	if front := m.committed.Front(); front != nil {
		m.remove(front)
		return true
	}
	for element := m.claimed.Front(); element != nil; element = element.Next() {
		if over(element) {
			m.remove(element)
			return true
		}
	}
	return false
}
