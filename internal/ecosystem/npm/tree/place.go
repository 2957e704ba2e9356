package tree

import "slices"

// placement is the attempt to put a candidate, and then its peers, into the
// tree for an edge.
type placement struct {
	edge     *edge
	dep      *node // the candidate, in its scratch root
	parent   *placement
	explicit bool

	verdict *check // where the candidate goes, nil when nowhere
	self    *check // the last place that would do but for the candidate's peers
	placed  *node
	review  []*node // nodes that lost something and must be worked on again

	children []*placement
}

// place puts a candidate into the last acceptable folder before the first
// conflict on the way up from the edge's owner, then the peers it still lacks.
func (r *resolver) place(dep *node, e *edge, parent *placement, explicit bool) *placement {
	p := &placement{edge: e, dep: dep, parent: parent, explicit: explicit}
	if e.to != nil && e.valid() && !explicit {
		return p
	}
	r.choose(p)
	if p.verdict == nil && !r.accept(p) {
		return p
	}
	outcome := p.verdict.verdict
	if outcome == conflicting {
		outcome = p.verdict.self
	}
	if outcome == keep {
		if e.kind.peer() && !e.valid() {
			r.warn(p, e)
		}
		r.pruneServed(p.verdict.folder, p.explicit, true)
		return p
	}
	r.put(p)
	return p
}

// choose finds the folder.
func (r *resolver) choose(p *placement) {
	var above *check
	if p.parent != nil {
		above = p.parent.verdict
	}
	for folder := p.start(); folder != nil; folder = folder.up() {
		own := folder.out.get(p.edge.key)
		if !folder.isTop() && own != nil && own.kind.peer() {
			continue
		}
		c := r.check(&check{dep: p.dep, folder: folder, edge: p.edge, parent: above, explicit: p.explicit})
		if c.self != conflicting {
			p.self = c
		}
		if c.verdict == conflicting {
			return
		}
		p.verdict = c
		if p.dep.failure != nil {
			return
		}
	}
}

// start is the deepest folder where the candidate may go: for a peer no deeper
// than what wants it.
func (p *placement) start() *node {
	from := p.edge.from
	if p.parent != nil {
		from = p.parent.start()
	}
	return deepest(from, p.edge.key)
}

// deepest returns the first folder on the way up whose owner does not want the
// name beside itself.
func deepest(from *node, key string) *node {
	for folder := from; ; folder = folder.up() {
		if folder.up() == nil {
			return folder
		}
		if own := folder.out.get(key); own == nil || !own.kind.peer() {
			return folder
		}
	}
}

// accept decides about a candidate that fits nowhere together with its peers:
// an error when the user's own packages ask, else the place without the peers,
// else nothing is placed and the edge is marked.
func (r *resolver) accept(p *placement) bool {
	if !r.options.Force && (r.options.StrictPeers || p.mine()) {
		r.addPlaceConflict(p)
		p.edge.conflicted = true
		return false
	}
	if p.self == nil {
		r.warn(p, p.edge)
		return false
	}
	p.verdict = p.self
	return true
}

func (p *placement) top() *placement {
	for p.parent != nil {
		p = p.parent
	}
	return p
}

// mine reports whether the project, a member, or a peer set that one of these
// brought in asks for what is being placed.
func (p *placement) mine() bool {
	e := p.top().edge
	if e.from.isMine() {
		return true
	}
	if !e.kind.peer() {
		return false
	}
	peers := false
	for _, in := range e.from.in {
		switch {
		case in.kind.peer():
			peers = true
		case in.from.isMine():
			return true
		}
	}
	return peers && slices.ContainsFunc(peerEntries(e.from), func(set peerSet) bool { return set.entry.from.isMine() })
}

// put changes the tree: the candidate's copy goes into the chosen folder.
func (r *resolver) put(p *placement) {
	folder := p.verdict.folder
	for above := folder; above != nil; above = above.up() {
		if !above.isTop() && above.same(p.dep) {
			p.placed = newLink(above.name, above)
			r.graph.attach(p.placed, folder)
			return
		}
	}
	r.copyIn(p, folder)
	e := p.edge
	if e.kind.peer() && !e.satisfies(p.placed) {
		r.warn(p, e)
	}
	if e.to != nil && e.valid() && e.to != p.placed {
		r.pruneServed(e.to, p.explicit, false)
	}
	r.pruneBelow(p, folder)
	r.placePeers(p)
}

