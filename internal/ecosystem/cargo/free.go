package cargo

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo/crate"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo/index"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo/manifest"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo/solve"
	"github.com/feedctl/feedctl/pkg/feed"
)

// Options of a request that is resolved.
const (
	optionBin    = "bin"
	optionRust   = "rust"
	optionSource = "registry-id"
)

// free is a request on its way through the resolver.
type free struct {
	request  feed.Request
	index    ecosystem.Index
	settings manifest.Settings
	pinned   map[solve.Crate]string // exact versions that the request names

	mu      sync.Mutex
	saved   map[solve.Crate][]string      // versions that the feed holds
	narrow  bool                          // of some crate only what the feed holds was looked at
	sources map[string]string             // of registries, as Cargo.lock names them
	lines   map[solve.Version]*index.Line // of the releases that were tried
	fresh   bool                          // every version counts, and saved ones are only preferred
}

// resolveFree resolves a request by Cargo's own rules. What the feed holds is
// kept where it fits: first only the saved versions of a crate are looked at; if
// they lead nowhere, all, with the saved ones preferred.
func resolveFree(ctx context.Context, request feed.Request, from ecosystem.Index) (feed.Graph, error) {
	f := &free{
		request: request, index: from,
		saved: map[solve.Crate][]string{}, sources: map[string]string{}, lines: map[solve.Version]*index.Line{},
	}
	if err := f.readSettings(); err != nil {
		return feed.Graph{}, err
	}
	input, err := f.input(ctx)
	if err != nil {
		return feed.Graph{}, err
	}
	result, err := solve.Resolve(ctx, input, f.universe)
	var conflict *solve.Conflict
	if errors.As(err, &conflict) && f.narrow {
		f.fresh = true
		for of, versions := range f.saved {
			for _, version := range versions {
				input.Locked = append(input.Locked, solve.Version{Crate: of, Version: version})
			}
		}
		result, err = solve.Resolve(ctx, input, f.universe)
	}
	if err != nil {
		return feed.Graph{}, explain(err)
	}
	if request.Options[ecosystem.OnlyWhether] == "true" {
		return feed.Graph{}, nil
	}
	graph := f.graph(result)
	f.choose(&graph, result)
	return graph, nil
}

func (f *free) readSettings() error {
	if len(f.request.Settings) == 0 {
		f.settings, f.pinned = projectOf(f.request.Requirements)
		return nil
	}
	if err := json.Unmarshal(f.request.Settings, &f.settings); err != nil {
		return fmt.Errorf("%s: settings: %w", f.request.Input, err)
	}
	for registry, source := range f.settings.Registries {
		f.sources[registry] = source
	}
	return nil
}

// projectName is what the project is called that requires what a command line
// asks for.
const projectName = "feed"

// projectOf makes a project of single requirements.
func projectOf(requirements []feed.Requirement) (manifest.Settings, map[solve.Crate]string) {
	one := manifest.Package{Folder: ".", Name: projectName, Version: "0.0.0"}
	pinned := map[solve.Crate]string{}
	for _, r := range requirements {
		registry, base, _ := crate.Split(r.Name)
		version, features, defaults := cutFeatures(r.Range)
		one.Dependencies = append(one.Dependencies, manifest.Dependency{
			Name: base, Registry: registry, Range: version, Features: features, DefaultFeatures: defaults,
		})
		if p := exact(version); p != "" {
			pinned[solve.Crate{Source: registry, Name: base}] = p
		}
	}
	slices.SortStableFunc(one.Dependencies, func(a, b manifest.Dependency) int { return cmp.Compare(a.Name, b.Name) })
	return manifest.Settings{Members: []manifest.Package{one}}, pinned
}

// onDisk starts the source of packages on disk, before their folder.
const onDisk = "path:"

// input is the request as the resolver takes it.
func (f *free) input(ctx context.Context) (solve.Input, error) {
	var input solve.Input
	folders := map[string]solve.Release{}
	for _, one := range f.settings.Members {
		release := releaseOf(one)
		input.Members = append(input.Members, release)
		folders[one.Folder] = release
	}
	for _, one := range f.settings.Locals {
		release := releaseOf(one)
		input.Locals = append(input.Locals, release)
		folders[one.Folder] = release
	}
	for of, version := range f.pinned {
		input.Locked = append(input.Locked, solve.Version{Crate: of, Version: version})
	}
	slices.SortFunc(input.Locked, func(a, b solve.Version) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Name, b.Name))
	})
	for _, patch := range f.settings.Patches {
		release, err := f.patch(ctx, patch, folders)
		if err != nil {
			return input, err
		}
		input.Patches = append(input.Patches, solve.Patch{Of: solve.Crate{Source: patch.Registry, Name: patch.Name}, Release: release})
	}
	input.RustVersions = f.rustVersions()
	input.Near, input.Memory = ecosystem.Near(f.index), memory(f.index)
	return input, nil
}

