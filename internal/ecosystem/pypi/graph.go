package pypi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
	"github.com/feedctl/feedctl/pkg/feed"
)

// graph is a feed.Graph that is being made.
type graph struct {
	*resolution
	nodes    []feed.Node
	versions []version.Version // of the nodes
	at       map[string]int    // "name@version" → node
	files    []map[string]bool // of each node: the files wanted; nil for all
	usages   []*usage
	edges    map[feed.Edge]bool
	extras   map[int][]string // of each node: those that something requires, on some target
	skipped  []feed.Skipped
	unsure   map[string]bool // releases of which only a build would tell the rest; true where requires.txt stands for it
	chosen   bool            // feedctl chose, so that the choice is worth writing down
}

// usage is what one target uses.
type usage struct {
	*target
	runtime map[string][]int // nodes by name
	build   map[string][]int // nodes that only building needs, by name
	file    map[int]string   // the file used of each node
}

func (r *resolution) newGraph() *graph {
	g := &graph{resolution: r, at: map[string]int{}, edges: map[feed.Edge]bool{}, extras: map[int][]string{}, unsure: map[string]bool{}}
	for _, t := range r.targets {
		g.usages = append(g.usages, newUsage(t))
	}
	return g
}

func newUsage(t *target) *usage {
	return &usage{target: t, runtime: map[string][]int{}, build: map[string][]int{}, file: map[int]string{}}
}

// node returns the node of a release, making it.
func (g *graph) node(name, text string) (int, error) {
	id := name + "@" + text
	if at, ok := g.at[id]; ok {
		return at, nil
	}
	v, err := version.Parse(text)
	if err != nil {
		return 0, fmt.Errorf("pypi: %s: %w", name, err)
	}
	at := len(g.nodes)
	g.at[id] = at
	g.nodes = append(g.nodes, feed.Node{Name: name, Version: text})
	g.versions = append(g.versions, v)
	g.files = append(g.files, map[string]bool{})
	return at, nil
}

// want notes that a file of a node is wanted, with the core metadata beside it.
func (g *graph) want(at int, filename string) {
	if g.files[at] == nil || filename == "" {
		return
	}
	g.files[at][filename] = true
	if wheel.IsWheel(filename) {
		g.files[at][filename+suffixMetadata] = true
	}
}

// use notes that a target uses a node by one of its files.
func (g *graph) use(u *usage, at int, filename string, building bool) {
	name := g.nodes[at].Name
	u.file[at] = filename
	if building {
		if !slices.Contains(u.runtime[name], at) && !slices.Contains(u.build[name], at) {
			u.build[name] = append(u.build[name], at)
		}
	} else if !slices.Contains(u.runtime[name], at) {
		u.runtime[name] = append(u.runtime[name], at)
	}
	g.want(at, filename)
}

// finish reads what the nodes require, and returns the graph in an order that
// depends on its contents only.
func (g *graph) finish(ctx context.Context) (feed.Graph, error) {
	if err := g.readAll(ctx); err != nil {
		return feed.Graph{}, err
	}
	whether := g.request.Options[ecosystem.OnlyWhether] == "true"
	if err := g.connectAll(ctx, whether); err != nil {
		return feed.Graph{}, err
	}
	for at := range g.nodes {
		if g.files[at] != nil && !g.nodes[at].Bare {
			g.nodes[at].Files = slices.Sorted(maps.Keys(g.files[at]))
		}
	}
	if err := g.check(ctx); err != nil {
		return feed.Graph{}, err
	}
	if whether {
		return feed.Graph{}, nil
	}
	if err := g.downgrades(ctx); err != nil {
		return feed.Graph{}, err
	}
	if note, err := g.elsewhereNote(ctx); err != nil {
		return feed.Graph{}, err
	} else if note != "" {
		g.notes = append(g.notes, note)
	}
	return g.sorted(), nil
}

// connectAll gives the graph its edges, unless nobody wants to see them.
func (g *graph) connectAll(ctx context.Context, whether bool) error {
	if whether {
		return nil
	}
	for _, u := range g.usages {
		if err := g.connect(ctx, u); err != nil {
			return err
		}
	}
	if len(g.targets) == 0 {
		return g.connect(ctx, g.anyTarget())
	}
	return nil
}

// anyTarget is what an unknown target uses: any file of every node.
func (g *graph) anyTarget() *usage {
	u := newUsage(nil)
	for at := range g.nodes {
		if !g.nodes[at].Bare {
			u.runtime[g.nodes[at].Name] = append(u.runtime[g.nodes[at].Name], at)
			u.file[at] = anyFile(g.nodes[at].Files)
		}
	}
	return u
}

