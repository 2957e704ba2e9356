package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"sync"
	"time"

	"github.com/feedctl/feedctl/pkg/feed"
)

// Writer holds the lock on a feed and collects what one run changes, until
// Publish makes all of it the feed. Its methods are safe for concurrent use,
// Publish and Close apart.
//
// Nothing outside .feedctl changes before Publish. What was staged when a run
// ends without publishing stays there; the next run checks the artifacts among
// it and does not fetch them again.
type Writer struct {
	// Repair makes the Writer believe nothing that is in the feed's directory:
	// artifacts there are hashed and replaced when they are wrong, and lists of
	// the ledger are made anew from the records. It is set before anything else
	// is called.
	Repair bool

	dir   *Dir
	lock  *lock
	feed  *Feed
	paths *pathset
	step  steps

	leftovers bool            // an earlier run left a stage
	blank     bool            // the feed had no file when the lock was taken
	stage     *below          // nil until it is made
	folders   map[string]bool // made in the stage

	mu      sync.Mutex
	busy    map[string]chan struct{} // paths of artifacts being staged, closed when done
	staged  map[string]class         // what leaves the stage
	anew    map[string]bool          // staged files that replace one in the feed
	sums    map[string]sum           // artifacts of this run, changed or not
	written map[string]bool          // documents of this run, changed or not
	removed map[string]bool
	ledgers map[string]*pending // by ecosystem
	err     error               // of a call that returns none
	ended   bool
}

// class is what a staged file is. Files leave the stage in this order.
type class int

const (
	artifact class = iota
	leafDocument
	entryDocument
	ledgerDocument
	manifestDocument
)

// Lock takes the exclusive right to write the feed in dir, which is made when it
// does not exist. When another process has the lock, the error is a *LockedError
// that says who. A publish that was cut off is finished first.
//
// The command is what the holder of the lock is shown as; it must hold no
// secrets.
func Lock(ctx context.Context, dir, command string, now time.Time) (*Writer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	d, err := makeDir(dir)
	if err != nil {
		return nil, err
	}
	l, err := tryLock(d, holder{Command: command, Since: now.UTC()})
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	rolled, err := rollForward(d, noStep)
	var f *Feed
	if err == nil {
		f, err = openFeedDir(d)
	}
	if err != nil {
		return nil, errors.Join(err, l.unlock(), d.Close())
	}
	f.RolledForward = rolled
	w := &Writer{
		dir: d, lock: l, feed: f, paths: newPathset(d), step: noStep,
		busy: map[string]chan struct{}{}, staged: map[string]class{}, sums: map[string]sum{},
		folders: map[string]bool{}, anew: map[string]bool{}, written: map[string]bool{}, removed: map[string]bool{}, ledgers: map[string]*pending{},
	}
	f.salvage = &w.Repair
	err = d.exists(stageDir)
	w.leftovers = err == nil
	w.blank = errors.Is(d.exists(ManifestPath), feed.ErrNotFound) // makeDir found no other file then
	return w, nil
}

// makeDir opens a directory that may be written, and makes it when there is
// none. One that is no feed is refused before anything is written into it.
func makeDir(name string) (*Dir, error) {
	if err := os.MkdirAll(name, 0o755); err != nil {
		return nil, fmt.Errorf("feed directory %s: %w", name, plainError(err))
	}
	d, err := openDir(name)
	if err != nil {
		return nil, err
	}
	if d.root == nil {
		return nil, fmt.Errorf("feed directory %s: vanished while it was opened", name)
	}
	if err := d.exists(ManifestPath); errors.Is(err, feed.ErrNotFound) {
		if err := d.exists(journalPath); errors.Is(err, feed.ErrNotFound) {
			if err := checkEmpty(d); err != nil {
				return nil, errors.Join(err, d.Close())
			}
		}
	}
	return d, nil
}

// Feed returns the feed as it was when the lock was taken. It is closed with the
// Writer.
func (w *Writer) Feed() *Feed { return w.feed }

// Close gives the lock back. What was not published stays in the stage.
func (w *Writer) Close() error {
	w.ended = true
	return errors.Join(w.closeStage(), w.lock.unlock(), w.dir.Close())
}

