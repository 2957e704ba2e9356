package sumdb

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"path"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/pkg/feed"
)

// most is how many tiles the record of a folder takes. A record is written anew
// whenever it grows: further tiles of the folder lie in a record for each hundred,
// so that one more costs little however many there are.
const most = 100

// tileRecord is a package of tiles on its way into the feed.
type tileRecord struct {
	name    string
	release feed.Release
	known   map[string]feed.Digests // of the release's files, by path
	grown   bool
}

// tilePackages returns the packages of tiles that grow by the proven tiles.
func (g *gathering) tilePackages(ctx context.Context, request ecosystem.EvidenceRequest) ([]feed.Package, error) {
	records := map[string]*tileRecord{}
	open := func(name string) (*tileRecord, error) {
		if records[name] != nil {
			return records[name], nil
		}
		old, err := savedPackage(ctx, request, name)
		records[name] = newTileRecord(name, old)
		return records[name], err
	}
	for _, tile := range slices.SortedFunc(maps.Keys(g.tiles.proven), func(a, b tlog.Tile) int { return cmp.Compare(a.Path(), b.Path()) }) {
		folder, err := open(tilesName(g.database.name, tile))
		if err != nil {
			return nil, err
		}
		hundred, err := open(hundredName(g.database.name, tile))
		if err != nil {
			return nil, err
		}
		if err := g.keep(g.tileFile(tile, g.tiles.proven[tile]), folder, hundred); err != nil {
			return nil, err
		}
	}
	var packages []feed.Package
	for _, name := range slices.Sorted(maps.Keys(records)) {
		if r := records[name]; r.grown {
			packages = append(packages, r.finish(g.upstream))
		}
	}
	return packages, nil
}

// tilesName returns the name of the package that holds the first tiles of a
// folder. A partial tile lies with the complete ones of its folder.
func tilesName(database string, tile tlog.Tile) string {
	return root + database + "/" + path.Dir(completed(tile).Path())
}

// hundredName returns the name of the package that holds a tile when the folder has
// many: the path without its last two digits.
func hundredName(database string, tile tlog.Tile) string {
	file := completed(tile).Path()
	return root + database + "/" + file[:len(file)-2]
}

func (g *gathering) tileFile(tile tlog.Tile, sum string) feed.File {
	path := g.database.path(tile.Path())
	return feed.File{
		Path:    folder + path,
		URL:     path,
		Size:    int64(tile.W) * tlog.HashSize,
		Digests: feed.Digests{"sha256": sum},
	}
}

func newTileRecord(name string, old feed.Package) *tileRecord {
	r := &tileRecord{name: name, release: feed.Release{Version: tilesLabel, Kind: feed.Saved}, known: map[string]feed.Digests{}}
	if saved := old.Release(tilesLabel); saved != nil {
		r.release = *saved
		r.release.Files = slices.Clone(saved.Files)
	}
	for _, file := range r.release.Files {
		r.known[file.Path] = file.Digests
	}
	return r
}

// keep adds a tile to one of its two records, unless one of them has it.
func (g *gathering) keep(file feed.File, folder, hundred *tileRecord) error {
	for _, r := range []*tileRecord{folder, hundred} {
		digests, has := r.known[file.Path]
		if algorithm := digests.Conflict(file.Digests); algorithm != "" {
			return &feed.IntegrityError{
				Path: file.Path,
				Got:  fmt.Sprintf("%s in the feed's ledger", digests),
				Want: fmt.Sprintf("%s, as the tile is proven by a signed tree head (upstream %q)", file.Digests, g.upstream),
			}
		}
		if has {
			return nil
		}
	}
	to := folder
	if len(folder.known) >= most {
		to = hundred
	}
	to.known[file.Path] = file.Digests
	to.release.Files = append(to.release.Files, file)
	to.grown = true
	return nil
}

// finish returns the package of a record that has grown.
func (r *tileRecord) finish(upstream string) feed.Package {
	slices.SortFunc(r.release.Files, func(a, b feed.File) int { return cmp.Compare(a.Path, b.Path) })
	r.release.Origin = feed.Origin{Upstream: upstream}
	return feed.Package{
		PackageKey: feed.PackageKey{Ecosystem: Ecosystem, Name: r.name},
		Evidence:   true,
		Releases:   []feed.Release{r.release},
	}
}
