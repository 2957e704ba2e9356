package sumdb

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/pkg/feed"
)

// tilePackages returns the packages of tiles that grow by the proven tiles.
func (g *gathering) tilePackages(ctx context.Context, request ecosystem.EvidenceRequest) ([]feed.Package, error) {
	byName := map[string][]feed.File{}
	for tile, sum := range g.tiles.proven {
		name := tilesName(g.database.name, tile)
		byName[name] = append(byName[name], g.tileFile(tile, sum))
	}
	var packages []feed.Package
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		old, err := savedPackage(ctx, request, name)
		if err != nil {
			return nil, err
		}
		p, grown, err := g.extend(old, name, byName[name])
		if err != nil {
			return nil, err
		}
		if grown {
			packages = append(packages, p)
		}
	}
	return packages, nil
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

// extend returns a package of tiles with the files that it lacks.
func (g *gathering) extend(old feed.Package, name string, files []feed.File) (feed.Package, bool, error) {
	release := feed.Release{Version: tilesLabel, Kind: feed.Saved}
	if saved := old.Release(tilesLabel); saved != nil {
		release = *saved
		release.Files = slices.Clone(saved.Files)
	}
	known := make(map[string]feed.Digests, len(release.Files))
	for _, file := range release.Files {
		known[file.Path] = file.Digests
	}
	grown := false
	for _, file := range files {
		digests, has := known[file.Path]
		if !has {
			grown = true
			release.Files = append(release.Files, file)
		} else if algorithm := digests.Conflict(file.Digests); algorithm != "" {
			return feed.Package{}, false, &feed.IntegrityError{
				Path: file.Path,
				Got:  fmt.Sprintf("%s in the feed's ledger", digests),
				Want: fmt.Sprintf("%s, as the tile is proven by a signed tree head (upstream %q)", file.Digests, g.upstream),
			}
		}
	}
	slices.SortFunc(release.Files, func(a, b feed.File) int { return cmp.Compare(a.Path, b.Path) })
	if grown {
		release.Origin = feed.Origin{Upstream: g.upstream}
	}
	return feed.Package{
		PackageKey: feed.PackageKey{Ecosystem: Ecosystem, Name: name},
		Evidence:   true,
		Releases:   []feed.Release{release},
	}, grown, nil
}
