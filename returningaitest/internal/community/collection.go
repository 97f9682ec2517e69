package community

import "slices"

// Collection holds items of one kind in the order in which they were added.
type Collection[T any] struct {
	kind  string // in error texts
	id    func(*T) *string
	clone func(*T) T // a copy that shares nothing with the item
	all   []*T
	byID  map[string]*T
}

func collectionOf[T any](kind string, id func(*T) *string, clone func(*T) T) Collection[T] {
	if clone == nil {
		clone = func(item *T) T { return *item }
	}
	return Collection[T]{kind: kind, id: id, clone: clone, byID: map[string]*T{}}
}

// All returns the items themselves, oldest first.
func (c *Collection[T]) All() []*T { return c.all }

// Copies returns copies of the items, oldest first.
func (c *Collection[T]) Copies() []T { return c.copies(c.all) }

func (c *Collection[T]) copies(items []*T) []T {
	copied := make([]T, 0, len(items))
	for _, item := range items {
		copied = append(copied, c.clone(item))
	}
	return copied
}

// Find returns the item with an ID.
func (c *Collection[T]) Find(id string) (*T, error) {
	if item := c.byID[id]; item != nil {
		return item, nil
	}
	return nil, problem(NotFound, "%s not found", c.kind)
}

// add keeps a copy of an item whose ID is free, and completes an empty ID.
func (c *Collection[T]) add(item T, newID func() string) (*T, error) {
	kept := c.clone(&item)
	id := c.id(&kept)
	if c.byID[*id] != nil {
		return nil, problem(Conflict, "ID %q is taken", *id)
	}
	if *id == "" {
		*id = newID()
	}
	c.all = append(c.all, &kept)
	c.byID[*id] = &kept
	return &kept, nil
}

// copyOf returns a copy of an item that was added.
func (c *Collection[T]) copyOf(item *T, err error) (T, error) {
	if err != nil {
		var none T
		return none, err
	}
	return c.clone(item), nil
}

func (c *Collection[T]) remove(item *T) {
	c.all = slices.DeleteFunc(c.all, func(other *T) bool { return other == item })
	delete(c.byID, *c.id(item))
}

// assignments are what users hold, by the users' IDs, in the order in which
// they got it.
type assignments[T comparable] map[string][]T

// take removes the item that the user got last.
func (a assignments[T]) take(userID string, item T) {
	held := a[userID]
	for i, other := range slices.Backward(held) {
		if other == item {
			a[userID] = slices.Delete(held, i, i+1)
			return
		}
	}
}

func (a assignments[T]) takeFromAll(item T) {
	for userID, held := range a {
		a[userID] = slices.DeleteFunc(held, func(other T) bool { return other == item })
	}
}
