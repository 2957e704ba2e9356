package store

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/feedctl/feedctl/pkg/feed"
)

// Publish makes everything that was put into the Writer the feed, all at once,
// and reports whether anything changed; if not, no file outside of .feedctl is
// touched. The time goes into the manifest. A Writer publishes once.
//
// Until the journal is written, an error or the end of ctx leaves the feed as it
// was, and the staged artifacts for the next run. From then on ctx is not heeded,
// and after an error or a crash the next Open or Lock finishes the work.
func (w *Writer) Publish(ctx context.Context, now time.Time) (changed bool, err error) {
	if w.ended {
		return false, errEnded
	}
	if w.err != nil {
		return false, w.err
	}
	manifest, err := w.settleAll(ctx)
	if err != nil {
		return false, err
	}
	removals, err := w.removals()
	if err != nil {
		return false, err
	}
	w.ended = true
	if len(w.staged) == 0 && len(removals) == 0 && w.sameManifest(manifest) {
		return false, errors.Join(w.closeStage(), removeStage(w.dir, noStep))
	}
	digest, err := w.stageManifest(manifest, now)
	if err != nil {
		return false, err
	}
	renames := w.renames()
	folded, err := w.fold(ctx, renames)
	if err != nil {
		return false, err
	}
	j := &journal{Format: feed.Format, Manifest: digest, Renames: folded, Removals: removals}
	if err := errors.Join(w.commit(ctx, j, renames), w.closeStage()); err != nil {
		return false, err
	}
	_, err = rollForward(w.dir, w.step)
	return true, err
}

// settleAll stages the lists of every ecosystem that changes and returns the new
// manifest, but for its sequence, previous digest and time.
func (w *Writer) settleAll(ctx context.Context) (feed.Manifest, error) {
	manifest := w.feed.manifest
	manifest.Ecosystems = maps.Clone(manifest.Ecosystems)
	if manifest.Ecosystems == nil {
		manifest.Ecosystems = map[string]feed.EcosystemSummary{}
	}
	touched := slices.Collect(maps.Keys(w.ledgers))
	if w.Repair {
		touched = slices.AppendSeq(touched, maps.Keys(manifest.Ecosystems))
	}
	slices.Sort(touched)
	for _, ecosystem := range slices.Compact(touched) {
		summary, err := w.settle(ctx, ecosystem)
		if err != nil {
			return feed.Manifest{}, err
		}
		manifest.Ecosystems[ecosystem] = summary
	}
	return manifest, nil
}

// removals returns the paths to remove that exist, sorted.
func (w *Writer) removals() ([]string, error) {
	paths := []string{}
	for _, p := range slices.Sorted(maps.Keys(w.removed)) {
		err := w.dir.exists(p)
		if errors.Is(err, feed.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		paths = append(paths, p)
	}
	return paths, nil
}

// renames returns the staged paths in the order in which they become visible. In
// each class what is new comes before what replaces something: a package that
// clients use already may now need one that the feed did not have.
func (w *Writer) renames() []string {
	rank := func(p string) int {
		if w.anew[p] {
			return 2*int(w.staged[p]) + 1
		}
		return 2 * int(w.staged[p])
	}
	return slices.SortedFunc(maps.Keys(w.staged), func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
	})
}

// fold lets a folder that the feed does not have yet move as one, in place of
// all the files in it: it becomes visible whole, artifacts and documents
// together.
func (w *Writer) fold(ctx context.Context, renames []string) ([]string, error) {
	whole := map[string]bool{} // by first folder: whether it moves as one
	var folded []string
	for _, p := range renames {
		folder, _, inside := strings.Cut(p, "/")
		if !inside {
			folded = append(folded, p)
			continue
		}
		if _, known := whole[folder]; !known {
			err := w.dir.exists(folder)
			if err != nil && !errors.Is(err, feed.ErrNotFound) {
				return nil, err
			}
			if whole[folder] = err != nil; whole[folder] {
				folded = append(folded, folder)
				if err := w.purge(ctx, folder); err != nil {
					return nil, err
				}
			}
		}
		if !whole[folder] {
			folded = append(folded, p)
		}
	}
	return folded, nil
}

// purge removes from a folder of the stage what an earlier run left there and
// this one does not publish.
func (w *Writer) purge(ctx context.Context, folder string) error {
	if !w.leftovers {
		return nil
	}
	for entry, err := range w.dir.walk(ctx, stageDir+"/"+folder) {
		if err != nil {
			return err
		}
		if p := strings.TrimPrefix(entry.Path, stageDir+"/"); !w.isStaged(p) {
			if err := removeFile(w.dir, entry.Path); err != nil {
				return err
			}
		}
	}
	return nil
}

// sameManifest reports whether a manifest says what the feed's does.
func (w *Writer) sameManifest(manifest feed.Manifest) bool {
	if w.Repair && !w.feed.IsCanonical() {
		return false
	}
	before, err := compactJSON(w.feed.manifest.Ecosystems)
	if err != nil {
		return false
	}
	after, err := compactJSON(manifest.Ecosystems)
	return err == nil && bytes.Equal(before, after)
}

// stageManifest stages feed.json and returns its digest.
func (w *Writer) stageManifest(manifest feed.Manifest, now time.Time) (string, error) {
	manifest.Format = feed.Format
	manifest.Sequence++
	manifest.Previous = w.feed.digest
	manifest.Time = now.UTC()
	data, err := indentedJSON(&manifest)
	if err != nil {
		return "", fmt.Errorf("%s: %w", ManifestPath, err)
	}
	return feed.SHA256(data), w.writeBytes(ManifestPath, manifestDocument, data)
}

// commit makes the stage durable and then writes the journal, which decides the
// publish.
func (w *Writer) commit(ctx context.Context, j *journal, renames []string) error {
	if err := w.step("barrier before the journal"); err != nil {
		return err
	}
	staged := make([]string, len(renames))
	for i, p := range renames {
		staged[i] = stageDir + "/" + p
	}
	if err := barrier(w.dir, staged); err != nil {
		return writeError(w.dir, stageDir, err)
	}
	if err := w.writeJournal(j); err != nil {
		return err
	}
	if err := w.step("rename the journal"); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := w.dir.root.Rename(journalPart, journalPath); err != nil {
		return writeError(w.dir, journalPath, err)
	}
	if err := w.step("barrier after the journal"); err != nil {
		return err
	}
	if err := barrier(w.dir, []string{journalPath}); err != nil {
		return writeError(w.dir, journalPath, err)
	}
	return nil
}

// writeJournal writes a whole and durable journal under another name.
func (w *Writer) writeJournal(j *journal) error {
	if err := w.step("write the journal"); err != nil {
		return err
	}
	data, err := j.encode()
	if err != nil {
		return fmt.Errorf("%s: %w", journalPath, err)
	}
	file, err := w.dir.root.OpenFile(journalPart, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return writeError(w.dir, journalPart, err)
	}
	_, err = file.Write(data)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return writeError(w.dir, journalPart, err)
	}
	return nil
}
