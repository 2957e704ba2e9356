package tree

import "slices"

// node is a folder that holds a package: the project, a workspace member, an
// entry of some node_modules, or a copy of one of these in a scratch root.
type node struct {
	name     string // folder name, the alias where there is one
	key      string // folder name as a case-insensitive file system sees it
	path     string // below the project, "" for the project itself
	manifest *Manifest
	failure  *failure // why no package could be loaded, else nil
	target   *node    // what a link points at, else nil
	source   *node    // in a scratch root: the node that asks; else nil

	graph    *graph // the tree it is part of, nil once removed
	parent   *node  // owner of the node_modules folder it lies in
	above    *node  // for a folder outside node_modules: the one it looks up to
	children table[*node]
	members  []*node // folders whose above is this node

	out  table[*edge]
	in   []*edge
	rule *rule // overrides that hold for its dependencies

	member bool // a workspace member, or the link to one
	dirty  bool // listed in the work queue
	mark   uint32
	sorted string // collation key of path, made on first use

	flags flags
}

// failure is the reason why a requirement has no package.
type failure struct {
	code    string
	reasons []string
	edge    *edge // the requirement that was being loaded
}

// graph is one tree of folders with indexes by name.
type graph struct {
	root  *node
	edges map[string][]*edge // folded name → edges of that name; may hold stale ones
	nodes map[string][]*node // name → nodes; nil in a scratch root
	plan  *plan              // of a scratch root, else nil
}

func newGraph(root *node, indexed bool) *graph {
	g := &graph{root: root, edges: map[string][]*edge{}}
	if indexed {
		g.nodes = map[string][]*node{}
	}
	root.graph = g
	return g
}

// keyed is what a table holds.
type keyed interface{ tableKey() string }

func (n *node) tableKey() string { return n.key }
func (e *edge) tableKey() string { return e.key }

// table is a map by folded name that keeps the order of insertion. Setting a
// name anew moves it to the end.
type table[T keyed] struct {
	list  []T
	index map[string]T // only for long lists
}

// indexFrom is the length from which a table keeps a map.
const indexFrom = 12

func (t *table[T]) get(key string) (found T) {
	if t.index != nil {
		return t.index[key]
	}
	for _, item := range t.list {
		if item.tableKey() == key {
			return item
		}
	}
	return found
}

func (t *table[T]) set(item T) {
	t.remove(item.tableKey())
	t.list = append(t.list, item)
	switch {
	case t.index != nil:
		t.index[item.tableKey()] = item
	case len(t.list) >= indexFrom:
		t.index = make(map[string]T, 2*indexFrom)
		for _, item := range t.list {
			t.index[item.tableKey()] = item
		}
	}
}

func (t *table[T]) remove(key string) {
	if t.index != nil {
		if _, ok := t.index[key]; !ok {
			return
		}
		delete(t.index, key)
	}
	for i, item := range t.list {
		if item.tableKey() == key {
			t.list = slices.Delete(t.list, i, i+1)
			return
		}
	}
}

// snapshot returns the items in order, safe against changes of the table.
func (t *table[T]) snapshot() []T { return slices.Clone(t.list) }

// up is the folder that a look-up goes on to, nil at the end.
func (n *node) up() *node {
	if n.parent != nil {
		return n.parent
	}
	return n.above
}

// isRoot reports whether look-ups end here: the project, a scratch root, or
// the top of something removed.
func (n *node) isRoot() bool { return n.parent == nil && n.above == nil }

// isTop reports whether the node lies in no node_modules folder.
func (n *node) isTop() bool { return n.parent == nil }

// isMine reports whether the user wrote the package: the project or a member.
func (n *node) isMine() bool { return n.member || n.isRoot() }

func (n *node) depth() int {
	depth := 0
	for p := n.parent; p != nil; p = p.parent {
		depth++
	}
	return depth
}

// within reports whether n is other or lies below it.
func (n *node) within(other *node) bool {
	for p := n; p != nil; p = p.up() {
		if p == other {
			return true
		}
	}
	return false
}

// find returns the node that a name resolves to, seen from n.
func (n *node) find(key string) *node {
	for p := n; p != nil; p = p.up() {
		if found := p.children.get(key); found != nil {
			return found
		}
	}
	return nil
}

func (n *node) version() string {
	if n.target != nil {
		return n.target.version()
	}
	return n.manifest.Version
}

// same reports whether two nodes are the same package under the same name.
func (n *node) same(other *node) bool {
	switch {
	case n == other:
		return true
	case n.name != other.name || n.failure != nil || other.failure != nil:
		return false
	case n.target != nil:
		return other.target != nil && n.target.same(other.target)
	case other.target != nil:
		return false
	case n.isRoot() && other.isRoot():
		return n.path == other.path
	}
	return n.manifest.Name != "" && n.manifest.Version != "" &&
		n.manifest.Name == other.manifest.Name && n.manifest.Version == other.manifest.Version
}

