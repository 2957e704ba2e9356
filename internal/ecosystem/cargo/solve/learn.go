package solve

import (
	"iter"
	"slices"
)

// literal is a fact of a state. A plain one is true from the decision with its
// age on, zero is false: that a version is active, or that a demand is in some
// frame. One with a place is true while a version that match does not contain
// occupies the place.
type literal struct {
	age     int
	place   *slot
	match   *match
	nogoods []*nogood
}

// since returns the age from which the literal is true, or zero.
func (l *literal) since() int {
	if l.place == nil {
		return l.age
	}
	if o := l.place.occupant; o != nil && !l.match.has(o) {
		return o.age
	}
	return 0
}

// foreign returns the literal that a version which match does not contain
// occupies a place. It blames all such versions where one is in the way.
func (m *match) foreign(place *slot) *literal {
	for _, l := range m.literals {
		if l.place == place {
			return l
		}
	}
	l := &literal{place: place, match: m}
	m.literals = append(m.literals, l)
	place.literals = append(place.literals, l)
	return l
}

func (m *match) has(v *version) bool {
	if m.set == nil {
		m.set = make(map[*version]bool, len(m.candidates))
		for _, v := range m.candidates {
			m.set[v] = true
		}
	}
	return m.set[v]
}

// nogood says that a demand cannot be met while all literals are true,
// whatever else is chosen.
type nogood struct {
	demand   *demand
	literals []*literal
	failure  *failure
}

func (n *nogood) holds() bool {
	for _, l := range n.literals {
		if l.since() == 0 {
			return false
		}
	}
	return true
}

// deadEnd is a set of literals that no solution contains. chrono: besides, any
// earlier decision may be to blame.
type deadEnd struct {
	literals []*literal
	chrono   bool
	failure  *failure
}

// failure is a need that could not be met, for the explanation.
type failure struct {
	at       *activation
	need     *need
	refusals []*refusal
}

// refusal says why a candidate cannot be used. It holds while the literals of
// blame are true. chrono: besides, any earlier decision may be to blame.
type refusal struct {
	version *version
	reason  Reason
	detail  string
	by      *activation
	cause   *failure
	blame   []*literal
	chrono  bool
}

// latest returns the age from which all literals are true, or zero if one is not.
func latest(literals []*literal) (age int, ok bool) {
	for _, l := range literals {
		since := l.since()
		if since == 0 {
			return 0, false
		}
		age = max(age, since)
	}
	return age, true
}

// refuse notes why a candidate cannot be used.
func (d *decision) refuse(r *refusal) {
	d.refusals = append(d.refusals, r)
	d.chrono = d.chrono || r.chrono
	for _, l := range r.blame {
		if !slices.Contains(d.blame, l) {
			d.blame = append(d.blame, l)
		}
	}
}

// surrender is called when the latest decision has no candidate left. What it
// learned holds for the same demand anywhere.
func (s *search) surrender(d *decision) *deadEnd {
	s.stats.Failures++
	a := s.frames[d.frame]
	f := &failure{at: a, need: d.need, refusals: d.refusals}
	s.last = f
	if !d.chrono {
		s.learn(&nogood{demand: d.need.demand, literals: d.blame, failure: f})
	}
	dead := &deadEnd{literals: with(d.blame, &d.need.demand.required), chrono: d.chrono, failure: f}
	s.drop()
	return dead
}

func with(literals []*literal, l *literal) []*literal {
	if slices.Contains(literals, l) {
		return literals
	}
	return append(slices.Clone(literals), l)
}

func (s *search) learn(n *nogood) {
	n.demand.nogoods = append(n.demand.nogoods, n)
	for _, l := range n.literals {
		l.nogoods = append(l.nogoods, n)
	}
}

// retreat goes back to the latest decision that a dead end depends on and
// refuses its candidate. It returns the conflict when there is none.
func (s *search) retreat(dead *deadEnd) error {
	target := len(s.decisions) - 1
	if !dead.chrono {
		target = 0
		for _, l := range dead.literals {
			target = max(target, l.since()-1)
		}
	}
	if target == 0 {
		return s.conflict(dead.failure)
	}
	for len(s.decisions)-1 > target {
		s.drop()
	}
	d := &s.decisions[target]
	r := &refusal{version: d.chosen, reason: Leads, cause: dead.failure, chrono: dead.chrono}
	if d.pushed && !dead.chrono {
		t := s.frames[len(s.frames)-1].template
		r.blame = slices.DeleteFunc(slices.Clone(dead.literals), t.implies)
		r.chrono = t.mayDiffer(dead)
		t.bans = append(t.bans, r)
	}
	s.undo(d)
	d.refuse(r)
	return nil
}

