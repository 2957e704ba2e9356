package golang

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/golang/modgraph"
	"github.com/feedctl/feedctl/pkg/feed"
)

// single resolves requirements of the command line or of a list, each on its
// own.
func (f *free) single(ctx context.Context) error {
	for _, requirement := range f.request.Requirements {
		v, err := f.choose(ctx, requirement)
		if err != nil {
			return err
		}
		if v.Path == "" {
			continue
		}
		if err := f.tool(ctx, v); err != nil {
			return err
		}
		f.asked = append(f.asked, requirement)
		f.roots = append(f.roots, feed.Requirement{Name: v.Path, Range: v.Version})
	}
	return nil
}

// tool takes the graph of one module: what "go install" needs, and what a project
// does that comes to require the module and, once tidied, everything that it uses
// of the module's own requirements. The module's replace and exclude lines do not
// count.
func (f *free) tool(ctx context.Context, v modgraph.Version) error {
	m, err := f.load(ctx, v)
	if err != nil {
		return err
	}
	main := modgraph.Module{Path: chosenModule, Go: highestGo("1.17", m.Go), Require: []modgraph.Require{{Path: v.Path, Version: v.Version}}}
	for _, r := range m.Require {
		if r.Path != v.Path {
			r.Indirect = true
			main.Require = append(main.Require, r)
		}
	}
	input := modgraph.Input{Mains: []modgraph.Module{main}, Limit: parallel, Near: ecosystem.Near(f.index), NoEdges: true}
	graph, err := modgraph.Load(ctx, input, f.load)
	if err != nil {
		return f.fail(err, v)
	}
	tidied, err := modgraph.Load(ctx, modgraph.Promote(input, graph), f.load)
	if err != nil {
		return f.fail(err, v)
	}
	if err := f.readNodes(ctx, slices.Concat(graph.Selected, tidied.Mentioned)); err != nil {
		return err
	}
	for _, node := range tidied.Mentioned {
		f.want(node.Actual(), false)
	}
	if graph.GoBy.Path == chosenModule {
		graph.GoBy = v
	}
	f.choice = append(f.choice, selection{asked: v, main: main, graph: graph})
	f.take(graph, func(string) bool { return true })
	return nil
}

// choose finds the module and the version that a requirement stands for. A path
// may be that of a package: of the modules whose paths begin it, the longest one
// that exists counts. What nobody has is added to the unmet requirements.
func (f *free) choose(ctx context.Context, r feed.Requirement) (modgraph.Version, error) {
	var reasons []string
	for name := r.Name; strings.Contains(name, "."); name = path.Dir(name) {
		if name == "." || module.CheckPath(name) != nil {
			if name == "." {
				break
			}
			continue
		}
		version, err := f.query(ctx, name, r.Range)
		switch {
		case err == nil:
			return modgraph.Version{Path: name, Version: version}, nil
		case ctx.Err() != nil:
			return modgraph.Version{}, ctx.Err()
		case !errors.Is(err, feed.ErrNotFound) && !errors.Is(err, modgraph.ErrNoVersion):
			return modgraph.Version{}, err
		}
		reasons = append(reasons, err.Error())
	}
	f.unmet = append(f.unmet, feed.Unmet{Requirement: r, Reasons: reasons})
	return modgraph.Version{}, nil
}

// query returns the version of a module that a query stands for.
func (f *free) query(ctx context.Context, name, query string) (string, error) {
	if isCanonical(name, query) {
		_, err := f.load(ctx, modgraph.Version{Path: name, Version: query})
		return query, err
	}
	if isRevision(name, query) {
		_, version, err := readModule(ctx, f.index, name, query)
		return version, err
	}
	versions, err := f.index.Versions(ctx, name, func(v feed.Version) bool {
		_, err := modgraph.Choose(listQuery(query), []string{v.Version}, nil, nil)
		return err == nil
	})
	if err != nil {
		return "", err
	}
	version, err := f.pick(ctx, name, query, versions)
	if errors.Is(err, modgraph.ErrNoVersion) && slices.ContainsFunc(versions, func(v feed.Version) bool { return v.Saved }) {
		if versions, err = f.index.Versions(ctx, name, nil); err == nil {
			version, err = f.pick(ctx, name, query, versions)
		}
	}
	return version, err
}

// pick chooses among the versions of a module, and passes over those that their
// author has retracted.
func (f *free) pick(ctx context.Context, name, query string, versions []feed.Version) (string, error) {
	texts := make([]string, len(versions))
	for i, v := range versions {
		texts[i] = v.Version
	}
	if len(texts) == 0 {
		return "", fmt.Errorf("go: %s: %w", name, modgraph.ErrNoVersion)
	}
	hasGoMod := func(version string) (bool, error) {
		m, err := f.load(ctx, modgraph.Version{Path: name, Version: version})
		return !m.Synthetic, err
	}
	highest, err := modgraph.Choose("latest", texts, nil, hasGoMod)
	if errors.Is(err, modgraph.ErrNoVersion) {
		highest, err = slices.MaxFunc(texts, compareLatest), nil
	}
	if err != nil {
		return "", fmt.Errorf("go: %s: %w", name, err)
	}
	newest, err := f.load(ctx, modgraph.Version{Path: name, Version: highest})
	if err != nil {
		return "", err
	}
	retracted := func(version string) bool { _, is := newest.Retracted(version); return is }
	version, err := modgraph.Choose(listQuery(query), texts, retracted, hasGoMod)
	if errors.Is(err, modgraph.ErrNoVersion) && isMoving(query) && module.IsPseudoVersion(highest) && !retracted(highest) {
		return highest, nil
	}
	if err != nil {
		return "", fmt.Errorf("go: %s: %w%s", name, err, retractedNote(newest, texts))
	}
	return version, nil
}

// retractedNote says how many versions do not count, and why.
func retractedNote(newest modgraph.Module, versions []string) string {
	for _, v := range versions {
		if why, is := newest.Retracted(v); is {
			return fmt.Sprintf(" (%s is retracted: %q)", v, why)
		}
	}
	return ""
}
