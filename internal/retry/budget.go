package retry

import "sync"

// Budget bounds the repeats of a whole client, so that an outage is not made
// worse by everyone repeating everything: it starts with burst repeats, and
// every call earns ratio of another one, never above burst. All repeats are
// thus at most burst + ratio × calls at any moment.
//
// A nil budget is unlimited. It is safe for concurrent use.
type Budget struct {
	burst, ratio float64

	mu   sync.Mutex
	left float64
}

// NewBudget returns a full budget.
func NewBudget(burst int, ratio float64) *Budget {
	return &Budget{burst: float64(burst), ratio: ratio, left: float64(burst)}
}

// Earn credits one call.
func (b *Budget) Earn() {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left = min(b.left+b.ratio, b.burst)
}

// Spend takes one repeat, and reports whether there was one left.
func (b *Budget) Spend() bool {
	if b == nil {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}
