package upstream

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/pkg/feed"
)

// Ledger is what reading a feed as an upstream needs of it.
type Ledger interface {
	// Package returns the feed's record of a package; feed.ErrNotFound when it
	// has none.
	Package(ctx context.Context, ecosystem, name string) (feed.Package, error)
	// Open opens a file of the feed by its path.
	Open(ctx context.Context, path string) (io.ReadCloser, error)
}

// NewFeedSource returns the source that reads one ecosystem's packages from
// another feed through its ledger. Every release of it, pushed or saved, is on
// offer; where the releases first came from stays in their Origin and in the
// URLs of their files.
func NewFeedSource(ecosystemName string, ledger Ledger) ecosystem.Source {
	return &feedSource{ecosystem: ecosystemName, ledger: ledger}
}

type feedSource struct {
	ecosystem string
	ledger    Ledger
	packages  memo[string, feed.Package]
}

func (s *feedSource) record(ctx context.Context, name string) (feed.Package, error) {
	return s.packages.get(ctx, name, func(ctx context.Context) (feed.Package, error) {
		p, err := s.ledger.Package(ctx, s.ecosystem, name)
		if err != nil {
			return feed.Package{}, err
		}
		want := feed.PackageKey{Ecosystem: s.ecosystem, Name: name}
		if p.PackageKey != want {
			return feed.Package{}, &feed.PackageError{
				Key: feed.VersionKey{PackageKey: want},
				Err: fmt.Errorf("the feed's ledger record is one of %q", clip(p.PackageKey.String())),
			}
		}
		if len(p.Releases) == 0 {
			return feed.Package{}, feed.ErrNotFound
		}
		return p, nil
	})
}

// Versions implements ecosystem.Source.
func (s *feedSource) Versions(ctx context.Context, name string) ([]feed.Version, error) {
	p, err := s.record(ctx, name)
	if err != nil {
		return nil, err
	}
	return versionsOf(p, false), nil
}

// Releases implements ecosystem.Source. Files that the other feed left out are
// part of the answer, as they are part of the release.
func (s *feedSource) Releases(ctx context.Context, name string, versions []string) (feed.Package, error) {
	p, err := s.record(ctx, name)
	if err != nil {
		return feed.Package{}, err
	}
	wanted := feed.Package{PackageKey: p.PackageKey, Tags: map[string]string{}, Metadata: p.Metadata}
	for _, release := range p.Releases {
		asked := func(version string) bool { return version == release.Version || p.Tags[version] == release.Version }
		if slices.ContainsFunc(versions, asked) {
			wanted.Releases = append(wanted.Releases, offer(release))
		}
	}
	for tag, version := range p.Tags {
		if wanted.Release(version) != nil {
			wanted.Tags[tag] = version
		}
	}
	return wanted, nil
}

// offer returns a release of another feed as one to be saved here.
func offer(release feed.Release) feed.Release {
	release.Kind = feed.Saved
	release.Origin = feed.Origin{URL: release.Origin.URL}
	release.Files = slices.Clone(release.Files)
	for i := range release.Files {
		release.Files[i].Absent = false
	}
	return release
}

// maxRead is the largest file that Read returns, in bytes.
const maxRead = 16 << 20

// Read implements ecosystem.Reader.
func (s *feedSource) Read(ctx context.Context, path string) ([]byte, error) {
	body, err := s.ledger.Open(ctx, s.ecosystem+"/"+path)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	data, err := io.ReadAll(io.LimitReader(body, maxRead+1))
	if err == nil && len(data) > maxRead {
		err = fmt.Errorf("%s: larger than %d bytes", path, maxRead)
	}
	return data, err
}

// Open implements ecosystem.Source.
func (s *feedSource) Open(ctx context.Context, file feed.File) (io.ReadCloser, error) {
	body, err := s.ledger.Open(ctx, file.Path)
	if err != nil {
		return nil, fmt.Errorf("the other feed does not give the file; it may lack this platform: %w", err)
	}
	return body, nil
}
