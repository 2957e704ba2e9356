package tree

import (
	"context"
	"fmt"
	"slices"
)

// fromEdge makes a candidate for an edge in a scratch root (a new one when
// none is given), with its peers beside it. second is another edge of that
// name which the candidate should suit as well, or nil. required collects the
// nodes that only required edges lead to.
func (r *resolver) fromEdge(ctx context.Context, e *edge, scratch *node, second *edge, required map[*node]bool, depth int) (*node, error) {
	if err := r.step(step{e.from, e.name}); err != nil {
		return nil, err
	}
	if depth > deepestPeers {
		return nil, r.endless(fmt.Sprintf("%d peers of peers", deepestPeers))
	}
	if scratch == nil {
		scratch = r.newScratch(e.from)
	}
	n, err := r.fromSpec(ctx, e, scratch)
	if err != nil {
		return nil, err
	}
	if second != nil && !second.valid() {
		other, err := r.fromSpec(ctx, second, scratch)
		if err != nil {
			return nil, err
		}
		if e.valid() {
			n = other
		}
	}
	if n.parent != scratch {
		scratch.graph.attach(n, scratch)
	}
	if required[e.from] && e.kind != PeerOptional || second != nil && required[second.from] && second.kind != PeerOptional {
		required[n] = true
	}
	return n, r.loadPeers(ctx, n, required, depth)
}

// fromSpec makes the node that an edge alone would choose and puts it into a
// scratch root: a link to a member, the registry's pick, or an empty node.
func (r *resolver) fromSpec(ctx context.Context, e *edge, scratch *node) (*node, error) {
	if own := r.root.out.get(e.key); own != nil && own.kind == Workspace && (e.kind == Workspace || r.memberSuits(own, e)) {
		link := newLink(e.name, r.members[own.key])
		link.member = true
		scratch.graph.attach(link, scratch)
		return link, nil
	}
	found, err := r.load(ctx, e.spec)
	if err != nil {
		return nil, err
	}
	n := newNode(e.name, found.manifest)
	if found.failure != nil {
		failed := *found.failure
		failed.edge = e
		n.manifest, n.failure = noManifest, &failed
	}
	scratch.graph.attach(n, scratch)
	r.addEdges(n, false)
	return n, nil
}

// memberSuits reports whether the member behind a workspace edge is linked and
// would do for another edge.
func (r *resolver) memberSuits(own, e *edge) bool {
	return own.to != nil && own.to.member && e.satisfies(own.to)
}

// loadPeers loads the peers of a candidate beside it, optional ones too, and
// the peers of those. What cannot go together is a conflict: marked when it
// may be overlooked, an ERESOLVE when the user's own packages lead there.
func (r *resolver) loadPeers(ctx context.Context, n *node, required map[*node]bool, depth int) error {
	var peers []*edge
	for _, e := range n.out.list {
		if e.kind.peer() && !e.met() {
			peers = append(peers, e)
		}
	}
	slices.SortStableFunc(peers, func(a, b *edge) int { return collate(a.name, b.name) })
	for _, e := range peers {
		if n.parent == nil {
			return nil
		}
		if e.met() {
			continue
		}
		if err := r.loadPeer(ctx, n, e, required, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (r *resolver) loadPeer(ctx context.Context, n *node, e *edge, required map[*node]bool, depth int) error {
	scratch := n.parent
	asker := scratch.wants(e.key)
	lenient := r.options.Force || !scratch.source.isMine() && !r.options.StrictPeers
	if e.to != nil {
		return r.exchange(ctx, scratch, asker, e, required, lenient, depth)
	}
	if asker == nil {
		_, err := r.fromEdge(ctx, e, scratch, nil, required, depth)
		return err
	}
	dep, err := r.fromEdge(ctx, asker, scratch, e, required, depth)
	if err != nil || e.valid() {
		return err
	}
	if lenient || !required[dep] {
		e.conflicted = true
		return nil
	}
	if n.parent != nil {
		r.addConflict(e, asker)
		e.conflicted = true
	}
	return nil
}

// exchange puts another candidate in the place of one that does not suit a
// peer, when everybody else agrees.
func (r *resolver) exchange(ctx context.Context, scratch *node, asker, e *edge, required map[*node]bool, lenient bool, depth int) error {
	current := e.to
	dep, err := r.fromEdge(ctx, e, nil, nil, required, depth)
	if err != nil {
		return err
	}
	if r.canReplace(dep, current, nil) {
		_, err := r.fromEdge(ctx, e, scratch, nil, required, depth)
		return err
	}
	if !lenient && required[e.from] {
		r.addConflict(e, asker)
	}
	return nil
}
