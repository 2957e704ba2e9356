package web

import "sync/atomic"

// Stats count what a Client has done.
type Stats struct {
	Requests    int64 // HTTP requests sent, each redirect and each retry counted
	Retries     int64 // attempts after the first, and resumed bodies
	Bytes       int64 // body bytes received, as they came over the wire
	CacheHits   int64 // answers from the cache without a request
	Revalidated int64 // answers from the cache after 304 Not Modified
	Stale       int64 // answers from the cache because the upstream is down
}

type counters struct {
	requests, retries, bytes, hits, revalidated, stale atomic.Int64
}

// Stats returns the counts up to now.
func (c *Client) Stats() Stats {
	return Stats{
		Requests:    c.stats.requests.Load(),
		Retries:     c.stats.retries.Load(),
		Bytes:       c.stats.bytes.Load(),
		CacheHits:   c.stats.hits.Load(),
		Revalidated: c.stats.revalidated.Load(),
		Stale:       c.stats.stale.Load(),
	}
}
