package pypi

import (
	"context"
	"errors"
	"slices"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
	"github.com/feedctl/feedctl/pkg/feed"
)

// kept resolves a request, that was resolved before, among the releases that it
// came to: what one target used of them comes out again.
func (r *resolution) kept(ctx context.Context) (*graph, error) {
	l := &lockedGraph{graph: r.newGraph(), locked: r.request.Lock.Nodes}
	if err := l.read(ctx); err != nil {
		return nil, err
	}
	for at := range l.locked {
		if err := l.allow(at); err != nil {
			return nil, err
		}
	}
	if l.forced() {
		for at := range l.nodes {
			l.nodes[at].Reason = reason(&pick{saved: true}, false)
		}
		return l.graph, l.greedy()
	}
	kept := keptIndex{Index: r.index, nodes: l, byName: map[string][]int{}}
	for at := range l.locked {
		kept.byName[l.locked[at].Name] = append(kept.byName[l.locked[at].Name], at)
	}
	r.catalog.index = kept
	r.catalog.fresh = true
	r.believe.Store(true) // what was chosen stays chosen
	found, err := r.solveAll(ctx)
	if gap := (*feed.ResolveError)(nil); errors.As(err, &gap) {
		return l.graph, l.greedy() // its edges show what is missing
	}
	if err != nil {
		return nil, err
	}
	for _, one := range found {
		if err := l.take(one); err != nil {
			return nil, err
		}
	}
	return l.graph, l.addBuilds(ctx, found)
}

// forced reports whether there is nothing to choose among the releases: one of each
// project, and nothing to build. Resolving could only find that they do not go
// together, and what a target does not need its edges do not reach.
func (l *lockedGraph) forced() bool {
	seen := map[string]bool{}
	for at := range l.locked {
		if node := &l.locked[at]; !node.Bare {
			if seen[node.Name] {
				return false
			}
			seen[node.Name] = true
		}
		for _, name := range l.offered[at] {
			if !wheel.IsWheel(name) {
				return false
			}
		}
	}
	return true
}

// greedy lets every target use what it can.
func (l *lockedGraph) greedy() error {
	for t := range l.targets {
		if err := l.target(t); err != nil {
			return err
		}
	}
	return nil
}

// keptIndex offers the releases of a lock alone.
type keptIndex struct {
	ecosystem.Index
	nodes  *lockedGraph
	byName map[string][]int
}

// Versions implements ecosystem.Index.
func (x keptIndex) Versions(_ context.Context, name string, _ func(feed.Version) bool) ([]feed.Version, error) {
	var versions []feed.Version
	for _, at := range x.byName[name] {
		release := &x.nodes.releases[at]
		if x.nodes.locked[at].Bare {
			continue
		}
		known, err := decodeFacts(name, release.Version, release.Metadata)
		if err != nil {
			return nil, err
		}
		known.Files = slices.DeleteFunc(known.Files, func(f fileFacts) bool { return !slices.Contains(x.nodes.offered[at], f.Name) })
		for i := range known.Files {
			known.Files[i].Yanked = nil // what was chosen stays chosen
		}
		one := feed.Version{Version: release.Version, Saved: true}
		if one.Metadata, err = known.encode(); err != nil {
			return nil, err
		}
		versions = append(versions, one)
	}
	if versions == nil {
		return nil, feed.ErrNotFound
	}
	return versions, nil
}