// write stages a file under its final path with what fill writes. After an error
// nothing of it is left.
//
// The file is written in place: what a killed run left half-written counts for
// nothing, because a stage is read again only where a digest is known.
func (w *Writer) write(p string, c class, fill func(io.Writer) error) error {
	staged := stageDir + "/" + p
	file, err := w.create(p)
	if err != nil {
		return err
	}
	out := &stagedFile{dir: w.dir, path: staged, file: file}
	err = fill(out)
	if err == nil && out.size >= early {
		writeOut(file)
	}
	if closing := file.Close(); err == nil && closing != nil {
		err = writeError(w.dir, staged, closing)
	}
	if err == nil {
		err = w.renew(staged, p)
	}
	if err != nil {
		_ = w.dir.root.Remove(staged)
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.staged[p] = c
	delete(w.removed, p)
	return nil
}

// create makes a new file in the stage. It never opens one that is there, which
// may be a hard link to an artifact of the feed.
func (w *Writer) create(p string) (*os.File, error) {
	file, err := w.createNew(p)
	if err == nil {
		return file, nil
	}
	staged := stageDir + "/" + p
	if err = w.clear(p); err == nil {
		file, err = w.dir.root.OpenFile(staged, createFlags, 0o644)
	}
	if err != nil {
		return nil, writeError(w.dir, staged, err)
	}
	return file, nil
}

// createNew makes a file where an earlier run left nothing in the way. The stage
// is held open and its folders are remembered, because a run makes thousands of
// files and each step of each path costs.
func (w *Writer) createNew(p string) (*os.File, error) {
	folder := path.Dir(p)
	w.mu.Lock()
	stage, known := w.stage, w.folders[folder]
	w.mu.Unlock()
	if stage == nil {
		var err error
		if stage, err = w.openStage(); err != nil {
			return nil, err
		}
	}
	if !known {
		if err := stage.root.MkdirAll(folder, 0o755); err != nil {
			return nil, err
		}
		w.mu.Lock()
		w.folders[folder] = true
		w.mu.Unlock()
	}
	return stage.create(p)
}

// openStage makes and opens the folder of the stage.
func (w *Writer) openStage() (*below, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stage != nil {
		return w.stage, nil
	}
	if err := w.dir.root.MkdirAll(stageDir, 0o755); err != nil {
		return nil, err
	}
	root, err := w.dir.root.OpenRoot(stageDir)
	if err != nil {
		return nil, err
	}
	stage, err := newBelow(root)
	if err != nil {
		return nil, err
	}
	w.stage = &stage
	return w.stage, nil
}

// closeStage gives the stage free, so that it can be moved and removed.
func (w *Writer) closeStage() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stage == nil {
		return nil
	}
	err := w.stage.Close()
	w.stage = nil
	return err
}

// writeBytes stages a file with known content.
func (w *Writer) writeBytes(p string, c class, data []byte) error {
	return w.write(p, c, func(out io.Writer) error {
		_, err := out.Write(data)
		return err
	})
}

// early is the size from which on a file starts on its way to the disk as soon as
// it is there, so that the barrier has little left to wait for. Smaller files go
// better together.
const early = 1 << 20

// stagedFile is a file in the stage whose errors say what to do.
type stagedFile struct {
	dir  *Dir
	path string
	file *os.File
	size int64
}

func (f *stagedFile) Write(data []byte) (int, error) {
	n, err := f.file.Write(data)
	f.size += int64(n)
	if err != nil {
		err = writeError(f.dir, f.path, err)
	}
	return n, err
}

// renew remembers that a new file replaces another and makes its time later, in
// whole seconds: web servers and clients compare times of that grain.
func (w *Writer) renew(staged, p string) error {
	if w.blank {
		return nil
	}
	old, err := w.dir.root.Lstat(p)
	if err != nil {
		return nil //nolint:nilerr // it replaces nothing
	}
	w.mu.Lock()
	w.anew[p] = true
	w.mu.Unlock()
	info, err := w.dir.root.Lstat(staged)
	if err != nil {
		return writeError(w.dir, staged, err)
	}
	if info.ModTime().Unix() > old.ModTime().Unix() {
		return nil
	}
	later := time.Unix(old.ModTime().Unix()+1, 0)
	if err := w.dir.root.Chtimes(staged, later, later); err != nil {
		return writeError(w.dir, staged, err)
	}
	return nil
}

// clear makes the folder of p in the stage and removes what an earlier run left
// in the way: files where p needs a folder, and whatever lies at p itself.
func (w *Writer) clear(p string) error {
	for i := range len(p) {
		if p[i] != '/' {
			continue
		}
		folder := stageDir + "/" + p[:i]
		if info, err := w.dir.root.Lstat(folder); err == nil && !info.IsDir() {
			if err := w.dir.root.Remove(folder); err != nil {
				return err
			}
		}
	}
	staged := stageDir + "/" + p
	if err := w.dir.root.RemoveAll(staged); err != nil && !isAbsent(err) {
		return err
	}
	return w.dir.root.MkdirAll(path.Dir(staged), 0o755)
}

// unstage forgets a file that turned out to be what the feed has already.
func (w *Writer) unstage(p string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.staged, p)
	delete(w.removed, p)
}

func (w *Writer) isStaged(p string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, ok := w.staged[p]
	return ok
}
