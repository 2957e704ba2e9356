package solve

import (
	"context"
	"errors"
	"slices"
)

const (
	// startProbing is how many candidates of a package are tried one by one
	// before others are read ahead; above patience, so that the order of
	// decisions has been mended first.
	startProbing = patience + 1

	// fan is how many candidates are read at once, evenly over a range.
	fan = 16
)

// gap is two candidates that were read, of a package or an extra of it, with none
// between them that was.
type gap struct {
	node
	low, high int
}

// probe reads candidates spread over all that are still allowed, when one after
// the other has failed. It returns the packages for which something may follow,
// or nil if nothing was read.
func (s *solver) probe(ctx context.Context, p *pkg, index int) ([]*pkg, error) {
	if s.session.rules.Exact || p.tried.size() < p.visits || p.tried.contains(index) {
		return nil, nil
	}
	list := s.unread(p, index)
	p.visits = p.tried.size() + 2
	if len(list) < 3 && !s.session.probed[p.name] {
		return nil, nil
	}
	first := !s.session.probed[p.name]
	s.session.probed[p.name] = true
	s.stats.Probes++
	picked := spread(list, fan)
	if first {
		picked = gallop(list)
	}
	if err := s.readAll(ctx, p.space, picked); err != nil {
		return nil, err
	}
	changed := s.teach(p)
	if len(changed) == 0 {
		return nil, nil
	}
	return append(s.replay(changed), p), nil
}

// replay goes back to the requirements, so that what was learned is known before
// anything was decided, and decides again what was, as long as it still holds. It
// returns the packages for which something may follow.
func (s *solver) replay(changed []*pkg) []*pkg {
	type choice struct {
		pkg     *pkg
		version int
	}
	var choices []choice
	for _, p := range s.decided[1:] {
		choices = append(choices, choice{p, p.has.version})
	}
	s.backtrack(1)
	conflicts := s.stats.Conflicts
	for _, c := range choices {
		if _, dead := s.propagate(changed...); dead != nil || s.stats.Conflicts != conflicts {
			return slices.Clone(s.assigned)
		}
		if c.pkg.has == nil || !c.pkg.has.wanted() || !c.pkg.has.sum.set.contains(c.version) {
			return nil
		}
		s.decide(c.pkg, c.version)
		changed = []*pkg{c.pkg}
	}
	return changed
}

// unread returns the candidates that may be tried next, best first, down to one
// that is known already.
func (s *solver) unread(p *pkg, index int) []int {
	allowed := p.unchanging()
	region := allowed.set
	if allowed.not {
		region = p.space.all().minus(allowed.set)
	}
	region = region.intersect(p.space.usable).intersect(between(0, index+1))
	if stable := region.intersect(p.space.stable); !stable.empty() && !p.alike {
		region = stable
	}
	metas := s.session.knownOf(p.name).metas
	var list []int
	for i := region.last(); i >= 0; i-- {
		if !region.contains(i) {
			continue
		}
		if _, known := metas[i]; !known {
			list = append(list, i)
		} else if len(list) > 0 {
			break
		}
	}
	return list
}

// spread picks at most n entries, the ends among them.
func spread(list []int, n int) []int {
	if len(list) <= n {
		return list
	}
	picked := make([]int, n)
	for i := range picked {
		picked[i] = list[i*(len(list)-1)/(n-1)]
	}
	return picked
}

// gallop picks entries ever farther from the first, and a few of the rest.
func gallop(list []int) []int {
	picked := spread(list, fan/4)
	for i := 0; i < len(list); i = 2*i + 1 {
		picked = append(picked[:len(picked):len(picked)], list[i])
	}
	slices.Sort(picked)
	return slices.Compact(picked)
}

// readAll reads candidates at once. Those that cannot be used are left to be
// found when they are tried.
func (s *solver) readAll(ctx context.Context, sp *space, list []int) error {
	for _, i := range list {
		s.session.reader.expectMetadata(ctx, sp, i)
	}
	broken := false
	for _, i := range list {
		_, err := s.read(ctx, sp, i)
		var unusable *UnusableError
		switch {
		case errors.Is(err, errAssumption):
			broken = true
		case errors.As(err, &unusable):
			s.session.learn(sp.name, i, nil)
		case err != nil:
			return err
		}
	}
	if broken {
		return errAssumption
	}
	return nil
}

