package cargo

import (
	"context"
	"fmt"
	"slices"
	"strings"

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
	versions, err := f.index.Versions(ctx, crate.Join(of.Source, of.Name), suits)
	if err != nil {
		return nil, err
	}
	f.note(of, versions)
	pinned := f.pinned[of]
	releases := make([]solve.Release, 0, len(versions))
	for _, v := range versions {
		if pinned != "" && v.Version != pinned && samePrecedence(v.Version, pinned) {
			continue // the request names the build
		}
		release := solve.Release{
			Source: of.Source, Name: of.Name, Version: v.Version, Yanked: v.Yanked && v.Version != pinned,
			Load: func() (solve.Details, error) { return f.details(of, v) },
		}
		if f.settings.Fallback {
			entry, _ := index.Scan(v.Metadata) // Load says what is wrong with a line
			release.RustVersion = entry.RustVersion
		}
		releases = append(releases, release)
	}
	return releases, nil
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
func (f *free) details(of solve.Crate, v feed.Version) (solve.Details, error) {
	line, err := index.Decode(v.Metadata)
	if err != nil {
		return solve.Details{}, err
	}
	f.mu.Lock()
	f.lines[solve.Version{Crate: of, Version: v.Version}] = line
	f.mu.Unlock()
	details := solve.Details{Features: line.Features, Links: line.Links}
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
			if one.Source, err = f.otherRegistry(d.Registry); err != nil {
				return details, err
			}
		}
		details.Deps[i] = one
	}
	return details, nil
}

// otherRegistry names the registry that an index line points to, and remembers
// how locks write it.
func (f *free) otherRegistry(text string) (string, error) {
	protocol, address := crate.ParseSource(text)
	registry, ok := crate.RegistryOf(address)
	if !ok {
		return "", fmt.Errorf("the registry %.200q of a dependency is no address", text)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if registry != "" {
		f.sources[registry] = string(protocol) + "+" + address
	}
	return registry, nil
}
