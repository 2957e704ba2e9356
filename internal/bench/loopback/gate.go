package loopback

import (
	"net/http"
	"sync/atomic"
	"time"
)

// Gate answers every request after a delay, and counts them. It is safe for
// concurrent use; the zero value does not delay.
type Gate struct {
	delay atomic.Int64 // nanoseconds
	count atomic.Int64
}

// SetDelay sets what is added to each request from now on.
func (g *Gate) SetDelay(delay time.Duration) { g.delay.Store(int64(delay)) }

// Requests returns how many requests have passed.
func (g *Gate) Requests() int64 { return g.count.Load() }

// wait counts a request and holds it back. It reports false when the client has
// gone meanwhile.
func (g *Gate) wait(r *http.Request) bool {
	g.count.Add(1)
	delay := time.Duration(g.delay.Load())
	if delay <= 0 {
		return true
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// ServeHTTP says that the request may go on, as nginx asks it for every file.
func (g *Gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if g.wait(r) {
		w.WriteHeader(http.StatusNoContent)
	}
}

// before returns a handler that lets requests through to next.
func (g *Gate) before(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.wait(r) {
			next.ServeHTTP(w, r)
		}
	})
}
