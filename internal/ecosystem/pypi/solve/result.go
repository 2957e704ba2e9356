package solve

import (
	"cmp"
	"slices"
)

// solution describes what was decided.
func (s *solver) solution() Solution {
	var r Solution
	extras := map[string][]string{}
	for _, p := range s.decided {
		if p.extra != "" {
			extras[p.name] = append(extras[p.name], p.extra)
		}
		if !s.session.rules.PackagesOnly {
			s.edges(&r, p)
		}
	}
	for _, p := range s.decided {
		if p == s.root || p.extra != "" {
			continue
		}
		slices.Sort(extras[p.name])
		r.Packages = append(r.Packages, Package{p.name, p.space.list[p.has.version], extras[p.name]})
		if n := s.passedOver(p).size(); n > 0 {
			r.Assumed = append(r.Assumed, Assumption{p.name, n})
		}
	}
	slices.SortFunc(r.Packages, func(a, b Package) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(r.Assumed, func(a, b Assumption) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortStableFunc(r.Edges, func(a, b Edge) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Extra, b.Extra))
	})
	return r
}

// edges adds the requirements of one chosen package.
func (s *solver) edges(r *Solution, p *pkg) {
	rules := s.session.rules
	wants := rules.applied(rules.Roots)
	text := ""
	if p != s.root {
		wants = rules.of(s.session.knownOf(p.name).metas[p.has.version], p.extra)
		text = p.space.list[p.has.version].Version.String()
	}
	for _, w := range wants {
		if w.URL != "" {
			r.Refused = append(r.Refused, Refused{p.name, text, *w})
		} else {
			r.Edges = append(r.Edges, Edge{p.name, p.extra, *w})
		}
	}
}

// passedOver returns the versions above the chosen one that only an assumption
// keeps unread.
func (s *solver) passedOver(p *pkg) set {
	if !s.session.probed[p.name] {
		return nil
	}
	var unread set
	for _, q := range s.list {
		if q.base != p {
			continue
		}
		for _, c := range q.clauses {
			if c.reason == fromSample && c.clauses[0].pkg == q {
				unread = unread.union(c.clauses[0].term.set)
			}
		}
	}
	unread = unread.intersect(p.space.usable).intersect(between(p.has.version+1, len(p.space.list)))
	metas := s.session.knownOf(p.name).metas
	return gather(len(p.space.list), func(i int) bool {
		_, known := metas[i]
		return !known && unread.contains(i)
	})
}
