package upstream

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// results counts what came out.
type results struct {
	bad      atomic.Int64
	mu       sync.Mutex
	seeds    int
	injected map[string]int            // faults of each kind
	outcomes map[string]int            // runs
	by       map[string]map[string]int // runs in which a kind occurred
}

func newResults() *results {
	return &results{injected: map[string]int{}, outcomes: map[string]int{}, by: map[string]map[string]int{}}
}

func (r *results) add(c *chaos, outcome string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seeds++
	r.outcomes[outcome]++
	for kind, n := range c.injected {
		r.injected[kind] += n
		if r.by[kind] == nil {
			r.by[kind] = map[string]int{}
		}
		short, _, _ := strings.Cut(outcome, ":")
		r.by[kind][short]++
	}
}

// String is a table for the documentation.
func (r *results) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d seeds, %d violations\n\n", r.seeds, r.bad.Load())
	for _, outcome := range slices.Sorted(maps.Keys(r.outcomes)) {
		fmt.Fprintf(&b, "* %s: %d runs\n", outcome, r.outcomes[outcome])
	}
	b.WriteString("\n| fault | injected | runs with it | ended right | clear error |\n|---|---|---|---|---|\n")
	for _, kind := range slices.Sorted(maps.Keys(r.injected)) {
		by := r.by[kind]
		open := by[lacking] + by[redirected]
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d |\n", kind, r.injected[kind], by["right"]+open+by["error"], by["right"]+open, by["error"])
	}
	return b.String()
}
