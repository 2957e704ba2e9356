package sumdb

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/feedctl/feedctl/pkg/feed"
)

// Read returns a file of the feed by its path; feed.ErrNotFound when there is
// none.
type Read func(ctx context.Context, path string) ([]byte, error)

// Prove checks the record of one release of a module against the feed alone: the
// signature of its head, its text, the digests of the release's .zip and .mod
// files, and that the feed's tiles prove it under its own head and under the
// newest. All that is wrong is joined.
func Prove(ctx context.Context, r Record, modulePath string, release feed.Release, read Read) error {
	key := feed.VersionKey{PackageKey: feed.PackageKey{Ecosystem: Ecosystem, Name: modulePath}, Version: release.Version}
	db, err := openDatabase(r.Key)
	if err != nil {
		return &feed.PackageError{Key: key, Err: err}
	}
	path, err := db.lookupPath(modulePath, release.Version)
	if err != nil {
		return &feed.PackageError{Key: key, Err: err}
	}
	var all []error
	for _, err := range []error{checkText(r, modulePath, release), proveInclusion(ctx, db, r, folder+path, read)} {
		if err != nil {
			all = append(all, &feed.PackageError{Key: key, Err: err})
		}
	}
	return errors.Join(all...)
}

// checkText checks that the record is the release's, and that the release's
// files have its digests.
func checkText(r Record, modulePath string, release feed.Release) error {
	a, err := parseAnswer(Lookup(r), modulePath, release.Version)
	if err != nil {
		return err
	}
	if a.id != r.ID || a.text != r.Text || a.head != r.Head {
		return errors.New("the record is not what clients would read from its lookup")
	}
	var all []error
	for _, file := range release.Files {
		if want, got := a.sums.of(file), file.Digests[digest]; want != got {
			all = append(all, &feed.IntegrityError{
				Path: file.Path,
				Got:  fmt.Sprintf("%s:%s in the ledger", digest, got),
				Want: fmt.Sprintf("%s:%s, as record %d of the checksum database has it", digest, want, r.ID),
			})
		}
	}
	return errors.Join(all...)
}

// proveInclusion proves the record under its own head and the newest of the feed.
func proveInclusion(ctx context.Context, db database, r Record, what string, read Read) error {
	own, err := db.open(r.Head)
	if err != nil {
		return err
	}
	latest := folder + db.path("latest")
	data, err := read(ctx, latest)
	if err != nil {
		return fmt.Errorf("%s: %w", latest, err)
	}
	newest, err := db.open(string(data))
	if err != nil {
		return fmt.Errorf("%s: %w", latest, err)
	}
	t := feedTiles(db, read)
	err = t.includes(ctx, own.Tree, what, []Record{r})
	switch {
	case newest.N < own.N:
		err = errors.Join(err, fmt.Errorf("%s: the tree of size %d is older than that of the record, of size %d", latest, newest.N, own.N))
	case newest.Tree != own.Tree:
		err = errors.Join(err, t.includes(ctx, newest.Tree, what, []Record{r}))
	}
	return err
}

// feedTiles reads tiles of the feed. Partial tiles must be there themselves,
// though clients make do with the complete ones.
func feedTiles(db database, read Read) *tiles {
	return newTiles(func(ctx context.Context, tile tlog.Tile) ([]byte, error) {
		path := folder + db.path(tile.Path())
		data, err := read(ctx, path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return data, nil
	})
}

// ProveHeads checks a package of evidence against the feed alone: the signature
// of every head, that the feed's tiles lead to each root hash, and that each head
// extends the one before. By the argument at chooseHead each is then proven
// against every later one. Of a package of tiles nothing is left to check: its
// files have digests, and what they prove is checked by those who need it.
func ProveHeads(ctx context.Context, p feed.Package, read Read) error {
	if strings.Contains(p.Name, "/tile/") {
		return nil
	}
	heads, db, err := readHeads(p)
	if err != nil {
		return err
	}
	t := feedTiles(db, read)
	var all []error
	for i, h := range heads {
		older := h
		if i > 0 {
			older = heads[i-1]
		}
		what := fmt.Sprintf("%s@%d", p.Name, h.N)
		all = append(all, t.extends(ctx, h.Tree, older.Tree, what))
	}
	return errors.Join(all...)
}
