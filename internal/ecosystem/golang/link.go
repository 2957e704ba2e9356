package golang

import (
	"path"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/golang/modgraph"
	"github.com/feedctl/feedctl/pkg/feed"
)

// linker finds the edges between the nodes of a graph. The same nodes get the
// same edges, whether they were chosen or listed in a lock.
type linker struct {
	nodes    []feed.Node
	byName   map[string][]int // ascending by version
	replaced map[modgraph.Version]modgraph.Version
	own      map[string]bool // main modules, which are no nodes
	edges    []feed.Edge
}

func newLinker(nodes []feed.Node) *linker {
	l := &linker{nodes: nodes, byName: map[string][]int{}}
	for i, node := range nodes {
		l.byName[node.Name] = append(l.byName[node.Name], i)
	}
	for _, same := range l.byName {
		slices.SortFunc(same, func(a, b int) int { return Compare(nodes[a].Version, nodes[b].Version) })
	}
	return l
}

// replace makes the edges follow the replacements of a project.
func (l *linker) replace(s settings) {
	l.replaced, l.own = map[modgraph.Version]modgraph.Version{}, map[string]bool{}
	for _, r := range s.replaces() {
		if _, first := l.replaced[r.Old]; !first {
			l.replaced[r.Old] = r.New
		}
	}
	for _, main := range s.Mains {
		l.own[main.Path] = true
	}
}

// target returns what a requirement means once replacements are made.
func (l *linker) target(v modgraph.Version) modgraph.Version {
	for _, old := range []modgraph.Version{v, {Path: v.Path}} {
		if by, ok := l.replaced[old]; ok {
			return by
		}
	}
	return v
}

// meets returns the node of a module version, else that of the next higher one,
// as minimal version selection would; feed.Open when there is none.
func (l *linker) meets(v modgraph.Version) int {
	for _, i := range l.byName[v.Path] {
		if Compare(l.nodes[i].Version, v.Version) >= 0 {
			return i
		}
	}
	return feed.Open
}

// edge leads from a node to what meets a requirement.
func (l *linker) edge(from int, r feed.Requirement) feed.Edge {
	e := feed.Edge{From: from, Requirement: r, To: l.meets(l.target(modgraph.Version{Path: r.Name, Version: r.Range}))}
	if e.To == feed.Open {
		e.Why = "not part of the module graph"
	}
	return e
}

// root leads from the request to what meets one of its requirements, which may be
// the path of a package and any query.
func (l *linker) root(r feed.Requirement) feed.Edge {
	if isCanonical(r.Name, r.Range) {
		if e := l.edge(feed.Root, r); e.To != feed.Open {
			return e
		}
	}
	for name := r.Name; name != "." && name != "/"; name = path.Dir(name) {
		if to := l.chosen(name, r.Range); to != feed.Open {
			return feed.Edge{From: feed.Root, To: to, Requirement: r}
		}
	}
	return feed.Edge{From: feed.Root, To: feed.Open, Requirement: r, Why: "not part of the module graph"}
}

// chosen returns the node that a query would choose of a module.
func (l *linker) chosen(name, query string) int {
	same := l.byName[name]
	if len(same) == 0 {
		return feed.Open
	}
	if isCanonical(name, query) {
		return l.meets(modgraph.Version{Path: name, Version: query})
	}
	texts := make([]string, len(same))
	for i, node := range same {
		texts[i] = l.nodes[node].Version
	}
	if version, err := modgraph.Choose(listQuery(query), texts, nil, nil); err == nil {
		if i := slices.Index(texts, version); i >= 0 {
			return same[i]
		}
	}
	return same[len(same)-1]
}

// follow adds the edges that a module declares. What a pruning module requires
// need not be in the graph, so that its edges to nowhere are none.
func (l *linker) follow(from int, m modgraph.Module) {
	for _, requirement := range requirementsOf(m) {
		target := l.target(modgraph.Version{Path: requirement.Name, Version: requirement.Range})
		if target.Version == "" || l.own[target.Path] {
			continue // a folder, or the project itself
		}
		e := l.edge(from, requirement)
		if e.To == feed.Open && prunes(m) {
			continue
		}
		l.edges = append(l.edges, e)
	}
}

// prunes reports whether a go.mod lists everything that the module needs.
func prunes(m modgraph.Module) bool {
	return m.Go != "" && compareGo(m.Go, "1.17") >= 0
}

// finish adds an edge from the root to every node that no way leads to.
func (l *linker) finish() []feed.Edge {
	out := map[int][]int{}
	for _, e := range l.edges {
		if e.To != feed.Open {
			out[e.From] = append(out[e.From], e.To)
		}
	}
	reached := map[int]bool{}
	walk := func(at int) {
		for stack := []int{at}; len(stack) > 0; {
			at := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			for _, to := range out[at] {
				if !reached[to] {
					reached[to] = true
					stack = append(stack, to)
				}
			}
		}
	}
	walk(feed.Root)
	for i, node := range l.nodes {
		if !reached[i] {
			reached[i] = true
			r := feed.Requirement{Name: node.Name, Range: node.Version}
			l.edges = append(l.edges, feed.Edge{From: feed.Root, To: i, Requirement: r})
			walk(i)
		}
	}
	return l.edges
}

// listQuery is the query that chooses from a list of versions.
func listQuery(query string) string {
	if isMoving(query) {
		return "latest"
	}
	return strings.TrimSpace(query)
}
