package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/pkg/feed"
)

// maxEntries is how many records one list names before it is split.
const maxEntries = 256

// list is one node of the hash tree over the records of an ecosystem: the
// records themselves, or, when they are more than maxEntries, the lists that
// they are split into by the next hex digit of their hash (see trie). The files
// are therefore the same for the same set of records, whatever happened before.
type list struct {
	Entries  []entry `json:"entries,omitempty"`  // sorted by name
	Children []child `json:"children,omitempty"` // sorted by prefix, none of them empty
}

// entry names one record. That of what was asked for has its id for a name.
type entry struct {
	Name   string `json:"name"`
	Digest string `json:"digest"`           // "sha256:…" of the record
	Latest string `json:"latest,omitempty"` // newest version that is not yanked
}

// child names a list.
type child struct {
	Prefix string `json:"prefix"`
	Digest string `json:"digest"`
	Count  int    `json:"count"` // records below
}

func (l *list) count() int {
	n := len(l.Entries)
	for _, c := range l.Children {
		n += c.Count
	}
	return n
}

// check checks all that a reader of a list relies on.
func (l *list) check(t trie, prefix string) error {
	switch {
	case len(l.Entries) > 0 && len(l.Children) > 0:
		return fmt.Errorf("entries beside children")
	case len(l.Entries) > maxEntries:
		return fmt.Errorf("%d entries, more than %d", len(l.Entries), maxEntries)
	case len(l.Children) > 0 && l.count() <= maxEntries:
		return fmt.Errorf("split for only %d records", l.count())
	case prefix != "" && l.count() == 0:
		return fmt.Errorf("no entries")
	}
	for i, e := range l.Entries {
		if i > 0 && l.Entries[i-1].Name >= e.Name {
			return fmt.Errorf("entries out of order at %q", e.Name)
		}
		if !strings.HasPrefix(t.hash(e.Name), prefix) || !isDigest(e.Digest) {
			return fmt.Errorf("entry %q out of place or without a digest", e.Name)
		}
	}
	for i, c := range l.Children {
		if i > 0 && l.Children[i-1].Prefix >= c.Prefix {
			return fmt.Errorf("children out of order at %q", c.Prefix)
		}
		digit, ok := strings.CutPrefix(c.Prefix, prefix)
		if !ok || len(digit) != 1 || !isHex(digit) || !isDigest(c.Digest) || c.Count < 1 || len(c.Prefix) > 2*sha256.Size {
			return fmt.Errorf("child %q out of place, without a digest or empty", c.Prefix)
		}
	}
	return nil
}

func isHex(text string) bool { return strings.Trim(text, "0123456789abcdef") == "" }

// isDigest reports whether text has the form of feed.SHA256.
func isDigest(text string) bool {
	digits, ok := strings.CutPrefix(text, "sha256:")
	return ok && len(digits) == 2*sha256.Size && isHex(digits)
}

// first returns the digest of the first list of a tree, "" when the feed has
// none.
func (f *Feed) first(t trie) string {
	summary := f.manifest.Ecosystems[t.ecosystem]
	if t.roots {
		return summary.Roots
	}
	return summary.Ledger
}

// list returns a list whose digest is known. Lists are kept.
func (f *Feed) list(ctx context.Context, t trie, prefix, digest string) (*list, error) {
	path := t.path(prefix)
	f.mu.Lock()
	known := f.lists[path]
	f.mu.Unlock()
	if known != nil {
		return known, nil
	}
	if !isDigest(digest) {
		return nil, &feed.IntegrityError{Path: path, Got: fmt.Sprintf("named by the digest %.80q", digest), Want: "sha256:…"}
	}
	data, err := f.readVouched(ctx, path, digest, maxList)
	if err != nil {
		return nil, err
	}
	l, err := t.decode(data, prefix)
	if err != nil {
		return nil, &feed.IntegrityError{Path: path, Got: err.Error(), Want: "a list of the ledger"}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lists[path] = l
	return l, nil
}

// lookup returns the entry of a record; feed.ErrNotFound when there is none.
func (f *Feed) lookup(ctx context.Context, t trie, name string) (entry, error) {
	l, err := f.leaf(ctx, t, t.hash(name))
	if err != nil {
		return entry{}, err
	}
	i, ok := slices.BinarySearchFunc(l.Entries, name, func(e entry, name string) int { return cmp.Compare(e.Name, name) })
	if !ok {
		return entry{}, fmt.Errorf("%s:%s: %w", t.ecosystem, name, feed.ErrNotFound)
	}
	return l.Entries[i], nil
}

// leaf returns the list in which a record of the given hash would be.
func (f *Feed) leaf(ctx context.Context, t trie, hash string) (*list, error) {
	digest := f.first(t)
	if digest == "" {
		return &list{}, nil
	}
	for depth := 0; ; depth++ {
		l, err := f.list(ctx, t, hash[:depth], digest)
		if err != nil || len(l.Children) == 0 {
			return l, err
		}
		i, ok := slices.BinarySearchFunc(l.Children, hash[:depth+1], func(c child, prefix string) int { return cmp.Compare(c.Prefix, prefix) })
		if !ok {
			return &list{}, nil
		}
		digest = l.Children[i].Digest
	}
}

// twins returns the packages of the feed whose names differ from the given one
// only by the case of letters.
func (f *Feed) twins(ctx context.Context, ecosystem, name string) ([]feed.Package, error) {
	l, err := f.leaf(ctx, packagesOf(ecosystem), nameHash(name))
	if err != nil {
		return nil, err
	}
	var twins []feed.Package
	for _, e := range l.Entries {
		if e.Name == name || lower(e.Name) != lower(name) {
			continue
		}
		p, err := f.Package(ctx, ecosystem, e.Name)
		if err != nil {
			return nil, err
		}
		twins = append(twins, p)
	}
	return twins, nil
}

// items yields the entries of every record, in the order of the lists.
func (f *Feed) items(ctx context.Context, t trie) iter.Seq2[entry, error] {
	return func(yield func(entry, error) bool) {
		if digest := f.first(t); digest != "" {
			f.below(ctx, t, "", digest, yield)
		}
	}
}

// below yields the entries under one list and reports whether to go on.
func (f *Feed) below(ctx context.Context, t trie, prefix, digest string, yield func(entry, error) bool) bool {
	l, err := f.list(ctx, t, prefix, digest)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		yield(entry{}, err)
		return false
	}
	for _, e := range l.Entries {
		if !yield(e, nil) {
			return false
		}
	}
	for _, c := range l.Children {
		if !f.below(ctx, t, c.Prefix, c.Digest, yield) {
			return false
		}
	}
	return true
}
