package simple

import (
	"net/url"
	"sync"
)

// enough is how many wheels are asked for a ".metadata" file before what came of it
// decides whether more are.
const enough = 8

// reading is what was learned of the ways to read metadata.
type reading struct {
	mu       sync.Mutex
	found    int // wheels for which the index offers no metadata, and which had it
	missing  int
	noRanges map[string]bool // hosts that give whole files only
	noSuffix map[string]bool // hosts that do not know the last bytes of a file
}

// mayHaveSiblings reports whether it is worth to ask for a ".metadata" file that
// the index says nothing of: one that is not there costs a request, and one that is
// saves no more than some bytes where the host gives ranges.
func (r *reading) mayHaveSiblings(host string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.found+r.missing < enough:
		return true
	case r.noRanges[host]:
		return r.found > 0
	}
	return r.found >= 2*r.missing
}

func (r *reading) sibling(found bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if found {
		r.found++
	} else {
		r.missing++
	}
}

// ranges returns what is known of a host.
func (r *reading) ranges(host string) (noRanges, noSuffix bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.noRanges[host], r.noSuffix[host]
}

// without notes that a host gives whole files only, or only no last bytes.
func (r *reading) without(host string, ranges bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.noRanges == nil {
		r.noRanges, r.noSuffix = map[string]bool{}, map[string]bool{}
	}
	if ranges {
		r.noRanges[host] = true
	}
	r.noSuffix[host] = true
}

func hostOf(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return parsed.Scheme + "://" + parsed.Host
}
