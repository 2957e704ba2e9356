package cargo

import (
	"context"
	"slices"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo/crate"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo/index"
	"github.com/feedctl/feedctl/pkg/feed"
)

// parallel is how many releases are asked for at once.
const parallel = 32

// resolve implements the contract: locks are kept, everything else is resolved
// as Cargo does.
func resolve(ctx context.Context, request feed.Request, index ecosystem.Index) (feed.Graph, error) {
	switch {
	case request.Lock != nil:
		return resolveLocked(ctx, request, index)
	case request.Options[optionBin] == "true" && len(request.Settings) == 0:
		return resolvePrograms(ctx, request, index)
	}
	return resolveFree(ctx, request, index)
}

// resolveLocked keeps the nodes of a lock and gives them the edges that their
// index lines declare. A Cargo.lock is complete for every platform, so nothing is
// added.
func resolveLocked(ctx context.Context, request feed.Request, index ecosystem.Index) (feed.Graph, error) {
	l := links{leads: map[lead]int{}, whole: len(request.Lock.Edges) > 0}
	for _, edge := range request.Lock.Edges {
		l.lead(edge.From, edge.Requirement.Name, edge.To)
	}
	l.graph = feed.Graph{Nodes: slices.Clone(request.Lock.Nodes), Skipped: request.Lock.Skipped, Notes: request.Lock.Notes}
	if err := l.read(ctx, index); err != nil {
		return feed.Graph{}, err
	}
	l.edges(request.Requirements)
	return l.graph, nil
}

// links is a graph that gets its edges.
type links struct {
	graph  feed.Graph
	lines  []index.Line     // of each node
	byName map[string][]int // nodes of each package
	leads  map[lead]int     // where an edge is known to lead, feed.Open for nowhere
	whole  bool             // leads has every edge, so that an optional dependency without one is not enabled
	ranges map[string]crate.Range
	suits  map[judged]bool
}

// judged is a version that was compared with a range.
type judged struct{ wanted, have string }

// lead names an edge by its start and the package that it wants.
type lead struct {
	from int
	name string
}

// lead notes where an edge leads. Of several versions of one package, which a
// release may require under different names, none counts.
func (l *links) lead(from int, name string, to int) {
	key := lead{from, name}
	if known, ok := l.leads[key]; ok && known != to {
		to = anyNode
	}
	l.leads[key] = to
}

// anyNode stands for an edge that is there, and leads to whichever node fits.
const anyNode = -2

// read reads the index lines of all nodes.
func (l *links) read(ctx context.Context, from ecosystem.Index) error {
	l.lines = make([]index.Line, len(l.graph.Nodes))
	return ecosystem.Each(ctx, from, len(l.lines), parallel, func(ctx context.Context, i int) (err error) {
		l.lines[i], err = readLine(ctx, from, l.graph.Nodes[i].Name, l.graph.Nodes[i].Version)
		return err
	})
}

func decode(name, version string, metadata []byte) (index.Line, error) {
	line, err := index.Decode(metadata)
	if err != nil {
		key := feed.VersionKey{PackageKey: feed.PackageKey{Ecosystem: crate.Ecosystem, Name: name}, Version: version}
		return line, &feed.PackageError{Key: key, Err: err}
	}
	return line, nil
}

// edges gives the graph the edges of the request and of every index line. Dev
// dependencies of a release count for nobody; optional ones as far as they are
// enabled, which without better knowledge means that something in the graph
// meets them.
func (l *links) edges(requirements []feed.Requirement) {
	l.byName = map[string][]int{}
	l.ranges, l.suits = map[string]crate.Range{}, map[judged]bool{}
	for i, node := range l.graph.Nodes {
		l.byName[node.Name] = append(l.byName[node.Name], i)
	}
	for _, requirement := range requirements {
		l.edge(feed.Root, requirement, false)
	}
	for i := range l.graph.Nodes {
		registry, _, _ := crate.Split(l.graph.Nodes[i].Name)
		seen := map[feed.Requirement]bool{}
		for _, d := range l.lines[i].Dependencies {
			if d.Kind == "dev" {
				continue
			}
			requirement := requirementOf(registry, &d)
			if !seen[requirement] {
				seen[requirement] = true
				l.edge(i, requirement, d.Optional)
			}
		}
	}
}

// requirementOf is a dependency of a release in a registry.
func requirementOf(registry string, d *index.Dependency) feed.Requirement {
	if d.Registry != "" {
		_, address := crate.ParseSource(d.Registry)
		if other, ok := crate.RegistryOf(address); ok {
			registry = other
		}
	}
	requirement := feed.Requirement{Name: crate.Join(registry, d.Crate()), Range: d.Requirement, Kind: d.Kind}
	if d.Package != "" && d.Package != d.Name {
		requirement.Alias = d.Name
	}
	return requirement
}

func (l *links) edge(from int, requirement feed.Requirement, optional bool) {
	to := l.meets(requirement)
	known, ok := l.leads[lead{from, requirement.Name}]
	if ok && known >= 0 {
		to = known
	}
	if optional && (to == feed.Open || l.whole && !ok) {
		return
	}
	edge := feed.Edge{From: from, To: to, Requirement: requirement}
	if to == feed.Open {
		edge.Why = "open in the lock"
		if ok && known == feed.Open {
			edge.Why = "patched by the project"
		}
	}
	l.graph.Edges = append(l.graph.Edges, edge)
}

// meets returns the newest node that meets a requirement, or feed.Open.
func (l *links) meets(requirement feed.Requirement) int {
	best := feed.Open
	version, _, _ := cutFeatures(requirement.Range)
	pinned := exact(version)
	for _, i := range l.byName[requirement.Name] {
		have := l.graph.Nodes[i].Version
		if (have == pinned || l.matches(version, have)) &&
			(best == feed.Open || crate.Compare(have, l.graph.Nodes[best].Version) > 0) {
			best = i
		}
	}
	return best
}

// matches compares each version with each range once.
func (l *links) matches(wanted, have string) bool {
	key := judged{wanted, have}
	ok, known := l.suits[key]
	if !known {
		ok = l.parse(wanted).Matches(have)
		l.suits[key] = ok
	}
	return ok
}

func (l *links) parse(text string) crate.Range {
	r, known := l.ranges[text]
	if !known {
		r, _ = crate.ParseRange(text) // what cannot be read is met by nothing
		l.ranges[text] = r
	}
	return r
}
