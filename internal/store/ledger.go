package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/pkg/feed"
)

// pending is what a run changes in the ledger of one ecosystem.
type pending struct {
	profile  *feed.Profile
	packages map[string]packageChange // by name
	roots    map[string]string        // digest by id; empty takes the root away
}

type packageChange struct {
	to    *entry // nil takes the package away
	delta tally
}

// tally counts what the manifest says of an ecosystem.
type tally struct {
	packages, releases, files int
	bytes                     int64
}

func (t tally) plus(other tally, sign int) tally {
	return tally{
		packages: t.packages + sign*other.packages,
		releases: t.releases + sign*other.releases,
		files:    t.files + sign*other.files,
		bytes:    t.bytes + int64(sign)*other.bytes,
	}
}

// count tallies one package: artifacts that are held, each path once. Evidence
// is no package.
func count(p feed.Package) tally {
	t := tally{packages: 1, releases: len(p.Releases)}
	if p.Evidence {
		t = tally{}
	}
	seen := map[string]bool{}
	for _, release := range p.Releases {
		for _, file := range release.Files {
			if !file.Absent && !seen[file.Path] {
				seen[file.Path] = true
				t.files++
				t.bytes += file.Size
			}
		}
	}
	return t
}

// latest returns the newest version that is not yanked; when all are, the newest.
func latest(p feed.Package) string {
	for _, release := range slices.Backward(p.Releases) {
		if release.Yanked == nil {
			return release.Version
		}
	}
	if n := len(p.Releases); n > 0 {
		return p.Releases[n-1].Version
	}
	return ""
}

// Summarize returns what the lists of the ledger say of a package.
func Summarize(p feed.Package) feed.Summary { return feed.Summary{Name: p.Name, Latest: latest(p)} }

// change runs f on the pending changes of an ecosystem.
func (w *Writer) change(ecosystem string, f func(*pending)) error {
	if err := checkEcosystem(ecosystem); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return errEnded
	}
	p := w.ledgers[ecosystem]
	if p == nil {
		p = &pending{packages: map[string]packageChange{}, roots: map[string]string{}}
		w.ledgers[ecosystem] = p
	}
	f(p)
	return nil
}

// SetProfile sets how an ecosystem is mirrored and rendered.
func (w *Writer) SetProfile(ecosystem string, profile feed.Profile) error {
	return w.change(ecosystem, func(p *pending) { p.profile = &profile })
}

// PutPackage sets the ledger record of a package: all of it, whatever it was
// before.
func (w *Writer) PutPackage(ecosystem string, p feed.Package) error {
	key := feed.PackageKey{Ecosystem: ecosystem, Name: p.Name}
	path, err := RecordPath(ecosystem, p.Name)
	if err == nil {
		err = checkPackage(key, p)
	}
	if err != nil {
		return err
	}
	data, err := encodePackage(p)
	if err != nil {
		return &feed.PackageError{Key: feed.VersionKey{PackageKey: key}, Err: fmt.Errorf("ledger record: %w", err)}
	}
	ctx := context.Background() // nothing here waits for anybody but the disk
	release, err := w.occupy(ctx, path)
	if err != nil {
		return err
	}
	defer release()
	if err := w.besideTwins(ctx, ecosystem, p.Name); err != nil {
		return err
	}
	same, err := w.dir.holds(path, data)
	if err != nil {
		return err
	}
	if same {
		w.unstage(path)
	} else if err := w.writeBytes(path, ledgerDocument, data); err != nil {
		return err
	}
	to := &entry{Name: p.Name, Digest: feed.SHA256(data), Latest: latest(p)}
	return w.changePackage(ctx, ecosystem, p.Name, to, count(p))
}

// besideTwins refuses paths of this run that differ only by case from those of the
// packages whose names do.
func (w *Writer) besideTwins(ctx context.Context, ecosystem, name string) error {
	twins, err := w.feed.twins(ctx, ecosystem, name)
	if err != nil && !w.feed.salvages(err) {
		return err
	}
	for _, twin := range twins {
		for _, release := range twin.Releases {
			for _, file := range release.Files {
				if file.Absent {
					continue
				}
				if err := w.paths.beside(file.Path); err != nil {
					return fmt.Errorf("package %s is in the feed: %w", twin.PackageKey, err)
				}
			}
		}
	}
	return nil
}

