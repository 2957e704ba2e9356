package solve

import "sort"

// derivation is a term that follows from an incompatibility and the terms before
// it. sum is the conjunction of all terms of the package up to here.
type derivation struct {
	number, level int
	cause         *incompat
	sum           term
}

// assignment is what the partial solution holds of one package.
type assignment struct {
	history []derivation
	sum     term
	decided bool
	version int // of the decision
	number  int // of the decision
	level   int // of the last entry
}

// wanted reports whether a candidate has to be chosen for the package.
func (a *assignment) wanted() bool { return a != nil && !a.decided && !a.sum.not }

// decide takes a candidate, one level above what was before.
func (s *solver) decide(p *pkg, version int) {
	s.level++
	a := p.has
	a.decided, a.version, a.number, a.level = true, version, s.number, s.level
	a.sum = term{false, single(version)}
	s.number++
	s.decided = append(s.decided, p)
}

// derive adds what must hold because all other terms of the cause do.
func (s *solver) derive(p *pkg, cause *incompat) {
	t, _ := cause.term(p)
	sum := t.negate()
	if p.has == nil {
		p.has = &assignment{}
		s.assigned = append(s.assigned, p)
	} else {
		sum = p.has.sum.and(sum)
	}
	p.has.history = append(p.has.history, derivation{s.number, s.level, cause, sum})
	p.has.sum, p.has.level = sum, s.level
	s.number++
}

// backtrack forgets everything above a level.
func (s *solver) backtrack(level int) {
	kept := s.assigned[:0]
	for _, p := range s.assigned {
		if p.has.rewind(level) {
			kept = append(kept, p)
		} else {
			p.has = nil
		}
	}
	s.assigned = kept
	for k := len(s.decided); k > 0 && (s.decided[k-1].has == nil || !s.decided[k-1].has.decided); k-- {
		s.decided = s.decided[:k-1]
	}
	s.level = level
	for g := len(s.valid) - 1; g >= 0 && s.valid[g] > level; g-- {
		s.valid[g] = level
	}
	s.valid = append(s.valid, int(^uint(0)>>1))
}

// rewind drops the entries above a level and reports whether any is left.
func (a *assignment) rewind(level int) bool {
	if a.history[0].level > level {
		return false
	}
	if a.level <= level {
		return true
	}
	n := sort.Search(len(a.history), func(i int) bool { return a.history[i].level > level })
	a.history = a.history[:n]
	last := a.history[n-1]
	a.decided, a.sum, a.level = false, last.sum, last.level
	return true
}

// contradict notes that an incompatibility has a term that is false. It stays so
// until the solver goes back below the present level.
func (s *solver) contradict(c *incompat) { c.level, c.generation = s.level, len(s.valid)-1 }

// stale reports whether a term of the incompatibility is known to be false.
func (s *solver) stale(c *incompat) bool {
	return c.generation >= 0 && c.level <= s.valid[c.generation]
}

// satisfier is the entry with which a term became true.
type satisfier struct {
	pkg           *pkg
	number, level int
	cause         *incompat // nil for a decision
}

// satisfier returns the first entry of p after which t holds.
func (p *pkg) satisfier(t term) satisfier {
	a := p.has
	i := sort.Search(len(a.history), func(i int) bool { return a.history[i].sum.implies(t) })
	if i == len(a.history) {
		return satisfier{p, a.number, a.level, nil}
	}
	d := &a.history[i]
	return satisfier{p, d.number, d.level, d.cause}
}

// satisfiers returns the last entry that was needed to make all terms of an
// incompatibility true, and the level at which the others were true already.
func satisfiers(c *incompat) (last satisfier, before int) {
	all := make([]satisfier, len(c.clauses))
	at := 0
	for i, cl := range c.clauses {
		all[i] = cl.pkg.satisfier(cl.term)
		if all[i].number > all[at].number {
			at = i
		}
	}
	last = all[at]
	own := last.pkg.has.sum
	if last.cause != nil {
		t, _ := last.cause.term(last.pkg)
		own = t.negate()
	}
	// What the package had before has to bring what the entry itself leaves open.
	all[at] = last.pkg.satisfier(c.clauses[at].term.or(own.negate()))
	latest := 0
	for i := range all {
		if all[i].number > all[latest].number {
			latest = i
		}
	}
	return last, max(all[latest].level, 1)
}

// unchanging returns what holds of a package whatever is decided beyond the
// requirements themselves.
func (p *pkg) unchanging() term {
	sum := term{not: true}
	if p.has != nil {
		for _, d := range p.has.history {
			if d.level <= 1 {
				sum = d.sum
			}
		}
	}
	return sum
}
