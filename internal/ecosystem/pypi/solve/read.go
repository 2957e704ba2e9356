package solve

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/feedctl/feedctl/pkg/feed"
)

// reader asks the universe, each thing once. What is only likely to be needed
// waits for a free place; what the solver waits for does not.
type reader struct {
	universe Universe
	rules    *rules
	places   chan struct{}
	running  sync.WaitGroup

	mu     sync.Mutex
	spaces map[string]*spaceCall
	metas  map[release]*metaCall

	asked, read atomic.Int64
}

// release is one candidate, by its place in the space of its distribution.
type release struct {
	name  string
	index int
}

type spaceCall struct {
	once  sync.Once
	space *space
	err   error
}

type metaCall struct {
	once sync.Once
	meta Metadata
	err  error
}

func newReader(r *rules, u Universe) *reader {
	n := r.Parallel
	if n <= 0 {
		n = DefaultParallel
	}
	return &reader{
		universe: u, rules: r, places: make(chan struct{}, n),
		spaces: map[string]*spaceCall{}, metas: map[release]*metaCall{},
	}
}

func (r *reader) spaceCall(name string) (call *spaceCall, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	call, known = r.spaces[name]
	if !known {
		call = &spaceCall{}
		r.spaces[name] = call
	}
	return call, known
}

func (r *reader) metaCall(key release) (call *metaCall, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	call, known = r.metas[key]
	if !known {
		call = &metaCall{}
		r.metas[key] = call
	}
	return call, known
}

// space returns the candidates of a distribution. One that the index does not
// know has none.
func (r *reader) space(ctx context.Context, name string) (*space, error) {
	call, _ := r.spaceCall(name)
	call.once.Do(func() {
		r.asked.Add(1)
		list, err := r.universe.Versions(ctx, name)
		unknown := errors.Is(err, feed.ErrNotFound)
		if err != nil && !unknown {
			call.err = err
			return
		}
		call.space = newSpace(r.rules, name, list)
		call.space.unknown = unknown
	})
	return call.space, call.err
}

// metadata returns what a candidate needs.
func (r *reader) metadata(ctx context.Context, s *space, index int) (*Metadata, error) {
	call, _ := r.metaCall(release{s.name, index})
	call.once.Do(func() {
		r.read.Add(1)
		call.meta, call.err = r.universe.Dependencies(ctx, s.name, s.list[index])
		if errors.Is(call.err, feed.ErrNotFound) {
			call.err = &UnusableError{"has no metadata"}
		}
	})
	return &call.meta, call.err
}

// later runs a function that reads ahead, when there is a place for it.
func (r *reader) later(ctx context.Context, do func()) {
	r.running.Go(func() {
		select {
		case r.places <- struct{}{}:
			defer func() { <-r.places }()
		case <-ctx.Done():
			return
		}
		if ctx.Err() == nil {
			do()
		}
	})
}

// expect reads the list of candidates in the background.
func (r *reader) expect(ctx context.Context, name string) {
	if r.rules.Near {
		return
	}
	if _, known := r.spaceCall(name); !known {
		r.later(ctx, func() { _, _ = r.space(ctx, name) })
	}
}

// expectMetadata reads a candidate in the background.
func (r *reader) expectMetadata(ctx context.Context, s *space, index int) {
	if _, known := r.metaCall(release{s.name, index}); !known {
		r.later(ctx, func() { _, _ = r.metadata(ctx, s, index) })
	}
}
