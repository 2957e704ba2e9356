package golang

import (
	"context"
	"errors"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/golang/modgraph"
	"github.com/feedctl/feedctl/pkg/feed"
)

// free resolves one request that is no lock.
type free struct {
	index    ecosystem.Index
	request  feed.Request
	settings settings // of a project; zero for single modules

	mu      sync.Mutex
	modules map[modgraph.Version]modgraph.Module // what was read, by its own name
	skipped map[string]feed.Skipped

	wanted map[modgraph.Version]bool // the graph; true when the zip is needed
	roots  []feed.Requirement        // with the module and version that were chosen
	asked  []feed.Requirement        // of each of roots, as the request says it
	choice []selection
	unmet  []feed.Unmet
	notes  []string
}

// selection is the graph of one main module, or of one workspace.
type selection struct {
	asked modgraph.Version // the module that was asked for; zero for a project
	main  modgraph.Module
	graph modgraph.Graph
}

// resolveFree selects versions for a project, or for each single module on its
// own as "go install module@version" does.
func resolveFree(ctx context.Context, request feed.Request, index ecosystem.Index) (feed.Graph, error) {
	f := &free{
		index: index, request: request, modules: map[modgraph.Version]modgraph.Module{},
		skipped: map[string]feed.Skipped{}, wanted: map[modgraph.Version]bool{},
	}
	var err error
	if len(request.Settings) > 0 {
		err = f.project(ctx)
	} else {
		err = f.single(ctx)
	}
	if err == nil {
		err = f.toolchains(ctx)
	}
	if ctx.Err() != nil {
		return feed.Graph{}, ctx.Err()
	}
	if err != nil {
		return feed.Graph{}, err
	}
	if len(f.unmet) > 0 {
		return feed.Graph{}, &feed.ResolveError{Unmet: f.unmet}
	}
	if request.Options[ecosystem.OnlyWhether] == "true" {
		return feed.Graph{}, nil
	}
	return f.result(), nil
}

// project resolves go.mod or go.work.
func (f *free) project(ctx context.Context) error {
	var err error
	if f.settings, err = readSettings(f.request); err != nil {
		return err
	}
	for _, dir := range f.settings.Unread {
		f.skip(dir, feed.Skipped{Name: dir, Spec: "use " + dir, Reason: "a module of the workspace that lies outside of its folder", Where: f.request.Input})
	}
	input := f.settings.input()
	input.Limit, input.Near, input.NoEdges = parallel, ecosystem.Near(f.index), true
	graph, err := modgraph.Load(ctx, input, f.load)
	if err != nil {
		return f.fail(err, modgraph.Version{})
	}
	f.choice = append(f.choice, selection{graph: graph})
	needed := func(string) bool { return true }
	if f.request.Options[optionZips] == zipsBuild && f.prunes() {
		required := map[string]bool{}
		for _, main := range f.settings.Mains {
			for _, r := range main.Require {
				required[r.Path] = true
			}
		}
		needed = func(path string) bool { return required[path] }
	}
	if err := f.readNodes(ctx, graph.Selected); err != nil {
		return err
	}
	f.take(graph, needed)
	for _, main := range f.settings.Mains {
		f.needs(main.Toolchain, main.Path)
	}
	if f.settings.Work != nil {
		f.needs(f.settings.Work.Toolchain, "go.work")
	}
	return nil
}

// prunes reports whether the main modules list all that they need to be built.
func (f *free) prunes() bool {
	return !slices.ContainsFunc(f.settings.Mains, func(m mainModule) bool { return !prunes(m.Module) })
}

