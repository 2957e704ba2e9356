package solve

import (
	"context"
	"fmt"
)

// load reads the candidates of everything that requirements name, all at once.
func (s *solver) load(ctx context.Context, wants []*Requirement) error {
	for _, w := range wants {
		if w.URL == "" && s.pkgs[node{w.Name, ""}] == nil {
			s.session.reader.expect(ctx, w.Name)
		}
	}
	for _, w := range wants {
		if w.URL != "" {
			continue
		}
		if err := s.loadOne(ctx, w); err != nil {
			return err
		}
	}
	return nil
}

func (s *solver) loadOne(ctx context.Context, w *Requirement) error {
	base := s.pkgs[node{w.Name, ""}]
	if base == nil {
		sp, err := s.session.reader.space(ctx, w.Name)
		if err != nil {
			return fmt.Errorf("versions of %s: %w", w.Name, err)
		}
		base = s.newPkg(node{w.Name, ""}, sp)
		s.found(base)
	}
	for _, extra := range w.Extras {
		if n := (node{w.Name, extra}); s.pkgs[n] == nil {
			s.newPkg(n, base.space).base = base
		}
	}
	return nil
}

// found adds what is known of a package from the start: candidates that cannot be
// used, and constraints.
func (s *solver) found(p *pkg) {
	p.alike = s.session.rules.alike(p.name)
	p.visits = startProbing
	if s.session.probed[p.name] {
		p.visits = 2
	}
	for _, r := range p.space.refusals {
		s.add(refuses(p, r.set, r.text))
	}
	for _, c := range s.session.rules.constraints[p.name] {
		if out := p.space.all().minus(p.space.compile(c.Specifiers)); !out.empty() {
			s.add(&incompat{reason: fromLimit, need: c, clauses: []clause{{p, term{false, out}}}})
		}
	}
}

// meetAll notes a requirement for the order of decisions.
func (s *solver) meetAll(w *Requirement) {
	if w.URL != "" {
		return
	}
	exact := w.Specifiers.IsPinned()
	for _, c := range s.session.rules.constraints[w.Name] {
		exact = exact || c.Specifiers.IsPinned()
	}
	base := s.pkgs[node{w.Name, ""}]
	s.meet(base, exact)
	if w.Specifiers.NamesPrerelease() && s.session.rules.Prereleases == Mentioned {
		base.alike = true
	}
	for _, extra := range w.Extras {
		s.meet(s.pkgs[node{w.Name, extra}], exact)
	}
}

// require adds the requirements of one candidate and returns them. Those for
// packages that the solver has not met are left out.
func (s *solver) require(p *pkg, index int, wants []*Requirement) []*incompat {
	var list []*incompat
	for _, w := range wants {
		for _, target := range s.targets(w) {
			allowed := target.space.compile(w.Specifiers)
			if target == p {
				if !allowed.contains(index) {
					list = append(list, requires(p, single(index), p, nil, fromNeed, w))
				}
				continue
			}
			if target.base == p.base {
				allowed = allowed.intersect(single(index))
			}
			list = append(list, requires(p, single(index), target, allowed, fromNeed, w))
		}
	}
	if p.extra != "" {
		list = append(list, requires(p, single(index), p.base, single(index), fromTie, nil))
	}
	for _, c := range list {
		s.add(c)
	}
	return list
}

// targets returns what a requirement is for: the distribution, then its extras.
func (s *solver) targets(w *Requirement) []*pkg {
	base := s.pkgs[node{w.Name, ""}]
	if w.URL != "" || base == nil {
		return nil
	}
	list := []*pkg{base}
	for _, extra := range w.Extras {
		if p := s.pkgs[node{w.Name, extra}]; p != nil {
			list = append(list, p)
		}
	}
	return list
}
