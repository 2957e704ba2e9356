package web

import "sync"

// doubts are about the cached documents that are not believed any more. The zero
// value believes all of them.
type doubts struct {
	mu       sync.Mutex
	anything bool
	settled  map[string]bool // keys that were asked for since
	used     map[string]bool // keys of all that the client found in the cache or put there
}

// Doubt makes the client ask anew, and without a validator, for every document
// that it had until now. It is for work that failed in a way that the metadata may
// be to blame for: what came damaged must not stay true until it has its age.
func (c *Client) Doubt() {
	c.doubts.mu.Lock()
	defer c.doubts.mu.Unlock()
	c.doubts.anything, c.doubts.settled = true, map[string]bool{}
}

// Forget removes every document that the client had from the cache, for the next
// one to ask anew.
func (c *Client) Forget() {
	c.doubts.mu.Lock()
	defer c.doubts.mu.Unlock()
	for key := range c.doubts.used {
		c.cache.remove(key)
	}
	c.doubts.used = nil
}

// about reports whether a document that the cache has is doubted.
func (d *doubts) about(key string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.use(key)
	return d.anything && !d.settled[key]
}

// settle notes that a document has come anew.
func (d *doubts) settle(key string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.use(key)
	if d.anything {
		d.settled[key] = true
	}
}

func (d *doubts) use(key string) {
	if d.used == nil {
		d.used = map[string]bool{}
	}
	d.used[key] = true
}
