package mirror

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"

	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

// planned is one package: as the feed holds it, and as it will.
type planned struct {
	old, new feed.Package
	from     string // upstream that was asked
	items    []item
	kept     int  // releases that are held already
	touched  bool // an upstream was asked, so that new may differ from old
	changed  bool // documents and record are to be written
	rendered bool
	left     atomic.Int64 // items that are not fetched yet
	notes    []string
}

// item is one file to fetch.
type item struct {
	release, file int       // indexes into planned.new
	source        feed.File // as the upstream offers it, with what every lock says of it
}

func isNotFound(err error) bool { return errors.Is(err, feed.ErrNotFound) }

// isDamage reports whether an error means that a part of the ledger is not what
// its digest says.
func isDamage(err error) bool {
	var integrity *feed.IntegrityError
	return errors.As(err, &integrity)
}

// plan finds out what is new: for each package of the graphs, the releases and
// files that the feed lacks.
func (r *run) plan(ctx context.Context, j *job) error {
	all := wants(j.graphs)
	names := slices.Sorted(maps.Keys(all))
	j.packages = make([]*planned, len(names))
	r.phase("Planning "+j.Name, int64(len(names)))
	return each(ctx, len(names), r.jobs(), func(ctx context.Context, i int) error {
		defer r.progress(1)
		p, err := r.planPackage(ctx, j, names[i], all[names[i]])
		j.packages[i] = p
		return err
	})
}

func (r *run) planPackage(ctx context.Context, j *job, name string, wanted []*want) (*planned, error) {
	old, err := j.shelf.savedPackage(ctx, name)
	if err != nil && !isNotFound(err) {
		return nil, err
	}
	p := &planned{old: old, new: old}
	p.new.PackageKey = feed.PackageKey{Ecosystem: j.Name, Name: name}
	p.new.Releases = slices.Clone(old.Releases)
	missing, err := r.missing(ctx, old, wanted)
	if err != nil {
		return nil, err
	}
	p.kept = len(wanted) - len(missing)
	if len(missing) == 0 && !j.tagAsked(name) {
		if asked, err := r.upgrades(ctx, j, old); err != nil || !asked {
			return p, err
		}
	}
	if err := r.takeMissing(ctx, j, name, missing); err != nil {
		return nil, err
	}
	return p, r.merge(ctx, j, p, wanted, missing)
}

// upgrades asks, when upgrading, what the upstream says today of a package that
// needs nothing, and reports whether there is an answer. A package that its owner
// pushed is not asked for; one that the upstream has lost stays as it is.
func (r *run) upgrades(ctx context.Context, j *job, old feed.Package) (bool, error) {
	pushed := slices.ContainsFunc(old.Releases, func(r feed.Release) bool { return r.Kind == feed.Pushed })
	if !r.Upgrade || pushed || j.Fixed {
		return false, nil
	}
	if _, taken := j.shelf.get(old.Name); taken {
		return true, nil
	}
	err := j.shelf.take(ctx, old.Name, nil)
	if isNotFound(err) {
		return false, nil
	}
	return err == nil, err
}

// tagAsked reports whether an upstream said in this run where a tag points.
func (j *job) tagAsked(name string) bool {
	t, taken := j.shelf.get(name)
	return taken && j.Fixed && len(t.Tags) > 0
}

// missing returns the wanted releases that the feed does not hold whole.
func (r *run) missing(ctx context.Context, old feed.Package, wanted []*want) ([]*want, error) {
	var missing []*want
	for _, w := range wanted {
		release := old.Release(w.version)
		if release == nil {
			missing = append(missing, w)
			continue
		}
		whole, err := r.whole(ctx, release, w)
		if err != nil {
			return nil, err
		}
		if !whole {
			missing = append(missing, w)
		}
	}
	return missing, nil
}

