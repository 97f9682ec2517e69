package webhooks

// Len returns how many deliveries are held, also those that have expired.
func (m *MemoryDeduper) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.entries)
}
