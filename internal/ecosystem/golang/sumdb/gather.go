package sumdb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
	"golang.org/x/sync/errgroup"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/pkg/feed"
)

// parallel is how many files of the database are read at a time.
const parallel = 32

// gathering is one run of Gather.
type gathering struct {
	database database
	upstream string // the one that serves the database
	source   reader
	tiles    *tiles
	logged   []ecosystem.Added
	answers  []answer // to the lookups of logged
}

// Gather proves the added releases with the checksum database and returns the
// evidence: heads and tiles. The "h1" digests of their .zip and .mod files are
// filled in, and attach is given the record of each; nothing is changed unless
// all are proven. Modules that GONOSUMDB or GOPRIVATE names are not looked up
// and left alone, as the go command does it; with the option no-sumdb, or
// GOSUMDB=off, that is every module. A note says so.
//
// Errors: a module that the database does not know, with the GONOSUMDB line
// that leaves it out; a *feed.IntegrityError for what is signed, hashed or
// pinned otherwise.
func Gather(ctx context.Context, request ecosystem.EvidenceRequest, attach func(ecosystem.Added, Record) error) (ecosystem.Evidence, error) {
	s, err := readSettings(ctx, request.Environment, request.Options)
	if err != nil || len(request.Added) == 0 {
		return ecosystem.Evidence{}, err
	}
	if s.off != "" {
		return ecosystem.Evidence{Notes: s.notes(nil)}, nil
	}
	logged, unlogged := s.split(request.Added)
	evidence := ecosystem.Evidence{Notes: s.notes(unlogged)}
	if len(logged) == 0 {
		return evidence, nil
	}
	g, err := newGathering(ctx, request, s.database, logged)
	if err != nil {
		return ecosystem.Evidence{}, err
	}
	if err := g.lookUp(ctx, s); err != nil {
		return ecosystem.Evidence{}, err
	}
	if evidence.Packages, err = g.prove(ctx, request, attach); err != nil {
		return ecosystem.Evidence{}, err
	}
	return evidence, nil
}

func newGathering(ctx context.Context, request ecosystem.EvidenceRequest, db database, logged []ecosystem.Added) (*gathering, error) {
	upstream, err := chooseUpstream(ctx, request, db)
	if err != nil {
		return nil, err
	}
	source := newReader(request, upstream)
	return &gathering{
		database: db, upstream: upstream, source: source, logged: logged, answers: make([]answer, len(logged)),
		tiles: newTiles(func(ctx context.Context, tile tlog.Tile) ([]byte, error) { return source.tile(ctx, db, tile) }),
	}, nil
}

