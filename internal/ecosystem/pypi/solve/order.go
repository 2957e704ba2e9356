package solve

// class is what is known of how hard a package is to choose. Higher ones are
// decided first.
type class uint8

const (
	plain       class = iota
	troublesome       // what was chosen of it often made others fail
	troubled          // what was chosen of it was often rejected
	pinned            // a requirement allows one version only
)

// rank orders the packages of one name. Within a class what was met first is
// decided first.
type rank struct {
	class class
	met   int
}

// patience is how many conflicts a package has before its class changes.
const patience = 5

// meet notes that a requirement on a package was seen.
func (s *solver) meet(p *pkg, exact bool) {
	r := s.ranks[p.name]
	if r == nil {
		r = &rank{met: len(s.ranks)}
		s.ranks[p.name] = r
	}
	if exact {
		r.class = max(r.class, pinned)
	}
	p.rank = r
}

// before reports whether p is decided before q.
func (p *pkg) before(q *pkg) bool {
	switch {
	case p.rank.class != q.rank.class:
		return p.rank.class > q.rank.class
	case p.rank.met != q.rank.met:
		return p.rank.met < q.rank.met
	case (p.extra == "") != (q.extra == ""):
		return p.extra == ""
	}
	return p.id < q.id
}

// pick returns the package to decide, or nil when all that is wanted is chosen.
func (s *solver) pick() *pkg {
	if s.root.has.wanted() {
		return s.root
	}
	var best *pkg
	for _, p := range s.assigned {
		if p.has.wanted() && (best == nil || p.before(best)) {
			best = p
		}
	}
	return best
}

// record counts a conflict for the package that was decided last, and for those
// whose choice made it fail.
func (s *solver) record(b blame) {
	real := false
	for _, c := range b.cause.clauses {
		if c.pkg == b.pkg || c.pkg.name == b.pkg.name {
			continue
		}
		real = true
		c.pkg.culprit++
		if c.pkg.culprit == patience {
			s.demote = append(s.demote, c.pkg)
		}
	}
	if !real {
		return
	}
	s.at.affected++
	if s.at.affected == patience {
		s.promote = append(s.promote, s.at)
	}
}

// reorder applies what record has found. A package that makes others fail is
// decided again, later.
func (s *solver) reorder() {
	for _, p := range s.promote {
		if p.rank != nil {
			p.rank.class = troubled
		}
	}
	for _, p := range s.demote {
		if p.rank == nil || p.rank.class == troublesome || p.rank.class == troubled {
			continue
		}
		p.rank.class = troublesome
		if p.has != nil && p.has.decided {
			s.backtrack(s.levelOf(p))
		}
	}
	s.promote, s.demote = s.promote[:0], s.demote[:0]
}

// levelOf returns the level below the decision of p.
func (s *solver) levelOf(p *pkg) int {
	for i, q := range s.decided {
		if p == q {
			return max(i, 1)
		}
	}
	return s.level
}
