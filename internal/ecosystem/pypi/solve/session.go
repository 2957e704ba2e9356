package solve

import (
	"context"
	"errors"
	"slices"
)

// session is what outlives one run of the solver: everything that was read.
type session struct {
	rules  *rules
	reader *reader
	ahead  *ahead
	stats  Stats

	known  map[string]*known
	probed map[string]bool // packages that were read ahead
}

// known is what was read of one distribution, by candidate.
type known struct {
	indexes []int // ascending
	metas   map[int]*Metadata
}

func newSession(in *Input, u Universe) *session {
	r := newRules(in)
	reader := newReader(r, u)
	return &session{
		rules: r, reader: reader, ahead: newAhead(r, reader),
		known: map[string]*known{}, probed: map[string]bool{},
	}
}

func (s *session) total() Stats {
	t := s.stats
	t.Versions, t.Dependencies = int(s.reader.asked.Load()), int(s.reader.read.Load())
	return t
}

func (s *session) knownOf(name string) *known {
	k := s.known[name]
	if k == nil {
		k = &known{metas: map[int]*Metadata{}}
		s.known[name] = k
	}
	return k
}

// learn notes what a candidate needs.
func (s *session) learn(name string, index int, m *Metadata) {
	k := s.knownOf(name)
	if _, ok := k.metas[index]; ok {
		return
	}
	k.metas[index] = m
	at, _ := slices.BinarySearch(k.indexes, index)
	k.indexes = slices.Insert(k.indexes, at, index)
}

// errAssumption ends a run of which an assumption does not hold.
var errAssumption = errors.New("an assumption does not hold")

// resolve runs the solver until it comes to an end that rests on no unread
// version. Every further run knows at least one version more.
func (s *session) resolve(ctx context.Context) (Solution, error) {
	for {
		run := newSolver(s)
		dead, err := run.run(ctx)
		switch {
		case errors.Is(err, errAssumption):
		case err != nil:
			return Solution{}, err
		case dead == nil:
			again, err := s.confirm(ctx, run)
			if !again {
				return run.solution(), err
			}
		default:
			again, err := s.check(ctx, run, dead)
			if !again && err == nil {
				err = run.conflict(dead)
			}
			if err != nil {
				return Solution{}, err
			}
		}
		s.stats.Restarts++
	}
}

// check reads all versions that a proof takes something for granted of. It
// reports whether there were any.
func (s *session) check(ctx context.Context, run *solver, dead *incompat) (bool, error) {
	unread := map[*space]set{}
	var order []*space
	for c := range leaves(dead) {
		if c.reason != fromSample {
			continue
		}
		p := c.clauses[0].pkg.space
		if _, ok := unread[p]; !ok {
			order = append(order, p)
		}
		unread[p] = unread[p].union(c.clauses[0].term.set)
	}
	for _, p := range order {
		if err := run.readAll(ctx, p, unread[p].members()); err != nil && !errors.Is(err, errAssumption) {
			return false, err
		}
	}
	return len(order) > 0, nil
}

// confirm reads what a solution passes over unread, where that is little. It
// reports whether something was not as assumed.
func (s *session) confirm(ctx context.Context, run *solver) (bool, error) {
	for _, p := range run.decided {
		if p == run.root || p.extra != "" {
			continue
		}
		if unread := run.passedOver(p); !unread.empty() && unread.size() <= 2*fan {
			err := run.readAll(ctx, p.space, unread.members())
			if err != nil {
				return errors.Is(err, errAssumption), err
			}
		}
	}
	return false, nil
}
