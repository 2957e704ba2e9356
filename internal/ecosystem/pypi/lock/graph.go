package lock

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
	"github.com/feedctl/feedctl/pkg/feed"
)

// graph collects what a lock holds.
type graph struct {
	src      *source
	nodes    []feed.Node
	versions []version.Version // of each node
	index    map[string]int    // "name@version" → node
	named    map[string][]int  // name → nodes
	edges    []feed.Edge
	skipped  []feed.Skipped
	skips    map[feed.Skipped]bool
	absent   map[string]bool // names that the lock has, and no index serves
	notes    []string
	settings Settings
}

func newGraph(s *source) *graph {
	return &graph{
		src: s, index: map[string]int{}, named: map[string][]int{},
		skips: map[feed.Skipped]bool{}, absent: map[string]bool{},
		settings: Settings{Releases: map[string]Release{}},
	}
}

// record is what one entry of a lock says of a release.
type record struct {
	name, version string
	files         []artifact
	release       Release
}

func (r *record) key() string {
	if r.version == "" {
		return r.name
	}
	return r.name + " " + r.version
}

// node returns the node of a record, making it or merging what the record says of
// the files into it.
func (g *graph) node(r record) (int, error) {
	if !wheel.ValidName(r.name) {
		return 0, g.src.fail(r.key(), "%q is no name of a package", clip(r.name))
	}
	v, err := version.Parse(r.version)
	if err != nil {
		return 0, g.src.wrap(r.key(), err)
	}
	name := wheel.NormalizeName(r.name)
	id := name + "@" + v.String()
	at, known := g.index[id]
	if !known {
		if at = len(g.nodes); at >= maxReleases {
			return 0, g.src.fail("", "the file lists more than %d releases", maxReleases)
		}
		if len(g.named[name]) >= maxSame {
			return 0, g.src.fail(r.key(), "the file lists more than %d versions of one package", maxSame)
		}
		g.index[id] = at
		g.nodes = append(g.nodes, feed.Node{Name: name, Version: v.String()})
		g.versions = append(g.versions, v)
		g.named[name] = append(g.named[name], at)
	}
	if err := g.pins(at, &r); err != nil {
		return 0, err
	}
	return at, g.describe(id, &r)
}

// pins adds the files of a record to a node.
func (g *graph) pins(at int, r *record) error {
	node := &g.nodes[at]
	for i := range r.files {
		pin, weak, err := r.files[i].pin(node.Name)
		if err != nil {
			return g.src.wrap(r.key(), err)
		}
		if weak {
			g.note("%s %s: the lock has no digest of %s that can be trusted; what the index says counts", node.Name, node.Version, pin.File)
		}
		if err := addPin(node, pin); err != nil {
			return g.src.wrap(r.key(), err)
		}
	}
	return nil
}

func addPin(node *feed.Node, pin feed.Pin) error {
	same := func(p feed.Pin) bool {
		if pin.File == "" {
			return p.File == "" && p.Digests.String() == pin.Digests.String()
		}
		return p.File == pin.File
	}
	i := slices.IndexFunc(node.Pins, same)
	if i < 0 {
		if node.Pins = append(node.Pins, pin); len(node.Pins) > maxPins {
			return fmt.Errorf("more than %d files are listed for one release", maxPins)
		}
		return nil
	}
	have := &node.Pins[i]
	if algorithm := have.Digests.Conflict(pin.Digests); algorithm != "" {
		return fmt.Errorf("%s is listed with two %s digests, and a feed holds one file of that name", clip(pin.File), algorithm)
	}
	if len(pin.Digests) > 0 {
		have.Digests = have.Digests.Merge(pin.Digests)
	}
	have.URL = cmp.Or(have.URL, pin.URL)
	return nil
}

