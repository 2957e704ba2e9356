package modgraph

import (
	"maps"
	"slices"
)

// Graph is a module graph with its selected versions.
type Graph struct {
	// Selected is the build list: the main modules, then the others by path; one
	// version of each.
	Selected []Node
	// Visited is every version whose go.mod is read to arrive there, by path and
	// version. A selected version need not be among them: what pruning cuts off is
	// selected without being read.
	Visited []Node
	// Mentioned is every version in Edges or Visited, by path and version. A project
	// that comes to use more of these modules, or fewer, may read any of them.
	Mentioned []Node
	// Edges are the requirements, in the order of "go mod graph"; nil with
	// Input.NoEdges.
	Edges []Edge
	// Go is the highest go line ("1.24.0") among the main modules, go.work and
	// Visited, and GoBy a module that has it: the zero Version for go.work. Go is
	// "" when no file has a go line.
	Go   string
	GoBy Version
}

// Node is a module version, and what stands in its place.
type Node struct {
	Version Version
	Replace Version // zero when nothing does; a folder has no version
}

// Actual returns the version whose files are used.
func (n Node) Actual() Version {
	if n.Replace.Path != "" {
		return n.Replace
	}
	return n.Version
}

// String returns the line that "go list -m" prints.
func (n Node) String() string {
	text := words(n.Version)
	if n.Replace.Path != "" {
		text += " => " + words(n.Replace)
	}
	return text
}

func words(v Version) string {
	if v.Version == "" {
		return v.Path
	}
	return v.Path + " " + v.Version
}

// Edge says that From requires To.
type Edge struct{ From, To Version }

// String returns the line that "go mod graph" prints.
func (e Edge) String() string { return e.From.String() + " " + e.To.String() }

func (s *session) result(r *requirements) Graph {
	g := Graph{Go: s.input.Go}
	for _, m := range r.buildList() {
		if !isToolchain(m.Path) {
			g.Selected = append(g.Selected, s.node(m))
		}
	}
	mentioned := maps.Clone(s.known)
	for _, list := range r.required {
		for _, to := range list {
			mentioned[to] = nil
		}
	}
	if !s.input.NoEdges {
		for m := range r.walk() {
			for _, to := range r.required[m] {
				g.Edges = append(g.Edges, Edge{From: m, To: to})
			}
		}
	}
	for _, main := range s.input.Mains {
		g.raise(main.Go, Version{Path: main.Path})
	}
	for _, m := range sorted(slices.Collect(maps.Keys(mentioned))) {
		if m.Version == "" || m.Version == none || isToolchain(m.Path) {
			continue
		}
		g.Mentioned = append(g.Mentioned, s.node(m))
		if sum, read := s.known[m]; read {
			g.Visited = append(g.Visited, s.node(m))
			g.raise(sum.goLine, m)
		}
	}
	return g
}

func (g *Graph) raise(line string, by Version) {
	if line != "" && compareGo(line, g.Go) > 0 {
		g.Go, g.GoBy = line, by
	}
}

func (s *session) node(m Version) Node {
	replace, _ := s.replaced(m) // an error has ended the Load, or m is not read
	return Node{Version: m, Replace: replace}
}
