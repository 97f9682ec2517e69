package transport

import "sync"

// Budget bounds the retries of a whole client, so that an outage is not made
// worse by everyone retrying everything. It starts with burst retries, and each
// call earns a share of another one, never above burst.
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

// Spend takes one retry, and reports whether one was left.
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
