package solve

import "slices"

// step is an incompatibility as it is told: what it follows from may skip steps
// of the proof, and facts of many versions may have become one.
type step struct {
	*incompat
	causes []*step
}

// step returns what is worth saying of an incompatibility. Steps that restate one
// of their causes, or carry a list of similar facts on by one, are left out.
func (e *explainer) step(c *incompat) *step {
	if s, ok := e.steps[c]; ok {
		return s
	}
	s := &step{incompat: c}
	if c.reason == derived {
		s = e.shorten(s)
	}
	e.steps[c] = s
	return s
}

func (e *explainer) shorten(s *step) *step {
	for i, cause := range s.incompat.causes {
		if cause.reason == fromTie || cause.reason == fromRoot {
			other := e.step(s.incompat.causes[1-i])
			if len(other.causes) == 0 {
				return other
			}
			s.causes = other.causes
			return s
		}
	}
	a, b := e.step(s.incompat.causes[0]), e.step(s.incompat.causes[1])
	left, right := e.inline(s, a), e.inline(s, b)
	s.causes = e.gather(left, right)
	if len(s.causes) > max(2, len(left), len(right)) {
		s.causes = e.gather([]*step{a}, []*step{b})
	}
	if len(s.causes) == 1 && len(s.causes[0].causes) == 0 {
		return s.causes[0]
	}
	return s
}

// inline returns the causes of a step that is about the same packages as the one
// that follows from it, and otherwise the step itself.
func (e *explainer) inline(s, cause *step) []*step {
	if len(cause.causes) == 0 || !e.alike(s.incompat, cause.incompat) {
		return []*step{cause}
	}
	return cause.causes
}

// alike reports whether two incompatibilities have terms of the same sign about
// the same packages.
func (e *explainer) alike(a, b *incompat) bool {
	count := func(c *incompat) (n int) {
		for _, cl := range c.clauses {
			if cl.pkg != e.root {
				n++
			}
		}
		return n
	}
	for _, cl := range a.clauses {
		if t, ok := b.term(cl.pkg); cl.pkg != e.root && (!ok || t.not != cl.term.not) {
			return false
		}
	}
	return count(a) == count(b)
}

// gather joins lists of causes. Facts of the same kind become one.
func (e *explainer) gather(left, right []*step) []*step {
	list := slices.Clone(left)
	for _, s := range right {
		if slices.Contains(list, s) {
			continue
		}
		merged := false
		for i, old := range list {
			if c := e.join(old, s); c != nil {
				list[i], merged = &step{incompat: c}, true
				break
			}
		}
		if !merged {
			list = append(list, s)
		}
	}
	return list
}

// join returns one fact for two of the same kind, or nil.
func (e *explainer) join(a, b *step) *incompat {
	if len(a.causes) > 0 || len(b.causes) > 0 || a.clauses[0].pkg != b.clauses[0].pkg || a.clauses[0].pkg == e.root {
		return nil
	}
	p, who := a.clauses[0].pkg, a.clauses[0].term.set.union(b.clauses[0].term.set)
	switch {
	case a.reason == fromRefusal && b.reason == fromRefusal && a.text == b.text:
		return refuses(p, who, a.text)
	case !a.isNeed() || !b.isNeed() || a.clauses[1].pkg != b.clauses[1].pkg:
		return nil
	case a.reason != fromMany && b.reason != fromMany && a.allowed().equal(b.allowed()):
		return requires(p, who, a.clauses[1].pkg, a.allowed(), fromNeed, a.need)
	}
	return requires(p, who, a.clauses[1].pkg, a.allowed().hull(b.allowed()), fromMany, a.need)
}

// isNeed reports whether the incompatibility is a requirement that something meets.
func (c *incompat) isNeed() bool {
	return (c.reason == fromNeed || c.reason == fromSample || c.reason == fromMany) && len(c.clauses) == 2
}
