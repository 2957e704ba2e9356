package mirror

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/feedctl/feedctl/internal/ecosystem"
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
	upgrade   bool
	merge     func(saved, offered json.RawMessage) (json.RawMessage, error)
	fixed     bool // upstreams have nothing new to say of saved releases
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

// savedRecords is what the feed holds, as the shelf reads it.
type savedRecords struct{ *shelf }

func (s savedRecords) Package(ctx context.Context, _, name string) (feed.Package, error) {
	return s.savedPackage(ctx, name)
}

func (s savedRecords) Open(ctx context.Context, path string) (io.ReadCloser, error) {
	return s.feed.Open(ctx, path)
}

func newShelf(f *store.Feed, set *upstream.Set, e ecosystem.Ecosystem, upgrade, repair bool) *shelf {
	s := &shelf{set: set, feed: f, ecosystem: e.Name, upgrade: upgrade, merge: e.Merge, fixed: e.Fixed, repair: repair, saved: map[string]feed.Package{}, taken: map[string]taken{}}
	s.Index = upstream.NewIndex(e.Name, savedRecords{s}, set, upgrade).Merging(e.Merge)
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
	if saved, err := s.savedPackage(ctx, name); err == nil && !s.fixed {
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
		if p.Named(version) == nil {
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
		if s.fixed {
			p.Tags = moveTags(before.Tags, p.Tags)
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
		if release := s.named(&p, version); release != nil {
			return *release, nil
		}
	}
	if t, ok := s.get(name); ok {
		if release := t.Named(version); release != nil {
			return *release, nil
		}
	}
	if err := s.take(ctx, name, []string{version}); err != nil {
		return feed.Release{}, err
	}
	t, _ := s.get(name)
	return *t.Named(version), nil
}

// Refresh implements ecosystem.Refresher.
func (s *shelf) Refresh(ctx context.Context, name, version string) (feed.Release, error) {
	p, err := s.savedPackage(ctx, name)
	release := p.Named(version)
	if err != nil || release == nil || release.Kind == feed.Pushed || s.fixed {
		return s.Release(ctx, name, version)
	}
	t, ok := s.get(name)
	if !ok || t.Release(release.Version) == nil {
		if err := s.take(ctx, name, nil); err != nil && !isNotFound(err) {
			return feed.Release{}, err
		}
		t, _ = s.get(name)
	}
	offered := t.Release(release.Version)
	if offered == nil {
		return *release, nil
	}
	grown, _, err := grow(*release, *offered, s.merge)
	return grown, err
}

// named finds a saved release; when upgrading, an upstream says where a moving
// name points.
func (s *shelf) named(p *feed.Package, version string) *feed.Release {
	if s.upgrade {
		return p.Release(version)
	}
	return p.Named(version)
}

// Open implements ecosystem.Index.
func (s *shelf) Open(ctx context.Context, name, version string, file feed.File) (io.ReadCloser, error) {
	t, ok := s.get(name)
	if !ok || t.Release(version) == nil {
		return s.Index.Open(ctx, name, version, file)
	}
	return s.set.Open(ctx, t.upstream, file)
}
