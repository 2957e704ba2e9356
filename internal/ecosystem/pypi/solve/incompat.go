package solve

import "slices"

// reason says where an incompatibility comes from.
type reason uint8

const (
	fromRoot    reason = iota // something has to be resolved
	fromNeed                  // a requirement: the first term is who needs, the second what
	fromTie                   // an extra is taken of the version of its package
	fromRefusal               // versions that cannot be used
	fromLimit                 // a constraint
	fromSample                // a requirement read of neighbours and taken over for the versions between them
	fromMany                  // in explanations: several requirements of one package for another
	derived                   // follows from its two causes
)

// clause is the term of one package.
type clause struct {
	pkg  *pkg
	term term
}

// incompat is a set of terms that never hold together (PubGrub's incompatibility).
type incompat struct {
	clauses []clause
	reason  reason
	need    *Requirement // of fromNeed, fromSample and fromLimit
	text    string       // why, of fromRefusal: a predicate such as "is yanked"
	causes  [2]*incompat // of derived

	// No term set at the level and in the generation noted here can make it true;
	// see solver.stale.
	level, generation int
}

func (c *incompat) term(p *pkg) (term, bool) {
	for i := range c.clauses {
		if c.clauses[i].pkg == p {
			return c.clauses[i].term, true
		}
	}
	return term{}, false
}

// requires says that the given candidates of one package need one of the set of
// another.
func requires(p *pkg, who set, target *pkg, allowed set, why reason, need *Requirement) *incompat {
	c := &incompat{reason: why, need: need, clauses: make([]clause, 1, 2)}
	c.clauses[0] = clause{p, term{false, who}}
	if !allowed.empty() {
		c.clauses = append(c.clauses, clause{target, term{true, allowed}})
	}
	return c
}

// refuses says that candidates of a package cannot be used.
func refuses(p *pkg, who set, text string) *incompat {
	return &incompat{reason: fromRefusal, text: text, clauses: []clause{{p, term{false, who}}}}
}

// resolve derives what follows from two incompatibilities: one of them forbids p
// what the other one forces upon it.
func resolve(a, b *incompat, p *pkg) *incompat {
	result := &incompat{reason: derived, causes: [2]*incompat{a, b}, generation: -1}
	for _, c := range a.clauses {
		if c.pkg != p {
			result.clauses = append(result.clauses, c)
		}
	}
	for _, c := range b.clauses {
		if c.pkg != p {
			result.and(c)
		}
	}
	ta, _ := a.term(p)
	tb, _ := b.term(p)
	if t := ta.or(tb); !t.any() {
		result.clauses = append(result.clauses, clause{p, t})
	}
	return result
}

func (c *incompat) and(other clause) {
	for i := range c.clauses {
		if c.clauses[i].pkg == other.pkg {
			c.clauses[i].term = c.clauses[i].term.and(other.term)
			return
		}
	}
	c.clauses = append(c.clauses, other)
}

// add makes an incompatibility known. Requirements of several versions of a
// package that come to the same are merged into one.
func (s *solver) add(c *incompat) {
	c.generation = -1
	switch c.reason {
	case fromNeed:
		c = s.merged(c)
	case fromRefusal:
		c = s.mergedRefusal(c)
	}
	for _, cl := range c.clauses {
		cl.pkg.clauses = append(cl.pkg.clauses, c)
	}
}

// merged looks for a known requirement of the same package for the same set, and
// puts one for both in its place.
func (s *solver) merged(c *incompat) *incompat {
	from, target := c.clauses[0], c.target()
	for i, old := range from.pkg.needs[target] {
		if !old.allowed().equal(c.allowed()) {
			continue
		}
		who := old.clauses[0].term.set.union(from.term.set)
		c = requires(from.pkg, who, target.pkg, c.allowed(), fromNeed, c.need)
		c.generation = -1
		old.forget()
		from.pkg.needs[target][i] = c
		return c
	}
	from.pkg.needs[target] = append(from.pkg.needs[target], c)
	return c
}

// mergedRefusal does the same for candidates that are refused for the same reason.
func (s *solver) mergedRefusal(c *incompat) *incompat {
	p := c.clauses[0].pkg
	for i, old := range p.refused {
		if old.text == c.text {
			c = refuses(p, old.clauses[0].term.set.union(c.clauses[0].term.set), c.text)
			c.generation = -1
			old.forget()
			p.refused[i] = c
			return c
		}
	}
	p.refused = append(p.refused, c)
	return c
}

// forget takes an incompatibility out of what is looked at. Proofs still name it.
func (c *incompat) forget() {
	for _, cl := range c.clauses {
		cl.pkg.clauses = slices.DeleteFunc(cl.pkg.clauses, func(o *incompat) bool { return o == c })
	}
}

// needed names what a requirement is for: the package, or the text of the
// requirement where nothing meets it.
type needed struct {
	pkg  *pkg
	text string
}

func (c *incompat) target() needed {
	if len(c.clauses) == 2 {
		return needed{pkg: c.clauses[1].pkg}
	}
	return needed{text: c.need.String()}
}

func (c *incompat) allowed() set {
	if len(c.clauses) == 2 {
		return c.clauses[1].term.set
	}
	return nil
}
