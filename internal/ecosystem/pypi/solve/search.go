package solve

import (
	"context"
	"errors"
	"fmt"
)

// pkg is a package of the solver: a distribution, one of its extras, or the root.
// An extra shares the candidates of its distribution.
type pkg struct {
	node
	id      int
	base    *pkg // the distribution; itself if it is one
	space   *space
	clauses []*incompat
	needs   map[needed][]*incompat
	refused []*incompat
	has     *assignment
	rank    *rank

	culprit, affected int

	alike bool // pre-releases are no worse than other candidates

	added  set // candidates of which all requirements are known
	tried  set // candidates that were looked at
	visits int // how many were tried before versions are read ahead
	looked set // the candidates of which the best was read in the background
}

// solver is one run.
type solver struct {
	session *session
	stats   *Stats

	pkgs     map[node]*pkg
	list     []*pkg
	root     *pkg
	at       *pkg // decided last
	ranks    map[string]*rank
	promote  []*pkg
	demote   []*pkg
	samples  map[gap]bool
	assigned []*pkg
	decided  []*pkg
	level    int
	number   int
	valid    []int // for each generation the lowest level since
}

func newSolver(session *session) *solver {
	s := &solver{
		session: session, stats: &session.stats,
		pkgs: map[node]*pkg{}, ranks: map[string]*rank{}, samples: map[gap]bool{},
		valid: []int{int(^uint(0) >> 1)},
	}
	s.root = s.newPkg(node{}, &space{list: make([]Candidate, 1), compiled: map[string]set{}, prefer: -1})
	s.add(&incompat{reason: fromRoot, clauses: []clause{{s.root, term{true, single(0)}}}})
	return s
}

func (s *solver) newPkg(n node, sp *space) *pkg {
	p := &pkg{node: n, id: len(s.list), space: sp, needs: map[needed][]*incompat{}}
	p.base = p
	s.list = append(s.list, p)
	s.pkgs[n] = p
	return p
}

// LimitError says that the search took more steps than allowed.
type LimitError struct{ Steps int }

func (e *LimitError) Error() string {
	return fmt.Sprintf("resolution given up after %d steps; pin more versions", e.Steps)
}

// run searches for a solution. It returns the proof if there is none.
func (s *solver) run(ctx context.Context) (dead *incompat, err error) {
	limit := s.session.rules.Limit
	if limit <= 0 {
		limit = DefaultLimit
	}
	changed := []*pkg{s.root}
	s.at = s.root
	for steps := 0; ; steps++ {
		if steps == limit {
			return nil, &LimitError{limit}
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		blamed, dead := s.propagate(changed...)
		if dead != nil {
			return dead, nil
		}
		for _, b := range blamed {
			s.record(b)
		}
		s.reorder()
		p := s.pick()
		if p == nil {
			return nil, nil
		}
		if !s.session.rules.Near {
			s.expect(ctx)
		}
		s.at = p
		if changed, err = s.step(ctx, p); err != nil {
			return nil, err
		}
	}
}

// expect reads the best candidate of everything that is wanted in the background.
func (s *solver) expect(ctx context.Context) {
	for _, p := range s.assigned {
		if p.extra != "" || p == s.root || !p.has.wanted() || p.looked.equal(p.has.sum.set) {
			continue
		}
		p.looked = p.has.sum.set
		if i := p.best(); i >= 0 {
			s.session.reader.expectMetadata(ctx, p.space, i)
		}
	}
}

// best returns the candidate to try next, or -1 if none that is left can be used.
func (p *pkg) best() int {
	return p.space.choose(p.has.sum.set.intersect(p.space.usable), p.alike)
}

// step chooses a candidate and adds what it needs. It returns the packages for
// which something may follow.
func (s *solver) step(ctx context.Context, p *pkg) ([]*pkg, error) {
	index := 0
	switch {
	case p.extra != "":
		index = p.base.has.version
		if !p.has.sum.set.contains(index) {
			s.add(tied(p, index))
			return []*pkg{p}, nil
		}
	case p != s.root:
		if index = p.best(); index < 0 {
			return []*pkg{p}, nil
		}
		if changed, err := s.probe(ctx, p, index); changed != nil || err != nil {
			return changed, err
		}
		p.tried = p.tried.union(single(index))
	}
	s.stats.Decisions++
	if p.added.contains(index) {
		s.decide(p, index)
		return []*pkg{p}, nil
	}
	return []*pkg{p}, s.visit(ctx, p, index)
}

// tied says that an extra is not taken of another version than its package.
func tied(p *pkg, index int) *incompat {
	return &incompat{reason: fromTie, clauses: []clause{
		{p.base, term{false, single(index)}},
		{p, term{false, p.space.all().minus(single(index))}},
	}}
}

// visit reads a candidate, adds its requirements and decides for it unless one of
// them cannot be met already.
func (s *solver) visit(ctx context.Context, p *pkg, index int) error {
	wants, err := s.requirements(ctx, p, index)
	var unusable *UnusableError
	if errors.As(err, &unusable) {
		s.add(refuses(p, single(index), unusable.Reason))
		return nil
	}
	if err != nil {
		return err
	}
	if err := s.load(ctx, wants); err != nil {
		return err
	}
	for _, w := range wants {
		s.meetAll(w)
	}
	fresh := s.require(p, index, wants)
	p.added = p.added.union(single(index))
	if len(s.valid) > 1 {
		if c := s.rejected(p, index, fresh); c != nil {
			s.stats.Conflicts++
			s.record(blame{p, c})
			return nil
		}
	}
	s.decide(p, index)
	return nil
}

// rejected returns the requirement that cannot be met beside what is decided.
func (s *solver) rejected(p *pkg, index int, fresh []*incompat) *incompat {
	own := term{false, single(index)}
	for _, c := range fresh {
		r, _ := relate(c, func(q *pkg) (term, bool) {
			if q == p {
				return own, true
			}
			return present(q)
		})
		if r == satisfied {
			return c
		}
	}
	return nil
}

// requirements returns what a candidate needs.
func (s *solver) requirements(ctx context.Context, p *pkg, index int) ([]*Requirement, error) {
	rules := s.session.rules
	if p == s.root {
		return rules.applied(rules.Roots), nil
	}
	m, err := s.read(ctx, p.space, index)
	if err != nil {
		return nil, err
	}
	if !rules.python(m.RequiresPython) {
		return nil, &UnusableError{needsPython(m.RequiresPython)}
	}
	return rules.of(m, p.extra), nil
}

// read returns the metadata of a candidate, and checks what was assumed of it.
func (s *solver) read(ctx context.Context, sp *space, index int) (*Metadata, error) {
	m, err := s.session.reader.metadata(ctx, sp, index)
	if err != nil {
		return nil, readError(sp, index, err)
	}
	s.session.learn(sp.name, index, m)
	if s.breaks(sp.name, index, m) {
		return nil, errAssumption
	}
	return m, nil
}

func readError(sp *space, index int, err error) error {
	var unusable *UnusableError
	if errors.As(err, &unusable) {
		return err
	}
	return fmt.Errorf("metadata of %s %s: %w", sp.name, sp.list[index].Version, err)
}
