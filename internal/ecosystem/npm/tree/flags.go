package tree

import "slices"

// flags say along which kinds of dependencies alone a node is reached.
type flags struct {
	dev, optional, devOptional, peer, extraneous bool
}

// allFlags is what a node has until something needs it.
var allFlags = flags{true, true, true, true, true}

// setFlags walks the tree from the root and clears the flags that do not hold.
// devOptional remains where some paths are for development and the others optional.
func (r *resolver) setFlags() {
	r.root.flags = flags{}
	var seen []*node
	known := map[*node]bool{}
	stack := []*node{r.root}
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if !known[n] {
			known[n] = true
			seen = append(seen, n)
		}
		if !n.flags.extraneous {
			for p := n.up(); p != nil && p.flags.extraneous; p = p.up() {
				p.flags.extraneous = false
			}
		}
		if n.target != nil {
			if n.target.clear(n.flags) || !known[n.target] {
				stack = append(stack, n.target)
			}
			continue
		}
		for _, e := range n.out.list {
			if e.to != nil && e.to.clear(e.passes()) {
				stack = append(stack, e.to)
			}
		}
	}
	for _, n := range seen {
		if n != r.root && (n.flags.dev || n.flags.optional) {
			n.flags.devOptional = false
		}
	}
}

// passes returns the flags that what an edge leads to may keep on its account.
func (e *edge) passes() flags {
	from, dev, optional := e.from.flags, e.kind == Dev, e.kind.optional()
	return flags{
		dev:         from.dev || dev,
		optional:    from.optional || optional,
		devOptional: from.devOptional || from.dev || from.optional || dev || optional,
		peer:        from.peer || e.kind.peer(),
		extraneous:  from.extraneous || e.kind == PeerOptional,
	}
}

// clear drops the flags that others lack and reports whether any went.
func (n *node) clear(others flags) bool {
	old := n.flags
	n.flags = flags{
		dev:         old.dev && others.dev,
		optional:    old.optional && others.optional,
		devOptional: old.devOptional && others.devOptional,
		peer:        old.peer && others.peer,
		extraneous:  old.extraneous && others.extraneous,
	}
	return n.flags != old
}

// dropFailed warns of the optional dependencies that cannot be had, which stay
// out of the result, and returns the failed nodes that are required.
func (r *resolver) dropFailed() []*node {
	var required []*node
	for _, n := range r.failed {
		if n.graph != r.graph || slices.Contains(required, n) {
			continue
		}
		if !n.flags.optional {
			required = append(required, n)
			continue
		}
		r.warnings = append(r.warnings, optionalWarning(n))
	}
	return required
}
