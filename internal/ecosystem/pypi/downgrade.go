package pypi

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/solve"
	"github.com/feedctl/feedctl/pkg/feed"
)

// DowngradeError says that installers which resolve against the feed, without the
// lock, come to older versions than the lock has, and say nothing of it: what the
// newer ones need is not there.
type DowngradeError struct {
	Input string
	Cases []string // one line for each release and target
}

func (e *DowngradeError) Error() string {
	return e.Input + ": a client that resolves against the feed gets older versions than the lock has:\n  " + strings.Join(e.Cases, "\n  ") +
		"\n  mirror the lock again for this target"
}

// errUpstreams says that an index is more than a feed.
var errUpstreams = errors.New("upstreams are asked too")

// downgrades resolves what a lock's project asks for from the feed alone, and
// compares with the lock. It does nothing while upstreams can be asked, and where
// the feed leads to no solution at all, which no client takes silently.
func (g *graph) downgrades(ctx context.Context) error {
	if g.request.Options[ecosystem.LockedOnly] != "true" || g.request.LockDigest == "" || len(g.request.Requirements) == 0 {
		return nil
	}
	held := &resolution{request: g.request, index: g.index, settings: g.settings, targets: g.targets, reader: g.reader}
	var err error
	if held.catalog, err = held.newCatalog(); err != nil {
		return err
	}
	held.catalog.index = savedIndex{g.index}
	held.believe.Store(true)
	found := &DowngradeError{Input: g.request.Input}
	for t, u := range g.usages {
		in, err := held.input(t, nil, false)
		if err != nil {
			return err
		}
		solution, err := solve.Resolve(ctx, in, &universe{held, t, g.targets[t]})
		switch {
		case errors.Is(err, errUpstreams):
			return nil
		case isConflict(err):
			continue
		case err != nil:
			return err
		}
		found.compare(g, u, &solution)
	}
	if len(found.Cases) > 0 {
		return found
	}
	return nil
}

// compare notes the releases of a lock that a solution has in an older version.
func (e *DowngradeError) compare(g *graph, u *usage, solution *solve.Solution) {
	for i := range solution.Packages {
		p := &solution.Packages[i]
		var newest version.Version
		for _, at := range u.runtime[p.Name] {
			if newest.Less(g.versions[at]) {
				newest = g.versions[at]
			}
		}
		if !newest.IsZero() && !newest.IsPrerelease() && p.Candidate.Version.Less(newest) {
			e.Cases = append(e.Cases, fmt.Sprintf("%s: %s %s, the lock has %s", u.describe(), p.Name, p.Candidate.Version, newest))
		}
	}
}

// savedIndex is an index as long as it offers nothing but what the feed holds. Files
// that the feed has left out are on no page of it.
type savedIndex struct{ ecosystem.Index }

// Versions implements ecosystem.Index.
func (x savedIndex) Versions(ctx context.Context, name string, _ func(feed.Version) bool) ([]feed.Version, error) {
	versions, err := x.Index.Versions(ctx, name, nil)
	if err != nil {
		return nil, err
	}
	versions = slices.Clone(versions)
	for i := range versions {
		if !versions[i].Saved {
			return nil, errUpstreams
		}
		release, err := x.Release(ctx, name, versions[i].Version)
		if err != nil {
			return nil, err
		}
		known, err := decodeFacts(name, release.Version, release.Metadata)
		if err != nil {
			return nil, err
		}
		known.Files = slices.DeleteFunc(known.Files, func(f fileFacts) bool { return !holds(&release, f.Name) })
		if versions[i].Metadata, err = known.encode(); err != nil {
			return nil, err
		}
	}
	return versions, nil
}

// holds reports whether the feed holds a file of a release.
func holds(release *feed.Release, filename string) bool {
	return slices.ContainsFunc(release.Files, func(f feed.File) bool { return !f.Absent && path.Base(f.Path) == filename })
}
