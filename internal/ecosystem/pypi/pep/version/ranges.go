package version

import (
	"sort"
	"strings"
)

// Ranges is a set of versions: a sorted union of intervals over the total order of
// all versions that can be written. The zero Ranges is empty. Ranges are values
// and are never changed.
//
// The algebra is exact: two Ranges are equal if they hold the same versions, and
// empty if they hold none. Locals and post-releases are versions like all others,
// so that 1.0, 1.0+cpu and 1.0.post1 can be told apart.
type Ranges struct {
	// cuts alternate: versions from an even one up to the next are in the set.
	// They ascend, no two are equal.
	cuts []cut
}

// All returns the set of every version.
func All() Ranges { return between(lowest, highest) }

// None returns the empty set.
func None() Ranges { return Ranges{} }

// Exactly returns the set of one version. Its local versions are not in it.
func Exactly(v Version) Ranges { return between(below(v), aboveExact(v)) }

// AtLeast returns the set of v and everything above it.
func AtLeast(v Version) Ranges { return between(below(v), highest) }

// Below returns the set of everything below v in the total order. Unlike "<V" it
// holds the pre-releases of v.
func Below(v Version) Ranges { return between(lowest, below(v)) }

// between returns the versions between two cuts.
func between(low, high cut) Ranges {
	if low.key >= high.key {
		return Ranges{}
	}
	return Ranges{cuts: []cut{low, high}}
}

// IsEmpty reports whether no version is in r.
func (r Ranges) IsEmpty() bool { return len(r.cuts) == 0 }

// IsAll reports whether every version is in r.
func (r Ranges) IsAll() bool {
	return len(r.cuts) == 2 && r.cuts[0].kind == bottom && r.cuts[1].kind == ceiling
}

// Contains reports whether v is in r.
func (r Ranges) Contains(v Version) bool {
	if len(r.cuts) > 8 {
		return sort.Search(len(r.cuts), func(i int) bool { return r.cuts[i].key > v.key })&1 == 1
	}
	for i := range r.cuts {
		if r.cuts[i].key > v.key {
			return i&1 == 1
		}
	}
	return false
}

// Complement returns every version that is not in r.
func (r Ranges) Complement() Ranges {
	cuts := r.cuts
	result := make([]cut, 0, len(cuts)+2)
	if len(cuts) > 0 && cuts[0].kind == bottom {
		cuts = cuts[1:]
	} else {
		result = append(result, lowest)
	}
	if len(cuts) > 0 && cuts[len(cuts)-1].kind == ceiling {
		return Ranges{cuts: append(result, cuts[:len(cuts)-1]...)}
	}
	return Ranges{cuts: append(append(result, cuts...), highest)}
}

// Union returns the versions that are in r, in s or in both.
func (r Ranges) Union(s Ranges) Ranges {
	if r.IsEmpty() || s.IsAll() {
		return s
	}
	if s.IsEmpty() || r.IsAll() {
		return r
	}
	return r.merge(s, func(inR, inS bool) bool { return inR || inS })
}

// Intersect returns the versions that are in both.
func (r Ranges) Intersect(s Ranges) Ranges {
	if r.IsEmpty() || s.IsAll() {
		return r
	}
	if s.IsEmpty() || r.IsAll() {
		return s
	}
	return r.merge(s, func(inR, inS bool) bool { return inR && inS })
}

// Minus returns the versions of r that are not in s.
func (r Ranges) Minus(s Ranges) Ranges {
	return r.merge(s, func(inR, inS bool) bool { return inR && !inS })
}

// merge walks over the cuts of both in order, and cuts where keep changes. An
// index is odd while the walk is inside a set.
func (r Ranges) merge(s Ranges, keep func(inR, inS bool) bool) Ranges {
	result := make([]cut, 0, len(r.cuts)+len(s.cuts))
	for i, j := 0, 0; i < len(r.cuts) || j < len(s.cuts); {
		var at cut
		switch {
		case j == len(s.cuts) || i < len(r.cuts) && r.cuts[i].key < s.cuts[j].key:
			at, i = r.cuts[i], i+1
		case i == len(r.cuts) || s.cuts[j].key < r.cuts[i].key:
			at, j = s.cuts[j], j+1
		default:
			at, i, j = r.cuts[i], i+1, j+1
		}
		if keep(i&1 == 1, j&1 == 1) != (len(result)&1 == 1) {
			result = append(result, at)
		}
	}
	return Ranges{cuts: result}
}

// Equal reports whether both hold the same versions.
func (r Ranges) Equal(s Ranges) bool {
	if len(r.cuts) != len(s.cuts) {
		return false
	}
	for i := range r.cuts {
		if r.cuts[i].key != s.cuts[i].key {
			return false
		}
	}
	return true
}

// IsSubset reports whether every version of r is in s.
func (r Ranges) IsSubset(s Ranges) bool {
	j := 0
	for i := 0; i < len(r.cuts); i += 2 {
		for j < len(s.cuts) && s.cuts[j+1].key <= r.cuts[i].key {
			j += 2
		}
		if j == len(s.cuts) || s.cuts[j].key > r.cuts[i].key || s.cuts[j+1].key < r.cuts[i+1].key {
			return false
		}
	}
	return true
}

// IsDisjoint reports whether no version is in both.
func (r Ranges) IsDisjoint(s Ranges) bool {
	for i, j := 0, 0; i < len(r.cuts) && j < len(s.cuts); {
		switch {
		case r.cuts[i+1].key <= s.cuts[j].key:
			i += 2
		case s.cuts[j+1].key <= r.cuts[i].key:
			j += 2
		default:
			return false
		}
	}
	return true
}

// Key returns a text that is the same for equal sets and differs for others. It is
// made for maps, not for people.
func (r Ranges) Key() string {
	var key strings.Builder
	for _, c := range r.cuts {
		key.WriteByte(byte(len(c.key) >> 8))
		key.WriteByte(byte(len(c.key)))
		key.WriteString(c.key)
	}
	return key.String()
}
