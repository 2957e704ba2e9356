package web

import (
	"sync"
	"time"
)

// outages remember which origins are down, so that a run with a thousand cached
// documents does not wait a thousand times. The zero value is ready.
type outages struct {
	mu    sync.Mutex
	until map[string]time.Time
}

// begin notes an outage and reports whether it is the origin's first.
func (o *outages) begin(origin string, now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.until == nil {
		o.until = map[string]time.Time{}
	}
	_, known := o.until[origin]
	o.until[origin] = now.Add(outageMemory)
	return !known
}

func (o *outages) lasts(origin string, now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return now.Before(o.until[origin])
}
