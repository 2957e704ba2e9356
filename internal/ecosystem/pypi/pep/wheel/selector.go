package wheel

import "strings"

// Selector tells for one target which wheels it installs. It is safe for
// concurrent use.
type Selector struct {
	target    Target
	platforms map[string]int
	native    map[group]int // the place of a group among those with a platform
	pure      map[group]int // the same, among those with "any"
	firstPure int           // the rank of the first tag with "any"
}

// NewSelector prepares the tags of a target.
func NewSelector(t Target) *Selector {
	native, pure := t.groups()
	s := &Selector{target: t, platforms: map[string]int{}, native: make(map[group]int, len(native)), pure: make(map[group]int, len(pure))}
	for i, platform := range t.Platform.Tags() {
		s.platforms[platform] = i
	}
	s.firstPure = len(native) * len(s.platforms)
	for i := len(native) - 1; i >= 0; i-- { // the first place of two counts
		s.native[native[i]] = i
	}
	for i := len(pure) - 1; i >= 0; i-- {
		s.pure[pure[i]] = i
	}
	return s
}

// Target returns what the selector was made for.
func (s *Selector) Target() Target { return s.target }

// Rank returns the place of the wheel's best tag in Tags of the target, 0 for the
// most preferred, and whether the target can install the wheel at all.
func (s *Selector) Rank(w Wheel) (int, bool) {
	best, found := 0, false
	for _, platform := range w.Platforms {
		groups, base, step := s.native, 0, len(s.platforms)
		if platform == "any" {
			groups, base, step = s.pure, s.firstPure, 1
		} else if place, ok := s.platforms[platform]; ok {
			base = place
		} else {
			continue
		}
		for _, python := range w.Pythons {
			for _, abi := range w.ABIs {
				if place, ok := groups[group{python, abi}]; ok && (!found || base+place*step < best) {
					best, found = base+place*step, true
				}
			}
		}
	}
	return best, found
}

// Supports reports whether the target can install the wheel.
func (s *Selector) Supports(w Wheel) bool {
	_, ok := s.Rank(w)
	return ok
}

// Better reports whether the target prefers w to other: the better tag, then the
// higher build tag. Of two wheels alike in both, the first in the order of file
// names is taken, so that the choice never depends on the order of a page. A wheel
// that cannot be installed is never better.
func (s *Selector) Better(w, other Wheel) bool {
	rank, ok := s.Rank(w)
	rank2, ok2 := s.Rank(other)
	switch {
	case !ok || !ok2:
		return ok && !ok2
	case rank != rank2:
		return rank < rank2
	}
	if order := w.Build.Compare(other.Build); order != 0 {
		return order > 0
	}
	return strings.Compare(w.Filename, other.Filename) < 0
}

// Best returns the index of the wheel that the target prefers, or -1 if it can
// install none.
func (s *Selector) Best(wheels []Wheel) int {
	best := -1
	for i, w := range wheels {
		if s.Supports(w) && (best < 0 || s.Better(w, wheels[best])) {
			best = i
		}
	}
	return best
}

// Supports reports whether a target can install a wheel. For more than one wheel
// make a Selector.
func Supports(t Target, w Wheel) bool { return NewSelector(t).Supports(w) }

// Best returns the index of the wheel that a target prefers, or -1.
func Best(t Target, wheels []Wheel) int { return NewSelector(t).Best(wheels) }
