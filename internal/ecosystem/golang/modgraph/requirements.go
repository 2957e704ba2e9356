package modgraph

import (
	"iter"
	"slices"
)

// requirements is a graph of module versions under construction, and the highest
// version of each module in it: minimal version selection.
type requirements struct {
	roots    []Version
	required map[Version][]Version
	selected map[string]string // by path
}

func newRequirements(roots []Version) *requirements {
	r := &requirements{roots: roots, required: map[Version][]Version{}, selected: map[string]string{}}
	for _, m := range roots {
		r.raise(m)
	}
	return r
}

// add sets what m requires, once.
func (r *requirements) add(m Version, list []Version) {
	if _, done := r.required[m]; done {
		return
	}
	r.required[m] = list
	for _, to := range list {
		r.raise(to)
	}
}

func (r *requirements) raise(m Version) {
	if compare(m.Path, r.highest(m.Path), m.Version) < 0 {
		r.selected[m.Path] = m.Version
	}
}

// none is the version of a module that is not in the graph. It is lower than any
// other, and no higher than the toolchain named "default".
const none = "none"

// highest returns the selected version of a module.
func (r *requirements) highest(path string) string {
	if version, known := r.selected[path]; known {
		return version
	}
	return none
}

// buildList returns the selected versions: those of the roots in their order,
// then the others by path.
func (r *requirements) buildList() []Version {
	var first, rest []Version
	seen := map[string]bool{}
	for _, m := range r.roots {
		if version := r.highest(m.Path); version != none && !seen[m.Path] {
			first = append(first, Version{Path: m.Path, Version: version})
		}
		seen[m.Path] = true
	}
	for path, version := range r.selected {
		if !seen[path] {
			rest = append(rest, Version{Path: path, Version: version})
		}
	}
	return append(first, sorted(rest)...)
}

// walk yields every version in the graph once, breadth first.
func (r *requirements) walk() iter.Seq[Version] {
	return func(yield func(Version) bool) {
		for m := range r.parents() {
			if !yield(m) {
				return
			}
		}
	}
}

// parents yields what walk does, each version with the one that first requires
// it: the zero Version for a root.
func (r *requirements) parents() iter.Seq2[Version, Version] {
	return func(yield func(m, parent Version) bool) {
		parent := map[Version]Version{}
		queue := slices.Clone(r.roots)
		for _, m := range queue {
			parent[m] = Version{}
		}
		for len(queue) > 0 {
			m := queue[0]
			queue = queue[1:]
			if !yield(m, parent[m]) {
				return
			}
			for _, to := range r.required[m] {
				if _, seen := parent[to]; !seen && to.Version != none {
					parent[to] = m
					queue = append(queue, to)
				}
			}
		}
	}
}
