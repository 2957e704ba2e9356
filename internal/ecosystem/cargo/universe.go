package cargo

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo/crate"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo/index"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo/solve"
	"github.com/feedctl/feedctl/pkg/feed"
)

// universe implements solve.Universe over the Index.
func (f *free) universe(ctx context.Context, of solve.Crate) ([]solve.Release, error) {
	if strings.HasPrefix(of.Source, onDisk) {
		return nil, feed.ErrNotFound
	}
	suits := func(v feed.Version) bool { return !v.Yanked }
	if pinned, ok := f.pinned[of]; ok {
		suits = func(v feed.Version) bool { return v.Version == pinned }
	}
	if f.fresh {
		suits = nil
	}
	versions, load, err := f.versions(ctx, crate.Join(of.Source, of.Name), suits)
	if err != nil {
		return nil, err
	}
	f.note(of, versions)
	pinned := f.pinned[of]
	releases := make([]solve.Release, 0, len(versions))
	for i := range versions {
		v := &versions[i]
		if pinned != "" && v.Version != pinned && samePrecedence(v.Version, pinned) {
			continue // the request names the build
		}
		release := solve.Release{
			Source: of.Source, Name: of.Name, Version: v.Version, Yanked: v.Yanked && v.Version != pinned,
			Load: func() (solve.Details, error) { return load(of, v) },
		}
		if f.settings.Fallback {
			entry, _ := index.Scan(v.Metadata) // Load says what is wrong with a line
			release.RustVersion = entry.RustVersion
		}
		releases = append(releases, release)
	}
	return releases, nil
}

// loader returns what of a release matters when it is tried.
type loader func(of solve.Crate, v *feed.Version) (solve.Details, error)

// versions asks the index for a crate.
func (f *free) versions(ctx context.Context, name string, suits func(feed.Version) bool) ([]feed.Version, loader, error) {
	if !ecosystem.Remembers(f.index) {
		versions, err := f.index.Versions(ctx, name, suits)
		return versions, f.details, err
	}
	h, err := heldOf(ctx, f.index, name)
	if err != nil {
		return nil, nil, err
	}
	return h.versions, func(of solve.Crate, v *feed.Version) (solve.Details, error) {
		known, err := h.prepared(of, v)
		if err != nil {
			return solve.Details{}, err
		}
		f.tried(of, v.Version, &known.Line, known.sources)
		return *known.details, nil
	}, nil
}

func samePrecedence(a, b string) bool {
	a, _, _ = strings.Cut(a, "+")
	b, _, _ = strings.Cut(b, "+")
	return a == b
}

// note remembers what the feed holds.
func (f *free) note(of solve.Crate, versions []feed.Version) {
	var held []string
	for _, v := range versions {
		if v.Saved && !v.Yanked {
			held = append(held, v.Version)
		}
	}
	if len(held) == 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.saved[of] = held
	f.narrow = f.narrow || !slices.ContainsFunc(versions, func(v feed.Version) bool { return !v.Saved })
}

// details decodes an index line.
func (f *free) details(of solve.Crate, v *feed.Version) (solve.Details, error) {
	line, err := index.Decode(v.Metadata)
	if err != nil {
		return solve.Details{}, err
	}
	details, sources, err := detailsOf(of, &line)
	f.tried(of, v.Version, &line, sources)
	return details, err
}

// tried notes the index line of a release, and how locks write the other registries
// that it names.
func (f *free) tried(of solve.Crate, version string, line *index.Line, sources map[string]string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lines[solve.Version{Crate: of, Version: version}] = line
	maps.Copy(f.sources, sources)
}

// detailsOf returns what the resolver takes of an index line, and how locks write
// the other registries that it names.
func detailsOf(of solve.Crate, line *index.Line) (details solve.Details, sources map[string]string, err error) {
	details = solve.Details{Features: line.Features, Links: line.Links}
	details.Deps = make([]solve.Dependency, len(line.Dependencies))
	for i := range line.Dependencies {
		d := &line.Dependencies[i]
		one := solve.Dependency{
			Name: d.Crate(), Source: of.Source, Req: d.Requirement, Features: d.Features,
			DefaultFeatures: d.DefaultFeatures, Optional: d.Optional, Kind: kindOf(d.Kind), Target: d.Target,
		}
		if d.Package != "" && d.Package != d.Name {
			one.Alias = d.Name
		}
		if d.Registry != "" {
			protocol, address := crate.ParseSource(d.Registry)
			registry, ok := crate.RegistryOf(address)
			if !ok {
				return details, sources, fmt.Errorf("the registry %.200q of a dependency is no address", d.Registry)
			}
			if one.Source = registry; registry != "" {
				if sources == nil {
					sources = map[string]string{}
				}
				sources[registry] = string(protocol) + "+" + address
			}
		}
		details.Deps[i] = one
	}
	return details, sources, nil
}