// rustVersions are the versions of Rust that releases should be for: those that
// members name, else the compiler's.
func (f *free) rustVersions() []string {
	if !f.settings.Fallback {
		return nil
	}
	var versions []string
	for _, one := range f.settings.Members {
		if one.RustVersion != "" {
			versions = append(versions, one.RustVersion)
		}
	}
	if rust := f.request.Options[optionRust]; len(versions) == 0 && rust != "" && rust != "none" {
		versions = append(versions, rust)
	}
	return versions
}

func (f *free) patch(ctx context.Context, patch manifest.Patch, folders map[string]solve.Release) (solve.Release, error) {
	if patch.Folder != "" {
		release, ok := folders[patch.Folder]
		if !ok || release.Name != patch.Name {
			return solve.Release{}, fmt.Errorf("%s: the patch of %s: the package in %s is another", f.request.Input, patch.Name, patch.Folder)
		}
		return release, nil
	}
	all, err := f.universe(ctx, solve.Crate{Source: patch.From, Name: patch.Name})
	if err != nil {
		return solve.Release{}, err
	}
	wanted, err := crate.ParseRange(patch.Range)
	if err != nil {
		return solve.Release{}, err
	}
	var best solve.Release
	for _, release := range all {
		if wanted.Matches(release.Version) && !release.Yanked && (best.Version == "" || crate.Compare(release.Version, best.Version) > 0) {
			best = release
		}
	}
	if best.Version == "" {
		requirement := feed.Requirement{Name: crate.Join(patch.From, patch.Name), Range: patch.Range}
		return best, &feed.ResolveError{Unmet: []feed.Unmet{{Requirement: requirement, Reasons: []string{"no version that a [patch] could take"}}}}
	}
	return best, nil
}

// releaseOf is a package on disk as the resolver takes it.
func releaseOf(one manifest.Package) solve.Release {
	release := solve.Release{Source: onDisk + one.Folder, Name: one.Name, Version: one.Version}
	release.Features, release.Links, release.RustVersion = one.Features, one.Links, one.RustVersion
	for _, d := range one.Dependencies {
		source := d.Registry
		if d.Folder != "" {
			source = onDisk + d.Folder
		}
		release.Deps = append(release.Deps, solve.Dependency{
			Name: d.Name, Alias: d.Alias, Source: source, Req: d.Range, Features: d.Features,
			DefaultFeatures: d.DefaultFeatures, Optional: d.Optional, Kind: kindOf(d.Kind), Target: d.Target,
		})
	}
	return release
}

func kindOf(kind string) solve.Kind {
	switch kind {
	case "dev":
		return solve.Dev
	case "build":
		return solve.Build
	}
	return solve.Normal
}

// graph turns a solution into a graph.
func (f *free) graph(result solve.Result) feed.Graph {
	l := links{leads: map[lead]int{}, whole: true}
	l.graph.Skipped = f.settings.Skipped
	at := make([]int, len(result.Packages))
	for i, p := range result.Packages {
		at[i] = feed.Root
		if strings.HasPrefix(p.Source, onDisk) {
			continue
		}
		at[i] = len(l.graph.Nodes)
		l.graph.Nodes = append(l.graph.Nodes, feed.Node{Name: crate.Join(p.Source, p.Name), Version: p.Version.Version, Reason: f.reason(p)})
		line := index.Line{}
		if tried := f.lines[p.Version]; tried != nil {
			line = *tried
		}
		l.lines = append(l.lines, line)
	}
	for _, edge := range result.Edges {
		l.lead(at[edge.From], crate.Join(edge.Dep.Source, edge.Dep.Name), at[edge.To])
	}
	l.edges(f.request.Requirements)
	l.fromRoot(result, at)
	return l.graph
}

// fromRoot adds the edges of packages on disk that no requirement of the request
// stands for, such as optional ones that a path dependency enables.
func (l *links) fromRoot(result solve.Result, at []int) {
	reached := map[int]bool{}
	for _, edge := range l.graph.Edges {
		reached[edge.To] = reached[edge.To] || edge.From == feed.Root
	}
	for _, edge := range result.Edges {
		from, to := at[edge.From], at[edge.To]
		if from != feed.Root || to == feed.Root || reached[to] {
			continue
		}
		reached[to] = true
		requirement := feed.Requirement{Name: l.graph.Nodes[to].Name, Range: edge.Dep.Req, Alias: edge.Dep.Alias}
		if edge.Dep.Kind != solve.Normal {
			requirement.Kind = edge.Dep.Kind.String()
		}
		l.graph.Edges = append(l.graph.Edges, feed.Edge{From: from, To: to, Requirement: requirement})
	}
}

// reason says why a release is in the graph, in a few words.
func (f *free) reason(p solve.Package) string {
	reason := "the newest that fits"
	switch {
	case f.pinned[p.Crate] == p.Version.Version:
		reason = "asked for"
	case slices.Contains(f.saved[p.Crate], p.Version.Version):
		reason = "the feed holds it, and it fits"
	}
	if len(p.Features) == 0 {
		return reason
	}
	return reason + "; features " + strings.Join(p.Features[:min(len(p.Features), 8)], ", ")
}
