// Package recent keeps values that are likely to be needed again, as far as a
// given amount of memory goes.
package recent

import "sync"

// Cache keeps the values that were used last. It is safe for concurrent use.
// Nobody may change what it hands out.
//
// It has two generations: what is used goes into the young one, and when that is
// half of the limit it becomes the old one, in the place of what nobody used
// meanwhile.
type Cache[K comparable, V any] struct {
	limit int

	mu         sync.Mutex
	young, old map[K]entry[V]
	bytes      int // of the young
}

type entry[V any] struct {
	value V
	bytes int
}

// New returns a cache of about so many bytes.
func New[K comparable, V any](limit int) *Cache[K, V] {
	return &Cache[K, V]{limit: limit, young: map[K]entry[V]{}}
}

// Get returns what is kept under a key.
func (c *Cache[K, V]) Get(key K) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if found, ok := c.young[key]; ok {
		return found.value, true
	}
	found, ok := c.old[key]
	if ok {
		delete(c.old, key)
		c.put(key, found)
	}
	return found.value, ok
}

// Put keeps a value that takes about so many bytes, unless it would take the place
// of too many others. One that is there already stays.
func (c *Cache[K, V]) Put(key K, value V, bytes int) {
	if bytes > c.limit/4 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	_, young := c.young[key]
	if _, old := c.old[key]; !young && !old {
		c.put(key, entry[V]{value, bytes})
	}
}

func (c *Cache[K, V]) put(key K, one entry[V]) {
	if c.bytes > 0 && c.bytes+one.bytes > c.limit/2 {
		c.old, c.young, c.bytes = c.young, map[K]entry[V]{}, 0
	}
	c.young[key] = one
	c.bytes += one.bytes
}

// Len returns how many values are kept.
func (c *Cache[K, V]) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.young) + len(c.old)
}

// Bytes returns about how much memory the values take.
func (c *Cache[K, V]) Bytes() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	sum := c.bytes
	for _, one := range c.old {
		sum += one.bytes
	}
	return sum
}
