package verify

import (
	"context"
	"hash/fnv"
	"slices"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/store"
	"github.com/feedctl/feedctl/pkg/feed"
)

// sketched is a root by its id, with a sketch of what it asks for: the smallest
// hashes of the names, of which similar roots have many in common.
type sketched struct {
	id     string
	sketch []uint64 // ascending
}

// sketchSize is how many hashes a sketch has. It tells alike from unlike; that some
// names have the same hash does no harm.
const sketchSize = 16

// inOrder returns the ids of the roots of an ecosystem, those that ask for the same
// packages next to each other, so that what is read for one is there for the next.
// The order depends on the roots alone.
func (c *check) inOrder(ctx context.Context, e ecosystem.Ecosystem) ([]string, error) {
	var all []sketched
	for record, err := range c.feed.Roots(ctx, e.Name) {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			c.lost[e.Name].roots = true
			c.unreadable(e, Finding{}, err)
			continue
		}
		all = append(all, sketched{store.RootID(record.Request), sketch(record)})
	}
	return chain(all), nil
}

// sketch describes what a root asks for.
func sketch(record feed.RootRecord) []uint64 {
	var smallest []uint64
	add := func(name string) {
		hash := fnv.New64a()
		hash.Write([]byte(name))
		sum := hash.Sum64()
		at, known := slices.BinarySearch(smallest, sum)
		if !known && at < sketchSize {
			smallest = slices.Insert(smallest, at, sum)
			smallest = smallest[:min(len(smallest), sketchSize)]
		}
	}
	for _, requirement := range record.Requirements {
		add(requirement.Name)
	}
	if len(record.Requirements) == 0 {
		for _, id := range record.Releases {
			name, _ := feed.CutVersion(id)
			add(name)
		}
	}
	return smallest
}

// mostAlike bounds how many roots with the same hash are looked at each time, so
// that ordering takes no longer than the number of roots allows.
const mostAlike = 128

// chain puts after each root the one that is most like it among those that are left,
// else the first that is left.
func chain(all []sketched) []string {
	left := newAlike(all)
	ids := make([]string, 0, len(all))
	for first := range all {
		for at := first; at >= 0 && !left.taken[at]; at = left.next(all[at].sketch) {
			left.taken[at] = true
			ids = append(ids, all[at].id)
		}
	}
	return ids
}

// alike finds roots by their hashes.
type alike struct {
	with   map[uint64][]int // roots by hash, in their order
	taken  []bool
	shared map[int]int // hashes in common, by root; for next alone
}

func newAlike(all []sketched) *alike {
	a := &alike{with: map[uint64][]int{}, taken: make([]bool, len(all)), shared: map[int]int{}}
	for i := range all {
		for _, hash := range all[i].sketch {
			a.with[hash] = append(a.with[hash], i)
		}
	}
	return a
}

// next returns the root that has most in common with a sketch and is not taken, -1
// when there is none.
func (a *alike) next(sketch []uint64) int {
	clear(a.shared)
	for _, hash := range sketch {
		list := a.with[hash]
		for len(list) > 0 && a.taken[list[0]] {
			list = list[1:]
		}
		a.with[hash] = list
		for _, i := range list[:min(len(list), mostAlike)] {
			if !a.taken[i] {
				a.shared[i]++
			}
		}
	}
	best := -1
	for i, n := range a.shared {
		if best < 0 || n > a.shared[best] || n == a.shared[best] && i < best {
			best = i
		}
	}
	return best
}
