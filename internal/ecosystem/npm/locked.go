package npm

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/npm/tree"
	"github.com/feedctl/feedctl/pkg/feed"
)

// parallel is how many releases or packages are asked for at once.
const parallel = 32

// locked completes the graph of a lock: it reads every release the lock names,
// adds the variants of platform packages that the lock lacks, and finds the
// edges that end nowhere.
type locked struct {
	index     ecosystem.Index
	request   feed.Request
	graph     feed.Graph
	manifests []*tree.Manifest // of each node
	byName    map[string][]int // nodes of each package
	specs     map[tree.Dep]*tree.Spec
	memory    *tree.Memory // of requests before, nil for none
}

func newLocked(request feed.Request) *locked {
	return &locked{request: request, byName: map[string][]int{}, specs: map[tree.Dep]*tree.Spec{}}
}

// resolveLocked keeps the nodes of a lock and gives them the edges that the
// releases declare.
func resolveLocked(ctx context.Context, request feed.Request, index ecosystem.Index) (feed.Graph, error) {
	l := newLocked(request)
	l.index, l.memory = index, memory(index, nodeVersion(request), request.Options[optionLegacyPeers] == "true")
	l.graph = feed.Graph{Skipped: request.Lock.Skipped, Notes: request.Lock.Notes}
	if err := l.add(ctx, request.Lock.Nodes); err != nil {
		return feed.Graph{}, err
	}
	if request.Options[ecosystem.LockedOnly] == "" {
		if err := l.addVariants(ctx); err != nil {
			return feed.Graph{}, err
		}
	}
	for i := range l.graph.Nodes {
		l.graph.Nodes[i].Bare = !fitsAny(l.manifests[i].Fields(), request.Targets)
	}
	l.edges(given(request.Lock.Edges))
	return l.graph, nil
}

// add reads the releases of nodes and takes them into the graph.
func (l *locked) add(ctx context.Context, nodes []feed.Node) error {
	manifests := make([]*tree.Manifest, len(nodes))
	err := ecosystem.Each(ctx, l.index, len(nodes), parallel, func(ctx context.Context, i int) (err error) {
		manifests[i], err = readManifest(ctx, l.index, nodes[i].Name, nodes[i].Version)
		return err
	})
	if err != nil {
		return err
	}
	for i, node := range nodes {
		l.byName[node.Name] = append(l.byName[node.Name], len(l.graph.Nodes))
		l.graph.Nodes = append(l.graph.Nodes, node)
		l.manifests = append(l.manifests, manifests[i])
	}
	return nil
}

// addVariants adds, round by round, the optional platform packages that no node
// meets, and what these require in turn (npm/cli#4828: a lock made on one
// platform may lack the others').
func (l *locked) addVariants(ctx context.Context) error {
	for from := 0; from < len(l.graph.Nodes); {
		lacking := l.lacking(from, len(l.request.Lock.Nodes))
		from = len(l.graph.Nodes)
		found, err := l.variants(ctx, lacking)
		if err != nil {
			return err
		}
		if err := l.add(ctx, l.unknown(found)); err != nil {
			return err
		}
	}
	return nil
}

// variants finds the releases that meet edges which the lock does not, many at
// once.
func (l *locked) variants(ctx context.Context, all []lacking) ([]feed.Node, error) {
	found := make([]feed.Node, len(all))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, missing := range all {
		group.Go(func() error {
			var err error
			found[i], err = l.variant(ctx, missing)
			return err
		})
	}
	return found, group.Wait()
}

// lacking is an edge that a lock does not meet.
type lacking struct {
	spec     *tree.Spec
	required bool // by an added variant, for itself
}

// lacking lists the edges of the nodes from an index on that may be platform
// variants, or that added variants need.
func (l *locked) lacking(from, own int) []lacking {
	var all []lacking
	seen := map[string]bool{}
	for i := from; i < len(l.graph.Nodes); i++ {
		for _, dep := range l.requires(i) {
			spec := l.spec(dep)
			if dep.kind != "optional" && i < own || !spec.Type.Registry() || l.meets(spec) >= 0 || seen[spec.String()] {
				continue
			}
			seen[spec.String()] = true
			all = append(all, lacking{spec: spec, required: dep.kind == ""})
		}
	}
	return all
}

// variant finds the release that meets an edge which the lock does not. The
// result is empty when there is none or when it is an ordinary package, which
// whoever made the lock left out on purpose.
func (l *locked) variant(ctx context.Context, missing lacking) (feed.Node, error) {
	name := missing.spec.Package()
	packument, err := (&registry{index: l.index}).Packument(ctx, name, suits(missing.spec))
	if errors.Is(err, feed.ErrNotFound) {
		return feed.Node{}, nil
	}
	if err != nil {
		return feed.Node{}, err
	}
	manifest, err := tree.Pick(packument, missing.spec, tree.Options{})
	var none *tree.PickError
	if errors.As(err, &none) {
		return feed.Node{}, nil
	}
	if err != nil {
		return feed.Node{}, err
	}
	fields := manifest.Fields()
	if !missing.required && len(fields.OS)+len(fields.CPU)+len(fields.Libc) == 0 {
		return feed.Node{}, nil
	}
	return feed.Node{Name: name, Version: manifest.Version, Reason: "platform variant that the lock lacks"}, nil
}

