package sumdb

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/feedctl/feedctl/pkg/feed"
)

const (
	maxHead = 64 << 10 // bytes of a signed tree head
	maxTree = 1 << 48  // records of a log; the arithmetic of tiles stays far from overflow
)

// head is a tree head whose signature was checked.
type head struct {
	tlog.Tree
	note string // as signed
}

// open checks the signature of a tree head and reads it.
func (d database) open(text string) (head, error) {
	h, err := d.openHead(text)
	if err != nil {
		return head{}, fmt.Errorf("signed tree head of %s: %w", d.name, err)
	}
	return h, nil
}

func (d database) openHead(text string) (head, error) {
	if len(text) > maxHead {
		return head{}, fmt.Errorf("larger than %d bytes", maxHead)
	}
	signed, err := note.Open([]byte(text), d.verifiers)
	if err != nil {
		return head{}, fmt.Errorf("the signature does not hold: %w", err)
	}
	tree, err := tlog.ParseTree([]byte(signed.Text))
	if err != nil {
		return head{}, err
	}
	if tree.N < 1 || tree.N > maxTree {
		return head{}, fmt.Errorf("a tree of %d records", tree.N)
	}
	return head{Tree: tree, note: text}, nil
}

// headsMetadata is that of the package of a database's heads.
type headsMetadata struct {
	Key string `json:"key,omitempty"` // as Record.Key
}

// headMetadata is that of one of its releases.
type headMetadata struct {
	Head string `json:"head"`
}

// readHeads reads the package of a database's heads, the signature of every head
// checked, smallest tree first.
func readHeads(p feed.Package) ([]head, database, error) {
	db, err := packageDatabase(p)
	if err != nil {
		return nil, database{}, fmt.Errorf("%s in the ledger: %w", p.Name, err)
	}
	heads := make([]head, 0, len(p.Releases))
	for i := range p.Releases {
		h, err := db.readHead(&p.Releases[i])
		if err != nil {
			return nil, database{}, fmt.Errorf("%s@%s in the ledger: %w", p.Name, clip(p.Releases[i].Version), err)
		}
		heads = append(heads, h)
	}
	slices.SortFunc(heads, func(a, b head) int { return cmp.Compare(a.N, b.N) })
	for i := 1; i < len(heads); i++ {
		if heads[i].N == heads[i-1].N {
			return nil, database{}, fmt.Errorf("%s in the ledger: two heads of size %d", p.Name, heads[i].N)
		}
	}
	return heads, db, nil
}

// packageDatabase returns the database whose heads p holds.
func packageDatabase(p feed.Package) (database, error) {
	var metadata headsMetadata
	if len(p.Metadata) > 0 {
		if err := json.Unmarshal(p.Metadata, &metadata); err != nil {
			return database{}, err
		}
	}
	db, err := openDatabase(metadata.Key)
	if err == nil && p.Name != root+db.name {
		err = fmt.Errorf("the package has the key of the checksum database %s", db.name)
	}
	return db, err
}

func (d database) readHead(release *feed.Release) (head, error) {
	var metadata headMetadata
	if err := json.Unmarshal(release.Metadata, &metadata); err != nil {
		return head{}, fmt.Errorf("metadata: %w", err)
	}
	h, err := d.open(metadata.Head)
	if err == nil && release.Version != strconv.FormatInt(h.N, 10) {
		err = errors.New("the version is not the size of the tree")
	}
	return h, err
}

// headsPackage returns the package of the heads with a new one.
func (d database) headsPackage(old feed.Package, h head, upstream string) (feed.Package, error) {
	p := feed.Package{
		PackageKey: feed.PackageKey{Ecosystem: Ecosystem, Name: root + d.name},
		Evidence:   true,
		Releases:   slices.Clone(old.Releases),
	}
	if d.key != "" {
		metadata, err := json.Marshal(headsMetadata{Key: d.key})
		if err != nil {
			return feed.Package{}, err
		}
		p.Metadata = metadata
	}
	metadata, err := json.Marshal(headMetadata{Head: h.note})
	if err != nil {
		return feed.Package{}, err
	}
	p.Releases = append(p.Releases, feed.Release{
		Version: strconv.FormatInt(h.N, 10), Kind: feed.Saved, Metadata: metadata, Origin: feed.Origin{Upstream: upstream},
	})
	slices.SortFunc(p.Releases, func(a, b feed.Release) int { return compareSizes(a.Version, b.Version) })
	return p, nil
}

// compareSizes orders decimal numbers without leading zeros.
func compareSizes(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}