// RemovePackage takes a package out of the ledger. Its files and documents are
// removed by Remove.
func (w *Writer) RemovePackage(ecosystem, name string) error {
	path, err := RecordPath(ecosystem, name)
	if err != nil {
		return err
	}
	ctx := context.Background() // nothing here waits for anybody but the disk
	release, err := w.occupy(ctx, path)
	if err != nil {
		return err
	}
	defer release()
	w.mu.Lock()
	delete(w.staged, path)
	w.removed[path] = true
	w.mu.Unlock()
	return w.changePackage(ctx, ecosystem, name, nil, tally{})
}

// changePackage writes down the change from the feed's entry of a package.
func (w *Writer) changePackage(ctx context.Context, ecosystem, name string, to *entry, now tally) error {
	old, err := w.feed.lookup(ctx, packagesOf(ecosystem), name)
	known := err == nil
	if err != nil && !errors.Is(err, feed.ErrNotFound) && !w.feed.salvages(err) {
		return err
	}
	unchanged := !w.Repair && (known && to != nil && old == *to || !known && to == nil)
	delta := now
	if known && !unchanged && !w.Repair {
		before, err := w.feed.Package(ctx, ecosystem, name)
		if err != nil {
			return err
		}
		delta = now.plus(count(before), -1)
	}
	return w.change(ecosystem, func(p *pending) {
		if unchanged {
			delete(p.packages, name)
			return
		}
		p.packages[name] = packageChange{to: to, delta: delta}
	})
}

// checkPackage refuses a record that could not be read back or that names paths
// outside of the feed.
func checkPackage(key feed.PackageKey, p feed.Package) error {
	refuse := func(version string, err error) error {
		return &feed.PackageError{Key: feed.VersionKey{PackageKey: key, Version: version}, Err: fmt.Errorf("ledger record: %w", err)}
	}
	if p.PackageKey != key {
		return refuse("", fmt.Errorf("is of ecosystem %q", p.Ecosystem))
	}
	seen := map[string]bool{}
	for _, release := range p.Releases {
		if release.Version == "" || seen[release.Version] {
			return refuse(release.Version, errors.New("version is empty or there twice"))
		}
		seen[release.Version] = true
		for _, file := range release.Files {
			if err := checkFilePath(file.Path); err != nil {
				return refuse(release.Version, err)
			}
		}
	}
	return nil
}

// PutRoot records what was asked for. A record of an equal request is replaced.
func (w *Writer) PutRoot(ecosystem string, root feed.RootRecord) error {
	if root.Ecosystem != ecosystem {
		return fmt.Errorf("request of ecosystem %q recorded for %q", root.Ecosystem, ecosystem)
	}
	id := RootID(root.Request)
	if root.Releases == nil {
		root.Releases = []string{}
	}
	data, err := indentedJSON(&root)
	if err != nil {
		return fmt.Errorf("request of %q: %w", root.Input, err)
	}
	path := rootPath(ecosystem, id)
	if err := w.change(ecosystem, func(p *pending) { p.roots[id] = feed.SHA256(data) }); err != nil {
		return err
	}
	return w.stageLedger(path, data)
}

// RemoveRoot takes a record of what was asked for out of the feed, by its
// [RootID].
func (w *Writer) RemoveRoot(ecosystem, id string) error {
	if !isRootID(id) {
		return fmt.Errorf("root %.40q: want 32 hex digits", id)
	}
	return w.change(ecosystem, func(p *pending) {
		p.roots[id] = ""
		delete(w.staged, rootPath(ecosystem, id))
		w.removed[rootPath(ecosystem, id)] = true
	})
}

// stageLedger stages a document of the ledger unless the feed has the same bytes.
func (w *Writer) stageLedger(path string, data []byte) error {
	same, err := w.dir.holds(path, data)
	if err != nil {
		return err
	}
	if same {
		w.unstage(path)
		return nil
	}
	return w.writeBytes(path, ledgerDocument, data)
}

