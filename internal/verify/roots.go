package verify

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/store"
	"github.com/feedctl/feedctl/pkg/feed"
)

// rootGraph is a root, resolved again with the feed as the only index.
type rootGraph struct {
	record feed.RootRecord
	graph  feed.Graph
	paths  map[string][]string // "name@version" → the shortest way from the root; nil before ways
}

// ways returns the shortest way to each release. Of a root where nothing is wrong
// nobody asks for it.
func (rg *rootGraph) ways() map[string][]string {
	if rg.paths == nil {
		rg.paths = Shortest(rg.graph)
	}
	return rg.paths
}

// root walks everything that one root reaches: its releases must be held, and
// every edge must end in the feed unless the root records it as open.
func (c *check) root(ctx context.Context, e ecosystem.Ecosystem, record feed.RootRecord) error {
	c.report.Roots++
	for _, file := range record.Chosen {
		c.expect(file.Path)
		if err := c.chosen(ctx, file, record); err != nil {
			return err
		}
	}
	request := record.Request
	request.Lock = recorded(record)
	request.Options = asRecorded(record)
	gone := c.absent(ctx, e, record, request.Lock)
	from := c.index(e)
	graph, err := e.Resolve(ctx, request, from)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	defer func() { c.reportAbsent(e, gone) }()
	if err != nil {
		c.find(Finding{Code: "incomplete", Message: fmt.Sprintf("%s: %v", record.Input, err)})
		return nil
	}
	rg := &rootGraph{record: record, graph: graph}
	c.leadTo(e, rg)
	c.edges(e, rg, gone)
	if len(gone) > 0 {
		return nil // it cannot be resolved, for a reason that is known
	}
	return c.again(ctx, e, record, from)
}

// recorded is the graph of a root's releases, as a lock would give it.
func recorded(record feed.RootRecord) *feed.Graph {
	graph := &feed.Graph{}
	for _, text := range record.Releases {
		node := feed.Node{Files: record.Files[text]}
		node.Name, node.Version = feed.CutVersion(text)
		_, node.Bare = slices.BinarySearch(record.Bare, text)
		graph.Nodes = append(graph.Nodes, node)
	}
	return graph
}

// asRecorded returns the options of a root, and that nothing is to be added to it.
func asRecorded(record feed.RootRecord) map[string]string {
	options := map[string]string{ecosystem.LockedOnly: "true"}
	maps.Copy(options, record.Options)
	return options
}

// absentee is a release that a root needs and the feed does not hold.
type absentee struct {
	name, id string // id is name@version
	finding  Finding
	err      error // why the ledger cannot tell, nil when it can
}

// absent lists the releases of a root that the feed does not hold, and takes them
// out of the graph so that the rest can be walked.
func (c *check) absent(ctx context.Context, e ecosystem.Ecosystem, record feed.RootRecord, graph *feed.Graph) []*absentee {
	var gone []*absentee
	held := graph.Nodes[:0]
	for _, node := range graph.Nodes {
		key := feed.VersionKey{PackageKey: feed.PackageKey{Ecosystem: e.Name, Name: node.Name}, Version: node.Version}
		p, err := c.records.holdings(ctx, key.PackageKey)
		if errors.Is(err, feed.ErrNotFound) {
			err = nil
		}
		if leftOut, ok := p[node.Version]; err == nil && ok {
			held = append(held, node)
			if !node.Bare && node.Files == nil {
				c.leftOut(key, leftOut, record)
			}
			continue
		}
		gone = append(gone, &absentee{name: node.Name, id: node.Name + "@" + node.Version, err: err, finding: Finding{
			Code: "missing-release", Package: key.String(), Via: []string{record.Input},
			Message: record.Input + " needs it, and the feed does not hold it",
		}})
	}
	graph.Nodes = held
	return gone
}

// reportAbsent reports absentees, once the ways that lead to them are known.
func (c *check) reportAbsent(e ecosystem.Ecosystem, gone []*absentee) {
	for _, one := range gone {
		if one.err != nil {
			c.unreadable(e, one.finding, one.err)
			continue
		}
		c.find(one.finding)
	}
}

// leftOut reports files that a root needs and that the ledger calls absent.
func (c *check) leftOut(key feed.VersionKey, paths []string, record feed.RootRecord) {
	for _, path := range paths {
		c.find(Finding{Code: "missing-file", Path: path, Package: key.String(), Message: record.Input + " needs it, and the feed leaves it out"})
	}
}

