package simple

import (
	"net/url"
	"sync"
)

// enough is how many wheels without a ".metadata" file show that an index has
// none, as long as no wheel had one.
const enough = 8

// reading is what was learned of the ways to read metadata.
type reading struct {
	mu       sync.Mutex
	found    bool // of wheels for which the index offers no metadata, one had it
	missing  int
	noRanges map[string]bool // hosts that give whole files only
	noSuffix map[string]bool // hosts that do not know the last bytes of a file
}

// mayHaveSiblings reports whether it is worth to ask for a ".metadata" file that
// the index says nothing of.
func (r *reading) mayHaveSiblings() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.found || r.missing < enough
}

func (r *reading) sibling(found bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.found = r.found || found; !found {
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