// Packages yields every package of an ecosystem as it will be after Publish, in
// the order of [Feed.Packages].
func (w *Writer) Packages(ctx context.Context, ecosystem string) iter.Seq2[feed.Summary, error] {
	return func(yield func(feed.Summary, error) bool) {
		e, err := w.edited(ctx, ecosystem)
		if err != nil {
			yield(feed.Summary{}, err)
			return
		}
		e.items(ctx, e.root, func(item entry, err error) bool {
			return yield(feed.Summary{Name: item.Name, Latest: item.Latest}, err)
		})
	}
}

// edited returns the lists of an ecosystem's packages with the pending changes
// made.
func (w *Writer) edited(ctx context.Context, ecosystem string) (*edit, error) {
	changes := w.changes(ecosystem)
	if w.Repair {
		return w.rebuilt(ctx, packagesOf(ecosystem), changes)
	}
	return w.edit(ctx, packagesOf(ecosystem), changes)
}

// edit makes changes, which are sorted by hash, to the lists in the feed.
func (w *Writer) edit(ctx context.Context, t trie, changes []change) (*edit, error) {
	e := newEdit(w.feed, t)
	if len(changes) == 0 {
		return e, nil
	}
	return e, e.apply(ctx, e.root, changes)
}

// changes returns the pending changes of the packages, sorted by name hash.
func (w *Writer) changes(ecosystem string) []change {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.ledgers[ecosystem]
	if p == nil {
		return nil
	}
	changes := make([]change, 0, len(p.packages))
	for name, c := range p.packages {
		changes = append(changes, change{hash: nameHash(name), name: name, to: c.to})
	}
	slices.SortFunc(changes, func(a, b change) int { return strings.Compare(a.hash, b.hash) })
	return changes
}

// settle stages the lists of an ecosystem and returns what the manifest says of
// it.
func (w *Writer) settle(ctx context.Context, ecosystem string) (feed.EcosystemSummary, error) {
	summary := w.feed.manifest.Ecosystems[ecosystem]
	if p := w.ledgers[ecosystem]; p != nil && p.profile != nil {
		summary.Profile = *p.profile
	}
	e, err := w.edited(ctx, ecosystem)
	if err != nil {
		return summary, err
	}
	if summary.Ledger, err = w.stageLists(e); err != nil {
		return summary, err
	}
	if summary.Roots, err = w.settleRoots(ctx, ecosystem); err != nil {
		return summary, err
	}
	total, err := w.total(ctx, ecosystem, e)
	summary.Packages, summary.Releases, summary.Files, summary.Bytes = total.packages, total.releases, total.files, total.bytes
	return summary, err
}

// total counts what an ecosystem holds: what the manifest said and the changes,
// or, repairing, every record.
func (w *Writer) total(ctx context.Context, ecosystem string, e *edit) (tally, error) {
	if w.Repair {
		return w.recount(ctx, ecosystem, e)
	}
	old := w.feed.manifest.Ecosystems[ecosystem]
	total := tally{packages: old.Packages, releases: old.Releases, files: old.Files, bytes: old.Bytes}
	if p := w.ledgers[ecosystem]; p != nil {
		for _, c := range p.packages {
			total = total.plus(c.delta, 1)
		}
	}
	return total, nil
}

// stageLists stages what an edit changes and returns the digest of the first
// list.
func (w *Writer) stageLists(e *edit) (string, error) {
	digest, err := e.write(e.root, func(prefix string, data []byte) error {
		return w.stageLedger(e.trie.path(prefix), data)
	})
	if err != nil {
		return "", err
	}
	for _, prefix := range e.gone() {
		w.removed[e.trie.path(prefix)] = true
	}
	return digest, nil
}

// settleRoots stages the lists of root records and returns the digest of the
// first one.
func (w *Writer) settleRoots(ctx context.Context, ecosystem string) (string, error) {
	var changes []change
	if p := w.ledgers[ecosystem]; p != nil {
		for _, id := range slices.Sorted(maps.Keys(p.roots)) {
			c := change{hash: id, name: id}
			if digest := p.roots[id]; digest != "" {
				c.to = &entry{Name: id, Digest: digest}
			}
			changes = append(changes, c)
		}
	}
	edited := w.edit
	if w.Repair {
		edited = w.rebuilt
	}
	e, err := edited(ctx, rootsOf(ecosystem), changes)
	if err != nil {
		return "", err
	}
	return w.stageLists(e)
}
