package ecosystemtest

import (
	"context"
	"io"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/pkg/feed"
)

// memory is an Index over one upstream.
type memory struct{ source ecosystem.Source }

func newMemory(source ecosystem.Source) ecosystem.Index { return memory{source} }

func (m memory) Versions(ctx context.Context, name string, _ func(feed.Version) bool) ([]feed.Version, error) {
	return m.source.Versions(ctx, name)
}

func (m memory) Release(ctx context.Context, name, version string) (feed.Release, error) {
	p, err := m.source.Releases(ctx, name, []string{version})
	if err != nil {
		return feed.Release{}, err
	}
	if release := p.Named(version); release != nil {
		return *release, nil
	}
	return feed.Release{}, feed.ErrNotFound
}

func (m memory) Open(ctx context.Context, _, _ string, file feed.File) (io.ReadCloser, error) {
	return m.source.Open(ctx, file)
}
