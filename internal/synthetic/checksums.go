package synthetic

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// checksums is the checksum database of a universe of Go modules: a transparency
// log as golang.org/x/mod/sumdb serves it. The releases that a universe has from
// the start are strewn over a log of tens of millions of records, as those of one
// feed are in a public log; the other records are all alike, so that the tree of
// hashes is computed in no time and space. A release that is published later comes
// at the end, and with it others that nobody asks for.
type checksums struct {
	u      *Universe
	signer note.Signer
	key    string // verifier key

	mu       sync.Mutex
	ids      map[at]int64
	releases map[int64]at
	sorted   []int64                // the keys of releases
	size     int64                  // of the log
	hashes   map[[2]int64]tlog.Hash // by level and number, -1 for a subtree of others alone
	heads    map[int64][]byte       // signed, by size
}

const (
	checksumName   = "sum.synthetic.test"
	checksumHeight = 8        // of the tiles
	checksumStart  = 40123457 // records before anything is published
	checksumGap    = 1000     // records for one release that is published
)

func newChecksums(u *Universe) *checksums {
	c := &checksums{
		u: u, ids: map[at]int64{}, releases: map[int64]at{}, size: checksumStart,
		hashes: map[[2]int64]tlog.Hash{}, heads: map[int64][]byte{},
	}
	seed := make([]byte, ed25519.SeedSize)
	binary.LittleEndian.PutUint64(seed, u.seed)
	public, _ := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	c.key = must(note.NewEd25519VerifierKey(checksumName, public))
	hash := strings.Split(c.key, "+")[1]
	c.signer = must(note.NewSigner("PRIVATE+KEY+" + checksumName + "+" + hash + "+" + base64.StdEncoding.EncodeToString(append([]byte{1}, seed...))))
	for i := range u.base {
		for r := range u.initial(i) {
			id := int64(u.random(i, r, 5) % checksumStart)
			for _, taken := c.releases[id]; taken; _, taken = c.releases[id] {
				id = (id + 1) % checksumStart
			}
			c.ids[at{i, r}], c.releases[id] = id, at{i, r}
		}
	}
	c.sorted = slices.Sorted(maps.Keys(c.releases))
	return c
}

// must is for values that always are what they have to be.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// publish adds a release at the end of the log.
func (c *checksums) publish(p at) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.size += checksumGap
	id := c.size - 1
	c.ids[p], c.releases[id] = id, p
	c.sorted = append(c.sorted, id)
}

// document answers for a path below that of the database.
func (c *checksums) document(path string) (string, []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	kind, rest, _ := strings.Cut(path, "/")
	switch kind {
	case "supported":
		return "text/plain", []byte{}
	case "latest":
		return "text/plain", c.head()
	case "lookup":
		return "text/plain", c.lookup(rest)
	}
	tile, err := tlog.ParseTilePath(path)
	if err != nil || tile.H != checksumHeight || tile.L < 0 || tile.N > c.size ||
		tile.N<<checksumHeight+int64(tile.W) > c.size>>(checksumHeight*tile.L) {
		return "", nil
	}
	return binaryType, must(tlog.ReadTileData(tile, c))
}

// lookup is the record of "module@version", escaped, with a head.
func (c *checksums) lookup(escaped string) []byte {
	path, version, _ := strings.Cut(escaped, "@")
	path, err := module.UnescapePath(path)
	if err != nil {
		return nil
	}
	p, found := c.u.find(path[strings.LastIndexByte(path, '/')+1:], strings.TrimPrefix(version, "v"))
	id, logged := c.ids[p]
	if g := (golang{}); !found || !logged || g.name(p.number) != path || g.version(p.release) != version {
		return nil
	}
	return fmt.Appendf(nil, "%d\n%s\n%s", id, golang{}.sums(c.u, p), c.head())
}

// head is the signed head of the whole tree.
func (c *checksums) head() []byte {
	if c.heads[c.size] == nil {
		tree := tlog.Tree{N: c.size, Hash: must(tlog.TreeHash(c.size, c))}
		c.heads[c.size] = must(note.Sign(&note.Note{Text: string(tlog.FormatTree(tree))}, c.signer))
	}
	return c.heads[c.size]
}

// ReadHashes implements tlog.HashReader.
func (c *checksums) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	all := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		level, n := tlog.SplitStoredHashIndex(index)
		all[i] = c.hash(int64(level), n)
	}
	return all, nil
}

// hash returns the hash of the n-th subtree of 2^level records, which the log has
// all of, so that it never changes.
func (c *checksums) hash(level, n int64) tlog.Hash {
	first, _ := slices.BinarySearch(c.sorted, n<<level)
	others := first == len(c.sorted) || c.sorted[first] >= (n+1)<<level
	place := [2]int64{level, n}
	if others {
		place[1] = -1
	}
	if known, ok := c.hashes[place]; ok {
		return known
	}
	var h tlog.Hash
	switch {
	case level > 0:
		h = tlog.NodeHash(c.hash(level-1, 2*n), c.hash(level-1, 2*n+1))
	case others:
		h = tlog.RecordHash([]byte("other.test/module v1.0.0 h1:\n"))
	default:
		h = tlog.RecordHash([]byte(golang{}.sums(c.u, c.releases[n])))
	}
	if others || level%checksumHeight == 0 {
		c.hashes[place] = h
	}
	return h
}
