package pypi

import (
	"context"
	"slices"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/lock"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/marker"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

// walker follows the requirements of a request through what one target uses.
type walker struct {
	*graph
	usage     *usage
	asked     map[ask]bool
	queue     []ask
	overrides map[string][]marker.Requirement
	excluded  []string
}

// ask is a node, or an extra of it, that something requires.
type ask struct {
	node  int
	extra string
}

// connect gives the graph the edges of one target: those of the request, and those
// that the metadata of the releases declare, from the request on.
func (g *graph) connect(ctx context.Context, u *usage) error {
	w := &walker{graph: g, usage: u, asked: map[ask]bool{}, excluded: g.settings.Excludes}
	var err error
	if w.overrides, err = g.overridesFor(u.target); err != nil {
		return err
	}
	for _, one := range g.roots() {
		q, err := parseRoot(one)
		if err != nil {
			return err
		}
		if w.usage.target == nil || possible(q.Marker, w.usage.env, g.names()...) {
			w.meet(feed.Root, q, one)
		}
	}
	for len(w.queue) > 0 {
		next := w.queue[len(w.queue)-1]
		w.queue = w.queue[:len(w.queue)-1]
		if err := w.follow(ctx, next); err != nil {
			return err
		}
	}
	return nil
}

// roots are the requirements of the request; of a lock that tells none, all that it
// has.
func (g *graph) roots() []feed.Requirement {
	if len(g.request.Requirements) > 0 || g.request.Lock == nil {
		return g.request.Requirements
	}
	var roots []feed.Requirement
	for i := range g.nodes {
		if !g.nodes[i].Bare {
			roots = append(roots, feed.Requirement{Name: g.nodes[i].Name, Range: "==" + g.nodes[i].Version})
		}
	}
	return roots
}

// follow reads what a node requires.
func (w *walker) follow(ctx context.Context, from ask) error {
	node := &w.nodes[from.node]
	file := w.usage.file[from.node]
	if file == "" {
		return nil
	}
	c, err := w.core(ctx, node.Name, node.Version, file)
	if err != nil {
		return passOver(w.refused.note(node.Name, node.Version, err))
	}
	shown := c.requirements()
	for i := range c.requires {
		q := &c.requires[i]
		if w.holds(q, from.extra) {
			w.meet(from.node, *q, shown[i])
		}
	}
	if from.extra != "" || wheel.IsWheel(file) {
		return nil
	}
	w.unsure[node.Name+" "+node.Version] = c.recorded
	for _, q := range c.build {
		if !w.holds(&q, "") {
			continue
		}
		w.meet(from.node, q, requirementOf(q, lock.KindBuild))
		if found := w.suiting(&q, true); c.setuptools && q.Name == "setuptools" && len(found) > 0 && w.versions[found[0]].Less(ownWheel) {
			q = marker.Requirement{Name: wheelProject}
			w.meet(from.node, q, requirementOf(q, lock.KindBuild))
		}
	}
	return nil
}

// holds reports whether a requirement is one of a release with an extra, and not
// of the release without any.
func (w *walker) holds(q *marker.Requirement, extra string) bool {
	if w.usage.target == nil {
		return extra == "" && (q.Marker.IsAlways() || len(w.suiting(q, false)) > 0)
	}
	plain := q.Marker.Eval(w.usage.env, nil)
	if extra == "" {
		return plain
	}
	return !plain && q.Marker.Eval(w.usage.env, []string{extra})
}

// meet adds the edges of a requirement.
func (w *walker) meet(from int, q marker.Requirement, shown feed.Requirement) {
	if slices.Contains(w.excluded, q.Name) {
		return
	}
	if q.URL != "" {
		w.refuse(from, &q)
		return
	}
	if instead, ok := w.overrides[q.Name]; ok {
		for _, other := range instead {
			w.lead(from, other, shown)
		}
		return
	}
	w.lead(from, q, shown)
}

// refuse lists a direct reference, which no index serves.
func (w *walker) refuse(from int, q *marker.Requirement) {
	where := w.request.Input
	if from >= 0 {
		where = w.nodes[from].Name + " " + w.nodes[from].Version
	}
	w.skipped = append(w.skipped, feed.Skipped{Name: q.Name, Spec: web.Redact(q.URL), Reason: "URL dependency", Where: where})
}

// lead leads an edge to the nodes that meet a requirement.
func (w *walker) lead(from int, q marker.Requirement, shown feed.Requirement) {
	building := shown.Kind == lock.KindBuild || from >= 0 && slices.Contains(w.usage.build[w.nodes[from].Name], from)
	suiting := w.suiting(&q, building)
	for _, to := range suiting {
		if to != from {
			w.edges[feed.Edge{From: from, To: to, Requirement: shown}] = true
		}
		for _, extra := range append([]string{""}, q.Extras...) {
			if next := (ask{to, extra}); !w.asked[next] {
				w.asked[next] = true
				w.extras[to] = append(w.extras[to], extra)
				w.queue = append(w.queue, next)
			}
		}
	}
	if len(suiting) == 0 && !w.elsewhere(from, &q) {
		w.edges[feed.Edge{From: from, To: feed.Open, Requirement: shown, Why: w.why(q.Name)}] = true
	}
}

// suiting returns the newest node that the target uses and that meets a
// requirement; of what is for building and what is for running the right one
// first.
func (w *walker) suiting(q *marker.Requirement, building bool) []int {
	lists := [][]int{w.usage.runtime[q.Name], w.usage.build[q.Name]}
	if building {
		slices.Reverse(lists)
	}
	for _, list := range lists {
		best := -1
		for _, at := range list {
			if q.Specifiers.Contains(w.versions[at], true) && (best < 0 || version.Compare(w.versions[at], w.versions[best]) > 0) {
				best = at
			}
		}
		if best >= 0 {
			return []int{best}
		}
	}
	return nil
}

// elsewhere reports whether what the request itself requires is there for other
// targets only: a lock tells so by its markers.
func (w *walker) elsewhere(from int, q *marker.Requirement) bool {
	if from != feed.Root || w.request.Lock == nil {
		return false
	}
	for at := range w.nodes {
		if w.nodes[at].Name == q.Name && q.Specifiers.Contains(w.versions[at], true) {
			return true
		}
	}
	return false
}

// why says what leaves an edge open.
func (w *walker) why(name string) string {
	if w.request.Lock != nil && slices.ContainsFunc(w.request.Lock.Skipped, func(s feed.Skipped) bool { return wheel.NormalizeName(s.Name) == name }) {
		return "in no registry"
	}
	for at := range w.nodes {
		if w.nodes[at].Name == name {
			return "only other versions of it are there"
		}
	}
	return "open in the lock"
}