// lookUp asks for the record of every release.
func (g *gathering) lookUp(ctx context.Context, s settings) error {
	missing := make([]error, len(g.logged))
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, one := range g.logged {
		group.Go(func() error {
			a, err := g.lookUpOne(inner, one)
			if errors.Is(err, feed.ErrNotFound) {
				missing[i] = err
				return nil
			}
			g.answers[i] = a
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return g.unknown(s, missing)
}

func (g *gathering) lookUpOne(ctx context.Context, one ecosystem.Added) (answer, error) {
	key := feed.VersionKey{PackageKey: feed.PackageKey{Ecosystem: Ecosystem, Name: one.Name}, Version: one.Release.Version}
	path, err := g.database.lookupPath(one.Name, one.Release.Version)
	if err != nil {
		return answer{}, &feed.PackageError{Key: key, Err: err}
	}
	data, err := g.source.read(ctx, path)
	if err != nil {
		return answer{}, &feed.PackageError{Key: key, Upstream: g.upstream, Err: fmt.Errorf("checksum database %s: %w", g.database.name, err)}
	}
	a, err := parseAnswer(data, one.Name, one.Release.Version)
	if err != nil {
		return answer{}, &feed.PackageError{
			Key: key, Upstream: g.upstream,
			Err: &feed.IntegrityError{Path: path, Got: err.Error(), Want: "the record of this release"},
		}
	}
	return a, nil
}

// unknown returns the error for releases that the database has no record of.
func (g *gathering) unknown(s settings, missing []error) error {
	err := errors.Join(missing...)
	if err == nil {
		return nil
	}
	patterns := slices.Clone(s.unlogged)
	for i, one := range g.logged {
		if missing[i] != nil && !slices.Contains(patterns, one.Name) {
			patterns = append(patterns, one.Name)
		}
	}
	return fmt.Errorf("%w\nif these modules are private, set %s for this run and for the feed's clients", err, noSumDB(patterns))
}

// prove proves all answers under one head, hands out the records, and returns
// the packages of evidence that grow.
func (g *gathering) prove(ctx context.Context, request ecosystem.EvidenceRequest, attach func(ecosystem.Added, Record) error) ([]feed.Package, error) {
	old, err := savedPackage(ctx, request, root+g.database.name)
	if err != nil {
		return nil, err
	}
	chosen, isNew, err := g.chooseHead(ctx, old)
	if err != nil {
		return nil, err
	}
	records := make([]Record, len(g.answers))
	for i, a := range g.answers {
		records[i] = Record{ID: a.id, Text: a.text, Head: chosen.note, Key: g.database.key}
	}
	if err := g.checkRecords(ctx, chosen, records); err != nil {
		return nil, err
	}
	digests, err := g.digests()
	if err != nil {
		return nil, err
	}
	packages, err := g.tilePackages(ctx, request)
	if err != nil {
		return nil, err
	}
	if isNew {
		p, err := g.database.headsPackage(old, chosen, g.upstream)
		if err != nil {
			return nil, err
		}
		packages = append(packages, p)
	}
	slices.SortFunc(packages, func(a, b feed.Package) int { return cmp.Compare(a.Name, b.Name) })
	for i, one := range g.logged {
		for k := range one.Release.Files {
			one.Release.Files[k].Digests = digests[i][k]
		}
		if err := attach(one, records[i]); err != nil {
			return nil, fmt.Errorf("%s@%s: %w", one.Name, one.Release.Version, err)
		}
	}
	return packages, nil
}

// checkRecords checks the inclusion of every record. Those that share a tile of
// the lowest level are proven together; afterwards nothing is read from it.
func (g *gathering) checkRecords(ctx context.Context, h head, records []Record) error {
	byTile := map[int64][]Record{}
	for _, r := range records {
		byTile[r.ID>>height] = append(byTile[r.ID>>height], r)
	}
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for _, n := range slices.Sorted(maps.Keys(byTile)) {
		group.Go(func() error {
			err := g.tiles.includes(inner, h.Tree, g.where("lookup"), byTile[n])
			g.tiles.forget(tlog.Tile{H: height, N: n, W: 1 << height})
			return err
		})
	}
	return group.Wait()
}

// where names a document of the database for an error.
func (g *gathering) where(document string) string {
	return fmt.Sprintf("upstream %q: %s", g.upstream, g.database.path(document))
}

// digests returns the digests of every file of every release: what is known of
// it, and what the record says, which may not differ from what go.sum pinned.
func (g *gathering) digests() ([][]feed.Digests, error) {
	all := make([][]feed.Digests, len(g.logged))
	for i, one := range g.logged {
		all[i] = make([]feed.Digests, len(one.Release.Files))
		for k, file := range one.Release.Files {
			want := g.answers[i].sums.of(file)
			got := file.Digests[digest]
			switch {
			case want == "":
				all[i][k] = file.Digests
			case got == "" || got == want:
				all[i][k] = feed.Digests{digest: want}.Merge(file.Digests)
			default:
				return nil, &feed.IntegrityError{
					Path: file.Path,
					Got:  fmt.Sprintf("%s:%s, the digest that go.sum or the upstream's own ledger pins", digest, got),
					Want: fmt.Sprintf("%s:%s, as record %d of %s has it (upstream %q)", digest, want, g.answers[i].id, g.database.name, g.upstream),
				}
			}
		}
	}
	return all, nil
}
