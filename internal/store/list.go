package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/pkg/feed"
)

// maxEntries is how many packages one list names before it is split.
const maxEntries = 256

// list is one node of the hash tree over the records of an ecosystem: the
// packages themselves, or, when they are more than maxEntries, the lists that
// they are split into by the next hex digit of the SHA-256 of their names. The
// files are therefore the same for the same set of packages, whatever happened
// before.
type list struct {
	Entries  []entry `json:"entries,omitempty"`  // sorted by name
	Children []child `json:"children,omitempty"` // sorted by prefix, none of them empty
}

// entry names the record of one package.
type entry struct {
	Name   string `json:"name"`
	Digest string `json:"digest"`           // "sha256:…" of the record
	Latest string `json:"latest,omitempty"` // newest version that is not yanked
}

// child names a list.
type child struct {
	Prefix string `json:"prefix"`
	Digest string `json:"digest"`
	Count  int    `json:"count"` // packages below
}

// nameHash returns the hex digits by which a package is found in the lists.
func nameHash(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:])
}

func (l *list) encode() ([]byte, error) {
	if len(l.Children) > 0 {
		return encodeLines("children", l.Children)
	}
	return encodeLines("entries", l.Entries)
}

func (l *list) count() int {
	n := len(l.Entries)
	for _, c := range l.Children {
		n += c.Count
	}
	return n
}

// decodeList reads a list and checks all that a reader relies on.
func decodeList(data []byte, prefix string) (*list, error) {
	var l list
	if err := json.Unmarshal(data, &l); err != nil {
		return nil, err
	}
	if err := l.check(prefix); err != nil {
		return nil, err
	}
	return &l, nil
}

func (l *list) check(prefix string) error {
	switch {
	case len(l.Entries) > 0 && len(l.Children) > 0:
		return fmt.Errorf("entries beside children")
	case len(l.Entries) > maxEntries:
		return fmt.Errorf("%d entries, more than %d", len(l.Entries), maxEntries)
	case len(l.Children) > 0 && l.count() <= maxEntries:
		return fmt.Errorf("split for only %d packages", l.count())
	case prefix != "" && l.count() == 0:
		return fmt.Errorf("no entries")
	}
	for i, e := range l.Entries {
		if i > 0 && l.Entries[i-1].Name >= e.Name {
			return fmt.Errorf("entries out of order at %q", e.Name)
		}
		if !strings.HasPrefix(nameHash(e.Name), prefix) || !isDigest(e.Digest) {
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

// firstList returns the digest of an ecosystem's first list, "" when the feed
// has nothing of it.
func (f *Feed) firstList(ecosystem string) string { return f.manifest.Ecosystems[ecosystem].Ledger }

// list returns a list whose digest is known. Lists are kept.
func (f *Feed) list(ctx context.Context, ecosystem, prefix, digest string) (*list, error) {
	path := listPath(ecosystem, prefix)
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
	l, err := decodeList(data, prefix)
	if err != nil {
		return nil, &feed.IntegrityError{Path: path, Got: err.Error(), Want: "a list of the ledger"}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lists[path] = l
	return l, nil
}

// lookup returns the entry of a package.
func (f *Feed) lookup(ctx context.Context, ecosystem, name string) (entry, error) {
	unknown := fmt.Errorf("%s:%s: %w", ecosystem, name, feed.ErrNotFound)
	digest := f.firstList(ecosystem)
	if digest == "" {
		return entry{}, unknown
	}
	hash := nameHash(name)
	for depth := 0; ; depth++ {
		l, err := f.list(ctx, ecosystem, hash[:depth], digest)
		if err != nil {
			return entry{}, err
		}
		if len(l.Children) == 0 {
			i, ok := slices.BinarySearchFunc(l.Entries, name, func(e entry, name string) int { return cmp.Compare(e.Name, name) })
			if !ok {
				return entry{}, unknown
			}
			return l.Entries[i], nil
		}
		i, ok := slices.BinarySearchFunc(l.Children, hash[:depth+1], func(c child, prefix string) int { return cmp.Compare(c.Prefix, prefix) })
		if !ok {
			return entry{}, unknown
		}
		digest = l.Children[i].Digest
	}
}

// items yields the entries of every package, in the order of the lists.
func (f *Feed) items(ctx context.Context, ecosystem string) iter.Seq2[entry, error] {
	return func(yield func(entry, error) bool) {
		if digest := f.firstList(ecosystem); digest != "" {
			f.below(ctx, ecosystem, "", digest, yield)
		}
	}
}

// below yields the entries under one list and reports whether to go on.
func (f *Feed) below(ctx context.Context, ecosystem, prefix, digest string, yield func(entry, error) bool) bool {
	l, err := f.list(ctx, ecosystem, prefix, digest)
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
		if !f.below(ctx, ecosystem, c.Prefix, c.Digest, yield) {
			return false
		}
	}
	return true
}