// anyFile returns the first wheel of a list, else the first file.
func anyFile(names []string) string {
	for _, name := range names {
		if wheel.IsWheel(name) {
			return name
		}
	}
	for _, name := range names {
		if wheel.IsSdist(name) {
			return name
		}
	}
	return ""
}

// readAll reads the metadata of every file in use, many at once.
func (g *graph) readAll(ctx context.Context) error {
	type one struct {
		at   int
		file string
	}
	seen := map[one]bool{}
	var list []one
	for _, u := range g.usages {
		for at, file := range u.file {
			if key := (one{at, file}); file != "" && !seen[key] {
				seen[key] = true
				list = append(list, key)
			}
		}
	}
	return g.each(ctx, len(list), func(ctx context.Context, i int) error {
		node := &g.nodes[list[i].at]
		_, err := g.core(ctx, node.Name, node.Version, list[i].file)
		return passOver(err)
	})
}

// passOver lets metadata pass that cannot be read: a lock says what it needs
// without them.
func passOver(err error) error {
	var wrong *metadataError
	var integrity *feed.IntegrityError
	if errors.As(err, &wrong) && !errors.As(err, &integrity) {
		return nil
	}
	return err
}

// check makes sure that the releases have the files that are wanted. A saved
// release may have been offered fewer when it was saved.
func (g *graph) check(ctx context.Context) error {
	return g.each(ctx, len(g.nodes), func(ctx context.Context, i int) error {
		node := &g.nodes[i]
		if node.Bare || node.Files == nil {
			return nil
		}
		release, err := releaseWith(ctx, g.index, node.Name, node.Version, node.Files...)
		if err != nil {
			return err
		}
		for _, want := range node.Files {
			if !offers(&release, want) {
				key := feed.VersionKey{PackageKey: feed.PackageKey{Ecosystem: "pypi", Name: node.Name}, Version: node.Version}
				return &feed.PackageError{Key: key, Err: fmt.Errorf("the file %s is needed, and the release as it is known has no such file: %w", want, feed.ErrNotFound)}
			}
		}
		return nil
	})
}

// sorted returns the graph with nodes by name and version.
func (g *graph) sorted() feed.Graph {
	order := make([]int, len(g.nodes))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(g.nodes[a].Name, g.nodes[b].Name), version.Compare(g.versions[a], g.versions[b]), cmp.Compare(g.nodes[a].Version, g.nodes[b].Version))
	})
	result := feed.Graph{Nodes: make([]feed.Node, len(order)), Skipped: g.skipped, Notes: g.allNotes()}
	place := make([]int, len(order))
	for to, from := range order {
		place[from], result.Nodes[to] = to, g.nodes[from]
	}
	for edge := range g.edges {
		if edge.From >= 0 {
			edge.From = place[edge.From]
		}
		if edge.To >= 0 {
			edge.To = place[edge.To]
		}
		result.Edges = append(result.Edges, edge)
	}
	slices.SortFunc(result.Edges, func(a, b feed.Edge) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Requirement.Name, b.Requirement.Name), cmp.Compare(a.To, b.To),
			cmp.Compare(a.Requirement.Kind, b.Requirement.Kind), cmp.Compare(a.Requirement.Range, b.Requirement.Range), cmp.Compare(a.Why, b.Why))
	})
	slices.SortFunc(result.Skipped, func(a, b feed.Skipped) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Spec, b.Spec), cmp.Compare(a.Where, b.Where))
	})
	result.Skipped = slices.Compact(result.Skipped)
	if g.chosen {
		result.Chosen = g.documents
	}
	return result
}

// allNotes are the notes of the resolution and those of the graph.
func (g *graph) allNotes() []string {
	notes := append(slices.Clone(g.notes), g.refusalNotes()...)
	if recorded := slices.DeleteFunc(slices.Sorted(maps.Keys(g.unsure)), func(name string) bool { return !g.unsure[name] }); len(recorded) > 0 {
		notes = append(notes, "not proven: "+listed(recorded)+" requires what setuptools wrote into requires.txt when the source distribution was made; only a build would tell for certain")
	}
	if len(g.unsure) > 0 {
		notes = append(notes, "built from source: "+listed(slices.Sorted(maps.Keys(g.unsure)))+
			"; what a build asks for beyond [build-system] and PKG-INFO is not known: add it by name, or refuse such releases with --sdist none")
	}
	return notes
}

// maxListed is how many names a note lists.
const maxListed = 10

func listed(names []string) string {
	if len(names) > maxListed {
		return strings.Join(names[:maxListed], ", ") + fmt.Sprintf(" and %d more", len(names)-maxListed)
	}
	return strings.Join(names, ", ")
}