// describe keeps what the lock says of a release besides its files. Entries of one
// release are joined: it is wanted where any of them is.
func (g *graph) describe(id string, r *record) error {
	added := r.release
	var err error
	if added.Marker, err = normalMarker(added.Marker); err != nil {
		return g.src.wrap(r.key(), err)
	}
	for group, text := range added.Markers {
		if added.Markers[group], err = normalMarker(text); err != nil {
			return g.src.wrap(r.key(), err)
		}
	}
	have, known := g.settings.Releases[id]
	if known {
		added.Index = cmp.Or(have.Index, added.Index)
		added.RequiresPython = cmp.Or(have.RequiresPython, added.RequiresPython)
		added.Marker, added.Markers = either(have, added), nil
		if len(added.Marker) > maxText {
			return g.src.fail(r.key(), "the markers of the release have more than %d bytes together", maxText)
		}
		added.Groups = slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(have.Groups), added.Groups...))))
		added.Optional = have.Optional && added.Optional
	}
	g.settings.Releases[id] = added
	return nil
}

// either joins the markers of two entries of one release. Markers by group, which
// only poetry writes, are given up for "always".
func either(a, b Release) string {
	if len(a.Markers) > 0 || len(b.Markers) > 0 {
		return ""
	}
	joined := anyOf(a.Marker, b.Marker)
	if normal, err := normalMarker(joined); err == nil {
		return normal
	}
	return joined // longer than any marker may be
}

// anyOf returns a marker that is true where one of several is; "" is always true.
func anyOf(markers ...string) string {
	if slices.Contains(markers, "") {
		return ""
	}
	markers = slices.Compact(slices.Sorted(slices.Values(markers)))
	if len(markers) == 1 {
		return markers[0]
	}
	return "(" + strings.Join(markers, ") or (") + ")"
}

// allOf returns a marker that is true where all of several are.
func allOf(markers ...string) string {
	markers = slices.DeleteFunc(slices.Clone(markers), func(m string) bool { return m == "" })
	if len(markers) <= 1 {
		return strings.Join(markers, "")
	}
	return "(" + strings.Join(markers, ") and (") + ")"
}

// edge adds an edge; the same one may be added again. One more than maxEdges is
// kept, so that request refuses the file.
func (g *graph) edge(from, to int, r feed.Requirement) {
	if len(g.edges) > maxEdges {
		return
	}
	e := feed.Edge{From: from, To: to, Requirement: r}
	if to == feed.Open {
		e.Why = whyOpen
	}
	g.edges = append(g.edges, e)
}

// connect adds the edges of a dependency: to every release of that name that
// suits, since forks of a universal lock have several. What the lock does not have
// is open, unless it is something that no index serves.
func (g *graph) connect(from int, d dependency, kind string) {
	if g.absent[d.Name] || d.URL != "" {
		return
	}
	r := d.requirement(kind)
	to := g.suiting(d)
	for _, at := range to {
		if at != from {
			g.edge(from, at, r)
		}
	}
	if len(to) == 0 {
		g.edge(from, feed.Open, r)
	}
}

// suiting returns the nodes that meet a dependency. Where none does and there is
// only one, an override put it there.
func (g *graph) suiting(d dependency) []int {
	nodes := g.named[d.Name]
	if len(nodes) <= 1 || d.Specifiers.IsAny() {
		return nodes
	}
	var suit []int
	for _, at := range nodes {
		if d.Specifiers.Contains(g.versions[at], true) {
			suit = append(suit, at)
		}
	}
	if len(suit) == 0 {
		return nodes
	}
	return suit
}

// skip lists what no index can serve.
func (g *graph) skip(name, spec, reason string) {
	s := newSkipped(name, spec, reason, g.src.where(name))
	if !g.skips[s] {
		g.skips[s] = true
		g.skipped = append(g.skipped, s)
	}
	if wheel.ValidName(name) {
		g.absent[wheel.NormalizeName(name)] = true
	}
}

func newSkipped(name, spec, reason, where string) feed.Skipped {
	return feed.Skipped{Name: clip(name), Spec: redact(spec), Reason: reason, Where: where}
}

