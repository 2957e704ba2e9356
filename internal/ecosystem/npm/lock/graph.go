package lock

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/pkg/feed"
)

// graph collects what a lock holds.
type graph struct {
	src     *source
	nodes   []feed.Node
	lines   []int            // of the entry that made each node
	index   map[string]int   // "name@version" → node
	named   map[string][]int // name → nodes
	edges   []feed.Edge
	skipped []feed.Skipped
	skips   map[feed.Skipped]bool
	notes   []string
}

func newGraph(s *source) *graph {
	return &graph{src: s, index: map[string]int{}, named: map[string][]int{}, skips: map[feed.Skipped]bool{}}
}

// record is what one entry of a lock says of a registry package.
type record struct {
	name, version string
	address       string // as recorded, may be empty
	integrity     string // Subresource Integrity text, may be empty
	sha1          string // hex, may be empty
	line          int
	key           string // of the entry, for messages
}

// node returns the node of a record, making it or merging what the record says
// of the tarball into it.
func (g *graph) node(r record) (int, error) {
	if err := CheckName(r.name); err != nil {
		return 0, g.src.fail(r.line, r.key, "%v", err)
	}
	if err := CheckVersion(r.version); err != nil {
		return 0, g.src.fail(r.line, r.key, "%v", err)
	}
	pin, err := g.pin(r)
	if err != nil {
		return 0, err
	}
	id := r.name + "@" + r.version
	at, known := g.index[id]
	if !known {
		at = len(g.nodes)
		g.index[id] = at
		g.nodes = append(g.nodes, feed.Node{Name: r.name, Version: r.version})
		g.lines = append(g.lines, r.line)
		g.named[r.name] = append(g.named[r.name], at)
	}
	return at, g.merge(at, pin, r)
}

func (g *graph) pin(r record) (feed.Pin, error) {
	pin := feed.Pin{URL: pinURL(r.address)}
	if r.integrity != "" {
		digests, err := feed.ParseSRI(r.integrity)
		if err != nil {
			return pin, g.src.fail(r.line, r.key, "%v", err)
		}
		pin.Digests = digests
	}
	if r.sha1 != "" {
		pin.Digests = pin.Digests.Merge(feed.Digests{"sha1": r.sha1})
	}
	return pin, nil
}

func (g *graph) merge(at int, pin feed.Pin, r record) error {
	if pin.URL == "" && len(pin.Digests) == 0 {
		return nil
	}
	node := &g.nodes[at]
	if len(node.Pins) == 0 {
		node.Pins = []feed.Pin{pin}
		return nil
	}
	have := &node.Pins[0]
	if algorithm := have.Digests.Conflict(pin.Digests); algorithm != "" {
		return g.src.fail(r.line, r.key, "%s@%s has another %s digest here than in line %d, and one version has one tarball",
			node.Name, node.Version, algorithm, g.lines[at])
	}
	if len(pin.Digests) > 0 {
		have.Digests = have.Digests.Merge(pin.Digests)
	}
	if have.URL == "" {
		have.URL = pin.URL
	}
	return nil
}

// edge adds an edge; the same one may be added again.
func (g *graph) edge(from, to int, r feed.Requirement, why string) {
	if from == to && from >= 0 {
		return
	}
	g.edges = append(g.edges, feed.Edge{From: from, To: to, Requirement: r, Why: why})
}

// open adds an edge that ends nowhere.
func (g *graph) open(from int, r feed.Requirement) {
	why := whyOpen
	if r.Kind == KindOptional || r.Kind == KindPeerOptional {
		why = whyOptional
	}
	g.edge(from, feed.Open, r, why)
}

// skip lists what no registry can serve.
func (g *graph) skip(name, spec string, kind specKind, line int) {
	s := feed.Skipped{Name: clip(name), Spec: clip(redact(spec)), Reason: kind.String(), Where: g.src.where(line)}
	if !g.skips[s] {
		g.skips[s] = true
		g.skipped = append(g.skipped, s)
	}
}

func (g *graph) note(line int, format string, args ...any) {
	g.notes = append(g.notes, g.src.where(line)+": "+fmt.Sprintf(format, args...))
}

// request returns what was collected, in an order that depends on the contents
// only. A node that nothing requires counts as required by the root.
func (g *graph) request() feed.Request {
	g.adopt()
	order := make([]int, len(g.nodes))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(g.nodes[a].Name, g.nodes[b].Name), cmp.Compare(g.nodes[a].Version, g.nodes[b].Version))
	})
	places := make([]int, len(order))
	nodes := make([]feed.Node, len(order))
	for place, at := range order {
		places[at], nodes[place] = place, g.nodes[at]
	}
	out := &feed.Graph{Nodes: nodes, Edges: g.sortedEdges(places), Skipped: g.skipped, Notes: g.notes}
	return feed.Request{Ecosystem: Ecosystem, Input: g.src.file, Lock: out}
}

func (g *graph) adopt() {
	required := make([]bool, len(g.nodes))
	for _, e := range g.edges {
		if e.To >= 0 {
			required[e.To] = true
		}
	}
	for at, ok := range required {
		if !ok {
			g.edge(feed.Root, at, feed.Requirement{Name: g.nodes[at].Name, Range: g.nodes[at].Version}, "")
		}
	}
}

func (g *graph) sortedEdges(places []int) []feed.Edge {
	move := func(at int) int {
		if at < 0 {
			return at
		}
		return places[at]
	}
	order := make([]*feed.Edge, len(g.edges))
	for i := range g.edges {
		e := &g.edges[i]
		e.From, e.To = move(e.From), move(e.To)
		order[i] = e
	}
	slices.SortFunc(order, compareEdges)
	edges := make([]feed.Edge, 0, len(order))
	for _, e := range order {
		if len(edges) == 0 || edges[len(edges)-1] != *e {
			edges = append(edges, *e)
		}
	}
	return edges
}

func compareEdges(a, b *feed.Edge) int {
	if a.From != b.From {
		return cmp.Compare(a.From, b.From)
	}
	x, y := &a.Requirement, &b.Requirement
	if c := strings.Compare(x.Name, y.Name); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(x.Alias, y.Alias), cmp.Compare(a.To, b.To), cmp.Compare(x.Range, y.Range),
		cmp.Compare(x.Kind, y.Kind), cmp.Compare(a.Why, b.Why))
}

// best returns the node of a name with the highest version that satisfies a
// range, or the only node of that name, or -1.
func (g *graph) best(name, text string) int {
	ids := g.named[name]
	if len(ids) == 1 {
		return ids[0]
	}
	return highest(g.nodes, ids, text)
}