// whole reports whether every file of a saved release that w needs is there, one
// that the feed has never heard of among them. A lock that pins other bytes than the feed holds is refused.
func (r *run) whole(ctx context.Context, release *feed.Release, w *want) (bool, error) {
	if !w.knownTo(release) {
		return false, nil
	}
	for _, file := range release.Files {
		pinned, err := w.pinned(release, file)
		if err != nil {
			return false, err
		}
		if algorithm := pinned.Conflict(file.Digests); algorithm != "" {
			return false, &feed.IntegrityError{
				Path: file.Path,
				Got:  "the feed holds " + algorithm + ":" + file.Digests[algorithm],
				Want: "the lock pins " + algorithm + ":" + pinned[algorithm],
			}
		}
		if !w.covers(file) {
			continue
		}
		held, err := r.held(ctx, file)
		if err != nil || !held {
			return false, err
		}
	}
	return true, nil
}

// held reports whether the feed has the file: by its size, or, when repairing,
// by its digest.
func (r *run) held(ctx context.Context, file feed.File) (bool, error) {
	if file.Absent {
		return false, nil
	}
	if r.Repair {
		return r.feed.Matches(ctx, file)
	}
	size, err := r.feed.Stat(file.Path)
	if isNotFound(err) {
		return false, nil
	}
	return size == file.Size, err
}

// takeMissing asks the upstreams for what is missing, once for the package.
func (r *run) takeMissing(ctx context.Context, j *job, name string, missing []*want) error {
	before, _ := j.shelf.get(name)
	var versions []string
	for _, w := range missing {
		if before.Release(w.version) == nil {
			versions = append(versions, w.version)
		}
	}
	if len(versions) == 0 {
		return nil
	}
	return j.shelf.take(ctx, name, versions)
}

// merge puts what was taken beside what the feed holds. Saved releases keep
// their bytes whatever the upstream says today.
func (r *run) merge(ctx context.Context, j *job, p *planned, wanted, missing []*want) error {
	t, _ := j.shelf.get(p.new.Name)
	p.from, p.touched = t.upstream, true
	for i := range p.new.Releases {
		if offered := t.Release(p.new.Releases[i].Version); offered != nil && !j.Fixed {
			if err := p.refresh(&p.new.Releases[i], *offered, j.Merge); err != nil {
				return err
			}
		}
	}
	for _, w := range wanted {
		if !slices.Contains(missing, w) && !p.gained(w.version) {
			continue
		}
		offered := t.Release(w.version)
		if offered == nil {
			return fmt.Errorf("%s@%s: %w", p.new.Name, w.version, feed.ErrNotFound)
		}
		if err := r.admit(ctx, p, w, *offered, t.upstream); err != nil {
			return err
		}
	}
	slices.SortStableFunc(p.new.Releases, func(a, b feed.Release) int { return j.Compare(a.Version, b.Version) })
	p.reindex()
	if len(missing) > 0 || r.Upgrade || j.tagAsked(p.new.Name) {
		p.new.Metadata = t.Metadata
		tags := t.Tags
		if j.Fixed {
			tags = moveTags(p.old.Tags, t.Tags)
		}
		p.new.Tags = heldTags(tags, p.new)
	}
	return nil
}

// gained reports whether a release that the feed holds has files that it had not
// heard of before.
func (p *planned) gained(version string) bool {
	old, now := p.old.Release(version), p.new.Release(version)
	return old != nil && now != nil && len(now.Files) > len(old.Files)
}