// implies reports whether a literal is true wherever the template is a frame.
func (t *template) implies(l *literal) bool {
	v := t.version
	if l.place != nil {
		return slices.Contains(v.places, l.place) && !l.match.has(v)
	}
	return l == &v.literal || slices.ContainsFunc(t.ordered, func(n need) bool { return l == &n.demand.required })
}

// mayDiffer reports whether a dead end that needs a frame would not hold where
// the same features were requested one by one: when it starts from a demand
// that gets some of its features from the request and can be met from several
// compatibility ranges.
func (t *template) mayDiffer(dead *deadEnd) bool {
	return t.several && slices.ContainsFunc(t.ordered, func(n need) bool {
		return n.divisible() && slices.Contains(dead.literals, &n.demand.required)
	})
}

// lookAhead returns a dead end if a need that is open can no longer be met
// with what was just made active.
func (s *search) lookAhead(a *activation, adopted bool) *deadEnd {
	v := a.template.version
	for i := range a.template.ordered {
		n := &a.template.ordered[i]
		if why := s.blocked(n.demand); why != nil {
			return s.blockedNeed(a, n, why)
		}
	}
	if adopted {
		for _, d := range v.crate.demands {
			if d.waiting > 0 {
				if why := s.blocked(d); why != nil {
					return s.blockedDemand(d, why)
				}
			}
		}
	}
	for l := range a.literals(adopted) {
		if dead := s.known(l.nogoods); dead != nil {
			return dead
		}
	}
	return nil
}

// literals yields what an activation may have made true.
func (a *activation) literals(adopted bool) iter.Seq[*literal] {
	return func(yield func(*literal) bool) {
		for i := range a.template.ordered {
			if !yield(&a.template.ordered[i].demand.required) {
				return
			}
		}
		v := a.template.version
		if !adopted || !yield(&v.literal) {
			return
		}
		for _, place := range v.places {
			for _, l := range place.literals {
				if !yield(l) {
					return
				}
			}
		}
	}
}

// known looks for a nogood of an open need among those of a literal.
func (s *search) known(nogoods []*nogood) *deadEnd {
	for _, n := range nogoods {
		if n.demand.waiting > 0 && n.holds() {
			return s.blockedDemand(n.demand, n)
		}
	}
	return nil
}

// blocked returns why a demand cannot be met now, as far as that is plain.
func (s *search) blocked(d *demand) *nogood {
	if n := d.known(); n != nil {
		return n
	}
	for _, v := range d.found.candidates {
		if s.obstacle(v, d, false) == nil {
			return nil
		}
	}
	return s.blame(d)
}

// known returns a nogood that holds now.
func (d *demand) known() *nogood {
	for i, n := range d.nogoods {
		if n.holds() {
			d.nogoods[0], d.nogoods[i] = n, d.nogoods[0]
			return n
		}
	}
	return nil
}

// blame lists what is in the way of every candidate of a demand.
func (s *search) blame(d *demand) *nogood {
	var collected decision
	for _, v := range d.found.candidates {
		collected.refuse(s.obstacle(v, d, false))
	}
	return &nogood{demand: d, literals: collected.blame, failure: &failure{refusals: collected.refusals}}
}

// blockedDemand finds the oldest frame in which a demand waits.
func (s *search) blockedDemand(d *demand, n *nogood) *deadEnd {
	for _, a := range s.frames {
		for i := a.next; i < len(a.template.ordered); i++ {
			if need := &a.template.ordered[i]; need.demand == d {
				return s.blockedNeed(a, need, n)
			}
		}
	}
	return nil
}

func (s *search) blockedNeed(a *activation, n *need, why *nogood) *deadEnd {
	s.stats.Failures++
	s.last = &failure{at: a, need: n, refusals: why.failure.refusals}
	return &deadEnd{literals: with(why.literals, &n.demand.required), failure: s.last}
}
