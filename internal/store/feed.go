package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"sync"
	"time"

	"github.com/feedctl/feedctl/pkg/feed"
)

// Feed reads one feed. It is safe for concurrent use.
//
// What it returns of the ledger was checked against the digests of the hash
// tree, from feed.json down; what does not match is a *feed.IntegrityError. The
// manifest is read when the feed is opened: a Feed shows one state of it.
type Feed struct {
	// RolledForward is set when opening the feed finished a publish that had
	// been cut off.
	RolledForward bool

	tree     Tree
	dir      *Dir // nil over HTTP
	manifest feed.Manifest
	digest   string // of feed.json; empty when there is none
	salvage  *bool  // set by a Writer: records that no list vouches for are read

	mu    sync.Mutex
	lists map[string]*list // by path
}

// lockPatience is how long Open waits for another process to finish a publish.
const lockPatience = 10 * time.Second

// openTries is how often Open starts anew when a publish begins meanwhile.
const openTries = 3

// Open opens the feed in a directory. A directory that is empty or does not
// exist is an empty feed; one that holds other things is an error.
//
// Opening writes nothing, with one exception: a publish that was cut off is
// finished first, under the lock.
func Open(dir string) (*Feed, error) {
	d, err := openDir(dir)
	if err != nil {
		return nil, err
	}
	f, err := openSettled(d)
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return f, nil
}

// openSettled finishes a publish that was cut off, and opens the feed at a moment
// when none is under way: one that begins meanwhile may have shown half of itself.
func openSettled(d *Dir) (*Feed, error) {
	rolled := false
	for again := openTries; ; again-- {
		finished, err := finishPublish(d)
		if err != nil {
			return nil, err
		}
		rolled = rolled || finished
		f, err := openFeedDir(d)
		if again > 0 && d.exists(journalPath) == nil {
			continue
		}
		if err == nil {
			f.RolledForward = rolled
		}
		return f, err
	}
}

// finishPublish rolls a journal forward when there is one.
func finishPublish(d *Dir) (bool, error) {
	if err := d.exists(journalPath); err != nil {
		if errors.Is(err, feed.ErrNotFound) {
			return false, nil
		}
		return false, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), lockPatience)
	defer cancel()
	l, err := waitLock(ctx, d, holder{Command: "finishing a publish", Since: time.Now().UTC()})
	if err != nil {
		return false, fmt.Errorf("feed directory %s: a publish was cut off and has to be finished first: %w", d.name, err)
	}
	rolled, err := rollForward(d, noStep)
	return rolled, errors.Join(err, l.unlock())
}

func openFeedDir(d *Dir) (*Feed, error) {
	data, err := d.read(ManifestPath, maxManifest)
	if errors.Is(err, feed.ErrNotFound) {
		if err := checkEmpty(d); err != nil {
			return nil, err
		}
		f := newFeed(d)
		f.dir = d
		return f, nil
	}
	if err != nil {
		return nil, fmt.Errorf("feed directory %s: %w", d.name, err)
	}
	f, err := decodeFeed(d, data)
	if err != nil {
		return nil, fmt.Errorf("feed directory %s: %w", d.name, err)
	}
	f.dir = d
	return f, nil
}

// checkEmpty reports a directory that holds anything but what feedctl, a disk or
// a version control system keeps for itself.
func checkEmpty(d *Dir) error {
	names, err := d.names(".")
	if err != nil {
		return fmt.Errorf("feed directory %s: %w", d.name, err)
	}
	for _, name := range names {
		if !strings.HasPrefix(name, ".") && name != "lost+found" {
			return fmt.Errorf("directory %s is not a feed and not empty: it has no %s but holds %q; choose another directory or empty this one",
				d.name, ManifestPath, name)
		}
	}
	return nil
}

// OpenTree opens a feed that lies anywhere, behind a web server for instance. A
// tree without feed.json is feed.ErrNotFound.
func OpenTree(ctx context.Context, tree Tree) (*Feed, error) {
	data, err := readFile(ctx, tree, ManifestPath, maxManifest)
	if err != nil {
		return nil, fmt.Errorf("no feed can be read here: %w", err)
	}
	return decodeFeed(tree, data)
}

func decodeFeed(tree Tree, data []byte) (*Feed, error) {
	manifest, err := decodeManifest(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", ManifestPath, err)
	}
	f := newFeed(tree)
	f.manifest, f.digest = manifest, feed.SHA256(data)
	return f, nil
}

func newFeed(tree Tree) *Feed {
	return &Feed{
		tree:     tree,
		manifest: feed.Manifest{Format: feed.Format, Ecosystems: map[string]feed.EcosystemSummary{}},
		lists:    map[string]*list{},
	}
}

// Close releases the directory. A Writer closes its own Feed.
func (f *Feed) Close() error {
	if f.dir == nil {
		return nil
	}
	return f.dir.Close()
}

// Manifest returns the manifest; an empty feed's has Sequence 0. The caller must
// not change it.
func (f *Feed) Manifest(context.Context) (feed.Manifest, error) { return f.manifest, nil }

// Digest returns "sha256:…" of feed.json, or "" when the feed is empty.
func (f *Feed) Digest() string { return f.digest }

// Dir returns the feed's directory, or nil when the feed is not in one.
func (f *Feed) Dir() *Dir { return f.dir }

