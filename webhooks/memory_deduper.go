package webhooks

import (
	"container/list"
	"context"
	"errors"
	"sync"
	"time"
)

const (
	defaultDedupeCapacity  = 100_000
	defaultDedupeRetention = 24 * time.Hour
)

var errDedupeFull = errors.New("webhooks: memory deduper: full of deliveries in flight")

// MemoryDeduper is a [Deduper] in the memory of one process. It is bounded, and
// forgets entries that are older than its retention. The end of the process
// loses everything that it holds. Make one with [NewMemoryDeduper].
type MemoryDeduper struct {
	capacity  int
	retention time.Duration

	mu        sync.Mutex
	entries   map[string]*list.Element
	claimed   *list.List // *dedupeEntry
	committed *list.List // *dedupeEntry, in order of expiry
}

type dedupeEntry struct {
	key, token string
	committed  bool
	expires    time.Time
}

// NewMemoryDeduper makes a deduper that remembers at most capacity deliveries,
// each for the length of retention after it was handled. When full, it evicts
// expired claims first, then the oldest committed delivery; never one in
// flight. Both must be more than zero, and retention well above the time over
// which the sender retries.
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

// Retention returns how long a delivery is remembered.
func (m *MemoryDeduper) Retention() time.Duration { return m.retention }

// Claim implements [Deduper].
func (m *MemoryDeduper) Claim(_ context.Context, key, token string, lease time.Duration) (ClaimState, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	m.forget(now)
	entry := m.find(key, now)
	switch {
	case entry == nil && !m.hasRoom(now):
		return 0, errDedupeFull
	case entry == nil:
		m.put(m.claimed, &dedupeEntry{key: key, token: token, expires: now.Add(lease)})
	case entry.committed:
		return Committed, nil
	case entry.token != token:
		return InFlight, nil
	default:
		entry.expires = now.Add(lease)
	}
	return Claimed, nil
}

// Renew implements [Deduper].
func (m *MemoryDeduper) Renew(_ context.Context, key, token string, lease time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	entry := m.find(key, now)
	if entry == nil || entry.committed || entry.token != token {
		return ErrClaimLost
	}
	entry.expires = now.Add(lease)
	return nil
}

// Commit implements [Deduper].
func (m *MemoryDeduper) Commit(_ context.Context, key, token string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	if entry := m.find(key, now); entry != nil && entry.token != token {
		return ErrClaimLost
	}
	m.remove(key)
	if !m.hasRoom(now) {
		return errDedupeFull
	}
	m.put(m.committed, &dedupeEntry{key: key, token: token, committed: true, expires: now.Add(m.retention)})
	return nil
}

// Release implements [Deduper].
func (m *MemoryDeduper) Release(_ context.Context, key, token string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if entry := m.find(key, time.Now()); entry != nil && !entry.committed && entry.token == token {
		m.remove(key)
	}
	return nil
}

// find returns the entry of a key, unless it has expired.
func (m *MemoryDeduper) find(key string, now time.Time) *dedupeEntry {
	element, ok := m.entries[key]
	if !ok {
		return nil
	}
	if expired(element, now) {
		m.remove(key)
		return nil
	}
	return element.Value.(*dedupeEntry)
}

func (m *MemoryDeduper) put(in *list.List, entry *dedupeEntry) {
	m.entries[entry.key] = in.PushBack(entry)
}

// remove forgets a key, whichever list it is in.
func (m *MemoryDeduper) remove(key string) {
	if element, ok := m.entries[key]; ok {
		delete(m.entries, key)
		m.claimed.Remove(element) // does nothing for an element of the other list
		m.committed.Remove(element)
	}
}

// forget drops a few entries that have expired: more than one call adds.
func (m *MemoryDeduper) forget(now time.Time) {
	for _, entries := range []*list.List{m.committed, m.claimed} {
		for range 2 {
			if front := entries.Front(); front != nil && expired(front, now) {
				m.remove(front.Value.(*dedupeEntry).key)
			}
		}
	}
}

func expired(element *list.Element, now time.Time) bool {
	return !now.Before(element.Value.(*dedupeEntry).expires)
}

// hasRoom reports whether there is room for an entry, and evicts one if need
// be. It looks at a few claims only, and puts those that have not expired behind
// the others, so that the next call looks at those.
func (m *MemoryDeduper) hasRoom(now time.Time) bool {
	if len(m.entries) < m.capacity {
		return true
	}
	const looks = 8
	for range min(looks, m.claimed.Len()) {
		front := m.claimed.Front()
		if expired(front, now) {
			m.remove(front.Value.(*dedupeEntry).key)
			return true
		}
		m.claimed.MoveToBack(front)
	}
	oldest := m.committed.Front()
	if oldest == nil {
		return false
	}
	m.remove(oldest.Value.(*dedupeEntry).key)
	return true
}
