package tree

import "slices"

// Kind is the kind of a dependency.
type Kind uint8

// The kinds of dependencies, as npm names them.
const (
	Prod Kind = iota
	Dev
	Optional
	Peer
	PeerOptional
	Workspace
)

var kindNames = [...]string{"prod", "dev", "optional", "peer", "peerOptional", "workspace"}

func (k Kind) String() string { return kindNames[k] }

func (k Kind) peer() bool     { return k == Peer || k == PeerOptional }
func (k Kind) optional() bool { return k == Optional || k == PeerOptional }

// state is what is wrong with an edge.
type state uint8

const (
	unknown   state = iota // not judged since the last change
	fine                   // met, or optional and missing
	missing                // required and nothing of that name in reach
	peerLocal              // a peer that lies below the package that wants it beside itself
	wrong                  // what is in reach does not satisfy
)

// edge is a dependency of one node.
type edge struct {
	resolver *resolver
	name     string
	key      string // folded name
	kind     Kind
	declared *Spec
	from     *node
	to       *node
	rule     *rule // override that holds for it
	spec     *Spec // declared, or what the override puts in its place

	conflicted bool // a peer conflict that was accepted; never worked on again
	judged     state
}

// addEdge gives a node a dependency, in place of one of the same name.
func (r *resolver) addEdge(from *node, dep Dep, kind Kind) {
	key := fold(dep.Name)
	if old := from.out.get(key); old != nil {
		old.retarget(nil)
		from.out.remove(key)
		old.from = nil
	}
	e := &edge{resolver: r, name: dep.Name, key: key, kind: kind, declared: r.parse(dep.Name, dep.Spec), from: from}
	e.spec = e.declared
	from.out.set(e)
	if from.graph != nil {
		from.graph.expect(key)
		from.graph.edges[key] = append(from.graph.edges[key], e)
		e.reload(true)
	}
}

// reload finds the edge's target again. hard also judges an unchanged one anew.
func (e *edge) reload(hard bool) {
	old, changed := e.rule, false
	if e.from.rule == nil {
		e.setRule(nil)
	} else if next := e.from.rule.forEdge(e.declared); next != e.rule {
		changed = true
		e.setRule(next)
	}
	switch to := e.from.find(e.key); {
	case to != e.to:
		e.retarget(to)
	case hard:
		e.judged = unknown
	case changed && e.to != nil:
		e.to.dropRule(old)
		e.to.addRule(e.rule)
	}
}

// setRule applies an override to the edge.
func (e *edge) setRule(next *rule) {
	if e.rule == next {
		return
	}
	e.rule, e.spec = next, e.declared
	if next == nil || next.parent == nil || next.name != e.name || next.value == "*" {
		return
	}
	text := next.value
	if len(text) > 0 && text[0] == '$' {
		text = e.resolver.reference(e, text)
	}
	e.spec = e.resolver.parse(e.name, text)
}

// retarget points the edge at another node, or at none.
func (e *edge) retarget(to *node) {
	if old := e.to; old != nil {
		if at := slices.Index(old.in, e); at >= 0 {
			old.in = slices.Delete(old.in, at, at+1)
		}
		if e.rule != nil {
			old.dropRule(e.rule)
		}
	}
	e.to, e.judged = to, unknown
	if to == nil {
		return
	}
	if to.rule == nil || to.rule != e.rule {
		to.addRule(e.rule)
	}
	to.in = append(to.in, e)
}

// satisfiedBy reports whether a node of the tree or of a scratch root would do.
func (e *edge) satisfiedBy(n *node) bool {
	switch {
	case n.name != e.name:
		return false
	case e.kind == Workspace:
		return n.member
	case e.rule == nil || e.rule.parent == nil:
		return e.resolver.valid(n, e.spec)
	case n.bundled():
		return e.resolver.valid(n, e.declared)
	}
	if e.resolver.valid(n, e.spec) {
		return true
	}
	return e.resolver.valid(n, e.declared) && !e.resolver.valid(n, e.resolver.parse(e.name, e.rule.within))
}

// state judges the edge.
func (e *edge) state() state {
	if e.judged == unknown {
		e.judged = e.judge()
	}
	return e.judged
}

func (e *edge) judge() state {
	switch {
	case e.to == nil && e.kind.optional():
		return fine
	case e.to == nil:
		return missing
	case e.kind.peer() && e.from == e.to.parent && !e.from.isTop():
		return peerLocal
	case !e.satisfiedBy(e.to):
		return wrong
	case e.rule != nil && e.to.rule != nil && len(e.to.out.list) > 0 && clash(e.rule, e.to.rule):
		return wrong
	}
	return fine
}

func (e *edge) valid() bool { return e.state() == fine }

// met reports whether the edge has a target that suits.
func (e *edge) met() bool { return e.to != nil && e.valid() }

// addRule takes over the override that a new edge brings.
func (n *node) addRule(next *rule) {
	switch {
	case next == nil || n.rule == next:
		return
	case n.rule == nil:
		n.rule = next
	default:
		narrow := narrower(n.rule, next)
		if narrow == nil || narrow == n.rule {
			return
		}
		n.rule = narrow
	}
	n.spreadRule()
}

// dropRule finds the node's override again after an edge that brought it went.
func (n *node) dropRule(gone *rule) {
	if n.rule == nil || n.rule != gone {
		return
	}
	var next *rule
	for _, e := range n.in {
		if next != nil && e.rule != nil {
			next = narrower(e.rule, next)
		} else {
			next = e.rule
		}
	}
	if next == n.rule {
		return
	}
	n.rule = next
	if next != nil {
		n.spreadRule()
	}
}

// spreadRule passes the node's override on along its edges. A link passes it
// on to its target when it means a package below it.
func (n *node) spreadRule() {
	if n.target != nil {
		if n.rule != nil && n.graph != nil && n.graph.nodes != nil && n.rule.reaches(n.target, map[*node]bool{}) {
			n.target.addRule(n.rule)
		}
		return
	}
	for _, e := range n.out.snapshot() {
		e.reload(true)
		if e.to != nil {
			e.to.addRule(e.rule)
		}
	}
}

// reaches reports whether an override names a package that a node needs.
func (r *rule) reaches(n *node, seen map[*node]bool) bool {
	if n.target != nil {
		n = n.target
	}
	if seen[n] {
		return false
	}
	seen[n] = true
	for _, e := range n.out.list {
		if r.forEdge(e.declared).name == e.name || (e.to != nil && r.reaches(e.to, seen)) {
			return true
		}
	}
	return false
}