// unknown drops empty nodes, duplicates and those in the graph already.
func (l *locked) unknown(found []feed.Node) []feed.Node {
	seen := map[string]bool{}
	var fresh []feed.Node
	for _, node := range found {
		known := slices.ContainsFunc(l.byName[node.Name], func(i int) bool { return l.graph.Nodes[i].Version == node.Version })
		id := node.Name + "@" + node.Version
		if node.Name == "" || known || seen[id] {
			continue
		}
		seen[id] = true
		fresh = append(fresh, node)
	}
	return fresh
}

// dependency is one edge that a release declares.
type dependency struct {
	tree.Dep
	kind string // "", "optional", "peer"
}

// requires lists what a node declares, as far as a client installs it.
func (l *locked) requires(node int) []dependency {
	fields := l.manifests[node].Fields()
	var all []dependency
	add := func(deps tree.Deps, kind string) {
		for _, dep := range deps {
			if slices.Contains(fields.Bundled, dep.Name) || kind == "peer" && fields.PeerOptional[dep.Name] {
				continue
			}
			all = append(all, dependency{Dep: dep, kind: kind})
		}
	}
	add(fields.Dependencies, "")
	add(fields.OptionalDependencies, "optional")
	add(fields.PeerDependencies, "peer")
	return all
}

func (l *locked) spec(dep dependency) *tree.Spec {
	spec, ok := l.specs[dep.Dep]
	if !ok {
		spec = l.memory.Parse(dep.Name, dep.Spec)
		l.specs[dep.Dep] = spec
	}
	return spec
}

// meets returns the newest node that satisfies spec, or -1.
func (l *locked) meets(spec *tree.Spec) int {
	best := feed.Open
	for _, i := range l.byName[spec.Package()] {
		if spec.MatchesManifest(l.manifests[i]) && (best == feed.Open || tree.CompareVersions(l.manifests[i].Version, l.manifests[best].Version) > 0) {
			best = i
		}
	}
	return best
}

// place names one edge: the node it starts from and the folder it fills.
type place struct {
	from   int
	folder string
}

// given returns where a lock says that its edges lead.
func given(edges []feed.Edge) map[place]int {
	all := map[place]int{}
	for _, edge := range edges {
		if edge.To != feed.Open {
			all[place{edge.From, installed(edge.Requirement)}] = edge.To
		}
	}
	return all
}

// edges gives the graph the edges that its releases declare. Where it is given
// which release an edge leads to, that one is kept.
func (l *locked) edges(given map[place]int) {
	for _, requirement := range l.request.Requirements {
		l.edge(feed.Root, l.memory.Parse(installed(requirement), rangeText(requirement)), requirement, given)
	}
	for i := range l.graph.Nodes {
		for _, dep := range l.requires(i) {
			spec := l.spec(dep)
			l.edge(i, spec, requirementOf(spec, dep.kind), given)
		}
	}
}

// installed is the name of the folder that a requirement fills.
func installed(r feed.Requirement) string {
	if r.Alias != "" {
		return r.Alias
	}
	return r.Name
}

func rangeText(r feed.Requirement) string {
	if r.Alias != "" {
		return "npm:" + r.Name + "@" + r.Range
	}
	return r.Range
}

// edge adds one edge. A requirement that no release in the graph satisfies stays
// open, also when something else was put in its place.
func (l *locked) edge(from int, spec *tree.Spec, requirement feed.Requirement, given map[place]int) {
	to := l.meets(spec)
	named, ok := given[place{from, installed(requirement)}]
	if ok && to != feed.Open && l.graph.Nodes[named].Name == spec.Package() {
		to = named
	}
	edge := feed.Edge{From: from, To: to, Requirement: requirement}
	if to == feed.Open {
		edge.Why = l.why(spec, requirement)
		if ok {
			instead := feed.Edge{From: from, To: named, Requirement: requirement, Why: "in place of what is declared"}
			l.graph.Edges = append(l.graph.Edges, instead)
		}
	}
	l.graph.Edges = append(l.graph.Edges, edge)
}

// why says what leaves an edge open.
func (l *locked) why(spec *tree.Spec, requirement feed.Requirement) string {
	switch {
	case !spec.Type.Registry():
		return spec.Type.String() + " dependency"
	case requirement.Kind == "optional":
		return "optional, and not in the lock"
	case len(l.byName[spec.Package()]) > 0:
		return "the graph has " + l.graph.Nodes[l.byName[spec.Package()][0]].Version + " instead"
	}
	return "open in the lock"
}

func requirementOf(spec *tree.Spec, kind string) feed.Requirement {
	requirement := feed.Requirement{Name: spec.Package(), Range: spec.Wanted(), Kind: kind}
	if !spec.Type.Registry() {
		requirement.Range = spec.Type.String() + ":"
	}
	if spec.Name != requirement.Name {
		requirement.Alias = spec.Name
	}
	return requirement
}
