package cargo

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/feedctl/feedctl/internal/ecosystem/cargo/crate"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo/index"
	"github.com/feedctl/feedctl/pkg/feed"
)

// RenderPackage returns the index file of a crate, with the lines of the releases
// that the feed holds as their upstream wrote them, and a second name for each
// crate file, under which no web server looks into it.
func RenderPackage(_ feed.Layout, p feed.Package) ([]feed.Document, error) {
	releases := slices.Clone(p.Releases)
	slices.SortFunc(releases, func(a, b feed.Release) int { return crate.Compare(a.Version, b.Version) })
	var documents []feed.Document
	var lines []byte
	var registry, base string
	for i := range releases {
		release := &releases[i]
		if i > 0 && release.Version == releases[i-1].Version {
			return nil, fmt.Errorf("cargo: %s@%s is in the ledger twice", p.Name, release.Version)
		}
		var err error
		if registry, base, err = checkKey(p.Name, release.Version); err != nil {
			return nil, err
		}
		line, err := lineOf(base, release)
		if err != nil {
			return nil, err
		}
		lines = append(append(lines, line...), '\n')
		path := cratePath(registry, base, release.Version)
		if slices.ContainsFunc(release.Files, func(f feed.File) bool { return f.Path == path && !f.Absent }) {
			documents = append(documents, feed.Document{Path: downloadPath(registry, base, release.Version), Link: path})
		}
	}
	if len(lines) == 0 {
		return nil, nil
	}
	return append(documents, feed.Document{Path: indexPath(registry, base), Bytes: lines, Entry: true}), nil
}

// lineOf is the index line of a release. Of what it says only "yanked" may have
// changed since it was saved.
func lineOf(base string, release *feed.Release) ([]byte, error) {
	entry, err := index.Scan(release.Metadata)
	if err != nil || entry.Name != base || entry.Version != release.Version {
		return nil, fmt.Errorf("cargo: %s@%s: the ledger has no index line of it, but %.200q", base, release.Version, release.Metadata)
	}
	if yanked := release.Yanked != nil; yanked != entry.Yanked {
		return index.SetYanked(release.Metadata, yanked)
	}
	return release.Metadata, nil
}

// RenderRoot returns the config.json of each registry's index, which says where
// the crates are, in full. Without an address of the feed there is none: Cargo
// then reads the folder as a local-registry, which needs no such file.
func RenderRoot(layout feed.Layout, packages iter.Seq2[feed.Summary, error]) ([]feed.Document, error) {
	if layout.Base == "" {
		return nil, nil
	}
	registries := map[string]bool{}
	for one, err := range packages {
		if err != nil {
			return nil, err
		}
		registry, _, ok := crate.Split(one.Name)
		if !ok {
			return nil, fmt.Errorf("cargo: %.100q in the ledger is no package name", one.Name)
		}
		registries[registry] = true
	}
	var documents []feed.Document
	for _, registry := range slices.Sorted(maps.Keys(registries)) {
		address, err := json.Marshal(layout.Base + "/" + root(registry) + "dl/{crate}-{version}.bin")
		if err != nil {
			return nil, err
		}
		documents = append(documents, feed.Document{
			Path: root(registry) + "index/config.json", Bytes: fmt.Appendf(nil, "{\"dl\":%s}\n", address), Entry: true,
		})
	}
	return documents, nil
}

// RootKey is what RenderRoot looks at: the registry of a crate.
func RootKey(_ feed.Layout, one feed.Summary) string {
	registry, _, ok := crate.Split(one.Name)
	if !ok {
		return one.Name // RenderRoot refuses it
	}
	return registry + "/"
}
