package npm

import (
	"context"
	"sync"
	"time"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/npm/tree"
	"github.com/feedctl/feedctl/pkg/feed"
)

// registry lets the resolver see an Index.
type registry struct {
	index ecosystem.Index

	mu        sync.Mutex
	manifests map[string]*tree.Manifest // by name@version, decoded once
}

// packumentKey is the key of a packument that an index remembers.
type packumentKey string

// Packument implements tree.Registry.
func (r *registry) Packument(ctx context.Context, name string, suits func(*tree.Manifest) bool) (*tree.Packument, error) {
	if !ecosystem.Remembers(r.index) {
		return r.packument(ctx, name, suits)
	}
	return ecosystem.Remember(r.index, packumentKey(name), func() (*tree.Packument, int, error) {
		packument, err := r.packument(ctx, name, func(*tree.Manifest) bool { return true })
		if err != nil {
			return nil, 0, err
		}
		const each = 1000
		bytes := each
		for _, m := range packument.Versions {
			bytes += each + 2*len(m.Raw())
		}
		return packument, bytes, nil
	})
}

// packument asks the index for the versions of a package.
func (r *registry) packument(ctx context.Context, name string, suits func(*tree.Manifest) bool) (*tree.Packument, error) {
	var accept func(feed.Version) bool
	if suits != nil {
		accept = func(v feed.Version) bool {
			manifest, err := r.manifest(name, v)
			return err == nil && suits(manifest)
		}
	}
	versions, err := r.index.Versions(ctx, name, accept)
	if err != nil {
		return nil, err
	}
	packument := &tree.Packument{Name: name, Tags: map[string]string{}, Published: map[string]time.Time{}}
	for _, v := range versions {
		manifest, err := r.manifest(name, v)
		if err != nil {
			return nil, err
		}
		packument.Versions = append(packument.Versions, manifest)
		packument.Published[v.Version] = v.Published
		for _, tag := range v.Tags {
			packument.Tags[tag] = v.Version
		}
	}
	return packument, nil
}

func (r *registry) manifest(name string, v feed.Version) (*tree.Manifest, error) {
	key := name + "@" + v.Version
	r.mu.Lock()
	defer r.mu.Unlock()
	if known, ok := r.manifests[key]; ok {
		return known, nil
	}
	manifest, err := tree.ParseManifest(name, v.Version, v.Metadata)
	if err != nil {
		return nil, err
	}
	manifest.Tags = v.Tags
	if r.manifests == nil {
		r.manifests = map[string]*tree.Manifest{}
	}
	r.manifests[key] = manifest
	return manifest, nil
}

// readManifest returns the manifest of a release.
func readManifest(ctx context.Context, index ecosystem.Index, name, version string) (*tree.Manifest, error) {
	if ecosystem.Remembers(index) {
		packument, err := (&registry{index: index}).Packument(ctx, name, nil)
		if m := find(packument, version); err == nil && m != nil {
			return m, nil
		}
	}
	release, err := index.Release(ctx, name, version)
	if err != nil {
		return nil, err
	}
	return tree.ParseManifest(name, version, release.Metadata)
}

// find returns a version of a packument, which may be nil, or nil.
func find(packument *tree.Packument, version string) *tree.Manifest {
	if packument != nil {
		for _, m := range packument.Versions {
			if m.Version == version {
				return m
			}
		}
	}
	return nil
}

// memoryKey is the key of what resolutions with the same options share.
type memoryKey struct {
	node        string
	legacyPeers bool
}

// memoryBytes is about how much memory they may share.
const memoryBytes = 6 << 20

// memory returns what resolutions share, nil unless the index remembers.
func memory(index ecosystem.Index, node string, legacyPeers bool) *tree.Memory {
	if !ecosystem.Remembers(index) {
		return nil
	}
	shared, _ := ecosystem.Remember(index, memoryKey{node, legacyPeers}, func() (*tree.Memory, int, error) {
		return tree.NewMemory(memoryBytes), memoryBytes, nil
	})
	return shared
}

// suits reports whether a version would do for spec.
func suits(spec *tree.Spec) func(*tree.Manifest) bool {
	return func(m *tree.Manifest) bool { return spec.Matches(m.Version) }
}

// resolve implements the contract: locks are completed, everything else is
// resolved as npm 11 does.
func resolve(ctx context.Context, request feed.Request, index ecosystem.Index) (feed.Graph, error) {
	if request.Lock != nil {
		return resolveLocked(ctx, request, index)
	}
	return resolveFree(ctx, request, index)
}