// admit adds one release as the upstream offers it, or the files that a saved
// one lacks.
func (r *run) admit(ctx context.Context, p *planned, w *want, offered feed.Release, from string) error {
	saved := p.new.Release(w.version)
	if saved == nil {
		offered.Kind = feed.Saved
		offered.Origin.Upstream, offered.Origin.Time = from, r.Time
		offered.Origin.URL = web.Redact(offered.Origin.URL)
		p.new.Releases = append(p.new.Releases, offered)
		saved = &p.new.Releases[len(p.new.Releases)-1]
		saved.Files = slices.Clone(offered.Files)
		for i := range saved.Files {
			saved.Files[i].Absent = true
			saved.Files[i].URL = web.Redact(saved.Files[i].URL)
		}
	} else {
		saved.Files = slices.Clone(saved.Files)
	}
	for i, file := range saved.Files {
		source, found := fileAt(offered.Files, file.Path)
		if !w.covers(file) || !found {
			continue
		}
		held, err := r.held(ctx, file)
		if err == nil && !held {
			err = p.fetchLater(saved, i, source, w)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// fetchLater plans the download of one file of a release, after what the
// upstream, the feed and the locks say of its bytes was compared.
func (p *planned) fetchLater(release *feed.Release, index int, source feed.File, w *want) error {
	file := &release.Files[index]
	pinned, err := w.pinned(release, *file)
	if err != nil {
		return err
	}
	for _, claim := range []struct {
		who     string
		digests feed.Digests
	}{{"the lock pins ", pinned}, {"the feed holds ", file.Digests}} {
		if algorithm := claim.digests.Conflict(source.Digests); algorithm != "" {
			return &feed.IntegrityError{
				Path: web.Redact(source.URL),
				Got:  "the upstream offers " + algorithm + ":" + source.Digests[algorithm],
				Want: claim.who + algorithm + ":" + claim.digests[algorithm],
			}
		}
	}
	file.Absent = false
	source.Digests = source.Digests.Merge(pinned).Merge(file.Digests)
	source.Absent = false
	p.items = append(p.items, item{release: indexOf(p.new.Releases, release.Version), file: index, source: source})
	return nil
}

func indexOf(releases []feed.Release, version string) int {
	return slices.IndexFunc(releases, func(r feed.Release) bool { return r.Version == version })
}

func fileAt(files []feed.File, path string) (feed.File, bool) {
	for _, file := range files {
		if file.Path == path {
			return file, true
		}
	}
	return feed.File{}, false
}

// reindex lets the items point at their releases again after sorting.
func (p *planned) reindex() {
	at := map[string][2]int{}
	for i, release := range p.new.Releases {
		for k, file := range release.Files {
			at[file.Path] = [2]int{i, k}
		}
	}
	for i := range p.items {
		place := at[p.items[i].source.Path]
		p.items[i].release, p.items[i].file = place[0], place[1]
	}
}

// moveTags returns the tags of before, as far as now does not move them, and those
// of now.
func moveTags(before, now map[string]string) map[string]string {
	tags := map[string]string{}
	maps.Copy(tags, before)
	maps.Copy(tags, now)
	return tags
}

// heldTags keeps the tags that point at releases of p.
func heldTags(tags map[string]string, p feed.Package) map[string]string {
	held := map[string]string{}
	for tag, version := range tags {
		if p.Release(version) != nil {
			held[tag] = version
		}
	}
	if len(held) == 0 {
		return nil
	}
	return held
}

// refresh takes over what the upstream says of a saved release today. When it
// offers other bytes, nothing is taken over, and a note says so.
func (p *planned) refresh(saved *feed.Release, offered feed.Release, merge mergeMetadata) error {
	grown, changed, err := grow(*saved, offered, merge)
	if changed != "" {
		p.notes = append(p.notes, fmt.Sprintf("%s@%s: the upstream now offers other bytes%s", p.new.Name, saved.Version, changed))
	}
	*saved = grown
	return err
}

type mergeMetadata = func(saved, offered json.RawMessage) (json.RawMessage, error)

// grow returns a saved release with what the upstream says of it today: its files
// and, beside them, those that the upstream has and the feed lacks. When it offers
// other bytes for one that the feed has, changed tells which, and the release is as
// it was.
func grow(saved, offered feed.Release, merge mergeMetadata) (grown feed.Release, changed string, err error) {
	for _, file := range saved.Files {
		source, found := fileAt(offered.Files, file.Path)
		if algorithm := file.Digests.Conflict(source.Digests); found && algorithm != "" {
			return saved, fmt.Sprintf(" (%s %s); the feed keeps its own (%s)", algorithm, source.Digests[algorithm], file.Digests[algorithm]), nil
		}
	}
	for _, source := range offered.Files { // an index may offer more of a release than it did
		if _, found := fileAt(saved.Files, source.Path); !found {
			source.Absent, source.URL = true, web.Redact(source.URL)
			saved.Files = append(slices.Clip(saved.Files), source)
		}
	}
	if merge != nil {
		if offered.Metadata, err = merge(saved.Metadata, offered.Metadata); err != nil {
			return saved, "", err
		}
	}
	saved.Metadata, saved.Published = offered.Metadata, offered.Published
	saved.Deprecated, saved.Yanked = offered.Deprecated, offered.Yanked
	return saved, "", nil
}