// teach adds what is known of all candidates of a package that were read, as far
// as it concerns packages that the solver has met, and takes over for those
// between two of them what both need. It returns the packages concerned.
func (s *solver) teach(p *pkg) []*pkg {
	before := len(s.samples)
	for _, q := range s.list {
		if q.base == p.base {
			s.teachNode(q)
		}
	}
	if len(s.samples) == before {
		return nil
	}
	changed := []*pkg{p}
	for _, q := range s.list {
		if q != p && q.has != nil && p.concerns(q) {
			changed = append(changed, q)
		}
	}
	return changed
}

// concerns reports whether an incompatibility of p names q.
func (p *pkg) concerns(q *pkg) bool {
	return slices.ContainsFunc(p.clauses, func(c *incompat) bool {
		_, ok := c.term(q)
		return ok
	})
}

func (s *solver) teachNode(p *pkg) {
	k := s.session.knownOf(p.name)
	for n, i := range k.indexes {
		if m := k.metas[i]; m != nil && !s.samples[gap{p.node, i, i}] {
			s.samples[gap{p.node, i, i}] = true
			if !p.added.contains(i) {
				s.require(p, i, s.session.rules.of(m, p.extra))
			}
		}
		if n == 0 || i == k.indexes[n-1]+1 {
			continue
		}
		if g := (gap{p.node, k.indexes[n-1], i}); !s.samples[g] {
			s.samples[g] = true
			s.assume(p, g, k)
		}
	}
}

// allowance is what one candidate allows of another package.
type allowance struct {
	set  set
	need *Requirement
}

// allowances returns the requirements of a candidate by package, without those
// for packages that the solver has not met.
func (s *solver) allowances(p *pkg, m *Metadata) map[*pkg]allowance {
	if m == nil {
		return nil
	}
	sets := map[*pkg]allowance{}
	for _, w := range s.session.rules.of(m, p.extra) {
		for _, target := range s.targets(w) {
			if target.base == p.base {
				continue
			}
			allowed := target.space.compile(w.Specifiers)
			if old, ok := sets[target]; ok {
				allowed = allowed.intersect(old.set)
			}
			sets[target] = allowance{allowed, w}
		}
	}
	return sets
}

// assume takes over for the candidates in a gap what both ends need: nothing
// beyond what they allow together.
func (s *solver) assume(p *pkg, g gap, k *known) {
	low, high := s.allowances(p, k.metas[g.low]), s.allowances(p, k.metas[g.high])
	who := between(g.low+1, g.high).intersect(p.space.usable)
	if len(low) == 0 || len(high) == 0 || who.empty() {
		return
	}
	for _, target := range s.list {
		a, ok := low[target]
		b, also := high[target]
		if !ok || !also {
			continue
		}
		both := a.set
		if !a.set.equal(b.set) {
			both = a.set.hull(b.set)
		}
		if !both.equal(target.space.all()) {
			s.add(requires(p, who, target, both, fromSample, b.need))
		}
	}
}

// breaks reports whether what a candidate needs differs from what was assumed.
func (s *solver) breaks(name string, index int, m *Metadata) bool {
	if !s.session.probed[name] {
		return false
	}
	for _, p := range s.list {
		if p.name != name {
			continue
		}
		for _, c := range p.clauses {
			if c.reason == fromSample && c.clauses[0].pkg == p && c.clauses[0].term.set.contains(index) && !s.keeps(p, c, m) {
				return true
			}
		}
	}
	return false
}

// keeps reports whether metadata agrees with an assumption.
func (s *solver) keeps(p *pkg, c *incompat, m *Metadata) bool {
	sets := s.allowances(p, m)
	if len(c.clauses) < 2 {
		for _, a := range sets {
			if a.set.empty() {
				return true
			}
		}
		return false
	}
	a, ok := sets[c.clauses[1].pkg]
	return ok && a.set.within(c.clauses[1].term.set)
}