// Open opens any file of the feed, unchecked. An unknown path is feed.ErrNotFound.
func (f *Feed) Open(ctx context.Context, path string) (io.ReadCloser, error) {
	return f.tree.Open(ctx, path)
}

// ReadFile reads any file of the feed, unchecked. More than limit bytes are an
// error.
func (f *Feed) ReadFile(ctx context.Context, path string, limit int64) ([]byte, error) {
	return readFile(ctx, f.tree, path, limit)
}

// Package returns the record of a package. A name that the ledger does not list
// is feed.ErrNotFound.
func (f *Feed) Package(ctx context.Context, ecosystem, name string) (feed.Package, error) {
	path, err := RecordPath(ecosystem, name)
	if err != nil {
		return feed.Package{}, fmt.Errorf("%w: %w", feed.ErrNotFound, err)
	}
	item, err := f.lookup(ctx, packagesOf(ecosystem), name)
	if err != nil && !f.salvages(err) {
		return feed.Package{}, err
	}
	data, err := f.readVouched(ctx, path, item.Digest, maxRecord)
	if err != nil {
		return feed.Package{}, err
	}
	p, err := decodePackage(data, feed.PackageKey{Ecosystem: ecosystem, Name: name})
	if err != nil {
		return feed.Package{}, &feed.IntegrityError{Path: path, Got: err.Error(), Want: "a ledger record"}
	}
	return p, nil
}

// salvages reports whether a damaged list is to be done without.
func (f *Feed) salvages(err error) bool {
	var integrity *feed.IntegrityError
	return f.salvage != nil && *f.salvage && errors.As(err, &integrity)
}

// Packages yields every package of an ecosystem. The order is that of the lists:
// the same for the same set of packages, but by name only up to 256 of them.
func (f *Feed) Packages(ctx context.Context, ecosystem string) iter.Seq2[feed.Summary, error] {
	return func(yield func(feed.Summary, error) bool) {
		for item, err := range f.items(ctx, packagesOf(ecosystem)) {
			if !yield(feed.Summary{Name: item.Name, Latest: item.Latest}, err) {
				return
			}
		}
	}
}

// readVouched reads a document of the ledger whose digest is known; with the
// digest "" any bytes will do.
func (f *Feed) readVouched(ctx context.Context, path, want string, limit int64) ([]byte, error) {
	data, err := readFile(ctx, f.tree, path, limit)
	switch {
	case errors.Is(err, feed.ErrNotFound) && want != "":
		err = &feed.IntegrityError{Path: path, Got: "no such file", Want: want}
	case err == nil && want != "" && feed.SHA256(data) != want:
		err = &feed.IntegrityError{Path: path, Got: feed.SHA256(data), Want: want}
	case err == nil:
		return data, nil
	default:
		return nil, err
	}
	if f.published(ctx) {
		return nil, fmt.Errorf("%w: the feed was published anew while it was being read; run the command again", err)
	}
	return nil, err
}

// published reports whether feed.json is another one than when the feed was
// opened.
func (f *Feed) published(ctx context.Context) bool {
	data, err := readFile(ctx, f.tree, ManifestPath, maxManifest)
	return err == nil && f.digest != "" && feed.SHA256(data) != f.digest
}

// Changed reports whether the feed is another one than when it was opened, or is
// becoming one: what was read of it since may then be of both. Over HTTP a publish
// under way may not be seen; there Changed waits, and asks again.
func (f *Feed) Changed(ctx context.Context) bool {
	if f.published(ctx) || f.publishing(ctx) {
		return true
	}
	if f.dir != nil {
		return false
	}
	select {
	case <-time.After(publishPatience):
	case <-ctx.Done():
	}
	return f.published(ctx)
}

// publishing reports whether a journal can be seen.
func (f *Feed) publishing(ctx context.Context) bool {
	body, err := f.tree.Open(ctx, journalPath)
	return err == nil && body.Close() == nil
}

// publishPatience is how long a publish of usual size takes.
const publishPatience = time.Second

// Stat returns the size of a file in the feed's directory; of what is no regular
// file there, feed.ErrNotFound. Over HTTP it is errors.ErrUnsupported.
func (f *Feed) Stat(path string) (int64, error) {
	if f.dir == nil {
		return 0, fmt.Errorf("size of %s over HTTP: %w", path, errors.ErrUnsupported)
	}
	return f.dir.Stat(path)
}

// Walk yields everything in the feed's directory that is no folder, without
// .feedctl. Over HTTP it is errors.ErrUnsupported.
func (f *Feed) Walk(ctx context.Context) iter.Seq2[Entry, error] {
	if f.dir == nil {
		return func(yield func(Entry, error) bool) {
			yield(Entry{}, fmt.Errorf("list of files over HTTP: %w", errors.ErrUnsupported))
		}
	}
	return f.dir.Walk(ctx)
}

// Matches reads an artifact and reports whether it has the size and every digest
// that file names. A file that does not exist does not match.
func (f *Feed) Matches(ctx context.Context, file feed.File) (bool, error) {
	body, err := f.tree.Open(ctx, file.Path)
	if errors.Is(err, feed.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer body.Close()
	got, err := measure(ctx, body, io.Discard, file, nil)
	if err != nil {
		return false, fmt.Errorf("%s: %w", file.Path, err)
	}
	return compare(got, file) == nil, nil
}
