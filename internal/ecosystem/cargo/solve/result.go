package solve

import (
	"cmp"
	"slices"
)

// result lists what is active.
func (s *search) result() Result {
	packages, index := s.packages()
	r := Result{Packages: packages, Edges: s.edges(index), Stats: s.counts()}
	for _, v := range s.patched {
		if v.active == nil {
			r.Unused = append(r.Unused, v.id())
		}
	}
	return r
}

func (s *search) counts() Stats {
	stats := s.stats
	stats.Asked = s.asked
	return stats
}

func (v *version) id() Version { return Version{v.crate.id, v.release.Version} }

func (s *search) packages() ([]Package, map[*version]int) {
	members := map[*version]bool{}
	for _, v := range s.members {
		members[v] = true
	}
	seen := map[*version]bool{}
	var active []*version
	for _, a := range s.frames {
		if v := a.template.version; !seen[v] {
			seen[v] = true
			active = append(active, v)
		}
	}
	slices.SortFunc(active, func(a, b *version) int {
		return cmp.Or(cmp.Compare(a.crate.id.Name, b.crate.id.Name), a.parsed.compare(&b.parsed), cmp.Compare(a.crate.id.Source, b.crate.id.Source))
	})
	list := make([]Package, len(active))
	index := make(map[*version]int, len(active))
	for i, v := range active {
		list[i] = Package{Version: v.id(), Member: members[v], Features: v.features()}
		index[v] = i
	}
	return list, index
}

// features returns the names of those that are on.
func (v *version) features() []string {
	var names []string
	for i, name := range v.manifest.names {
		if v.on.has(i) {
			names = append(names, name)
		}
	}
	return names
}

// edges lists each dependency once for each package that it was met with.
func (s *search) edges(index map[*version]int) []Edge {
	type key struct {
		from, to *version
		dep      *Dependency
	}
	type short struct { // an Edge is long, and sorting moves it often
		from, to int
		dep      *Dependency
	}
	seen := make(map[key]bool, len(s.decisions))
	list := make([]short, 0, len(s.decisions))
	for i := range s.decisions[1:] {
		d := &s.decisions[i+1]
		k := key{s.frames[d.frame].template.version, d.chosen, d.need.dep}
		if seen[k] {
			continue
		}
		seen[k] = true
		list = append(list, short{index[k.from], index[k.to], k.dep})
	}
	slices.SortStableFunc(list, func(a, b short) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
	})
	edges := make([]Edge, len(list))
	for i, e := range list {
		edges[i] = Edge{From: e.from, To: e.to, Dep: *e.dep}
	}
	return edges
}