// Graph returns what a root came to, with the edges that its releases declare,
// read from the feed alone.
func Graph(ctx context.Context, f *store.Feed, e ecosystem.Ecosystem, record feed.RootRecord) (feed.Graph, error) {
	request := record.Request
	request.Lock = recorded(record)
	request.Options = asRecorded(record)
	return e.Resolve(ctx, request, only(f, e))
}

// edges compares the edges that end nowhere with those the root records as open.
// One that would end in a release that is gone shows the way to it.
func (c *check) edges(e ecosystem.Ecosystem, rg *rootGraph, gone []*absentee) {
	known := map[string]feed.OpenEdge{}
	for _, open := range rg.record.Open {
		known[open.From+" "+open.Requirement.String()] = open
	}
	for _, edge := range rg.graph.Edges {
		if edge.To != feed.Open {
			continue
		}
		from := ""
		if edge.From != feed.Root {
			node := rg.graph.Nodes[edge.From]
			from = node.Name + "@" + node.Version
		}
		way := append([]string{rg.record.Input}, rg.ways()[from]...)
		if open, ok := known[from+" "+edge.Requirement.String()]; ok {
			c.note(fmt.Sprintf("%s: %s requires %s: %s", rg.record.Input, orRoot(from), open.Requirement, open.Why))
		} else if !leadsTo(gone, edge.Requirement.Name, way) {
			c.openEdge(e, rg.record, edge.Requirement, from, way)
		}
	}
}

// leadsTo reports whether an edge would end in a release that is gone, and notes
// the way to it.
func leadsTo(gone []*absentee, name string, way []string) bool {
	found := false
	for _, one := range gone {
		if one.name == name {
			found = true
			if len(one.finding.Via) < 2 {
				one.finding.Via = append(slices.Clone(way), one.id)
			}
		}
	}
	return found
}

func (c *check) openEdge(e ecosystem.Ecosystem, record feed.RootRecord, requirement feed.Requirement, from string, way []string) {
	finding := Finding{Code: "open-edge", Via: way}
	finding.Message = fmt.Sprintf("%s requires %s, and no release in the feed satisfies it", record.Input, requirement)
	if from != "" {
		finding.Package = e.Name + ":" + from
		finding.Message = fmt.Sprintf("requires %s, and no release in the feed satisfies it (%s)", requirement, record.Input)
	}
	c.find(finding)
}

func orRoot(from string) string {
	if from == "" {
		return "the input"
	}
	return from
}

// again resolves a request that was no lock once more, as a client would that
// finds nothing but the feed.
func (c *check) again(ctx context.Context, e ecosystem.Ecosystem, record feed.RootRecord, from ecosystem.Index) error {
	if record.Locked() {
		return nil
	}
	request := record.Request
	request.Options = maps.Clone(record.Options)
	if request.Options == nil {
		request.Options = map[string]string{}
	}
	request.Options[ecosystem.OnlyWhether] = "true"
	if _, err := e.Resolve(ctx, request, from); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		c.find(Finding{Code: "unresolvable", Message: fmt.Sprintf("%s cannot be resolved from the feed alone: %v", record.Input, err)})
	}
	return nil
}

// chosen verifies a lock that feedctl wrote.
func (c *check) chosen(ctx context.Context, file feed.File, record feed.RootRecord) error {
	data, err := c.feed.ReadFile(ctx, file.Path, maxDocument)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		c.find(Finding{Code: "missing-document", Path: file.Path, Message: "the lock chosen for " + record.Input + ": " + err.Error()})
	case feed.SHA256(data) != "sha256:"+file.Digests["sha256"]:
		c.find(Finding{Code: "wrong-document", Path: file.Path, Message: "the lock chosen for " + record.Input + " was changed"})
	}
	return nil
}

// Shortest finds the shortest way from the root of a graph to every node, each
// way as the "name@version" on it.
func Shortest(graph feed.Graph) map[string][]string {
	out := map[int][]int{}
	for _, edge := range graph.Edges {
		if edge.To != feed.Open {
			out[edge.From] = append(out[edge.From], edge.To)
		}
	}
	paths := map[string][]string{}
	ways := map[int][]string{feed.Root: nil}
	queue := []int{feed.Root}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, to := range out[at] {
			if _, seen := ways[to]; seen {
				continue
			}
			id := graph.Nodes[to].Name + "@" + graph.Nodes[to].Version
			ways[to] = append(slices.Clone(ways[at]), id)
			paths[id] = ways[to]
			queue = append(queue, to)
		}
	}
	return paths
}
