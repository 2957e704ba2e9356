package sumdb

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/feedctl/feedctl/pkg/feed"
)

const testName = "sum.test"

// fakeLog is a checksum database of any size: all records have one text, but for
// those of the modules that a test names, so hashes cost next to nothing.
type fakeLog struct {
	verifier string
	signer   note.Signer
	size     int64            // of the tree now
	ids      map[string]int64 // by "module@version"
	texts    map[int64]string
	headSize func(id int64) int64        // of the head in a lookup; nil means size
	replace  map[string][]byte           // other bytes for a path; nil bytes mean not found
	change   func(string, []byte) []byte // changes what is served
	whole    bool                        // partial tiles are gone once they are complete

	mu     sync.Mutex
	memo   map[[2]int64]tlog.Hash
	sorted []int64
	reads  map[string]int
}

func newLog(t testing.TB) *fakeLog {
	t.Helper()
	private, public, err := note.GenerateKey(&zeros{}, testName)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	return &fakeLog{
		verifier: public, signer: signer, ids: map[string]int64{}, texts: map[int64]string{},
		replace: map[string][]byte{}, memo: map[[2]int64]tlog.Hash{}, reads: map[string]int{},
	}
}

// zeros makes keys that are the same in every run.
type zeros struct{}

func (*zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// moduleAt is the module whose record has the given number.
func moduleAt(id int64) (path, version string) {
	return fmt.Sprintf("example.com/Mod%d", id), "v1.0.0"
}

func sum(text string) string {
	s := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(s[:])
}

func recordText(path, version string) string {
	return fmt.Sprintf("%s %s h1:%s\n%s %s/go.mod h1:%s\n", path, version, sum(path+version), path, version, sum(path+version+"mod"))
}

// add gives modules to records; all of a test's come before any hash is asked for.
func (l *fakeLog) add(ids ...int64) {
	for _, id := range ids {
		path, version := moduleAt(id)
		l.ids[path+"@"+version], l.texts[id] = id, recordText(path, version)
		l.sorted = append(l.sorted, id)
	}
	slices.Sort(l.sorted)
	clear(l.memo)
}

// hash returns the hash of the n'th complete subtree of 2^level records.
func (l *fakeLog) hash(level, n int64) tlog.Hash {
	at, _ := slices.BinarySearch(l.sorted, n<<level)
	plain := at == len(l.sorted) || l.sorted[at] >= (n+1)<<level
	key := [2]int64{level, n}
	if plain {
		key[1] = -1
	}
	if h, ok := l.memo[key]; ok {
		return h
	}
	var h tlog.Hash
	switch {
	case level > 0:
		h = tlog.NodeHash(l.hash(level-1, 2*n), l.hash(level-1, 2*n+1))
	case plain:
		h = tlog.RecordHash([]byte("filler\n"))
	default:
		h = tlog.RecordHash([]byte(l.texts[n]))
	}
	l.memo[key] = h
	return h
}

// ReadHashes implements tlog.HashReader.
func (l *fakeLog) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var all []tlog.Hash
	for _, index := range indexes {
		level, n := tlog.SplitStoredHashIndex(index)
		all = append(all, l.hash(int64(level), n))
	}
	return all, nil
}

// head returns the signed head of the tree of the given size.
func (l *fakeLog) head(size int64) string {
	hash, err := tlog.TreeHash(size, l)
	if err != nil {
		panic(err)
	}
	return l.sign(tlog.Tree{N: size, Hash: hash})
}

func (l *fakeLog) sign(tree tlog.Tree) string {
	signed, err := note.Sign(&note.Note{Text: string(tlog.FormatTree(tree))}, l.signer)
	if err != nil {
		panic(err)
	}
	return string(signed)
}

// read serves the log as an upstream does.
func (l *fakeLog) read(ctx context.Context, path string) ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l.reads[path]++
	data, replaced := l.replace[path]
	if !replaced {
		data = l.serve(strings.TrimPrefix(path, "sumdb/"+testName+"/"))
	}
	if data == nil {
		return nil, fmt.Errorf("test server: %w", feed.ErrNotFound)
	}
	if l.change != nil {
		data = l.change(path, slices.Clone(data))
	}
	return data, nil
}

func (l *fakeLog) serve(path string) []byte {
	kind, rest, _ := strings.Cut(path, "/")
	switch kind {
	case "supported":
		return []byte{}
	case "latest":
		return []byte(l.head(l.size))
	case "lookup":
		return l.lookup(rest)
	}
	tile, err := tlog.ParseTilePath(path)
	if err != nil || tile.H != height {
		return nil
	}
	available := l.size>>(height*tile.L) - tile.N<<height
	if available < int64(tile.W) || l.whole && tile.W < 1<<height && available >= 1<<height {
		return nil
	}
	data, err := tlog.ReadTileData(tile, l)
	if err != nil {
		panic(err)
	}
	return data
}

func (l *fakeLog) lookup(escaped string) []byte {
	path, version, _ := strings.Cut(escaped, "@")
	path, _ = module.UnescapePath(path)
	id, ok := l.ids[path+"@"+version]
	if !ok || id >= l.size {
		return nil
	}
	size := l.size
	if l.headSize != nil {
		size = l.headSize(id)
	}
	return fmt.Appendf(nil, "%d\n%s\n%s", id, l.texts[id], l.head(size))
}