func (g *graph) note(format string, args ...any) {
	g.notes = append(g.notes, g.src.file+": "+fmt.Sprintf(format, args...))
}

// addIndex records an index once.
func (g *graph) addIndex(index Index) { g.settings.addIndex(index) }

// addIndex records an index once. More than maxIndexes are no use to anyone.
func (s *Settings) addIndex(index Index) {
	for _, have := range s.Indexes {
		if have.URL == index.URL && have.Name == index.Name {
			return
		}
	}
	if len(s.Indexes) < maxIndexes {
		s.Indexes = append(s.Indexes, index)
	}
}

// request returns what was collected, in an order that depends on the contents
// only.
func (g *graph) request() (feed.Request, error) {
	if len(g.edges) > maxEdges {
		return feed.Request{}, g.src.fail("", "the file states more than %d dependencies", maxEdges)
	}
	g.adopt()
	order := make([]int, len(g.nodes))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(g.nodes[a].Name, g.nodes[b].Name), version.Compare(g.versions[a], g.versions[b]),
			cmp.Compare(g.nodes[a].Version, g.nodes[b].Version))
	})
	places := make([]int, len(order))
	nodes := make([]feed.Node, len(order))
	for place, at := range order {
		places[at], nodes[place] = place, g.nodes[at]
		sortPins(nodes[place].Pins)
	}
	g.tidyReleases()
	raw, err := g.settings.encode(g.src.file)
	if err != nil {
		return feed.Request{}, err
	}
	lock := &feed.Graph{Nodes: nodes, Edges: g.sortedEdges(places), Skipped: g.skipped, Notes: g.notes}
	return feed.Request{Ecosystem: Ecosystem, Input: g.src.file, Settings: raw, Lock: lock}, nil
}

// tidyReleases leaves out what goes without saying: the one index that all came
// from, and releases with nothing to say.
func (g *graph) tidyReleases() {
	all := g.settings.Releases
	same := len(g.settings.Indexes) == 1
	for _, release := range all {
		same = same && release.Index == g.settings.Indexes[0].URL
	}
	for id, release := range all {
		if same {
			release.Index = ""
			all[id] = release
		}
		if release.empty() {
			delete(all, id)
		}
	}
}

func sortPins(pins []feed.Pin) {
	slices.SortFunc(pins, func(a, b feed.Pin) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Digests.String(), b.Digests.String()))
	})
}

// adopt lets the root require what nothing that it requires leads to.
func (g *graph) adopt() {
	out := make([][]int, len(g.nodes))
	reached := make([]bool, len(g.nodes))
	required := make([]bool, len(g.nodes))
	var todo []int
	for _, e := range g.edges {
		switch {
		case e.To < 0:
		case e.From < 0:
			todo = append(todo, e.To)
		default:
			out[e.From] = append(out[e.From], e.To)
			required[e.To] = true
		}
	}
	walk := func() {
		for len(todo) > 0 {
			at := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			if !reached[at] {
				reached[at] = true
				todo = append(todo, out[at]...)
			}
		}
	}
	walk()
	for _, cycles := range []bool{false, true} { // what lies on a cycle is required too
		for at := range g.nodes {
			if !reached[at] && (cycles || !required[at]) {
				g.edge(feed.Root, at, feed.Requirement{Name: g.nodes[at].Name, Range: "==" + g.nodes[at].Version})
				todo = append(todo, at)
				walk()
			}
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
	for i := range g.edges {
		g.edges[i].From, g.edges[i].To = move(g.edges[i].From), move(g.edges[i].To)
	}
	slices.SortFunc(g.edges, func(a, b feed.Edge) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Requirement.Name, b.Requirement.Name), cmp.Compare(a.To, b.To),
			cmp.Compare(a.Requirement.Kind, b.Requirement.Kind), cmp.Compare(a.Requirement.Range, b.Requirement.Range), cmp.Compare(a.Why, b.Why))
	})
	return slices.Compact(g.edges)
}
