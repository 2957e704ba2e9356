package solve

// blame pairs a package whose choice was rejected with the incompatibility that
// rejected it.
type blame struct {
	pkg   *pkg
	cause *incompat
}

// relation compares an incompatibility with the partial solution.
type relation uint8

const (
	open      relation = iota // nothing follows
	satisfied                 // all terms hold: a conflict
	almost                    // all but one hold, so that one must not
	false_                    // a term does not hold
)

// relate returns the relation and the package of the first term that does not hold.
func relate(c *incompat, has func(*pkg) (term, bool)) (relation, *pkg) {
	var missing *pkg
	for i := range c.clauses {
		cl := &c.clauses[i]
		t, known := has(cl.pkg)
		switch {
		case known && t.implies(cl.term):
		case known && t.excludes(cl.term):
			return false_, cl.pkg
		case missing != nil:
			return open, nil
		default:
			missing = cl.pkg
		}
	}
	if missing == nil {
		return satisfied, nil
	}
	return almost, missing
}

func present(p *pkg) (term, bool) {
	if p.has == nil {
		return term{}, false
	}
	return p.has.sum, true
}

// propagate derives all that follows for the packages whose terms have changed.
// It returns whom the conflicts on the way concern, and the incompatibility that
// rules out every solution, if one is found.
func (s *solver) propagate(changed ...*pkg) (blamed []blame, dead *incompat) {
	for len(changed) > 0 {
		p := changed[len(changed)-1]
		changed = changed[:len(changed)-1]
		conflict := s.sweep(p, &changed)
		if conflict == nil {
			continue
		}
		s.stats.Conflicts++
		learned, dead := s.analyse(conflict, &blamed)
		if dead != nil {
			return blamed, dead
		}
		s.derive(learned.pkg, learned.cause)
		s.contradict(learned.cause)
		changed = append(changed[:0], learned.pkg)
	}
	return blamed, nil
}

// sweep looks at the incompatibilities of one package, newest first, and returns
// the first that is satisfied.
func (s *solver) sweep(p *pkg, changed *[]*pkg) *incompat {
	for i := len(p.clauses) - 1; i >= 0; i-- {
		c := p.clauses[i]
		if s.stale(c) {
			continue
		}
		switch r, missing := relate(c, present); r {
		case satisfied:
			return c
		case false_:
			s.contradict(c)
		case almost:
			if !contains(*changed, missing) {
				*changed = append(*changed, missing)
			}
			s.derive(missing, c)
			s.contradict(c)
		}
	}
	return nil
}

func contains(list []*pkg, p *pkg) bool {
	for _, q := range list {
		if q == p {
			return true
		}
	}
	return false
}

// analyse finds the root cause of a conflict, goes back to where it can be
// avoided and learns it. It returns the package that it then decides about. An
// incompatibility that nothing can avoid is returned as dead.
func (s *solver) analyse(c *incompat, blamed *[]blame) (learned blame, dead *incompat) {
	for fresh := false; ; fresh = true {
		if s.final(c) {
			return blame{}, c
		}
		last, before := satisfiers(c)
		if before < last.level {
			s.backtrack(before)
			if fresh {
				s.add(c)
			}
			*blamed = append(*blamed, blame{last.pkg, c})
			return blame{last.pkg, c}, nil
		}
		c = resolve(c, last.cause, last.pkg)
		*blamed = append(*blamed, blame{last.pkg, c})
	}
}

// final reports whether an incompatibility forbids the requirements themselves.
func (s *solver) final(c *incompat) bool {
	switch len(c.clauses) {
	case 0:
		return true
	case 1:
		return c.clauses[0].pkg == s.root && !c.clauses[0].term.not
	}
	return false
}