// order is the place of the node's path in npm's order of paths.
func (n *node) order() string {
	if n.sorted == "" {
		n.sorted = collationKey(n.path)
	}
	return n.sorted
}

// bundled reports whether the node is part of what a package above it, other
// than the user's own, brings in its tarball.
func (n *node) bundled() bool {
	for p := n; p.parent != nil; p = p.parent {
		if !p.parent.isMine() && slices.Contains(p.parent.manifest.Fields().Bundled, p.name) {
			return true
		}
	}
	return false
}

// attach puts a node, which is in no tree, into the node_modules of parent. A
// node there of the same name is removed. Edges that now resolve differently
// follow.
func (g *graph) attach(n, parent *node) {
	g.expect(n.key)
	if old := parent.children.get(n.key); old != nil && old != n {
		g.detach(old)
	}
	n.parent, n.above = parent, nil
	n.setPath(join(parent.path, n.name))
	parent.children.set(n)
	g.enter(n)
	g.reroute(n.key, parent, n)
}

func (n *node) setPath(path string) {
	if n.path != path {
		n.path, n.sorted = path, ""
	}
}

// move renews the paths of a node and what lies below it, after its parent's
// name changed in case.
func (n *node) move() {
	path := join(n.parent.path, n.name)
	if path == n.path {
		return
	}
	n.setPath(path)
	for _, child := range n.children.list {
		child.move()
	}
}

func join(folder, name string) string {
	if folder == "" {
		return "node_modules/" + name
	}
	return folder + "/node_modules/" + name
}

// enter registers a node and its edges, which resolve anew.
func (g *graph) enter(n *node) {
	n.graph = g
	if g.nodes != nil {
		g.nodes[n.name] = append(g.nodes[n.name], n)
	}
	for _, e := range n.out.list {
		g.expect(e.key)
		g.edges[e.key] = append(g.edges[e.key], e)
		e.reload(true)
	}
}

// reroute lets the edges of a name at and below a folder resolve again, after
// what its node_modules holds under that name became n.
func (g *graph) reroute(key string, folder, n *node) {
	list := g.edges[key]
	live := list[:0]
	for _, e := range list {
		if e.from != nil && e.from.graph == g {
			live = append(live, e)
		}
	}
	clear(list[len(live):])
	g.edges[key] = live
	for _, e := range slices.Clone(live) {
		if e.from.within(folder) && (e.to == n || e.from.find(key) != e.to) {
			e.reload(true)
		}
	}
}

// detach removes a node with everything below it.
func (g *graph) detach(n *node) {
	if n.graph != g {
		return
	}
	if n.parent != nil {
		n.parent.children.remove(n.key)
	}
	if n.above != nil {
		n.above.members = slices.DeleteFunc(n.above.members, func(m *node) bool { return m == n })
	}
	n.parent, n.above = nil, nil
	family := n.family(nil)
	for _, f := range family {
		f.graph = nil
		g.forget(f)
	}
	for _, f := range family {
		for _, e := range slices.Clone(f.in) {
			if e.from.graph == g {
				e.reload(false)
			}
		}
		for _, e := range f.out.list {
			if e.to != nil && e.to.graph == g {
				e.retarget(nil)
			}
		}
	}
}

func (g *graph) forget(n *node) {
	if g.nodes != nil {
		g.nodes[n.name] = slices.DeleteFunc(g.nodes[n.name], func(m *node) bool { return m == n })
	}
}

// family appends the node and everything below it.
func (n *node) family(list []*node) []*node {
	list = append(list, n)
	for _, child := range n.children.list {
		list = child.family(list)
	}
	for _, member := range n.members {
		list = member.family(list)
	}
	return list
}

// replace puts a node, which is in no tree, in the place of old and gives it
// what lies below old.
func (g *graph) replace(old, n *node) {
	parent := old.parent
	parent.children.remove(old.key)
	n.parent = parent
	n.setPath(join(parent.path, n.name))
	if n.target == nil {
		n.children, old.children = old.children, table[*node]{}
		for _, child := range n.children.list {
			child.parent = n
			child.move()
		}
	}
	old.parent, old.graph = nil, nil
	g.forget(old)
	parent.children.set(n)
	g.enter(n)
	for _, e := range slices.Clone(old.in) {
		e.reload(true)
	}
	for _, e := range old.out.list {
		e.retarget(nil)
	}
	g.reroute(n.key, parent, n)
}
