package tree

import (
	"cmp"
	"slices"
)

// gather returns a set of nodes with everything that, along the edges that
// follow accepts, only members of the set need.
func (r *resolver) gather(start []*node, follow func(*edge) bool) []*node {
	r.marks++
	mark := r.marks
	var set []*node
	add := func(n *node) {
		if n.mark != mark {
			n.mark = mark
			set = append(set, n)
		}
	}
	for _, n := range start {
		add(n)
	}
	for i := 0; i < len(set); i++ {
		for _, e := range set[i].out.list {
			if e.to != nil && follow(e) {
				add(e.to)
			}
		}
	}
	for changed := true; changed; {
		changed = false
		for _, n := range set {
			if n.mark == mark && neededOutside(n, mark, follow) {
				n.mark = 0
				changed = true
			}
		}
	}
	return slices.DeleteFunc(set, func(n *node) bool { return n.mark != mark })
}

func neededOutside(n *node, mark uint32, follow func(*edge) bool) bool {
	for _, e := range n.in {
		if e.from.mark != mark && follow(e) {
			return true
		}
	}
	return false
}

// canReplace reports whether everybody who depends on old would accept n in
// its place. Peers beside old with the given folder names do not count, nor
// does what goes away together with old.
func (r *resolver) canReplace(n, old *node, beside *node) bool {
	if n.name != old.name || n.manifest.Name != old.manifest.Name {
		return false
	}
	if len(old.out.list) > 0 && n.rule != old.rule {
		return false
	}
	var going []*node
	for _, e := range old.in {
		if beside != nil && !old.isTop() && e.from.parent == old.parent && e.kind.peer() && hasChild(beside, e.from.name) {
			continue
		}
		if e.satisfiedBy(n) {
			continue
		}
		if going == nil {
			going = r.gather([]*node{old}, func(e *edge) bool { return e.to != old && e.valid() })
		}
		if !slices.Contains(going, e.from) {
			return false
		}
	}
	return true
}

// hasChild reports whether a folder holds a name, spelled exactly so.
func hasChild(folder *node, name string) bool {
	child := folder.children.get(fold(name))
	return child != nil && child.name == name
}

// pruneServed removes a node that a copy further up serves as well. descend
// also looks at what lies below a node that stays.
func (r *resolver) pruneServed(n *node, explicit, descend bool) {
	if r.served(n, explicit) {
		for _, gone := range r.gather([]*node{n}, func(e *edge) bool { return e.to != n && e.valid() }) {
			r.graph.detach(gone)
		}
		return
	}
	if !descend {
		return
	}
	for _, child := range byPath(n.children.list) {
		r.pruneServed(child, explicit, true)
	}
	for _, member := range byPath(n.members) {
		for _, child := range byPath(member.children.list) {
			r.pruneServed(child, explicit, true)
		}
	}
}

func byPath(list []*node) []*node {
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, func(a, b *node) int { return cmp.Compare(a.order(), b.order()) })
	return sorted
}

// served reports whether a node can go because everybody who uses it would be
// as well off with what they find without it: the same or a newer version.
func (r *resolver) served(n *node, explicit bool) bool {
	if n.graph != r.graph || n.up() == nil || n.up().up() == nil || n.bundled() {
		return false
	}
	if len(n.in) == 0 {
		return true
	}
	other := n.up().up().find(n.key)
	switch {
	case other == nil:
		return false
	case other.same(n):
		return true
	case !r.canReplace(other, n, nil):
		return false
	}
	order := CompareVersions(other.version(), n.version())
	return order == 0 || order > 0 && !n.overridden() || explicit
}

// overridden reports whether an override chose the node's version.
func (n *node) overridden() bool {
	if n.rule == nil || n.rule.value == "" || n.rule.name != n.name {
		return false
	}
	return slices.ContainsFunc(n.in, func(e *edge) bool {
		return e.rule != nil && e.rule.name == n.name && e.rule.value == n.version() && e.rule != e.from.rule
	})
}
