package modgraph

import (
	"context"
	"fmt"

	"golang.org/x/mod/module"
)

// mostLoaded is how many go.mod files one graph may take; a proxy that invents
// modules without end is stopped here. The largest public graphs have some
// thousands.
const mostLoaded = 50_000

// fetcher loads go.mod files concurrently, each once. One goroutine uses it.
type fetcher struct {
	load    func(Version) (Module, error)
	ended   func() error // why no more is to be loaded
	limit   int
	near    bool                // nothing is loaded in the background
	known   map[Version]*loaded // asked for; nil while it is being loaded
	queue   []Version
	running int
	results chan loaded
}

// loaded is the answer for one version.
type loaded struct {
	version Version
	module  Module
	err     error
}

func newFetcher(ctx context.Context, limit int, load func(context.Context, Version) (Module, error)) *fetcher {
	if limit <= 0 {
		limit = 16
	}
	return &fetcher{
		load:    func(v Version) (Module, error) { return load(ctx, v) },
		ended:   func() error { return context.Cause(ctx) },
		limit:   limit,
		known:   map[Version]*loaded{},
		results: make(chan loaded),
	}
}

// get returns the answer for v, or nil and begins to load it.
func (f *fetcher) get(v Version) *loaded {
	answer, asked := f.known[v]
	if asked {
		return answer
	}
	if err := f.check(v); err != nil {
		f.known[v] = &loaded{version: v, err: err}
		return f.known[v]
	}
	if f.near {
		m, err := f.load(v)
		f.known[v] = &loaded{version: v, module: m, err: err}
		return f.known[v]
	}
	f.known[v] = nil
	f.queue = append(f.queue, v)
	f.start()
	return nil
}

// check keeps names that are none from load.
func (f *fetcher) check(v Version) error {
	if len(f.known) >= mostLoaded {
		return fmt.Errorf("the module graph has more than %d modules; an upstream's go.mod files cannot be right", mostLoaded)
	}
	if v.Version == "" {
		return nil
	}
	return module.Check(v.Path, v.Version)
}

func (f *fetcher) start() {
	for f.running < f.limit && len(f.queue) > 0 {
		v := f.queue[0]
		f.queue = f.queue[1:]
		f.running++
		go func() {
			m, err := f.load(v)
			f.results <- loaded{version: v, module: m, err: err}
		}()
	}
}

// next waits for one answer and returns its version. get must have returned nil
// for a version whose answer next has not yet returned.
func (f *fetcher) next() (Version, error) {
	answer := <-f.results
	f.running--
	if err := f.ended(); err != nil {
		return Version{}, fmt.Errorf("load the module graph: %w", err)
	}
	f.known[answer.version] = &answer
	f.start()
	return answer.version, nil
}

// wait returns when no load runs any more.
func (f *fetcher) wait() {
	for ; f.running > 0; f.running-- {
		<-f.results
	}
}
