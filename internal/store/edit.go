package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/feedctl/feedctl/pkg/feed"
)

// edit changes the lists of one tree. It reads the lists on the way to the
// packages that change, and no others.
type edit struct {
	feed   *Feed
	trie   trie
	root   *node
	loaded map[string]bool // prefixes of the lists that were read
}

// node is one list being edited.
type node struct {
	prefix   string
	digest   string // of the list as it is in the feed; empty for a new one
	count    int
	entries  []entry // of a leaf
	children []*node // sorted by prefix; none in a leaf
	loaded   bool
	dirty    bool
}

// change sets the entry of a record, or takes it away.
type change struct {
	hash string // of the name, see trie
	name string
	to   *entry // nil takes it away
}

// newEdit starts from the lists in the feed.
func newEdit(f *Feed, t trie) *edit {
	root := &node{digest: f.first(t)}
	if root.digest == "" {
		root.loaded, root.dirty = true, true
	}
	return &edit{feed: f, trie: t, root: root, loaded: map[string]bool{}}
}

// load reads a list and makes nodes of its children.
func (e *edit) load(ctx context.Context, n *node) error {
	if n.loaded {
		return nil
	}
	l, err := e.feed.list(ctx, e.trie, n.prefix, n.digest)
	if err != nil {
		return err
	}
	e.loaded[n.prefix] = true
	n.loaded, n.count, n.entries = true, l.count(), slices.Clone(l.Entries)
	for _, c := range l.Children {
		n.children = append(n.children, &node{prefix: c.Prefix, digest: c.Digest, count: c.Count})
	}
	return nil
}

// apply makes changes, which are sorted by hash and all belong below n.
func (e *edit) apply(ctx context.Context, n *node, changes []change) error {
	if err := e.load(ctx, n); err != nil {
		return err
	}
	n.dirty = true
	if len(n.children) == 0 {
		e.setEntries(n, changes)
		return nil
	}
	for len(changes) > 0 {
		prefix := changes[0].hash[:len(n.prefix)+1]
		end := slices.IndexFunc(changes, func(c change) bool { return c.hash[:len(prefix)] != prefix })
		if end < 0 {
			end = len(changes)
		}
		if err := e.apply(ctx, n.child(prefix), changes[:end]); err != nil {
			return err
		}
		changes = changes[end:]
	}
	return e.settle(ctx, n)
}

// child returns the child with the given prefix, a new one when there is none.
func (n *node) child(prefix string) *node {
	i, ok := slices.BinarySearchFunc(n.children, prefix, func(c *node, prefix string) int { return cmp.Compare(c.prefix, prefix) })
	if !ok {
		n.children = slices.Insert(n.children, i, &node{prefix: prefix, loaded: true})
	}
	return n.children[i]
}

// settle drops empty children and joins the rest when one list can hold them.
func (e *edit) settle(ctx context.Context, n *node) error {
	n.children = slices.DeleteFunc(n.children, func(c *node) bool { return c.count == 0 })
	n.count = 0
	for _, c := range n.children {
		n.count += c.count
	}
	if n.count > maxEntries {
		return nil
	}
	for _, c := range n.children {
		if err := e.collect(ctx, c, &n.entries); err != nil {
			return err
		}
	}
	n.children = nil
	sortEntries(n.entries)
	return nil
}

// collect appends all entries below n.
func (e *edit) collect(ctx context.Context, n *node, to *[]entry) error {
	if err := e.load(ctx, n); err != nil {
		return err
	}
	*to = append(*to, n.entries...)
	for _, c := range n.children {
		if err := e.collect(ctx, c, to); err != nil {
			return err
		}
	}
	return nil
}

func sortEntries(entries []entry) {
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.Name, b.Name) })
}

// setEntries makes changes in a leaf, and splits it when it grew too long.
func (e *edit) setEntries(n *node, changes []change) {
	changed := make(map[string]bool, len(changes))
	for _, c := range changes {
		changed[c.name] = true
	}
	n.entries = slices.DeleteFunc(n.entries, func(one entry) bool { return changed[one.Name] })
	for _, c := range changes {
		if c.to != nil {
			n.entries = append(n.entries, *c.to)
		}
	}
	e.split(n)
}

// split sorts the entries of a leaf, or moves them into children.
func (e *edit) split(n *node) {
	n.count = len(n.entries)
	if n.count <= maxEntries {
		sortEntries(n.entries)
		return
	}
	for _, one := range n.entries {
		c := n.child(e.trie.hash(one.Name)[:len(n.prefix)+1])
		c.entries, c.dirty = append(c.entries, one), true
	}
	n.entries = nil
	for _, c := range n.children {
		e.split(c)
	}
}

// write calls put for every list on the way to a change, the first list last, and
// returns the digest of n.
func (e *edit) write(n *node, put func(prefix string, data []byte) error) (string, error) {
	if !n.dirty {
		return n.digest, nil
	}
	l := list{Entries: n.entries}
	for _, c := range n.children {
		digest, err := e.write(c, put)
		if err != nil {
			return "", err
		}
		l.Children = append(l.Children, child{Prefix: c.prefix, Digest: digest, Count: c.count})
	}
	data, err := e.trie.encode(&l)
	if err != nil {
		return "", fmt.Errorf("list %q of the ledger: %w", n.prefix, err)
	}
	return feed.SHA256(data), put(n.prefix, data)
}

// gone returns the prefixes of the lists that were read and are no more, sorted.
func (e *edit) gone() []string {
	left := map[string]bool{}
	var mark func(n *node)
	mark = func(n *node) {
		left[n.prefix] = true
		for _, c := range n.children {
			mark(c)
		}
	}
	mark(e.root)
	var gone []string
	for prefix := range e.loaded {
		if !left[prefix] {
			gone = append(gone, prefix)
		}
	}
	slices.Sort(gone)
	return gone
}

// items yields all entries as edited, in the order of the lists.
func (e *edit) items(ctx context.Context, n *node, yield func(entry, error) bool) bool {
	if !n.loaded {
		return e.feed.below(ctx, e.trie, n.prefix, n.digest, yield)
	}
	for _, one := range n.entries {
		if !yield(one, nil) {
			return false
		}
	}
	for _, c := range n.children {
		if !e.items(ctx, c, yield) {
			return false
		}
	}
	return true
}
