package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"

	"github.com/feedctl/feedctl/pkg/feed"
)

// trie is one of the two hash trees of an ecosystem: over the records of its
// packages, by the SHA-256 of their names in lower case (so that names which differ
// only by case are in one list), or over the records of what was asked for, by
// their ids, which are hashes already.
type trie struct {
	ecosystem string
	roots     bool
}

func packagesOf(ecosystem string) trie { return trie{ecosystem: ecosystem} }
func rootsOf(ecosystem string) trie    { return trie{ecosystem: ecosystem, roots: true} }

// path returns the path of the list for a hex prefix, "" for the first one.
func (t trie) path(prefix string) string {
	if t.roots {
		return rootPath(t.ecosystem, rootListName(prefix))
	}
	return listPath(t.ecosystem, prefix)
}

// rootListName is what a list of root records is called, beside records with ids
// for names.
func rootListName(prefix string) string {
	if prefix == "" {
		return "list"
	}
	return "list-" + prefix
}

// prefixOf returns the prefix of a list by the name of its file, which may be
// that of something else. The first list has none.
func (t trie) prefixOf(file string) (prefix string, ok bool) {
	if prefix, ok = strings.CutSuffix(file, ".json"); ok && t.roots {
		prefix, ok = strings.CutPrefix(prefix, "list-")
	}
	return prefix, ok && prefix != "" && isHex(prefix)
}

// hash returns the hex digits by which a record is found in the lists.
func (t trie) hash(name string) string {
	if t.roots {
		return name
	}
	return nameHash(name)
}

func nameHash(name string) string {
	sum := sha256.Sum256([]byte(lower(name)))
	return hex.EncodeToString(sum[:])
}

// lower returns a text with the letters of ASCII in lower case, and no others, so
// that it depends on no version of Unicode.
func lower(text string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, text)
}

// rootItem is the entry of a root record as it is written.
type rootItem struct {
	ID     string `json:"id"`     // 32 hex digits
	Digest string `json:"digest"` // "sha256:…" of the record
}

func (t trie) encode(l *list) ([]byte, error) {
	if len(l.Children) > 0 {
		return encodeLines("children", l.Children)
	}
	if !t.roots {
		return encodeLines("entries", l.Entries)
	}
	items := make([]rootItem, len(l.Entries))
	for i, e := range l.Entries {
		items[i] = rootItem{e.Name, e.Digest}
	}
	return encodeLines("roots", items)
}

// decode reads a list and checks all that a reader relies on.
func (t trie) decode(data []byte, prefix string) (*list, error) {
	var l struct {
		list
		Roots []rootItem `json:"roots"`
	}
	if err := decodeJSON(data, &l); err != nil {
		return nil, err
	}
	if t.roots {
		if len(l.Entries) > 0 {
			return nil, errors.New("names packages")
		}
		for _, item := range l.Roots {
			if !isRootID(item.ID) {
				return nil, errors.New("names a root without an id")
			}
			l.Entries = append(l.Entries, entry{Name: item.ID, Digest: item.Digest})
		}
	}
	if err := l.check(t, prefix); err != nil {
		return nil, err
	}
	return &l.list, nil
}

func isRootID(text string) bool { return len(text) == rootIDLength && isHex(text) }

// folder is where the records are.
func (t trie) folder() string {
	if t.roots {
		return ledgerDir + "/" + t.ecosystem + "/roots"
	}
	return recordDir(t.ecosystem)
}

// recordName returns the name of the record at a path relative to folder.
func (t trie) recordName(path string) (string, bool) {
	if t.roots {
		id, ok := strings.CutSuffix(path, ".json")
		return id, ok && isRootID(id)
	}
	return recordName(path)
}

// entryOf makes the entry of a record, when data is one.
func (t trie) entryOf(name string, data []byte) (entry, bool) {
	e := entry{Name: name, Digest: feed.SHA256(data)}
	if t.roots {
		_, err := decodeRoot(data, t.ecosystem, name)
		return e, err == nil
	}
	p, err := decodePackage(data, feed.PackageKey{Ecosystem: t.ecosystem, Name: name})
	e.Latest = latest(p)
	return e, err == nil
}
