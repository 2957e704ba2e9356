package solve

import (
	"context"
	"fmt"
	"sync"
)

// space is the memory of one resolution: crates, demands and what was fetched.
type space struct {
	order
	crates   map[Crate]*crate
	demands  map[string]*demand
	requests map[string]*request
	locked   map[Version]bool
	members  []*version
	patched  []*version
	asked    int

	universe Universe
	near     bool      // universe answers without waiting
	arrived  []arrival // when near: answers that were not taken yet
	arrivals chan arrival
	turns    chan struct{} // one for each call that may run
	running  sync.WaitGroup
	flying   int // calls whose answer was not taken yet
	failed   bool
}

type arrival struct {
	crate    *crate
	versions []*version
	err      error
}

func newSpace(input *Input, universe Universe) (*space, error) {
	parallel := input.Parallel
	if parallel <= 0 {
		parallel = DefaultParallel
	}
	s := &space{
		order:  order{patches: map[Crate][]*version{}, reqs: map[string]parsedReq{}, memory: input.Memory},
		crates: map[Crate]*crate{}, demands: map[string]*demand{}, requests: map[string]*request{}, locked: map[Version]bool{},
		universe: universe, near: input.Near, arrivals: make(chan arrival, parallel), turns: make(chan struct{}, parallel),
	}
	for _, text := range input.RustVersions {
		version, ok := parseRust(text)
		if !ok {
			return nil, fmt.Errorf("rust-version %q of a workspace member is not a version; write it as 1.70 or 1.70.0", text)
		}
		s.rust = append(s.rust, version)
	}
	for _, version := range input.Locked {
		s.locked[version] = true
	}
	return s, s.addLocals(input)
}

// addLocals takes all releases that do not come from the universe.
func (s *space) addLocals(input *Input) error {
	for i := range input.Members {
		v, err := s.addLocal(input.Members[i])
		if err != nil {
			return err
		}
		if s.load(v); v.broken != nil {
			return fmt.Errorf("workspace member %s: %w", v.release.Name, v.broken)
		}
		s.members = append(s.members, v)
	}
	for i := range input.Locals {
		if _, err := s.addLocal(input.Locals[i]); err != nil {
			return err
		}
	}
	for i := range input.Patches {
		if err := s.addPatch(&input.Patches[i]); err != nil {
			return err
		}
	}
	return nil
}

// addLocal returns the version of a local release, which may be known already.
func (s *space) addLocal(release Release) (*version, error) {
	c := s.crate(Crate{release.Source, release.Name})
	c.state = ready
	if v := c.version(release.Version); v != nil {
		return v, nil
	}
	c.add(c.id.read([]Release{release}, s.memory))
	v := c.version(release.Version)
	if v == nil {
		return nil, fmt.Errorf("package %s: version %q is not a version of Semantic Versioning", release.Name, release.Version)
	}
	return v, nil
}

func (s *space) addPatch(patch *Patch) error {
	if (Crate{patch.Release.Source, patch.Release.Name}) == patch.Of {
		return fmt.Errorf("patch of %s: the release comes from the source that it is to replace", patch.Of.Name)
	}
	v, err := s.addLocal(patch.Release)
	if err != nil {
		return fmt.Errorf("patch of %s: %w", patch.Of.Name, err)
	}
	v.slots = append(v.slots, s.crate(patch.Of).slot(&v.parsed))
	v.preferred = true
	s.patches[patch.Of] = append(s.patches[patch.Of], v)
	s.patched = append(s.patched, v)
	return nil
}

func (c *crate) version(text string) *version {
	for _, v := range c.versions {
		if v.release.Version == text {
			return v
		}
	}
	return nil
}

func (s *space) crate(id Crate) *crate {
	c := s.crates[id]
	if c == nil {
		c = &crate{id: id, slots: map[span]*slot{}, byReq: map[string]*match{}}
		s.crates[id] = c
	}
	return c
}

// ask starts the call for a crate that nobody has asked for.
func (s *space) ask(ctx context.Context, c *crate) {
	if c.state != unasked {
		return
	}
	c.state = asked
	s.asked++
	s.flying++
	if s.near {
		releases, err := s.universe(ctx, c.id)
		s.arrived = append(s.arrived, arrival{c, c.id.read(releases, s.memory), err})
		return
	}
	s.running.Go(func() {
		select {
		case s.turns <- struct{}{}:
			defer func() { <-s.turns }()
		case <-ctx.Done():
			return
		}
		releases, err := s.universe(ctx, c.id)
		select {
		case s.arrivals <- arrival{c, c.id.read(releases, s.memory), err}:
		case <-ctx.Done():
		}
	})
}

// take waits for one answer.
func (s *space) take(ctx context.Context) (*crate, error) {
	if len(s.arrived) > 0 && ctx.Err() == nil {
		a := s.arrived[0]
		s.arrived = s.arrived[1:]
		return s.accept(a), nil
	}
	select {
	case a := <-s.arrivals:
		return s.accept(a), nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// accept takes an answer into the space.
func (s *space) accept(a arrival) *crate {
	s.flying--
	a.crate.arrive(a.versions, a.err)
	s.failed = s.failed || a.crate.err != nil
	for _, v := range a.crate.versions {
		v.locked = s.locked[Version{v.crate.id, v.release.Version}]
		v.preferred = v.preferred || v.locked
	}
	return a.crate
}

// await returns when the crates of all needs are there. It fails when one of
// them could not be read.
func (s *space) await(ctx context.Context, needs []need) error {
	for _, n := range needs {
		s.ask(ctx, n.demand.crate)
	}
	for _, n := range needs {
		for n.demand.crate.state != ready {
			if _, err := s.take(ctx); err != nil {
				return err
			}
		}
		if n.demand.crate.err != nil {
			return n.demand.crate.err
		}
	}
	return nil
}