// load returns the go.mod of a version, or of a folder that replaces a module.
func (f *free) load(ctx context.Context, v modgraph.Version) (modgraph.Module, error) {
	if v.Version == "" {
		return f.folder(v), nil
	}
	m, _, err := readModule(ctx, f.index, v.Path, v.Version)
	if err != nil {
		return modgraph.Module{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.modules[v] = m
	return m, nil
}

// folder returns the go.mod of a folder. One that cannot be read counts as
// empty, and is reported.
func (f *free) folder(v modgraph.Version) modgraph.Module {
	dir := path.Clean(filepath.ToSlash(v.Path))
	if m, ok := f.settings.Folders[dir]; ok {
		return m
	}
	replaced := f.settings.replacedBy(v)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.skip(v.Path, feed.Skipped{
		Name: replaced, Spec: "replace " + replaced + " => " + v.Path,
		Reason: "replaced by a folder whose go.mod is not below that of the project, so that its requirements are not known", Where: f.request.Input,
	})
	return modgraph.Module{}
}

func (f *free) skip(key string, s feed.Skipped) { f.skipped[key] = s }

// fail sorts the errors of a graph: what nobody has becomes unmet, everything
// else is returned. asked is the single module that the graph is of.
func (f *free) fail(err error, asked modgraph.Version) error {
	var others []error
	for _, one := range flatten(err) {
		var failed *modgraph.LoadError
		if !errors.As(one, &failed) || !errors.Is(one, feed.ErrNotFound) {
			others = append(others, one)
			continue
		}
		chain := failed.Chain[min(1, len(failed.Chain)):]
		if asked.Path != "" && len(chain) > 0 && chain[0] != asked {
			chain = append([]modgraph.Version{asked}, chain...)
		}
		f.unmet = append(f.unmet, unmet(chain, failed.Err))
	}
	return errors.Join(others...)
}

// unmet describes the end of a chain of requirements that no upstream has.
func unmet(chain []modgraph.Version, err error) feed.Unmet {
	u := feed.Unmet{Reasons: []string{err.Error()}}
	for i, v := range chain {
		if i == len(chain)-1 {
			u.Requirement = feed.Requirement{Name: v.Path, Range: v.Version}
			break
		}
		u.Path = append(u.Path, feed.VersionKey{PackageKey: feed.PackageKey{Ecosystem: name, Name: v.Path}, Version: v.Version})
	}
	return u
}

// flatten lists the errors that were joined.
func flatten(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, one := range joined.Unwrap() {
		all = append(all, flatten(one)...)
	}
	return all
}

// take adds a graph to what is needed: every version that was read, and those
// that were selected with their zips.
func (f *free) take(graph modgraph.Graph, zip func(path string) bool) {
	for _, node := range graph.Visited {
		f.want(node.Actual(), false)
	}
	for _, node := range graph.Selected {
		f.want(node.Actual(), zip(node.Version.Path))
	}
	if graph.Go != "" {
		f.needs("go"+graph.Go, graph.GoBy.String())
	}
}

// want adds one version. Main modules and folders have none.
func (f *free) want(v modgraph.Version, zip bool) {
	if v.Version != "" {
		f.wanted[v] = f.wanted[v] || zip
	}
}

// result is the graph of all that was taken.
func (f *free) result() feed.Graph {
	graph := feed.Graph{Notes: f.notes}
	for v, zip := range f.wanted {
		files := fileNames(v.Version, suffixInfo, suffixMod)
		if zip {
			files = append(files, fileNames(v.Version, suffixZip)...)
		}
		graph.Nodes = append(graph.Nodes, feed.Node{
			Name: v.Path, Version: v.Version, Files: files, Pins: f.settings.Sums.pins(v.Path, v.Version, files),
		})
	}
	slices.SortFunc(graph.Nodes, compareNodes)
	l := newLinker(graph.Nodes)
	if len(f.request.Settings) > 0 {
		l.replace(f.settings)
		l.roots(f.request.Requirements)
	}
	for i, requirement := range f.asked {
		l.edges = append(l.edges, feed.Edge{From: feed.Root, To: l.edge(feed.Root, f.roots[i]).To, Requirement: requirement})
	}
	for i, node := range graph.Nodes {
		l.follow(i, f.modules[modgraph.Version{Path: node.Name, Version: node.Version}])
	}
	graph.Edges = l.finish()
	for _, key := range slices.Sorted(maps.Keys(f.skipped)) {
		graph.Skipped = append(graph.Skipped, f.skipped[key])
	}
	if f.settings.Sums == nil {
		graph.Chosen = f.chosen
	}
	return graph
}

// readNodes reads the go.mod of what pruning left unread: it is mirrored too, and
// the edges are then those that a lock of the same versions gets.
func (f *free) readNodes(ctx context.Context, nodes []modgraph.Node) error {
	var unread []modgraph.Version
	for _, node := range nodes {
		v := node.Actual()
		if _, read := f.modules[v]; !read && v.Version != "" {
			unread = append(unread, v)
		}
	}
	failed := make([]error, len(unread))
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, v := range unread {
		group.Go(func() error {
			_, err := f.load(inner, v)
			if errors.Is(err, feed.ErrNotFound) {
				failed[i], err = err, nil
			}
			return err
		})
	}
	err := group.Wait()
	for i, one := range failed {
		if one != nil {
			f.unmet = append(f.unmet, unmet(unread[i:i+1], one))
		}
	}
	return err
}
