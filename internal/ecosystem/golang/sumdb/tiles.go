package sumdb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/mod/sumdb/tlog"
	"golang.org/x/sync/errgroup"

	"github.com/feedctl/feedctl/pkg/feed"
)

// tiles reads the tiles of a log, each once, and remembers which of them were
// proven to belong to a signed tree.
type tiles struct {
	fetch func(ctx context.Context, tile tlog.Tile) ([]byte, error)

	mu     sync.Mutex
	read   map[tlog.Tile]*reading
	proven map[tlog.Tile]string // SHA-256 in hex
}

// reading is one tile, read by the first who asks.
type reading struct {
	once sync.Once
	data []byte
	err  error
}

func newTiles(fetch func(ctx context.Context, tile tlog.Tile) ([]byte, error)) *tiles {
	return &tiles{fetch: fetch, read: map[tlog.Tile]*reading{}, proven: map[tlog.Tile]string{}}
}

func (t *tiles) get(ctx context.Context, tile tlog.Tile) ([]byte, error) {
	t.mu.Lock()
	one := t.read[tile]
	if one == nil {
		one = &reading{}
		t.read[tile] = one
	}
	t.mu.Unlock()
	one.once.Do(func() { one.data, one.err = t.fetch(ctx, tile) })
	return one.data, one.err
}

// forget drops the bytes of a tile that nothing more is read from.
func (t *tiles) forget(tile tlog.Tile) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.read, tile)
}

// in returns the hashes of the log as the tree has them: none is returned that
// the tiles do not prove.
func (t *tiles) in(ctx context.Context, tree tlog.Tree) tlog.HashReader {
	return tlog.TileHashReader(tree, &treeReader{
		read: func(tile tlog.Tile) ([]byte, error) { return t.get(ctx, tile) },
		save: t.save,
	})
}

func (t *tiles) save(all []tlog.Tile, data [][]byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, tile := range all {
		if t.proven[tile] == "" {
			sum := sha256.Sum256(data[i])
			t.proven[tile] = hex.EncodeToString(sum[:])
		}
	}
}

// treeReader implements tlog.TileReader.
type treeReader struct {
	read func(tile tlog.Tile) ([]byte, error)
	save func(all []tlog.Tile, data [][]byte)
}

func (r *treeReader) Height() int { return height }

func (r *treeReader) SaveTiles(all []tlog.Tile, data [][]byte) { r.save(all, data) }

func (r *treeReader) ReadTiles(all []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(all))
	var group errgroup.Group
	for i, tile := range all {
		group.Go(func() error {
			got, err := r.read(tile)
			if err != nil {
				return &readError{err: err}
			}
			if len(got) != tile.W*tlog.HashSize {
				return &feed.IntegrityError{
					Path: tile.Path(),
					Got:  fmt.Sprintf("%d bytes", len(got)),
					Want: fmt.Sprintf("%d, the size of the tile", tile.W*tlog.HashSize),
				}
			}
			data[i] = got
			return nil
		})
	}
	return data, group.Wait()
}

// readError says that a tile could not be read, not that it is wrong.
type readError struct{ err error }

func (e *readError) Error() string { return e.err.Error() }
func (e *readError) Unwrap() error { return e.err }

// proofError returns err, which a proof under the tree ended with. What is no
// failure to read is an integrity error: package tlog says only that some tile
// does not lead to the tree's root hash.
func proofError(what string, tree tlog.Tree, err error) error {
	var integrity *feed.IntegrityError
	if errors.As(err, new(*readError)) || errors.As(err, &integrity) {
		return fmt.Errorf("%s in the tree of size %d: %w", what, tree.N, err)
	}
	return &feed.IntegrityError{
		Path: what,
		Got:  fmt.Sprintf("tiles that do not lead to the signed root hash %s of the tree of size %d (%v)", tree.Hash, tree.N, err),
		Want: "those of the log: the server's tiles are damaged, or of another log",
	}
}

// includes checks that the records are those with their numbers in the tree.
func (t *tiles) includes(ctx context.Context, tree tlog.Tree, what string, records []Record) error {
	indexes := make([]int64, len(records))
	for i, r := range records {
		if r.ID < 0 || r.ID >= tree.N {
			return fmt.Errorf("%s: record %d is not in the tree of size %d", what, r.ID, tree.N)
		}
		indexes[i] = tlog.StoredHashIndex(0, r.ID)
	}
	hashes, err := t.in(ctx, tree).ReadHashes(indexes)
	if err != nil {
		return proofError(what, tree, err)
	}
	for i, r := range records {
		if got := tlog.RecordHash([]byte(r.Text)); got != hashes[i] {
			return &feed.IntegrityError{
				Path: what,
				Got:  fmt.Sprintf("a text with hash %s for record %d: %q", got, r.ID, clip(r.Text)),
				Want: fmt.Sprintf("%s, the hash that the tree of size %d has; the record is forged or damaged", hashes[i], tree.N),
			}
		}
	}
	return nil
}

// extends checks that the newer tree begins with the older one. It reads the
// tiles that a client needs for that.
func (t *tiles) extends(ctx context.Context, newer, older tlog.Tree, what string) error {
	got, err := tlog.TreeHash(older.N, t.in(ctx, newer))
	if err != nil {
		return proofError(what, newer, err)
	}
	if got != older.Hash {
		return &feed.IntegrityError{
			Path: what,
			Got:  fmt.Sprintf("a tree of size %d whose first %d records have the root hash %s", newer.N, older.N, got),
			Want: fmt.Sprintf("%s, as in the head of size %d; two histories of one log are signed, which the operator of the database must explain", older.Hash, older.N),
		}
	}
	return nil
}
