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

// Packument implements tree.Registry.
func (r *registry) Packument(ctx context.Context, name string, suits func(*tree.Manifest) bool) (*tree.Packument, error) {
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
