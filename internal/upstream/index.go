package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/pkg/feed"
)

// Index is what a resolver sees: the feed's own releases, then the upstreams'.
// It implements ecosystem.Index, is safe for concurrent use, and asks once for
// each name.
type Index struct {
	ecosystem string
	saved     Ledger
	set       *Set
	upgrade   bool
	merge     mergeMetadata
	packages  memo[string, feed.Package]
	releases  memo[feed.VersionKey, feed.Release]
}

// NewIndex returns an Index over the releases of one ecosystem that a feed holds
// and its upstreams. With upgrade set, upstreams are asked though a saved version
// would do.
func NewIndex(ecosystem string, saved Ledger, set *Set, upgrade bool) *Index {
	return &Index{ecosystem: ecosystem, saved: saved, set: set, upgrade: upgrade}
}

// mergeMetadata is ecosystem.Ecosystem.Merge; nil keeps what the feed has.
type mergeMetadata = func(saved, offered json.RawMessage) (json.RawMessage, error)

// Merging lets the index make the metadata of versions that the feed and an
// upstream have of both.
func (x *Index) Merging(merge func(saved, offered json.RawMessage) (json.RawMessage, error)) *Index {
	x.merge = merge
	return x
}

// held returns the feed's record of a package, which has no releases when the
// feed does not hold it.
func (x *Index) held(ctx context.Context, name string) (feed.Package, error) {
	return x.packages.get(ctx, name, func(ctx context.Context) (feed.Package, error) {
		p, err := x.saved.Package(ctx, x.ecosystem, name)
		if errors.Is(err, feed.ErrNotFound) {
			return feed.Package{}, nil
		}
		return p, err
	})
}

// Versions implements ecosystem.Index. A saved version stays on offer though its
// upstream lost it. Of one that both have, the feed's metadata count, or those
// that Merging makes, and the upstream's word on what moves: tags, deprecated, yanked. A name with a pushed
// release has the feed's versions only.
func (x *Index) Versions(ctx context.Context, name string, suits func(feed.Version) bool) ([]feed.Version, error) {
	p, err := x.held(ctx, name)
	if err != nil {
		return nil, err
	}
	held := versionsOf(p, true)
	enough := !x.upgrade && suits != nil && slices.ContainsFunc(held, suits)
	if enough || isPushed(p) {
		return held, nil
	}
	offered, err := x.set.Versions(ctx, name)
	if errors.Is(err, feed.ErrNotFound) && len(held) > 0 {
		return held, nil
	}
	if err != nil {
		return nil, err
	}
	return merge(held, offered, x.merge)
}

// Release implements ecosystem.Index.
func (x *Index) Release(ctx context.Context, name, version string) (feed.Release, error) {
	p, err := x.held(ctx, name)
	if err != nil {
		return feed.Release{}, err
	}
	if release := p.Named(version); release != nil {
		return *release, nil
	}
	key := feed.VersionKey{PackageKey: feed.PackageKey{Ecosystem: p.Ecosystem, Name: name}, Version: version}
	if isPushed(p) {
		return feed.Release{}, &feed.PackageError{Key: key, Err: feed.ErrNotFound}
	}
	return x.releases.get(ctx, key, func(ctx context.Context) (feed.Release, error) {
		return x.fetch(ctx, key)
	})
}

func (x *Index) fetch(ctx context.Context, key feed.VersionKey) (feed.Release, error) {
	p, from, err := x.set.Releases(ctx, key.Name, []string{key.Version})
	if err != nil {
		return feed.Release{}, err
	}
	if release := p.Named(key.Version); release != nil {
		return *release, nil
	}
	key.PackageKey = p.PackageKey
	return feed.Release{}, &feed.PackageError{Key: key, Upstream: from, Err: feed.ErrNotFound}
}

// Open implements ecosystem.Index.
func (x *Index) Open(ctx context.Context, name, version string, file feed.File) (io.ReadCloser, error) {
	p, err := x.held(ctx, name)
	if err != nil {
		return nil, err
	}
	if holds(p.Release(version), file.Path) {
		return x.saved.Open(ctx, file.Path)
	}
	_, from, err := x.set.Releases(ctx, name, []string{version})
	if err != nil {
		return nil, err
	}
	return x.set.Open(ctx, from, file)
}

// holds reports whether a saved release has a file.
func holds(release *feed.Release, path string) bool {
	return release != nil && slices.ContainsFunc(release.Files, func(f feed.File) bool { return f.Path == path && !f.Absent })
}

// isPushed reports whether the owner of the feed published a package of this
// name, which shuts the upstreams out.
func isPushed(p feed.Package) bool {
	return slices.ContainsFunc(p.Releases, func(r feed.Release) bool { return r.Kind == feed.Pushed })
}

// versionsOf returns what choosing needs to know of the releases of a package.
func versionsOf(p feed.Package, saved bool) []feed.Version {
	tags := map[string][]string{}
	for tag, version := range p.Tags {
		tags[version] = append(tags[version], tag)
	}
	versions := make([]feed.Version, len(p.Releases))
	for i, r := range p.Releases {
		slices.Sort(tags[r.Version])
		versions[i] = feed.Version{
			Version:    r.Version,
			Tags:       tags[r.Version],
			Published:  r.Published,
			Deprecated: r.Deprecated,
			Yanked:     r.Yanked != nil,
			Saved:      saved,
			Metadata:   r.Metadata,
		}
	}
	return versions
}

// merge returns the offered versions, each once, with those that the feed holds
// put in the place of their like, and those that were lost upstream after them.
func merge(held, offered []feed.Version, metadata mergeMetadata) ([]feed.Version, error) {
	byVersion := map[string]feed.Version{}
	for _, v := range held {
		byVersion[v.Version] = v
	}
	var merged []feed.Version
	seen, moving := map[string]bool{}, map[string]bool{}
	for _, v := range offered {
		if seen[v.Version] {
			continue
		}
		seen[v.Version] = true
		for _, tag := range v.Tags {
			moving[tag] = true
		}
		if own, ok := byVersion[v.Version]; ok {
			own.Tags, own.Deprecated, own.Yanked = v.Tags, v.Deprecated, v.Yanked
			if metadata != nil {
				var err error
				if own.Metadata, err = metadata(own.Metadata, v.Metadata); err != nil {
					return nil, err
				}
			}
			v = own
		}
		merged = append(merged, v)
	}
	for _, v := range held {
		if !seen[v.Version] {
			v.Tags = without(v.Tags, moving)
			merged = append(merged, v)
		}
	}
	return merged, nil
}

// without returns the tags that the upstream has not moved elsewhere.
func without(tags []string, moved map[string]bool) []string {
	return slices.DeleteFunc(slices.Clone(tags), func(tag string) bool { return moved[tag] })
}

// clip keeps a hostile text from filling an error.
func clip(text string) string {
	if len(text) > 200 {
		return strings.ToValidUTF8(text[:200], "") + "…"
	}
	return text
}
