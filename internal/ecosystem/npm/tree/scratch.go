package tree

import "slices"

// newScratch makes a scratch root for a node: a tree of its own with the
// node's edges and no children, where candidates meet their peers. Members
// that are linked below the node get a copy in it. An edge is made when something
// of its name comes into the tree or is asked for: of the hundreds that a project
// has, most candidates meet a single one.
func (r *resolver) newScratch(source *node) *node {
	scratch := newNode(source.name, source.manifest)
	scratch.source, scratch.path, scratch.rule = source, source.path, source.rule
	g := newGraph(scratch, false)
	g.plan = r.plan(source.manifest, source.isTop() && !source.removed())
	if len(r.members) > 0 {
		for _, child := range source.children.list {
			if child.target != nil && child.target.isTop() {
				r.copyMember(g, scratch, child.target)
			}
		}
	}
	r.scratch[source] = scratch
	return scratch
}

// removed reports whether a node was in a tree and is no more.
func (n *node) removed() bool { return n.graph == nil }

func (r *resolver) copyMember(g *graph, scratch, member *node) {
	n := newNode(member.name, member.manifest)
	n.source, n.path = member, member.path
	n.above = scratch
	scratch.members = append(scratch.members, n)
	g.enter(n)
	r.addEdges(n, true)
}

// plan is the edges of a scratch root.
type plan struct {
	resolver *resolver
	list     []planned
	index    map[string]int // only for long lists
}

type planned struct {
	key  string // folded name
	dep  Dep
	kind Kind
}

// planFor names a plan.
type planFor struct {
	manifest    *Manifest
	development bool
}

// plan returns the edges that addEdges would give a node without any, in their
// order.
func (r *resolver) plan(m *Manifest, development bool) *plan {
	key := planFor{m, development}
	p := r.plans[key]
	if p == nil {
		p = &plan{resolver: r}
		r.eachDep(m, development, func(dep Dep, kind Kind) {
			p.list = append(p.list, planned{fold(dep.Name), dep, kind})
		})
		p.settle()
		r.plans[key] = p
	}
	return p
}

// settle keeps the last edge of each name.
func (p *plan) settle() {
	if len(p.list) >= indexFrom {
		p.index = make(map[string]int, len(p.list))
		for i := range p.list {
			p.index[p.list[i].key] = i
		}
	}
	kept := make([]planned, 0, len(p.list))
	for i := range p.list {
		if p.place(p.list[i].key) == i {
			kept = append(kept, p.list[i])
		}
	}
	p.list = kept
	for i := range p.list {
		if p.index != nil {
			p.index[p.list[i].key] = i
		}
	}
}

// place returns the place of the last edge of a name, or -1.
func (p *plan) place(key string) int {
	if p.index != nil {
		if i, ok := p.index[key]; ok {
			return i
		}
		return -1
	}
	for i := len(p.list) - 1; i >= 0; i-- {
		if p.list[i].key == key {
			return i
		}
	}
	return -1
}

// expect makes the edge that a scratch root has for a name, unless it is made. It
// is called before anything else of that name enters the tree, so that the root's
// edge is the first one, as if all had been made at the start.
func (g *graph) expect(key string) {
	if g.plan == nil {
		return
	}
	if i := g.plan.place(key); i >= 0 && g.root.out.get(key) == nil {
		one := &g.plan.list[i]
		g.plan.resolver.addEdge(g.root, one.dep, one.kind)
	}
}

// wants returns the edge that a scratch root has for a name, or nil.
func (n *node) wants(key string) *edge {
	n.graph.expect(key)
	return n.out.get(key)
}

// complete makes all edges of a scratch root and puts them in their order.
func (g *graph) complete() {
	if g.plan == nil {
		return
	}
	for i := range g.plan.list {
		g.expect(g.plan.list[i].key)
	}
	slices.SortStableFunc(g.root.out.list, func(a, b *edge) int { return g.plan.place(a.key) - g.plan.place(b.key) })
}