// copyIn makes the node and attaches it, in place of an older one if there is one.
func (r *resolver) copyIn(p *placement, folder *node) {
	n := newNode(p.dep.name, p.dep.manifest)
	n.failure, n.rule, n.target, n.member = p.dep.failure, p.dep.rule, p.dep.target, p.dep.member
	p.placed = n
	if n.target == nil {
		r.addEdges(n, false)
	}
	if old := folder.children.get(p.edge.key); old != nil {
		r.replaceOld(p, old)
	} else {
		r.graph.attach(n, folder)
	}
}

// pruneBelow removes copies further down that the placed node serves as well.
func (r *resolver) pruneBelow(p *placement, folder *node) {
	for _, n := range slices.Clone(r.graph.nodes[p.edge.name]) {
		if n.graph != r.graph || n.isTop() || !n.within(folder) {
			continue
		}
		r.pruneServed(n, p.explicit, false)
		if n.graph != r.graph {
			continue
		}
		for _, child := range n.children.snapshot() {
			r.pruneServed(child, p.explicit, false)
		}
	}
}

// placePeers places those peers of the placed node that are not met, from the
// scratch root of the candidate.
func (r *resolver) placePeers(p *placement) {
	scratch := p.dep.parent
	for _, e := range p.placed.out.snapshot() {
		if e.valid() || !e.kind.peer() || e.conflicted || scratch == nil {
			continue
		}
		peer := scratch.children.get(e.key)
		if peer == nil || !e.satisfies(peer) {
			continue
		}
		p.children = append(p.children, r.place(peer, e, p, p.explicit))
	}
}

// replaceOld swaps a node for the placed one, removes what only the old one
// needed, and takes out peer sets that the new one breaks so that they are
// placed again elsewhere.
func (r *resolver) replaceOld(p *placement, old *node) {
	var orphans []*node
	for _, e := range old.out.list {
		if to := e.to; to != nil && p.placed.out.get(e.key) == nil {
			orphans = append(orphans, r.gather([]*node{to}, func(e *edge) bool { return e.to != to })...)
		}
	}
	broken := r.brokenPeers(p, old)
	r.graph.replace(old, p.placed)
	r.pruneOrphans(p.placed, orphans)
	for _, n := range broken {
		for _, e := range n.in {
			p.review = append(p.review, e.from)
		}
		r.graph.detach(n)
	}
}

// brokenPeers lists the peer sets beside a node that will not be satisfied by
// what replaces it. Sets that the user's own packages bring in stay, with a warning.
func (r *resolver) brokenPeers(p *placement, old *node) []*node {
	var broken []*node
	for _, e := range old.in {
		if !e.kind.peer() || e.conflicted || e.from.parent != old.parent || e.satisfies(p.placed) {
			continue
		}
		for _, set := range peerEntries(e.from) {
			entry := set.entry.to
			if set.entry.from.isMine() || entry == old.parent {
				r.warn(p, e)
				continue
			}
			broken = append(broken, r.gather([]*node{entry}, func(e *edge) bool { return e.to != entry && !e.conflicted })...)
		}
	}
	return broken
}

// pruneOrphans removes what only a replaced node needed.
func (r *resolver) pruneOrphans(placed *node, orphans []*node) {
	var doomed []*node
	for _, e := range placed.out.list {
		if e.to != nil && !e.valid() {
			doomed = append(doomed, e.to)
		}
	}
	for _, n := range orphans {
		doomed = append(doomed, r.gather([]*node{n}, func(e *edge) bool { return e.to != n && e.valid() })...)
	}
	for _, n := range r.gather(doomed, func(e *edge) bool { return e.from != placed && e.to != placed && e.valid() }) {
		r.graph.detach(n)
	}
}
