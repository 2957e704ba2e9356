package tree

import "slices"

// verdict is what would become of a candidate in one folder.
type verdict uint8

const (
	conflicting verdict = iota + 1 // it cannot go there
	vacant                         // it can, nothing of that name is there
	replacing                      // it can, in place of what is there
	keep                           // what is there serves as well and stays
)

// check asks whether a candidate can go into one folder. It changes nothing.
type check struct {
	dep      *node
	folder   *node
	edge     *edge
	parent   *check // of the package whose peer this is
	explicit bool
	path     []*node // candidates whose peers are being checked

	current  *node   // what the folder holds under that name
	verdict  verdict // peers included
	self     verdict // peers left out
	peers    verdict // remembered outcome of the peers
	children []*check
}

func (r *resolver) check(c *check) *check {
	c.current = c.folder.children.get(c.edge.key)
	c.verdict = r.judge(c)
	if c.self == 0 {
		c.self = c.verdict
	}
	return c
}

func (r *resolver) judge(c *check) verdict {
	own := c.folder.out.get(c.edge.key)
	switch {
	case c.dep.failure != nil && c.current != nil:
		return replacing
	case c.dep.failure != nil:
		return vacant
	case own != nil && own.kind.peer() && !c.folder.isTop():
		return conflicting
	case c.current != nil:
		return r.judgeOccupied(c)
	case own != nil && own != c.edge && !own.satisfies(c.dep):
		return conflicting
	}
	return r.judgeVacant(c)
}

// judgeVacant looks at those below the folder that use a copy higher up and
// would meet the candidate instead.
func (r *resolver) judgeVacant(c *check) verdict {
	if c.folder != c.entry().from {
		if higher := c.folder.find(c.edge.key); higher != nil {
			for _, e := range higher.in {
				if e.from.within(c.folder) && e.valid() && !e.satisfies(c.dep) {
					return conflicting
				}
			}
		}
	}
	return r.withPeers(c, vacant)
}

// judgeOccupied compares the candidate with what the folder holds.
func (r *resolver) judgeOccupied(c *check) verdict {
	suits := c.edge.satisfies(c.current)
	if c.dep.same(c.current) && (suits || !c.edge.satisfies(c.dep)) {
		if c.explicit {
			return replacing
		}
		return keep
	}
	old, fresh := c.current.version(), c.dep.version()
	newer := old != "" && fresh != "" && CompareVersions(fresh, old) >= 0
	if newer && r.canReplace(c.dep, c.current, nil) {
		if v := r.withPeers(c, replacing); v != conflicting {
			return v
		}
	}
	if suits && (!c.explicit || c.edge.kind.peer()) {
		return keep
	}
	if c.edge.kind.peer() && !newer && r.canReplace(c.dep, c.current, nil) {
		if v := r.withPeers(c, replacing); v != conflicting {
			return v
		}
	}
	return r.judgeForced(c)
}

// judgeForced decides about an occupant that must stay unless this is the
// deepest folder where the candidate can go.
func (r *resolver) judgeForced(c *check) verdict {
	switch {
	case c.folder != c.deepest():
		return conflicting
	case !c.edge.kind.peer() && c.folder == c.edge.from:
		return r.withPeers(c, replacing)
	case c.parent == nil && !c.edge.kind.peer():
		return conflicting
	}
	for _, set := range peerEntries(c.current) {
		if set.entry == c.edge || set.entry == c.entry() || r.exchangeable(c, set.entry.to) {
			continue
		}
		for _, peer := range set.peers {
			if deep := deepest(set.entry.from, peer.key); deep == c.folder || c.folder.within(deep) {
				return conflicting
			}
		}
	}
	return r.withPeers(c, replacing)
}

// exchangeable reports whether the peer set that begins at a node can be
// replaced by the candidate's own.
func (r *resolver) exchangeable(c *check, entry *node) bool {
	scratch := c.dep.parent
	if scratch == nil {
		return false
	}
	if substitute := scratch.children.get(entry.key); substitute != nil {
		return r.canReplace(substitute, entry, scratch)
	}
	walk := []*node{entry}
	for i := 0; i < len(walk); i++ {
		for _, e := range walk[i].out.list {
			if !e.kind.peer() || !e.valid() {
				continue
			}
			switch substitute := scratch.children.get(e.key); {
			case substitute != nil && !e.satisfies(substitute):
				return false
			case substitute == nil && e.to != nil && !slices.Contains(walk, e.to):
				walk = append(walk, e.to)
			}
		}
	}
	return true
}

// withPeers lets the candidate's peers pass the same test at the folder or above.
func (r *resolver) withPeers(c *check, outcome verdict) verdict {
	c.self = outcome
	if c.peers != 0 {
		return c.peers
	}
	c.peers = outcome
	path := append(slices.Clone(c.path), c.dep)
	for _, e := range c.dep.out.list {
		if !e.kind.peer() || e.to == nil || slices.Contains(path, e.to) {
			continue
		}
		child := r.check(&check{dep: e.to, folder: deepest(c.folder, e.to.key), edge: e, parent: c, path: path})
		c.children = append(c.children, child)
		if child.verdict == conflicting {
			c.peers = conflicting
		}
	}
	return c.peers
}

// entry is the edge that the whole attempt is for.
func (c *check) entry() *edge {
	for c.parent != nil {
		c = c.parent
	}
	return c.edge
}

func (c *check) deepest() *node {
	from := c.edge.from
	if c.parent != nil {
		from = c.parent.deepest()
	}
	return deepest(from, c.edge.key)
}

// peerSet is a group of packages that want each other beside themselves, as
// reached from one edge that leads into it from outside.
type peerSet struct {
	entry *edge
	peers []*node
}

// peerEntries lists the peer sets that a node is part of.
func peerEntries(n *node) []peerSet {
	union := []*node{n}
	for i := 0; i < len(union); i++ {
		union = withPeersOf(union, union[i])
		for _, e := range union[i].in {
			if e.kind.peer() && e.valid() && !slices.Contains(union, e.from) {
				union = append(union, e.from)
			}
		}
	}
	var sets []peerSet
	for _, peer := range union {
		var reached []*node
		for _, e := range peer.in {
			if !e.valid() || e.kind.peer() && !e.from.isTop() {
				continue
			}
			if reached == nil {
				reached = reach(peer)
			}
			if slices.Contains(reached, n) {
				sets = append(sets, peerSet{e, reached})
			}
		}
	}
	return sets
}

// reach lists a node and the peers of peers from it.
func reach(n *node) []*node {
	list := []*node{n}
	for i := 0; i < len(list); i++ {
		list = withPeersOf(list, list[i])
	}
	return list
}

// withPeersOf appends the met peers of a node that the list lacks.
func withPeersOf(list []*node, n *node) []*node {
	for _, e := range n.out.list {
		if e.kind.peer() && e.met() && !slices.Contains(list, e.to) {
			list = append(list, e.to)
		}
	}
	return list
}
