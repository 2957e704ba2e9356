package pypi

import (
	"strings"
	"sync"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
)

// ranks tells for one target which wheels it installs. What follows the version in
// the name of a wheel is the same for thousands of them, and is read once.
type ranks struct {
	selector *wheel.Selector

	mu    sync.Mutex
	byEnd map[string]wheelRank
}

// wheelRank says how much a target likes a wheel.
type wheelRank struct {
	supported bool
	place     int // of the best tag, 0 for the most preferred
	build     wheel.Build
}

// maxEnds is how many ends of names are kept.
const maxEnds = 1 << 14

func newRanks(selector *wheel.Selector) *ranks {
	return &ranks{selector: selector, byEnd: map[string]wheelRank{}}
}

// of returns the rank of a wheel by its file name.
func (r *ranks) of(filename string) wheelRank {
	_, rest, _ := strings.Cut(filename, "-")
	_, end, _ := strings.Cut(rest, "-")
	r.mu.Lock()
	defer r.mu.Unlock()
	known, ok := r.byEnd[end]
	if ok {
		return known
	}
	w, err := wheel.ParseWheel(filename)
	if err != nil {
		return known
	}
	known.place, known.supported = r.selector.Rank(w)
	known.build = w.Build
	if len(r.byEnd) >= maxEnds {
		clear(r.byEnd)
	}
	r.byEnd[strings.Clone(end)] = known
	return known
}

// better reports whether a wheel of rank a is preferred to one of rank b, as
// wheel.Selector.Better has it.
func (a wheelRank) better(name string, b wheelRank, other string) bool {
	switch {
	case a.supported != b.supported:
		return a.supported
	case a.place != b.place:
		return a.place < b.place
	}
	if order := a.build.Compare(b.build); order != 0 {
		return order > 0
	}
	return name < other
}
