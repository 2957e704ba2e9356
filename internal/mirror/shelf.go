package mirror

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/feedctl/feedctl/internal/store"
	"github.com/feedctl/feedctl/internal/upstream"
	"github.com/feedctl/feedctl/pkg/feed"
)

// shelf is the Index of one job: what the feed holds, what this run has taken
// from upstreams so far, then the upstreams themselves.
type shelf struct {
	*upstream.Index
	set       *upstream.Set
	feed      *store.Feed
	ecosystem string
	repair    bool // a record that is damaged counts as absent

	mu    sync.Mutex
	saved map[string]feed.Package
	taken map[string]taken
}

// taken is what one upstream answered for one package.
type taken struct {
	feed.Package
	upstream string
}

func newShelf(f *store.Feed, set *upstream.Set, ecosystem string, upgrade, repair bool) *shelf {
	s := &shelf{set: set, feed: f, ecosystem: ecosystem, repair: repair, saved: map[string]feed.Package{}, taken: map[string]taken{}}
	s.Index = upstream.NewIndex(s.savedPackage, set, upgrade)
	return s
}

// savedPackage returns the feed's record of a package; feed.ErrNotFound when the
// feed has none.
func (s *shelf) savedPackage(ctx context.Context, name string) (feed.Package, error) {
	s.mu.Lock()
	p, ok := s.saved[name]
	s.mu.Unlock()
	if !ok {
		var err error
		p, err = s.feed.Package(ctx, s.ecosystem, name)
		if err != nil && !errors.Is(err, feed.ErrNotFound) && !(s.repair && isDamage(err)) {
			return feed.Package{}, err
		}
		s.mu.Lock()
		s.saved[name] = p
		s.mu.Unlock()
	}
	if p.Name == "" {
		return feed.Package{}, feed.ErrNotFound
	}
	return p, nil
}

// take asks the upstreams for releases and keeps the answer, with those saved
// releases that the upstream still offers. A version that it does not know is an
// error.
func (s *shelf) take(ctx context.Context, name string, versions []string) error {
	asked := versions
	if saved, err := s.savedPackage(ctx, name); err == nil {
		asked = slices.Clone(versions)
		for _, release := range saved.Releases {
			asked = append(asked, release.Version)
		}
	}
	p, from, err := s.set.Releases(ctx, name, asked)
	if err != nil {
		return err
	}
	for _, version := range versions {
		if p.Release(version) == nil {
			key := feed.VersionKey{PackageKey: feed.PackageKey{Ecosystem: s.ecosystem, Name: name}, Version: version}
			return &feed.PackageError{Key: key, Upstream: from, Err: fmt.Errorf("no such version: %w", feed.ErrNotFound)}
		}
	}
	s.put(p, from)
	return nil
}

// put keeps what an upstream answered.
func (s *shelf) put(p feed.Package, upstreamName string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if before, ok := s.taken[p.Name]; ok {
		for _, release := range before.Releases {
			if p.Release(release.Version) == nil {
				p.Releases = append(p.Releases, release)
			}
		}
	}
	s.taken[p.Name] = taken{Package: p, upstream: upstreamName}
}

// get returns what was taken of a package.
func (s *shelf) get(name string) (taken, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.taken[name]
	return t, ok
}

// Release implements ecosystem.Index.
func (s *shelf) Release(ctx context.Context, name, version string) (feed.Release, error) {
	if p, err := s.savedPackage(ctx, name); err == nil {
		if release := p.Release(version); release != nil {
			return *release, nil
		}
	}
	if t, ok := s.get(name); ok {
		if release := t.Release(version); release != nil {
			return *release, nil
		}
	}
	if err := s.take(ctx, name, []string{version}); err != nil {
		return feed.Release{}, err
	}
	t, _ := s.get(name)
	return *t.Release(version), nil
}
