package tree

import (
	"context"
	"fmt"
	"slices"
)

// build works on the queue until every node's edges are met or known to be
// unmeetable, or until a node has conflicts that cannot be overlooked: all of
// that node's are collected, what would follow from them is not. Members come last, unless something placed broke their edges.
func (r *resolver) build(ctx context.Context) error {
	r.enqueue(r.root)
	for {
		for len(r.queue) > 0 {
			if err := r.work(ctx, r.next()); err != nil {
				return err
			}
			if len(r.conflicts) > 0 {
				return nil
			}
		}
		if !r.openLinks() {
			return nil
		}
	}
}

// openLinks queues the targets of placed links that were not worked on.
func (r *resolver) openLinks() bool {
	links := r.links
	r.links = nil
	for _, link := range links {
		if link.graph != r.graph || r.seen[link.target] {
			continue
		}
		if link.rule != nil {
			link.target.addRule(link.rule)
		}
		r.enqueue(link.target)
	}
	return len(r.queue) > 0
}

// work loads candidates for all unmet edges of a node, then places them in the
// order of their names.
func (r *resolver) work(ctx context.Context, n *node) error {
	if r.seen[n] || n.graph != r.graph {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := r.step(step{at: n}); err != nil {
		return err
	}
	r.seen[n] = true
	if r.visits[n.path]++; r.visits[n.path] > mostVisits {
		return r.endless(fmt.Sprintf("%d visits of %s", mostVisits, n.label()))
	}
	tasks, err := r.candidates(ctx, n)
	if err != nil {
		return err
	}
	slices.SortStableFunc(tasks, func(a, b task) int { return collate(a.edge.name, b.edge.name) })
	for _, t := range tasks {
		r.follow(r.place(t.dep, t.edge, nil, r.explicit[t.edge]))
	}
	for _, e := range n.out.list {
		if e.to != nil && e.to.target != nil && !slices.Contains(r.links, e.to) {
			r.links = append(r.links, e.to)
		}
	}
	return nil
}

// task is an edge and the candidate found for it.
type task struct {
	edge *edge
	dep  *node
}

func (r *resolver) candidates(ctx context.Context, n *node) ([]task, error) {
	var tasks []task
	for _, e := range r.problems(n) {
		if e.conflicted {
			continue
		}
		dep, err := r.candidate(ctx, n, e)
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, task{e, dep})
	}
	return tasks, nil
}

// candidate finds a node for an edge: one that the newest scratch root already
// holds and that suits, one in the tree for an optional peer, or a fresh one.
func (r *resolver) candidate(ctx context.Context, n *node, e *edge) (*node, error) {
	scratch := r.scratch[n]
	if scratch == nil {
		scratch = r.newScratch(n)
	}
	if held := scratch.wants(e.key); held != nil && held.met() && e.satisfies(held.to) {
		return held.to, nil
	}
	if e.kind == PeerOptional && !r.explicit[e] {
		if found := hoistable(e); found != nil {
			return found, nil
		}
	}
	if !e.kind.peer() {
		scratch = nil
	}
	return r.fromEdge(ctx, e, scratch, nil, map[*node]bool{e.from: true}, 0)
}

// satisfies reports whether a node has the edge's name and would do.
func (e *edge) satisfies(n *node) bool { return n.name == e.name && e.satisfiedBy(n) }

// hoistable looks for a node that satisfies an optional peer, beginning at the
// top of what the peer's owner can see.
func hoistable(e *edge) *node {
	top := e.from.up()
	if top == nil {
		top = e.from
	}
	level := top.children.snapshot()
	for len(level) > 0 {
		n := level[0]
		level = append(level[1:], n.children.list...)
		if n.name == e.name && e.satisfiedBy(n) && !n.bundled() {
			return n
		}
	}
	return nil
}

// problems returns the edges of a node that need work.
func (r *resolver) problems(n *node) []*edge {
	var bundled []string
	if !n.isMine() {
		bundled = n.manifest.Fields().Bundled
	}
	var list []*edge
	for _, e := range n.out.list {
		if !slices.Contains(bundled, e.name) && r.isProblem(e) {
			list = append(list, e)
		}
	}
	return list
}

func (r *resolver) isProblem(e *edge) bool {
	switch {
	case e.to == nil:
		return e.kind != PeerOptional || r.explicit[e]
	case e.to.failure != nil:
		return false
	case !e.valid():
		return true
	case e.to.member:
		return false
	}
	return r.explicit[e]
}

// follow queues what a placement and those of its peers changed.
func (r *resolver) follow(p *placement) {
	if p.placed != nil {
		r.changed(p)
	}
	for _, child := range p.children {
		r.follow(child)
	}
}

func (r *resolver) changed(p *placement) {
	placed := p.placed
	if placed.failure != nil {
		r.failed = append(r.failed, placed)
	}
	for _, e := range slices.Clone(placed.in) {
		if e != p.edge && !e.valid() && !e.conflicted {
			r.again(e.from)
		}
	}
	r.enqueue(placed)
	for _, n := range p.review {
		r.again(n)
	}
}
